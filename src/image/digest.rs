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

/// The SHA-256 of a context in hex, twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digests {
    /// Of all that a build sees.
    pub(crate) exact: String,
    /// Of what git keeps of it: of modes, whether a file may be run. It is the same in every checkout.
    pub(crate) portable: String,
}

pub(super) fn of(context: &Context) -> Result<Digests, ContextError> {
    let mut hashes = Hashes::default();
    hashes.part(&context.dockerfile.text);
    for (path, item) in &context.entries {
        if item.presence != Presence::Hidden {
            hashes.entry(path, item)?;
        }
    }
    let hex = |hash: Sha256| hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Digests { exact: hex(hashes.exact), portable: hex(hashes.portable) })
}

#[derive(Default)]
struct Hashes {
    exact: Sha256,
    portable: Sha256,
}

impl Hashes {
    fn entry(&mut self, path: &Path, item: &Item) -> Result<(), ContextError> {
        self.part(path.as_os_str().as_bytes());
        self.exact.update(item.mode.to_be_bytes());
        match &item.content {
            Content::Folder => self.both(b"d"),
            Content::Link(target) => {
                self.both(b"l");
                self.part(target.as_os_str().as_bytes());
            }
            Content::File { path, .. } => {
                self.both(if item.mode & 0o100 == 0 { b"f" } else { b"x" });
                let hashed = File::open(path).and_then(hashed);
                self.both(&hashed.map_err(|error| ContextError::unreadable(path, &error))?);
            }
        }
        Ok(())
    }

    /// With its length in front, so that nothing of one part can pass for another's.
    fn part(&mut self, bytes: &[u8]) {
        self.both(&(bytes.len() as u64).to_be_bytes());
        self.both(bytes);
    }

    fn both(&mut self, bytes: &[u8]) {
        self.exact.update(bytes);
        self.portable.update(bytes);
    }
}

/// The hash of a file, which is read once.
fn hashed(mut file: File) -> io::Result<Vec<u8>> {
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finalize().to_vec()),
            read => hash.update(&piece[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use crate::image::testing::{Files, recipe};
    use crate::image::{pack, pack_with};

    fn digest(files: &Files) -> String {
        pack(&recipe(files, "Dockerfile", "")).unwrap().digest().unwrap().exact
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
    fn what_git_does_not_keep_of_modes_is_not_in_the_portable_digest() {
        let files = Files::new(&[("Dockerfile", "FROM x"), ("a", "1"), ("b/", "")]);
        let set = |path, mode| {
            std::fs::set_permissions(files.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
            pack(&recipe(&files, "Dockerfile", "")).unwrap().digest().unwrap()
        };
        let (private, shared) = (set("a", 0o640), set("a", 0o664));
        assert_ne!(private.exact, shared.exact);
        assert_eq!(private.portable, shared.portable);
        assert_eq!(set("b", 0o700).portable, set("b", 0o775).portable);
        assert_ne!(set("a", 0o755).portable, shared.portable);
    }

    #[test]
    fn another_text_of_the_dockerfile_is_another_digest() {
        let files = Files::new(&[("Dockerfile", "FROM x"), (".dockerignore", "Dockerfile")]);
        let recipe = recipe(&files, "Dockerfile", "");
        let of = |text| pack_with(&recipe, text).unwrap().digest().unwrap().exact;
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
