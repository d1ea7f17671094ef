//! The two further files that a test may expect: `status.yaml`, the object's status at the end, and `work.yaml`, what
//! Kratix would schedule.

use std::path::Path;

use serde_json::Value as Json;

use super::Stop;
use super::test::Plan;
use crate::outcome::{PipelineOutcome, TestOutcome};
use crate::suite::expectation::store;
use crate::tree::{Entry, EntryKind, Tree, one_part};
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

/// The files that the test expects. All of them are kept among the results. What is expected and did not come to be, as the
/// status where a stage alone is run, is missing.
pub(super) fn of(plan: &Plan<'_>, outcome: &TestOutcome) -> Result<Vec<Summary>, Stop> {
    let mut summaries = Vec::new();
    let actual = outcome.status.as_ref().map(|status| self::status(&outcome.results, status)).transpose()?;
    if let Some(expected) = one_file(plan.expectation.folder(), STATUS) {
        summaries.push(Summary { expected, actual: actual.unwrap_or_default(), pipeline: None });
    }
    let alone = plan.is_alone();
    for name in &plan.pipelines {
        let ran = outcome.pipelines.iter().find(|pipeline| pipeline.name == *name);
        let work = ran.and_then(|pipeline| Some((pipeline, pipeline.work.as_ref()?)));
        let actual = work
            .map(|(pipeline, work)| keep(&results(outcome, pipeline, alone), WORK, &work.to_yaml()))
            .transpose()?;
        let expectation = plan.expectation.pipeline(name, alone)?;
        if let Some(expected) = one_file(&expectation.folder, WORK) {
            let pipeline = (!alone).then(|| (*name).to_owned());
            summaries.push(Summary { expected, actual: actual.unwrap_or_default(), pipeline });
        }
    }
    Ok(summaries)
}

/// A status as a file among the results.
pub(super) fn status(results: &Path, status: &Json) -> Result<Tree, Stop> {
    keep(results, STATUS, &emit(status))
}

/// Where the results of a pipeline are.
pub(super) fn results(outcome: &TestOutcome, pipeline: &PipelineOutcome, alone: bool) -> std::path::PathBuf {
    if alone {
        outcome.results.clone()
    } else {
        outcome.results.join("pipelines").join(one_part(&pipeline.name))
    }
}

fn keep(folder: &Path, name: &str, text: &str) -> Result<Tree, Stop> {
    store(&folder.join(name), text.as_bytes(), false)?;
    Ok(one_file(folder, name).unwrap_or_default())
}

/// A folder, as far as it is this file; nothing if it is not there.
fn one_file(folder: &Path, name: &str) -> Option<Tree> {
    let metadata = std::fs::symlink_metadata(folder.join(name)).ok().filter(std::fs::Metadata::is_file)?;
    let entry = Entry { kind: EntryKind::File { size: metadata.len() }, mode: 0o644, uid: 0, gid: 0 };
    Some(Tree { root: folder.to_owned(), entries: [(name.to_owned(), entry)].into() })
}
