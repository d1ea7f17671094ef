//! Tests that fail in the same way: they are told once, with the list of their names.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::compare::{Change, DifferenceKind};
use crate::outcome::{Failure, Located, TestOutcome, Verdict};

/// What a test fails with, without what is its own: its folder, and what its objects are called. Nothing of one that
/// does not fail, or of which more is to be told.
pub(crate) fn signature(test: &TestOutcome) -> Option<String> {
    let differs = matches!(test.verdict, Verdict::Failed) && !test.differences.is_empty();
    let is_plain = |failure: &Failure| matches!(failure, Failure::NotRepeatable);
    if !differs || !test.findings.is_empty() || !test.failures.iter().all(is_plain) {
        return None;
    }
    let mut text = format!("{} failures\n", test.failures.len());
    for located in &test.differences {
        let _ = writeln!(text, "{:?} {} {}", located.pipeline, located.difference.file, difference(located));
    }
    Some(text)
}

fn difference(located: &Located) -> String {
    match &located.difference.kind {
        DifferenceKind::ChangedDocument(document) => document.changes.iter().map(change).collect(),
        kind @ (DifferenceKind::Text(_) | DifferenceKind::Binary { .. }) => format!("{kind:?}"),
        kind => kind.to_string(),
    }
}

fn change(change: &Change) -> String {
    let value =
        |node: &Option<crate::yaml::Node>| node.as_ref().map(|node| (node.tag.clone(), node.to_json()));
    let (expected, actual) = (value(&change.expected), value(&change.actual));
    format!("\n  {change} {:?} {expected:?} {actual:?}", change.kind)
}

/// The first test of each way of failing.
#[derive(Debug, Default)]
pub(crate) struct Repeats(HashMap<String, String>);

impl Repeats {
    /// The test that was told before and fails in the same way.
    pub(crate) fn told(&mut self, test: &TestOutcome) -> Option<String> {
        let signature = signature(test)?;
        let told = self.0.get(&signature).cloned();
        self.0.entry(signature).or_insert_with(|| test.name.clone());
        told
    }
}

/// Which tests fail in the same way.
pub(crate) fn render(tests: &[TestOutcome]) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for test in tests {
        let Some(signature) = signature(test) else { continue };
        match groups.iter_mut().find(|(other, _)| *other == signature) {
            Some((_, names)) => names.push(&test.name),
            None => groups.push((signature, vec![&test.name])),
        }
    }
    let several = groups.iter().filter(|(_, names)| names.len() > 1);
    several
        .map(|(_, names)| format!("{} tests fail in the same way: {}\n", names.len(), names.join(", ")))
        .collect()
}
