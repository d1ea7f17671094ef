//! What a test expects a pipeline to leave, and how new expectations are written.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::compare::{self, Around, MarkRule, Parts, Rewritten, Spot};
use crate::diagnostic::{Source, SourceError};
use crate::tree::{self, EntryKind, Resolution, Tree};

use super::changes::Changes;
use super::drafts::Drafts;

/// The two folders that a pipeline leaves.
pub(crate) const FOLDERS: [&str; 2] = ["metadata", "output"];

/// Where a test keeps its expectations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expectation {
    test: PathBuf,
    /// The test's folder, or `expected` in it.
    folder: PathBuf,
    /// What is read in place of its files.
    drafts: Drafts,
}

/// The expectations of one pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PipelineExpectation {
    /// The folder that holds `metadata` and `output`.
    pub(crate) folder: PathBuf,
    drafts: Drafts,
}

/// What takes the place of an expected file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// The file that was left.
    pub(crate) left: String,
    /// The documents that are taken from it, if not all.
    pub(crate) parts: Option<Parts>,
}

/// A file that was written or removed, for saying so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Written {
    Created(PathBuf),
    Changed(PathBuf),
    Removed(PathBuf),
}

/// How expectations are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct How<'m> {
    /// Bytes are compared, so they are what is written.
    pub(crate) exact: bool,
    /// The marks of the settings, whose values stay as they are.
    pub(crate) marks: &'m [MarkRule],
    /// What is marked in new files: `output/kibana.yaml`.
    pub(crate) varying: &'m BTreeMap<String, Vec<Spot>>,
}

/// A part of an expected file that could not be changed in its place: comments and marks that stood there may be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Anew {
    pub(crate) file: PathBuf,
    pub(crate) what: Rewritten,
}

impl How<'_> {
    /// Whether a file is changed in its place.
    fn edits(&self, path: &str) -> bool {
        let extension = Path::new(path).extension().map(std::ffi::OsStr::to_ascii_lowercase);
        !self.exact
            && extension
                .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|yaml| extension == *yaml))
    }
}

impl Expectation {
    pub(crate) fn of(test: &Path) -> Self {
        let expected = test.join("expected");
        let folder = if expected.is_dir() { expected } else { test.to_owned() };
        Self { test: test.to_owned(), folder, drafts: Drafts::default() }
    }

    /// The same with drafts in place of some of its files.
    #[must_use]
    pub(crate) fn with(self, drafts: Drafts) -> Self {
        Self { drafts, ..self }
    }

    pub(crate) fn drafts(&self) -> &Drafts {
        &self.drafts
    }

    /// The exit code that `exitcode` beside the expectations says, if it is there.
    pub(crate) fn exit_code(&self) -> Result<Option<i64>, SourceError> {
        let path = self.folder.join("exitcode");
        if fs::symlink_metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Ok(None);
        }
        let source = Source::read(&path)?;
        let code = str::from_utf8(&source.bytes).ok().and_then(|text| text.trim().parse().ok());
        code.map(Some).ok_or_else(|| SourceError::whole(&path, "does not hold an exit code alone, such as 1"))
    }

    /// The folder of the test that it is of.
    pub(crate) fn test(&self) -> &Path {
        &self.test
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folders of pipelines, whether there are such pipelines or not.
    pub(crate) fn pipelines(&self) -> Vec<PathBuf> {
        let folders = fs::read_dir(self.folder.join("pipelines")).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> =
            folders.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        folders
    }

    /// Where the expectations of a pipeline stand. Several pipelines have a folder each; one alone may.
    pub(crate) fn pipeline(&self, name: &str, alone: bool) -> Result<PipelineExpectation, SourceError> {
        let at = |folder: PathBuf| Ok(PipelineExpectation { folder, drafts: self.drafts.clone() });
        let own = self.folder.join("pipelines").join(tree::one_part(name));
        if own.is_dir() {
            return at(own);
        }
        if alone {
            return at(self.folder.clone());
        }
        match FOLDERS.iter().map(|folder| self.folder.join(folder)).find(|folder| folder.is_dir()) {
            None => at(own),
            Some(flat) => {
                let message = "is for a workflow of one pipeline, and this one has several, each with folders of its own";
                let hint = format!("move what {name} leaves to {}", own.display());
                Err(SourceError::whole(&flat, message).hint(hint))
            }
        }
    }
}

impl PipelineExpectation {
    /// Whether nothing was ever expected: neither folder exists.
    pub(crate) fn is_new(&self) -> bool {
        let is_there = |folder: PathBuf| folder.exists() || self.drafts.is_in(&folder);
        !FOLDERS.iter().any(|folder| is_there(self.folder.join(folder)))
    }

    /// What is expected of one of the folders; a folder that is absent is expected to be empty.
    pub(crate) fn read(&self, folder: &str) -> Result<Tree, SourceError> {
        let root = self.folder.join(folder);
        let mut tree = match root.exists() {
            false => Tree { root, ..Tree::default() },
            true if root.is_dir() => files(&root)?,
            true => {
                let message = "is no folder, where the files that a pipeline leaves are expected";
                return Err(SourceError::whole(&root, message).hint("move it away"));
            }
        };
        self.drafts.lay(&mut tree);
        tree.entries.retain(|path, _| !is_kept_for_git(path));
        Ok(tree)
    }

    /// Makes what a pipeline left the expectation: `changed` are the paths that differ, each with what takes their place;
    /// the others stay as they are. Tells what of the files could not be changed in its place.
    pub(crate) fn write(
        &self,
        folder: &str,
        left: &Tree,
        changed: &BTreeMap<String, Replacement>,
        (how, changes): (&How<'_>, &mut Changes),
    ) -> Result<Vec<Anew>, SourceError> {
        let expected = self.read(folder)?;
        let mut anew = Vec::new();
        let root = self.folder.join(folder);
        let is_there =
            |path: &str| expected.entries.get(path).is_some_and(|entry| entry.kind != EntryKind::Directory);
        let source = |replacement: &Replacement| file_behind(left, &replacement.left);
        for (path, _) in changed.iter().filter(|(path, with)| is_there(path) && source(with).is_none()) {
            changes.remove(root.join(path), &root)?;
        }
        for (path, with) in changed {
            let Some(source) = source(with) else { continue };
            let mut text = read(left, &source)?;
            let executable = left.entries.get(&source).is_some_and(|entry| entry.mode & 0o111 != 0);
            let file = root.join(path);
            if how.edits(path) {
                let others = changed.keys().filter(|other| *other != path && how.edits(other));
                let others: Vec<Vec<u8>> = others.filter_map(|other| expected.read(other).ok()).collect();
                let (name, parts) = (format!("{folder}/{path}"), with.parts.as_ref());
                let around = Around { name: &name, marks: how.marks, others: &others, parts };
                let before = expected.read(path).unwrap_or_default();
                let edited = match parts {
                    None => compare::edit(&before, &text, &around),
                    Some(_) => {
                        compare::edit_parts(&before, &text, &around).ok_or_else(|| not_in_parts(&file))?
                    }
                };
                anew.extend(edited.rewritten.into_iter().map(|what| Anew { file: file.clone(), what }));
                text = edited.text;
                let spots = how.varying.get(&name).filter(|_| parts.is_none());
                let marked = spots.and_then(|spots| compare::mark(&text, spots));
                text = marked.unwrap_or(text);
            }
            changes.store(file, &text, executable)?;
        }
        Ok(anew)
    }

    /// Gives a test of a pipeline that leaves nothing a folder that git keeps.
    pub(crate) fn write_empty(&self, changes: &mut Changes) -> Result<(), SourceError> {
        changes.create(self.folder.join("output/.gitkeep"), b"")
    }
}

fn not_in_parts(file: &Path) -> SourceError {
    SourceError::whole(file, "its documents cannot be changed one by one").hint("accept all of it, or none")
}

/// The files of a folder that count as expected.
pub(crate) fn files(root: &Path) -> Result<Tree, SourceError> {
    let mut tree = tree::scan(root).map_err(|error| SourceError::whole(root, error.to_string()))?;
    tree.entries.retain(|path, _| !is_kept_for_git(path));
    Ok(tree)
}

fn read(tree: &Tree, path: &str) -> Result<Vec<u8>, SourceError> {
    tree.read(path).map_err(|error| {
        SourceError::whole(&tree.root.join(path), format!("cannot be read: {}", tree::plain(&error)))
    })
}

/// A file that stands in an expected folder only because git keeps no empty ones.
pub(super) fn is_kept_for_git(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some(".gitkeep" | ".gitignore"))
}

/// The file at a path: itself, or the one inside the folder that it links to, which Kratix reads in its place.
pub(super) fn file_behind(tree: &Tree, path: &str) -> Option<String> {
    match tree.resolve(path) {
        Resolution::File(path) => Some(path),
        _ => None,
    }
}

/// Writes a file whole or not at all.
pub(crate) fn store(path: &Path, bytes: &[u8], executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    let mode = if executable { 0o755 } else { 0o644 };
    file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::EntryKind;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            store(&folder.path().join(path), text.as_bytes(), false).expect("a file");
        }
        folder
    }

    fn texts(folder: &Path) -> Vec<(String, String)> {
        let tree = tree::scan(folder).expect("a tree");
        let files = tree.entries.iter().filter(|(_, entry)| matches!(entry.kind, EntryKind::File { .. }));
        files
            .map(|(path, _)| {
                (path.clone(), String::from_utf8(tree.read(path).expect("bytes")).expect("text"))
            })
            .collect()
    }

    #[test]
    fn an_absent_folder_is_expected_to_be_empty_and_none_at_all_is_new() {
        let test = folder(&[("output/a.yaml", "a"), ("output/sub/.gitkeep", "")]);
        let expectation = Expectation::of(test.path()).pipeline("p", true).expect("one pipeline");
        assert!(!expectation.is_new());
        assert!(expectation.read("metadata").expect("a tree").entries.is_empty());
        let paths: Vec<String> = expectation.read("output").expect("a tree").entries.into_keys().collect();
        assert_eq!(paths, ["a.yaml", "sub"]);
        let test = folder(&[("input/object.yaml", "")]);
        assert!(Expectation::of(test.path()).pipeline("p", true).expect("one pipeline").is_new());
    }

    #[test]
    fn several_pipelines_have_folders_of_their_own() {
        let test = folder(&[("pipelines/a/output/x", ""), ("expected/pipelines/b/output/x", "")]);
        let expectation = Expectation::of(test.path()).pipeline("b", false).expect("a folder");
        assert!(expectation.folder.ends_with("expected/pipelines/b"));
        let flat = folder(&[("output/x", "")]);
        let error = Expectation::of(flat.path()).pipeline("a", false).expect_err("flat").to_string();
        assert!(error.contains("is for a workflow of one pipeline"), "{error}");
    }

    #[test]
    fn only_the_files_that_changed_are_written() {
        let test = folder(&[
            ("output/a.yaml", "# kept\na: 1\n"),
            ("output/b.yaml", "old"),
            ("output/d/gone.yaml", ""),
        ]);
        let left = folder(&[("a.yaml", "a: 1\n"), ("b.yaml", "new"), ("c/c.yaml", "c")]);
        let left = tree::scan(left.path()).expect("a tree");
        let changed = ["b.yaml", "c/c.yaml", "d/gone.yaml"]
            .map(|path| (path.to_owned(), Replacement { left: path.to_owned(), parts: None }));
        let how = How { exact: false, marks: &[], varying: &BTreeMap::new() };
        let expectation = Expectation::of(test.path()).pipeline("p", true).expect("one pipeline");
        let output = test.path().join("output");
        let mut changes = Changes::of(test.path());
        expectation.write("output", &left, &changed.into(), (&how, &mut changes)).expect("staged");
        let written = changes.commit().expect("written");
        assert_eq!(
            written,
            [
                Written::Removed(output.join("d/gone.yaml")),
                Written::Changed(output.join("b.yaml")),
                Written::Created(output.join("c/c.yaml")),
            ]
        );
        let text = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        assert_eq!(
            texts(&output),
            [text("a.yaml", "# kept\na: 1\n"), text("b.yaml", "new"), text("c/c.yaml", "c")]
        );
    }
}
