//! Where results are kept: `.kratix-test/` beside the Promise, which git ignores and one run at a time writes to.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, anyhow};
use rustix::fs::OFlags;

use super::record::RECORD;
use crate::suite::settings::join;
use crate::tree;
use crate::tree::digest::Digest;

/// The folder's name, beside a Promise.
pub(crate) const FOLDER: &str = ".kratix-test";

/// Where the results of a pipeline are, among those of a test. One that is run alone has no folder of its own.
pub(super) fn of_pipeline(results: &Path, pipeline: &str, alone: bool) -> PathBuf {
    if alone { results.to_owned() } else { results.join("pipelines").join(tree::one_part(pipeline)) }
}

/// The results of a Promise's tests, ours alone while this lives.
#[derive(Debug)]
pub(crate) struct Results {
    folder: PathBuf,
    /// Where results of another machine are, in place of our own.
    imported: Option<PathBuf>,
    _lock: File,
}

impl Results {
    /// Opens those of every folder, once each.
    pub(crate) fn open_all<'a>(
        promises: impl IntoIterator<Item = &'a PathBuf>,
        on_wait: impl Fn(&Path),
    ) -> anyhow::Result<BTreeMap<PathBuf, Self>> {
        let mut results = BTreeMap::new();
        for folder in promises {
            if !results.contains_key(folder) {
                results.insert(folder.clone(), Self::open(folder, || on_wait(folder))?);
            }
        }
        Ok(results)
    }

    /// Opens the results beside a Promise; `on_wait` is called if another run has them.
    pub(crate) fn open(promise: &Path, on_wait: impl FnOnce()) -> anyhow::Result<Self> {
        let folder = join(promise, FOLDER);
        let cannot = || format!("results cannot be kept in {}", folder.display());
        let lock = prepare(&folder).map_err(|error| plain(&error)).with_context(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                on_wait();
                lock.lock().map_err(|error| plain(&error)).with_context(cannot)?;
            }
            Err(TryLockError::Error(error)) => return Err(plain(&error)).with_context(cannot),
        }
        Ok(Self { folder, imported: None, _lock: lock })
    }

    /// An empty folder for the results of a test, in place of those of its last run.
    pub(crate) fn fresh(&self, test: &str) -> anyhow::Result<PathBuf> {
        let inside = inside(test);
        let folder = self.folder.join("results").join(&inside);
        let cannot = || format!("the results of the last run cannot be replaced: {}", folder.display());
        self.clear(&inside)
            .and_then(|()| fs::create_dir_all(folder.join("logs")))
            .map_err(|error| plain(&error))
            .with_context(cannot)?;
        Ok(folder)
    }

    /// The results of a test's last run, if they are there and no link leads to them.
    pub(crate) fn kept(&self, test: &str) -> Option<PathBuf> {
        let mut folder = self.imported.as_ref().unwrap_or(&self.folder).clone();
        for part in Path::new("results").join(inside(test)).components() {
            folder.push(part);
            fs::symlink_metadata(&folder).ok().filter(fs::Metadata::is_dir)?;
        }
        Some(folder)
    }

    /// Has what is remembered of a test's last run forgotten.
    pub(crate) fn forget(&self, test: &str) -> anyhow::Result<()> {
        let Some(record) = self.kept(test).map(|folder| folder.join(RECORD)) else { return Ok(()) };
        match fs::remove_file(&record) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(plain(&error)).with_context(|| format!("{} cannot be removed", record.display()))
            }
            _ => Ok(()),
        }
    }

    /// Has the results of another machine looked at in place of our own, or none if it has none.
    pub(crate) fn import(&mut self, imported: Option<&Path>) {
        self.imported = Some(imported.unwrap_or(Path::new("")).to_owned());
    }

    /// Where it is remembered what was decided of results of another machine, which stay as they are: by what their record
    /// says.
    pub(super) fn beside(&self, record: &str) -> Option<PathBuf> {
        self.imported.as_ref()?;
        let mut digest = Digest::default();
        digest.part(record.as_bytes());
        Some(self.folder.join("imported").join(digest.finish()))
    }

    /// Keeps what the builder of an image said, if that can be; where it is.
    pub(crate) fn keep_build_log(&self, reference: &str, log: &[String]) -> Option<PathBuf> {
        let folder = self.folder.join("images");
        let slug: String =
            reference.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = folder.join(format!("{slug}.log"));
        if !fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_dir()) {
            fs::create_dir(&folder).ok()?;
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return None,
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).ok()?;
        let text: String = log.iter().map(|line| format!("{line}\n")).collect();
        file.write_all(text.as_bytes()).ok().map(|()| path)
    }

    /// Removes the results of a test, and whatever stands where a folder on the way to them should be: a link above
    /// all, which would have us remove what it leads to.
    fn clear(&self, inside: &Path) -> io::Result<()> {
        let mut above = self.folder.clone();
        for part in &Path::new("results").join(inside) {
            above.push(part);
            match fs::symlink_metadata(&above) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => return fs::remove_file(&above),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        fs::remove_dir_all(&above)
    }

    /// A folder beside a Promise for what a run has in the making, as the engine has to name it.
    pub(crate) fn scratch(promise: &Path, run: &str) -> PathBuf {
        let scratch = join(promise, FOLDER).join(format!("scratch-{run}"));
        std::path::absolute(&scratch).unwrap_or(scratch)
    }

    /// The folder beside a Promise, if it is there.
    pub(crate) fn present(promise: &Path) -> Option<PathBuf> {
        let folder = join(promise, FOLDER);
        fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_dir()).then_some(folder)
    }

    /// Removes all of it, once no run writes to it any more.
    pub(crate) fn remove(promise: &Path, on_wait: impl FnOnce()) -> anyhow::Result<()> {
        let results = Self::open(promise, on_wait)?;
        let cannot = || format!("the results cannot be removed: {}", results.folder.display());
        fs::remove_dir_all(&results.folder).map_err(|error| plain(&error)).with_context(cannot)
    }
}

/// A request's name may be any path: what is replaced must stay in our folder whatever it is.
pub(super) fn inside(test: &str) -> PathBuf {
    Path::new(test).components().filter(|part| matches!(part, Component::Normal(_))).collect()
}

/// Makes the folder and what is always in it, never through a link: that could lead to what is somebody's.
fn prepare(folder: &Path) -> io::Result<File> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    if !fs::symlink_metadata(folder)?.is_dir() {
        return Err(io::Error::other("it is a file or a link and no folder: remove it, or move it away"));
    }
    match OpenOptions::new().write(true).create_new(true).open(folder.join(".gitignore")) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?.write_all(b"*\n")?,
    }
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut lock = OpenOptions::new();
    lock.read(true).write(true).create(true).truncate(false).custom_flags(flags).open(folder.join("lock"))
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
    fn no_link_in_our_folder_is_followed() {
        use std::os::unix::fs::symlink;

        let promise = tempfile::tempdir().expect("a folder");
        let (ours, precious) = (promise.path().join(".kratix-test"), promise.path().join("precious"));
        fs::create_dir_all(precious.join("a")).expect("a folder");
        fs::write(precious.join("a/data"), "data").expect("a file");
        let open = || Results::open(promise.path(), || panic!("nobody else"));
        symlink(&precious, &ours).expect("a link");
        let error = format!("{:#}", open().expect_err("a link"));
        assert!(error.contains("a link and no folder: remove it"), "{error}");
        fs::remove_file(&ours).expect("removed");
        fs::create_dir(&ours).expect("a folder");
        symlink(promise.path().join("new"), ours.join(".gitignore")).expect("a link");
        symlink(&precious, ours.join("results")).expect("a link");
        open().expect("results").fresh("a").expect("a folder");
        symlink(precious.join("a/data"), ours.join("results/b")).expect("a link");
        open().expect("results").fresh("b").expect("a folder");
        fs::remove_file(ours.join("lock")).expect("removed");
        symlink(precious.join("a/data"), ours.join("lock")).expect("a link");
        open().expect_err("a link");
        assert_eq!(fs::read_to_string(precious.join("a/data")).expect("a file"), "data");
        assert!(!promise.path().join("new").exists());
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
