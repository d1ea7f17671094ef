//! Whole comparisons, by example and by property.

mod folders;
mod properties;
mod values;

use super::{Change, ChangeKind};
use crate::yaml::{Node, parse};

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
