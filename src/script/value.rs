//! What a word comes to, as far as it is always the same.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::shell::{DEPTH, Part, Piece, Word, parts};

/// What a script knows at one of its lines.
#[derive(Debug, Clone)]
pub(super) struct State<'s> {
    pub(super) script: &'s Path,
    pub(super) root: &'s Path,
    /// Where it runs; `None` once it went where we cannot tell.
    pub(super) directory: Option<PathBuf>,
    /// `None` is a value that we cannot tell.
    pub(super) variables: BTreeMap<String, Option<String>>,
}

impl State<'_> {
    /// The text of a word, if it is known.
    pub(super) fn word(&self, word: &Word) -> Option<String> {
        self.pieces(&word.pieces, DEPTH)
    }

    pub(super) fn pieces(&self, pieces: &[Piece], depth: usize) -> Option<String> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Wildcard(_) => return None,
                Piece::Variable { name, modifier } => text.push_str(&self.variable(name, modifier, depth)?),
                Piece::Output(command) => text.push_str(&self.output(command, depth.checked_sub(1)?)?),
            }
        }
        Some(text)
    }

    fn variable(&self, name: &str, modifier: &str, depth: usize) -> Option<String> {
        let set = self.variables.get(name);
        let value = set.cloned().unwrap_or_else(|| self.given(name));
        let default = modifier.trim_start_matches(':').strip_prefix(['-', '=']);
        match (value, default) {
            (Some(value), default) if modifier.is_empty() || modifier == "[0]" || default.is_some() => {
                Some(value)
            }
            (None, Some(default)) if set.is_none() => {
                // It is one word, whatever is in it.
                match parts(&format!("\"{}\"", default.trim_matches(['"', '\'']))).as_slice() {
                    [Part::Command(words)] if words.len() == 1 => {
                        self.pieces(&words[0].pieces, depth.checked_sub(1)?)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What a shell sets itself.
    fn given(&self, name: &str) -> Option<String> {
        match name {
            "0" | "BASH_SOURCE" => Some(self.script.display().to_string()),
            "PWD" => self.directory.as_ref().map(|path| path.display().to_string()),
            // As people write it.
            "HOME" => Some("~".to_owned()),
            "GITHUB_WORKSPACE" | "CI_PROJECT_DIR" => Some(self.root.display().to_string()),
            _ => None,
        }
    }

    /// What commands print that only look at paths.
    fn output(&self, text: &str, depth: usize) -> Option<String> {
        let mut state = self.clone();
        let mut printed = None;
        for part in parts(text) {
            let Part::Command(words) = part else { return None };
            let words: Option<Vec<String>> =
                words.iter().map(|word| state.pieces(&word.pieces, depth)).collect();
            let words = words?;
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let argument = || words.iter().skip(1).rfind(|word| !word.starts_with('-')).copied();
            match words.as_slice() {
                ["cd", ..] => state.directory = Some(state.path(argument()?)?),
                ["pwd", ..] => printed = Some(state.directory.as_ref()?.display().to_string()),
                ["dirname", ..] => {
                    let above = Path::new(argument()?).parent()?.display().to_string();
                    printed = Some(if above.is_empty() { ".".to_owned() } else { above });
                }
                ["basename", ..] => {
                    printed = Some(Path::new(argument()?).file_name()?.to_string_lossy().into_owned());
                }
                ["realpath" | "readlink", ..] => {
                    printed = Some(state.path(argument()?)?.display().to_string());
                }
                ["git", "rev-parse", "--show-toplevel"] => printed = Some(self.root.display().to_string()),
                ["echo", words @ ..] => printed = Some(words.join(" ")),
                _ => return None,
            }
        }
        printed
    }

    /// A path as seen from where the script is, without `.` and `..`.
    pub(super) fn path(&self, text: &str) -> Option<PathBuf> {
        Some(normal(&self.directory.as_ref()?.join(text)))
    }
}

/// The path without `.` and `..`, by its names alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            component => normal.push(component),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<String> {
        let variables = BTreeMap::from([
            ("A".to_owned(), Some("a".to_owned())),
            ("DIR".to_owned(), Some("/r/p/test".to_owned())),
            ("LOST".to_owned(), None),
        ]);
        let (script, root) = (Path::new("/r/p/scripts/run"), Path::new("/r"));
        let state = State { script, root, directory: Some("/r/p".into()), variables };
        let Part::Command(words) = parts(text).remove(0) else { panic!("{text}") };
        state.word(&words[0])
    }

    #[test]
    fn variables_and_paths_are_known() {
        for (text, expected) in [
            ("${DIR}:/kratix/input", "/r/p/test:/kratix/input"),
            ("\"$DIR/$A\"", "/r/p/test/a"),
            ("$(cd \"$(dirname \"$0\")\"/../test; pwd)", "/r/p/test"),
            (
                "\"$(cd -- \"$(dirname -- \"${BASH_SOURCE[0]}\")\" &>/dev/null && pwd -P)/x\"",
                "/r/p/scripts/x",
            ),
            ("$(dirname -- \"$(readlink -f -- \"$0\")\")", "/r/p/scripts"),
            ("$(pwd)/in", "/r/p/in"),
            ("`pwd`", "/r/p"),
            ("$PWD/in", "/r/p/in"),
            ("$(git rev-parse --show-toplevel)/x", "/r/x"),
            ("$HOME/.kube:/root/.kube", "~/.kube:/root/.kube"),
            ("${1:-\"resource-configure\"}", "resource-configure"),
            ("${NONE:-$A}", "a"),
            ("${A:-b}", "a"),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_always_the_same_is_not_known() {
        for text in ["$NONE", "x/$LOST", "${LOST:-x}", "${A%x}", "$(id -u)", "tests/*", "$1"] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn substitutions_without_end_end() {
        let text = format!("{}x{}", "$(echo ".repeat(200), ")".repeat(200));
        assert_eq!(value(&text), None);
    }
}
