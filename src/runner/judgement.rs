//! What the pipelines left, held against what is expected.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::Stop;
use super::test::Plan;
use super::update::Changed;
use crate::compare::{self, Comparison, Difference, DifferenceKind, Note, Rules, Side};
use crate::diagnostic::SourceError;
use crate::outcome::{Failure, Left, Located, PipelineOutcome};
use crate::suite::expectation::{FOLDERS, PipelineExpectation};
use crate::suite::settings::Compare;
use crate::tree::Tree;

/// What a comparison came to.
pub(super) struct Judged {
    pub(super) differences: Vec<Located>,
    pub(super) notes: Vec<Note>,
    /// Nothing was ever expected of any of the pipelines.
    pub(super) is_new: bool,
}

/// Compares what every pipeline left with what is expected of it.
pub(super) fn judge(plan: &Plan<'_>, pipelines: &[PipelineOutcome]) -> Result<Judged, Stop> {
    let ignored = ignored(plan)?;
    let exact = plan.settings.compare() == Compare::Exact;
    let alone = pipelines.len() == 1;
    let mut judged = Judged { differences: Vec::new(), notes: Vec::new(), is_new: true };
    for pipeline in pipelines {
        let expectation = plan.expectation.pipeline(&pipeline.name, alone)?;
        judged.is_new &= expectation.is_new();
        for folder in FOLDERS {
            let comparison = compare_folder(&expectation, folder, &pipeline.left, &ignored, exact)?;
            judged.notes.extend(comparison.notes);
            judged.differences.extend(comparison.differences.into_iter().map(|difference| Located {
                expected: expectation.folder.clone(),
                pipeline: (!alone).then(|| pipeline.name.clone()),
                difference,
            }));
        }
    }
    Ok(judged)
}

fn compare_folder(
    expectation: &PipelineExpectation,
    folder: &str,
    left: &Left,
    ignored: &GlobSet,
    exact: bool,
) -> Result<Comparison, Stop> {
    let without_ignored = |mut tree: Tree| {
        tree.entries.retain(|path, _| !ignored.is_match(format!("{folder}/{path}")));
        tree
    };
    let expected = without_ignored(expectation.read(folder)?);
    let actual = without_ignored(left.folder(folder).clone());
    let rules = Rules { exact, folder: folder.to_owned() };
    Ok(compare::compare(&expected, &actual, &rules)?)
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

/// Whether what was left is nothing that an expectation could hold.
pub(super) fn cannot_be_stored(difference: &Difference) -> bool {
    matches!(
        difference.kind,
        DifferenceKind::NotKept { side: Side::Actual, .. } | DifferenceKind::Link { side: Side::Actual, .. }
    )
}

/// The files that differ.
pub(super) fn changed<'a>(differences: impl Iterator<Item = &'a Difference>) -> Changed {
    let mut changed = Changed::default();
    for difference in differences {
        let mut add = |file: &str| match file.split_once('/') {
            Some(("metadata", path)) => _ = changed.metadata.insert(path.to_owned()),
            Some((_, path)) => _ = changed.output.insert(path.to_owned()),
            None => {}
        };
        add(&difference.file);
        if let DifferenceKind::MovedDocument { from, to, .. } = &difference.kind {
            add(from);
            add(to);
        }
    }
    changed
}
