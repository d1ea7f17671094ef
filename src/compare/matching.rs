//! Items whose order does not count: as many as possible are paired with an equal one.

use std::cell::Cell;

use crate::yaml::Node;

use super::alike;
use super::pairing::Pair;
use super::scope::Scope;
use super::value::same_value;

/// The most pairs that are tried each with each.
const TRIED: usize = 40_000;
/// An item is known by the rest of it: at most one leaf in so many may differ.
const SHARE: usize = 2;

/// The items of two lists in any order: equal ones, then those that are much alike, then the others.
pub(super) fn pair<'a>(
    expected: &'a [Node],
    actual: &'a [Node],
    scope: Scope<'a>,
    fuel: &Cell<usize>,
) -> Vec<Pair> {
    let mut partners: Vec<Option<usize>> = vec![None; expected.len()];
    for (one, other) in equal(expected, actual, scope) {
        partners[one] = Some(other);
    }
    let left: Vec<usize> = (0..expected.len()).filter(|index| partners[*index].is_none()).collect();
    let right: Vec<usize> = (0..actual.len()).filter(|index| !partners.contains(&Some(*index))).collect();
    let one: Vec<&Node> = left.iter().map(|index| &expected[*index]).collect();
    let other: Vec<&Node> = right.iter().map(|index| &actual[*index]).collect();
    for (one, other) in alike::close(&one, &other, (scope, SHARE), fuel) {
        partners[left[one]] = Some(right[other]);
    }
    let all = partners.iter().enumerate();
    let both =
        all.map(|(index, partner)| partner.map_or(Pair::Missing(index), |other| Pair::Both(index, other)));
    let others = (0..actual.len()).filter(|index| !partners.contains(&Some(*index))).map(Pair::Unexpected);
    both.chain(others).collect()
}

/// As many pairs of equal items as there can be: a mark must not take the only item that another needs.
pub(super) fn equal<'a>(expected: &'a [Node], actual: &'a [Node], scope: Scope<'a>) -> Vec<(usize, usize)> {
    if expected.len().saturating_mul(actual.len()) > TRIED {
        let (left, right): (Vec<&Node>, Vec<&Node>) = (expected.iter().collect(), actual.iter().collect());
        return alike::equal(&left, &right, scope);
    }
    let fits: Vec<Vec<usize>> = expected
        .iter()
        .map(|one| (0..actual.len()).filter(|other| same_value(one, &actual[*other], scope)).collect())
        .collect();
    let mut owners: Vec<Option<usize>> = vec![None; actual.len()];
    for index in 0..expected.len() {
        claim(index, &fits, &mut owners, &mut vec![false; actual.len()]);
    }
    owners.iter().enumerate().filter_map(|(other, owner)| Some(((*owner)?, other))).collect()
}

/// Finds an item for this one, if need be by finding another for its owner.
fn claim(index: usize, fits: &[Vec<usize>], owners: &mut [Option<usize>], asked: &mut [bool]) -> bool {
    for &other in &fits[index] {
        if std::mem::replace(&mut asked[other], true) {
            continue;
        }
        if owners[other].is_none_or(|owner| claim(owner, fits, owners, asked)) {
            owners[other] = Some(index);
            return true;
        }
    }
    false
}
