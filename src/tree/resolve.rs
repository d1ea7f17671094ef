//! Where a path of a tree leads when its links are followed, without asking the file system.

use super::{EntryKind, Tree};

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// The regular file at this path.
    File(String),
    /// The directory at this path; empty for the root.
    Directory(String),
    /// An entry that was not kept.
    Unkept(String),
    /// Nothing is there.
    Dangling,
    /// A link leads above the root.
    Outside,
    /// A link leads to this absolute path.
    Absolute(String),
    /// Links lead to each other, or there are more of them than Linux follows.
    Loop,
}

/// As many as Linux follows.
const LINKS: usize = 40;

impl Tree {
    /// Follows the links of a path as the kernel would, as long as they stay inside the tree.
    pub(crate) fn resolve(&self, path: &str) -> Resolution {
        let mut at = String::new();
        let mut ahead: Vec<&str> = path.split('/').rev().collect();
        let mut links = 0;
        while let Some(name) = ahead.pop() {
            if name.is_empty() || name == "." {
                continue;
            }
            if name == ".." {
                if at.is_empty() {
                    return Resolution::Outside;
                }
                at.truncate(at.rfind('/').unwrap_or(0));
                continue;
            }
            let next = if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
            match self.entries.get(&next).map(|entry| &entry.kind) {
                None => return Resolution::Dangling,
                Some(EntryKind::Directory) => at = next,
                Some(EntryKind::Symlink { target }) if target.starts_with('/') => {
                    return Resolution::Absolute(target.clone());
                }
                Some(EntryKind::Symlink { target }) => {
                    links += 1;
                    if links > LINKS {
                        return Resolution::Loop;
                    }
                    ahead.extend(target.split('/').rev());
                }
                // Nothing is below a file; even `file/.` is an error to the kernel.
                Some(_) if !ahead.is_empty() => return Resolution::Dangling,
                Some(EntryKind::File { .. }) => return Resolution::File(next),
                Some(EntryKind::Unkept(_)) => return Resolution::Unkept(next),
            }
        }
        Resolution::Directory(at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Entry, Unkept};
    use super::*;

    fn tree(entries: &[(&str, EntryKind)]) -> Tree {
        let entries = entries
            .iter()
            .map(|(path, kind)| {
                ((*path).to_owned(), Entry { kind: kind.clone(), mode: 0o644, uid: 0, gid: 0 })
            })
            .collect();
        Tree { entries, ..Tree::default() }
    }

    fn link(target: &str) -> EntryKind {
        EntryKind::Symlink { target: target.to_owned() }
    }

    const FILE: EntryKind = EntryKind::File { size: 1 };
    const DIRECTORY: EntryKind = EntryKind::Directory;

    #[test]
    fn a_relative_link_leads_to_its_file() {
        let tree = tree(&[("a", DIRECTORY), ("a/b", DIRECTORY), ("a/b/up", link("../../c")), ("c", FILE)]);
        assert_eq!(tree.resolve("a/b/up"), Resolution::File("c".to_owned()));
    }

    #[test]
    fn dots_after_a_linked_directory_count_from_where_it_leads() {
        let tree = tree(&[
            ("a", DIRECTORY),
            ("a/b", DIRECTORY),
            ("a/x", FILE),
            ("l", link("a/b")),
            ("m", link("l/../x")),
        ]);
        assert_eq!(tree.resolve("m"), Resolution::File("a/x".to_owned()));
    }

    #[test]
    fn links_that_leave_the_tree_are_told_apart() {
        let tree = tree(&[("a", link("../../etc")), ("b", link("/etc")), ("c", link("gone"))]);
        assert_eq!(tree.resolve("a"), Resolution::Outside);
        assert_eq!(tree.resolve("b"), Resolution::Absolute("/etc".to_owned()));
        assert_eq!(tree.resolve("c"), Resolution::Dangling);
    }

    #[test]
    fn links_in_a_circle_are_a_loop() {
        let tree = tree(&[("a", link("b")), ("b", link("a"))]);
        assert_eq!(tree.resolve("a"), Resolution::Loop);
    }

    #[test]
    fn links_that_double_at_every_step_end_too() {
        let mut entries = vec![("l0".to_owned(), DIRECTORY)];
        for step in 1..60 {
            let before = step - 1;
            entries.push((format!("l{step}"), link(&format!("l{before}/../l{before}"))));
        }
        let entries: Vec<_> = entries.iter().map(|(path, kind)| (path.as_str(), kind.clone())).collect();
        assert_eq!(tree(&entries).resolve("l59"), Resolution::Loop);
    }

    #[test]
    fn directories_and_what_was_not_kept_are_said() {
        let tree = tree(&[("a", DIRECTORY), ("f", EntryKind::Unkept(Unkept::Fifo)), ("l", link("a/.."))]);
        assert_eq!(tree.resolve("a/"), Resolution::Directory("a".to_owned()));
        assert_eq!(tree.resolve("f"), Resolution::Unkept("f".to_owned()));
        assert_eq!(tree.resolve("l"), Resolution::Directory(String::new()));
    }

    #[test]
    fn nothing_is_below_a_file() {
        let tree = tree(&[("a", FILE), ("b", link("a/."))]);
        assert_eq!(tree.resolve("a/x"), Resolution::Dangling);
        assert_eq!(tree.resolve("b"), Resolution::Dangling);
    }
}
