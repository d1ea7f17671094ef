//! Marks and filters of the settings that find nothing in any test: what they were for is gone, or they never fitted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Job, Subject};
use crate::compare::{Around, Place, edit};
use crate::diagnostic::{Source, SourceError};
use crate::outcome::{RuleKind, TestOutcome, Verdict};
use crate::suite::expectation::store;
use crate::suite::settings::{FILE_NAME, Settings};
use crate::tree::plain;
use crate::yaml::{Node, Value, emit_node};

/// A mark or a filter that finds nothing.
pub(super) struct Unused {
    place: Place,
    kind: RuleKind,
    index: usize,
}

/// Those of which this run can tell: every test that they are for was compared.
pub(super) fn unused(jobs: &[Job<'_>], tests: &[TestOutcome]) -> Vec<Unused> {
    let mut known: BTreeMap<Place, (RuleKind, usize, bool)> = BTreeMap::new();
    for (job, test) in jobs.iter().zip(tests) {
        let Some((_, settings)) = job.plan() else { continue };
        let is_compared = !test.rules.is_empty() && !is_written(&test.verdict);
        for rule in test.rules.iter().filter(|_| is_compared) {
            let entry = known.entry(rule.place.clone()).or_insert((rule.kind, rule.index, false));
            entry.2 |= rule.used || !is_known(job, &rule.place);
        }
        // Who knows what they would have found in a test that was not compared?
        for place in places(settings).filter(|_| !is_compared) {
            known.entry(place.clone()).or_insert((RuleKind::Mark, 0, true)).2 = true;
        }
    }
    let unused = known.into_iter().filter(|(_, (_, _, used))| !used);
    unused.map(|(place, (kind, index, _))| Unused { place, kind, index }).collect()
}

/// Whether the expectations are others now than those that were compared.
fn is_written(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Updated(files) if !files.is_empty())
}

fn places(settings: &Settings) -> impl Iterator<Item = &Place> {
    let filters = settings.filters().iter().map(|filter| &filter.place);
    settings.marks().iter().map(|mark| &mark.place).chain(filters)
}

/// Whether all tests that a settings file is for are run: it stands in the test's own folder, or all are.
fn is_known(job: &Job<'_>, place: &Place) -> bool {
    let is_below = |outer: &Path| match (fs::canonicalize(&place.file), fs::canonicalize(outer)) {
        (Ok(file), Ok(outer)) => file.starts_with(outer),
        _ => false,
    };
    match &job.subject {
        Subject::Test(test) if is_below(&test.folder) => true,
        Subject::Test(_) => !job.suite.is_narrowed && is_below(&job.suite.searched),
        Subject::Broken(_) | Subject::Example { .. } | Subject::AsGiven { .. } => false,
    }
}

impl Unused {
    pub(super) fn error(&self) -> SourceError {
        let error = match Source::read(&self.place.file) {
            Ok(source) => source.error(self.place.at, self.message()),
            Err(_) => SourceError::whole(&self.place.file, self.message()),
        };
        error.hint("mend it, or let --update remove it: what it was for is gone")
    }

    fn message(&self) -> &'static str {
        match self.kind {
            RuleKind::Mark => "this mark fits no value that any test expects",
            RuleKind::Filter => "this filter finds nothing in any file",
        }
    }

    fn list(&self) -> &'static str {
        match self.kind {
            RuleKind::Mark => "marks",
            RuleKind::Filter => "filters",
        }
    }
}

/// Takes them out of the settings, and says so of each.
pub(super) fn remove(unused: &[Unused]) -> Result<Vec<String>, SourceError> {
    let files: BTreeSet<&PathBuf> = unused.iter().map(|unused| &unused.place.file).collect();
    for file in files {
        let source = Source::read(file)?;
        let mut root = source.document()?.root;
        for list in ["marks", "filters"] {
            let gone: BTreeSet<usize> = unused
                .iter()
                .filter(|unused| unused.place.file == *file && unused.list() == list)
                .map(|unused| unused.index)
                .collect();
            without(&mut root, list, &gone);
        }
        let around = Around { name: FILE_NAME, marks: &[], others: &[], parts: None };
        let text = edit(&source.bytes, emit_node(&root).as_bytes(), &around).text;
        store(file, &text, false)
            .map_err(|error| SourceError::whole(file, format!("cannot be written: {}", plain(&error))))?;
    }
    let said = |unused: &Unused| {
        let place = &unused.place;
        format!("{}:{} is removed: {}", place.file.display(), place.at.line, unused.message())
    };
    Ok(unused.iter().map(said).collect())
}

/// A map without some items of one of its lists, or without the list if it has no others.
fn without(root: &mut Node, list: &str, gone: &BTreeSet<usize>) {
    let Value::Map(map) = &mut root.value else { return };
    let Some(Value::List(items)) = map.get_mut(list).map(|entry| &mut entry.node.value) else { return };
    let mut index = 0;
    items.retain(|_| {
        index += 1;
        !gone.contains(&(index - 1))
    });
    if items.is_empty() {
        map.shift_remove(list);
    }
}
