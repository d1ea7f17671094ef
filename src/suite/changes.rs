//! Files of a test that are written and removed together: all of them, or none.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use tempfile::TempDir;

use super::expectation::Written;
use crate::diagnostic::SourceError;
use crate::tree;

/// How the folder is called in which files are written before they are put in their places: beside what is expected, so
/// that nothing in it is taken for that, and hidden, so that it is taken for no test.
const UNFINISHED: &str = ".kratix-test-unfinished-";

/// What is to be done to the files of a test. Nothing is, until it is committed.
#[derive(Debug)]
pub(crate) struct Changes {
    /// The test's folder. A link below it would lead to what is not the test's.
    test: PathBuf,
    /// Where files are written before they are put in their places.
    unfinished: Option<TempDir>,
    removed: Vec<Removal>,
    stored: Vec<Stored>,
}

#[derive(Debug)]
struct Removal {
    path: PathBuf,
    /// The folder that stays, even if it is left empty.
    root: PathBuf,
}

/// A file that is written already, but not in its place.
#[derive(Debug)]
struct Stored {
    staged: PathBuf,
    path: PathBuf,
}

impl Changes {
    pub(crate) fn of(test: &Path) -> Self {
        Self { test: below(test).to_owned(), unfinished: None, removed: Vec::new(), stored: Vec::new() }
    }

    /// How many files it is about.
    pub(crate) fn count(&self) -> usize {
        self.removed.len() + self.stored.len()
    }

    /// Removes what is there and no folder, and the folders below `root` that it leaves empty.
    pub(crate) fn remove(&mut self, path: PathBuf, root: &Path) -> Result<(), SourceError> {
        let folder = self.folder(&path)?;
        is_writable(&folder).map_err(|error| cannot(&path, &error))?;
        self.removed.push(Removal { path, root: below(root).to_owned() });
        Ok(())
    }

    /// Writes a file, in place of what is there.
    pub(crate) fn store(&mut self, path: PathBuf, bytes: &[u8], executable: bool) -> Result<(), SourceError> {
        let folder = self.folder(&path)?;
        if is_folder(&path) && !self.vanishes(&path) {
            let message = "is a folder, where the pipeline leaves a file of this name";
            return Err(SourceError::whole(&path, message).hint("move away what is in it"));
        }
        let staged = is_writable(&folder).and_then(|()| self.stage(bytes, executable));
        let staged = staged.map_err(|error| cannot(&path, &error))?;
        self.stored.push(Stored { staged, path });
        Ok(())
    }

    /// Writes a file that is not there yet; one that is stays as it is.
    pub(crate) fn create(&mut self, path: PathBuf, bytes: &[u8]) -> Result<(), SourceError> {
        if fs::symlink_metadata(&path).is_ok() { Ok(()) } else { self.store(path, bytes, false) }
    }

    /// Whether a file is already written or removed.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.removes(path) || self.stored.iter().any(|stored| stored.path == path)
    }

    /// Writes a file that is yet to be put in its place.
    fn stage(&mut self, bytes: &[u8], executable: bool) -> io::Result<PathBuf> {
        let folder = if let Some(folder) = &self.unfinished {
            folder
        } else {
            let folder = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(existing(&self.test))?;
            // Nor does anybody commit what a killed run left.
            fs::write(folder.path().join(".gitignore"), "*\n")?;
            self.unfinished.insert(folder)
        };
        let staged = folder.path().join(self.stored.len().to_string());
        fs::write(&staged, bytes)?;
        let mode = if executable { 0o755 } else { 0o644 };
        fs::set_permissions(&staged, fs::Permissions::from_mode(mode))?;
        Ok(staged)
    }

    /// Does all of it.
    pub(crate) fn commit(self) -> Result<Vec<Written>, SourceError> {
        let mut written = Vec::new();
        let mut done = |path: &Path, done: io::Result<Written>| -> Result<(), SourceError> {
            written.push(done.map_err(|error| cannot_write(path, &error))?);
            Ok(())
        };
        let replaced: Vec<bool> =
            self.stored.iter().map(|stored| fs::symlink_metadata(&stored.path).is_ok()).collect();
        for Removal { path, root } in self.removed {
            done(&path, remove(&path, &root))?;
        }
        for (Stored { staged, path }, replaced) in self.stored.into_iter().zip(replaced) {
            done(&path, put(&staged, &path, replaced))?;
        }
        Ok(written)
    }

    /// The nearest folder above a path that will stay. A link on the way is not followed.
    fn folder(&self, path: &Path) -> Result<PathBuf, SourceError> {
        let mut folder = existing(&self.test);
        let Some(below) = path.parent().and_then(|parent| parent.strip_prefix(&self.test).ok()) else {
            return Err(SourceError::whole(path, "is not in the folder of the test"));
        };
        let mut next = self.test.clone();
        for part in below {
            next.push(part);
            match fs::symlink_metadata(&next) {
                Ok(metadata) if metadata.is_dir() => folder.clone_from(&next),
                Ok(_) if self.removes(&next) => break,
                Ok(metadata) => return Err(in_the_way(&next, metadata.is_symlink())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(error) => return Err(cannot(path, &error)),
            }
        }
        Ok(folder)
    }

    fn removes(&self, path: &Path) -> bool {
        self.removed.iter().any(|removal| removal.path == path)
    }

    /// Whether nothing stays of a folder.
    fn vanishes(&self, folder: &Path) -> bool {
        let vanishes =
            |path: PathBuf| if is_folder(&path) { self.vanishes(&path) } else { self.removes(&path) };
        fs::read_dir(folder)
            .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|e| vanishes(e.path()))))
    }
}

/// What the paths below a folder begin with: nothing, if it is the current one.
fn below(folder: &Path) -> &Path {
    if folder == Path::new(".") { Path::new("") } else { folder }
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// The nearest folder at or above a path.
fn existing(path: &Path) -> PathBuf {
    let folder = path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    folder.to_owned()
}

fn is_writable(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// Removes what a killed run has left unfinished in the folder of a test, or above it where the test was new. Nobody else
/// may be writing to the tests of the Promise.
pub(crate) fn sweep(promise: &Path, test: &Path) {
    let above = test.ancestors().skip(1).take_while(|folder| folder.starts_with(promise));
    for folder in std::iter::once(test).chain(above) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_ours = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
            if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                // What cannot be removed is in nobody's way.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

fn remove(path: &Path, root: &Path) -> io::Result<Written> {
    fs::remove_file(path)?;
    let above = path.ancestors().skip(1).take_while(|parent| *parent != root && parent.starts_with(root));
    for parent in above {
        if fs::remove_dir(parent).is_err() {
            break;
        }
    }
    Ok(Written::Removed(path.to_owned()))
}

fn put(staged: &Path, path: &Path, replaced: bool) -> io::Result<Written> {
    if is_folder(path) {
        remove_empty(path)?;
    }
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    fs::rename(staged, path)?;
    Ok(if replaced { Written::Changed(path.to_owned()) } else { Written::Created(path.to_owned()) })
}

/// Removes folders that hold nothing but folders.
fn remove_empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        remove_empty(&entry?.path())?;
    }
    fs::remove_dir(folder)
}

fn in_the_way(path: &Path, is_link: bool) -> SourceError {
    let (message, hint) = match is_link {
        true => ("is a link, and nothing is written through links", "put a folder in its place"),
        false => ("is a file where a folder should be", "move it away"),
    };
    SourceError::whole(path, message).hint(hint)
}

/// Why a path cannot be changed, found out before anything is.
fn cannot(path: &Path, error: &io::Error) -> SourceError {
    cannot_write(path, error).hint("none of this test's expectations were changed")
}

fn cannot_write(path: &Path, error: &io::Error) -> SourceError {
    SourceError::whole(path, format!("cannot be written: {}", tree::plain(error)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for path in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "old").expect("a file");
        }
        folder
    }

    /// Every path below a folder, with the text of files.
    fn listing(folder: &Path) -> Vec<String> {
        let tree = tree::scan(folder).expect("a tree");
        let text = |path: &String| tree.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        tree.entries.keys().map(|path| format!("{path}={}", text(path).unwrap_or_default())).collect()
    }

    #[test]
    fn nothing_is_changed_until_it_is_committed() {
        let test = folder(&["output/a", "output/x/b"]);
        let root = test.path().join("output");
        let mut changes = Changes::of(test.path());
        changes.store(root.join("a"), b"new", false).expect("staged");
        changes.remove(root.join("x/b"), &root).expect("staged");
        assert_eq!(fs::read_to_string(root.join("a")).expect("a file"), "old");
        drop(changes);
        assert_eq!(listing(test.path()), ["output=", "output/a=old", "output/x=", "output/x/b=old"]);
    }

    #[test]
    fn files_and_folders_take_the_place_of_each_other() {
        let test = folder(&["output/a/x", "output/b"]);
        fs::create_dir(test.path().join("output/a/empty")).expect("a folder");
        let root = test.path().join("output");
        let mut changes = Changes::of(test.path());
        changes.remove(root.join("a/x"), &root).expect("staged");
        changes.remove(root.join("b"), &root).expect("staged");
        changes.store(root.join("a"), b"new", false).expect("staged");
        changes.store(root.join("b/y"), b"new", false).expect("staged");
        changes.commit().expect("written");
        assert_eq!(listing(&root), ["a=new", "b=", "b/y=new"]);
    }

    #[test]
    fn a_folder_that_holds_more_is_not_replaced_by_a_file() {
        let test = folder(&["output/a/.gitkeep"]);
        let error = Changes::of(test.path()).store(test.path().join("output/a"), b"", false);
        assert!(error.expect_err("a folder").to_string().contains("is a folder, where the pipeline leaves"));
        assert_eq!(listing(test.path()), ["output=", "output/a=", "output/a/.gitkeep=old"]);
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let (test, other) = (folder(&["output/a"]), folder(&["b"]));
        symlink(other.path(), test.path().join("output/out")).expect("a link");
        symlink(other.path().join("b"), test.path().join("output/b")).expect("a link");
        let root = test.path().join("output");
        let mut changes = Changes::of(test.path());
        for refused in [
            changes.store(root.join("out/new"), b"", false),
            changes.remove(root.join("out/b"), &root),
            changes.store(root.join("a/new"), b"", false),
            changes.store(other.path().join("new"), b"", false),
        ] {
            refused.expect_err("it leads elsewhere");
        }
        changes.store(root.join("b"), b"new", false).expect("staged");
        changes.remove(root.join("out"), &root).expect("staged");
        changes.store(root.join("out/new"), b"new", false).expect("staged");
        changes.commit().expect("written");
        assert_eq!(listing(&root), ["a=old", "b=new", "out=", "out/new=new"]);
        assert_eq!(listing(other.path()), ["b=old"]);
    }

    #[test]
    fn what_is_unfinished_is_beside_what_is_expected_and_is_swept() {
        let promise = folder(&["test/a/output/x", "test/.kratix-test-unfinished-old/0"]);
        let test = promise.path().join("test/a");
        let mut changes = Changes::of(&test);
        changes.store(test.join("output/x"), b"new", false).expect("staged");
        let unfinished = changes.unfinished.take().expect("a folder").keep();
        assert_eq!(unfinished.parent(), Some(test.as_path()));
        assert_eq!(fs::read_to_string(unfinished.join(".gitignore")).expect("a file"), "*\n");
        drop(changes);
        sweep(promise.path(), &test);
        assert_eq!(listing(promise.path()), ["test=", "test/a=", "test/a/output=", "test/a/output/x=old"]);
    }

    #[test]
    fn a_test_that_is_not_there_yet_is_made() {
        let folder = folder(&[]);
        let test = folder.path().join("test/new");
        let mut changes = Changes::of(&test);
        changes.create(test.join("input/object.yaml"), b"new").expect("staged");
        assert_eq!(changes.count(), 1);
        changes.commit().expect("written");
        assert_eq!(fs::read_to_string(test.join("input/object.yaml")).expect("a file"), "new");
    }
}
