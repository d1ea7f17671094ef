//! Filters: what varies in texts and in the names of files is replaced on both sides before they are compared.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use globset::GlobMatcher;
use regex::Regex;

use crate::tree::{EntryKind, Tree};

use super::rule::Place;

/// A filter of the settings.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) place: Place,
    /// The files that it is for, by their names as the pipeline left them: `output/main.tf`.
    pub(crate) files: GlobMatcher,
    pub(crate) regex: Regex,
    /// What is put in place of what matches; `$1` is its first group.
    pub(crate) with: String,
}

/// The filters of a comparison, and which of them found anything.
pub(super) struct Filters<'r> {
    all: &'r [Filter],
    used: RefCell<BTreeSet<usize>>,
}

impl<'r> Filters<'r> {
    pub(super) fn new(all: &'r [Filter]) -> Self {
        Self { all, used: RefCell::default() }
    }

    /// A text of a file.
    pub(super) fn text<'t>(&self, file: &str, text: &'t str) -> Cow<'t, str> {
        self.apply(file, text)
    }

    /// The files of a folder by their filtered names. Two of one name are returned as an error.
    pub(super) fn names<'t>(
        &self,
        tree: &'t Tree,
        folder: &str,
    ) -> Result<BTreeMap<String, &'t str>, (&'t str, &'t str)> {
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        for (path, entry) in &tree.entries {
            let name = match entry.kind {
                EntryKind::Directory => Cow::Borrowed(path.as_str()),
                _ => self.apply(&below(folder, path), path),
            };
            if let Some(first) = names.insert(name.into_owned(), path) {
                return Err((first, path));
            }
        }
        Ok(names)
    }

    pub(super) fn into_used(self) -> BTreeSet<usize> {
        self.used.into_inner()
    }

    fn apply<'t>(&self, file: &str, text: &'t str) -> Cow<'t, str> {
        let mut filtered = Cow::Borrowed(text);
        for (index, filter) in self.all.iter().enumerate().filter(|(_, filter)| filter.files.is_match(file)) {
            if filter.regex.is_match(&filtered) {
                self.used.borrow_mut().insert(index);
                filtered = filter.regex.replace_all(&filtered, &filter.with).into_owned().into();
            }
        }
        filtered
    }
}

/// A path with the name of its folder before it.
pub(super) fn below(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}
