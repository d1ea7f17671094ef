//! Folders of ours that an engine on the same file system binds: making, seeding and removing them.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Folder;
use super::owner::Owner;

/// Says whose a scratch folder is.
const OWNER_FILE: &str = ".kratix-test-owner";

/// Makes the folder of a run, which nobody else can look into.
pub(super) fn make(scratch: &Path, owner: &Owner) -> io::Result<()> {
    DirBuilder::new().mode(0o700).recursive(true).create(scratch.parent().unwrap_or(scratch))?;
    DirBuilder::new().mode(0o700).create(scratch)?;
    fs::write(scratch.join(OWNER_FILE), owner.to_string())
}

/// Makes folders with the files that they start with, all of mode 0777 as Kubernetes makes an emptyDir.
pub(super) fn seed(workspace: &Path, folders: &[Folder]) -> io::Result<()> {
    fs::create_dir(workspace)?;
    for folder in folders {
        let root = workspace.join(&folder.name);
        open_folder(&root)?;
        for file in &folder.files {
            for parent in parents(&file.path)? {
                open_folder(&root.join(parent))?;
            }
            let mut written = OpenOptions::new().write(true).create_new(true).open(root.join(&file.path))?;
            written.write_all(&file.bytes)?;
            written.set_permissions(Permissions::from_mode(file.mode))?;
        }
    }
    Ok(())
}

fn open_folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        made => made?,
    }
    fs::set_permissions(path, Permissions::from_mode(0o777))
}

/// The folders that a seed file is in, outermost first; refuses a path that leaves its folder.
pub(super) fn parents(path: &Path) -> io::Result<Vec<PathBuf>> {
    if path.as_os_str().is_empty() || path.components().any(|part| !matches!(part, Component::Normal(_))) {
        let message = format!("{} is not a path inside a folder", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let mut parents: Vec<_> = path.ancestors().skip(1).map(Path::to_owned).collect();
    parents.pop();
    parents.reverse();
    Ok(parents)
}

/// Removes a folder, however deep what is in it: every directory is moved to the top before it is emptied,
/// so that neither the stack nor the length of a path sets a limit.
pub(super) fn remove(root: &Path) -> io::Result<()> {
    let mut full = vec![root.to_owned()];
    let mut moved = 0_u64;
    while let Some(folder) = full.pop() {
        let is_root = folder == root;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                fs::remove_file(entry.path())?;
            } else if is_root {
                full.push(entry.path());
            } else {
                let place = free_place(root, &mut moved);
                fs::rename(entry.path(), &place)?;
                full.push(place);
            }
        }
        if !is_root {
            fs::remove_dir(&folder)?;
        }
    }
    fs::remove_dir(root)
}

/// A name that is not taken, not even by a removal that broke off.
fn free_place(root: &Path, moved: &mut u64) -> PathBuf {
    loop {
        let place = root.join(format!(".removed-{moved}"));
        *moved += 1;
        if fs::symlink_metadata(&place).is_err() {
            return place;
        }
    }
}

/// Removes the scratch folders beside ours whose runs have ended without doing so.
///
/// Only folders that nobody but our user can have made: others may write beside them.
pub(super) fn reap(scratch: &Path, ours: &Owner) -> io::Result<()> {
    let Some(beside) = scratch.parent() else { return Ok(()) };
    let entries = match fs::read_dir(beside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries.flatten() {
        if entry.metadata().is_ok_and(|metadata| is_private(&metadata)) && left_behind(&entry.path(), ours) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn is_private(metadata: &fs::Metadata) -> bool {
    let us = rustix::process::geteuid().as_raw();
    metadata.is_dir() && metadata.uid() == us && metadata.mode() & 0o777 == 0o700
}

fn left_behind(folder: &Path, ours: &Owner) -> bool {
    let file = folder.join(OWNER_FILE);
    let Ok(text) = fs::read_to_string(&file) else { return false };
    let made = fs::metadata(&file).and_then(|metadata| metadata.modified());
    let age = made.ok().and_then(|made| SystemTime::now().duration_since(made).ok());
    Owner::parse(&text).is_some_and(|owner| owner.is_gone(ours, age.unwrap_or(Duration::ZERO)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::SeedFile;
    use super::super::owner::tests::dead;
    use super::*;

    fn folder(path: &str) -> Folder {
        let file = SeedFile { path: PathBuf::from(path), mode: 0o640, bytes: b"x".to_vec() };
        Folder { name: "input".to_owned(), files: vec![file] }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn folders_are_open_to_every_user_and_files_have_their_mode() {
        let temporary = tempfile::tempdir().unwrap();
        let workspace = temporary.path().join("w");
        seed(&workspace, &[folder("a/b/c")]).unwrap();
        for (path, expected) in [("input", 0o777), ("input/a/b", 0o777), ("input/a/b/c", 0o640)] {
            assert_eq!(mode(&workspace.join(path)), expected, "{path}");
        }
    }

    #[test]
    fn seed_files_stay_in_their_folder() {
        let temporary = tempfile::tempdir().unwrap();
        for path in ["../x", "/x", "a/../../x", ""] {
            let workspace = temporary.path().join("w");
            assert!(seed(&workspace, &[folder(path)]).is_err(), "{path}");
            remove(&workspace).unwrap();
        }
    }

    #[test]
    fn removing_follows_no_link() {
        let temporary = tempfile::tempdir().unwrap();
        let (kept, gone) = (temporary.path().join("kept"), temporary.path().join("gone"));
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("file"), "").unwrap();
        fs::create_dir(&gone).unwrap();
        symlink(&kept, gone.join("link")).unwrap();
        remove(&gone).unwrap();
        assert!(kept.join("file").exists() && !gone.exists());
    }

    #[test]
    fn folders_deeper_than_any_path_are_removed() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().join("root");
        fs::create_dir(&root).unwrap();
        // Built from the inside, since no path reaches the bottom.
        let (inner, outer) = (root.join("inner"), root.join("outer"));
        fs::create_dir(&inner).unwrap();
        for _ in 0..3000 {
            fs::create_dir(&outer).unwrap();
            fs::rename(&inner, outer.join("deep")).unwrap();
            fs::rename(&outer, &inner).unwrap();
        }
        remove(&root).unwrap();
        assert!(!root.exists());
    }

    #[test]
    fn only_the_scratch_folders_of_ended_runs_are_reaped() {
        let temporary = tempfile::tempdir().unwrap();
        let ours = Owner::ourselves();
        let place = |name: &str| temporary.path().join(name);
        make(&place("dead"), &dead()).unwrap();
        make(&place("live"), &ours).unwrap();
        make(&place("open"), &dead()).unwrap();
        fs::set_permissions(place("open"), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(place("other")).unwrap();
        reap(&place("live"), &ours).unwrap();
        let left = |name: &str| place(name).exists();
        assert_eq!((left("dead"), left("live"), left("open"), left("other")), (false, true, true, true));
    }
}
