//! The two further files that a test may expect: `status.yaml`, the object's status at the end, and `work.yaml`, what
//! Kratix would schedule.

use std::path::Path;

use serde_json::Value as Json;

use super::Stop;
use super::results::of_pipeline;
use super::test::Plan;
use crate::outcome::TestOutcome;
use crate::suite::expectation::store;
use crate::tree::{Entry, EntryKind, Tree};
use crate::yaml::emit;

pub(super) const STATUS: &str = "status.yaml";
pub(super) const WORK: &str = "work.yaml";

/// One of the files, as it is expected and as it came to be.
pub(super) struct Summary {
    pub(super) expected: Tree,
    pub(super) actual: Tree,
    /// Named where there are several.
    pub(super) pipeline: Option<String>,
}

/// Keeps them among the results, whether the test expects them or not.
pub(super) fn keep_all(plan: &Plan<'_>, outcome: &TestOutcome) -> Result<(), Stop> {
    if let Some(status) = &outcome.status {
        status_in(&outcome.results, status)?;
    }
    for pipeline in &outcome.pipelines {
        if let Some(work) = &pipeline.work {
            keep(&of_pipeline(&outcome.results, &pipeline.name, plan.is_alone()), WORK, &work.to_yaml())?;
        }
    }
    Ok(())
}

/// The files that the test expects, held against those that are kept. What is expected and did not come to be, as the
/// status where a stage alone is run, is missing.
pub(super) fn of(plan: &Plan<'_>, outcome: &TestOutcome) -> Result<Vec<Summary>, Stop> {
    let mut summaries = Vec::new();
    let expected = |folder: &Path, name: &str| {
        let mut tree = one_file(folder, name)?;
        plan.expectation.drafts().lay(&mut tree);
        // Drafts of what is below the folder are not of this file.
        tree.entries.retain(|path, _| path == name);
        Some(tree)
    };
    if let Some(expected) = expected(plan.expectation.folder(), STATUS) {
        let actual = one_file(&outcome.results, STATUS).unwrap_or_default();
        summaries.push(Summary { expected, actual, pipeline: None });
    }
    let alone = plan.is_alone();
    for name in &plan.pipelines {
        let expectation = plan.expectation.pipeline(name, alone)?;
        if let Some(expected) = expected(&expectation.folder, WORK) {
            let actual = one_file(&of_pipeline(&outcome.results, name, alone), WORK).unwrap_or_default();
            let pipeline = (!alone).then(|| (*name).to_owned());
            summaries.push(Summary { expected, actual, pipeline });
        }
    }
    Ok(summaries)
}

/// A status as a file among the results.
pub(super) fn status_in(results: &Path, status: &Json) -> Result<Tree, Stop> {
    keep(results, STATUS, &emit(status))
}

fn keep(folder: &Path, name: &str, text: &str) -> Result<Tree, Stop> {
    store(&folder.join(name), text.as_bytes(), false)?;
    Ok(one_file(folder, name).unwrap_or_default())
}

/// A folder, as far as it is this file; nothing if it is not there.
pub(super) fn one_file(folder: &Path, name: &str) -> Option<Tree> {
    let metadata = std::fs::symlink_metadata(folder.join(name)).ok().filter(std::fs::Metadata::is_file)?;
    let entry = Entry { kind: EntryKind::File { size: metadata.len() }, mode: 0o644, uid: 0, gid: 0 };
    let entries = [(name.to_owned(), entry)].into();
    Some(Tree { root: folder.to_owned(), entries, ..Tree::default() })
}
