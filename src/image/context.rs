//! Which folder is the build context of a Dockerfile, and what of it is not there or not sent.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::glob::{self, Glob};
use super::instructions::Instructions;

/// Why a build context cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContextError {
    #[error("cannot read {path}: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("{file}:{line}: {pattern} is not a pattern: {reason}")]
    Pattern { file: PathBuf, line: usize, pattern: String, reason: &'static str },
}

impl ContextError {
    /// What to do about it.
    #[expect(clippy::unnecessary_wraps, reason = "events take any hint there may be")]
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable { .. } => {
                Some("make it readable, or name it in .dockerignore if the image does not need it")
            }
            Self::Pattern { .. } => Some("write \\ before a character that is meant as it is"),
        }
    }

    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), reason: error.to_string() }
    }
}

/// The Dockerfile's folder, or the nearest one above it up to `root` in which everything exists that it copies.
///
/// Where there is none, folders that git may have dropped do not count: they are supplied.
pub(super) fn choose(dockerfile: &Path, root: &Path, args: &BTreeMap<String, String>) -> PathBuf {
    let folder = dockerfile.parent().unwrap_or(root);
    // What cannot be read is reported when the context is packed.
    let text = fs::read(dockerfile).unwrap_or_default();
    let sources = Instructions::parse(&String::from_utf8_lossy(&text), args).sources;
    let above: Vec<&Path> = folder.ancestors().take_while(|above| above.starts_with(root)).collect();
    let fits = |there: &dyn Fn(&Path, &str) -> bool| {
        above.iter().find(|above| sources.iter().all(|source| there(above, source)))
    };
    fits(&exists)
        .or_else(|| fits(&|above, source| may_be_dropped(source) || exists(above, source)))
        .map_or(folder, |above| above)
        .to_owned()
}

/// The sources that are missing in the context since git keeps no empty folders, as paths in it.
pub(super) fn dropped(context: &Path, sources: &[String]) -> Vec<String> {
    let missing = sources.iter().filter(|source| may_be_dropped(source) && !exists(context, source));
    let mut dropped: Vec<String> = missing
        .map(|source| names(source).join("/"))
        .filter(|path| has_only_folders_above(context, path))
        .collect();
    dropped.sort();
    dropped.dedup();
    dropped
}

/// Whether a source names a folder of the context, or something in it. `COPY .` and `COPY *` name nothing.
pub(super) fn is_named(folder: &str, sources: &[String]) -> bool {
    let folder = names(folder);
    sources.iter().map(|source| names(source)).any(|source| {
        let deep_enough = source.len() >= folder.len();
        deep_enough && source.iter().zip(&folder).all(|(pattern, name)| names_it(pattern, name))
    })
}

fn names_it(pattern: &str, name: &str) -> bool {
    let says_something = pattern.contains(|c: char| c.is_alphanumeric());
    pattern == name || says_something && is_match(pattern, name)
}

fn is_match(pattern: &str, name: &str) -> bool {
    glob::is_special(pattern) && Glob::new(pattern).is_ok_and(|glob| glob.matches(name))
}

/// Whether a source may be a folder that git dropped: it has no extension, or is written as a folder.
fn may_be_dropped(source: &str) -> bool {
    let last = names(source).pop().unwrap_or_default().to_owned();
    let plain = !last.contains('.') || source.ends_with('/');
    !last.is_empty() && !glob::is_special(source) && plain
}

fn has_only_folders_above(context: &Path, path: &str) -> bool {
    let mut above = context.join(path);
    while above.pop() && above != context {
        if let Ok(metadata) = fs::symlink_metadata(&above) {
            return metadata.is_dir();
        }
    }
    true
}

/// Whether a source is in a folder. The builder takes `/a` and `../a` for `a`.
fn exists(folder: &Path, source: &str) -> bool {
    find(folder, &names(source))
}

fn find(folder: &Path, names: &[&str]) -> bool {
    let Some((name, below)) = names.split_first() else { return folder.is_dir() };
    let found = |path: &Path| match below {
        [] => fs::symlink_metadata(path).is_ok(),
        below => find(path, below),
    };
    if found(&folder.join(name)) {
        return true;
    }
    let entries = glob::is_special(name).then(|| fs::read_dir(folder).ok()).flatten();
    let mut entries = entries.into_iter().flatten().filter_map(Result::ok);
    entries.any(|entry| is_match(name, &entry.file_name().to_string_lossy()) && found(&entry.path()))
}

/// The names along a source, without those that lead nowhere or out of the context.
fn names(source: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for component in Path::new(source).components() {
        match component {
            Component::Normal(name) => names.extend(name.to_str()),
            Component::ParentDir => drop(names.pop()),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::testing::Files;

    fn context(files: &Files) -> String {
        let dockerfile = files.path("a/b/Dockerfile");
        let chosen = choose(&dockerfile, &files.path(""), &BTreeMap::new());
        chosen.strip_prefix(files.path("")).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn the_context_is_the_nearest_folder_that_has_every_source() {
        for (dockerfile, expected) in [
            ("FROM x\nCOPY . /", "a/b"),
            ("FROM x\nCOPY near /", "a/b"),
            ("FROM x\nCOPY near middle /", "a/b"),
            ("FROM x\nCOPY middle.txt /", "a"),
            ("FROM x\nCOPY a/middle.txt /", ""),
            ("FROM x\nCOPY top.txt a/b/near /", ""),
            ("FROM x\nCOPY m*.txt /", "a"),
            ("FROM x\nCOPY */mid*.txt /", ""),
            ("FROM x\nCOPY /../middle.txt /", "a"),
            ("FROM x\nCOPY --from=y top.txt /\nADD https://x/y.txt /", "a/b"),
            ("FROM x\nCOPY nowhere.txt /", "a/b"),
            ("FROM x\nCOPY nowhere.txt top.txt /", "a/b"),
            ("FROM x\nCOPY resources /\nCOPY middle.txt /", "a"),
            ("", "a/b"),
        ] {
            let files = Files::new(&[("a/b/near", ""), ("a/middle.txt", ""), ("top.txt", "")]);
            files.write("a/b/Dockerfile", dockerfile);
            assert_eq!(context(&files), expected, "{dockerfile}");
        }
    }

    #[test]
    fn a_dockerfile_outside_the_repository_has_its_own_folder_as_context() {
        let (inside, outside) = (Files::new(&[]), Files::new(&[("Dockerfile", "FROM x\nCOPY a.txt /")]));
        let chosen = choose(&outside.path("Dockerfile"), &inside.path(""), &BTreeMap::new());
        assert_eq!(chosen, outside.path(""));
    }

    #[test]
    fn a_missing_folder_may_be_one_that_git_dropped() {
        let files = Files::new(&[("there/x", ""), ("file", "")]);
        let sources =
            ["resources", "a/b/", "conf.d/", "there", "there/y", "x.txt", "x*", ".env", "file/x", ".", ""];
        let sources = sources.map(str::to_owned);
        assert_eq!(dropped(&files.path(""), &sources), ["a/b", "conf.d", "resources", "there/y"]);
    }

    #[test]
    fn a_folder_is_named_by_a_source_that_says_so() {
        for (source, expected) in [
            ("test", true),
            ("./test/", true),
            ("/test/input/object.yaml", true),
            ("te*", true),
            ("test/*", true),
            (".", false),
            ("*", false),
            ("tests", false),
            ("src/test", false),
        ] {
            assert_eq!(is_named("test", &[source.to_owned()]), expected, "{source}");
        }
        assert!(!is_named("a/test", &["a".to_owned()]));
        assert!(is_named("a/test", &["a/test/x".to_owned()]));
    }
}
