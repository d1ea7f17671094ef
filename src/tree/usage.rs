//! How much of a disk a folder takes.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What `st_blocks` counts.
const BLOCK: u64 = 512;

/// Bytes of disk that a folder and all below it take, as the kubelet counts them: blocks and not lengths, so that the
/// holes of a file are free; a file of several names once; no other file system. What cannot be looked at is free.
pub(crate) fn disk_usage(folder: &Path) -> io::Result<u64> {
    let root = fs::symlink_metadata(folder)?;
    let mut counted = HashSet::new();
    let mut count = |metadata: &Metadata| {
        let again = metadata.nlink() > 1 && !metadata.is_dir() && !counted.insert(metadata.ino());
        if again { 0 } else { metadata.blocks() * BLOCK }
    };
    let mut total = count(&root);
    let mut folders: Vec<PathBuf> = Vec::from_iter(root.is_dir().then(|| folder.to_owned()));
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            // Of an entry itself, never of what a link leads to.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.dev() != root.dev() {
                continue;
            }
            total += count(&metadata);
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    fn usage(folder: &tempfile::TempDir) -> u64 {
        disk_usage(folder.path()).expect("a folder")
    }

    #[test]
    fn files_at_any_depth_count_by_their_blocks() {
        let folder = folder();
        fs::create_dir_all(folder.path().join("a/b")).expect("a folder");
        fs::write(folder.path().join("a/b/c"), vec![1; 3 << 20]).expect("a file");
        let usage = usage(&folder);
        assert!((3 * MIB..4 * MIB).contains(&usage), "{usage}");
    }

    #[test]
    fn the_holes_of_a_file_are_free() {
        let folder = folder();
        File::create(folder.path().join("sparse")).and_then(|file| file.set_len(1 << 40)).expect("a file");
        assert!(usage(&folder) < MIB);
    }

    #[test]
    fn a_file_of_two_names_counts_once_and_what_a_link_leads_to_not_at_all() {
        let (folder, other) = (folder(), self::folder());
        fs::write(folder.path().join("one"), vec![1; 2 << 20]).expect("a file");
        fs::hard_link(folder.path().join("one"), folder.path().join("two")).expect("a link");
        fs::write(other.path().join("big"), vec![1; 4 << 20]).expect("a file");
        std::os::unix::fs::symlink(other.path(), folder.path().join("away")).expect("a link");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).expect("a link");
        let usage = usage(&folder);
        assert!((2 * MIB..3 * MIB).contains(&usage), "{usage}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        assert!(disk_usage(&folder().path().join("x")).is_err());
    }
}
