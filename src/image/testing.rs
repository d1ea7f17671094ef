//! Folders for the tests of this module.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Recipe, Rule};

/// Files in a folder of their own, which goes with them.
pub(super) struct Files {
    root: PathBuf,
    _folder: tempfile::TempDir,
}

impl Files {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Named, since the rules go by the names of folders.
        let root = fs::canonicalize(folder.path()).unwrap().join("repo");
        fs::create_dir(&root).unwrap();
        let files_here = Self { root, _folder: folder };
        for (path, text) in files {
            files_here.write(path, text);
        }
        files_here
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }

    /// Writes a file, or makes a folder where the path ends in `/`.
    pub(super) fn write(&self, path: &str, text: &str) {
        let file = self.path(path);
        let folder = if path.ends_with('/') { &file } else { file.parent().unwrap_or(Path::new("")) };
        fs::create_dir_all(folder).unwrap();
        if !path.ends_with('/') {
            fs::write(file, text).unwrap();
        }
    }
}

/// What builds an image of files.
pub(super) fn recipe(files: &Files, dockerfile: &str, context: &str) -> Recipe {
    Recipe {
        dockerfile: files.path(dockerfile),
        context: files.path(context),
        target: String::new(),
        args: BTreeMap::new(),
        rule: Rule::Settings,
        tests: vec![files.path("test"), files.path("tests")],
    }
}
