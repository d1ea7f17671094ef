//! The schema of a Promise itself, as Kratix installs it.

use std::sync::LazyLock;

use serde_json::{Value as Json, json};

use crate::yaml::{KeyPath, Node};

use super::problem::{Problem, code, nearest};
use super::promise::Promise;
use super::schema::{self, Applied};

static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    let string = || json!({"type": "string"});
    let pipelines = || json!({"type": "array", "items": {"type": "object"}, "x-kubernetes-preserve-unknown-fields": true});
    let triggers =
        || json!({"type": "object", "properties": {"configure": pipelines(), "delete": pipelines()}});
    let config = json!({"type": "object", "properties": {
        "pipelineNamespace": string(), "reconciliationInterval": string(),
    }});
    let open = |embedded: bool| {
        json!({
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": true,
            "x-kubernetes-embedded-resource": embedded,
        })
    };
    let spec = json!({"type": "object", "properties": {
        "api": open(true),
        "dependencies": {"type": "array", "items": open(false)},
        "destinationSelectors": {"type": "array", "items": {"type": "object", "properties": {
            "matchLabels": {"type": "object", "additionalProperties": string()},
        }}},
        "requiredPromises": {"type": "array", "items": {"type": "object", "properties": {
            "name": string(), "version": string(),
        }}},
        "workflows": {"type": "object", "properties": {
            "config": config, "promise": triggers(), "resource": triggers(),
        }},
    }});
    // The status is Kratix's own: what an author writes there is dropped whole, and not worth a word.
    json!({"type": "object", "properties": {"spec": spec, "status": open(false)}})
});

/// A Promise as the API server keeps it.
pub(super) fn apply(root: &Node) -> Applied {
    let mut value = root.to_json();
    // An empty API is none.
    if let Some(api) = value.pointer_mut("/spec/api").filter(|api| **api == json!({})) {
        *api = Json::Null;
    }
    schema::apply(&SCHEMA, value)
}

/// What the API server refuses a Promise for.
pub(super) fn problems(root: &Node, applied: &Applied) -> Vec<Problem> {
    let name = root.get("metadata").and_then(|metadata| metadata.text("name")).unwrap_or_default();
    let one = |violation: &schema::Violation| {
        let text = schema::refusal(Promise::KIND, Promise::GROUP, name, std::slice::from_ref(violation));
        let path = violation.path.clone();
        Problem::new(code::INVALID_PROMISE, text, path.clone(), root.locate(&path))
    };
    applied.violations.iter().map(one).collect()
}

/// What a field that a Promise has not was meant to be.
pub(super) fn meant(path: &KeyPath) -> Option<String> {
    let (last, above) = path.keys().split_last()?;
    let crate::yaml::Key::Name(name) = last else { return None };
    let schema = above.iter().try_fold(&*SCHEMA, |schema, key| match key {
        crate::yaml::Key::Name(name) => schema.get("properties")?.get(name),
        crate::yaml::Key::Index(_) => schema.get("items"),
    })?;
    let known = schema.get("properties")?.as_object()?.keys();
    nearest(name, known.map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_field_has_a_name_that_was_meant() {
        let meant = |names: &[&str]| meant(&names.iter().copied().collect());
        assert_eq!(meant(&["spec", "workflow"]).as_deref(), Some("workflows"));
        assert_eq!(meant(&["spec", "workflows", "resource", "configur"]).as_deref(), Some("configure"));
        assert_eq!(meant(&["spec", "colour"]), None);
    }
}
