//! Gathering the entries of one tree, within limits that a hostile stage cannot pass.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Entry, EntryKind, Tree, TreeError, Unkept};

/// What is taken of one folder at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of files that are kept; files beyond are recorded as too large.
    pub(super) kept: u64,
    /// Bytes of an archive that are read, kept or not.
    pub(super) read: u64,
    pub(super) entries: usize,
    pub(super) depth: usize,
    /// Bytes of a path, so that it fits below any root.
    pub(super) path: usize,
}

impl Limits {
    pub(super) const DEFAULT: Self =
        Self { kept: 64 << 20, read: 4 << 30, entries: 50_000, depth: 128, path: 2048 };

    /// Of the results of many tests.
    pub(super) const ARTIFACT: Self =
        Self { kept: 512 << 20, read: 1 << 30, entries: 200_000, ..Self::DEFAULT };

    /// Refuses a path that is too deep or too long to be handled by its name.
    pub(super) fn check(&self, path: &str) -> Result<(), TreeError> {
        if path.split('/').count() > self.depth || path.len() > self.path {
            let path = format!("{}…", path.chars().take(80).collect::<String>());
            return Err(TreeError::TooDeep { path });
        }
        Ok(())
    }
}

/// A tree that is being gathered, and what may still be kept of it.
pub(super) struct Keeper {
    tree: Tree,
    limits: Limits,
    left: u64,
}

impl Keeper {
    /// A keeper whose files go below `root`, a folder that exists.
    pub(super) fn new(root: PathBuf, limits: Limits) -> Self {
        Self { tree: Tree { root, ..Tree::default() }, limits, left: limits.kept }
    }

    /// Says whose the root was, and whom it let in.
    pub(super) fn top(&mut self, entry: Entry) {
        self.tree.top = Some(entry);
    }

    pub(super) fn finish(self) -> Tree {
        self.tree
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn get(&self, path: &str) -> Option<&Entry> {
        self.tree.entries.get(path)
    }

    /// Records an entry; one that is kept wins over an unkept one whose written-out name is the same.
    pub(super) fn add(&mut self, path: String, entry: Entry) -> Result<(), TreeError> {
        if !matches!(entry.kind, EntryKind::Unkept(Unkept::NameNotUtf8)) || self.get(&path).is_none() {
            self.tree.entries.insert(path, entry);
        }
        if self.tree.entries.len() > self.limits.entries {
            return Err(TreeError::TooMany { limit: self.limits.entries });
        }
        Ok(())
    }

    /// Makes a directory to keep files in, unless it is there.
    pub(super) fn directory(&self, path: &str) -> Result<EntryKind, TreeError> {
        match fs::create_dir(self.tree.root.join(path)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(TreeError::io(path, error)),
            _ => Ok(EntryKind::Directory),
        }
    }

    /// Keeps the bytes of a file unless they are too many; then not one of them is read.
    pub(super) fn file<R: Read>(
        &mut self,
        path: &str,
        size: u64,
        mode: u32,
        open: impl FnOnce() -> io::Result<R>,
    ) -> Result<EntryKind, TreeError> {
        if size > self.left {
            return Ok(EntryKind::Unkept(Unkept::TooLarge { size }));
        }
        let target = self.tree.root.join(path);
        open()
            .and_then(|from| store(from.take(size), &target, mode))
            .and_then(|stored| if stored == size { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) })
            .map_err(|error| TreeError::io(path, error))?;
        self.left -= size;
        Ok(EntryKind::File { size })
    }

    /// Keeps a second name of a file that was kept.
    pub(super) fn copy(
        &mut self,
        first: &str,
        path: &str,
        size: u64,
        mode: u32,
    ) -> Result<EntryKind, TreeError> {
        let first = self.tree.root.join(first);
        self.file(path, size, mode, || super::open_regular(&first))
    }
}

/// Writes a new file of ours, never through a link that is there already.
fn store<R: Read>(mut from: R, target: &Path, mode: u32) -> io::Result<u64> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(target)?;
    let mode = if mode & 0o111 == 0 { 0o644 } else { 0o755 };
    file.set_permissions(Permissions::from_mode(mode))?;
    io::copy(&mut from, &mut file)
}

/// A name as text; what is not UTF-8 is written out, as `\xff`.
pub(super) fn text(bytes: &[u8]) -> Result<String, String> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    Err(text)
}
