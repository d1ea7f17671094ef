//! Storing what a pipeline left as what is expected.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Stop;
use super::summaries::{self, Summary};
use super::test::Plan;
use crate::compare::{self, Around, Rewritten};
use crate::diagnostic::{Source, SourceError};
use crate::outcome::{Left, Located, TestOutcome};
use crate::suite::changes::Changes;
use crate::suite::expectation::{Anew, FOLDERS, How, PipelineExpectation, Replacement};
use crate::suite::settings::FILE_NAME;
use crate::tree::{self, EntryKind};

/// The paths that differ, below each of the folders that a pipeline leaves.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Each with what takes its place.
    pub(super) metadata: BTreeMap<String, Replacement>,
    pub(super) output: BTreeMap<String, Replacement>,
}

/// Writes the files that differ, and no others. A test of a pipeline that leaves nothing gets a folder that says so.
/// Tells what of the files could not be changed in its place.
pub(super) fn store(
    expectation: &PipelineExpectation,
    (left, changed): (&Left, &Changed),
    is_new: bool,
    (how, changes): (&How<'_>, &mut Changes),
) -> Result<Vec<Anew>, SourceError> {
    let before = changes.count();
    let mut anew = expectation.write(FOLDERS[0], &left.metadata, &changed.metadata, (how, changes))?;
    anew.extend(expectation.write(FOLDERS[1], &left.output, &changed.output, (how, changes))?);
    if is_new && changes.count() == before && expectation.is_new() {
        expectation.write_empty(changes)?;
    }
    Ok(anew)
}

/// Removes what is expected of pipelines that are gone.
pub(super) fn remove(folders: &[PathBuf], changes: &mut Changes) -> Result<(), SourceError> {
    for folder in folders {
        let tree = tree::scan(folder).map_err(|error| SourceError::whole(folder, error.to_string()))?;
        let files = tree.entries.iter().filter(|(_, entry)| entry.kind != EntryKind::Directory);
        for (path, _) in files {
            changes.remove(folder.join(path), folder.parent().unwrap_or(folder))?;
        }
    }
    Ok(())
}

/// What is said of a part of a file that was written anew.
pub(super) fn remark(anew: &Anew) -> String {
    let file = anew.file.display();
    let rest = "was written anew: look whether a comment of yours is gone";
    match &anew.what {
        Rewritten::File => format!("{file} {rest}"),
        Rewritten::Document(document) => format!("{file}: {document} {rest}"),
        Rewritten::Value(document, path) => format!("{file}: {path} of {document} {rest}"),
    }
}

/// Writes the status and the Works anew where they are expected, differ, and are taken.
pub(super) fn store_summaries(
    plan: &Plan<'_>,
    outcome: &TestOutcome,
    is_taken: impl Fn(usize) -> bool,
    changes: &mut Changes,
) -> Result<(), Stop> {
    for Summary { expected, actual, .. } in summaries::of(plan, outcome)? {
        let differs = |name: &str| {
            let differs =
                |located: &Located| located.difference.file == name && located.expected == expected.root;
            let mut all = outcome.differences.iter().enumerate();
            all.any(|(index, located)| is_taken(index) && differs(located))
        };
        for name in expected.entries.keys().filter(|name| differs(name)) {
            if !actual.entries.contains_key(name) {
                changes.remove(expected.root.join(name), &expected.root)?;
                continue;
            }
            let around = Around { name, marks: plan.settings.marks(), others: &[], parts: None };
            let edited = compare::edit(&expected.read(name)?, &actual.read(name)?, &around);
            changes.store(expected.root.join(name), &edited.text, false)?;
        }
    }
    Ok(())
}

/// Writes the drafts of files that are not written otherwise.
pub(super) fn store_drafts(plan: &Plan<'_>, changes: &mut Changes) -> Result<(), SourceError> {
    for (expected, draft) in plan.expectation.drafts().iter() {
        let text = Source::read(draft)?.bytes;
        let is_same = fs::read(expected).is_ok_and(|bytes| bytes == text);
        if is_same || changes.has(expected) {
            continue;
        }
        let metadata = fs::metadata(expected).or_else(|_| fs::metadata(draft));
        let executable = metadata.is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0);
        changes.store(expected.to_owned(), &text, executable)?;
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
