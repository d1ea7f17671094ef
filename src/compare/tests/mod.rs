//! Whole comparisons, by example and by property.

mod corpus;
mod fixtures;
mod folders;
mod properties;
mod speed;
mod values;

use proptest::strategy::Strategy;
use serde_json::Value as Json;

pub(in crate::compare) use corpus::pairs;

use super::scope::Scope;
use super::{Change, ChangeKind, shown, value};
use crate::yaml::{Key, Node, parse};

/// An object of one of the kinds that are treated in their own way.
pub(in crate::compare) fn any_object() -> impl Strategy<Value = Json> {
    properties::object()
}

/// The places of all scalars and empty collections.
pub(in crate::compare) fn leaf_places(json: &Json) -> Vec<Vec<Key>> {
    let mut places = Vec::new();
    properties::leaves(json, &mut Vec::new(), &mut places);
    places
}

/// What differs between two documents without marks.
fn changes(expected: &Node, actual: &Node) -> Vec<Change> {
    value::changes(expected, actual, Scope::root())
}

/// Both of them as they are shown.
fn both(expected: &Node, actual: &Node) -> (String, String) {
    shown::both(expected, actual, Scope::root())
}

/// The only document of a text.
fn document(text: &str) -> Node {
    let mut documents = parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {}", error.platform));
    assert_eq!(documents.len(), 1, "{text}");
    documents.remove(0).root
}

/// A change in one line.
fn line(change: &Change) -> String {
    let json =
        |node: &Option<Node>| node.as_ref().map_or_else(String::new, |node| node.to_json().to_string());
    let (expected, actual) = (json(&change.expected), json(&change.actual));
    let within = change.within.as_ref().map_or_else(String::new, |within| format!(" > {within}"));
    let path = format!("{}{within}", change.path);
    if let Some(why) = &change.why {
        return format!("{path}: {actual} {why}");
    }
    match change.kind {
        ChangeKind::Changed => format!("{path}: {expected} -> {actual}"),
        ChangeKind::Missing => format!("{path}: missing {expected}"),
        ChangeKind::Unexpected => format!("{path}: unexpected {actual}"),
        ChangeKind::Reordered => format!("{path}: reordered {expected} -> {actual}"),
        ChangeKind::TypeChanged { expected: one, actual: other } => {
            format!("{path}: {one} {expected} -> {other} {actual}")
        }
    }
}
