//! The API server's part: what it drops from a status, and what it refuses, by the schema that Kratix gives to status.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use super::super::WorkflowType;
use super::super::catalogue::{Code, KT104, KT105, KT147};
use super::super::schema::{self, apply};
use super::Status;
use crate::yaml::{Key, KeyPath};

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
    static REQUEST: LazyLock<Json> = LazyLock::new(|| object(&request_schema()));
    static PROMISE: LazyLock<Json> = LazyLock::new(|| object(&promise_schema()));
    let schema = match workflow {
        WorkflowType::Resource => &*REQUEST,
        WorkflowType::Promise => &*PROMISE,
    };
    let mut applied = apply(schema, json!({"status": std::mem::take(status)}));
    if let Json::Object(admitted) = applied.value["status"].take() {
        *status = admitted;
    }
    applied.violations.into_iter().map(|violation| of_status(violation, workflow)).collect()
}

fn of_status(violation: schema::Violation, workflow: WorkflowType) -> Violation {
    let path = KeyPath::of(violation.path.keys().get(1..).unwrap_or_default());
    let of_a_condition = path.keys().len() > 1 && path.keys()[0] == Key::Name("conditions".to_owned());
    let code = match of_a_condition {
        false => KT104,
        true if workflow == WorkflowType::Promise && !violation.text.contains("must be of type") => KT147,
        true => KT105,
    };
    Violation { code, path, text: violation.text }
}

/// The schema of an object of which only the status is looked at.
fn object(status: &Json) -> Json {
    json!({"type": "object", "properties": {"status": status}})
}

/// The schema that Kratix gives the status of every API, in place of the author's.
pub(in crate::kratix) fn request_schema() -> Json {
    let time = || json!({"type": "string", "format": "datetime"});
    let condition = json!({"type": "object", "properties": {
        "lastTransitionTime": time(), "message": string(), "reason": string(), "status": string(), "type": string(),
    }});
    let pipeline = json!({"type": "object", "properties": {
        "name": string(), "phase": string(), "message": string(), "nextRetryAt": string(), "attempts": integer(),
        "lastTransitionTime": time(),
    }});
    let workflows = json!({"type": "object", "properties": {
        "lastSuccessfulConfigureWorkflowTime": string(), "suspendedGeneration": integer(),
        "pipelines": {"type": "array", "items": pipeline},
    }});
    json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {
        "message": string(),
        "observedGeneration": integer(),
        "workflows": integer(),
        "workflowsSucceeded": integer(),
        "workflowsFailed": integer(),
        "conditions": {"type": "array", "items": condition},
        "kratix": {"type": "object", "properties": {"workflows": workflows}},
    }})
}

/// The schema of a Promise's own status. Its conditions are those that Kubernetes has everywhere.
fn promise_schema() -> Json {
    let time = || json!({"type": "string", "format": "date-time"});
    let condition = json!({
        "type": "object",
        "required": ["lastTransitionTime", "message", "reason", "status", "type"],
        "properties": {
            "lastTransitionTime": time(),
            "message": {"type": "string", "maxLength": 32768},
            "observedGeneration": {"type": "integer", "minimum": 0},
            "reason": {
                "type": "string", "minLength": 1, "maxLength": 1024,
                "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
            },
            "status": {"type": "string", "enum": ["True", "False", "Unknown"]},
            "type": {
                "type": "string", "maxLength": 316,
                "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?\
                            (([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
            },
        },
    });
    let open = |kind: &str| json!({"type": kind, "x-kubernetes-preserve-unknown-fields": true});
    let list = || json!({"type": "array", "items": open("object")});
    json!({"type": "object", "properties": {
        "apiVersion": string(),
        "conditions": {"type": "array", "items": condition},
        "kind": string(),
        "kratix": open("object"),
        "lastAvailableTime": time(),
        "message": string(),
        "observedGeneration": integer(),
        "requiredBy": list(),
        "requiredPromises": list(),
        "status": string(),
        "version": string(),
        "workflows": integer(),
        "workflowsFailed": integer(),
        "workflowsSucceeded": integer(),
    }})
}

fn string() -> Json {
    json!({"type": "string"})
}

fn integer() -> Json {
    json!({"type": "integer"})
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

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
                "status.conditions[0].status: Unsupported value: \"true\": supported values: \"True\", \"False\", \
                 \"Unknown\"",
            ]
        );
    }
}
