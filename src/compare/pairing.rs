//! Which items of two lists belong together.

use std::cell::Cell;
use std::collections::HashMap;

use crate::yaml::Node;

use super::alike;
use super::list_map::{self, unique};
use super::mark::plain_text;
use super::name::ObjectName;
use super::scope::Scope;
use super::sequence;
use super::value::{Step, distance};

/// A renamed item is known by the rest of it: at most one leaf in so many may differ.
const RENAMED_SHARE: usize = 2;

/// Two lists at the same place of two documents.
#[derive(Clone, Copy)]
pub(super) struct Items<'a, 'f> {
    pub(super) expected: &'a [Node],
    pub(super) actual: &'a [Node],
    /// The place of the list itself.
    pub(super) scope: Scope<'a>,
    /// What is left for finding out which items are alike.
    pub(super) fuel: &'f Cell<usize>,
}

/// Which items belong together, and whether that changed their order.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    pub(super) pairs: Vec<Pair>,
    pub(super) is_reordered: bool,
    /// Whether the order means nothing.
    pub(super) is_map: bool,
    /// What the items of both lists are called, if each has a name of its own.
    pub(super) names: (Option<Vec<String>>, Option<Vec<String>>),
}

/// An item of either list, or of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pair {
    Both(usize, usize),
    Missing(usize),
    Unexpected(usize),
}

impl Pair {
    pub(super) fn step<'a>(self) -> Step<'a> {
        match self {
            Self::Both(expected, actual) => Step::Index { expected, actual },
            Self::Missing(index) | Self::Unexpected(index) => Step::Index { expected: index, actual: index },
        }
    }
}

impl<'a> Items<'a, '_> {
    /// The pairing that leaves the least to report.
    pub(super) fn pair(self) -> Pairing {
        if let Some((expected, actual)) = list_map::keys(self.scope, self.expected, self.actual) {
            let (pairs, _) = self.by_key(&expected, &actual);
            return Pairing { pairs, is_map: true, ..Pairing::default() };
        }
        if let Some((expected, actual)) = self.names() {
            let (pairs, is_reordered) = self.by_key(&expected, &actual);
            return Pairing { pairs, is_reordered, is_map: false, names: (Some(expected), Some(actual)) };
        }
        sequence::pair(self)
    }

    /// A pairing that is only good for telling whether the lists are equal, but quick.
    pub(super) fn pair_to_tell_equality(self) -> Pairing {
        let common = self.expected.len().min(self.actual.len());
        let longer = (common..self.expected.len()).map(Pair::Missing);
        let longer = longer.chain((common..self.actual.len()).map(Pair::Unexpected));
        if common < self.expected.len().max(self.actual.len()) {
            return Pairing { pairs: longer.collect(), ..Pairing::default() };
        }
        if let Some((expected, actual)) = list_map::keys(self.scope, self.expected, self.actual) {
            let places: HashMap<&String, usize> = actual.iter().zip(0..).collect();
            let pair = |(index, key)| match places.get(key) {
                Some(place) => Pair::Both(index, *place),
                None => Pair::Missing(index),
            };
            return Pairing { pairs: expected.iter().enumerate().map(pair).collect(), ..Pairing::default() };
        }
        Pairing { pairs: (0..common).map(|index| Pair::Both(index, index)).collect(), ..Pairing::default() }
    }

    /// Whether two items are equal.
    pub(super) fn same(&self, expected: usize, actual: usize) -> bool {
        self.distance(expected, actual, 1) == 0
    }

    /// How many leaves of two items differ, up to a limit.
    pub(super) fn distance(&self, expected: usize, actual: usize, limit: usize) -> usize {
        let (expected, actual) = (&self.expected[expected], &self.actual[actual]);
        distance(expected, actual, self.scope.item(), limit, self.fuel)
    }

    /// The names of the items, if all have one and it is unique.
    fn names(&self) -> Option<(Vec<String>, Vec<String>)> {
        let names = |items: &'a [Node], name: fn(&Node) -> Option<String>| {
            unique(items.iter().map(name).collect::<Option<_>>()?)
        };
        let both = |name| Some((names(self.expected, name)?, names(self.actual, name)?));
        both(|item| plain_text(item, "name").map(str::to_owned))
            .or_else(|| both(|item| ObjectName::of(item).map(|name| name.to_string())))
    }

    /// Pairs items of the same key, then those of which only the key seems to have changed. Says whether the former
    /// stand in another order.
    fn by_key(&self, expected: &[String], actual: &[String]) -> (Vec<Pair>, bool) {
        let places: HashMap<&String, usize> = actual.iter().zip(0..).collect();
        let mut partners: Vec<Option<usize>> = expected.iter().map(|key| places.get(key).copied()).collect();
        let is_reordered = !partners.iter().flatten().is_sorted();
        self.pair_renamed(&mut partners);
        let pair = |(index, partner): (usize, &Option<usize>)| {
            partner.map_or(Pair::Missing(index), |partner| Pair::Both(index, partner))
        };
        let mut pairs: Vec<Pair> = partners.iter().enumerate().map(pair).collect();
        pairs.extend(without_partner(&partners, actual.len()).into_iter().map(Pair::Unexpected));
        (pairs, is_reordered)
    }

    /// Pairs what is left where it is alike, the most alike first.
    fn pair_renamed(&self, partners: &mut [Option<usize>]) {
        let left: Vec<usize> = (0..partners.len()).filter(|index| partners[*index].is_none()).collect();
        let right = without_partner(partners, self.actual.len());
        let one: Vec<&Node> = left.iter().map(|index| &self.expected[*index]).collect();
        let other: Vec<&Node> = right.iter().map(|index| &self.actual[*index]).collect();
        for (one, other) in alike::close(&one, &other, (self.scope.item(), RENAMED_SHARE), self.fuel) {
            partners[left[one]] = Some(right[other]);
        }
    }
}

/// The indexes of the actual list that no item of the expected list is paired with.
fn without_partner(partners: &[Option<usize>], count: usize) -> Vec<usize> {
    let mut is_free = vec![true; count];
    for partner in partners.iter().flatten() {
        is_free[*partner] = false;
    }
    (0..count).filter(|index| is_free[*index]).collect()
}
