//! What was left, with the marks of what was expected wherever they fit.

use std::cell::Cell;

use crate::yaml::{Entry, Node, Value};

use super::super::mark::{self, Mark};
use super::super::pairing::{Items, Pair};
use super::super::scope::Scope;
use super::super::value::{FUEL, same_value};

/// A value to write in place of an expected one.
pub(super) fn graft<'a>(expected: &'a Node, actual: &'a Node, scope: Scope<'a>) -> Node {
    if Mark::of(expected).is_some() && same_value(expected, actual, scope) {
        return expected.clone();
    }
    let value = match (&expected.value, &actual.value) {
        (Value::Map(left), Value::Map(right)) => {
            let scope = scope.enter_both(expected, actual);
            let entry = |(name, entry): (&'a String, &'a Entry)| {
                let node = match left.get(name) {
                    Some(other) => graft(&other.node, &entry.node, scope.child(name)),
                    None => entry.node.clone(),
                };
                (name.clone(), Entry { key_at: entry.key_at, node })
            };
            let absent = left
                .iter()
                .filter(|(name, entry)| scope.is_absent(&entry.node) && !right.contains_key(*name));
            let absent = absent.map(|(name, entry)| (name.clone(), entry.clone()));
            Value::Map(right.iter().map(entry).chain(absent).collect())
        }
        (Value::List(left), Value::List(right)) => Value::List(list(left, right, scope)),
        _ => actual.value.clone(),
    };
    Node { at: actual.at, tag: actual.tag.clone(), value }
}

fn list<'a>(expected: &'a [Node], actual: &'a [Node], scope: Scope<'a>) -> Vec<Node> {
    let mut items = actual.to_vec();
    for pair in (Items { expected, actual, scope, fuel: &Cell::new(FUEL) }).pair().pairs {
        if let Pair::Both(left, right) = pair {
            items[right] = graft(&expected[left], &actual[right], scope.item());
        }
    }
    items
}

/// Whether there is a mark anywhere in a document.
pub(super) fn has_marks(node: &Node) -> bool {
    mark::is_marked(node)
        || match &node.value {
            Value::List(items) => items.iter().any(has_marks),
            Value::Map(map) => map.values().any(|entry| has_marks(&entry.node)),
            _ => false,
        }
}
