//! A Promise as Kratix reads it.

use std::collections::BTreeMap;

use crate::diagnostic::{Source, SourceError};
use crate::yaml::{Document, Duplicate, KeyPath, Node, Position, Value};

use super::api::Api;
use super::pipeline::Pipeline;
use super::problem::{Problem, code};
use super::promise_schema;
use super::read::{items, labels, text};
use super::split;
use super::strict::{self, field};
use super::workflow::{Workflow, WorkflowAction};

/// A Promise, as far as it could be read.
#[derive(Debug, Clone)]
pub(crate) struct Promise {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    /// `None` too if Kratix could not read it, which the problems say.
    pub(crate) api: Option<Api>,
    /// `spec.destinationSelectors` as one map, in which the earlier of two items wins.
    pub(crate) destination_selectors: BTreeMap<String, String>,
    /// `spec.destinationSelectors` item by item.
    #[cfg(test)]
    pub(crate) destination_selector_list: Vec<BTreeMap<String, String>>,
    pub(crate) required_promises: Vec<RequiredPromise>,
    /// Where all pipelines run, if not in the usual namespaces.
    pub(crate) pipeline_namespace: Option<String>,
    pub(crate) workflows: BTreeMap<Workflow, Vec<Pipeline>>,
    /// What Kratix could not read of it.
    pub(crate) problems: Vec<Problem>,
    /// What the platform drops because a Promise has no such field.
    pub(crate) pruned: Vec<KeyPath>,
    /// Keys that stand twice in one map. The last one counts.
    pub(crate) duplicates: Vec<Duplicate>,
    /// The whole document.
    pub(crate) root: Node,
}

/// A Promise that another needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequiredPromise {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Promise {
    pub(crate) const KIND: &str = "Promise";
    pub(crate) const GROUP: &str = "platform.kratix.io";
    pub(crate) const VERSION: &str = "v1alpha1";
    pub(crate) const API_VERSION: &str = "platform.kratix.io/v1alpha1";
    pub(crate) const PLURAL: &str = "promises";
    const VERSION_LABEL: &str = "kratix.io/promise-version";

    /// The Promise of a file. The first thing that Kratix could not read is the error.
    pub(crate) fn parse(source: &Source) -> Result<Self, SourceError> {
        let promise = Self::read(source)?;
        match promise.problems.first() {
            Some(problem) => Err(problem.error(source)),
            None => Ok(promise),
        }
    }

    /// The Promise of a file, as far as it can be read: what Kratix refuses is among its problems.
    pub(crate) fn read(source: &Source) -> Result<Self, SourceError> {
        let document = if source.parts().is_empty() { Self::only(source)? } else { split::assemble(source)? };
        if let Some((at, value)) = non_finite(&document.root) {
            let text = format!("error converting YAML to JSON: json: unsupported value: {value}");
            return Err(source.error(at, text).hint("put the value in quotes"));
        }
        let version = document.root.text("apiVersion").unwrap_or_default();
        if version != Self::API_VERSION {
            let text = format!("no matches for kind \"Promise\" in version {version:?}");
            let at = document.root.locate(&KeyPath::root().name("apiVersion"));
            return Err(source.error(at, text).hint(format!("write apiVersion: {}", Self::API_VERSION)));
        }
        Ok(Self::from_document(document))
    }

    /// The only Promise among the documents of a file.
    fn only(source: &Source) -> Result<Document, SourceError> {
        let mut promises = source.documents()?.into_iter().filter(|document| is_promise(&document.root));
        let Some(document) = promises.next() else {
            let hint = format!("a Promise has kind: {} and apiVersion: {}", Self::KIND, Self::API_VERSION);
            return Err(SourceError::whole(&source.path, "holds no Promise").hint(hint));
        };
        match promises.next() {
            Some(second) => {
                Err(source.error(second.root.at, "is a second Promise, and only one is expected"))
            }
            None => Ok(document),
        }
    }

    fn from_document(document: Document) -> Self {
        let Document { root, duplicates } = document;
        let empty = Node { at: root.at, tag: None, value: Value::Null };
        let metadata = root.get("metadata").unwrap_or(&empty);
        let spec = root.get("spec").unwrap_or(&empty);
        let config = spec.get("workflows").and_then(|workflows| workflows.get("config")).unwrap_or(&empty);
        let applied = promise_schema::apply(&root);
        let mut problems = promise_schema::problems(&root, &applied);
        problems.extend(without_kind(spec));
        let api = Api::read(spec.get("api"), &KeyPath::from_iter(["spec", "api"]));
        let api = api.unwrap_or_else(|refused| {
            problems.extend(refused);
            None
        });
        let workflows = Workflow::ALL
            .into_iter()
            .map(|workflow| (workflow, read_workflow(spec, workflow, &mut problems)))
            .collect();
        let list = selectors(spec);
        Self {
            name: text(metadata, "name").unwrap_or_default(),
            labels: labels(metadata, "labels"),
            annotations: labels(metadata, "annotations"),
            api,
            destination_selectors: squash(&list),
            #[cfg(test)]
            destination_selector_list: list,
            required_promises: items(spec, "requiredPromises").iter().map(RequiredPromise::read).collect(),
            pipeline_namespace: text(config, "pipelineNamespace").filter(|namespace| !namespace.is_empty()),
            workflows,
            problems,
            pruned: applied.pruned,
            duplicates,
            root,
        }
    }

    /// The version that its label says, or `not-set`.
    pub(crate) fn version(&self) -> &str {
        self.labels.get(Self::VERSION_LABEL).map_or("not-set", String::as_str)
    }

    /// The pipelines that a workflow declares.
    pub(crate) fn pipelines(&self, workflow: Workflow) -> &[Pipeline] {
        self.workflows.get(&workflow).map_or(&[], Vec::as_slice)
    }

    /// The pipelines that run: of a delete workflow's, Kratix only runs the first.
    pub(crate) fn pipelines_run(&self, workflow: Workflow) -> &[Pipeline] {
        let pipelines = self.pipelines(workflow);
        match workflow.action {
            WorkflowAction::Configure => pipelines,
            WorkflowAction::Delete => &pipelines[..pipelines.len().min(1)],
        }
    }

    /// The pipeline of this name.
    pub(crate) fn pipeline(&self, workflow: Workflow, name: &str) -> Option<&Pipeline> {
        self.pipelines(workflow).iter().find(|pipeline| pipeline.name == name)
    }

    /// Where something is written, or what should hold it.
    pub(crate) fn locate(&self, path: &KeyPath) -> Position {
        self.root.locate(path)
    }
}

/// Whether a file seems to hold a Promise: one that is not even YAML may, and is worth an error message.
pub(crate) fn holds_promise(source: &Source) -> bool {
    let text = String::from_utf8_lossy(&source.bytes);
    if !text.contains(Promise::GROUP) || !text.contains(Promise::KIND) {
        return false;
    }
    if let Ok(documents) = source.documents() {
        return documents.iter().any(|document| is_promise(&document.root));
    }
    let line = |key: &str, value: &str| {
        text.lines().any(|line| {
            let rest = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(':'));
            rest.is_some_and(|rest| rest.trim().trim_matches(['"', '\'']).starts_with(value))
        })
    };
    line("kind", Promise::KIND) && line("apiVersion", Promise::GROUP)
}

impl RequiredPromise {
    fn read(node: &Node) -> Self {
        Self {
            name: text(node, "name").unwrap_or_default(),
            version: text(node, "version").unwrap_or_default(),
        }
    }
}

/// Whether a document is a Promise of Kratix, of whatever version.
fn is_promise(root: &Node) -> bool {
    let group = root.text("apiVersion").and_then(|version| version.split_once('/'));
    root.text("kind") == Some(Promise::KIND) && group.is_some_and(|(group, _)| group == Promise::GROUP)
}

/// The first number that JSON cannot hold, in Go's words.
pub(super) fn non_finite(node: &Node) -> Option<(Position, &'static str)> {
    match &node.value {
        Value::NonFinite(value) if value.is_nan() => Some((node.at, "NaN")),
        Value::NonFinite(value) => Some((node.at, if *value > 0.0 { "+Inf" } else { "-Inf" })),
        Value::List(items) => items.iter().find_map(non_finite),
        Value::Map(map) => map.values().find_map(|entry| non_finite(&entry.node)),
        _ => None,
    }
}

/// What Kratix puts into the cluster beside the API: it decodes each as an object.
fn without_kind(spec: &Node) -> Vec<Problem> {
    let dependencies = items(spec, "dependencies").iter().enumerate();
    let refused = |(index, node): (usize, &Node)| {
        node.as_map().filter(|_| node.text("kind").unwrap_or_default().is_empty())?;
        let text = format!("Object 'Kind' is missing in '{}'", go_json(&node.to_json()));
        let path = KeyPath::from_iter(["spec", "dependencies"]).index(index);
        let problem = Problem::new(code::INVALID_PROMISE, text, path, node.at);
        Some(problem.hint("give every dependency an apiVersion and a kind"))
    };
    dependencies.filter_map(refused).collect()
}

/// The path of a workflow's list of pipelines.
pub(super) fn workflow_path(workflow: Workflow) -> KeyPath {
    KeyPath::from_iter(["spec", "workflows", workflow.kind.as_str(), workflow.action.as_str()])
}

fn read_workflow(spec: &Node, workflow: Workflow, problems: &mut Vec<Problem>) -> Vec<Pipeline> {
    let list = spec
        .get("workflows")
        .and_then(|workflows| workflows.get(workflow.kind.as_str()))
        .and_then(|triggers| triggers.get(workflow.action.as_str()))
        .and_then(Node::as_list)
        .unwrap_or_default();
    let path = workflow_path(workflow);
    let mut pipelines = Vec::new();
    for (index, node) in list.iter().enumerate().filter(|(_, node)| node.as_map().is_some()) {
        let path = path.index(index);
        problems.extend(refused(node, &path, workflow));
        pipelines.push(Pipeline::read(node, path));
    }
    pipelines
}

/// What Kratix refuses when it reads a pipeline.
fn refused(node: &Node, path: &KeyPath, workflow: Workflow) -> Vec<Problem> {
    let kind = node.text("kind").unwrap_or_default();
    if kind.is_empty() {
        let text = format!("Object 'Kind' is missing in '{}'", go_json(&node.to_json()));
        let hint = format!("write kind: Pipeline and apiVersion: {}", Promise::API_VERSION);
        return vec![Problem::new(code::MISSING_KIND, text, path.clone(), node.at).hint(hint)];
    }
    let version = node.text("apiVersion").unwrap_or_default();
    let name = node.get("metadata").and_then(|metadata| metadata.text("name")).unwrap_or_default();
    let parsing = format!("failed parsing {} pipeline", workflow.dotted());
    if (kind, version) != ("Pipeline", Promise::API_VERSION) {
        let wrong = if kind == "Pipeline" { "apiVersion" } else { "kind" };
        let path = path.name(wrong);
        let text = format!("{parsing}: unsupported pipeline {name:?} with APIVersion \"{kind}/{version}\"");
        let hint = format!("write kind: Pipeline and apiVersion: {}", Promise::API_VERSION);
        let at = field(node, wrong).map_or(node.at, |node| node.at);
        return vec![Problem::new(code::UNSUPPORTED_PIPELINE, text, path, at).hint(hint)];
    }
    strict::decode(node, &strict::PIPELINE, path)
        .into_iter()
        .map(|flaw| Problem {
            code: if flaw.unknown_field { code::UNKNOWN_FIELD } else { code::WRONG_TYPE },
            text: format!("{parsing}: failed unmarshalling pipeline {name}: {}", flaw.text),
            path: flaw.path,
            at: flaw.at,
            hint: flaw.hint,
        })
        .collect()
}

/// JSON as Go writes it by default.
fn go_json(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn selectors(spec: &Node) -> Vec<BTreeMap<String, String>> {
    items(spec, "destinationSelectors").iter().map(|item| labels(item, "matchLabels")).collect()
}

/// The items as one map, in which the earlier of two wins.
fn squash(list: &[BTreeMap<String, String>]) -> BTreeMap<String, String> {
    list.iter().rev().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kratix::workflow::WorkflowType;

    const CONFIGURE: Workflow = Workflow::new(WorkflowType::Resource, WorkflowAction::Configure);

    fn source(spec: &str) -> Source {
        let text = format!(
            "apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\nmetadata:\n  name: redis\nspec:\n{spec}"
        );
        Source::new("promise.yaml", &text)
    }

    /// A Promise of one resource/configure pipeline.
    fn pipeline(text: &str) -> Source {
        source(&format!(
            "  workflows:\n    resource:\n      configure:\n      - {}\n",
            text.replace('\n', "\n        ")
        ))
    }

    const HEAD: &str =
        "apiVersion: platform.kratix.io/v1alpha1\nkind: Pipeline\nmetadata: {name: pipeline1}\n";

    fn refusal(source: &Source) -> SourceError {
        Promise::parse(source).expect_err("refused")
    }

    #[test]
    fn a_promise_is_read() {
        let text = "apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\nmetadata:\n  name: redis\n  labels: {kratix.io/promise-version: v1.0.0}\n\
                spec:\n  requiredPromises: [{name: vault, version: v2}]\n  workflows:\n    config: {pipelineNamespace: jobs}\n    resource:\n      \
                delete: [{kind: Pipeline, apiVersion: platform.kratix.io/v1alpha1, metadata: {name: a}}, {kind: Pipeline, apiVersion: platform.kratix.io/v1alpha1, metadata: {name: b}}]\n";
        let promise = Promise::parse(&Source::new("promise.yaml", text)).expect("a Promise");
        assert_eq!((promise.name.as_str(), promise.version()), ("redis", "v1.0.0"));
        assert_eq!(promise.required_promises[0].name, "vault");
        assert_eq!(promise.pipeline_namespace.as_deref(), Some("jobs"));
        let delete = Workflow::new(WorkflowType::Resource, WorkflowAction::Delete);
        assert_eq!((promise.pipelines(delete).len(), promise.pipelines_run(delete).len()), (2, 1));
        assert_eq!(promise.pipelines_run(delete)[0].name, "a");
        assert!(promise.pipelines(CONFIGURE).is_empty() && promise.pipeline(delete, "b").is_some());
    }

    #[test]
    fn a_promise_without_a_version_label_is_not_set() {
        assert_eq!(Promise::parse(&source("  {}\n")).expect("a Promise").version(), "not-set");
    }

    /// Test vector 44.
    #[test]
    fn of_two_destination_selectors_the_earlier_wins() {
        let promise = Promise::parse(&source(
        "  destinationSelectors:\n  - matchLabels: {environment: dev}\n  - matchLabels: {environment: prod, pci: 'false'}\n  \
         - matchLabels: {pci: 'true', secure: 'false'}\n",
    ))
    .expect("a Promise");
        let squashed: Vec<_> =
            promise.destination_selectors.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(squashed, ["environment=dev", "pci=false", "secure=false"]);
        assert_eq!(promise.destination_selector_list.len(), 3);
    }

    /// Test vector 16.
    #[test]
    fn a_pipeline_of_another_kind_is_refused() {
        let error = refusal(&pipeline("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: test}"));
        assert_eq!(
            error.message,
            "failed parsing resource.configure pipeline: unsupported pipeline \"test\" with APIVersion \"ConfigMap/v1\""
        );
        assert_eq!(error.at, Some(Position { line: 10, column: 15 }));
        Promise::parse(&pipeline(HEAD)).expect("a pipeline of the right kind");
    }

    /// Test vector 19.
    #[test]
    fn an_unknown_field_of_a_container_is_refused() {
        let error =
            refusal(&pipeline(&format!("{HEAD}spec:\n  containers:\n  - name: a\n    non-existing: true")));
        assert_eq!(
            error.to_string(),
            "promise.yaml:15:13: failed parsing resource.configure pipeline: failed unmarshalling pipeline pipeline1: \
         json: unknown field \"non-existing\""
        );
        Promise::parse(&pipeline(&format!("{HEAD}spec:\n  containers:\n  - name: a\n    Image: x")))
            .expect("known");
    }

    #[test]
    fn a_pipeline_without_a_kind_is_refused() {
        let error = refusal(&pipeline("metadata: {name: a<b}"));
        assert_eq!(error.message, "Object 'Kind' is missing in '{\"metadata\":{\"name\":\"a\\u003cb\"}}'");
    }

    #[test]
    fn every_problem_is_kept_and_the_rest_is_read_all_the_same() {
        let text = format!(
            "{HEAD}spec:\n  containers:\n  - {{name: a, args: [1], workingDir: x}}\n  - {{name: b, ports: []}}"
        );
        let promise = Promise::read(&pipeline(&text)).expect("readable");
        let codes: Vec<_> = promise.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [code::WRONG_TYPE, code::UNKNOWN_FIELD, code::UNKNOWN_FIELD]);
        assert_eq!(promise.pipelines(CONFIGURE)[0].containers.len(), 2);
    }

    #[test]
    fn what_is_no_promise_is_said() {
        let message = |text: &str| refusal(&Source::new("p.yaml", text)).to_string();
        assert_eq!(message("kind: Pod\napiVersion: v1\n"), "p.yaml: holds no Promise");
        assert_eq!(
            message("kind: Promise\napiVersion: platform.kratix.io/v1beta1\n"),
            "p.yaml:2:1: no matches for kind \"Promise\" in version \"platform.kratix.io/v1beta1\""
        );
        let two = "kind: Promise\napiVersion: platform.kratix.io/v1alpha1\n";
        assert_eq!(
            message(&format!("{two}---\n{two}")),
            "p.yaml:4:1: is a second Promise, and only one is expected"
        );
        assert!(message(&format!("{two}spec: {{a: .nan}}\n")).contains("json: unsupported value: NaN"));
    }

    #[test]
    fn other_documents_beside_the_promise_do_no_harm() {
        let text = "kind: Namespace\n---\nkind: Promise\napiVersion: platform.kratix.io/v1alpha1\nmetadata: {name: a}\n";
        assert_eq!(Promise::parse(&Source::new("p.yaml", text)).expect("a Promise").name, "a");
    }

    #[test]
    fn a_file_that_holds_a_promise_is_known_without_reading_all_of_it() {
        let holds = |text: &str| holds_promise(&Source::new("p.yaml", text));
        assert!(holds("apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\n"));
        assert!(holds("apiVersion: \"platform.kratix.io/v1alpha1\"\nkind: 'Promise'\n\tbroken"));
        assert!(!holds("apiVersion: platform.kratix.io/v1alpha1\nkind: PromiseRelease\n"));
        assert!(!holds("apiVersion: v1\nkind: ConfigMap\ndata: {x: 'kind: Promise platform.kratix.io'}\n"));
        assert!(!holds("kind: Promise\napiVersion: acme.io/v1\n# platform.kratix.io\n"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-a:?{}\\[\\], \\n0-9]{0,80}") {
            for source in [source(&format!("  {text}\n")), pipeline(&text), Source::new("p.yaml", &text)] {
                let _ = (Promise::read(&source), holds_promise(&source));
            }
        }
    }
}
