//! The status that Kratix's controllers write while a workflow runs, from pipeline to pipeline.
//!
//! Times are fixed, so that runs repeat: everything happens at [`TIME`].

use serde_json::{Map, Value as Json, json};

use super::pipeline::Pipeline;
use super::promise::Promise;

/// When everything happens.
pub(crate) const TIME: &str = "2026-01-01T00:00:00Z";

/// A workflow's pipelines, as a status lists them.
fn entries(pipelines: &[Pipeline]) -> Json {
    pipelines
        .iter()
        .map(|pipeline| json!({"lastTransitionTime": TIME, "name": pipeline.name, "phase": "Pending"}))
        .collect()
}

/// A condition as the controllers write it.
fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Json {
    json!({"lastTransitionTime": TIME, "message": message, "reason": reason, "status": status, "type": kind})
}

/// The status of a request whose configure workflow is about to run for the first time.
pub(super) fn starting(pipelines: &[Pipeline]) -> Json {
    let mut status = json!({
        "kratix": {"workflows": {"pipelines": entries(pipelines)}},
        "workflows": pipelines.len(),
        "workflowsFailed": 0,
        "workflowsSucceeded": 0,
    });
    if !pipelines.is_empty() {
        before_pipeline(&mut status, 0);
    }
    status
}

/// The status of a request whose delete workflow is about to run, after a configure workflow that succeeded.
pub(super) fn deleting_resource(promise: &Promise, configured: &[Pipeline], pipelines: &[Pipeline]) -> Json {
    let mut status = deleting(configured, pipelines, "Resource requested", "resource");
    status["observedGeneration"] = 1.into();
    status["promiseVersion"] = promise.version().into();
    status["resourceBindingVersion"] = "latest".into();
    if !configured.is_empty() {
        status["lastSuccessfulConfigureWorkflowTime"] = TIME.into();
    }
    status
}

/// The status of a Promise whose configure workflow is about to run for the first time.
pub(super) fn starting_promise(promise: &Promise, pipelines: &[Pipeline]) -> Json {
    let mut status = starting(pipelines);
    describe_promise(&mut status, promise, "Unavailable");
    status
}

/// The status of a Promise whose delete workflow is about to run.
pub(super) fn deleting_promise(promise: &Promise, configured: &[Pipeline], pipelines: &[Pipeline]) -> Json {
    let mut status = deleting(configured, pipelines, "Promise configured", "promise");
    describe_promise(&mut status, promise, "Available");
    status["lastAvailableTime"] = TIME.into();
    if let Some(map) = status.as_object_mut() {
        let ready = "Ready to fulfil resource requests";
        set_condition(map, condition("Available", "True", "PromiseAvailable", ready));
    }
    status
}

fn describe_promise(status: &mut Json, promise: &Promise, availability: &str) {
    status["status"] = availability.into();
    status["version"] = promise.version().into();
    if let Some(api) = &promise.api {
        status["kind"] = api.kind.as_str().into();
        status["apiVersion"] = api.api_version(api.storage_version()).to_lowercase().into();
    }
}

/// What is left of a configure workflow that succeeded, with the delete workflow's pipelines in place of its own.
fn deleting(configured: &[Pipeline], pipelines: &[Pipeline], message: &str, what: &str) -> Json {
    let mut status = json!({
        "kratix": {"workflows": {"pipelines": entries(pipelines)}},
        "workflows": configured.len(),
        "workflowsFailed": 0,
        "workflowsSucceeded": configured.len(),
    });
    if !configured.is_empty() {
        let ready = format!("All works associated with this {what} are ready");
        status["conditions"] = json!([
            condition(
                "ConfigureWorkflowCompleted",
                "True",
                "PipelinesExecutedSuccessfully",
                "Pipelines completed"
            ),
            condition("Reconciled", "True", "Reconciled", "Reconciled"),
            condition("WorksSucceeded", "True", "WorksSucceeded", &ready),
        ]);
        status["kratix"]["workflows"]["lastSuccessfulConfigureWorkflowTime"] = TIME.into();
        status["message"] = message.into();
    }
    set_phases(&mut status, 0, "Running");
    status
}

/// What the controller writes when the Job of a configure workflow's pipeline is created: this pipeline runs, those
/// before it have succeeded, and whatever message they left is gone.
pub(crate) fn before_pipeline(status: &mut Json, index: usize) {
    let Some(map) = as_map(status) else { return };
    map.insert("message".to_owned(), "Pending".into());
    map.insert("workflowsSucceeded".to_owned(), index.into());
    if index == 0 {
        map.insert("workflowsFailed".to_owned(), 0.into());
    }
    let running = "Pipelines are still in progress";
    set_condition(map, condition("ConfigureWorkflowCompleted", "False", "PipelinesInProgress", running));
    set_condition(map, condition("Reconciled", "Unknown", "WorkflowPending", "Pending"));
    set_phases(status, index, "Running");
}

/// A status as a map; one that is missing becomes an empty one.
fn as_map(status: &mut Json) -> Option<&mut Map<String, Json>> {
    if status.is_null() {
        *status = json!({});
    }
    status.as_object_mut()
}

/// Gives a pipeline its phase; those before it have succeeded, and those after it wait.
fn set_phases(status: &mut Json, index: usize, phase: &str) {
    let pipelines = status.pointer_mut("/kratix/workflows/pipelines").and_then(Json::as_array_mut);
    for (position, entry) in pipelines.into_iter().flatten().enumerate() {
        let Some(entry) = entry.as_object_mut() else { continue };
        let phase = match position.cmp(&index) {
            std::cmp::Ordering::Less => "Succeeded",
            std::cmp::Ordering::Equal => phase,
            std::cmp::Ordering::Greater => "Pending",
        };
        entry.insert("phase".to_owned(), phase.into());
    }
}

/// Replaces the condition of this type, or adds it; conditions stand sorted by type.
fn set_condition(status: &mut Map<String, Json>, condition: Json) {
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    let Some(conditions) = conditions.as_array_mut() else { return };
    match conditions.iter_mut().find(|other| other["type"] == condition["type"]) {
        Some(other) => *other = condition,
        None => conditions.push(condition),
    }
    conditions.sort_by_key(|condition| condition["type"].as_str().unwrap_or_default().to_owned());
}

/// Lays what an author says of an earlier run over a status. What Kratix counts itself stays; conditions are one by
/// type.
pub(super) fn lay_over(status: &mut Json, earlier: &Json) {
    const OWN: [&str; 4] = ["kratix", "workflows", "workflowsSucceeded", "workflowsFailed"];
    let (Some(map), Some(earlier)) = (as_map(status), earlier.as_object()) else { return };
    for (key, value) in earlier.iter().filter(|(key, _)| !OWN.contains(&key.as_str())) {
        match (key.as_str(), value) {
            ("conditions", Json::Array(conditions)) => {
                for condition in conditions {
                    set_condition(map, condition.clone());
                }
            }
            _ => {
                map.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn two() -> Json {
        json!({
            "kratix": {"workflows": {"pipelines": [{"name": "a", "phase": "Pending"}, {"name": "b", "phase": "Pending"}]}},
            "workflows": 2, "workflowsFailed": 0, "workflowsSucceeded": 0,
        })
    }

    fn phases(status: &Json) -> Vec<&str> {
        let pipelines = status["kratix"]["workflows"]["pipelines"].as_array().expect("a list");
        pipelines.iter().map(|entry| entry["phase"].as_str().expect("a phase")).collect()
    }

    #[test]
    fn the_message_of_the_pipeline_before_is_lost_and_other_keys_stay() {
        let mut status = two();
        status["message"] = "done".into();
        status["url"] = "x".into();
        status["conditions"] =
            json!([{"type": "Ready", "status": "True"}, {"type": "Reconciled", "status": "True"}]);
        before_pipeline(&mut status, 1);
        assert_eq!((&status["message"], &status["url"]), (&json!("Pending"), &json!("x")));
        let conditions: Vec<_> = status["conditions"].as_array().expect("a list").iter().collect();
        let types: Vec<_> = conditions.iter().map(|condition| &condition["type"]).collect();
        assert_eq!(types, ["ConfigureWorkflowCompleted", "Ready", "Reconciled"]);
        assert_eq!(conditions[2]["status"], "Unknown");
    }

    #[test]
    fn an_earlier_status_is_laid_over_except_what_kratix_counts() {
        let mut status = two();
        before_pipeline(&mut status, 0);
        lay_over(
            &mut status,
            &json!({"stage": "one", "workflows": 9, "kratix": {}, "workflowsFailed": 3, "conditions": [{"type": "Ready"}]}),
        );
        assert_eq!((&status["stage"], &status["workflows"]), (&json!("one"), &json!(2)));
        assert_eq!(status["workflowsFailed"], 0);
        assert_eq!(
            (phases(&status), status["conditions"].as_array().map(Vec::len)),
            (vec!["Running", "Pending"], Some(3))
        );
    }

    proptest! {
        #[test]
        fn no_status_makes_it_panic(kind in 0_usize..5, index in 0_usize..3) {
            let shapes = [json!(null), json!(1), json!([]), json!({"conditions": [1, null], "kratix": []}), json!({"kratix": {"workflows": {"pipelines": [1]}}})];
            let mut status = shapes[kind].clone();
            before_pipeline(&mut status, index);
            lay_over(&mut status, &shapes[3]);
        }
    }
}
