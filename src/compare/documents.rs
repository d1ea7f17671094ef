//! Which documents of two folders belong together: by what they call themselves, wherever they stand.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};

use crate::yaml::{Document, Node};

use super::difference::{ChangedDocument, DocumentText};
use super::name::{DocumentName, ObjectName};
use super::scope::Scope;
use super::{alike, shown, value};

/// A renamed document is known by the rest of it: at most one leaf in so many may differ.
const RENAMED_SHARE: usize = 4;
/// How many leaves may be visited to find renamed documents.
const FUEL: usize = 2_000_000;

/// The documents of two folders, file by file.
#[derive(Default)]
pub(super) struct Documents {
    changed: Vec<(String, ChangedDocument)>,
    expected: Vec<Left>,
    actual: Vec<Left>,
}

/// A document without a partner, so far.
pub(super) struct Left {
    pub(super) file: String,
    pub(super) index: usize,
    name: Option<ObjectName>,
    root: Node,
}

/// A document that stands in another file than expected.
pub(super) struct Moved {
    pub(super) document: DocumentName,
    pub(super) index: usize,
    pub(super) from: String,
    pub(super) to: String,
}

/// How the documents of two folders differ.
pub(super) struct Matched {
    /// With the expected file.
    pub(super) changed: Vec<(String, ChangedDocument)>,
    pub(super) moved: Vec<Moved>,
    pub(super) missing: Vec<Left>,
    pub(super) unexpected: Vec<Left>,
}

impl Documents {
    /// Compares the documents of one file. Says whether they are the same.
    pub(super) fn file(&mut self, file: &str, expected: Vec<Document>, actual: Vec<Document>) -> bool {
        let (mut expected, mut actual) = (left(file, expected), left(file, actual));
        let before = self.changed.len();
        for (one, other) in within_file(&expected, &actual) {
            if let (Some(one), Some(other)) = (expected[one].take(), actual[other].take()) {
                self.changed.extend(changed(&one, &other));
            }
        }
        let same = self.changed.len() == before;
        let counts = (self.expected.len(), self.actual.len());
        self.expected.extend(expected.into_iter().flatten());
        self.actual.extend(actual.into_iter().flatten());
        same && counts == (self.expected.len(), self.actual.len())
    }

    /// Looks for partners in other files, then for renamed ones.
    pub(super) fn finish(mut self) -> Matched {
        let moved = self.moved();
        let mut missing: BTreeMap<String, Vec<Left>> = by_file(self.expected);
        let mut unexpected = by_file(self.actual);
        let fuel = Cell::new(FUEL);
        for (file, expected) in &mut missing {
            if let Some(actual) = unexpected.get_mut(file) {
                self.changed.extend(renamed(expected, actual, &fuel));
            }
        }
        Matched {
            changed: self.changed,
            moved,
            missing: missing.into_values().flatten().collect(),
            unexpected: unexpected.into_values().flatten().collect(),
        }
    }

    /// Takes out the documents that are in another file.
    fn moved(&mut self) -> Vec<Moved> {
        let mut expected: Vec<Option<Left>> = self.expected.drain(..).map(Some).collect();
        let mut actual: Vec<Option<Left>> = self.actual.drain(..).map(Some).collect();
        let mut moved = Vec::new();
        for (name, (left, right)) in groups(&expected, &actual) {
            let mut pairs = equal(&expected, &actual, &left, &right);
            if name.is_some() {
                by_position(&left, &right, &mut pairs);
            }
            for (one, other) in pairs {
                if let (Some(one), Some(other)) = (expected[one].take(), actual[other].take()) {
                    self.changed.extend(changed(&one, &other));
                    let document = one.document();
                    moved.push(Moved { document, index: one.index, from: one.file, to: other.file });
                }
            }
        }
        self.expected.extend(expected.into_iter().flatten());
        self.actual.extend(actual.into_iter().flatten());
        moved
    }
}

impl Left {
    pub(super) fn document(&self) -> DocumentName {
        let place = DocumentName::Nth(self.index + 1);
        self.name.clone().map_or(place, DocumentName::Object)
    }

    pub(super) fn text(&self) -> DocumentText {
        DocumentText {
            document: self.document(),
            index: self.index,
            at: self.root.at,
            text: shown::one(&self.root),
        }
    }
}

fn left(file: &str, documents: Vec<Document>) -> Vec<Option<Left>> {
    let left = |(index, document): (usize, Document)| {
        let name = ObjectName::of(&document.root);
        Some(Left { file: file.to_owned(), index, name, root: document.root })
    };
    documents.into_iter().enumerate().map(left).collect()
}

/// What differs between two documents that belong together.
fn changed(expected: &Left, actual: &Left) -> Option<(String, ChangedDocument)> {
    let changes = value::changes(&expected.root, &actual.root);
    if changes.is_empty() {
        return None;
    }
    let (expected_text, actual_text) = shown::both(&expected.root, &actual.root);
    let document = ChangedDocument {
        document: expected.document(),
        expected_index: expected.index,
        #[cfg(test)]
        actual_index: actual.index,
        changes,
        expected_text,
        actual_text,
    };
    Some((expected.file.clone(), document))
}

type Group = (Vec<usize>, Vec<usize>);

/// The documents of each name on both sides.
fn groups(expected: &[Option<Left>], actual: &[Option<Left>]) -> BTreeMap<Option<ObjectName>, Group> {
    let mut groups: BTreeMap<Option<ObjectName>, Group> = BTreeMap::new();
    for (index, left) in expected.iter().enumerate() {
        groups.entry(left.as_ref().and_then(|left| left.name.clone())).or_default().0.push(index);
    }
    for (index, left) in actual.iter().enumerate() {
        groups.entry(left.as_ref().and_then(|left| left.name.clone())).or_default().1.push(index);
    }
    groups
}

/// Which documents of a file belong together: by name; those of one name, or of none, by equality, then by position.
fn within_file(expected: &[Option<Left>], actual: &[Option<Left>]) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    for (left, right) in groups(expected, actual).into_values() {
        let is_certain = left.len() == 1 && right.len() == 1;
        let mut pairs = if is_certain { Vec::new() } else { equal(expected, actual, &left, &right) };
        by_position(&left, &right, &mut pairs);
        all.extend(pairs);
    }
    all
}

/// The equal ones of some documents.
fn equal(
    expected: &[Option<Left>],
    actual: &[Option<Left>],
    left: &[usize],
    right: &[usize],
) -> Vec<(usize, usize)> {
    let (left, one) = present(expected, left);
    let (right, other) = present(actual, right);
    let pairs = alike::equal(&one, &other, Scope::root());
    pairs.into_iter().map(|(one, other)| (left[one], right[other])).collect()
}

fn present<'a>(documents: &'a [Option<Left>], indexes: &[usize]) -> (Vec<usize>, Vec<&'a Node>) {
    indexes.iter().filter_map(|index| Some((*index, &documents[*index].as_ref()?.root))).unzip()
}

/// Pairs the rest in the order in which they stand.
fn by_position(left: &[usize], right: &[usize], pairs: &mut Vec<(usize, usize)>) {
    let (one, other): (HashSet<usize>, HashSet<usize>) = pairs.iter().copied().unzip();
    let left = left.iter().copied().filter(|index| !one.contains(index));
    let right = right.iter().copied().filter(|index| !other.contains(index));
    pairs.extend(left.zip(right));
}

/// Takes out the documents of one file of which little but the name differs.
fn renamed(
    expected: &mut Vec<Left>,
    actual: &mut Vec<Left>,
    fuel: &Cell<usize>,
) -> Vec<(String, ChangedDocument)> {
    let left: Vec<&Node> = expected.iter().map(|left| &left.root).collect();
    let right: Vec<&Node> = actual.iter().map(|left| &left.root).collect();
    let pairs = alike::close(&left, &right, (Scope::root(), RENAMED_SHARE), fuel);
    let found = pairs.iter().filter_map(|(one, other)| changed(&expected[*one], &actual[*other])).collect();
    remove(expected, pairs.iter().map(|pair| pair.0));
    remove(actual, pairs.iter().map(|pair| pair.1));
    found
}

fn remove(documents: &mut Vec<Left>, indexes: impl Iterator<Item = usize>) {
    let mut indexes: Vec<usize> = indexes.collect();
    indexes.sort_unstable();
    for index in indexes.into_iter().rev() {
        documents.remove(index);
    }
}

fn by_file(documents: Vec<Left>) -> BTreeMap<String, Vec<Left>> {
    let mut files: BTreeMap<String, Vec<Left>> = BTreeMap::new();
    for document in documents {
        files.entry(document.file.clone()).or_default().push(document);
    }
    files
}
