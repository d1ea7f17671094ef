//! The hash of a build context: the same for the same files, wherever they lie and whenever they were written.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::context::ContextError;
use crate::tree::context::{Content, Context, Item, Presence};

/// How much of a file is held at once.
const PIECE: usize = 64 << 10;

/// The SHA-256 in hex.
pub(super) fn of(context: &Context) -> Result<String, ContextError> {
    let mut hash = Hash(Sha256::new());
    hash.part(&context.dockerfile.text);
    for (path, item) in &context.entries {
        if item.presence != Presence::Hidden {
            hash.entry(path, item)?;
        }
    }
    Ok(hash.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

struct Hash(Sha256);

impl Hash {
    fn entry(&mut self, path: &Path, item: &Item) -> Result<(), ContextError> {
        self.part(path.as_os_str().as_bytes());
        self.0.update(item.mode.to_be_bytes());
        match &item.content {
            Content::Folder => self.0.update(b"d"),
            Content::Link(target) => {
                self.0.update(b"l");
                self.part(target.as_os_str().as_bytes());
            }
            Content::File { path, .. } => {
                self.0.update(b"f");
                let hashed = File::open(path).and_then(|file| self.file(file));
                hashed.map_err(|error| ContextError::unreadable(path, &error))?;
            }
        }
        Ok(())
    }

    /// With its length in front, so that nothing of one part can pass for another's.
    fn part(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// A file may grow meanwhile, so its length comes after it.
    fn file(&mut self, mut file: File) -> io::Result<()> {
        let (mut piece, mut length) = (vec![0; PIECE], 0u64);
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                break;
            }
            length += read as u64;
            self.0.update(&piece[..read]);
        }
        self.0.update(length.to_be_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use crate::image::testing::{Files, recipe};
    use crate::image::{pack, pack_with};

    fn digest(files: &Files) -> String {
        pack(&recipe(files, "Dockerfile", "")).unwrap().digest().unwrap()
    }

    #[test]
    fn the_same_files_have_the_same_digest_whatever_their_times() {
        let files = [("b/x", "1"), ("a", "2"), ("Dockerfile", "FROM x")];
        let one = Files::new(&files);
        let other = Files::new(&[files[2], files[1], files[0]]);
        let old = std::time::SystemTime::UNIX_EPOCH;
        std::fs::File::options().append(true).open(other.path("a")).unwrap().set_modified(old).unwrap();
        assert_eq!(digest(&one), digest(&other));
        assert_eq!(digest(&one).len(), 64);
    }

    #[test]
    fn every_change_that_the_build_sees_changes_the_digest() {
        let files = Files::new(&[("Dockerfile", "FROM x"), ("a", "1"), (".dockerignore", "ignored")]);
        let mut seen = vec![digest(&files)];
        let mut changed = |files: &Files| {
            let digest = digest(files);
            assert!(!seen.contains(&digest));
            seen.push(digest);
        };
        files.write("a", "2");
        changed(&files);
        files.write("b", "");
        changed(&files);
        files.write("c/", "");
        changed(&files);
        symlink("a", files.path("link")).unwrap();
        changed(&files);
        std::fs::set_permissions(files.path("a"), std::fs::Permissions::from_mode(0o755)).unwrap();
        changed(&files);
        files.write("Dockerfile", "FROM y");
        changed(&files);
        files.write("ignored", "x");
        assert_eq!(Some(&digest(&files)), seen.last());
    }

    #[test]
    fn another_text_of_the_dockerfile_is_another_digest() {
        let files = Files::new(&[("Dockerfile", "FROM x"), (".dockerignore", "Dockerfile")]);
        let recipe = recipe(&files, "Dockerfile", "");
        let of = |text| pack_with(&recipe, text).unwrap().digest().unwrap();
        assert_eq!(of("FROM x"), digest(&files));
        assert_ne!(of("FROM y"), digest(&files));
    }

    #[test]
    fn a_file_that_is_gone_is_named() {
        let files = Files::new(&[("Dockerfile", "FROM x"), ("a", "")]);
        let packed = pack(&recipe(&files, "Dockerfile", "")).unwrap();
        std::fs::remove_file(files.path("a")).unwrap();
        let error = packed.digest().unwrap_err().to_string();
        assert!(error.starts_with("cannot read") && error.contains("/a: "), "{error}");
    }
}
