//! Kratix's part around the pipelines of a workflow: what it makes of what each leaves, and the object's status from one to
//! the next.

use std::io;

use serde_json::Value as Json;

use crate::kratix::destination::{Owner, Placement, goes_to_all};
use crate::kratix::metadata::Metadata;
use crate::kratix::status::Status;
use crate::kratix::status::controller::{Api, Controller, Ending, Works};
use crate::kratix::status::writer::{ObjectName, StatusWriter};
use crate::kratix::volumes::Volumes;
use crate::kratix::work::{Work, WorkOwner};
use crate::kratix::work_writer::{WorkOutcome, WorkWriter, ignored_on_delete};
use crate::kratix::{
    Destination, Finding, Object, Pipeline, Pod, Promise, Workflow, WorkflowAction, WorkflowType,
};
use crate::outcome::{Left, Scheduled};

/// The object of a workflow, and what happens to it while the pipelines run.
pub(super) struct Platform<'a> {
    promise: &'a Promise,
    workflow: Workflow,
    object: Object,
    /// Works that no Destination takes.
    unscheduled: Vec<String>,
}

/// What Kratix makes of what a pipeline left.
pub(super) struct Made {
    pub(super) findings: Vec<Finding>,
    /// What it would schedule; nothing in a delete workflow, or where it fails or stops.
    pub(super) work: Option<Work>,
    pub(super) next: Next,
}

/// How the workflow goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Pipeline,
    /// The pipeline asked to wait.
    Suspended,
    /// One of Kratix's own containers failed.
    Failed,
}

impl<'a> Platform<'a> {
    pub(super) fn new(promise: &'a Promise, workflow: Workflow, object: Object) -> Self {
        Self { promise, workflow, object, unscheduled: Vec::new() }
    }

    /// What the next pipeline reads.
    pub(super) fn object(&self) -> &Object {
        &self.object
    }

    /// The same again, as after the reconciliation interval: with the status that is there.
    pub(super) fn again(&mut self) {
        self.unscheduled.clear();
        self.start(0);
    }

    /// Kratix makes the Job of the pipeline at this place.
    pub(super) fn start(&mut self, index: usize) {
        let names = self.names();
        let controller = self.controller(&names);
        let mut status = self.take_status();
        match self.workflow.action {
            WorkflowAction::Configure => controller.start(&mut status, index),
            WorkflowAction::Delete => controller.start_delete(&mut status),
        }
        self.put_status(status);
    }

    /// The pipeline's stages have succeeded: the work-writer and the status-writer run.
    pub(super) fn finish_pipeline(&mut self, pipeline: &Pipeline, left: &Left) -> io::Result<Made> {
        let read = &|tree: &crate::tree::Tree, path: &str| tree.read(path);
        let volumes = Volumes::new(&left.output, &left.metadata, read);
        let metadata = Metadata::read(&volumes)?;
        let mut made = Made { findings: metadata.findings.clone(), work: None, next: Next::Pipeline };
        match self.workflow.action {
            WorkflowAction::Configure => self.write_work(&volumes, &metadata, &mut made)?,
            WorkflowAction::Delete => {
                made.findings.extend(ignored_on_delete(&left.output, &metadata.selectors));
            }
        }
        // The Work comes first: without it, the status is never written.
        if made.next != Next::Failed {
            self.write_status(pipeline, &metadata, &mut made);
        }
        Ok(made)
    }

    fn write_work(&self, volumes: &Volumes<'_>, metadata: &Metadata, made: &mut Made) -> io::Result<()> {
        let promise_selectors = &self.promise.destination_selectors;
        let writer = WorkWriter { workflow: self.workflow.kind, volumes, metadata, promise_selectors };
        let (outcome, findings) = writer.write()?;
        made.findings.extend(findings);
        match outcome {
            WorkOutcome::Written(work) => made.work = Some(work),
            WorkOutcome::Suspended => {}
            WorkOutcome::Refused => made.next = Next::Failed,
        }
        Ok(())
    }

    fn write_status(&mut self, pipeline: &Pipeline, metadata: &Metadata, made: &mut Made) {
        let existing = self.take_status();
        let last =
            self.promise.pipelines(self.workflow).last().is_some_and(|last| last.name == pipeline.name);
        let outcome = {
            let object = &self.object;
            let generation = object.value["metadata"]["generation"].as_i64().unwrap_or(1);
            let (kind, group, name) = (&object.kind, &object.group, &object.name);
            let writer = StatusWriter {
                workflow: self.workflow.kind,
                pipeline: &pipeline.name,
                last,
                dry_run: object.dry_run,
                object: ObjectName { kind, group, name, generation },
            };
            writer.apply(&existing, metadata)
        };
        made.findings.extend(outcome.findings);
        if let Some(status) = outcome.status {
            self.put_status(status);
        } else {
            self.put_status(existing);
            made.next = Next::Failed;
        }
        if outcome.suspension.is_some() {
            made.next = Next::Suspended;
        }
    }

    /// Where the files of a group would be written.
    pub(super) fn scheduled(&self, pipeline: &Pipeline, placement: &Placement<'_>) -> Scheduled {
        let owner = self.owner(pipeline);
        let namespace = match (&self.promise.pipeline_namespace, self.workflow.kind) {
            (Some(namespace), _) => namespace,
            (None, WorkflowType::Promise) => Pod::SYSTEM_NAMESPACE,
            (None, WorkflowType::Resource) => &self.object.namespace,
        };
        let work = owner.work_name();
        let owner = Owner {
            promise: owner.promise,
            pipeline: owner.pipeline,
            resource: owner.resource,
            namespace,
            work: &work,
        };
        let group = placement.group;
        let place = |destination: &&Destination| {
            let paths = group.workloads.iter().map(|workload| destination.path_of(workload, group, &owner));
            (destination.name.clone(), paths.chain(destination.state_file(group, &owner)).collect())
        };
        let all = goes_to_all(self.workflow.kind);
        Scheduled {
            all,
            directory: group.directory.clone(),
            places: placement.destinations.iter().map(place).collect(),
        }
    }

    /// No Destination takes this Work.
    pub(super) fn cannot_schedule(&mut self, pipeline: &Pipeline) {
        let name = self.owner(pipeline).work_name();
        self.unscheduled.push(name);
    }

    /// Whose Work a pipeline's output becomes.
    pub(super) fn owner<'o>(&'o self, pipeline: &'o Pipeline) -> WorkOwner<'o> {
        let is_resource = self.workflow.kind == WorkflowType::Resource;
        let moved = self.promise.pipeline_namespace.is_some();
        WorkOwner {
            promise: &self.promise.name,
            resource: is_resource.then_some(self.object.name.as_str()),
            resource_namespace: (is_resource && moved).then_some(self.object.namespace.as_str()),
            pipeline: &pipeline.name,
        }
    }

    /// The status when the workflow has ended; `failed` names the pipeline that did.
    pub(super) fn finish(&mut self, next: Next, failed: &str) {
        let names = self.names();
        let controller = self.controller(&names);
        let unscheduled = std::mem::take(&mut self.unscheduled);
        let works = if unscheduled.is_empty() { Works::Ready } else { Works::Pending(&unscheduled) };
        let ending = match (self.workflow.action, next) {
            (WorkflowAction::Configure, Next::Pipeline) => Some(Ending::Configured(works)),
            (WorkflowAction::Configure, Next::Suspended) => Some(Ending::Suspended),
            (WorkflowAction::Configure, Next::Failed) => Some(Ending::Failed(failed)),
            // The object is gone.
            (WorkflowAction::Delete, Next::Pipeline) => None,
            (WorkflowAction::Delete, Next::Suspended) => Some(Ending::DeleteSuspended),
            (WorkflowAction::Delete, Next::Failed) => Some(Ending::DeleteFailed),
        };
        let mut status = self.take_status();
        if let Some(ending) = ending {
            controller.finish(&mut status, ending);
        }
        self.put_status(status);
    }

    /// The status as it is now.
    pub(super) fn status(&self) -> Json {
        self.object.status().clone()
    }

    fn names(&self) -> Vec<&'a str> {
        self.promise.pipelines(self.workflow).iter().map(|pipeline| pipeline.name.as_str()).collect()
    }

    fn controller<'c>(&self, pipelines: &'c [&'c str]) -> Controller<'c>
    where
        'a: 'c,
    {
        let api = self.promise.api.as_ref().map(|api| Api {
            group: &api.group,
            version: &api.storage_version().name,
            kind: &api.kind,
        });
        Controller {
            workflow: self.workflow.kind,
            pipelines,
            generation: self.object.value["metadata"]["generation"].as_i64().unwrap_or(1),
            promise_version: self.promise.version(),
            api,
            has_requirements: !self.promise.required_promises.is_empty(),
        }
    }

    fn take_status(&mut self) -> Status {
        match self.object.status_mut().take() {
            Json::Object(status) => status,
            _ => Status::new(),
        }
    }

    fn put_status(&mut self, status: Status) {
        *self.object.status_mut() = Json::Object(status);
    }
}
