//! Documents as text: in Kubernetes' own form, Secrets masked, and two of them so that only what differs differs.

use std::cell::Cell;

use serde_json::{Map, Value as Json};

use crate::yaml::{Entry, Node, Value, emit};

use super::pairing::{Items, Pair};
use super::scope::Scope;
use super::secret;
use super::value::{FUEL, same_value};

/// A document.
pub(super) fn one(document: &Node) -> String {
    emit(&secret::one(document, Scope::root()).to_json())
}

/// Two documents. What is equal is written as the expected one has it, in its order.
pub(super) fn both(expected: &Node, actual: &Node) -> (String, String) {
    let (expected, actual) = nodes(expected, actual, Scope::root(), &Cell::new(FUEL));
    (emit(&expected), emit(&actual))
}

fn nodes<'a>(expected: &'a Node, actual: &'a Node, scope: Scope<'a>, fuel: &Cell<usize>) -> (Json, Json) {
    match (&expected.value, &actual.value) {
        (Value::Map(_), Value::Map(_)) => maps(expected, actual, scope.enter_both(expected, actual), fuel),
        (Value::List(left), Value::List(right)) => {
            lists(Items { expected: left, actual: right, scope, fuel })
        }
        _ if same_value(expected, actual, scope) => {
            let shown = secret::one(expected, scope).to_json();
            (shown.clone(), shown)
        }
        _ => {
            let (expected, actual) = secret::shown(expected, actual, scope);
            (expected.to_json(), actual.to_json())
        }
    }
}

fn maps<'a>(expected: &'a Node, actual: &'a Node, scope: Scope<'a>, fuel: &Cell<usize>) -> (Json, Json) {
    let (mut left, mut right) = (Map::new(), Map::new());
    let Some((expected, actual)) = expected.as_map().zip(actual.as_map()) else {
        return (Json::Null, Json::Null);
    };
    let present = |(name, entry): &(&'a String, &'a Entry)| !scope.is_void(name, &entry.node);
    for (name, entry) in expected.iter().filter(present) {
        match actual.get_key_value(name).filter(present) {
            Some((_, other)) => {
                let (one, other) = nodes(&entry.node, &other.node, scope.child(name), fuel);
                left.insert(name.clone(), one);
                right.insert(name.clone(), other);
            }
            None => {
                left.insert(name.clone(), secret::one(&entry.node, scope.child(name)).to_json());
            }
        }
    }
    for (name, entry) in actual.iter().filter(present) {
        if !right.contains_key(name) {
            right.insert(name.clone(), secret::one(&entry.node, scope.child(name)).to_json());
        }
    }
    (left.into(), right.into())
}

fn lists(items: Items<'_, '_>) -> (Json, Json) {
    let pairing = items.pair();
    let scope = items.scope.item();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (order, pair) in pairing.pairs.into_iter().enumerate() {
        match pair {
            Pair::Both(one, other) => {
                let shown = nodes(&items.expected[one], &items.actual[other], scope, items.fuel);
                left.push((one, shown.0));
                right.push((if pairing.is_map { order } else { other }, shown.1));
            }
            Pair::Missing(one) => left.push((one, secret::one(&items.expected[one], scope).to_json())),
            Pair::Unexpected(other) => {
                let shown = secret::one(&items.actual[other], scope).to_json();
                right.push((if pairing.is_map { order } else { other }, shown));
            }
        }
    }
    (in_order(left), in_order(right))
}

fn in_order(mut items: Vec<(usize, Json)>) -> Json {
    items.sort_by_key(|(index, _)| *index);
    items.into_iter().map(|(_, item)| item).collect()
}
