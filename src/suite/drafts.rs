//! Texts that are to take the place of expected files and do not yet: what was marked and edited while looking at a run.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::tree::{Entry, EntryKind, Resolution, Tree};

/// By the expected file: a file elsewhere with its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Drafts(BTreeMap<PathBuf, PathBuf>);

impl Drafts {
    /// These and one more, or another one in its place.
    #[must_use]
    pub(crate) fn with(&self, expected: &Path, text: PathBuf) -> Self {
        let mut all = self.0.clone();
        all.insert(expected.to_owned(), text);
        Self(all)
    }

    pub(crate) fn get(&self, expected: &Path) -> Option<&Path> {
        self.0.get(expected).map(PathBuf::as_path)
    }

    /// Every expected file, and where its text is.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Path, &Path)> {
        self.0.iter().map(|(expected, text)| (expected.as_path(), text.as_path()))
    }

    /// Whether there are any below a folder.
    pub(crate) fn is_in(&self, folder: &Path) -> bool {
        self.0.keys().any(|expected| expected.starts_with(folder))
    }

    /// Puts them into a tree of expected files.
    pub(crate) fn lay(&self, tree: &mut Tree) {
        for (expected, text) in &self.0 {
            let Some(path) = expected.strip_prefix(&tree.root).ok().and_then(Path::to_str) else { continue };
            let Ok(metadata) = fs::metadata(text) else { continue };
            let mode = match tree.resolve(path) {
                Resolution::File(file) => tree.entries.get(&file).map(|entry| entry.mode),
                _ => None,
            };
            let mode = mode.unwrap_or_else(|| metadata.permissions().mode() & 0o777);
            let entry = Entry { kind: EntryKind::File { size: metadata.len() }, mode, uid: 0, gid: 0 };
            let path = path.to_owned();
            tree.elsewhere.insert(path.clone(), text.clone());
            tree.entries.insert(path, entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn a_draft_is_read_in_place_of_the_file_and_keeps_its_mode() {
        let folder = tempfile::tempdir().expect("a folder");
        let (output, elsewhere) = (folder.path().join("output"), folder.path().join("elsewhere"));
        fs::create_dir(&output).expect("a folder");
        fs::write(output.join("a"), "old").expect("a file");
        fs::set_permissions(output.join("a"), fs::Permissions::from_mode(0o755)).expect("a mode");
        fs::write(&elsewhere, "new").expect("a file");
        let drafts = Drafts::default()
            .with(&output.join("a"), elsewhere.clone())
            .with(&output.join("b/c"), elsewhere.clone())
            .with(&folder.path().join("metadata/d"), elsewhere);
        let mut tree = tree::scan(&output).expect("a tree");
        drafts.lay(&mut tree);
        assert_eq!(tree.entries.keys().collect::<Vec<_>>(), ["a", "b/c"]);
        assert_eq!(tree.read("a").expect("bytes"), b"new");
        assert_eq!((tree.entries["a"].mode, tree.entries["b/c"].mode & 0o111), (0o755, 0));
        assert_eq!(fs::read(output.join("a")).expect("bytes"), b"old");
        assert!(drafts.is_in(&folder.path().join("metadata")) && !drafts.is_in(&folder.path().join("input")));
    }
}
