//! Which of some values are equal to, or much like, which of others.

use std::cell::Cell;
use std::collections::HashMap;

use crate::yaml::Node;

use super::scope::Scope;
use super::value::{distance, leaves, same_value};

/// How many values that are written differently are compared each with each.
const TRIED: usize = 100;

/// Pairs of equal values, by index.
pub(super) fn equal<'a>(left: &[&'a Node], right: &[&'a Node], scope: Scope<'a>) -> Vec<(usize, usize)> {
    let same = |one: usize, other: usize| same_value(left[one], right[other], scope);
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, node) in right.iter().enumerate().rev() {
        places.entry(node.to_json().to_string()).or_default().push(index);
    }
    let mut pairs = Vec::new();
    let mut others = Vec::new();
    for (index, node) in left.iter().enumerate() {
        let candidates = places.get_mut(&node.to_json().to_string());
        match candidates.and_then(|places| places.pop_if(|place| same(index, *place))) {
            Some(place) => pairs.push((index, place)),
            None => others.push(index),
        }
    }
    // The same value may be written in several ways.
    let mut places: Vec<usize> = places.into_values().flatten().collect();
    places.sort_unstable();
    if others.len().max(places.len()) <= TRIED {
        for index in others {
            if let Some(found) = places.iter().position(|place| same(index, *place)) {
                pairs.push((index, places.remove(found)));
            }
        }
    }
    pairs
}

/// Pairs of values that have more in common than not, the most alike first. `share` says how much may differ: one leaf in
/// so many, or one alone.
pub(super) fn close<'a>(
    left: &[&'a Node],
    right: &[&'a Node],
    (scope, share): (Scope<'a>, usize),
    fuel: &Cell<usize>,
) -> Vec<(usize, usize)> {
    if left.is_empty()
        || right.is_empty()
        || !is_affordable(left.iter().copied(), right.iter().copied(), fuel)
    {
        return Vec::new();
    }
    let mut candidates = Vec::new();
    for (one, expected) in left.iter().enumerate() {
        for (other, actual) in right.iter().enumerate() {
            let all = leaves(expected).max(leaves(actual));
            let distance = distance(expected, actual, scope, all + 1, fuel);
            if distance <= 1 || distance * share <= all {
                // The choice must be the same from both sides.
                candidates.push((distance, one.abs_diff(other), one + other, (one, other)));
            }
        }
    }
    candidates.sort_unstable();
    let (mut is_paired, mut is_taken) = (vec![false; left.len()], vec![false; right.len()]);
    candidates.retain(|(_, _, _, (one, other))| {
        let is_free = !is_paired[*one] && !is_taken[*other];
        (is_paired[*one], is_taken[*other]) = (is_paired[*one] || is_free, is_taken[*other] || is_free);
        is_free
    });
    candidates.into_iter().map(|(_, _, _, pair)| pair).collect()
}

/// Whether enough is left for comparing each value with each.
pub(super) fn is_affordable<'a>(
    left: impl IntoIterator<Item = &'a Node>,
    right: impl IntoIterator<Item = &'a Node>,
    fuel: &Cell<usize>,
) -> bool {
    let (left, rows) = weigh(left);
    let (right, columns) = weigh(right);
    left.saturating_mul(columns).saturating_add(right.saturating_mul(rows)) <= fuel.get()
}

/// How many leaves some values have, and how many values they are.
fn weigh<'a>(nodes: impl IntoIterator<Item = &'a Node>) -> (usize, usize) {
    nodes.into_iter().fold((0, 0), |(all, count), node| (all + leaves(node), count + 1))
}
