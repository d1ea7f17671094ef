//! What the pipelines left, held against what is expected, or against what a second run left.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::summaries::{self, Summary};
use super::test::Plan;
use super::update::Changed;
use super::workflow::Ran;
use super::{AsGiven, Stop};
use crate::compare::{
    self, Comparison, Difference, DifferenceKind, Filter, MarkRule, Note, Parts, Place, Rules, Side,
};
use crate::diagnostic::SourceError;
use crate::outcome::{Failure, Left, Located, PipelineOutcome, RuleKind, RuleUse, TestOutcome, Varying};
use crate::suite::expectation::{self, FOLDERS, Replacement};
use crate::suite::settings::{Compare, Settings};
use crate::tree::{EntryKind, Tree, one_part};

/// What a comparison came to.
pub(super) struct Judged {
    pub(super) differences: Vec<Located>,
    pub(super) notes: Vec<Note>,
    /// Nothing was ever expected of any of the pipelines.
    pub(super) is_new: bool,
    /// Which marks and filters of the settings found anything.
    pub(super) rules: Vec<RuleUse>,
    /// Where only the output is compared: its files, of both sides.
    pub(super) compared: Vec<String>,
}

/// Compares what every pipeline left with what is expected of it, and so the status and the Works where they are expected.
pub(super) fn judge(plan: &Plan<'_>, outcome: &TestOutcome) -> Result<Judged, Stop> {
    let judge = Judge::new(plan)?;
    if let Some(given) = plan.given {
        return judge.output_alone(given, plan, outcome);
    }
    let alone = plan.is_alone();
    let rules = RuleUse::of(plan.settings);
    let (differences, notes, is_new) = (Vec::new(), Vec::new(), plan.is_new()?);
    let mut judged = Judged { differences, notes, is_new, rules, compared: Vec::new() };
    for (pipeline, left) in left(plan, outcome) {
        let expectation = plan.expectation.pipeline(pipeline, alone)?;
        for folder in FOLDERS {
            let comparison = judge.compare(folder, expectation.read(folder)?, left.folder(folder))?;
            let located = |difference| Located {
                expected: expectation.folder.clone(),
                pipeline: (!alone).then(|| pipeline.to_owned()),
                difference,
            };
            judged.used(&comparison);
            judged.notes.extend(comparison.notes);
            judged.differences.extend(comparison.differences.into_iter().map(located));
        }
    }
    for Summary { expected, actual, pipeline } in summaries::of(plan, outcome)? {
        let rules = Rules { exact: false, folder: String::new(), ..judge.rules() };
        let comparison = compare::compare(&expected, &actual, &rules)?;
        judged.used(&comparison);
        judged.notes.extend(comparison.notes);
        let located =
            |difference| Located { expected: expected.root.clone(), pipeline: pipeline.clone(), difference };
        judged.differences.extend(comparison.differences.into_iter().map(located));
    }
    Ok(judged)
}

impl Judged {
    fn used(&mut self, comparison: &Comparison) {
        for rule in &mut self.rules {
            rule.used |= match rule.kind {
                RuleKind::Mark => comparison.used_marks.contains(&rule.index),
                RuleKind::Filter => comparison.used_filters.contains(&rule.index),
            };
        }
    }
}

impl RuleUse {
    /// Every mark and filter of the settings, none of which has found anything yet.
    fn of(settings: &Settings) -> Vec<Self> {
        let of = |kind| {
            move |(index, place): (usize, &Place)| Self { kind, index, place: place.clone(), used: false }
        };
        let marks = settings.marks().iter().map(|mark| &mark.place).enumerate().map(of(RuleKind::Mark));
        let filters = settings.filters().iter().map(|filter| &filter.place).enumerate();
        marks.chain(filters.map(of(RuleKind::Filter))).collect()
    }
}

/// What every pipeline left; one that was never reached left nothing.
pub(super) fn left<'a>(plan: &'a Plan<'_>, outcome: &'a TestOutcome) -> Vec<(&'a str, Cow<'a, Left>)> {
    let of = |name: &'a str| {
        let ran = outcome.pipelines.iter().find(|pipeline| pipeline.name == name);
        (name, ran.map_or_else(|| Cow::Owned(Left::default()), |pipeline| Cow::Borrowed(&pipeline.left)))
    };
    plan.pipelines.iter().map(|name| of(name)).collect()
}

/// Compares what two runs left, the second of which had the status of the first and keeps its results in a folder.
pub(super) fn between_runs(
    plan: &Plan<'_>,
    first: &TestOutcome,
    second: &Ran,
    results: &Path,
) -> Result<Vec<Located>, Stop> {
    // A mark or a filter lets a value vary between platforms, not between two runs.
    let judge = Judge { marks: None, filters: &[], ..Judge::new(plan)? };
    let mut differences = Vec::new();
    let mut add = |comparison: Comparison, pipeline: Option<&str>| {
        let run = pipeline.map_or_else(|| "second run".to_owned(), |name| format!("{name}, second run"));
        let located =
            |difference| Located { expected: first.results.clone(), pipeline: Some(run.clone()), difference };
        differences.extend(comparison.differences.into_iter().map(located));
    };
    for (one, other) in first.pipelines.iter().zip(&second.pipelines) {
        for folder in FOLDERS {
            let (one_left, other_left) = (one.left.folder(folder).clone(), other.left.folder(folder));
            add(judge.compare(folder, one_left, other_left)?, Some(&one.name));
        }
    }
    if let (Some(one), Some(other)) = (&first.status, &second.status) {
        let (one, other) =
            (summaries::status_in(&first.results, one)?, summaries::status_in(results, other)?);
        add(compare::compare(&one, &other, &Rules::default())?, None);
    }
    Ok(differences)
}

/// Finds what two runs of a test left otherwise, each from the start: with a mark for it, and the files that cannot be marked.
pub(super) fn varying(
    plan: &Plan<'_>,
    first: &[PipelineOutcome],
    second: &[PipelineOutcome],
) -> Result<(Vec<Varying>, Vec<String>), Stop> {
    let judge = Judge::new(plan)?;
    let (mut varying, mut unmarked) = (Vec::new(), Vec::new());
    for (one, other) in first.iter().zip(second) {
        for folder in FOLDERS {
            let rules = judge.rules_of(folder);
            let trees =
                [one, other].map(|ran| judge.without_ignored(folder, ran.left.folder(folder).clone()));
            let found = compare::volatile(&trees[0], &trees[1], &rules)?;
            let of = |proposal| Varying { pipeline: one.name.clone(), proposal };
            varying.extend(found.marks.into_iter().map(of));
            unmarked.extend(found.unmarked);
        }
    }
    Ok((varying, unmarked))
}

/// How a test compares.
struct Judge<'p> {
    ignored: GlobSet,
    exact: bool,
    marks: Option<&'p [MarkRule]>,
    filters: &'p [Filter],
}

impl<'p> Judge<'p> {
    fn new(plan: &'p Plan<'_>) -> Result<Self, Stop> {
        let exact = plan.settings.compare() == Compare::Exact;
        let (marks, filters) = (Some(plan.settings.marks()), plan.settings.filters());
        Ok(Self { ignored: ignored(plan)?, exact, marks, filters })
    }

    /// Holds the output of the only pipeline against a folder.
    fn output_alone(&self, given: &AsGiven, plan: &Plan<'_>, outcome: &TestOutcome) -> Result<Judged, Stop> {
        const OUTPUT: &str = "output/";
        let expected = expectation::files(&given.expected)?;
        let left = left(plan, outcome);
        let actual = left.first().map(|(_, left)| left.output.clone()).unwrap_or_default();
        let entries = expected.entries.iter().chain(&actual.entries);
        let files: BTreeSet<&String> = entries
            .filter(|(path, entry)| {
                entry.kind != EntryKind::Directory && !self.ignored.is_match(format!("{OUTPUT}{path}"))
            })
            .map(|(path, _)| path)
            .collect();
        let compared = files.into_iter().cloned().collect();
        let comparison = self.compare(OUTPUT.trim_end_matches('/'), expected, &actual)?;
        let located = |mut difference: Difference| {
            let below = difference.file.strip_prefix(OUTPUT).map(str::to_owned);
            difference.file = below.unwrap_or(difference.file);
            Located { expected: given.expected.clone(), pipeline: None, difference }
        };
        Ok(Judged {
            differences: comparison.differences.into_iter().map(located).collect(),
            notes: comparison.notes,
            is_new: false,
            rules: Vec::new(),
            compared,
        })
    }

    fn rules(&self) -> Rules<'p> {
        Rules { exact: self.exact, folder: String::new(), marks: self.marks, filters: self.filters }
    }

    fn compare(&self, folder: &str, expected: Tree, actual: &Tree) -> Result<Comparison, Stop> {
        let (expected, actual) =
            (self.without_ignored(folder, expected), self.without_ignored(folder, actual.clone()));
        Ok(compare::compare(&expected, &actual, &self.rules_of(folder))?)
    }

    fn rules_of(&self, folder: &str) -> Rules<'p> {
        Rules { folder: folder.to_owned(), ..self.rules() }
    }

    fn without_ignored(&self, folder: &str, mut tree: Tree) -> Tree {
        tree.entries.retain(|path, _| !self.ignored.is_match(format!("{folder}/{path}")));
        tree
    }
}

/// The files that are not compared.
fn ignored(plan: &Plan<'_>) -> Result<GlobSet, Stop> {
    let mut set = GlobSetBuilder::new();
    for pattern in plan.settings.ignore() {
        let glob = Glob::new(pattern).map_err(|error| {
            let message = format!("ignore: {pattern:?} is not a pattern: {}", error.kind());
            Failure::Source(SourceError::whole(plan.expectation.folder(), message))
        });
        set.add(glob.map_err(Stop::Failure)?);
    }
    set.build().map_err(|error| anyhow::anyhow!("ignore: {error}").into())
}

/// Whether what was left is nothing that an expectation could hold, or is not what the settings say of it.
pub(super) fn cannot_be_stored(difference: &Difference) -> bool {
    match &difference.kind {
        DifferenceKind::NotKept { side, .. } | DifferenceKind::Link { side, .. } => *side == Side::Actual,
        _ => difference.breaks_a_rule(),
    }
}

/// Which document of its file a difference is about; nothing if it is about more than one document.
pub(super) fn part(difference: &Difference) -> Option<Parts> {
    let (expected, actual) = match &difference.kind {
        DifferenceKind::ChangedDocument(changed) => (Some(changed.expected_index), None),
        DifferenceKind::MissingDocument(document) => (Some(document.index), None),
        DifferenceKind::UnexpectedDocument(document) => (None, Some(document.index)),
        _ => return None,
    };
    Some(Parts { expected: expected.into_iter().collect(), actual: actual.into_iter().collect() })
}

/// The files of which something is taken, each with what of it. Each difference says whether it is.
pub(super) fn changed<'a>(differences: impl Iterator<Item = (&'a Difference, bool)>) -> Changed {
    let mut files: BTreeMap<&str, Vec<(&Difference, bool)>> = BTreeMap::new();
    for (difference, taken) in differences {
        files.entry(&difference.file).or_default().push((difference, taken));
    }
    let mut changed = Changed::default();
    for of_file in files.values() {
        let is_whole = of_file.iter().all(|(_, taken)| *taken);
        let taken = || of_file.iter().filter(|(_, taken)| *taken).map(|(difference, _)| *difference);
        let parts = taken().map(part).collect::<Option<Vec<Parts>>>().filter(|_| !is_whole);
        let parts = parts.map(|parts| joined(&parts));
        for difference in taken() {
            changed.add(
                &difference.file,
                difference.left.as_deref().unwrap_or(&difference.file),
                parts.as_ref(),
            );
            if let DifferenceKind::MovedDocument { to, .. } = &difference.kind {
                changed.add(to, to, parts.as_ref());
            }
        }
    }
    changed
}

impl Changed {
    /// Paths begin with the folder that they are in.
    fn add(&mut self, file: &str, left: &str, parts: Option<&Parts>) {
        let left = left.split_once('/').map(|(_, path)| path.to_owned()).unwrap_or_default();
        let replacement = Replacement { left, parts: parts.cloned() };
        match file.split_once('/') {
            Some(("metadata", path)) => _ = self.metadata.insert(path.to_owned(), replacement),
            Some(("output", path)) => _ = self.output.insert(path.to_owned(), replacement),
            _ => {}
        }
    }
}

fn joined(parts: &[Parts]) -> Parts {
    let all = |side: fn(&Parts) -> &BTreeSet<usize>| parts.iter().flat_map(side).copied().collect();
    Parts { expected: all(|parts| &parts.expected), actual: all(|parts| &parts.actual) }
}

/// The folders of pipelines that the workflow does not have.
pub(super) fn gone(plan: &Plan<'_>) -> Vec<PathBuf> {
    if plan.given.is_some() {
        return Vec::new();
    }
    let known: Vec<String> = plan.pipelines.iter().map(|name| one_part(name)).collect();
    let is_known = |folder: &PathBuf| {
        folder.file_name().is_some_and(|name| known.iter().any(|known| name == known.as_str()))
    };
    plan.expectation.pipelines().into_iter().filter(|folder| !is_known(folder)).collect()
}
