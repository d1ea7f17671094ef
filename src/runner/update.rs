//! Storing what a pipeline left as what is expected.

use std::collections::BTreeSet;
use std::path::Path;

use crate::diagnostic::{Source, SourceError};
use crate::outcome::Left;
use crate::suite::expectation::{FOLDERS, PipelineExpectation, Written, create};

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

/// Makes an example request a test: its folder with a copy of the request.
pub(super) fn new_test(folder: &Path, request: Option<&Path>) -> Result<Vec<Written>, SourceError> {
    match request {
        Some(request) => create(&folder.join("input/object.yaml"), &Source::read(request)?.bytes),
        None => create(&folder.join(crate::suite::settings::FILE_NAME), b"workflow: promise/configure\n"),
    }
}
