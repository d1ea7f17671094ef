//! What differs between two runs of the same: where a mark says so, and what no mark can.

use std::collections::BTreeMap;

use crate::tree::Tree;
use crate::yaml::{Document, Node};

use super::difference::{Change, ChangeKind, ChangedDocument, CompareError, DifferenceKind, Side};
use super::edit::{Spot, mark};
use super::file::{Found, find};
use super::propose::propose;
use super::{Rules, compare};

/// What varies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Volatile {
    pub(crate) marks: Vec<Proposal>,
    /// Files that no mark makes the same.
    pub(crate) unmarked: Vec<String>,
}

/// A mark for a value that varies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proposal {
    /// With its folder: `output/kibana.yaml`.
    pub(crate) file: String,
    /// Which document it is in, in words.
    pub(crate) document: String,
    pub(crate) spot: Spot,
}

/// Finds what differs between what two runs left, to be marked in what the first one did.
pub(crate) fn volatile(one: &Tree, other: &Tree, rules: &Rules<'_>) -> Result<Volatile, CompareError> {
    let comparison = compare(one, other, rules)?;
    let mut volatile = Volatile::default();
    let mut files = Files { folder: &rules.folder, trees: (one, other), read: BTreeMap::new() };
    for difference in comparison.differences {
        let left = difference.left.clone().unwrap_or_else(|| difference.file.clone());
        let marks = match &difference.kind {
            DifferenceKind::ChangedDocument(document) if !is_json(&difference.file) => {
                files.read(&difference.file, &left)?;
                files.marks((&difference.file, &left), document)
            }
            _ => None,
        };
        match marks {
            Some(marks) => volatile.marks.extend(marks),
            None => volatile.unmarked.push(difference.file),
        }
    }
    volatile.unmarked.dedup();
    Ok(volatile)
}

/// JSON has no tags.
fn is_json(file: &str) -> bool {
    file.to_ascii_lowercase().ends_with(".json")
}

/// The documents of files that differ.
struct Files<'t> {
    folder: &'t str,
    trees: (&'t Tree, &'t Tree),
    /// By side and path: the text, and what it says.
    read: BTreeMap<(Side, String), (Vec<u8>, Vec<Document>)>,
}

impl Files<'_> {
    fn read(&mut self, one: &str, other: &str) -> Result<(), CompareError> {
        for (side, tree, name) in [(Side::Expected, self.trees.0, one), (Side::Actual, self.trees.1, other)] {
            let key = (side, name.to_owned());
            if self.read.contains_key(&key) {
                continue;
            }
            let path = name.strip_prefix(self.folder).map_or(name, |path| path.trim_start_matches('/'));
            let Found::File(file) = find(tree, side, path, name) else { continue };
            let bytes = file.read()?;
            if let Ok(documents) = file.documents(&bytes) {
                self.read.insert(key, (bytes, documents));
            }
        }
        Ok(())
    }

    /// Marks for all that differs in a document; nothing if they do not make it the same.
    fn marks(&self, (one, other): (&str, &str), changed: &ChangedDocument) -> Option<Vec<Proposal>> {
        let (bytes, documents) = self.read.get(&(Side::Expected, one.to_owned()))?;
        let (_, others) = self.read.get(&(Side::Actual, other.to_owned()))?;
        let expected = &documents.get(changed.expected_index)?.root;
        let actual = &others.get(changed.actual_index)?.root;
        let mut proposals: Vec<Proposal> = Vec::new();
        for change in &changed.changes {
            let spot = spot(change, changed.expected_index, (expected, actual))?;
            let document = changed.document.to_string();
            proposals.push(Proposal { file: one.to_owned(), document, spot });
        }
        let spots: Vec<Spot> = proposals.iter().map(|proposal| proposal.spot.clone()).collect();
        mark(bytes, &spots).map(|_| proposals)
    }
}

/// A mark that fits both values of a change.
fn spot(change: &Change, document: usize, (one, other): (&Node, &Node)) -> Option<Spot> {
    if !matches!(change.kind, ChangeKind::Changed | ChangeKind::TypeChanged { .. } | ChangeKind::Reordered) {
        return None;
    }
    let other = other.at_path(&change.actual_path)?;
    let is = propose(one, (&change.path, change.within.as_ref()), Some(other)).into_iter().next()?;
    Some(Spot { document, path: change.path.clone(), within: change.within.clone(), is })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::scan;

    fn found(one: &[(&str, &str)], other: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let folder = |files: &[(&str, &str)]| {
            let folder = tempfile::tempdir().expect("a folder");
            for (path, text) in files {
                std::fs::write(folder.path().join(path), text).expect("a file");
            }
            folder
        };
        let (one, other) = (folder(one), folder(other));
        let rules = Rules { folder: "output".to_owned(), marks: Some(&[]), ..Rules::default() };
        let (one, other) = (scan(one.path()).expect("a tree"), scan(other.path()).expect("a tree"));
        let volatile = volatile(&one, &other, &rules).expect("readable");
        let text = |Proposal { file, document, spot }: &Proposal| {
            let within = spot.within.as_ref().map(|within| format!(" → {within}")).unwrap_or_default();
            format!("{file} {document} {}{within}: {}", spot.path, spot.is)
        };
        (volatile.marks.iter().map(text).collect(), volatile.unmarked)
    }

    #[test]
    fn what_varies_gets_the_narrowest_mark() {
        let object = |name: &str, data: &str| {
            format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  x: {name}\n{data}")
        };
        let one = object("job-0a1b2c", "  c.yaml: |\n    k: 1\n    m: same\n");
        let other = object("job-3d4e5f", "  c.yaml: |\n    m: same\n    k: 2\n");
        let (marks, unmarked) =
            found(&[("a.yaml", &one), ("b.yaml", "a: 1")], &[("a.yaml", &other), ("b.yaml", "a: 1")]);
        assert_eq!(
            marks,
            [
                r"output/a.yaml ConfigMap a (v1) data.x: !regex '^job\-[0-9a-f]{6}$'",
                r#"output/a.yaml ConfigMap a (v1) data["c.yaml"] → k: !type integer"#,
            ]
        );
        assert!(unmarked.is_empty());
    }

    #[test]
    fn what_no_mark_can_say_is_told_by_its_file() {
        let (marks, unmarked) = found(
            &[
                ("a.txt", "1"),
                ("b.yaml", "a: 1"),
                ("c.json", "{\"a\": 1}"),
                ("d-1.yaml", "a: 1"),
                ("same", ""),
            ],
            &[
                ("a.txt", "2"),
                ("b.yaml", "b: 1"),
                ("c.json", "{\"a\": 2}"),
                ("d-2.yaml", "a: 1"),
                ("same", ""),
            ],
        );
        assert!(marks.is_empty(), "{marks:?}");
        assert_eq!(unmarked, ["output/a.txt", "output/b.yaml", "output/c.json", "output/d-1.yaml"]);
    }
}
