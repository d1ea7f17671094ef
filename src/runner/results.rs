//! Where results are kept: `.kratix-test/` beside the Promise, which git ignores and one run at a time writes to.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::suite::settings::join;
use crate::tree;

/// The folder's name, beside a Promise.
pub(crate) const FOLDER: &str = ".kratix-test";

/// The results of a Promise's tests, ours alone while this lives.
#[derive(Debug)]
pub(crate) struct Results {
    folder: PathBuf,
    _lock: File,
}

impl Results {
    /// Opens the results beside a Promise; `on_wait` is called if another run has them.
    pub(crate) fn open(promise: &Path, on_wait: impl FnOnce()) -> anyhow::Result<Self> {
        let folder = join(promise, FOLDER);
        let cannot = || format!("results cannot be kept in {}", folder.display());
        fs::create_dir_all(&folder).map_err(|error| plain(&error)).with_context(cannot)?;
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            fs::write(&ignore, "*\n").map_err(|error| plain(&error)).with_context(cannot)?;
        }
        let lock = File::create(folder.join("lock")).map_err(|error| plain(&error)).with_context(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                on_wait();
                lock.lock().map_err(|error| plain(&error)).with_context(cannot)?;
            }
            Err(TryLockError::Error(error)) => return Err(plain(&error)).with_context(cannot),
        }
        Ok(Self { folder, _lock: lock })
    }

    /// An empty folder for the results of a test, in place of those of its last run.
    pub(crate) fn fresh(&self, test: &str) -> anyhow::Result<PathBuf> {
        // A request's name may be any path: what is replaced must stay in our folder whatever it is.
        let inside = Path::new(test).components().filter(|part| matches!(part, Component::Normal(_)));
        let folder = self.folder.join("results").join(inside.collect::<PathBuf>());
        let cannot = || format!("the results of the last run cannot be replaced: {}", folder.display());
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(plain(&error)).with_context(cannot)?;
            }
            _ => {}
        }
        fs::create_dir_all(folder.join("logs")).map_err(|error| plain(&error)).with_context(cannot)?;
        Ok(folder)
    }

    /// A folder for what a run has in the making, as the engine has to name it.
    pub(crate) fn scratch(&self, run: &str) -> PathBuf {
        let scratch = self.folder.join(format!("scratch-{run}"));
        std::path::absolute(&scratch).unwrap_or(scratch)
    }
}

fn plain(error: &io::Error) -> anyhow::Error {
    anyhow!(tree::plain(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_ignored_by_git_and_replaced_by_the_next_run() {
        let promise = tempfile::tempdir().expect("a folder");
        let results = Results::open(promise.path(), || panic!("nobody else")).expect("results");
        assert_eq!(
            fs::read_to_string(promise.path().join(".kratix-test/.gitignore")).expect("a file"),
            "*\n"
        );
        let folder = results.fresh("a/b").expect("a folder");
        fs::write(folder.join("old"), "").expect("a file");
        assert!(!results.fresh("a/b").expect("a folder").join("old").exists());
    }

    #[test]
    fn nothing_outside_the_results_is_ever_replaced() {
        let promise = tempfile::tempdir().expect("a folder");
        let precious = promise.path().join("precious");
        fs::create_dir(&precious).expect("a folder");
        let results = Results::open(promise.path(), || panic!("nobody else")).expect("results");
        for name in [precious.to_str().expect("a name"), "../../precious", "a/../../../precious"] {
            let folder = results.fresh(name).expect("a folder");
            assert!(folder.starts_with(promise.path().join(".kratix-test/results")), "{}", folder.display());
        }
        assert!(precious.is_dir());
    }

    #[test]
    fn a_second_run_waits_for_the_first() {
        let promise = tempfile::tempdir().expect("a folder");
        let first = Results::open(promise.path(), || panic!("nobody else")).expect("results");
        let waited = std::cell::Cell::new(false);
        let second = Results::open(promise.path(), || {
            waited.set(true);
            drop(first);
        });
        assert!(second.is_ok() && waited.get());
    }
}
