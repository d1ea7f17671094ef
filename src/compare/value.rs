//! Two values → what differs, each with its path.

use std::cell::Cell;

use crate::yaml::{Entry, KeyPath, Map, Node, Position, Value};

use super::difference::{Change, ChangeKind, Side};
use super::mark::Mark;
use super::pairing::{Items, Pair, Pairing};
use super::scope::{Privacy, Scope};
use super::{embedded, matching, quantity, secret};

/// How many leaves may be visited to find out which items of lists belong together. Beyond, position decides.
pub(super) const FUEL: usize = 2_000_000;

/// Everything that differs between two documents, or in what is embedded in one.
pub(super) fn changes<'a>(expected: &'a Node, actual: &'a Node, scope: Scope<'a>) -> Vec<Change> {
    let fuel = Cell::new(FUEL);
    let output = Output::Changes { root: expected, changes: Vec::new() };
    let mut walk = Walk { steps: Vec::new(), output, fuel: &fuel };
    walk.nodes(expected, actual, scope);
    match walk.output {
        Output::Changes { changes, .. } => changes,
        Output::Weight { .. } => Vec::new(),
    }
}

/// Whether nothing differs between two documents.
#[cfg(test)]
pub(super) fn same(expected: &Node, actual: &Node) -> bool {
    same_value(expected, actual, Scope::marked_root())
}

/// Whether two values mean the same here.
pub(super) fn same_value<'a>(expected: &'a Node, actual: &'a Node, scope: Scope<'a>) -> bool {
    distance(expected, actual, scope, 1, &Cell::new(0)) == 0
}

/// How many leaves differ, counted up to a limit.
pub(super) fn distance<'a>(
    expected: &'a Node,
    actual: &'a Node,
    scope: Scope<'a>,
    limit: usize,
    fuel: &Cell<usize>,
) -> usize {
    let mut walk = Walk { steps: Vec::new(), output: Output::Weight { sum: 0, limit }, fuel };
    walk.nodes(expected, actual, scope);
    match walk.output {
        Output::Weight { sum, .. } => sum,
        Output::Changes { .. } => 0,
    }
}

/// How many scalars a value holds; an empty list or map counts as one.
pub(super) fn leaves(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => items.iter().map(leaves).sum::<usize>().max(1),
        Value::Map(map) => map.values().map(|entry| leaves(&entry.node)).sum::<usize>().max(1),
        _ => 1,
    }
}

/// Whether two scalars mean the same here.
pub(super) fn same_scalar(expected: &Node, actual: &Node, scope: Scope<'_>) -> bool {
    match (&expected.value, &actual.value) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(expected), Value::Bool(actual)) => expected == actual,
        (Value::Number(expected), Value::Number(actual)) if expected == actual => true,
        (Value::NonFinite(expected), Value::NonFinite(actual)) => expected.total_cmp(actual).is_eq(),
        (Value::String(expected), Value::String(actual)) if expected == actual => true,
        (Value::String(expected), Value::String(actual)) if scope.privacy != Privacy::Open => {
            secret::same(expected, actual, scope.privacy)
        }
        _ => scope.is_quantity() && quantity::equal(expected, actual),
    }
}

/// How two scalars, or values of two types, differ.
fn kind(expected: &Node, actual: &Node) -> ChangeKind {
    match (expected.type_name(), actual.type_name()) {
        (left, right) if left == right => ChangeKind::Changed,
        ("integer", "number") | ("number", "integer") => ChangeKind::Changed,
        (expected, actual) => ChangeKind::TypeChanged { expected, actual },
    }
}

/// A step into both documents.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Name(&'a str),
    Index { expected: usize, actual: usize },
}

/// What a walk is for.
enum Output<'a> {
    Changes {
        /// The expected document, to say where a change is written.
        root: &'a Node,
        changes: Vec<Change>,
    },
    /// Only how much differs, until it is as much as the limit.
    Weight { sum: usize, limit: usize },
}

/// A walk through two values at once.
struct Walk<'a, 'f> {
    steps: Vec<Step<'a>>,
    output: Output<'a>,
    fuel: &'f Cell<usize>,
}

impl<'a> Walk<'a, '_> {
    fn nodes(&mut self, expected: &'a Node, actual: &'a Node, scope: Scope<'a>) {
        if matches!(self.output, Output::Weight { .. }) {
            self.fuel.set(self.fuel.get().saturating_sub(1));
        }
        if let Some(mark) = Mark::of(expected).filter(|_| scope.marked) {
            return self.marked(&mark, expected, actual, scope);
        }
        // A tag that is no mark is data.
        if expected.tag != actual.tag {
            return self.found(ChangeKind::Changed, Some(expected), Some(actual), scope);
        }
        match (&expected.value, &actual.value) {
            (Value::Map(left), Value::Map(right)) => {
                self.maps(left, right, scope.enter_both(expected, actual));
            }
            (Value::List(left), Value::List(right)) => self.lists(left, right, scope),
            _ if same_scalar(expected, actual, scope) => {}
            (Value::String(_), Value::String(_)) if scope.is_embedded_file() => {
                self.embedded(expected, actual, scope);
            }
            _ => self.found(kind(expected, actual), Some(expected), Some(actual), scope),
        }
    }

    /// A value that is held against a mark.
    fn marked(&mut self, mark: &Mark<'a>, expected: &'a Node, actual: &'a Node, scope: Scope<'a>) {
        if let Some(why) = mark.mismatch(actual, scope) {
            return self.found_not(why, expected, actual, scope);
        }
        match (mark, &expected.value, &actual.value) {
            (Mark::Subset, Value::Map(left), Value::Map(right)) => {
                self.expected_keys(left, right, scope.enter_both(expected, actual));
            }
            (Mark::Contains | Mark::Unordered, Value::List(left), Value::List(right)) => {
                let mut pairs = matching::pair(left, right, scope.item(), self.fuel);
                if matches!(mark, Mark::Contains) {
                    pairs.retain(|pair| !matches!(pair, Pair::Unexpected(_)));
                }
                self.pairs(&pairs, left, right, scope);
            }
            // The settings may say so of a value that is no collection.
            (Mark::Subset | Mark::Contains | Mark::Unordered, ..) => {
                self.found(kind(expected, actual), Some(expected), Some(actual), scope);
            }
            _ => {}
        }
    }

    fn maps(&mut self, expected: &'a Map, actual: &'a Map, scope: Scope<'a>) {
        self.expected_keys(expected, actual, scope);
        for (name, entry) in actual.iter().filter(|(name, entry)| !scope.is_void(name, &entry.node)) {
            if expected.get(name).is_none_or(|other| scope.is_void(name, &other.node)) {
                self.steps.push(Step::Name(name));
                self.found(ChangeKind::Unexpected, None, Some(&entry.node), scope.child(name));
                self.steps.pop();
            }
        }
    }

    /// The keys of a map that are expected.
    fn expected_keys(&mut self, expected: &'a Map, actual: &'a Map, scope: Scope<'a>) {
        let present = |(name, entry): &(&'a String, &'a Entry)| !scope.is_void(name, &entry.node);
        for (name, entry) in expected.iter().filter(present) {
            if self.is_full() {
                return;
            }
            let other = actual.get(name).filter(|other| !scope.is_void(name, &other.node));
            self.steps.push(Step::Name(name));
            match other {
                Some(other) => self.nodes(&entry.node, &other.node, scope.child(name)),
                None if scope.is_absent(&entry.node) => {}
                None => self.found(ChangeKind::Missing, Some(&entry.node), None, scope.child(name)),
            }
            self.steps.pop();
        }
    }

    fn lists(&mut self, expected: &'a [Node], actual: &'a [Node], scope: Scope<'a>) {
        let items = Items { expected, actual, scope, fuel: self.fuel };
        let pairing = if self.asks_for_equality() { items.pair_to_tell_equality() } else { items.pair() };
        self.pairs(&pairing.pairs, expected, actual, scope);
        if pairing.is_reordered {
            self.reordered(&pairing, expected, actual, scope);
        }
    }

    fn pairs(&mut self, pairs: &[Pair], expected: &'a [Node], actual: &'a [Node], scope: Scope<'a>) {
        for pair in pairs {
            if self.is_full() {
                return;
            }
            self.steps.push(pair.step());
            match *pair {
                Pair::Both(left, right) => self.nodes(&expected[left], &actual[right], scope.item()),
                Pair::Missing(left) => {
                    self.found(ChangeKind::Missing, Some(&expected[left]), None, scope.item());
                }
                Pair::Unexpected(right) => {
                    self.found(ChangeKind::Unexpected, None, Some(&actual[right]), scope.item());
                }
            }
            self.steps.pop();
        }
    }

    /// A file inside a `ConfigMap`, compared as the values that it holds.
    fn embedded(&mut self, expected: &'a Node, actual: &'a Node, scope: Scope<'a>) {
        let (Some(left), Some(right)) = (expected.as_str(), actual.as_str()) else { return };
        let Some((left, right)) = embedded::values(scope.field, left, right) else {
            return self.found(ChangeKind::Changed, Some(expected), Some(actual), scope);
        };
        for change in changes(&left, &right, scope.inside()) {
            let within = Some(change.path.clone());
            self.add(change.kind, within, (change.expected, change.actual), 1);
            self.because(change.why);
        }
    }

    fn reordered(&mut self, pairing: &Pairing, expected: &'a [Node], actual: &'a [Node], scope: Scope<'a>) {
        let list = |items: &'a [Node], names: &Option<Vec<String>>| {
            let items = items.iter().enumerate().map(|(index, item)| match names {
                Some(names) if scope.privacy == Privacy::Open => text(item, &names[index]),
                _ => secret::one(item, scope.item()),
            });
            Some(Node { at: Position::default(), tag: None, value: Value::List(items.collect()) })
        };
        let values = (list(expected, &pairing.names.0), list(actual, &pairing.names.1));
        self.add(ChangeKind::Reordered, None, values, 1);
    }

    /// A value that is not what a mark says.
    fn found_not(&mut self, why: String, expected: &'a Node, actual: &'a Node, scope: Scope<'a>) {
        self.found(ChangeKind::Changed, Some(expected), Some(actual), scope);
        self.because(Some(why));
    }

    /// Says why of what was found last.
    fn because(&mut self, why: Option<String>) {
        if let Output::Changes { changes, .. } = &mut self.output
            && let Some(change) = changes.last_mut()
        {
            change.why = why;
        }
    }

    fn found(
        &mut self,
        kind: ChangeKind,
        expected: Option<&'a Node>,
        actual: Option<&'a Node>,
        scope: Scope<'a>,
    ) {
        let weight = expected.map_or(0, leaves).max(actual.map_or(0, leaves));
        if matches!(self.output, Output::Weight { .. }) {
            return self.add(kind, None, (None, None), weight);
        }
        let shown = match (expected, actual) {
            (Some(expected), Some(actual)) => {
                let (expected, actual) = secret::shown(expected, actual, scope);
                (Some(expected), Some(actual))
            }
            _ => (expected.map(|node| secret::one(node, scope)), actual.map(|node| secret::one(node, scope))),
        };
        self.add(kind, None, shown, weight);
    }

    fn add(
        &mut self,
        kind: ChangeKind,
        within: Option<KeyPath>,
        (expected, actual): (Option<Node>, Option<Node>),
        weight: usize,
    ) {
        let at = match (kind, self.steps.split_last()) {
            // What stands at this index in the expected file is another item.
            (ChangeKind::Unexpected, Some((Step::Index { .. }, list))) => path(list, Side::Expected),
            _ => path(&self.steps, Side::Expected),
        };
        match &mut self.output {
            Output::Weight { sum, .. } => *sum += weight,
            Output::Changes { root, changes } => changes.push(Change {
                kind,
                path: path(&self.steps, Side::Expected),
                actual_path: path(&self.steps, Side::Actual),
                within,
                expected,
                actual,
                at: root.locate(&at),
                why: None,
                rule: None,
            }),
        }
    }

    /// Whether only equality is asked for, or enough is known.
    fn asks_for_equality(&self) -> bool {
        matches!(self.output, Output::Weight { limit: 1, .. })
    }

    fn is_full(&self) -> bool {
        matches!(self.output, Output::Weight { sum, limit } if sum >= limit)
    }
}

/// The steps as one of the documents has them.
fn path(steps: &[Step<'_>], side: Side) -> KeyPath {
    steps.iter().fold(KeyPath::root(), |path, step| match (*step, side) {
        (Step::Name(name), _) => path.name(name),
        (Step::Index { expected, .. }, Side::Expected) => path.index(expected),
        (Step::Index { actual, .. }, Side::Actual) => path.index(actual),
    })
}

/// A name, where its item stands.
fn text(item: &Node, name: &str) -> Node {
    Node { at: item.at, tag: None, value: Value::String(name.to_owned()) }
}
