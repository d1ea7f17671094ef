//! Documents whose name is a mark, as of objects whose names are generated.

use std::collections::HashSet;

use crate::yaml::Node;

use super::documents::{Left, equal};
use super::name::ObjectName;
use super::scope::Scope;
use super::value::same_value;

/// Pairs the documents whose name is a mark: with one that fits as a whole, else with one that may be called so. One that
/// another document names is not meant.
pub(super) fn pair(
    expected: &[Option<Left>],
    actual: &[Option<Left>],
    scope: Scope<'static>,
) -> Vec<(usize, usize)> {
    let is_marked = |left: &Option<Left>| left.as_ref().is_some_and(|left| ObjectName::is_marked(&left.root));
    let marked: Vec<usize> = (0..expected.len()).filter(|index| is_marked(&expected[*index])).collect();
    if !scope.marked || marked.is_empty() {
        return Vec::new();
    }
    let named: HashSet<&ObjectName> = expected
        .iter()
        .filter(|left| !is_marked(left))
        .flatten()
        .filter_map(|left| left.name.as_ref())
        .collect();
    let is_free = |left: &Option<Left>| {
        left.as_ref().and_then(|left| left.name.as_ref()).is_some_and(|name| !named.contains(name))
    };
    let free: Vec<usize> = (0..actual.len()).filter(|index| is_free(&actual[*index])).collect();
    let mut pairs = equal(expected, actual, (&marked, &free), scope);
    for one in marked {
        let is_taken = |other: &usize| pairs.iter().any(|pair| pair.1 == *other);
        let fits = |other: &&usize| {
            expected[one]
                .as_ref()
                .zip(actual[**other].as_ref())
                .is_some_and(|(one, other)| may_be(one, other, scope))
        };
        if pairs.iter().all(|pair| pair.0 != one)
            && let Some(other) = free.iter().filter(|other| !is_taken(other)).find(fits)
        {
            pairs.push((one, *other));
        }
    }
    pairs
}

/// Whether a document fits what is expected of its name.
fn may_be(expected: &Left, actual: &Left, scope: Scope<'static>) -> bool {
    let (one, other) = (&expected.root, &actual.root);
    let same = |one: Option<&Node>, other: Option<&Node>| match (one, other) {
        (Some(one), Some(other)) => same_value(one, other, scope),
        (one, other) => one.is_none() && other.is_none(),
    };
    let metadata = |node: &'_ Node, key| node.get("metadata").and_then(|metadata| metadata.get(key)).cloned();
    let is_same_in = |key| same(metadata(one, key).as_ref(), metadata(other, key).as_ref());
    same(one.get("kind"), other.get("kind"))
        && same(one.get("apiVersion"), other.get("apiVersion"))
        && (one.get("metadata").is_some_and(|metadata| metadata.as_map().is_none())
            || (is_same_in("name") && is_same_in("namespace")))
}
