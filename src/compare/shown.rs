//! Documents as text: in Kubernetes' own form, Secrets masked, and two of them so that only what differs differs.

use std::cell::Cell;

use serde_json::{Map, Value as Json};

use crate::yaml::{Entry, Node, Value, emit};

use super::mark::{self, Mark};
use super::pairing::{Items, Pair, Pairing};
use super::scope::Scope;
use super::value::{FUEL, same_value};
use super::{matching, secret};

/// A document.
pub(super) fn one(document: &Node) -> String {
    emit(&secret::one(document, Scope::root()).to_json())
}

/// Two documents. What is equal is written as the expected one has it, in its order.
pub(super) fn both<'a>(expected: &'a Node, actual: &'a Node, scope: Scope<'a>) -> (String, String) {
    let (expected, actual) = nodes(expected, actual, scope, &Cell::new(FUEL));
    (emit(&expected), emit(&actual))
}

fn nodes<'a>(expected: &'a Node, actual: &'a Node, scope: Scope<'a>, fuel: &Cell<usize>) -> (Json, Json) {
    if let Some(mark) = Mark::of(expected).filter(|_| scope.marked) {
        return marked(&mark, (expected, actual), scope, fuel);
    }
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

/// A value that a mark stands for is written as it was left; a mark that it does not fit as itself.
fn marked<'a>(
    mark: &Mark<'a>,
    (expected, actual): (&'a Node, &'a Node),
    scope: Scope<'a>,
    fuel: &Cell<usize>,
) -> (Json, Json) {
    if same_value(expected, actual, scope) {
        let shown = secret::one(actual, scope).to_json();
        return (shown.clone(), shown);
    }
    match (mark, &expected.value, &actual.value) {
        (Mark::Subset, Value::Map(left), Value::Map(right)) => {
            let inside = scope.enter_both(expected, actual);
            let (mut one, mut other) = maps(expected, actual, inside, fuel);
            for (name, entry) in right.iter().filter(|(name, _)| !left.contains_key(*name)) {
                let shown = secret::one(&entry.node, inside.child(name)).to_json();
                one[name] = shown.clone();
                other[name] = shown;
            }
            (one, other)
        }
        (Mark::Contains | Mark::Unordered, Value::List(left), Value::List(right)) => {
            let mut pairs = matching::pair(left, right, scope.item(), fuel);
            let is_open = matches!(mark, Mark::Contains);
            let others = pairs.extract_if(.., |pair| is_open && matches!(pair, Pair::Unexpected(_)));
            let others: Vec<Json> = others
                .filter_map(|pair| match pair {
                    Pair::Unexpected(index) => Some(secret::one(&right[index], scope.item()).to_json()),
                    _ => None,
                })
                .collect();
            let pairing = Pairing { pairs, is_map: true, ..Pairing::default() };
            let items = Items { expected: left, actual: right, scope, fuel };
            let (mut one, mut other) = paired(items, pairing);
            for list in [&mut one, &mut other] {
                list.extend(others.iter().cloned());
            }
            (one.into(), other.into())
        }
        _ => (as_text(expected).into(), secret::one(actual, scope).to_json()),
    }
}

/// A mark as a text: `!regex ^[a-f0-9]{8}$`.
fn as_text(expected: &Node) -> String {
    let shown = mark::shown(expected);
    let value = shown.as_ref().and_then(Node::as_str).unwrap_or_default();
    format!("{} {value}", expected.tag.as_deref().unwrap_or_default()).trim_end().to_owned()
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
            None if scope.is_absent(&entry.node) => {}
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
    let (one, other) = paired(items, items.pair());
    (one.into(), other.into())
}

fn paired(items: Items<'_, '_>, pairing: Pairing) -> (Vec<Json>, Vec<Json>) {
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

fn in_order(mut items: Vec<(usize, Json)>) -> Vec<Json> {
    items.sort_by_key(|(index, _)| *index);
    items.into_iter().map(|(_, item)| item).collect()
}
