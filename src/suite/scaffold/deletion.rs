//! A request that is deleted: its pipelines may need the status that those of its making have left.

use serde_json::{Map, Value as Json, json};

use crate::kratix::{Promise, WorkflowAction, resource_object};
use crate::yaml::{self, Node};

/// What of a status is Kratix's own, and given to the pipelines in any case.
const OWN: [&str; 4] = ["kratix", "workflows", "workflowsSucceeded", "workflowsFailed"];

/// The text of a request with what its configure workflow has left in the status; nothing if the author has given it one,
/// or if there is nothing to add.
pub(crate) fn with_status(promise: &Promise, text: &str, left: &Json) -> Option<String> {
    let request = read(text)?;
    let given = resource_object(promise, WorkflowAction::Delete, &request).ok()?;
    if request.get("status").is_some() {
        return None;
    }
    let status = added(left, given.status());
    if status.is_empty() {
        return None;
    }
    let mut value = request.to_json();
    value["status"] = status.into();
    let status = yaml::emit(&json!({"status": value["status"]}));
    let longer = format!("{}\n# What the configure workflow left.\n{status}", text.trim_end());
    let is_right = read(&longer).is_some_and(|longer| longer.to_json() == value);
    Some(if is_right { longer } else { yaml::emit(&value) })
}

fn read(text: &str) -> Option<Node> {
    let mut documents = yaml::parse(text.as_bytes()).ok()?;
    (documents.len() == 1).then(|| documents.remove(0).root)
}

/// What a status has beyond what is given in any case.
fn added(left: &Json, given: &Json) -> Map<String, Json> {
    let mut status = Map::new();
    for (key, value) in left.as_object().into_iter().flatten() {
        let value = match (key.as_str(), value) {
            ("conditions", Json::Array(conditions)) => {
                let is_known = |condition: &&Json| {
                    let known = given["conditions"].as_array().into_iter().flatten();
                    known.into_iter().any(|known| known["type"] == condition["type"])
                };
                conditions.iter().filter(|condition| !is_known(condition)).cloned().collect()
            }
            _ => value.clone(),
        };
        let is_empty = value.as_array().is_some_and(Vec::is_empty) || value.is_null();
        if !OWN.contains(&key.as_str()) && given.get(key) != Some(&value) && !is_empty {
            status.insert(key.clone(), value);
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    const PROMISE: &str = "{apiVersion: platform.kratix.io/v1alpha1, kind: Promise, metadata: {name: p}, spec: {api: {apiVersion: \
                           apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: things.acme.io}, spec: {group: acme.io, \
                           scope: Namespaced, names: {kind: Thing, plural: things, singular: thing}, versions: [{name: v1, served: true, \
                           storage: true, schema: {openAPIV3Schema: {type: object}}}]}}}}";

    fn with(text: &str, left: &Json) -> Option<String> {
        with_status(&Promise::read(&Source::new("promise.yaml", PROMISE)).expect("a Promise"), text, left)
    }

    #[test]
    fn what_the_pipelines_left_is_added_and_what_is_kratix_own_is_not() {
        let request = "# Mine.\napiVersion: acme.io/v1\nkind: Thing\nmetadata: {name: x}\n";
        let left = json!({
            "id": "a", "kratix": {"workflows": {}}, "workflows": 1, "workflowsFailed": 0,
            "conditions": [{"type": "Reconciled", "status": "True"}, {"type": "Mine", "status": "True"}],
        });
        let expected = format!(
            "{request}# What the configure workflow left.\nstatus:\n  conditions:\n  - status: \"True\"\n    type: Mine\n  id: a\n"
        );
        assert_eq!(
            with(request, &left).map(|text| text.replace("  - status: \"True\"\n    type: Reconciled\n", "")),
            Some(expected)
        );
        assert_eq!(with(request, &json!({"kratix": {}, "workflows": 1})), None);
        assert_eq!(with(&format!("{request}status: {{id: b}}\n"), &left), None);
        let flow = "{apiVersion: acme.io/v1, kind: Thing, metadata: {name: x}}";
        let text = with(flow, &json!({"id": "a"})).expect("added");
        assert_eq!(read(&text).expect("YAML").get("status").and_then(|status| status.text("id")), Some("a"));
    }
}
