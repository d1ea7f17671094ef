//! What is gone through: tests, and of each what is decided by itself.

use std::path::PathBuf;
use std::rc::Rc;

use crate::outcome::Kept;

/// A test with something pending.
#[derive(Debug, Clone, Default)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) entries: Vec<Entry>,
    /// The files that were marked or edited.
    pub(super) drafted: Vec<Write>,
    /// What it was made from.
    pub(super) kept: Option<Rc<Kept>>,
}

/// Something that is accepted or rejected by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    /// Tells it from the others of the test.
    pub(super) key: String,
    /// What it is about, in a line.
    pub(super) title: String,
    /// The text that is looked at, coloured.
    pub(super) page: Vec<Part>,
    /// What accepting it does to files.
    pub(super) writes: Vec<Write>,
    /// The expected file that an editor is given.
    pub(super) file: Option<PathBuf>,
    /// Why it cannot be accepted, if so.
    pub(super) refused: Option<String>,
}

/// A part of a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) text: String,
    /// The value that it is about, if it is about one.
    pub(super) spot: Option<Spot>,
}

/// A value that differs: which difference of the test, and which change of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) difference: usize,
    pub(super) change: usize,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Write {
    pub(super) file: PathBuf,
    pub(super) how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    Create,
    Change,
    Remove,
}

/// What is done with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Accept,
    Reject,
    /// It stays pending.
    Skip,
}

impl Entry {
    /// The values that differ, in their order.
    pub(super) fn spots(&self) -> Vec<Spot> {
        self.page.iter().filter_map(|part| part.spot).collect()
    }

    /// Whether it changes a file that another one does.
    pub(super) fn shares_a_file(&self, other: &Self) -> bool {
        self.writes.iter().any(|write| other.writes.iter().any(|another| another.file == write.file))
    }
}
