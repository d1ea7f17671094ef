//! Storing what a pipeline left as what is expected.

use std::collections::BTreeSet;
use std::path::Path;

use super::Stop;
use super::summaries::{self, Summary};
use super::test::Plan;
use crate::diagnostic::{Source, SourceError};
use crate::outcome::{Left, Located, TestOutcome};
use crate::suite::expectation::{self, FOLDERS, PipelineExpectation, Written, create};

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
) -> Result<Vec<Written>, SourceError> {
    let mut written = Vec::new();
    for (folder, tree, changed) in
        [(FOLDERS[0], &left.metadata, &changed.metadata), (FOLDERS[1], &left.output, &changed.output)]
    {
        written.extend(expectation.write(folder, tree, changed)?);
    }
    if is_new && expectation.is_new() {
        written.extend(expectation.write_empty()?);
    }
    Ok(written)
}

/// Writes the status and the Works anew where they are expected and differ.
pub(super) fn store_summaries(plan: &Plan<'_>, outcome: &TestOutcome) -> Result<Vec<Written>, Stop> {
    let mut written = Vec::new();
    for Summary { expected, actual, .. } in summaries::of(plan, outcome)? {
        let differs = |name: &str| {
            let differs =
                |located: &Located| located.difference.file == name && located.expected == expected.root;
            outcome.differences.iter().any(differs)
        };
        for name in expected.entries.keys().filter(|name| differs(name)) {
            let target = expected.root.join(name);
            expectation::store(&target, &actual.read(name)?, false)?;
            written.push(Written::Changed(target));
        }
    }
    Ok(written)
}

/// Makes an example request a test: its folder with a copy of the request.
pub(super) fn new_test(folder: &Path, request: Option<&Path>) -> Result<Vec<Written>, SourceError> {
    match request {
        Some(request) => create(&folder.join("input/object.yaml"), &Source::read(request)?.bytes),
        None => create(&folder.join(crate::suite::settings::FILE_NAME), b"workflow: promise/configure\n"),
    }
}
