//! Which Promises there are: the one of a folder or of the nearest folder above it, or every one below.

use std::path::{Component, Path, PathBuf};

use super::settings::join;
use super::split;
use crate::diagnostic::{Source, SourceError};
use crate::kratix::{self, Promise, Workflow, holds_promise};

/// The file that holds a Promise, or the files that it is split into.
#[derive(Debug, Clone)]
pub(crate) struct PromiseFile {
    pub(crate) source: Source,
    /// The folder that the Promise is in.
    pub(crate) folder: PathBuf,
    /// The root of its repository; without one, the folder itself.
    pub(crate) root: PathBuf,
}

impl PromiseFile {
    /// The file that declares a workflow, or that would.
    pub(crate) fn declares(&self, workflow: Workflow) -> PathBuf {
        if self.source.parts().is_empty() {
            return self.source.path.clone();
        }
        join(&self.folder, kratix::split::workflow_file(workflow))
    }
}

/// What was found from a folder.
#[derive(Debug)]
pub(crate) enum Found {
    /// The Promise of the folder, or of the nearest one above it.
    One(PromiseFile),
    /// The Promises below the folder; one that cannot be told apart is an error of its own.
    Below(Vec<Result<PromiseFile, SourceError>>),
}

/// Finds the Promise of a folder, or those below it.
pub(crate) fn find(folder: &Path) -> Result<Found, SourceError> {
    if !folder.is_dir() {
        return Err(
            SourceError::whole(folder, "is not a folder").hint("name the folder of a Promise with --dir")
        );
    }
    let root = root_of(folder);
    for above in upwards(folder, root.as_deref()) {
        if let Some(source) = promise_in(&above)? {
            return Ok(Found::One(promise_file(source, above)));
        }
    }
    let below = below(folder);
    if below.is_empty() {
        let message = "no Promise here, in a folder above it up to the repository's root, or below it";
        return Err(SourceError::whole(folder, message)
            .hint("a Promise is a YAML file with `kind: Promise`, or api.yaml with workflows/; name its folder with --dir"));
    }
    Ok(Found::Below(below))
}

fn promise_file(source: Source, folder: PathBuf) -> PromiseFile {
    let root = root_of(&folder).unwrap_or_else(|| folder.clone());
    PromiseFile { source, folder, root }
}

/// The nearest folder at or above this one that git keeps.
fn root_of(folder: &Path) -> Option<PathBuf> {
    let absolute = std::fs::canonicalize(folder).ok()?;
    let depth = absolute.ancestors().position(|above| above.join(".git").exists())?;
    Some(climb(folder, depth))
}

/// A folder and those above it, up to the repository's root, each written as the user wrote the first.
fn upwards(folder: &Path, root: Option<&Path>) -> Vec<PathBuf> {
    let Some(root) = root else { return vec![folder.to_owned()] };
    let depth = |path: &Path| std::fs::canonicalize(path).map_or(0, |path| path.components().count());
    let steps = depth(folder).saturating_sub(depth(root));
    (0..=steps).map(|step| climb(folder, step)).collect()
}

/// The folder some steps above, relative where the first is: messages should show what the user typed.
pub(super) fn climb(folder: &Path, steps: usize) -> PathBuf {
    let mut path = folder.to_owned();
    for _ in 0..steps {
        match path.components().next_back() {
            Some(Component::Normal(_)) => _ = path.pop(),
            Some(Component::ParentDir) => path.push(".."),
            Some(Component::CurDir) | None => path = PathBuf::from(".."),
            Some(Component::RootDir | Component::Prefix(_)) => {}
        }
        if path.as_os_str().is_empty() {
            path.push(".");
        }
    }
    path
}

/// The Promise's file in a folder, `promise.yaml` before others, and any before files that it is split into.
fn promise_in(folder: &Path) -> Result<Option<Source>, SourceError> {
    let preferred = join(folder, "promise.yaml");
    if preferred.is_file() {
        let source = Source::read(&preferred)?;
        // One that is not even YAML is worth an error, whatever it was meant to be.
        if source.documents()?.iter().any(|document| document.root.text("kind") == Some(Promise::KIND)) {
            return Ok(Some(source));
        }
    }
    let mut found: Vec<Source> = Vec::new();
    for path in yaml_files(folder) {
        let Ok(source) = Source::read(&path) else { continue };
        if holds_promise(&source) {
            found.push(source);
        }
    }
    match found.len() {
        0 => split::promise_in(folder),
        1 => Ok(found.pop()),
        _ => Err(several(folder, &found)),
    }
}

fn several(folder: &Path, found: &[Source]) -> SourceError {
    let names: Vec<String> = found
        .iter()
        .filter_map(|source| source.path.file_name())
        .map(|name| name.to_string_lossy().into())
        .collect();
    let message =
        format!("holds {} Promises ({}) and none is named promise.yaml", found.len(), names.join(", "));
    SourceError::whole(folder, message)
        .hint("name one of them promise.yaml, or give each a folder of its own")
}

/// The YAML files of a folder itself, by name.
pub(crate) fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| join(folder, entry.file_name()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml"))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

/// Every Promise below a folder, not under hidden or `_` folders, nor in another Promise's tests.
fn below(folder: &Path) -> Vec<Result<PromiseFile, SourceError>> {
    let mut found = Vec::new();
    for child in subfolders(folder) {
        let promise = promise_in(&child).transpose();
        let is_promise = promise.is_some();
        found.extend(promise.map(|source| source.map(|source| promise_file(source, child.clone()))));
        for grandchild in below(&child) {
            let in_tests = |file: &PromiseFile| {
                let relative = file.folder.strip_prefix(&child).unwrap_or(&file.folder);
                relative.starts_with("test") || relative.starts_with("tests")
            };
            if !(is_promise && grandchild.as_ref().is_ok_and(in_tests)) {
                found.push(grandchild);
            }
        }
    }
    found
}

/// The folders of a folder by name, without hidden and `_` ones and without links.
pub(crate) fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| !matches!(entry.file_name().as_encoded_bytes().first(), Some(b'.' | b'_')))
        .map(|entry| join(folder, entry.file_name()))
        .collect();
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const PROMISE: &str = "apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\nmetadata: {name: x}\n";

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        folder
    }

    fn one(folder: &Path) -> PathBuf {
        match find(folder).expect("a Promise") {
            Found::One(file) => file.source.path,
            Found::Below(_) => panic!("found below"),
        }
    }

    #[test]
    fn promise_yaml_is_preferred_and_others_are_known_by_their_kind() {
        let folder = tree(&[("promise.yaml", PROMISE), ("a.yaml", PROMISE)]);
        assert_eq!(one(folder.path()), folder.path().join("promise.yaml"));
        let folder = tree(&[("promise.yaml", "kind: Other\n"), ("redis.yml", PROMISE), ("x.yaml", "\tno")]);
        assert_eq!(one(folder.path()), folder.path().join("redis.yml"));
    }

    #[test]
    fn two_promises_without_a_promise_yaml_are_an_error() {
        let folder = tree(&[("a.yaml", PROMISE), ("b.yaml", PROMISE)]);
        let error = find(folder.path()).expect_err("two").to_string();
        assert!(
            error.ends_with("holds 2 Promises (a.yaml, b.yaml) and none is named promise.yaml"),
            "{error}"
        );
    }

    #[test]
    fn a_promise_may_be_split_into_files_and_promise_yaml_comes_first() {
        let api = "kind: CustomResourceDefinition\n";
        for files in [
            [("api.yaml", api), ("workflows/resource/configure/workflow.yaml", "[]\n")],
            [("api.yaml", api), ("dependencies.yaml", "[]\n")],
        ] {
            let folder = tree(&files);
            assert_eq!(one(folder.path()), folder.path().join("api.yaml"));
            fs::write(folder.path().join("promise.yaml"), PROMISE).expect("a file");
            assert_eq!(one(folder.path()), folder.path().join("promise.yaml"));
        }
        let folder = tree(&[(".git/HEAD", ""), ("workflows/promise/delete/workflow.yaml", "[]\n")]);
        assert_eq!(
            one(&folder.path().join("workflows/promise")),
            folder.path().join("workflows/promise/delete/workflow.yaml")
        );
    }

    #[test]
    fn files_of_other_projects_make_no_promise() {
        for files in [
            [("api.yaml", "openapi: 3.0.0\n"), ("dependencies.yaml", "[]\n")],
            [("api.yaml", "kind: CustomResourceDefinition\n"), ("workflows/ci.yaml", "on: push\n")],
        ] {
            find(tree(&files).path()).expect_err("no Promise");
        }
    }

    #[test]
    fn the_nearest_folder_above_is_taken_up_to_the_repositorys_root() {
        let folder = tree(&[
            ("r/.git/HEAD", ""),
            ("r/p/promise.yaml", PROMISE),
            ("r/p/a/b/x", ""),
            ("promise.yaml", PROMISE),
        ]);
        assert_eq!(one(&folder.path().join("r/p/a/b")), folder.path().join("r/p/promise.yaml"));
        assert!(
            matches!(find(&folder.path().join("r")).expect("below"), Found::Below(found) if found.len() == 1)
        );
    }

    #[test]
    fn hidden_folders_and_the_tests_of_a_promise_hold_no_promises() {
        let folder = tree(&[
            ("a/promise.yaml", PROMISE),
            ("a/test/x/promise.yaml", PROMISE),
            ("_old/promise.yaml", PROMISE),
            (".b/promise.yaml", PROMISE),
            ("test/c/promise.yaml", PROMISE),
        ]);
        let Found::Below(found) = find(folder.path()).expect("below") else { panic!("one") };
        let folders: Vec<PathBuf> = found.into_iter().map(|file| file.expect("readable").folder).collect();
        assert_eq!(folders, [folder.path().join("a"), folder.path().join("test/c")]);
    }

    #[test]
    fn a_folder_above_is_named_from_where_the_user_stands() {
        let above = |folder: &str, steps| climb(Path::new(folder), steps).display().to_string();
        assert_eq!(above("a/b", 1), "a");
        assert_eq!(above("a/b", 2), ".");
        assert_eq!(above("a", 2), "..");
        assert_eq!(above(".", 2), "../..");
        assert_eq!(above("/a/b", 1), "/a");
    }

    #[test]
    fn no_promise_is_an_error_that_says_where_it_looked() {
        let folder = tree(&[("x.yaml", "a: 1\n")]);
        let error = find(folder.path()).expect_err("none");
        assert!(error.to_string().contains("no Promise here"), "{error}");
        assert!(error.hint.is_some());
    }
}
