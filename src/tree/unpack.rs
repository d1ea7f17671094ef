//! Folders that a stage left where only the engine can read them, as the tar stream that its archive API gives.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use tar::{Archive, EntryType};

use super::keep::{Keeper, Limits, text};
use super::{Entry, EntryKind, Tree, TreeError, Unkept};

/// Unpacks an archive of one folder to `into`, which is made here, as files of our user.
///
/// The first part of every path is dropped: Docker's begin with the folder's name, Podman's with `/`.
pub(crate) fn unpack(tar: impl Read, into: &Path) -> Result<Tree, TreeError> {
    unpack_within(tar, into, Limits::DEFAULT)
}

/// The same of an archive that anybody may have made, of any folders: nothing of a path is dropped.
pub(crate) fn unpack_artifact(tar: impl Read, into: &Path) -> Result<Tree, TreeError> {
    unpack_below(b"./", tar, into, Limits::ARTIFACT)
}

fn unpack_within(tar: impl Read, into: &Path, limits: Limits) -> Result<Tree, TreeError> {
    unpack_below(b"", tar, into, limits)
}

/// Unpacks an archive whose paths all have this before them.
fn unpack_below(above: &[u8], tar: impl Read, into: &Path, limits: Limits) -> Result<Tree, TreeError> {
    fs::create_dir(into).map_err(|error| TreeError::io(&into.to_string_lossy(), error))?;
    let mut keeper = Keeper::new(into.to_owned(), limits);
    let mut archive = Archive::new(tar);
    let mut read = 0_u64;
    for entry in archive.entries().map_err(TreeError::Archive)? {
        let mut entry = entry.map_err(TreeError::Archive)?;
        let path = [above, &entry.path_bytes()].concat();
        read = read.saturating_add(entry.size());
        if read > limits.read {
            let path = text(&path).unwrap_or_else(|written_out| written_out);
            return Err(TreeError::TooMuch { path, limit: limits.read });
        }
        if is_root(&path) && entry.header().entry_type() == EntryType::Directory {
            let header = entry.header();
            let mode = header.mode().map_err(TreeError::Archive)? & 0o7777;
            let (kind, uid, gid) = (EntryKind::Directory, id(header.uid())?, id(header.gid())?);
            keeper.top(Entry { kind, mode, uid, gid });
        }
        take(&mut keeper, above, &path, &mut entry)?;
    }
    Ok(keeper.finish())
}

/// Takes over one entry, unless it is the root or below a directory that is not kept.
fn take<R: Read>(
    keeper: &mut Keeper,
    above: &[u8],
    path: &[u8],
    entry: &mut tar::Entry<'_, R>,
) -> Result<(), TreeError> {
    let (path, utf8) = match path_in_folder(path)? {
        Some(Name::Utf8(path)) => (path, true),
        Some(Name::WrittenOut(path)) => (path, false),
        None => return Ok(()),
    };
    keeper.limits().check(&path)?;
    let header = entry.header().clone();
    if matches!(header.entry_type(), EntryType::XGlobalHeader) {
        return Ok(());
    }
    parents(keeper, &path)?;
    refuse_second(keeper, &path, header.entry_type())?;
    let mode = header.mode().map_err(TreeError::Archive)? & 0o7777;
    let kind = if utf8 {
        kind(keeper, above, (&path, mode), entry)?
    } else {
        EntryKind::Unkept(Unkept::NameNotUtf8)
    };
    keeper.add(path, Entry { kind, mode, uid: id(header.uid())?, gid: id(header.gid())? })
}

fn kind<R: Read>(
    keeper: &mut Keeper,
    above: &[u8],
    (path, mode): (&str, u32),
    entry: &mut tar::Entry<'_, R>,
) -> Result<EntryKind, TreeError> {
    Ok(match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            let size = entry.size();
            keeper.file(path, size, mode, || Ok(entry))?
        }
        EntryType::Directory => keeper.directory(path)?,
        EntryType::Symlink => {
            let target = link_name(path, entry)?;
            EntryKind::Symlink { target: text(&target).unwrap_or_else(|written_out| written_out) }
        }
        EntryType::Link => {
            let first = [above, &link_name(path, entry)?].concat();
            second_name(keeper, path, mode, &first)?
        }
        EntryType::Fifo => EntryKind::Unkept(Unkept::Fifo),
        EntryType::Block | EntryType::Char => EntryKind::Unkept(Unkept::Device),
        _ => return Err(refused(path, "it is of a kind that no folder holds")),
    })
}

/// A hard link is another name of an entry that came before.
fn second_name(keeper: &mut Keeper, path: &str, mode: u32, first: &[u8]) -> Result<EntryKind, TreeError> {
    let Some(Name::Utf8(first)) = path_in_folder(first)? else {
        return Err(refused(path, "it is the same file as one whose name is not UTF-8"));
    };
    match keeper.get(&first).map(|entry| entry.kind.clone()) {
        Some(EntryKind::File { size }) => keeper.copy(&first, path, size, mode),
        Some(kind @ (EntryKind::Symlink { .. } | EntryKind::Unkept(_))) => Ok(kind),
        Some(EntryKind::Directory) | None => {
            Err(refused(path, "it is a hard link to what is not in the archive"))
        }
    }
}

/// Where an entry is in its folder.
enum Name {
    Utf8(String),
    /// Only its last part is not UTF-8.
    WrittenOut(String),
}

/// Whether an archive's path is that of the folder itself.
fn is_root(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').skip(1).all(|part| part.is_empty() || part == b".")
}

/// Drops the first part of an archive's path; nothing is left of the root, nor of what is below a directory
/// whose name is not UTF-8.
fn path_in_folder(bytes: &[u8]) -> Result<Option<Name>, TreeError> {
    let parts = bytes.split(|byte| *byte == b'/');
    if parts.clone().any(|part| part == b"..") {
        let path = text(bytes).unwrap_or_else(|written_out| written_out);
        return Err(refused(&path, "it leads out of its folder"));
    }
    let mut parts = parts.skip(1).filter(|part| !part.is_empty() && *part != b".");
    let mut path = String::new();
    while let Some(part) = parts.next() {
        let (name, utf8) = match text(part) {
            Ok(name) => (name, true),
            Err(written_out) => (written_out, false),
        };
        path = if path.is_empty() { name } else { format!("{path}/{name}") };
        if !utf8 {
            return Ok(parts.next().is_none().then_some(Name::WrittenOut(path)));
        }
    }
    Ok((!path.is_empty()).then_some(Name::Utf8(path)))
}

/// Makes the directories above an entry that the archive leaves out.
fn parents(keeper: &mut Keeper, path: &str) -> Result<(), TreeError> {
    for (end, _) in path.match_indices('/') {
        let parent = &path[..end];
        match keeper.get(parent).map(|entry| &entry.kind) {
            Some(EntryKind::Directory) => {}
            Some(_) => return Err(refused(path, "it is below what is no directory")),
            None => {
                let kind = keeper.directory(parent)?;
                keeper.add(parent.to_owned(), Entry { kind, mode: 0o755, uid: 0, gid: 0 })?;
            }
        }
    }
    Ok(())
}

/// Only a directory may come twice: once as the parent of an entry, once for itself.
fn refuse_second(keeper: &Keeper, path: &str, kind: EntryType) -> Result<(), TreeError> {
    match keeper.get(path).map(|entry| &entry.kind) {
        None | Some(EntryKind::Unkept(Unkept::NameNotUtf8)) => Ok(()),
        Some(EntryKind::Directory) if kind == EntryType::Directory => Ok(()),
        Some(_) => Err(refused(path, "it is in the archive twice")),
    }
}

fn link_name<R: Read>(path: &str, entry: &tar::Entry<'_, R>) -> Result<Vec<u8>, TreeError> {
    let target = entry.link_name_bytes().ok_or_else(|| refused(path, "it is a link to nothing"))?;
    Ok(target.into_owned())
}

fn id(id: io::Result<u64>) -> Result<u32, TreeError> {
    let out_of_range =
        |_| TreeError::Archive(io::Error::new(io::ErrorKind::InvalidData, "an owner's id is too large"));
    u32::try_from(id.map_err(TreeError::Archive)?).map_err(out_of_range)
}

fn refused(path: &str, reason: &'static str) -> TreeError {
    TreeError::Refused { path: path.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    use tar::{Builder, Header};

    use super::*;

    struct Tar(Builder<Vec<u8>>);

    impl Tar {
        fn new() -> Self {
            Self(Builder::new(Vec::new()))
        }

        /// An entry whose name is written as it is, however odd.
        fn add(mut self, name: &[u8], kind: EntryType, link: &[u8], bytes: &[u8]) -> Self {
            let header = header(name, kind, link, bytes.len() as u64);
            self.0.append(&header, bytes).unwrap();
            self
        }

        fn file(self, name: &[u8], bytes: &[u8]) -> Self {
            self.add(name, EntryType::Regular, b"", bytes)
        }

        fn unpack(self, limits: Limits) -> (tempfile::TempDir, Result<Tree, TreeError>) {
            let temporary = tempfile::tempdir().unwrap();
            let bytes = self.0.into_inner().unwrap();
            let tree = unpack_within(bytes.as_slice(), &temporary.path().join("into"), limits);
            (temporary, tree)
        }

        fn tree(self) -> (tempfile::TempDir, Tree) {
            let (temporary, tree) = self.unpack(Limits::DEFAULT);
            (temporary, tree.unwrap())
        }

        fn error(self) -> String {
            self.unpack(Limits::DEFAULT).1.unwrap_err().to_string()
        }
    }

    fn header(name: &[u8], kind: EntryType, link: &[u8], size: u64) -> Header {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(0o100_600);
        header.set_uid(65532);
        header.set_gid(7);
        header.set_cksum();
        header
    }

    fn kinds(tree: &Tree) -> Vec<(&str, &EntryKind)> {
        tree.entries.iter().map(|(path, entry)| (path.as_str(), &entry.kind)).collect()
    }

    #[test]
    fn the_first_part_of_a_path_is_dropped_whatever_it_is() {
        let tar = Tar::new()
            .add(b"output/", EntryType::Directory, b"", b"")
            .file(b"output/a", b"1")
            .file(b"/b", b"2")
            .file(b"./c", b"3");
        let (_temporary, tree) = tar.tree();
        assert_eq!(tree.entries.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(tree.read("b").unwrap(), b"2");
    }

    #[test]
    fn of_an_artifact_the_whole_path_counts() {
        let tar = Tar::new()
            .file(b"a/b", b"1")
            .file(b"/etc/c", b"2")
            .add(b"./d", EntryType::Link, b"a/b", b"")
            .add(b"l", EntryType::Symlink, b"/etc", b"");
        let temporary = tempfile::tempdir().unwrap();
        let bytes = tar.0.into_inner().unwrap();
        let tree = unpack_artifact(bytes.as_slice(), &temporary.path().join("into")).unwrap();
        assert_eq!(tree.entries.keys().collect::<Vec<_>>(), ["a", "a/b", "d", "etc", "etc/c", "l"]);
        assert_eq!(tree.read("d").unwrap(), b"1");
        for (name, link) in [("../x", ""), ("a/../../x", ""), ("x", "../../x")] {
            let kind = if link.is_empty() { EntryType::Regular } else { EntryType::Link };
            let bytes = Tar::new().add(name.as_bytes(), kind, link.as_bytes(), b"").0.into_inner().unwrap();
            let error = unpack_artifact(bytes.as_slice(), &temporary.path().join("refused")).unwrap_err();
            assert!(error.to_string().contains("it leads out of its folder"), "{error}");
            fs::remove_dir_all(temporary.path().join("refused")).unwrap();
        }
    }

    #[test]
    fn owners_and_modes_are_remembered_and_files_are_ours() {
        let (_temporary, tree) = Tar::new().file(b"o/a", b"1").tree();
        let entry = &tree.entries["a"];
        assert_eq!((entry.mode, entry.uid, entry.gid), (0o600, 65532, 7));
        let kept = fs::metadata(tree.root.join("a")).unwrap();
        assert_eq!(kept.mode() & 0o7777, 0o644);
        assert_eq!(kept.uid(), rustix::process::geteuid().as_raw());
    }

    #[test]
    fn a_path_that_leads_out_is_refused() {
        for name in ["o/../../x", "../x", "o/.."] {
            let error = Tar::new().file(name.as_bytes(), b"x").error();
            assert_eq!(error, format!("the archive is refused: {name}: it leads out of its folder"));
        }
    }

    #[test]
    fn a_file_below_a_link_is_refused() {
        let tar = Tar::new().add(b"o/l", EntryType::Symlink, b"/tmp", b"").file(b"o/l/x", b"x");
        assert!(tar.error().ends_with("l/x: it is below what is no directory"));
    }

    #[test]
    fn a_file_in_place_of_a_link_is_refused() {
        let tar = Tar::new().add(b"o/l", EntryType::Symlink, b"/tmp/x", b"").file(b"o/l", b"x");
        assert!(tar.error().ends_with("l: it is in the archive twice"));
    }

    #[test]
    fn links_fifos_and_devices_are_recorded_and_not_made() {
        let tar = Tar::new()
            .add(b"o/l", EntryType::Symlink, b"/etc/passwd", b"")
            .add(b"o/f", EntryType::Fifo, b"", b"")
            .add(b"o/c", EntryType::Char, b"", b"")
            .add(b"o/b", EntryType::Block, b"", b"");
        let (_temporary, tree) = tar.tree();
        let device = EntryKind::Unkept(Unkept::Device);
        assert_eq!(
            kinds(&tree),
            [
                ("b", &device),
                ("c", &device),
                ("f", &EntryKind::Unkept(Unkept::Fifo)),
                ("l", &EntryKind::Symlink { target: "/etc/passwd".to_owned() }),
            ]
        );
        assert_eq!(fs::read_dir(&tree.root).unwrap().count(), 0);
    }

    #[test]
    fn hard_links_are_resolved_inside_the_tree() {
        let tar = Tar::new()
            .file(b"o/a", b"bytes")
            .add(b"o/b", EntryType::Link, b"o/a", b"")
            .add(b"o/l", EntryType::Symlink, b"a", b"")
            .add(b"o/m", EntryType::Link, b"o/l", b"");
        let (_temporary, tree) = tar.tree();
        assert_eq!(tree.read("b").unwrap(), b"bytes");
        assert_eq!(tree.entries["m"].kind, EntryKind::Symlink { target: "a".to_owned() });
    }

    #[test]
    fn hard_links_to_elsewhere_are_refused() {
        for target in ["/etc/passwd", "o/gone", "o"] {
            let tar = Tar::new().add(b"o/b", EntryType::Link, target.as_bytes(), b"");
            assert!(tar.error().contains("b: it is "), "{target}");
        }
        let tar = Tar::new().add(b"o/b", EntryType::Link, b"o/../../etc/passwd", b"");
        assert!(tar.error().ends_with("it leads out of its folder"));
    }

    #[test]
    fn names_that_are_not_utf8_are_written_out_and_what_is_below_is_not_kept() {
        let tar = Tar::new()
            .add(b"o/\xffd", EntryType::Directory, b"", b"")
            .file(b"o/\xffd/inside", b"x")
            .file(b"o/z\xfe", b"x");
        let (_temporary, tree) = tar.tree();
        let unkept = EntryKind::Unkept(Unkept::NameNotUtf8);
        assert_eq!(kinds(&tree), [("\\xffd", &unkept), ("z\\xfe", &unkept)]);
        assert_eq!(fs::read_dir(&tree.root).unwrap().count(), 0);
    }

    #[test]
    fn long_names_arrive_whole() {
        let name: PathBuf = ["o", &"n".repeat(200), &"ü".repeat(120)].iter().collect();
        let mut tar = Tar::new();
        let mut header = header(b"", EntryType::Regular, b"", 1);
        tar.0.append_data(&mut header, &name, &b"x"[..]).unwrap();
        let (_temporary, tree) = tar.tree();
        let path = format!("{}/{}", "n".repeat(200), "ü".repeat(120));
        assert_eq!(tree.read(&path).unwrap(), b"x");
    }

    #[test]
    fn directories_that_the_archive_leaves_out_are_in_the_tree() {
        let (_temporary, tree) = Tar::new().file(b"o/a/b/c", b"x").tree();
        assert_eq!(tree.entries.keys().collect::<Vec<_>>(), ["a", "a/b", "a/b/c"]);
    }

    #[test]
    fn a_file_beyond_the_limit_is_read_past_and_what_follows_is_kept() {
        let tar = Tar::new()
            .file(b"o/a", &[1; 6])
            .file(b"o/b", &[2; 5000])
            .add(b"o/b2", EntryType::Link, b"o/b", b"")
            .file(b"o/c", &[3; 4]);
        let (_temporary, tree) = tar.unpack(Limits { kept: 10, ..Limits::DEFAULT });
        let tree = tree.unwrap();
        let too_large = EntryKind::Unkept(Unkept::TooLarge { size: 5000 });
        assert_eq!(tree.entries["b"].kind, too_large);
        assert_eq!(tree.entries["b2"].kind, too_large);
        assert_eq!(tree.read("c").unwrap(), [3; 4]);
    }

    #[test]
    fn hard_links_count_against_the_limit() {
        let mut tar = Tar::new().file(b"o/a", &[1; 6]);
        for name in ["o/b", "o/c"] {
            tar = tar.add(name.as_bytes(), EntryType::Link, b"o/a", b"");
        }
        let (_temporary, tree) = tar.unpack(Limits { kept: 12, ..Limits::DEFAULT });
        let tree = tree.unwrap();
        assert_eq!(tree.entries["b"].kind, EntryKind::File { size: 6 });
        assert_eq!(tree.entries["c"].kind, EntryKind::Unkept(Unkept::TooLarge { size: 6 }));
    }

    #[test]
    fn more_than_is_ever_read_is_an_error_at_once() {
        let mut bytes = header(b"o/huge", EntryType::Regular, b"", 1 << 32).as_bytes().to_vec();
        bytes.resize(1024, 0);
        let temporary = tempfile::tempdir().unwrap();
        let limits = Limits { read: 1 << 30, ..Limits::DEFAULT };
        let error = unpack_within(bytes.as_slice(), &temporary.path().join("into"), limits).unwrap_err();
        assert_eq!(error.to_string(), "o/huge: more than 1024 MiB in the folder");
    }

    #[test]
    fn a_huge_sparse_file_is_too_large() {
        let mut header = header(b"o/s", EntryType::GNUSparse, b"", 0);
        let gnu = header.as_gnu_mut().unwrap();
        gnu.realsize.copy_from_slice(b"00010000000\0");
        gnu.sparse[0].offset.copy_from_slice(b"00010000000\0");
        gnu.sparse[0].numbytes.copy_from_slice(b"00000000000\0");
        header.set_cksum();
        let mut tar = Tar::new();
        tar.0.append(&header, io::empty()).unwrap();
        let (_temporary, tree) = tar.unpack(Limits { kept: 1 << 20, ..Limits::DEFAULT });
        let kind = &tree.unwrap().entries["s"].kind;
        assert_eq!(kind, &EntryKind::Unkept(Unkept::TooLarge { size: 1 << 21 }));
    }

    #[test]
    fn too_many_entries_are_an_error() {
        let tar = Tar::new().file(b"o/a", b"").file(b"o/b", b"");
        let (_temporary, tree) = tar.unpack(Limits { entries: 1, ..Limits::DEFAULT });
        assert_eq!(tree.unwrap_err().to_string(), "more than 1 files and folders");
    }

    #[test]
    fn very_deep_folders_are_an_error() {
        let name: PathBuf = std::iter::repeat_n("d", 5000).collect();
        let mut tar = Tar::new();
        let mut header = header(b"", EntryType::Regular, b"", 0);
        tar.0.append_data(&mut header, &name, io::empty()).unwrap();
        assert!(tar.error().ends_with("too long a path"));
    }

    #[test]
    fn an_archive_that_breaks_off_is_an_error() {
        let mut bytes = Tar::new().file(b"o/a", &[1; 2000]).0.into_inner().unwrap();
        bytes.truncate(1500);
        let temporary = tempfile::tempdir().unwrap();
        let error = unpack(bytes.as_slice(), &temporary.path().join("into")).unwrap_err();
        assert!(error.to_string().starts_with("a: "), "{error}");
    }
}
