//! Conditions as Kratix's controllers write them: by type, sorted, and all of them written anew each time.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{NOW, Status};

/// What a controller says about one aspect of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition<'a> {
    pub(crate) kind: &'static str,
    /// `True`, `False` or `Unknown`.
    pub(crate) status: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) message: &'a str,
}

impl Condition<'_> {
    /// The condition as it is stored.
    pub(crate) fn to_value(&self) -> Value {
        json!({
            "type": self.kind,
            "status": self.status,
            "reason": self.reason,
            "message": self.message,
            "lastTransitionTime": NOW,
        })
    }

    /// Writes it as the controllers do: its time changes only with it, and all are sorted, `Ready` first.
    pub(crate) fn set(&self, status: &mut Status) {
        let mut conditions = read_again(status);
        let new = self.to_value();
        match conditions.iter_mut().find(|condition| condition["type"] == self.kind) {
            Some(old) if same_state(old, &new) => {}
            Some(old) => *old = new,
            None => conditions.push(new),
        }
        conditions.sort_by_cached_key(|condition| {
            let kind = condition["type"].as_str().unwrap_or_default().to_owned();
            (kind != "Ready", kind)
        });
        status.insert("conditions".to_owned(), conditions.into());
    }

    /// Writes it as the status-writer does: in place of the one of its type, or at the end.
    pub(crate) fn append(&self, status: &mut Status) {
        let conditions = status.entry("conditions").or_insert_with(|| json!([]));
        if !conditions.is_array() {
            *conditions = json!([]);
        }
        let Some(conditions) = conditions.as_array_mut() else { return };
        match conditions.iter_mut().find(|condition| condition["type"] == self.kind) {
            Some(old) => *old = self.to_value(),
            None => conditions.push(self.to_value()),
        }
    }
}

fn same_state(old: &Value, new: &Value) -> bool {
    ["status", "reason", "message"].iter().all(|key| old[*key] == new[*key])
}

/// The conditions as the controllers read and write them; none if one of them is not as they expect.
fn read_again(status: &Status) -> Vec<Value> {
    let Some(Value::Array(conditions)) = status.get("conditions") else { return Vec::new() };
    conditions.iter().map(rewritten).collect::<Option<_>>().unwrap_or_default()
}

/// A condition after a controller has read and written it.
fn rewritten(condition: &Value) -> Option<Value> {
    let condition = condition.as_object()?;
    let text = |key: &str| match condition.get(key) {
        None | Some(Value::Null) => Some(""),
        Some(value) => value.as_str(),
    };
    let mut written = json!({"type": text("type")?, "status": text("status")?});
    for key in ["reason", "message"] {
        if !text(key)?.is_empty() {
            written[key] = text(key)?.into();
        }
    }
    if let Some(at) = condition.get("lastTransitionTime").filter(|at| !at.is_null()) {
        written["lastTransitionTime"] = seconds(at.as_str()?)?.into();
    }
    Some(written)
}

/// A time as Kubernetes writes it: in UTC, in whole seconds.
fn seconds(time: &str) -> Option<String> {
    let time = OffsetDateTime::parse(time, &Rfc3339).ok()?.to_offset(time::UtcOffset::UTC);
    time.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Condition<'_> = Condition { kind: "Ready", status: "True", reason: "R", message: "m" };

    fn status(conditions: &Value) -> Status {
        let mut status = Status::new();
        status.insert("conditions".into(), conditions.clone());
        status
    }

    #[test]
    fn conditions_are_sorted_and_ready_is_first() {
        let mut status = status(&json!([{"type": "b", "status": "True"}, {"type": "a", "status": "True"}]));
        READY.set(&mut status);
        let types: Vec<&str> = status["conditions"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|c| c["type"].as_str())
            .collect();
        assert_eq!(types, ["Ready", "a", "b"]);
    }

    #[test]
    fn the_authors_conditions_are_written_anew() {
        let author = json!([{
            "type": "Mine", "message": "", "lastTransitionTime": "2026-03-01T12:00:00.5+02:00", "reason": "Why"
        }]);
        let mut status = status(&author);
        READY.set(&mut status);
        let expected = json!({"type": "Mine", "status": "", "reason": "Why", "lastTransitionTime": "2026-03-01T10:00:00Z"});
        assert_eq!(status["conditions"][1], expected);
    }

    #[test]
    fn one_condition_that_cannot_be_read_loses_all_others() {
        let author = json!([{"type": "Good", "status": "True"}, {"type": "Bad", "status": true}]);
        let mut status = status(&author);
        READY.set(&mut status);
        assert_eq!(status["conditions"], json!([READY.to_value()]));
    }

    #[test]
    fn the_time_changes_only_with_the_condition() {
        let mut earlier = READY.to_value();
        earlier["lastTransitionTime"] = "2020-01-01T00:00:00Z".into();
        let mut status = status(&json!([earlier]));
        READY.set(&mut status);
        assert_eq!(status["conditions"][0]["lastTransitionTime"], "2020-01-01T00:00:00Z");
        Condition { status: "False", ..READY }.set(&mut status);
        assert_eq!(status["conditions"][0]["lastTransitionTime"], NOW);
    }
}
