//! The API server's part: what it drops from a status, and what it refuses, by the schema that Kratix gives to status.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::super::WorkflowType;
use super::super::catalogue::{Code, KT104, KT105, KT147};
use super::super::misread::quoted;
use super::Status;
use crate::yaml::KeyPath;

/// What a key must hold.
#[derive(Clone, Copy)]
enum Kind {
    String,
    Integer,
    /// A string that is a time; the schemas of requests and of Promises call the format differently.
    Time(&'static str),
    List,
    Object,
}

const REQUEST_KEYS: &[(&str, Kind)] = &[
    ("conditions", Kind::List),
    ("kratix", Kind::Object),
    ("message", Kind::String),
    ("observedGeneration", Kind::Integer),
    ("workflows", Kind::Integer),
    ("workflowsFailed", Kind::Integer),
    ("workflowsSucceeded", Kind::Integer),
];

const PROMISE_KEYS: &[(&str, Kind)] = &[
    ("apiVersion", Kind::String),
    ("conditions", Kind::List),
    ("kind", Kind::String),
    ("kratix", Kind::Object),
    ("lastAvailableTime", Kind::Time("date-time")),
    ("message", Kind::String),
    ("observedGeneration", Kind::Integer),
    ("requiredBy", Kind::List),
    ("requiredPromises", Kind::List),
    ("status", Kind::String),
    ("version", Kind::String),
    ("workflows", Kind::Integer),
    ("workflowsFailed", Kind::Integer),
    ("workflowsSucceeded", Kind::Integer),
];

const REQUEST_CONDITION: &[(&str, Kind)] = &[
    ("lastTransitionTime", Kind::Time("datetime")),
    ("message", Kind::String),
    ("reason", Kind::String),
    ("status", Kind::String),
    ("type", Kind::String),
];

const PROMISE_CONDITION: &[(&str, Kind)] = &[
    ("lastTransitionTime", Kind::Time("date-time")),
    ("message", Kind::String),
    ("observedGeneration", Kind::Integer),
    ("reason", Kind::String),
    ("status", Kind::String),
    ("type", Kind::String),
];

const REQUIRED: [&str; 5] = ["lastTransitionTime", "message", "reason", "status", "type"];
const REASON: &str = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$";
const TYPE: &str = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?\
                    (([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$";

/// A value that the API server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) code: Code,
    /// Below the status.
    pub(crate) path: KeyPath,
    /// The API server's words, with the path from the object's root.
    pub(crate) text: String,
}

/// Drops what the API server drops, and says what it refuses.
pub(crate) fn admit(status: &mut Status, workflow: WorkflowType) -> Vec<Violation> {
    let (keys, fields) = match workflow {
        WorkflowType::Resource => (REQUEST_KEYS, REQUEST_CONDITION),
        WorkflowType::Promise => (PROMISE_KEYS, PROMISE_CONDITION),
    };
    if workflow == WorkflowType::Promise {
        status.retain(|key, _| keys.iter().any(|(known, _)| known == key));
    }
    drop_nulls(status, keys);
    if let Some(Value::Array(conditions)) = status.get_mut("conditions") {
        for condition in conditions.iter_mut().filter_map(Value::as_object_mut) {
            condition.retain(|key, _| fields.iter().any(|(known, _)| known == key));
            drop_nulls(condition, fields);
        }
    }
    let root = KeyPath::root();
    let mut violations: Vec<Violation> = keys
        .iter()
        .filter_map(|(key, kind)| check(&root.name(*key), status.get(*key)?, *kind, KT104))
        .collect();
    if let Some(Value::Array(conditions)) = status.get("conditions") {
        for (index, condition) in conditions.iter().enumerate() {
            let path = root.name("conditions").index(index);
            violations.extend(check_condition(&path, condition, fields, workflow));
        }
    }
    violations
}

fn drop_nulls(map: &mut Map<String, Value>, fields: &[(&str, Kind)]) {
    map.retain(|key, value| !value.is_null() || !fields.iter().any(|(known, _)| known == key));
}

fn check_condition(
    path: &KeyPath,
    condition: &Value,
    fields: &[(&str, Kind)],
    workflow: WorkflowType,
) -> Vec<Violation> {
    let Some(condition) = condition.as_object() else {
        return check(path, condition, Kind::Object, KT105).into_iter().collect();
    };
    let mut violations: Vec<Violation> = fields
        .iter()
        .filter_map(|(key, kind)| check(&path.name(*key), condition.get(*key)?, *kind, KT105))
        .collect();
    if workflow == WorkflowType::Promise {
        violations.extend(incomplete(path, condition));
        violations.extend(ill_formed(path, condition));
    }
    violations
}

/// What a Promise's condition lacks.
fn incomplete(path: &KeyPath, condition: &Map<String, Value>) -> Vec<Violation> {
    let missing = REQUIRED.iter().filter(|key| !condition.contains_key(**key));
    missing
        .map(|key| {
            let path = path.name(*key);
            Violation { code: KT147, text: format!("status.{path}: Required value"), path }
        })
        .collect()
}

/// Texts that a Promise's condition may not have.
fn ill_formed(path: &KeyPath, condition: &Map<String, Value>) -> Vec<Violation> {
    static REASON_FORM: LazyLock<Regex> = LazyLock::new(|| Regex::new(REASON).expect("a constant pattern"));
    static TYPE_FORM: LazyLock<Regex> = LazyLock::new(|| Regex::new(TYPE).expect("a constant pattern"));
    let mut violations = Vec::new();
    let mut refuse = |key: &str, value: &str, problem: &str| {
        let path = path.name(key);
        let text =
            format!("status.{path}: Invalid value: {}: status.{path} in body {problem}", quoted(value));
        violations.push(Violation { code: KT147, path, text });
    };
    let text = |key: &str| condition.get(key).and_then(Value::as_str);
    if let Some(reason) = text("reason") {
        if reason.is_empty() {
            refuse("reason", reason, "should be at least 1 chars long");
        }
        if !REASON_FORM.is_match(reason) {
            refuse("reason", reason, &format!("should match '{REASON}'"));
        }
    }
    if let Some(kind) = text("type").filter(|kind| !TYPE_FORM.is_match(kind)) {
        refuse("type", kind, &format!("should match '{TYPE}'"));
    }
    if let Some(status) = text("status").filter(|status| !matches!(*status, "True" | "False" | "Unknown")) {
        let path = path.name("status");
        let text = format!(
            "status.{path}: Unsupported value: {}: supported values: \"True\", \"False\", \"Unknown\"",
            quoted(status)
        );
        violations.push(Violation { code: KT147, path, text });
    }
    violations
}

/// Whether a value is of its kind.
fn check(path: &KeyPath, value: &Value, kind: Kind, code: Code) -> Option<Violation> {
    let (fits, wanted) = match kind {
        Kind::String => (value.is_string(), "string"),
        Kind::Integer => (value.is_i64() || value.is_u64(), "integer"),
        Kind::List => (value.is_array(), "array"),
        Kind::Object => (value.is_object(), "object"),
        Kind::Time(format) => match value.as_str() {
            Some(time) if !is_time(time) => return Some(refused(path, time, format, code)),
            _ => (value.is_string(), "string"),
        },
    };
    (!fits).then(|| refused(path, type_name(value), wanted, code))
}

fn refused(path: &KeyPath, found: &str, wanted: &str, code: Code) -> Violation {
    let found = quoted(found);
    let text = format!(
        "status.{path}: Invalid value: {found}: status.{path} in body must be of type {wanted}: {found}"
    );
    Violation { code, path: path.clone(), text }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A date, `T`, a time, and a zone, as the API server's library takes them.
fn is_time(text: &str) -> bool {
    static FORM: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^(\d{4})-(\d{2})-(\d{2})t([01]\d|2[0-3]):[0-5]\d:[0-5]\d(.[0-9]+)?(z|[+-]\d{2}:\d{2})(t|$)",
        )
        .expect("a constant pattern")
    });
    let lower = text.to_ascii_lowercase();
    let Some(parts) = FORM.captures(&lower) else { return false };
    let number = |index: usize| parts.get(index).and_then(|part| part.as_str().parse::<u8>().ok());
    let year = parts.get(1).and_then(|part| part.as_str().parse().ok());
    let (Some(year), Some(month), Some(day)) = (year, number(2), number(3)) else { return false };
    let month = time::Month::try_from(month);
    month.is_ok_and(|month| time::Date::from_calendar_date(year, month, day).is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judge(status: Value, workflow: WorkflowType) -> (Value, Vec<(Code, String)>) {
        let Value::Object(mut status) = status else { panic!("not a map") };
        let found = admit(&mut status, workflow).into_iter().map(|v| (v.code, v.text)).collect();
        (status.into(), found)
    }

    fn request(status: Value) -> Vec<(Code, String)> {
        judge(status, WorkflowType::Resource).1
    }

    #[test]
    fn typed_keys_are_checked() {
        let table = [
            (json!({"message": 3}), "message", "integer", "string"),
            (json!({"message": true}), "message", "boolean", "string"),
            (json!({"message": {}}), "message", "object", "string"),
            (json!({"message": 1.5}), "message", "number", "string"),
            (json!({"workflows": "1"}), "workflows", "string", "integer"),
            (json!({"observedGeneration": 1.5}), "observedGeneration", "number", "integer"),
            (json!({"conditions": "x"}), "conditions", "string", "array"),
        ];
        for (status, key, found, wanted) in table {
            let text = format!(
                "status.{key}: Invalid value: \"{found}\": status.{key} in body must be of type {wanted}: \"{found}\""
            );
            assert_eq!(request(status), [(KT104, text)]);
        }
        assert_eq!(request(json!({"message": "3", "workflows": 1, "other": {"message": 3}})), []);
    }

    #[test]
    fn conditions_are_checked() {
        let text = "status.conditions[0].status: Invalid value: \"boolean\": status.conditions[0].status in body \
                    must be of type string: \"boolean\"";
        assert_eq!(request(json!({"conditions": [{"type": "A", "status": true}]})), [(KT105, text.into())]);
        let text = "status.conditions[1].lastTransitionTime: Invalid value: \"now\": \
                    status.conditions[1].lastTransitionTime in body must be of type datetime: \"now\"";
        let conditions =
            json!({"conditions": [{"type": "A", "status": "True"}, {"lastTransitionTime": "now"}]});
        assert_eq!(request(conditions), [(KT105, text.into())]);
        let text = "status.conditions[0]: Invalid value: \"null\": status.conditions[0] in body must be of type \
                    object: \"null\"";
        assert_eq!(request(json!({"conditions": [null]})), [(KT105, text.into())]);
    }

    #[test]
    fn nulls_are_dropped_where_there_is_a_type() {
        let status = json!({"message": null, "mine": null, "conditions": [{"type": "A", "reason": null}]});
        let (status, found) = judge(status, WorkflowType::Resource);
        assert_eq!((status, found), (json!({"mine": null, "conditions": [{"type": "A"}]}), vec![]));
    }

    #[test]
    fn unknown_fields_of_conditions_are_dropped() {
        let condition = json!({"type": "A", "severity": "Info", "observedGeneration": 1});
        let (status, _) = judge(json!({"conditions": [condition], "x": 1}), WorkflowType::Resource);
        assert_eq!(status, json!({"conditions": [{"type": "A"}], "x": 1}));
    }

    #[test]
    fn a_promises_status_has_only_its_own_keys() {
        let (status, found) =
            judge(json!({"message": "m", "mine": 1, "version": "v1"}), WorkflowType::Promise);
        assert_eq!((status, found), (json!({"message": "m", "version": "v1"}), vec![]));
        assert_eq!(judge(json!({"version": 1}), WorkflowType::Promise).1[0].0, KT104);
    }

    #[test]
    fn a_promises_condition_must_be_complete() {
        let whole = json!({
            "type": "A", "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"
        });
        let found =
            judge(json!({"conditions": [whole, {"type": "B", "status": "True"}]}), WorkflowType::Promise).1;
        let missing = |key: &str| (KT147, format!("status.conditions[1].{key}: Required value"));
        assert_eq!(found, ["lastTransitionTime", "message", "reason"].map(missing));
        let mut odd = whole;
        odd["status"] = "true".into();
        odd["reason"] = "".into();
        let found = judge(json!({"conditions": [odd]}), WorkflowType::Promise).1;
        let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "status.conditions[0].reason: Invalid value: \"\": status.conditions[0].reason in body should be at \
                 least 1 chars long",
                "status.conditions[0].reason: Invalid value: \"\": status.conditions[0].reason in body should match \
                 '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$'",
                "status.conditions[0].status: Unsupported value: \"true\": supported values: \"True\", \"False\", \
                 \"Unknown\"",
            ]
        );
    }

    #[test]
    fn times_are_dates_with_a_time_and_a_zone() {
        for good in ["2026-01-01T00:00:00Z", "2026-01-01t23:59:59.123+02:00", "2024-02-29T00:00:00z"] {
            assert!(is_time(good), "{good}");
        }
        for bad in
            ["", "now", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00"]
        {
            assert!(!is_time(bad), "{bad}");
        }
    }
}
