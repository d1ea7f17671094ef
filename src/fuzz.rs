//! The readers of files that others write, for the fuzzer: bytes in, and nothing out. Only `fuzz/` builds this.

use std::path::Path;

use serde_json::json;

use crate::diagnostic::Source;
use crate::kratix::finding::Writer;
use crate::kratix::metadata::{Content, Metadata, MetadataFile};
use crate::kratix::status::controller::{Controller, Ending, Works};
use crate::kratix::status::writer::{ObjectName, StatusWriter};
use crate::kratix::volumes::Volumes;
use crate::kratix::work_writer::WorkWriter;
use crate::kratix::{
    Object, Promise, WorkflowAction, WorkflowType, admission, control, holds_promise, promise_object,
    resource_object,
};
use crate::suite::settings::Settings;
use crate::tree::Tree;

/// What divides the schema of an API from a request.
const DIVISION: &[u8] = b"\n=====\n";

/// `promise.yaml`: reading it, admission, and the object that its own pipelines read.
pub fn promise(bytes: &[u8]) {
    let source = source("promise.yaml", bytes.to_vec());
    holds_promise(&source);
    let Ok(promise) = Promise::read(&source) else { return };
    for problem in admission::check(&promise) {
        let _ = problem.error(&source).excerpt();
    }
    reads_back(&promise_object(&promise, WorkflowAction::Delete));
}

/// `object.yaml`: the schema of an API, then a request that is taken through it.
pub fn request(bytes: &[u8]) {
    let Some(at) = bytes.windows(DIVISION.len()).position(|window| window == DIVISION) else { return };
    let schema = source("schema.yaml", bytes[..at].to_vec()).document();
    let Ok(schema) = schema.map(|schema| schema.root.to_json()) else { return };
    let Ok(promise) = Promise::read(&source("promise.yaml", with_api(&schema))) else { return };
    let _ = admission::check(&promise);
    let source = source("object.yaml", bytes[at + DIVISION.len()..].to_vec());
    let Ok(document) = source.document() else { return };
    match resource_object(&promise, WorkflowAction::Delete, &document.root) {
        Ok(object) => reads_back(&object),
        Err(refusal) => refusal.problems.iter().for_each(|problem| drop(problem.error(&source).excerpt())),
    }
}

/// `status.yaml`, in workflows of both types, and what is made of it at their end.
pub fn status(bytes: &[u8]) {
    let metadata = Metadata { status: file("status.yaml", bytes), ..no_metadata() };
    write_status(&metadata);
}

/// `workflow-control.yaml`, as both of its readers take it.
pub fn workflow_control(bytes: &[u8]) {
    let metadata = Metadata { control: file("workflow-control.yaml", bytes), ..no_metadata() };
    write_status(&metadata);
    for writer in [Writer::Work, Writer::Status] {
        if let Ok(control) = control::read(&metadata.control, writer) {
            let _ = control.retry(&metadata.control);
        }
    }
}

/// `destination-selectors.yaml`, on an output that is empty.
pub fn destination_selectors(bytes: &[u8]) {
    let metadata = Metadata { selectors: file("destination-selectors.yaml", bytes), ..no_metadata() };
    let (output, left) = (Tree::default(), Tree::default());
    let volumes = Volumes::new(&output, &left, &|tree, path| tree.read(path));
    let promise_selectors = [("environment".to_owned(), "dev".to_owned())].into();
    let workflow = WorkflowType::Resource;
    let _ = WorkWriter {
        workflow,
        volumes: &volumes,
        metadata: &metadata,
        promise_selectors: &promise_selectors,
    }
    .write();
}

/// `kratix-test.yaml`.
pub fn settings(bytes: &[u8]) {
    if let Err(error) = Settings::parse(&source("kratix-test.yaml", bytes.to_vec()), Path::new("folder")) {
        let _ = (error.to_string(), error.excerpt());
    }
}

fn source(name: &str, bytes: Vec<u8>) -> Source {
    Source::of(Path::new(name), bytes)
}

fn file(name: &str, bytes: &[u8]) -> MetadataFile {
    MetadataFile { path: name.into(), content: Content::Text(bytes.to_vec()) }
}

fn no_metadata() -> Metadata {
    let absent = |name: &str| MetadataFile { path: name.into(), content: Content::Absent };
    Metadata {
        status: absent("status.yaml"),
        selectors: absent("destination-selectors.yaml"),
        control: absent("workflow-control.yaml"),
        findings: Vec::new(),
    }
}

/// A container that reads `object.yaml` must get the value that we mean.
fn reads_back(object: &Object) {
    let written = source("object.yaml", object.to_yaml().into_bytes());
    let read = written.document().expect("what we write is YAML").root.to_json();
    assert_eq!(read, object.value);
}

fn write_status(metadata: &Metadata) {
    for workflow in [WorkflowType::Resource, WorkflowType::Promise] {
        let pipelines = ["first", "second"];
        let controller = Controller {
            workflow,
            pipelines: &pipelines,
            generation: 1,
            promise_version: "not-set",
            api: None,
            has_requirements: false,
        };
        let object = ObjectName { kind: "Thing", group: "example.org", name: "one", generation: 1 };
        let mut status = serde_json::Map::new();
        for (index, pipeline) in pipelines.into_iter().enumerate() {
            controller.start(&mut status, index);
            let writer = StatusWriter { workflow, pipeline, last: index == 1, dry_run: false, object };
            let Some(written) = writer.apply(&status, metadata).status else { return };
            status = written;
        }
        controller.finish(&mut status, Ending::Configured(Works::Ready));
    }
}

/// A Promise whose API has this schema. JSON is YAML.
fn with_api(schema: &serde_json::Value) -> Vec<u8> {
    let version =
        json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}});
    let api = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.org"},
        "spec": {
            "group": "example.org",
            "names": {"kind": "Thing", "plural": "things", "singular": "thing"},
            "scope": "Namespaced",
            "versions": [version],
        },
    });
    let promise = json!({
        "apiVersion": Promise::API_VERSION,
        "kind": Promise::KIND,
        "metadata": {"name": "thing"},
        "spec": {"api": api},
    });
    promise.to_string().into_bytes()
}
