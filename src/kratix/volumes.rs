//! What Kratix's own containers find in a pod's volumes: the same files under other paths, read as user 65532.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use crate::tree::{Entry, EntryKind, Tree, Unkept};

/// Where Kratix's containers have the output.
pub(crate) const OUTPUT: &str = "/work-creator-files/input";
/// Where they have the metadata.
pub(crate) const METADATA: &str = "/work-creator-files/metadata";

/// The user and the group that Kratix's containers run as.
const ADAPTER: u32 = 65532;
/// How many links Linux follows before it gives up.
const MAX_LINKS: usize = 40;

const SEARCH: u32 = 0o1;
const READ: u32 = 0o4;

/// Gives the bytes of a regular file of a tree.
pub(crate) type ReadBytes<'a> = &'a dyn Fn(&Tree, &str) -> io::Result<Vec<u8>>;

/// The volumes that a pipeline leaves.
pub(crate) struct Volumes<'a> {
    output: Folder<'a>,
    metadata: Folder<'a>,
    read: ReadBytes<'a>,
}

/// A tree, and what is in each of its directories.
struct Folder<'a> {
    tree: &'a Tree,
    children: BTreeMap<&'a str, Vec<&'a str>>,
}

/// What is at a path, links followed.
#[derive(Clone, Copy)]
enum Spot<'a> {
    /// A directory that the platform makes, and its names.
    Made(&'static [&'static str]),
    /// The top of a volume.
    Top(&'a Folder<'a>),
    Inside(&'a Folder<'a>, &'a str, &'a Entry),
}

/// What can be read at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened<'a> {
    /// A regular file of a tree, by its path there.
    File(&'a Tree, &'a str),
    /// Something that is neither a regular file nor a directory, or that was too large to keep.
    Special(&'a Unkept),
}

/// A name in a directory, as listing it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Child<'a> {
    pub(crate) name: &'a str,
    /// Not for a link to one.
    pub(crate) is_directory: bool,
}

/// Why an operation failed, as Go writes it: `open /x: permission denied`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathError {
    pub(crate) operation: &'static str,
    pub(crate) path: String,
    pub(crate) errno: Errno,
}

/// Linux's reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errno {
    NotFound,
    NotADirectory,
    IsADirectory,
    Denied,
    TooManyLinks,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.errno {
            Errno::NotFound => "no such file or directory",
            Errno::NotADirectory => "not a directory",
            Errno::IsADirectory => "is a directory",
            Errno::Denied => "permission denied",
            Errno::TooManyLinks => "too many levels of symbolic links",
        };
        write!(f, "{} {}: {reason}", self.operation, self.path)
    }
}

impl<'a> Volumes<'a> {
    /// The two trees that a pipeline left, and how to get at their bytes.
    pub(crate) fn new(output: &'a Tree, metadata: &'a Tree, read: ReadBytes<'a>) -> Self {
        Self { output: Folder::new(output), metadata: Folder::new(metadata), read }
    }

    pub(crate) fn output(&self) -> &'a Tree {
        self.output.tree
    }

    pub(crate) fn metadata(&self) -> &'a Tree {
        self.metadata.tree
    }

    /// The bytes of a file that was opened.
    pub(crate) fn bytes(&self, tree: &Tree, path: &str) -> io::Result<Vec<u8>> {
        (self.read)(tree, path)
    }

    /// Go's `os.Stat`: whether anything is there.
    pub(crate) fn stat(&self, path: &str) -> Result<(), PathError> {
        self.walk(path).map(drop).map_err(|errno| error("stat", path, errno))
    }

    /// Go's `os.ReadFile`, up to the bytes.
    pub(crate) fn open(&self, path: &str) -> Result<Opened<'_>, PathError> {
        let spot = self.walk(path).map_err(|errno| error("open", path, errno))?;
        if !spot.allows(READ) {
            return Err(error("open", path, Errno::Denied));
        }
        match spot {
            Spot::Inside(folder, path, Entry { kind: EntryKind::File { .. }, .. }) => {
                Ok(Opened::File(folder.tree, path))
            }
            Spot::Inside(_, _, Entry { kind: EntryKind::Unkept(unkept), .. }) => Ok(Opened::Special(unkept)),
            _ => Err(error("read", path, Errno::IsADirectory)),
        }
    }

    /// Go's `os.ReadDir`: the names in a directory, sorted by their bytes.
    pub(crate) fn read_dir(&self, path: &str) -> Result<Vec<Child<'_>>, PathError> {
        let spot = self.walk(path).map_err(|errno| error("open", path, errno))?;
        if !spot.is_directory() {
            return Err(error("open", path, Errno::NotADirectory));
        }
        if !spot.allows(READ) {
            return Err(error("open", path, Errno::Denied));
        }
        Ok(spot.children())
    }

    /// Follows a path, name by name, as user 65532.
    fn walk(&self, path: &str) -> Result<Spot<'_>, Errno> {
        let mut at: Vec<String> = Vec::new();
        let mut ahead: Vec<String> = names(path);
        let mut links = 0;
        let mut spot = self.spot(&at)?;
        while let Some(name) = ahead.pop() {
            if !spot.is_directory() {
                return Err(Errno::NotADirectory);
            }
            if !spot.allows(SEARCH) {
                return Err(Errno::Denied);
            }
            if name == ".." {
                at.pop();
            } else {
                at.push(name);
            }
            spot = self.spot(&at)?;
            if let Some(target) = spot.target() {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::TooManyLinks);
                }
                at.pop();
                if target.starts_with('/') {
                    at.clear();
                }
                ahead.extend(names(target));
                spot = self.spot(&at)?;
            }
        }
        Ok(spot)
    }

    /// What is at a path without links.
    fn spot(&self, path: &[String]) -> Result<Spot<'_>, Errno> {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        match names.as_slice() {
            [] => Ok(Spot::Made(&["work-creator-files"])),
            ["work-creator-files"] => Ok(Spot::Made(&["input", "kratix-system", "metadata"])),
            ["work-creator-files", "kratix-system"] => Ok(Spot::Made(&[])),
            ["work-creator-files", "input", below @ ..] => self.output.spot(below),
            ["work-creator-files", "metadata", below @ ..] => self.metadata.spot(below),
            _ => Err(Errno::NotFound),
        }
    }
}

impl<'a> Folder<'a> {
    fn new(tree: &'a Tree) -> Self {
        let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in tree.entries.keys() {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            children.entry(parent).or_default().push(name);
        }
        for names in children.values_mut() {
            names.sort_unstable();
        }
        Self { tree, children }
    }

    fn spot(&'a self, below: &[&str]) -> Result<Spot<'a>, Errno> {
        if below.is_empty() {
            return Ok(Spot::Top(self));
        }
        let found = self.tree.entries.get_key_value(&below.join("/"));
        found.map(|(path, entry)| Spot::Inside(self, path, entry)).ok_or(Errno::NotFound)
    }

    fn children_of(&'a self, parent: &str) -> Vec<Child<'a>> {
        let names = self.children.get(parent).map(Vec::as_slice).unwrap_or_default();
        let is_directory = |name: &str| {
            let path = if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") };
            self.tree.entries.get(&path).is_some_and(|entry| entry.kind == EntryKind::Directory)
        };
        names.iter().map(|name| Child { name, is_directory: is_directory(name) }).collect()
    }
}

impl<'a> Spot<'a> {
    fn is_directory(&self) -> bool {
        match self {
            Self::Made(_) | Self::Top(_) => true,
            Self::Inside(_, _, entry) => entry.kind == EntryKind::Directory,
        }
    }

    fn target(&self) -> Option<&'a str> {
        match self {
            Self::Inside(_, _, Entry { kind: EntryKind::Symlink { target }, .. }) => Some(target),
            _ => None,
        }
    }

    /// Whether user 65532 may; the platform makes the top of a volume open to everyone, and a stage may close it.
    fn allows(&self, bit: u32) -> bool {
        match self {
            Self::Made(_) => true,
            Self::Top(folder) => folder.tree.top.as_ref().is_none_or(|top| lets_in(top, bit)),
            Self::Inside(_, _, entry) => lets_in(entry, bit),
        }
    }

    fn children(&self) -> Vec<Child<'a>> {
        match *self {
            Self::Made(names) => names.iter().map(|name| Child { name, is_directory: true }).collect(),
            Self::Top(folder) => folder.children_of(""),
            Self::Inside(folder, path, _) => folder.children_of(path),
        }
    }
}

fn lets_in(entry: &Entry, bit: u32) -> bool {
    let shift = match (entry.uid, entry.gid) {
        (ADAPTER, _) => 6,
        (_, ADAPTER) => 3,
        _ => 0,
    };
    (entry.mode >> shift) & bit == bit
}

fn error(operation: &'static str, path: &str, errno: Errno) -> PathError {
    PathError { operation, path: path.to_owned(), errno }
}

/// The names of a path, the last first, so that the next one can be popped.
fn names(path: &str) -> Vec<String> {
    path.split('/').rev().filter(|name| !matches!(*name, "" | ".")).map(str::to_owned).collect()
}

/// Trees for tests.
#[cfg(test)]
pub(crate) mod fixture {
    use std::collections::HashMap;

    use super::*;

    /// Trees in memory, made of words: what is at a path, its mode, its owner.
    #[derive(Default)]
    pub(crate) struct Pod {
        pub(crate) output: Tree,
        pub(crate) metadata: Tree,
        bytes: HashMap<String, Vec<u8>>,
    }

    impl Pod {
        pub(crate) fn new() -> Self {
            let mut pod = Self::default();
            pod.output.root = "output".into();
            pod.metadata.root = "metadata".into();
            pod
        }

        /// A file in the output, readable by all, and the directories above it.
        pub(crate) fn output(self, path: &str, text: impl Into<Vec<u8>>) -> Self {
            let text = text.into();
            self.entry(path, EntryKind::File { size: text.len() as u64 }, 0o644, 0).with_bytes(path, text)
        }

        /// A file in the metadata, readable by all.
        pub(crate) fn metadata(mut self, name: &str, text: &str) -> Self {
            let kind = EntryKind::File { size: text.len() as u64 };
            self.metadata.entries.insert(name.into(), Entry { kind, mode: 0o644, uid: 0, gid: 0 });
            let key = format!("metadata:{name}");
            self.bytes.insert(key, text.into());
            self
        }

        pub(crate) fn link(self, path: &str, target: &str) -> Self {
            self.entry(path, EntryKind::Symlink { target: target.into() }, 0o777, 0)
        }

        pub(crate) fn directory(self, path: &str) -> Self {
            self.entry(path, EntryKind::Directory, 0o755, 0)
        }

        pub(crate) fn entry(mut self, path: &str, kind: EntryKind, mode: u32, uid: u32) -> Self {
            let mut parent = path;
            while let Some((above, _)) = parent.rsplit_once('/') {
                let directory = Entry { kind: EntryKind::Directory, mode: 0o755, uid: 0, gid: 0 };
                self.output.entries.entry(above.into()).or_insert(directory);
                parent = above;
            }
            self.output.entries.insert(path.into(), Entry { kind, mode, uid, gid: uid });
            self
        }

        /// Changes mode and owner of an entry of the output.
        pub(crate) fn owned(mut self, path: &str, mode: u32, uid: u32) -> Self {
            let entry = self.output.entries.get_mut(path).expect("an entry");
            (entry.mode, entry.uid, entry.gid) = (mode, uid, uid);
            self
        }

        fn with_bytes(mut self, path: &str, bytes: Vec<u8>) -> Self {
            self.bytes.insert(format!("output:{path}"), bytes);
            self
        }

        pub(crate) fn read(&self, tree: &Tree, path: &str) -> io::Result<Vec<u8>> {
            let key = format!("{}:{path}", tree.root.display());
            self.bytes.get(&key).cloned().ok_or_else(|| io::Error::other(format!("{key} was not stored")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::Pod;
    use super::*;

    fn open(pod: &Pod, path: &str) -> Result<String, String> {
        let read = |tree: &Tree, path: &str| pod.read(tree, path);
        let volumes = Volumes::new(&pod.output, &pod.metadata, &read);
        match volumes.open(&format!("{OUTPUT}/{path}")) {
            Ok(Opened::File(tree, path)) => {
                Ok(String::from_utf8(volumes.bytes(tree, path).expect("bytes")).expect("text"))
            }
            Ok(Opened::Special(unkept)) => Err(format!("{unkept:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    fn fails(pod: &Pod, path: &str) -> String {
        let words = open(pod, path).expect_err("an error");
        words.replace("/work-creator-files/input/", "")
    }

    #[test]
    fn links_are_followed_as_linux_does() {
        let pod = Pod::new()
            .output("a/x", "hello")
            .link("b", "a")
            .link("file", "./a/../b/x")
            .link("up", "../input/a/x")
            .link("inside", "/work-creator-files/input/a/x")
            .link("author", "/kratix/output/a/x")
            .link("loop", "loop")
            .link("beside", "../metadata/status.yaml")
            .metadata("status.yaml", "ok");
        for path in ["a/x", "b/x", "file", "up", "inside"] {
            assert_eq!(open(&pod, path).as_deref(), Ok("hello"), "{path}");
        }
        assert_eq!(open(&pod, "beside").as_deref(), Ok("ok"));
        assert_eq!(fails(&pod, "author"), "open author: no such file or directory");
        assert_eq!(fails(&pod, "loop"), "open loop: too many levels of symbolic links");
        assert_eq!(fails(&pod, "b"), "read b: is a directory");
        assert_eq!(fails(&pod, "a/x/y"), "open a/x/y: not a directory");
        assert_eq!(fails(&pod, "a/y"), "open a/y: no such file or directory");
    }

    #[test]
    fn modes_count_for_user_65532() {
        let secret = |mode, uid| Pod::new().output("d/x", "hello").owned("d/x", mode, uid);
        for (mode, uid) in [(0o644, 0), (0o604, 0), (0o600, 65532), (0o644, 1000)] {
            assert_eq!(open(&secret(mode, uid), "d/x").as_deref(), Ok("hello"), "{mode:o} of {uid}");
        }
        for (mode, uid) in [(0o600, 0), (0o640, 1000), (0o044, 65532)] {
            assert_eq!(fails(&secret(mode, uid), "d/x"), "open d/x: permission denied", "{mode:o} of {uid}");
        }
        let mut grouped = secret(0o640, 0);
        grouped.output.entries.get_mut("d/x").expect("an entry").gid = 65532;
        assert_eq!(open(&grouped, "d/x").as_deref(), Ok("hello"));
        let closed = Pod::new().output("d/x", "hello").owned("d", 0o700, 0);
        assert_eq!(fails(&closed, "d/x"), "open d/x: permission denied");
    }

    #[test]
    fn a_stage_may_close_the_top_of_a_volume() {
        let mut pod = Pod::new().output("x", "hello");
        for (mode, expected) in [(0o777, Ok("hello")), (0o755, Ok("hello")), (0o700, Err(()))] {
            pod.output.top = Some(Entry { kind: EntryKind::Directory, mode, uid: 0, gid: 0 });
            assert_eq!(open(&pod, "x").as_deref().map_err(|_| ()), expected, "{mode:o}");
        }
        assert_eq!(fails(&pod, "x"), "open x: permission denied");
    }

    #[test]
    fn a_listing_needs_read_and_is_sorted_by_bytes() {
        let pod = Pod::new().output("a/x", "").output("a-b", "").output("Z", "").link("l", "a");
        let read = |tree: &Tree, path: &str| pod.read(tree, path);
        let volumes = Volumes::new(&pod.output, &pod.metadata, &read);
        let children = volumes.read_dir(OUTPUT).expect("a listing");
        let names: Vec<_> = children.iter().map(|child| (child.name, child.is_directory)).collect();
        assert_eq!(names, [("Z", false), ("a", true), ("a-b", false), ("l", false)]);
        assert_eq!(volumes.read_dir(&format!("{OUTPUT}/l")).expect("a listing").len(), 1);
        let error = volumes.read_dir(&format!("{OUTPUT}/Z")).expect_err("a file");
        assert_eq!(error.to_string(), "open /work-creator-files/input/Z: not a directory");
        let hidden = Pod::new().output("d/x", "").owned("d", 0o711, 0);
        let read = |tree: &Tree, path: &str| hidden.read(tree, path);
        let volumes = Volumes::new(&hidden.output, &hidden.metadata, &read);
        let error = volumes.read_dir(&format!("{OUTPUT}/d")).expect_err("no read permission");
        assert_eq!(error.to_string(), "open /work-creator-files/input/d: permission denied");
    }
}
