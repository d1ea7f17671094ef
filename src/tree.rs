//! The files of a folder as data: what a stage left, or what a test expects.
//!
//! A stage may be hostile, so nothing here follows a link, opens a fifo or trusts a size.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a folder holds, by path relative to it, with `/` between names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Where the bytes of the regular files are.
    pub root: PathBuf,
    /// Every entry below the root, directories too, but not the root itself.
    pub entries: BTreeMap<String, Entry>,
}

/// One entry, with the owner and mode that the container gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub kind: EntryKind,
    /// Permission bits, as in `0o644`.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file of this many bytes, kept at `root` joined with its path.
    File { size: u64 },
    Directory,
    /// A symbolic link, never followed on disk; `Tree::resolve` follows those that stay inside.
    Symlink { target: String },
    /// What Kratix could not schedule, and is therefore not kept.
    Unkept(Unkept),
}

/// Why an entry was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unkept {
    Fifo,
    Socket,
    Device,
    /// The name is not UTF-8; the path shows the bytes as `\xff`.
    NameNotUtf8,
    /// A file of this many bytes, beyond what is kept of one folder.
    TooLarge { size: u64 },
}
