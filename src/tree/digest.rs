//! Whether files are still what they were: a digest of their paths, kinds and bytes, but of no times and owners.

use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{EntryKind, Tree, open_regular, plain, scan};

/// How much of a file is held at once.
const PIECE: usize = 64 << 10;

/// A SHA-256 in the making, of parts that cannot pass for each other.
#[derive(Default)]
pub(crate) struct Digest(Sha256);

impl Digest {
    /// Adds some bytes, with their length in front.
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// Adds a file or all of a folder as it is on disk; that it is not there, or cannot be read, is part of the digest.
    pub(crate) fn path(&mut self, path: &Path) {
        let added = match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => match scan(path) {
                Ok(tree) => self.tree(&tree),
                Err(error) => Err(io::Error::other(error.to_string())),
            },
            Ok(metadata) if metadata.is_file() => std::fs::read(path).map(|bytes| self.part(&bytes)),
            Ok(_) => Err(io::Error::other("not a regular file")),
            Err(error) => Err(error),
        };
        if let Err(error) = added {
            self.part(format!("not read: {}", plain(&error)).as_bytes());
        }
    }

    /// Adds what a tree holds. A file that is another kind of thing meanwhile, or lies behind a link, is an error.
    pub(crate) fn tree(&mut self, tree: &Tree) -> io::Result<()> {
        for (path, entry) in &tree.entries {
            self.part(path.as_bytes());
            match &entry.kind {
                EntryKind::File { .. } => {
                    self.part(if entry.mode & 0o111 == 0 { b"file" } else { b"executable" });
                    self.file(&tree.root.join(path))?;
                }
                other => self.part(format!("{other:?}").as_bytes()),
            }
        }
        Ok(())
    }

    /// The digest in hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A file may grow meanwhile, so its length comes after it.
    fn file(&mut self, path: &Path) -> io::Result<()> {
        let mut file = open_regular(path)?;
        let (mut piece, mut length) = (vec![0; PIECE], 0u64);
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                self.0.update(length.to_be_bytes());
                return Ok(());
            }
            self.0.update(&piece[..read]);
            length += read as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(path: &Path) -> String {
        let mut digest = Digest::default();
        digest.path(path);
        digest.finish()
    }

    #[test]
    fn names_bytes_and_what_is_there_at_all_make_a_difference() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut seen = vec![digest(&folder.path().join("none")), digest(folder.path())];
        for (name, text) in [("a", "bc"), ("a", "b"), ("ab", ""), ("c/d", "")] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("a file");
            seen.push(digest(folder.path()));
            assert_eq!(seen.last(), Some(&digest(folder.path())));
        }
        let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len());
    }
}
