//! `.dockerignore`: which files of a context are not sent.

use std::path::{Path, PathBuf};

use super::context::ContextError;
use super::glob::{self, Glob};

/// The rules of one ignore file, or none.
#[derive(Debug, Default)]
pub(super) struct Ignore {
    patterns: Vec<Pattern>,
    /// Paths that the builder needs, whatever the patterns say.
    always: Vec<String>,
}

#[derive(Debug)]
struct Pattern {
    /// Written with `!`: what matches is sent after all.
    exception: bool,
    text: String,
    glob: Glob,
}

/// Which patterns matched a folder, and therefore match all that is in it.
#[derive(Debug, Default, Clone)]
pub(super) struct Matched(Vec<bool>);

impl Ignore {
    /// Reads the rules. `file` is for messages.
    pub(super) fn parse(text: &str, file: &Path) -> Result<Self, ContextError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut patterns = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let pattern = Pattern::parse(line.trim()).map_err(|reason| ContextError::Pattern {
                file: file.to_owned(),
                line: index + 1,
                pattern: line.trim().to_owned(),
                reason,
            })?;
            patterns.extend(pattern);
        }
        Ok(Self { patterns, always: Vec::new() })
    }

    /// Looks for a path whatever the patterns say.
    pub(super) fn always(&mut self, path: String) {
        self.always.push(path);
    }

    /// Whether the builder needs a path that is left out.
    pub(super) fn needs(&self, path: &str) -> bool {
        self.always.iter().any(|always| always == path)
    }

    /// Whether the patterns alone leave a path out.
    #[cfg(test)]
    pub(super) fn matches(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(slash, _)| slash).chain([path.len()]);
        let start = (false, Matched::default());
        ends.fold(start, |(_, parent), end| self.leaves_out(&path[..end], &parent)).0
    }

    /// Whether a path is left out, given what matched the folder that it is in.
    ///
    /// The last pattern that matches decides. One that could not change the answer so far is not tried, and so does
    /// not count as matched for what is below: the engine's way, which shows where exceptions overlap.
    pub(super) fn leaves_out(&self, path: &str, parent: &Matched) -> (bool, Matched) {
        let mut ignored = false;
        let mut matched = vec![false; self.patterns.len()];
        for (index, pattern) in self.patterns.iter().enumerate() {
            let inherited = parent.0.get(index).copied().unwrap_or_default();
            matched[index] = inherited || (pattern.exception == ignored && pattern.glob.matches(path));
            if matched[index] {
                ignored = !pattern.exception;
            }
        }
        (ignored, Matched(matched))
    }

    /// Whether an ignored folder may still hold something that is sent.
    pub(super) fn reaches_into(&self, folder: &str) -> bool {
        let below = format!("{folder}/");
        let named = |path: &str| path.starts_with(&below);
        self.always.iter().any(|path| named(path))
            || self.patterns.iter().any(|pattern| pattern.exception && pattern.reaches(&below))
    }
}

impl Pattern {
    fn parse(line: &str) -> Result<Option<Self>, &'static str> {
        let (exception, path) = line.strip_prefix('!').map_or((false, line), |path| (true, path.trim()));
        if path.is_empty() {
            return if exception { Err("there is nothing after the !") } else { Ok(None) };
        }
        let text = clean(path);
        let glob = Glob::new(&text)?;
        Ok(Some(Self { exception, text, glob }))
    }

    /// A wildcard may match anything; what only ends in one is as good as a path.
    fn reaches(&self, below: &str) -> bool {
        let fixed = self.text.trim_end_matches("/*").trim_end_matches("/**");
        glob::is_special(fixed) || format!("{}/", self.text).starts_with(below)
    }
}

/// The shortest path that means the same, relative to the context.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/').filter(|name| !name.is_empty() && *name != ".") {
        match (name, names.last()) {
            ("..", Some(&last)) if last != ".." => drop(names.pop()),
            ("..", _) if rooted => {}
            _ => names.push(name),
        }
    }
    if names.is_empty() { if rooted { "/" } else { "." }.to_owned() } else { names.join("/") }
}

/// The ignore file that counts: one of the Dockerfile's own, else the context's.
pub(super) fn file(context: &Path, dockerfile: &Path) -> Option<PathBuf> {
    let mut own = dockerfile.as_os_str().to_owned();
    own.push(".dockerignore");
    [PathBuf::from(own), context.join(".dockerignore")].into_iter().find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignore(text: &str) -> Ignore {
        Ignore::parse(text, Path::new(".dockerignore")).unwrap()
    }

    #[test]
    fn the_last_match_decides_and_a_match_on_a_folder_counts_below_it() {
        for (text, out, sent) in [
            ("a", &["a", "a/b", "a/b/c"][..], &["b", "ba", "b/a"][..]),
            ("*\n!a", &["b", "b/c"], &["a", "a/b"]),
            ("a\n!a/b\na", &["a", "a/x"], &["a/b"]),
            ("!a\n*", &["a", "b"], &[]),
            ("a\n!a/b\na/b/c", &["a", "a/x", "a/b/c"], &["a/b", "a/b/d"]),
            ("*.md\n!README*.md\nREADME-secret.md", &["a.md", "README-secret.md"], &["README.md", "d/a.md"]),
            ("**/*.md", &["a.md", "d/a.md"], &["a"]),
            ("/a/", &["a", "a/b"], &["b/a"]),
            ("./a//b/../c/", &["a/c"], &["a/b"]),
            ("! /a \n", &[], &["a"]),
            ("\u{feff}# a\n# b\n #c\n  d\t\r\n\n", &["d", "#c"], &["a", "# b"]),
            (".\n/\n..\n../a", &[], &["a", "b"]),
        ] {
            for path in out {
                assert!(ignore(text).matches(path), "{text:?} leaves out {path}");
            }
            for path in sent {
                assert!(!ignore(text).matches(path), "{text:?} sends {path}");
            }
        }
    }

    #[test]
    fn a_path_that_the_builder_needs_is_looked_for_where_it_is_left_out() {
        let mut rules = ignore("*");
        rules.always("a/Dockerfile".to_owned());
        let (_, parent) = rules.leaves_out("a", &Matched::default());
        assert!(rules.reaches_into("a"));
        assert!(rules.leaves_out("a/Dockerfile", &parent).0);
        assert!(rules.needs("a/Dockerfile") && !rules.needs("a/x"));
    }

    #[test]
    fn only_folders_that_an_exception_may_reach_are_looked_into() {
        let rules = ignore("*\n!a/b/c\n!d/**");
        assert!(rules.reaches_into("a") && rules.reaches_into("a/b") && rules.reaches_into("d"));
        assert!(!rules.reaches_into("a/c") && !rules.reaches_into("b"));
        assert!(ignore("*\n!**/*.go").reaches_into("any"));
    }

    #[test]
    fn a_malformed_line_is_named() {
        let error = Ignore::parse("a\n\n![b", Path::new("x/.dockerignore")).unwrap_err();
        assert_eq!(error.to_string(), "x/.dockerignore:3: ![b is not a pattern: the [ is never closed");
        let error = Ignore::parse(" ! ", Path::new("f")).unwrap_err();
        assert_eq!(error.to_string(), "f:1: ! is not a pattern: there is nothing after the !");
    }

    #[test]
    fn the_ignore_file_of_the_dockerfile_comes_before_that_of_the_context() {
        let folder = tempfile::tempdir().unwrap();
        let dockerfile = folder.path().join("Dockerfile");
        assert_eq!(file(folder.path(), &dockerfile), None);
        std::fs::write(folder.path().join(".dockerignore"), "").unwrap();
        assert_eq!(file(folder.path(), &dockerfile), Some(folder.path().join(".dockerignore")));
        std::fs::write(folder.path().join("Dockerfile.dockerignore"), "").unwrap();
        assert_eq!(file(folder.path(), &dockerfile), Some(folder.path().join("Dockerfile.dockerignore")));
    }
}
