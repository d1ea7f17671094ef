//! The files of folders that say what is expected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::case::{Case, Expected};
use super::ground::Ground;
use super::written::at;
use super::{Note, kept};
use crate::suite::expectation::{file_behind, is_kept_for_git};
use crate::suite::scaffold::offer::OfferedFile;
use crate::tree::{self, EntryKind, Tree, Unkept};

/// Files of a test by their path in its folder.
pub(super) type Files = BTreeMap<PathBuf, OfferedFile>;

/// The files that are expected.
pub(super) fn expectations(ground: &Ground<'_>, case: &Case, files: &mut Files, notes: &mut Vec<Note>) {
    let before = files.len();
    for (part, expected) in [("output", &case.output), ("metadata", &case.metadata)] {
        if let Some(expected) = expected {
            copy(ground, expected, Path::new(part), files, notes);
        }
    }
    let is_asserted = [&case.output, &case.metadata].into_iter().flatten().any(|expected| expected.asserted);
    if files.len() == before && is_asserted {
        // That nothing is left is what is expected.
        files.insert("output/.gitkeep".into(), plain(Vec::new()));
    }
    if case.metadata.is_none() && files.len() > before {
        notes.push(at(
            ground,
            case,
            "says nothing of metadata/: what the pipeline leaves there has to be accepted once",
        ));
    }
}

/// The files of a folder.
pub(super) fn copy(
    ground: &Ground<'_>,
    from: &Expected,
    to: &Path,
    files: &mut Files,
    notes: &mut Vec<Note>,
) {
    let Some(real) = ground.inside(&from.folder) else {
        notes.push(ground.note(&from.folder, "is outside of the repository, so it is not taken over"));
        return;
    };
    let tree = match tree::scan(&real) {
        Ok(tree) => tree,
        Err(error) => {
            notes.push(ground.note(&from.folder, format!("is not taken over: {error}")));
            return;
        }
    };
    let kept = if from.asserted { None } else { kept::by_git(&real) };
    let is_meant = |path: &str| {
        let first = path.split('/').next().unwrap_or(path);
        !from.without.contains(&first) && !is_kept_for_git(path)
    };
    let mut ignored = 0;
    for (path, entry) in tree.entries.iter().filter(|(path, _)| is_meant(path)) {
        if entry.kind == EntryKind::Directory {
            continue;
        }
        if kept.as_ref().is_some_and(|kept| !kept.contains(path)) {
            ignored += 1;
            continue;
        }
        match contents(&tree, path) {
            Ok(file) => drop(files.insert(to.join(path), file)),
            Err(why) => {
                notes.push(ground.note(&from.folder.join(path), format!("is not taken over: it is {why}")));
            }
        }
    }
    if ignored > 0 {
        let files = if ignored == 1 {
            "a file that git ignores".to_owned()
        } else {
            format!("{ignored} files that git ignores")
        };
        let text = format!("holds {files}: what a run left is not taken over");
        notes.push(ground.note(&from.folder, text));
    }
}

/// A file of a folder, or why it has no contents.
fn contents(tree: &Tree, path: &str) -> Result<OfferedFile, String> {
    let entry = |path: &str| tree.entries.get(path).map(|entry| (&entry.kind, entry.mode));
    match entry(path) {
        Some((EntryKind::Unkept(Unkept::TooLarge { size }), _)) => {
            return Err(format!("too large ({size} bytes)"));
        }
        Some((EntryKind::Unkept(_), _)) => return Err("no regular file".to_owned()),
        _ => {}
    }
    let file = file_behind(tree, path).ok_or("a link to what is not there or not in the folder")?;
    let mode = entry(&file).map_or(0, |(_, mode)| mode);
    let bytes = tree.read(&file).map_err(|error| format!("not readable: {}", tree::plain(&error)))?;
    Ok(OfferedFile { bytes, executable: mode & 0o111 != 0 })
}

pub(super) fn plain(bytes: Vec<u8>) -> OfferedFile {
    OfferedFile { bytes, executable: false }
}
