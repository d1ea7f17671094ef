//! Storing what a pipeline left as what is expected.

use std::collections::BTreeSet;
use std::path::Path;

use super::Stop;
use super::summaries::{self, Summary};
use super::test::Plan;
use crate::diagnostic::{Source, SourceError};
use crate::outcome::{Left, Located, TestOutcome};
use crate::suite::changes::Changes;
use crate::suite::expectation::{FOLDERS, PipelineExpectation};
use crate::suite::settings::FILE_NAME;

/// The paths that differ, below each of the folders that a pipeline leaves.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) metadata: BTreeSet<String>,
    pub(super) output: BTreeSet<String>,
}

/// Writes the files that differ, and no others. A test of a pipeline that leaves nothing gets a folder that says so.
pub(super) fn store(
    expectation: &PipelineExpectation,
    left: &Left,
    changed: &Changed,
    is_new: bool,
    changes: &mut Changes,
) -> Result<(), SourceError> {
    let before = changes.count();
    expectation.write(FOLDERS[0], &left.metadata, &changed.metadata, changes)?;
    expectation.write(FOLDERS[1], &left.output, &changed.output, changes)?;
    if is_new && changes.count() == before && expectation.is_new() {
        expectation.write_empty(changes)?;
    }
    Ok(())
}

/// Writes the status and the Works anew where they are expected and differ.
pub(super) fn store_summaries(
    plan: &Plan<'_>,
    outcome: &TestOutcome,
    changes: &mut Changes,
) -> Result<(), Stop> {
    for Summary { expected, actual, .. } in summaries::of(plan, outcome)? {
        let differs = |name: &str| {
            let differs =
                |located: &Located| located.difference.file == name && located.expected == expected.root;
            outcome.differences.iter().any(differs)
        };
        for name in expected.entries.keys().filter(|name| differs(name)) {
            changes.store(expected.root.join(name), &actual.read(name)?, false)?;
        }
    }
    Ok(())
}

/// Makes an example request a test: its folder with a copy of the request.
pub(super) fn new_test(
    folder: &Path,
    request: Option<&Path>,
    changes: &mut Changes,
) -> Result<(), SourceError> {
    match request {
        Some(request) => changes.create(folder.join("input/object.yaml"), &Source::read(request)?.bytes),
        None => changes.create(folder.join(FILE_NAME), b"workflow: promise/configure\n"),
    }
}
