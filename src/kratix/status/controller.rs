//! What Kratix's controllers write into a status: before each pipeline, and when the workflow has ended.

use serde_json::{Value, json};

use super::super::WorkflowType;
use super::condition::Condition;
use super::pipelines::{self, Phase};
use super::{NOW, Status};

/// What the controllers know of a workflow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Controller<'a> {
    pub(crate) workflow: WorkflowType,
    /// The names of the workflow's pipelines, in order.
    pub(crate) pipelines: &'a [&'a str],
    pub(crate) generation: i64,
    /// The Promise's version label, or `not-set`.
    pub(crate) promise_version: &'a str,
    /// Group, version and kind of the Promise's API, if it has one. Only the status of a Promise holds them.
    pub(crate) api: Option<Api<'a>>,
    /// Whether the Promise requires others. Only the status of a Promise says so.
    pub(crate) has_requirements: bool,
}

/// The API of a Promise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Api<'a> {
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    pub(crate) kind: &'a str,
}

/// What became of the Works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Works<'a> {
    Ready,
    /// No Destination matches these.
    Pending(&'a [String]),
    /// The State Store could not take these.
    #[cfg_attr(not(test), expect(dead_code, reason = "there is no State Store here"))]
    Failed(&'a [String]),
}

/// How a workflow ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending<'a> {
    /// Every configure pipeline succeeded; a workflow without pipelines too.
    Configured(Works<'a>),
    /// This configure pipeline failed.
    Failed(&'a str),
    /// A configure pipeline asked to be suspended; the status-writer has noted which.
    Suspended,
    DeleteFailed,
    DeleteSuspended,
    /// The Promise, or one that it requires, is not there: nothing runs.
    #[cfg_attr(not(test), expect(dead_code, reason = "there is no cluster here that could lack it"))]
    Unavailable,
}

impl Controller<'_> {
    /// Before the configure pipeline with this index starts, about a second after its Job is made.
    pub(crate) fn start(&self, status: &mut Status, index: usize) {
        if index == 0 {
            pipelines::reset(status, self.pipelines);
        }
        self.count(status, index, 0);
        status.insert("message".to_owned(), "Pending".into());
        for (position, name) in self.pipelines.iter().enumerate().take(index + 1) {
            pipelines::mark(status, name, if position < index { Phase::Succeeded } else { Phase::Running });
        }
        if self.workflow == WorkflowType::Promise {
            available(status, false, "PromiseUnavailable", "Cannot fulfil resource requests");
        }
        completed("False", "PipelinesInProgress", "Pipelines are still in progress").set(status);
        reconciled("Unknown", "WorkflowPending", "Pending").set(status);
    }

    /// Before the delete pipeline starts: only the first one runs.
    pub(crate) fn start_delete(&self, status: &mut Status) {
        pipelines::reset(status, self.pipelines);
        if let Some(first) = self.pipelines.first() {
            pipelines::mark(status, first, Phase::Running);
        }
    }

    /// When the workflow has ended.
    pub(crate) fn finish(&self, status: &mut Status, ending: Ending<'_>) {
        match ending {
            Ending::Configured(works) => self.configured(status, works),
            Ending::Failed(pipeline) => self.failed(status, pipeline),
            Ending::Suspended => self.suspended(status),
            Ending::DeleteFailed => {
                deleted("DeleteWorkflowFailed", "The Delete Pipeline has failed").set(status);
            }
            Ending::DeleteSuspended => {
                self.suspended(status);
                deleted("DeleteWorkflowSuspended", "The delete workflow is suspended").set(status);
            }
            Ending::Unavailable => unavailable(status),
        }
    }

    fn configured(&self, status: &mut Status, works: Works<'_>) {
        for name in self.pipelines {
            pipelines::mark(status, name, Phase::Succeeded);
        }
        self.count(status, self.pipelines.len(), 0);
        status.insert("observedGeneration".to_owned(), self.generation.into());
        match self.workflow {
            WorkflowType::Resource => self.request_configured(status, works),
            WorkflowType::Promise => self.promise_configured(status, works),
        }
    }

    fn request_configured(&self, status: &mut Status, works: Works<'_>) {
        status.insert("promiseVersion".to_owned(), self.promise_version.into());
        status.insert("resourceBindingVersion".to_owned(), "latest".into());
        if self.pipelines.is_empty() {
            pipelines::workflows(status).insert("pipelines".to_owned(), json!([]));
            return;
        }
        self.works(status, works);
        let time = completed_at(status);
        status.insert("lastSuccessfulConfigureWorkflowTime".to_owned(), time.clone());
        pipelines::workflows(status).insert("lastSuccessfulConfigureWorkflowTime".to_owned(), time);
    }

    fn promise_configured(&self, status: &mut Status, works: Works<'_>) {
        if self.has_requirements {
            let fulfilled = Condition {
                kind: "RequirementsFulfilled",
                status: "True",
                reason: "RequirementsInstalled",
                message: "Requirements fulfilled",
            };
            fulfilled.set(status);
        }
        if let Some(api) = self.api {
            let version = format!("{}/{}", api.group, api.version).to_lowercase();
            note(status, "apiVersion", &version);
            note(status, "kind", api.kind);
        }
        note(status, "version", self.promise_version);
        note(status, "lastAvailableTime", NOW);
        available(status, true, "PromiseAvailable", "Ready to fulfil resource requests");
        if !self.pipelines.is_empty() {
            self.works(status, works);
        }
    }

    fn failed(&self, status: &mut Status, pipeline: &str) {
        let index = self.pipelines.iter().position(|name| *name == pipeline).unwrap_or_default();
        pipelines::mark(status, pipeline, Phase::Failed);
        self.count(status, index, 1);
        let message = format!("A Configure Pipeline has failed: {pipeline}");
        completed("False", "ConfigureWorkflowFailed", &message).set(status);
        reconciled("False", "ConfigureWorkflowFailed", "Failing").set(status);
    }

    fn suspended(&self, status: &mut Status) {
        if self.workflow == WorkflowType::Promise {
            available(status, false, "WorkflowSuspended", "Suspended");
        }
        reconciled("Unknown", "WorkflowSuspended", "Suspended").set(status);
    }

    /// What became of the Works, and of the object with them.
    fn works(&self, status: &mut Status, works: Works<'_>) {
        let (state, reason, message) = match (works, self.workflow) {
            (Works::Ready, WorkflowType::Resource) => {
                ("True", "WorksSucceeded", "All works associated with this resource are ready".to_owned())
            }
            (Works::Ready, WorkflowType::Promise) => {
                ("True", "WorksSucceeded", "All works associated with this promise are ready".to_owned())
            }
            (Works::Pending(names), WorkflowType::Resource) => {
                let names = names.join(",");
                (
                    "Unknown",
                    "WorksPending",
                    format!("Some works associated with this resource are not ready: [{names}]"),
                )
            }
            (Works::Failed(names), WorkflowType::Resource) => {
                let names = names.join(",");
                (
                    "False",
                    "WorksFailing",
                    format!("Some works associated with this resource failed: [{names}]"),
                )
            }
            (Works::Pending(names), WorkflowType::Promise) => {
                let names = names.join(" ");
                (
                    "Unknown",
                    "WorksPending",
                    format!("Some works associated with this promise are not ready: [{names}]"),
                )
            }
            (Works::Failed(names), WorkflowType::Promise) => {
                let names = names.join(" ");
                (
                    "False",
                    "WorksFailing",
                    format!("Some works associated with this promise are not ready: [{names}]"),
                )
            }
        };
        Condition { kind: "WorksSucceeded", status: state, reason, message: &message }.set(status);
        match works {
            Works::Ready => reconciled("True", "Reconciled", "Reconciled").set(status),
            Works::Pending(_) => reconciled("Unknown", "WorksPending", "Pending").set(status),
            Works::Failed(_) => reconciled("False", "WorksFailing", "Failing").set(status),
        }
    }

    fn count(&self, status: &mut Status, succeeded: usize, failed: usize) {
        let counters = [
            ("workflows", self.pipelines.len()),
            ("workflowsFailed", failed),
            ("workflowsSucceeded", succeeded),
        ];
        for (key, count) in counters {
            status.insert(key.to_owned(), count.into());
        }
    }
}

/// Whether a Promise takes requests.
fn available(status: &mut Status, is: bool, reason: &'static str, message: &str) {
    note(status, "status", if is { "Available" } else { "Unavailable" });
    let state = if is { "True" } else { "False" };
    Condition { kind: "Available", status: state, reason, message }.set(status);
}

/// What a Promise's status holds twice.
fn note(status: &mut Status, key: &str, value: &str) {
    status.insert(key.to_owned(), value.into());
    pipelines::object(status, "kratix").insert(key.to_owned(), value.into());
}

fn unavailable(status: &mut Status) {
    status.insert("message".to_owned(), "Pending".into());
    let missing = Condition {
        kind: "PromiseAvailable",
        status: "False",
        reason: "PromiseRequirementsNotInstalled",
        message: "Promise Requirements are not installed",
    };
    missing.set(status);
}

fn completed<'m>(status: &'static str, reason: &'static str, message: &'m str) -> Condition<'m> {
    Condition { kind: "ConfigureWorkflowCompleted", status, reason, message }
}

fn reconciled<'m>(status: &'static str, reason: &'static str, message: &'m str) -> Condition<'m> {
    Condition { kind: "Reconciled", status, reason, message }
}

fn deleted<'m>(reason: &'static str, message: &'m str) -> Condition<'m> {
    Condition { kind: "DeleteWorkflowCompleted", status: "False", reason, message }
}

/// When the workflow was completed.
fn completed_at(status: &Status) -> Value {
    let conditions = status.get("conditions").and_then(Value::as_array);
    let completed =
        conditions.into_iter().flatten().find(|condition| condition["type"] == "ConfigureWorkflowCompleted");
    completed.and_then(|condition| condition.get("lastTransitionTime")).cloned().unwrap_or_else(|| NOW.into())
}

#[cfg(test)]
mod tests {
    use super::super::super::metadata::{Metadata, MetadataFile};
    use super::super::writer::{ObjectName, StatusWriter};
    use super::*;
    use crate::yaml::emit;

    const REQUEST: Controller<'_> = Controller {
        workflow: WorkflowType::Resource,
        pipelines: &["pipeline-a"],
        generation: 1,
        promise_version: "not-set",
        api: None,
        has_requirements: false,
    };
    const PROMISE: Controller<'_> = Controller {
        workflow: WorkflowType::Promise,
        promise_version: "v1.0.0",
        api: Some(Api { group: "Example.org", version: "v1", kind: "App" }),
        ..REQUEST
    };

    /// Runs a workflow whose pipelines leave these status files, up to its end.
    fn run(controller: Controller<'_>, files: &[&str], control: &str, ending: Ending<'_>) -> Status {
        let mut status = Status::new();
        for (index, file) in files.iter().enumerate() {
            controller.start(&mut status, index);
            let object = ObjectName { kind: "K", group: "g", name: "n", generation: controller.generation };
            let last = index + 1 == controller.pipelines.len();
            let writer = StatusWriter {
                workflow: controller.workflow,
                pipeline: controller.pipelines[index],
                last,
                dry_run: false,
                object,
            };
            let control = if index + 1 == files.len() { control } else { "" };
            let metadata = Metadata {
                status: MetadataFile::of("status.yaml", file),
                selectors: MetadataFile::absent("destination-selectors.yaml"),
                control: MetadataFile::of("workflow-control.yaml", control),
                findings: Vec::new(),
            };
            status = writer.apply(&status, &metadata).status.expect("a status");
        }
        controller.finish(&mut status, ending);
        status
    }

    fn condition<'a>(status: &'a Status, kind: &str) -> Vec<&'a str> {
        let all = status.get("conditions").and_then(Value::as_array).into_iter().flatten();
        let one = all.into_iter().find(|condition| condition["type"] == kind);
        ["status", "message", "reason"].iter().filter_map(|key| one?[*key].as_str()).collect()
    }

    fn phases(status: &Status) -> Vec<&str> {
        let entries = status["kratix"]["workflows"]["pipelines"].as_array().expect("a list");
        entries.iter().filter_map(|entry| entry["phase"].as_str()).collect()
    }

    #[test]
    fn a_request_that_is_configured_ends_as_kubectl_shows_it() {
        let status = run(REQUEST, &["endpoint: http://x"], "", Ending::Configured(Works::Ready));
        let expected = "\
conditions:
- lastTransitionTime: \"2026-01-01T00:00:00Z\"
  message: Pipelines completed
  reason: PipelinesExecutedSuccessfully
  status: \"True\"
  type: ConfigureWorkflowCompleted
- lastTransitionTime: \"2026-01-01T00:00:00Z\"
  message: Reconciled
  reason: Reconciled
  status: \"True\"
  type: Reconciled
- lastTransitionTime: \"2026-01-01T00:00:00Z\"
  message: All works associated with this resource are ready
  reason: WorksSucceeded
  status: \"True\"
  type: WorksSucceeded
endpoint: http://x
kratix:
  workflows:
    lastSuccessfulConfigureWorkflowTime: \"2026-01-01T00:00:00Z\"
    pipelines:
    - lastTransitionTime: \"2026-01-01T00:00:00Z\"
      name: pipeline-a
      phase: Succeeded
lastSuccessfulConfigureWorkflowTime: \"2026-01-01T00:00:00Z\"
message: Resource requested
observedGeneration: 1
promiseVersion: not-set
resourceBindingVersion: latest
workflows: 1
workflowsFailed: 0
workflowsSucceeded: 1
";
        assert_eq!(emit(&status.into()), expected);
    }

    #[test]
    fn vector_51_the_status_follows_the_pipelines() {
        let two = Controller { pipelines: &["a", "b"], ..REQUEST };
        let mut status = Status::new();
        two.start(&mut status, 0);
        assert_eq!((phases(&status), &status["workflowsSucceeded"]), (vec!["Running", "Pending"], &json!(0)));
        status.insert("message".into(), "lost".into());
        two.start(&mut status, 1);
        assert_eq!(
            (phases(&status), &status["workflowsSucceeded"]),
            (vec!["Succeeded", "Running"], &json!(1))
        );
        assert_eq!(status["message"], "Pending");
        let progress = ["False", "Pipelines are still in progress", "PipelinesInProgress"];
        assert_eq!(condition(&status, "ConfigureWorkflowCompleted"), progress);
        assert_eq!(condition(&status, "Reconciled"), ["Unknown", "Pending", "WorkflowPending"]);
        two.finish(&mut status, Ending::Configured(Works::Ready));
        assert_eq!(
            (phases(&status), &status["workflowsSucceeded"]),
            (vec!["Succeeded", "Succeeded"], &json!(2))
        );
    }

    #[test]
    fn nested_maps_of_several_pipelines_are_not_merged() {
        let two = Controller { pipelines: &["a", "b"], ..REQUEST };
        let files = ["iam: {user: admin}\nstage: one\nmessage: lost", "iam: {password: x}"];
        let status = run(two, &files, "", Ending::Configured(Works::Ready));
        assert_eq!((&status["iam"], &status["stage"]), (&json!({"password": "x"}), &json!("one")));
        assert_eq!(status["message"], "Resource requested");
    }

    #[test]
    fn vector_50_a_failed_pipeline_ends_the_workflow() {
        let two = Controller { pipelines: &["pipeline-1", "pipeline-2"], ..REQUEST };
        let mut status = Status::new();
        two.start(&mut status, 0);
        two.start(&mut status, 1);
        two.finish(&mut status, Ending::Failed("pipeline-2"));
        let failed = ["False", "A Configure Pipeline has failed: pipeline-2", "ConfigureWorkflowFailed"];
        assert_eq!(condition(&status, "ConfigureWorkflowCompleted"), failed);
        assert_eq!(condition(&status, "Reconciled"), ["False", "Failing", "ConfigureWorkflowFailed"]);
        assert_eq!(phases(&status), ["Succeeded", "Failed"]);
        assert_eq!((&status["workflowsFailed"], &status["workflowsSucceeded"]), (&json!(1), &json!(1)));
        assert_eq!((&status["message"], status.get("observedGeneration")), (&json!("Pending"), None));
    }

    #[test]
    fn a_suspended_workflow_waits() {
        let status = run(REQUEST, &["stage: one"], "suspend: true\nmessage: ask", Ending::Suspended);
        assert_eq!(condition(&status, "Reconciled"), ["Unknown", "Suspended", "WorkflowSuspended"]);
        let progress = ["False", "Pipelines are still in progress", "PipelinesInProgress"];
        assert_eq!(condition(&status, "ConfigureWorkflowCompleted"), progress);
        assert_eq!(phases(&status), ["Suspended"]);
        assert_eq!((&status["stage"], &status["workflowsSucceeded"]), (&json!("one"), &json!(0)));
    }

    #[test]
    fn works_that_are_not_ready_keep_the_request_from_being_reconciled() {
        let works = ["w1".to_owned(), "w2".to_owned()];
        let status = run(REQUEST, &[""], "", Ending::Configured(Works::Pending(&works)));
        let pending = "Some works associated with this resource are not ready: [w1,w2]";
        assert_eq!(condition(&status, "WorksSucceeded"), ["Unknown", pending, "WorksPending"]);
        assert_eq!(condition(&status, "Reconciled"), ["Unknown", "Pending", "WorksPending"]);
        let status = run(REQUEST, &[""], "", Ending::Configured(Works::Failed(&works)));
        let failed = "Some works associated with this resource failed: [w1,w2]";
        assert_eq!(condition(&status, "WorksSucceeded"), ["False", failed, "WorksFailing"]);
        assert_eq!(condition(&status, "Reconciled"), ["False", "Failing", "WorksFailing"]);
    }

    #[test]
    fn without_pipelines_there_are_only_counters_and_versions() {
        let none = Controller { pipelines: &[], ..REQUEST };
        let status = run(none, &[], "", Ending::Configured(Works::Ready));
        let expected = json!({
            "kratix": {"workflows": {"pipelines": []}}, "observedGeneration": 1, "promiseVersion": "not-set",
            "resourceBindingVersion": "latest", "workflows": 0, "workflowsFailed": 0, "workflowsSucceeded": 0,
        });
        assert_eq!(Value::from(status), expected);
    }

    #[test]
    fn a_delete_workflow_that_fails_or_is_suspended_says_so() {
        let mut status = run(REQUEST, &[""], "", Ending::Configured(Works::Ready));
        Controller { pipelines: &["clean", "more"], ..REQUEST }.start_delete(&mut status);
        assert_eq!(phases(&status), ["Running", "Pending"]);
        assert_eq!(status["message"], "Resource requested");
        let mut suspended = status.clone();
        REQUEST.finish(&mut status, Ending::DeleteFailed);
        let failed = ["False", "The Delete Pipeline has failed", "DeleteWorkflowFailed"];
        assert_eq!(condition(&status, "DeleteWorkflowCompleted"), failed);
        REQUEST.finish(&mut suspended, Ending::DeleteSuspended);
        let waits = ["False", "The delete workflow is suspended", "DeleteWorkflowSuspended"];
        assert_eq!(condition(&suspended, "DeleteWorkflowCompleted"), waits);
        assert_eq!(condition(&suspended, "Reconciled"), ["Unknown", "Suspended", "WorkflowSuspended"]);
    }

    #[test]
    fn without_the_promise_nothing_runs() {
        let status = run(REQUEST, &[], "", Ending::Unavailable);
        let missing = ["False", "Promise Requirements are not installed", "PromiseRequirementsNotInstalled"];
        assert_eq!(condition(&status, "PromiseAvailable"), missing);
        assert_eq!(status["message"], "Pending");
    }

    #[test]
    fn a_configured_promise_is_available() {
        let requiring = Controller { has_requirements: true, ..PROMISE };
        let status = run(requiring, &["message: ready"], "", Ending::Configured(Works::Ready));
        let available = ["True", "Ready to fulfil resource requests", "PromiseAvailable"];
        assert_eq!(condition(&status, "Available"), available);
        let works = ["True", "All works associated with this promise are ready", "WorksSucceeded"];
        assert_eq!(condition(&status, "WorksSucceeded"), works);
        assert_eq!(condition(&status, "Reconciled"), ["True", "Reconciled", "Reconciled"]);
        let fulfilled = ["True", "Requirements fulfilled", "RequirementsInstalled"];
        assert_eq!(condition(&status, "RequirementsFulfilled"), fulfilled);
        let mut top = status.clone();
        top.remove("conditions");
        let expected = json!({
            "apiVersion": "example.org/v1", "kind": "App", "lastAvailableTime": NOW, "message": "ready",
            "observedGeneration": 1, "status": "Available", "version": "v1.0.0",
            "workflows": 1, "workflowsFailed": 0, "workflowsSucceeded": 1,
            "kratix": {
                "apiVersion": "example.org/v1", "kind": "App", "lastAvailableTime": NOW, "status": "Available",
                "version": "v1.0.0",
                "workflows": {"pipelines": [{"lastTransitionTime": NOW, "name": "pipeline-a", "phase": "Succeeded"}]},
            },
        });
        assert_eq!(Value::from(top), expected);
    }

    #[test]
    fn a_promise_without_pipelines_is_only_available() {
        let none = Controller { pipelines: &[], ..PROMISE };
        let status = run(none, &[], "", Ending::Configured(Works::Ready));
        let kinds: Vec<&str> = status["conditions"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|condition| condition["type"].as_str())
            .collect();
        assert_eq!(kinds, ["Available"]);
    }

    #[test]
    fn a_promise_that_is_not_configured_is_not_available() {
        let mut status = Status::new();
        PROMISE.start(&mut status, 0);
        assert_eq!(status["status"], "Unavailable");
        PROMISE.finish(&mut status, Ending::Failed("pipeline-a"));
        let unavailable = ["False", "Cannot fulfil resource requests", "PromiseUnavailable"];
        assert_eq!(condition(&status, "Available"), unavailable);
        assert_eq!(condition(&status, "Reconciled"), ["False", "Failing", "ConfigureWorkflowFailed"]);
    }
}
