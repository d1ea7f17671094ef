//! Which of a context a build uses: BuildKit says what its COPYs name, and wants that alone.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use crate::tree::context::{Content, Context};

/// More links than this in a row lead nowhere.
const MOST_LINKS: usize = 255;

/// The paths that are followed, with where links among them lead.
pub(super) struct Followed<'a> {
    context: &'a Context,
    /// Everything at and below these.
    below: BTreeSet<PathBuf>,
    links: usize,
}

impl<'a> Followed<'a> {
    /// Without paths, that is everything.
    pub(super) fn new(context: &'a Context, paths: &[String]) -> Self {
        let mut followed = Self { context, below: BTreeSet::new(), links: 0 };
        for path in paths {
            followed.follow(PathBuf::new(), &names(Path::new(path)));
        }
        if paths.is_empty() {
            followed.below.insert(PathBuf::new());
        }
        followed
    }

    /// Whether an entry is sent: what is followed, what is below it, and the folders that lead to it.
    pub(super) fn has(&self, path: &Path) -> bool {
        let leads_there =
            self.below.range(path.to_owned()..).next().is_some_and(|next| next.starts_with(path));
        leads_there || path.ancestors().any(|above| self.below.contains(above))
    }

    fn follow(&mut self, at: PathBuf, names: &[String]) {
        let Some((name, rest)) = names.split_first() else {
            self.below.insert(at);
            return;
        };
        let found: Vec<PathBuf> = match pattern(name) {
            Some(pattern) => self.children(&at).filter(|path| matches(&pattern, path)).collect(),
            None => vec![at.join(name)],
        };
        for path in found {
            self.step(path, rest);
        }
    }

    /// One name further, and where it is a link, also where that leads.
    fn step(&mut self, path: PathBuf, rest: &[String]) {
        let target = match self.context.entries.get(&path).map(|item| &item.content) {
            Some(Content::Link(target)) if self.links < MOST_LINKS => target.clone(),
            _ => return self.follow(path, rest),
        };
        self.links += 1;
        let from = path.parent().map(Path::to_owned).unwrap_or_default();
        self.below.insert(path);
        let mut names = names(&from.join(target));
        names.extend_from_slice(rest);
        self.follow(PathBuf::new(), &names);
    }

    /// What is right in a folder.
    fn children(&self, folder: &Path) -> impl Iterator<Item = PathBuf> + use<'a> {
        let folder = folder.to_owned();
        let entries = self.context.entries.keys();
        entries.filter(move |path| path.parent() == Some(&folder)).cloned()
    }
}

/// The names along a path in the context; `..` never leads out of it.
fn names(path: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => names.push(name.to_string_lossy().into_owned()),
            Component::ParentDir => drop(names.pop()),
            // A link to an absolute path counts from the context's root.
            Component::RootDir => names.clear(),
            _ => {}
        }
    }
    names
}

/// A name with wildcards. One that is no pattern is a name.
fn pattern(name: &str) -> Option<GlobMatcher> {
    let special = name.contains(['*', '?', '[', '\\']);
    let pattern = special.then(|| GlobBuilder::new(&name.replace(['{', '}'], "?")).build().ok()).flatten();
    pattern.map(|pattern| pattern.compile_matcher())
}

fn matches(pattern: &GlobMatcher, path: &Path) -> bool {
    path.file_name().is_some_and(|name| pattern.is_match(Path::new(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::context::{Item, Presence};

    fn context() -> Context {
        let item = |content| Item { content, mode: 0o755, modified: 0, presence: Presence::Sent };
        let mut context = Context::default();
        for path in ["a", "a/b", "d"] {
            context.entries.insert(path.into(), item(Content::Folder));
        }
        for path in ["a/b/x.txt", "a/b/y.md", "a/z.txt", "d/e", "f.txt", "g.txt"] {
            context.entries.insert(path.into(), item(Content::File { path: PathBuf::new(), size: 0 }));
        }
        for (path, target) in [("link", "a/b"), ("a/up", "../d"), ("root", "/d/e"), ("loop", "loop")] {
            context.entries.insert(path.into(), item(Content::Link(target.into())));
        }
        context
    }

    fn followed(paths: &[&str]) -> Vec<String> {
        let context = context();
        let paths: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
        let followed = Followed::new(&context, &paths);
        let sent = context.entries.keys().filter(|path| followed.has(path));
        sent.map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn what_is_copied_is_sent_with_the_folders_above_it_and_all_below_it() {
        assert_eq!(followed(&["a/b"]), ["a", "a/b", "a/b/x.txt", "a/b/y.md"]);
        assert_eq!(followed(&["f.txt", "/d/"]), ["d", "d/e", "f.txt"]);
        assert_eq!(followed(&["a/b/../z.txt"]), ["a", "a/z.txt"]);
        assert!(followed(&["nowhere"]).is_empty());
        assert_eq!(followed(&["."]).len(), 13);
        assert_eq!(followed(&[]).len(), 13);
    }

    #[test]
    fn wildcards_stand_for_what_is_there() {
        assert_eq!(followed(&["*.txt"]), ["f.txt", "g.txt"]);
        assert_eq!(followed(&["a/?/*.md"]), ["a", "a/b", "a/b/y.md"]);
        assert_eq!(followed(&["[fd]*"]), ["d", "d/e", "f.txt"]);
    }

    #[test]
    fn links_are_sent_with_what_they_lead_to() {
        assert_eq!(followed(&["link/x.txt"]), ["a", "a/b", "a/b/x.txt", "link"]);
        assert_eq!(followed(&["a/up"]), ["a", "a/up", "d", "d/e"]);
        assert_eq!(followed(&["root"]), ["d", "d/e", "root"]);
        assert_eq!(followed(&["loop"]), ["loop"]);
    }
}
