//! Which lists of Kubernetes are maps in truth: their items are told apart by keys, and their order means nothing.
//!
//! The keys are those of `x-kubernetes-list-map-keys` and of `patchMergeKey` in the Kubernetes API. A field of another
//! API that bears the same name is only taken for one of these if its items look like it.

use std::collections::HashSet;

use crate::yaml::{Node, Value};

use super::mark::is_marked;
use super::scope::Scope;

/// A list that is a map.
struct ListMap {
    field: &'static str,
    /// The kind that alone has this field so; any, if empty.
    kind: &'static str,
    keys: &'static [Key],
}

/// A key of an item.
struct Key {
    name: &'static str,
    shape: Shape,
}

enum Shape {
    Text,
    Integer,
    /// A text that stands for this one if it is absent.
    Default(&'static str),
}

const fn text(name: &'static str) -> Key {
    Key { name, shape: Shape::Text }
}

const fn integer(name: &'static str) -> Key {
    Key { name, shape: Shape::Integer }
}

const NAME: &[Key] = &[text("name")];
const IP: &[Key] = &[text("ip")];
const PROTOCOL: Key = Key { name: "protocol", shape: Shape::Default("TCP") };

const fn any(field: &'static str, keys: &'static [Key]) -> ListMap {
    ListMap { field, kind: "", keys }
}

const fn only(kind: &'static str, field: &'static str, keys: &'static [Key]) -> ListMap {
    ListMap { field, kind, keys }
}

/// `initContainers` is not among them: its order is the order in which they run.
static LIST_MAPS: &[ListMap] = &[
    any("containers", NAME),
    any("ephemeralContainers", NAME),
    any("env", NAME),
    any("volumes", NAME),
    any("imagePullSecrets", NAME),
    any("schedulingGates", NAME),
    any("resourceClaims", NAME),
    any("claims", NAME),
    any("matchConditions", NAME),
    any("ports", &[integer("containerPort"), PROTOCOL]),
    any("ports", &[integer("port"), PROTOCOL]),
    any("volumeMounts", &[text("mountPath")]),
    any("volumeDevices", &[text("devicePath")]),
    any("conditions", &[text("type")]),
    any("hostAliases", IP),
    any("podIPs", IP),
    any("hostIPs", IP),
    any("ownerReferences", &[text("uid")]),
    any("topologySpreadConstraints", &[text("topologyKey"), text("whenUnsatisfiable")]),
    any("x-kubernetes-validations", &[text("rule")]),
    only("ServiceAccount", "secrets", NAME),
    only("ValidatingWebhookConfiguration", "webhooks", NAME),
];

/// What tells the items of two lists apart, if the lists are a map: a text for each item, unique on its side.
pub(super) fn keys(
    scope: Scope<'_>,
    expected: &[Node],
    actual: &[Node],
) -> Option<(Vec<String>, Vec<String>)> {
    if is_sequence(scope, expected) || is_sequence(scope, actual) {
        return None;
    }
    let candidates = LIST_MAPS.iter().filter(|map| map.field == scope.field);
    candidates
        .filter(|map| map.kind.is_empty() || map.kind == scope.kind)
        .find_map(|map| Some((keys_of(map, expected)?, keys_of(map, actual)?)))
}

/// Whether the order of such a list has a meaning nevertheless.
fn is_sequence(scope: Scope<'_>, items: &[Node]) -> bool {
    match scope.field {
        "containers" => scope.is_pipeline,
        // `$(NAME)` only sees the variables before it.
        "env" => items.iter().any(|item| item.text("value").is_some_and(|value| value.contains("$("))),
        _ => false,
    }
}

fn keys_of(map: &ListMap, items: &[Node]) -> Option<Vec<String>> {
    unique(items.iter().map(|item| key_of(map.keys, item)).collect::<Option<_>>()?)
}

fn key_of(keys: &[Key], item: &Node) -> Option<String> {
    let parts: Option<Vec<String>> = keys.iter().map(|key| part(key, item)).collect();
    Some(parts?.join("\0"))
}

fn part(key: &Key, item: &Node) -> Option<String> {
    let value = item.as_map()?.get(key.name).map(|entry| &entry.node);
    if value.is_some_and(is_marked) {
        return None;
    }
    match (&key.shape, value.map(|node| &node.value)) {
        (Shape::Default(default), None) => Some((*default).to_owned()),
        (Shape::Text | Shape::Default(_), Some(Value::String(text))) => Some(text.clone()),
        (Shape::Integer, Some(Value::Number(number))) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// The texts, if each occurs once.
pub(super) fn unique(texts: Vec<String>) -> Option<Vec<String>> {
    let mut seen = HashSet::with_capacity(texts.len());
    let is_unique = texts.iter().all(|text| seen.insert(text.as_str()));
    is_unique.then_some(texts)
}
