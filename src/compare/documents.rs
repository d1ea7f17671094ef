//! Which documents of two folders belong together: by what they call themselves, wherever they stand.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::yaml::{Document, KeyPath, Node};

use super::difference::{ChangedDocument, DocumentText};
use super::name::{DocumentName, ObjectName};
use super::rule::Place;
use super::scope::Scope;
use super::{alike, marked_name, shown, value};

/// A renamed document is known by the rest of it: at most one leaf in so many may differ.
const RENAMED_SHARE: usize = 4;
/// How many leaves may be visited to find renamed documents.
const FUEL: usize = 2_000_000;

/// The documents of two folders, file by file.
pub(super) struct Documents {
    /// Where every document begins.
    scope: Scope<'static>,
    /// The marks of the settings, by the expected file and the place of the document in it.
    marks: HashMap<(String, usize), Vec<Applied>>,
    changed: Vec<(String, ChangedDocument)>,
    expected: Vec<Left>,
    actual: Vec<Left>,
}

/// A mark of the settings in a document.
pub(super) struct Applied {
    pub(super) path: KeyPath,
    pub(super) place: Place,
}

/// A document without a partner, so far.
pub(super) struct Left {
    pub(super) file: String,
    pub(super) index: usize,
    pub(super) name: Option<ObjectName>,
    pub(super) root: Node,
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
    pub(super) fn new(scope: Scope<'static>) -> Self {
        let (expected, actual) = (Vec::new(), Vec::new());
        Self { scope, marks: HashMap::new(), changed: Vec::new(), expected, actual }
    }

    /// Remembers where marks of the settings stand in a document of an expected file.
    pub(super) fn mark(&mut self, file: &str, index: usize, marks: Vec<Applied>) {
        self.marks.insert((file.to_owned(), index), marks);
    }

    /// What differs between two documents that belong together.
    fn changed(&self, expected: &Left, actual: &Left) -> Option<(String, ChangedDocument)> {
        let mut changes = value::changes(&expected.root, &actual.root, self.scope);
        if changes.is_empty() {
            return None;
        }
        let marks = self.marks.get(&(expected.file.clone(), expected.index)).map_or(&[][..], Vec::as_slice);
        for change in &mut changes {
            let mark = marks.iter().find(|mark| change.why.is_some() && mark.path == change.path);
            change.rule = mark.map(|mark| mark.place.clone());
        }
        let (expected_text, actual_text) = shown::both(&expected.root, &actual.root, self.scope);
        let document = ChangedDocument {
            // A mark is no name.
            document: if ObjectName::is_marked(&expected.root) { actual } else { expected }.document(),
            expected_index: expected.index,
            actual_index: actual.index,
            changes,
            expected_text,
            actual_text,
        };
        Some((expected.file.clone(), document))
    }

    /// Compares the documents of one file. Says whether they are the same.
    pub(super) fn file(&mut self, file: &str, expected: Vec<Document>, actual: Vec<Document>) -> bool {
        let (mut expected, mut actual) = (left(file, expected), left(file, actual));
        let before = self.changed.len();
        for (one, other) in within_file(&expected, &actual, self.scope) {
            if let (Some(one), Some(other)) = (expected[one].take(), actual[other].take()) {
                let changed = self.changed(&one, &other);
                self.changed.extend(changed);
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
        let mut missing = by_file(std::mem::take(&mut self.expected));
        let mut unexpected = by_file(std::mem::take(&mut self.actual));
        let fuel = Cell::new(FUEL);
        for (file, expected) in &mut missing {
            if let Some(actual) = unexpected.get_mut(file) {
                let renamed = self.renamed(expected, actual, &fuel);
                self.changed.extend(renamed);
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
            let mut pairs = equal(&expected, &actual, (&left, &right), self.scope);
            if name.is_some() {
                by_position(&left, &right, &mut pairs);
            }
            for (one, other) in pairs {
                if let (Some(one), Some(other)) = (expected[one].take(), actual[other].take()) {
                    let changed = self.changed(&one, &other);
                    self.changed.extend(changed);
                    let document = one.document();
                    moved.push(Moved { document, index: one.index, from: one.file, to: other.file });
                }
            }
        }
        self.expected.extend(expected.into_iter().flatten());
        self.actual.extend(actual.into_iter().flatten());
        moved
    }

    /// Takes out the documents of one file of which little but the name differs.
    fn renamed(
        &self,
        expected: &mut Vec<Left>,
        actual: &mut Vec<Left>,
        fuel: &Cell<usize>,
    ) -> Vec<(String, ChangedDocument)> {
        let left: Vec<&Node> = expected.iter().map(|left| &left.root).collect();
        let right: Vec<&Node> = actual.iter().map(|left| &left.root).collect();
        let pairs = renamed(&left, &right, self.scope, fuel);
        let found =
            pairs.iter().filter_map(|(one, other)| self.changed(&expected[*one], &actual[*other])).collect();
        remove(expected, pairs.iter().map(|pair| pair.0));
        remove(actual, pairs.iter().map(|pair| pair.1));
        found
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

pub(super) fn left(file: &str, documents: Vec<Document>) -> Vec<Option<Left>> {
    let left = |(index, document): (usize, Document)| {
        let name = ObjectName::of(&document.root);
        Some(Left { file: file.to_owned(), index, name, root: document.root })
    };
    documents.into_iter().enumerate().map(left).collect()
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
pub(super) fn within_file(
    expected: &[Option<Left>],
    actual: &[Option<Left>],
    scope: Scope<'static>,
) -> Vec<(usize, usize)> {
    let mut all = marked_name::pair(expected, actual, scope);
    let (one, other): (HashSet<usize>, HashSet<usize>) = all.iter().copied().unzip();
    for (mut left, mut right) in groups(expected, actual).into_values() {
        left.retain(|index| !one.contains(index));
        right.retain(|index| !other.contains(index));
        let is_certain = left.len() == 1 && right.len() == 1;
        let mut pairs = if is_certain { Vec::new() } else { equal(expected, actual, (&left, &right), scope) };
        by_position(&left, &right, &mut pairs);
        all.extend(pairs);
    }
    all
}

/// The equal ones of some documents.
pub(super) fn equal(
    expected: &[Option<Left>],
    actual: &[Option<Left>],
    (left, right): (&[usize], &[usize]),
    scope: Scope<'static>,
) -> Vec<(usize, usize)> {
    let (left, one) = present(expected, left);
    let (right, other) = present(actual, right);
    let pairs = alike::equal(&one, &other, scope);
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

/// Pairs of documents of which little but the name differs.
pub(super) fn renamed<'a>(
    expected: &[&'a Node],
    actual: &[&'a Node],
    scope: Scope<'static>,
    fuel: &Cell<usize>,
) -> Vec<(usize, usize)> {
    alike::close(expected, actual, (scope, RENAMED_SHARE), fuel)
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
