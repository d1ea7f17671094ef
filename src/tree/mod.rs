//! The files of a folder as data: what a stage left, or what a test expects.
//!
//! A stage may be hostile, so nothing here follows a link, opens a fifo or trusts a size.

mod collect;
pub(crate) mod context;
pub(crate) mod digest;
mod keep;
mod resolve;
mod unpack;
mod usage;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};

pub(crate) use collect::{collect, copy_artifact, scan};
pub(crate) use resolve::Resolution;
pub(crate) use unpack::{unpack, unpack_artifact};
pub(crate) use usage::disk_usage;

/// What a folder holds, by path relative to it, with `/` between names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    /// Where the bytes of the regular files are.
    pub root: PathBuf,
    /// The root itself, of what a stage left: it may have closed it to others.
    pub top: Option<Entry>,
    /// Every entry below the root, directories too, but not the root itself.
    pub entries: BTreeMap<String, Entry>,
    /// Of files whose bytes are not where their path says: where they are.
    pub elsewhere: BTreeMap<String, PathBuf>,
}

/// One entry, with the owner and mode that the container gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub kind: EntryKind,
    /// Permission bits, as in `0o644`.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EntryKind {
    /// A regular file of this many bytes, kept at `root` joined with its path.
    File {
        size: u64,
    },
    Directory,
    /// A symbolic link, never followed on disk; `Tree::resolve` follows those that stay inside.
    Symlink {
        target: String,
    },
    /// What Kratix could not schedule, and is therefore not kept.
    Unkept(Unkept),
}

/// Why an entry was not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unkept {
    Fifo,
    Socket,
    Device,
    /// The name is not UTF-8; the path shows the bytes as `\xff`.
    NameNotUtf8,
    /// A file of this many bytes, beyond what is kept of one folder.
    TooLarge {
        size: u64,
    },
}

/// Why a folder could not be taken over. Paths are relative to it; the caller knows which folder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeError {
    #[error("{path}: {}", plain(source))]
    Io { path: String, source: io::Error },
    #[error("more than {limit} files and folders")]
    TooMany { limit: usize },
    #[error("{path}: {}", TOO_DEEP)]
    TooDeep { path: String },
    /// Only of an archive, where even what is not kept has to be read.
    #[error("{path}: more than {} MiB in the folder", limit >> 20)]
    TooMuch { path: String, limit: u64 },
    #[error("the archive cannot be read: {}", plain(_0))]
    Archive(io::Error),
    #[error("the archive is refused: {path}: {reason}")]
    Refused { path: String, reason: &'static str },
}

const TOO_DEEP: &str = "too many folders inside each other, or too long a path";

impl TreeError {
    fn io(path: &str, source: io::Error) -> Self {
        let path = if path.is_empty() { "the folder itself" } else { path };
        Self::Io { path: path.to_owned(), source }
    }
}

impl Tree {
    /// The bytes of a regular file of this tree.
    pub(crate) fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The lengths of all files, kept or not.
    pub(crate) fn size(&self) -> u64 {
        let sizes = self.entries.values().map(|entry| match entry.kind {
            EntryKind::File { size } | EntryKind::Unkept(Unkept::TooLarge { size }) => size,
            _ => 0,
        });
        sizes.sum()
    }

    /// A regular file of this tree, for reading what need not fit into memory.
    pub(crate) fn open(&self, path: &str) -> io::Result<File> {
        match self.entries.get(path).map(|entry| &entry.kind) {
            Some(EntryKind::File { .. }) => {}
            Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
            None => return Err(io::Error::from(io::ErrorKind::NotFound)),
        }
        match self.elsewhere.get(path) {
            Some(file) => open_regular(file),
            None => open_regular(&self.root.join(path)),
        }
    }
}

/// Opens a regular file and nothing else: neither follows a link nor waits for the other end of a fifo.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}

/// What the system says, without its number and as the rest of a sentence.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A name as one part of a path. Those that Kubernetes accepts stay as they are; what else could lead elsewhere, or is
/// longer than a file's name may be, does not get that far.
pub(crate) fn one_part(name: &str) -> String {
    const LONGEST: usize = 200;
    let mut part = String::new();
    for byte in name.bytes() {
        match byte {
            b'.' if part.is_empty() => part.push_str("%2e"),
            b'-' | b'_' | b'.' => part.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => part.push(char::from(byte)),
            byte => part.push_str(&format!("%{byte:02x}")),
        }
    }
    part.truncate(LONGEST);
    if part.is_empty() { "%".to_owned() } else { part }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_to_another_folder() {
        assert_eq!(one_part("resource-configure.v1_A"), "resource-configure.v1_A");
        let odd = ["../../x", "/etc", "..", "", "a/b", "ü\n"].map(one_part);
        assert_eq!(odd, ["%2e.%2f..%2fx", "%2fetc", "%2e.", "%", "a%2fb", "%c3%bc%0a"]);
        assert_eq!(one_part(&"ü".repeat(300)).len(), 200);
    }

    fn tree_of(path: &str, kind: EntryKind, root: &Path) -> Tree {
        let entry = Entry { kind, mode: 0o644, uid: 0, gid: 0 };
        let entries = BTreeMap::from([(path.to_owned(), entry)]);
        Tree { root: root.to_owned(), entries, ..Tree::default() }
    }

    #[test]
    fn a_file_that_became_a_link_is_not_read() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.path().join("a")).unwrap();
        let tree = tree_of("a", EntryKind::File { size: 1 }, root.path());
        assert!(tree.read("a").is_err());
    }

    #[test]
    fn a_file_that_became_a_fifo_is_refused_without_waiting() {
        let root = tempfile::tempdir().unwrap();
        std::process::Command::new("mkfifo").arg(root.path().join("a")).status().unwrap();
        let tree = tree_of("a", EntryKind::File { size: 1 }, root.path());
        assert_eq!(tree.read("a").unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn only_what_is_in_the_tree_is_read() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a"), "x").unwrap();
        let tree = tree_of("b", EntryKind::Directory, root.path());
        assert_eq!(tree.read("a").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(tree.read("b").unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_system_error_reads_as_the_rest_of_a_sentence() {
        assert_eq!(plain(&io::Error::from_raw_os_error(13)), "permission denied");
    }
}
