//! Values that differ, and the marks that could stand in their places.

use std::fs;
use std::path::{Path, PathBuf};

use super::results::of_pipeline;
use super::summaries;
use crate::compare::{self, Change, DifferenceKind, Is, Spot};
use crate::outcome::{Located, TestOutcome};
use crate::suite::drafts::Drafts;
use crate::tree::Resolution;
use crate::yaml::{KeyPath, Node, parse};

/// A value of an expected file that differs.
pub(crate) struct Target {
    pub(crate) file: PathBuf,
    text: Vec<u8>,
    document: usize,
    path: KeyPath,
    within: Option<KeyPath>,
    /// The expected document, and what was left in place of the value.
    expected: Node,
    actual: Option<Node>,
}

/// The value that a change of a difference is about; nothing if that is not a value of an expected file.
pub(crate) fn target(
    outcome: &TestOutcome,
    drafts: &Drafts,
    (difference, change): (usize, usize),
) -> Option<Target> {
    let located = outcome.differences.get(difference)?;
    let DifferenceKind::ChangedDocument(changed) = &located.difference.kind else { return None };
    let Change { path, actual_path, within, rule, .. } = changed.changes.get(change)?;
    if rule.is_some() {
        return None;
    }
    let file = located.expected.join(&located.difference.file);
    let text = fs::read(drafts.get(&file).unwrap_or(&file)).ok()?;
    let expected = parse(&text).ok()?.into_iter().nth(changed.expected_index)?.root;
    let left = left_of(outcome, located).and_then(|text| parse(&text).ok());
    let actual = left.and_then(|documents| documents.into_iter().nth(changed.actual_index));
    let actual = actual.and_then(|document| document.root.at_path(actual_path).cloned());
    let document = changed.expected_index;
    Some(Target { file, text, document, path: path.clone(), within: within.clone(), expected, actual })
}

/// What was left where an expected file is not there.
pub(crate) fn left(outcome: &TestOutcome, file: &Path) -> Option<Vec<u8>> {
    let is_it = |located: &&Located| located.expected.join(&located.difference.file) == file;
    left_of(outcome, outcome.differences.iter().find(is_it)?)
}

impl Target {
    /// The marks that fit both values, the narrowest first.
    pub(crate) fn proposals(&self) -> Vec<Is> {
        compare::propose(&self.expected, (&self.path, self.within.as_ref()), self.actual.as_ref())
    }

    /// The expected file with a mark in place of the value.
    pub(crate) fn marked(&self, is: &Is) -> Option<Vec<u8>> {
        let (document, path, within) = (self.document, self.path.clone(), self.within.clone());
        compare::mark(&self.text, &[Spot { document, path, within, is: is.clone() }])
    }
}

/// The file that was left for an expected one.
fn left_of(outcome: &TestOutcome, located: &Located) -> Option<Vec<u8>> {
    let file = located.difference.left.as_ref().unwrap_or(&located.difference.file);
    let Some((folder, path)) = file.split_once('/') else {
        let name = located.pipeline.as_deref();
        let own = of_pipeline(&outcome.results, name.unwrap_or_default(), name.is_none());
        return summaries::one_file(&own, file)?.read(file).ok();
    };
    let ran = outcome.pipelines.iter().find(|ran| located.is_of(&ran.name))?;
    let tree = ran.left.folder(folder);
    match tree.resolve(path) {
        Resolution::File(path) => tree.read(&path).ok(),
        _ => None,
    }
}
