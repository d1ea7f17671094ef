//! Folders on disk: those of a test, and those that a stage left where we can read them.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::keep::{Keeper, Limits, text};
use super::{Entry, EntryKind, Tree, TreeError, Unkept, open_regular};

/// Copies what a stage left in `from` to `into`, which is made here, as files of our user.
pub(crate) fn collect(from: &Path, into: &Path) -> Result<Tree, TreeError> {
    collect_within(from, into, Limits::DEFAULT)
}

/// Copies what is kept of a test from a folder that may be anybody's.
pub(crate) fn copy_artifact(from: &Path, into: &Path) -> Result<Tree, TreeError> {
    collect_within(from, into, Limits::ARTIFACT)
}

/// What a folder of the author's holds, where it is.
pub(crate) fn scan(root: &Path) -> Result<Tree, TreeError> {
    let mut keeper = Keeper::new(root.to_owned(), Limits::DEFAULT);
    walk(root, Limits::DEFAULT, &mut |found| {
        let kind = match found.kind()? {
            Kind::File => EntryKind::File { size: found.metadata.len() },
            Kind::Directory => EntryKind::Directory,
            Kind::Other(kind) => kind,
        };
        keeper.add(found.path.to_owned(), found.entry(kind))
    })?;
    Ok(keeper.finish())
}

fn collect_within(from: &Path, into: &Path, limits: Limits) -> Result<Tree, TreeError> {
    fs::create_dir(into).map_err(|error| TreeError::io(&into.to_string_lossy(), error))?;
    let mut keeper = Keeper::new(into.to_owned(), limits);
    let metadata = fs::symlink_metadata(from).map_err(|error| TreeError::io("", error))?;
    keeper.top(entry(&metadata, EntryKind::Directory));
    walk(from, limits, &mut |found| {
        let kind = match found.kind()? {
            Kind::File => {
                let metadata = &found.metadata;
                keeper.file(found.path, metadata.len(), metadata.mode(), || open_regular(&found.on_disk))?
            }
            Kind::Directory => keeper.directory(found.path)?,
            Kind::Other(kind) => kind,
        };
        keeper.add(found.path.to_owned(), found.entry(kind))
    })?;
    Ok(keeper.finish())
}

/// An entry that the walk came to.
struct Found<'a> {
    /// Relative to the root, written out where it is not UTF-8.
    path: &'a str,
    utf8: bool,
    on_disk: PathBuf,
    metadata: Metadata,
}

enum Kind {
    File,
    Directory,
    Other(EntryKind),
}

impl Found<'_> {
    fn kind(&self) -> Result<Kind, TreeError> {
        if !self.utf8 {
            return Ok(Kind::Other(EntryKind::Unkept(Unkept::NameNotUtf8)));
        }
        let kind = self.metadata.file_type();
        Ok(if kind.is_file() {
            Kind::File
        } else if kind.is_dir() {
            Kind::Directory
        } else if kind.is_symlink() {
            Kind::Other(self.link()?)
        } else if kind.is_fifo() {
            Kind::Other(EntryKind::Unkept(Unkept::Fifo))
        } else if kind.is_socket() {
            Kind::Other(EntryKind::Unkept(Unkept::Socket))
        } else {
            Kind::Other(EntryKind::Unkept(Unkept::Device))
        })
    }

    fn link(&self) -> Result<EntryKind, TreeError> {
        let target = fs::read_link(&self.on_disk).map_err(|error| TreeError::io(self.path, error))?;
        let target = text(target.as_os_str().as_bytes()).unwrap_or_else(|written_out| written_out);
        Ok(EntryKind::Symlink { target })
    }

    fn entry(&self, kind: EntryKind) -> Entry {
        entry(&self.metadata, kind)
    }
}

fn entry(metadata: &Metadata, kind: EntryKind) -> Entry {
    Entry { kind, mode: metadata.mode() & 0o7777, uid: metadata.uid(), gid: metadata.gid() }
}

/// Visits every entry below a folder, a directory before what is in it, names in the order of their bytes.
///
/// That is the order of the engine's archives, so that both agree on what is too large.
fn walk(
    root: &Path,
    limits: Limits,
    visit: &mut dyn FnMut(&Found<'_>) -> Result<(), TreeError>,
) -> Result<(), TreeError> {
    let mut levels = vec![(String::new(), names(root, "", limits)?)];
    while let Some((parent, ahead)) = levels.last_mut() {
        let Some(name) = ahead.pop() else {
            levels.pop();
            continue;
        };
        let (path, utf8) = child(parent, &name);
        limits.check(&path)?;
        let on_disk = root.join(&*parent).join(&name);
        let metadata = fs::symlink_metadata(&on_disk).map_err(|error| TreeError::io(&path, error))?;
        let enter = utf8 && metadata.is_dir();
        let found = Found { path: &path, utf8, on_disk, metadata };
        visit(&found)?;
        if enter {
            let inside = names(&found.on_disk, &path, limits)?;
            levels.push((path, inside));
        }
    }
    Ok(())
}

/// The path of a name in a directory, and whether it is UTF-8; the directory's is.
fn child(parent: &str, name: &OsStr) -> (String, bool) {
    let (name, utf8) = match text(name.as_bytes()) {
        Ok(name) => (name, true),
        Err(written_out) => (written_out, false),
    };
    let path = if parent.is_empty() { name } else { format!("{parent}/{name}") };
    (path, utf8)
}

/// The names in a directory, the first one last.
fn names(directory: &Path, path: &str, limits: Limits) -> Result<Vec<OsString>, TreeError> {
    let at = |error: io::Error| TreeError::io(path, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(at)? {
        names.push(entry.map_err(at)?.file_name().into_vec());
        if names.len() > limits.entries {
            return Err(TreeError::TooMany { limit: limits.entries });
        }
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names.into_iter().map(OsString::from_vec).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    struct Folders {
        _temporary: tempfile::TempDir,
        from: PathBuf,
        into: PathBuf,
    }

    fn folders() -> Folders {
        let temporary = tempfile::tempdir().unwrap();
        let (from, into) = (temporary.path().join("from"), temporary.path().join("into"));
        fs::create_dir(&from).unwrap();
        Folders { _temporary: temporary, from, into }
    }

    fn kind<'a>(tree: &'a Tree, path: &str) -> &'a EntryKind {
        &tree.entries[path].kind
    }

    #[test]
    fn files_become_ours_and_their_modes_are_remembered() {
        let f = folders();
        fs::create_dir(f.from.join("d")).unwrap();
        for (name, mode) in [("d/secret", 0o600), ("d/run", 0o4710)] {
            fs::write(f.from.join(name), name).unwrap();
            fs::set_permissions(f.from.join(name), PermissionsExt::from_mode(mode)).unwrap();
        }
        let tree = collect(&f.from, &f.into).unwrap();
        assert_eq!(tree.entries["d/secret"].mode, 0o600);
        assert_eq!(tree.entries["d/run"].mode, 0o4710);
        assert_eq!(fs::metadata(f.into.join("d/secret")).unwrap().mode() & 0o7777, 0o644);
        assert_eq!(fs::metadata(f.into.join("d/run")).unwrap().mode() & 0o7777, 0o755);
        assert_eq!(tree.read("d/secret").unwrap(), b"d/secret");
        assert!(f.from.join("d/secret").exists());
    }

    #[test]
    fn links_are_recorded_and_not_followed() {
        let f = folders();
        symlink("/etc", f.from.join("etc")).unwrap();
        symlink(OsStr::from_bytes(b"\xff"), f.from.join("odd")).unwrap();
        let tree = collect(&f.from, &f.into).unwrap();
        assert_eq!(kind(&tree, "etc"), &EntryKind::Symlink { target: "/etc".to_owned() });
        assert_eq!(kind(&tree, "odd"), &EntryKind::Symlink { target: "\\xff".to_owned() });
        assert_eq!(tree.entries.len(), 2);
        assert_eq!(fs::read_dir(&f.into).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_file_is_not_kept() {
        let f = folders();
        std::process::Command::new("mkfifo").arg(f.from.join("fifo")).status().unwrap();
        let _socket = UnixListener::bind(f.from.join("socket")).unwrap();
        let odd = f.from.join(OsStr::from_bytes(b"a\xff\\"));
        fs::create_dir(&odd).unwrap();
        fs::write(odd.join("inside"), "x").unwrap();
        let tree = collect(&f.from, &f.into).unwrap();
        assert_eq!(kind(&tree, "fifo"), &EntryKind::Unkept(Unkept::Fifo));
        assert_eq!(kind(&tree, "socket"), &EntryKind::Unkept(Unkept::Socket));
        assert_eq!(kind(&tree, "a\\xff\\"), &EntryKind::Unkept(Unkept::NameNotUtf8));
        assert_eq!(tree.entries.len(), 3);
    }

    #[test]
    fn a_file_beyond_the_limit_is_not_kept_and_what_fits_after_it_is() {
        let f = folders();
        for (name, size) in [("a", 6), ("b", 1 << 40), ("c", 4), ("d", 1)] {
            fs::File::create(f.from.join(name)).unwrap().set_len(size).unwrap();
        }
        let limits = Limits { kept: 10, ..Limits::DEFAULT };
        let tree = collect_within(&f.from, &f.into, limits).unwrap();
        assert_eq!(kind(&tree, "b"), &EntryKind::Unkept(Unkept::TooLarge { size: 1 << 40 }));
        assert_eq!(kind(&tree, "c"), &EntryKind::File { size: 4 });
        assert_eq!(kind(&tree, "d"), &EntryKind::Unkept(Unkept::TooLarge { size: 1 }));
        assert!(!f.into.join("b").exists());
    }

    #[test]
    fn too_many_entries_are_an_error() {
        let f = folders();
        for name in ["a", "b", "c"] {
            fs::create_dir_all(f.from.join(name).join("x")).unwrap();
        }
        let limits = Limits { entries: 4, ..Limits::DEFAULT };
        let error = collect_within(&f.from, &f.into, limits).unwrap_err();
        assert_eq!(error.to_string(), "more than 4 files and folders");
    }

    #[test]
    fn very_deep_folders_are_an_error_that_names_them() {
        let f = folders();
        let deep: PathBuf = std::iter::repeat_n("deep", 200).collect();
        fs::create_dir_all(f.from.join(deep)).unwrap();
        let error = collect(&f.from, &f.into).unwrap_err().to_string();
        assert!(error.starts_with("deep/deep/") && error.ends_with("too long a path"), "{error}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let f = folders();
        assert_eq!(scan(&f.into).unwrap_err().to_string(), "the folder itself: no such file or directory");
    }

    #[test]
    fn scanning_copies_nothing() {
        let f = folders();
        fs::write(f.from.join("a"), "x").unwrap();
        let tree = scan(&f.from).unwrap();
        assert_eq!(tree.root, f.from);
        assert_eq!(tree.read("a").unwrap(), b"x");
    }
}
