//! Taking values out of a node that the decoder has looked at: what does not fit was said there, and counts as absent.

use std::collections::BTreeMap;

use crate::yaml::{Node, Value};

use super::strict::field;

/// The string at a field.
pub(super) fn text(node: &Node, name: &str) -> Option<String> {
    field(node, name)?.as_str().map(str::to_owned)
}

/// The boolean at a field.
pub(super) fn flag(node: &Node, name: &str) -> Option<bool> {
    field(node, name)?.as_bool()
}

/// The integer at a field.
pub(super) fn integer(node: &Node, name: &str) -> Option<i64> {
    match &field(node, name)?.value {
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
}

/// The items of the list at a field.
pub(super) fn items<'n>(node: &'n Node, name: &str) -> &'n [Node] {
    field(node, name).and_then(Node::as_list).unwrap_or_default()
}

/// The strings of the list at a field.
pub(super) fn texts(node: &Node, name: &str) -> Vec<String> {
    items(node, name).iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The map from strings to strings at a field.
pub(super) fn labels(node: &Node, name: &str) -> BTreeMap<String, String> {
    let Some(map) = field(node, name).and_then(Node::as_map) else { return BTreeMap::new() };
    map.iter().filter_map(|(key, entry)| Some((key.clone(), entry.node.as_str()?.to_owned()))).collect()
}
