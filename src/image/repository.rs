//! Where a Promise lies, and what all Promises of a repository share.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

use super::commands::{self, Built};
use super::survey::Survey;
use super::{last_name, reference};

/// A repository on disk. What lies in it is looked at once, by the first Promise that has to know.
#[derive(Debug)]
pub(crate) struct Repository {
    root: PathBuf,
    survey: OnceCell<Survey>,
    builds: OnceCell<Vec<(String, Built)>>,
}

impl Repository {
    /// Without git, the root is the Promise's folder.
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: real(root), survey: OnceCell::new(), builds: OnceCell::new() }
    }

    /// The home of the Promise of this name, whose folder is in the repository.
    pub(crate) fn home(&self, folder: &Path, promise: &str) -> Home<'_> {
        Home { repository: self, folder: real(folder), promise: promise.to_owned() }
    }

    /// What lies below the root.
    pub(super) fn survey(&self) -> &Survey {
        self.survey.get_or_init(|| Survey::of(&self.root, &self.root))
    }

    /// What scripts build, by the image's name; empty when there are too many files to know all scripts.
    pub(super) fn builds(&self) -> &[(String, Built)] {
        let scripts = || if self.survey().incomplete { &[] } else { self.survey().scripts.as_slice() };
        self.builds.get_or_init(|| commands::read(scripts(), &self.root))
    }
}

fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Where a Promise lies.
#[derive(Debug, Clone)]
pub(crate) struct Home<'a> {
    pub(super) repository: &'a Repository,
    pub(super) folder: PathBuf,
    pub(super) promise: String,
}

impl Home<'_> {
    pub(super) fn root(&self) -> &Path {
        &self.repository.root
    }

    /// What an image of the Promise may be named after, as slugs.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let promise = std::iter::once(reference::slug(&self.promise));
        promise.chain([&self.folder, self.root()].map(|path| reference::slug(&last_name(path))))
    }

    /// A path as settings beside the Promise would write it.
    pub(super) fn shown(&self, path: &Path) -> String {
        for (up, above) in
            self.folder.ancestors().take_while(|above| above.starts_with(self.root())).enumerate()
        {
            if let Ok(below) = path.strip_prefix(above) {
                let shown = Path::new(&"../".repeat(up)).join(below).display().to_string();
                return if shown.is_empty() { ".".to_owned() } else { shown };
            }
        }
        path.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_as_settings_beside_the_promise_write_it() {
        let repository = Repository::new(Path::new("/r"));
        let home = repository.home(Path::new("/r/a/b"), "b");
        for (path, shown) in
            [("/r/a/b", "."), ("/r/a/b/c", "c"), ("/r/x/y", "../../x/y"), ("/r", "../../"), ("/z", "/z")]
        {
            assert_eq!(home.shown(Path::new(path)), shown);
        }
    }
}
