//! What the status-writer and the controllers do with `status.yaml` without a word.

use serde_json::Value;

use super::super::WorkflowType;
use super::super::catalogue::{KT107, KT142, KT143, KT225, KT228};
use super::super::finding::Finding;
use super::super::metadata::{Content, MetadataFile};
use super::Status;
use super::incoming::Incoming;
use super::merge::condition_type;
use crate::yaml::KeyPath;

/// Keys of a request's status that Kratix's controllers write themselves.
const RESERVED: [&str; 8] = [
    "healthStatus",
    "lastSuccessfulConfigureWorkflowTime",
    "observedGeneration",
    "promiseVersion",
    "resourceBindingVersion",
    "workflows",
    "workflowsFailed",
    "workflowsSucceeded",
];
/// Those of them that must be text, or the controller panics.
const TEXTS: [&str; 3] = ["lastSuccessfulConfigureWorkflowTime", "promiseVersion", "resourceBindingVersion"];
const RESERVED_CONDITIONS: [&str; 5] = [
    "ConfigureWorkflowCompleted",
    "DeleteWorkflowCompleted",
    "PromiseAvailable",
    "Reconciled",
    "WorksSucceeded",
];

/// Everything that does not depend on what comes after the merge.
pub(crate) fn remarks(
    workflow: WorkflowType,
    incoming: &Incoming,
    existing: &Status,
    file: &MetadataFile,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let (Some(document), Content::Text(text)) = (incoming.document(), &file.content) {
        findings.extend(file.surprises(document, text));
    }
    match workflow {
        WorkflowType::Promise => findings.extend(unsupported(incoming, file)),
        WorkflowType::Resource => findings.extend(reserved(incoming, file)),
    }
    findings.extend(dropped(incoming, existing, file));
    findings
}

/// A message that nobody gets to see, since another pipeline follows.
pub(crate) fn lost_message(incoming: &Incoming, file: &MetadataFile) -> Option<Finding> {
    let message = incoming.status.get("message").and_then(Value::as_str)?;
    let text = format!(
        "Kratix sets the message to \"Pending\" when the next pipeline starts: \"{message}\" is lost"
    );
    let hint = "write the message in the last pipeline, or under a key of your own";
    Some(Finding::new(KT107, text).at(&file.path, incoming.locate(&["message"])).hint(hint))
}

/// Keys that a promise workflow cannot set.
fn unsupported(incoming: &Incoming, file: &MetadataFile) -> Option<Finding> {
    let keys: Vec<&str> =
        incoming.status.keys().map(String::as_str).filter(|key| *key != "message").collect();
    let first = keys.first()?;
    let text = format!(
        "Warning: promise workflow status has unsupported keys: {} in status.yaml; only 'message' can be updated \
         in Promise status.",
        keys.join(", ")
    );
    let hint = "write only `message`";
    Some(Finding::new(KT143, text).at(&file.path, incoming.locate(&[first])).hint(hint))
}

/// Keys and conditions of a request that belong to Kratix.
fn reserved(incoming: &Incoming, file: &MetadataFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for key in RESERVED {
        let Some(value) = incoming.status.get(key) else { continue };
        let at = incoming.locate(&[key]);
        let panics = TEXTS.contains(&key) && !value.is_string() && !value.is_null();
        let finding = if panics {
            let text = format!("interface conversion: interface {{}} is {}, not string", go_type(value));
            Finding::new(KT142, text)
        } else {
            Finding::new(KT225, format!("Kratix overwrites `{key}` in the status"))
        };
        findings.push(finding.at(&file.path, at).hint("use a key of your own"));
    }
    let conditions = incoming.status.get("conditions").and_then(Value::as_array);
    for (index, condition) in conditions.into_iter().flatten().enumerate() {
        let Some(kind) = condition_type(condition).filter(|kind| RESERVED_CONDITIONS.contains(kind)) else {
            continue;
        };
        let text = format!("Kratix overwrites the condition `{kind}`, and goes by it");
        let at = incoming.locate_path(&KeyPath::root().name("conditions").index(index));
        let hint = "use a type of your own";
        findings.push(Finding::new(KT225, text).at(&file.path, at).hint(hint));
    }
    findings
}

/// Conditions that the merge drops, or would drop on the next run.
fn dropped(incoming: &Incoming, existing: &Status, file: &MetadataFile) -> Vec<Finding> {
    let merges = existing.get("conditions").is_some_and(Value::is_array);
    let conditions = incoming.status.get("conditions").and_then(Value::as_array).filter(|_| merges);
    let odd = conditions.into_iter().flatten().enumerate().filter(|(_, one)| condition_type(one).is_none());
    odd.map(|(index, _)| {
        let text = format!("Kratix drops conditions[{index}] of status.yaml: it has no `type` that is text");
        let at = incoming.locate_path(&KeyPath::root().name("conditions").index(index));
        Finding::new(KT228, text).at(&file.path, at).hint("give the condition a `type`")
    })
    .collect()
}

/// What Go calls the type of a value that it has read from JSON.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
