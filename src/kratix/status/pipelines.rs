//! `status.kratix.workflows`: how far each pipeline of a workflow has come.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::duration::GoDuration;
use super::super::misread::quoted;
use super::{NOW, Status};

/// How far a pipeline has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
    Suspended,
}

/// How a pipeline asked to be suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suspension {
    pub(crate) message: String,
    /// When Kratix tries again by itself.
    pub(crate) retry_after: Option<GoDuration>,
}

/// A status that does not list a pipeline, in Kratix's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("pipeline {} not found in status.kratix.workflows.pipelines", quoted(.0))]
pub(crate) struct PipelineNotFound(String);

impl Phase {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Suspended => "Suspended",
        }
    }
}

/// Lists the pipelines of a workflow, none of which has begun.
pub(crate) fn reset(status: &mut Status, names: &[&str]) {
    let pending = Phase::Pending.as_str();
    let entries: Vec<Value> =
        names.iter().map(|name| json!({"lastTransitionTime": NOW, "name": name, "phase": pending})).collect();
    let workflows = workflows(status);
    workflows.remove("suspendedGeneration");
    workflows.insert("pipelines".to_owned(), entries.into());
}

/// Notes that a pipeline has come to a phase, if the status lists it.
pub(crate) fn mark(status: &mut Status, name: &str, phase: Phase) {
    if let Some(entry) = entry(status, name) {
        if entry.get("phase").and_then(Value::as_str) != Some(phase.as_str()) {
            entry.insert("lastTransitionTime".to_owned(), NOW.into());
        }
        entry.insert("phase".to_owned(), phase.as_str().into());
    }
}

/// Notes that a pipeline has asked to be suspended.
pub(crate) fn suspend(
    status: &mut Status,
    name: &str,
    suspension: &Suspension,
    generation: i64,
) -> Result<(), PipelineNotFound> {
    let entry = entry(status, name).ok_or_else(|| PipelineNotFound(name.to_owned()))?;
    entry.insert("phase".to_owned(), Phase::Suspended.as_str().into());
    match suspension.message.as_str() {
        "" => drop(entry.remove("message")),
        message => drop(entry.insert("message".to_owned(), message.into())),
    }
    if let Some(after) = suspension.retry_after {
        let attempts = entry.get("attempts").and_then(Value::as_i64).unwrap_or_default();
        entry.insert("attempts".to_owned(), attempts.saturating_add(1).into());
        entry.insert("nextRetryAt".to_owned(), later(after).into());
    } else {
        entry.remove("attempts");
        entry.remove("nextRetryAt");
    }
    workflows(status).insert("suspendedGeneration".to_owned(), generation.into());
    Ok(())
}

/// Notes that a pipeline is running after all. A status without pipelines is left alone.
pub(crate) fn clear_suspension(status: &mut Status, name: &str) -> Result<(), PipelineNotFound> {
    if list(status).is_none() {
        return Ok(());
    }
    let entry = entry(status, name).ok_or_else(|| PipelineNotFound(name.to_owned()))?;
    entry.insert("phase".to_owned(), Phase::Running.as_str().into());
    for key in ["message", "attempts", "nextRetryAt"] {
        entry.remove(key);
    }
    Ok(())
}

/// Forgets at which generation the workflow was suspended.
pub(crate) fn forget_suspension(status: &mut Status) {
    if let Some(workflows) = status.get_mut("kratix").and_then(|kratix| kratix.get_mut("workflows"))
        && let Some(workflows) = workflows.as_object_mut()
    {
        workflows.remove("suspendedGeneration");
    }
}

/// `kratix.workflows`, which is made if it is not there.
pub(crate) fn workflows(status: &mut Status) -> &mut Map<String, Value> {
    object(object(status, "kratix"), "workflows")
}

/// A map at a key, in place of whatever is there.
pub(crate) fn object<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let value = map.entry(key).or_insert(Value::Null);
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("a map, made just now if there was none")
}

fn list(status: &mut Status) -> Option<&mut Vec<Value>> {
    status.get_mut("kratix")?.get_mut("workflows")?.get_mut("pipelines")?.as_array_mut()
}

fn entry<'a>(status: &'a mut Status, name: &str) -> Option<&'a mut Map<String, Value>> {
    let entries = list(status)?;
    entries.iter_mut().filter_map(Value::as_object_mut).find(|entry| entry.get("name") == Some(&name.into()))
}

/// A time from now, as Go writes it.
fn later(after: GoDuration) -> String {
    let start = OffsetDateTime::parse(NOW, &Rfc3339).expect("a constant time");
    // Go's durations are below 300 years, so neither step leaves the calendar.
    let time = start.checked_add(time::Duration::nanoseconds(after.0)).unwrap_or(start);
    let time = time.replace_nanosecond(0).unwrap_or(time);
    time.format(&Rfc3339).unwrap_or_else(|_| NOW.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(entries: &Value) -> Status {
        let mut status = Status::new();
        status.insert("message".into(), "Pending".into());
        workflows(&mut status).insert("pipelines".into(), entries.clone());
        status
    }

    const HOUR_AND_A_HALF: GoDuration = GoDuration(5_400_000_000_000);

    #[test]
    fn vector_38_a_suspended_pipeline_is_marked_with_message_and_generation() {
        let mut status =
            status(&json!([{"name": "a", "phase": "Succeeded"}, {"name": "b", "phase": "Running"}]));
        let suspension = Suspension { message: "waiting for approval".into(), retry_after: None };
        suspend(&mut status, "b", &suspension, 7).expect("listed");
        assert_eq!(
            Value::from(status),
            json!({"message": "Pending", "kratix": {"workflows": {
                "pipelines": [
                    {"name": "a", "phase": "Succeeded"},
                    {"name": "b", "phase": "Suspended", "message": "waiting for approval"},
                ],
                "suspendedGeneration": 7,
            }}})
        );
    }

    #[test]
    fn vector_39_retries_are_counted() {
        for (before, expected) in [(json!({"name": "b", "attempts": 17}), 18), (json!({"name": "b"}), 1)] {
            let mut status = status(&json!([before]));
            let suspension = Suspension { message: String::new(), retry_after: Some(HOUR_AND_A_HALF) };
            suspend(&mut status, "b", &suspension, 1).expect("listed");
            let entry = &status["kratix"]["workflows"]["pipelines"][0];
            assert_eq!(entry["attempts"], expected);
            assert_eq!(entry["nextRetryAt"], "2026-01-01T01:30:00Z");
        }
    }

    #[test]
    fn vector_40_suspending_without_retry_forgets_the_retries() {
        let mut status = status(
            &json!([{"name": "b", "nextRetryAt": "x", "attempts": 3, "message": "old", "phase": "Running"}]),
        );
        let suspension = Suspension { message: String::new(), retry_after: None };
        suspend(&mut status, "b", &suspension, 1).expect("listed");
        let entry = &status["kratix"]["workflows"]["pipelines"][0];
        assert_eq!(*entry, json!({"name": "b", "phase": "Suspended"}));
    }

    #[test]
    fn vector_41_a_suspension_is_cleared() {
        let suspended =
            json!([{"name": "b", "phase": "Suspended", "message": "m", "attempts": 1, "nextRetryAt": "t"}]);
        let mut listed = status(&suspended);
        clear_suspension(&mut listed, "b").expect("listed");
        assert_eq!(listed["kratix"]["workflows"]["pipelines"], json!([{"name": "b", "phase": "Running"}]));
        let error = clear_suspension(&mut status(&json!([])), "pipeline-b").expect_err("not listed");
        assert_eq!(
            error.to_string(),
            "pipeline \"pipeline-b\" not found in status.kratix.workflows.pipelines"
        );
        for odd in [json!({}), json!({"kratix": 1}), json!({"kratix": {"workflows": {"pipelines": "x"}}})] {
            let mut status = odd.as_object().expect("a map").clone();
            clear_suspension(&mut status, "b").expect("nothing to do");
            assert_eq!(Value::from(status), odd);
        }
    }

    #[test]
    fn a_retry_may_lie_in_the_past_or_far_ahead() {
        assert_eq!(later(GoDuration(-1)), "2025-12-31T23:59:59Z");
        assert_eq!(later(GoDuration(i64::MAX)), "2318-04-12T23:47:16Z");
        assert_eq!(later(GoDuration(i64::MIN)), "1733-09-22T00:12:43Z");
    }
}
