//! A test that could be made, and how it gets onto the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::SourceError;
use crate::suite::changes::Changes;
use crate::suite::expectation::Written;
use crate::suite::settings::join;

/// A test that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Its path below the folder of tests.
    pub(crate) name: String,
    /// One line on what it is for.
    pub(crate) what: String,
    /// Its files, by their path below its folder.
    pub(crate) files: BTreeMap<PathBuf, OfferedFile>,
}

/// A file of a test that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferedFile {
    pub(crate) bytes: Vec<u8>,
    pub(crate) executable: bool,
}

/// What became of the files of offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) written: Vec<Written>,
    /// What was there already, and stays as it was.
    pub(crate) kept: Vec<PathBuf>,
}

/// The folder that holds the tests of a Promise, or will. One that is a test itself holds no others.
pub(crate) fn tests_folder(promise: &Path) -> PathBuf {
    let [test, tests] = ["test", "tests"].map(|name| join(promise, name));
    let is_a_test = test.join("input").is_dir();
    if is_a_test || tests.is_dir() && !test.is_dir() { tests } else { test }
}

/// Writes offers below a folder of tests: all of them, or none. Nothing that exists is overwritten.
pub(crate) fn write(tests: &Path, offers: &[Offer]) -> Result<Made, SourceError> {
    let mut made = Made::default();
    let mut changes = Changes::of(tests);
    for (path, file) in offers.iter().flat_map(|offer| offer.files_below(tests)) {
        match fs::symlink_metadata(&path) {
            Ok(_) => made.kept.push(path),
            Err(_) => changes.store(path, &file.bytes, file.executable)?,
        }
    }
    made.written = changes.commit()?;
    Ok(made)
}

impl Offer {
    fn files_below(&self, tests: &Path) -> impl Iterator<Item = (PathBuf, &OfferedFile)> {
        let folder = tests.join(&self.name);
        self.files.iter().map(move |(path, file)| (folder.join(path), file))
    }
}

impl From<String> for OfferedFile {
    fn from(text: String) -> Self {
        Self { bytes: text.into_bytes(), executable: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(name: &str, files: &[&str]) -> Offer {
        let file = |path: &&str| (PathBuf::from(path), OfferedFile::from("new".to_owned()));
        Offer { name: name.to_owned(), what: String::new(), files: files.iter().map(file).collect() }
    }

    #[test]
    fn what_is_there_stays_and_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let tests = tests_folder(folder.path());
        let first = write(&tests, &[offer("a", &["input/object.yaml"])]).expect("written");
        let path = tests.join("a/input/object.yaml");
        assert_eq!(first, Made { written: vec![Written::Created(path.clone())], kept: Vec::new() });
        fs::write(&path, "mine").expect("a file");
        let offers = [offer("a", &["input/object.yaml", "kratix-test.yaml"]), offer("b/c", &["x"])];
        let second = write(&tests, &offers).expect("written");
        assert_eq!(second.kept, [path.clone()]);
        let created = ["a/kratix-test.yaml", "b/c/x"].map(|path| Written::Created(tests.join(path)));
        assert_eq!(second.written, created);
        assert_eq!(fs::read_to_string(path).expect("a file"), "mine");
    }

    #[test]
    fn tests_are_made_where_there_are_some() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("tests")).expect("a folder");
        assert_eq!(tests_folder(folder.path()), folder.path().join("tests"));
        fs::create_dir(folder.path().join("test")).expect("a folder");
        assert_eq!(tests_folder(folder.path()), folder.path().join("test"));
        fs::create_dir(folder.path().join("test/input")).expect("a folder");
        assert_eq!(tests_folder(folder.path()), folder.path().join("tests"));
    }

    #[test]
    fn nothing_is_written_unless_all_of_it_can_be() {
        let folder = tempfile::tempdir().expect("a folder");
        let tests = tests_folder(folder.path());
        fs::create_dir(&tests).expect("a folder");
        fs::write(tests.join("b"), "a file").expect("a file");
        write(&tests, &[offer("a", &["x"]), offer("b", &["x"])]).expect_err("a file is in the way");
        assert!(!tests.join("a").exists());
    }
}
