//! The Promise and its repository, outside of which nothing is read.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Beside, Note};
use crate::diagnostic::Source;
use crate::suite::PromiseSuite;
use crate::suite::settings::join;

/// What a takeover is for. Paths are real ones.
pub(super) struct Ground<'a> {
    pub(super) promise: &'a PromiseSuite,
    pub(super) beside: &'a [Beside],
    /// The Promise's folder.
    pub(super) folder: PathBuf,
    /// The repository's.
    pub(super) root: PathBuf,
}

impl<'a> Ground<'a> {
    pub(super) fn of(promise: &'a PromiseSuite, beside: &'a [Beside]) -> Self {
        let (folder, root) = (real(&promise.file.folder), real(&promise.file.root));
        Self { promise, beside, folder, root }
    }

    /// The real path, if it is there and in the repository.
    pub(super) fn inside(&self, path: &Path) -> Option<PathBuf> {
        fs::canonicalize(path).ok().filter(|real| real.starts_with(&self.root))
    }

    /// A path as messages name it.
    pub(super) fn shown(&self, path: &Path) -> PathBuf {
        let file = &self.promise.file;
        match (path.strip_prefix(&self.folder), path.strip_prefix(&self.root)) {
            (Ok(below), _) => join(&file.folder, below),
            (_, Ok(below)) => join(&file.root, below),
            _ => path.to_owned(),
        }
    }

    pub(super) fn note(&self, path: &Path, text: impl Into<String>) -> Note {
        Note { path: self.shown(path), line: None, text: text.into() }
    }

    /// A file's text. One outside of the repository is not read, whatever links to it.
    pub(super) fn read(&self, path: &Path) -> Result<Source, Note> {
        let Some(real) = self.inside(path) else {
            let why = if path.exists() { "is outside of the repository" } else { "is not there" };
            return Err(self.note(path, format!("{why}, so it is not taken over")));
        };
        let source = Source::read(&real).map_err(|error| self.note(path, error.message))?;
        Ok(Source::of(&self.shown(path), source.bytes))
    }

    /// The subfolders of a folder that may hold tests, by name.
    pub(super) fn subfolders(&self, folder: &Path) -> Vec<PathBuf> {
        let of_others = |path: &Path| *path != *self.folder && path.join("promise.yaml").is_file();
        let is_foreign = |path: &Path| path.ends_with("node_modules") || path.ends_with("vendor");
        let mut folders = crate::suite::repository::subfolders(folder);
        folders.retain(|path| !of_others(path) && !is_foreign(path));
        folders
    }
}

fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
