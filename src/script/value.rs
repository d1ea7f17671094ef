//! What a word comes to, as far as it is always the same.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::shell::{Part, Piece, Word, parts};

/// More substitutions inside each other than anybody writes.
const DEPTH: usize = 12;

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

/// What keeps a word from being known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// `$NAME`, or the command whose output it would be.
    pub(crate) what: String,
    /// The variable that the whole word is.
    pub(crate) variable: Option<String>,
}

impl State<'_> {
    /// The text of a word.
    pub(super) fn word(&self, word: &Word) -> Result<String, Unknown> {
        self.pieces(&word.pieces, DEPTH)
    }

    pub(super) fn pieces(&self, pieces: &[Piece], depth: usize) -> Result<String, Unknown> {
        let mut text = String::new();
        for (index, piece) in pieces.iter().enumerate() {
            match piece {
                // Only at the beginning of a word is it the home, which is kept as people write it.
                Piece::Text(piece) => text.push_str(piece),
                Piece::Wildcard(c) => return Err(Unknown { what: c.to_string(), variable: None }),
                Piece::Variable { name, modifier } => {
                    let value = self.variable(name, modifier, depth);
                    let alone = index == 0 && pieces.len() == 1;
                    text.push_str(&value.map_err(|unknown| match alone {
                        true => unknown,
                        false => Unknown { variable: None, ..unknown },
                    })?);
                }
                Piece::Output(command) => {
                    let unknown = || Unknown { what: format!("$({command})"), variable: None };
                    let depth = depth.checked_sub(1).ok_or_else(unknown)?;
                    text.push_str(&self.output(command, depth).ok_or_else(unknown)?);
                }
            }
        }
        Ok(text)
    }

    fn variable(&self, name: &str, modifier: &str, depth: usize) -> Result<String, Unknown> {
        let unknown = || Unknown { what: format!("${name}"), variable: Some(name.to_owned()) };
        let value = match self.variables.get(name) {
            Some(value) => value.clone(),
            None => self.given(name),
        };
        let default = modifier.trim_start_matches(':').strip_prefix(['-', '=']);
        match (value, default) {
            (Some(value), _) if modifier.is_empty() || modifier == "[0]" || default.is_some() => Ok(value),
            (None, Some(default)) if !self.variables.contains_key(name) => {
                let depth = depth.checked_sub(1).ok_or_else(unknown)?;
                // It is one word, whatever is in it.
                match parts(&format!("\"{}\"", default.trim_matches(['"', '\'']))).as_slice() {
                    [Part::Command(words)] if words.len() == 1 => self.pieces(&words[0].pieces, depth),
                    _ => Err(unknown()),
                }
            }
            _ => Err(unknown()),
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
            let words: Result<Vec<String>, Unknown> =
                words.iter().map(|word| state.pieces(&word.pieces, depth)).collect();
            let words = words.ok()?;
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
                ["realpath" | "readlink", ..] => printed = Some(state.path(argument()?)?.display().to_string()),
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

    fn value(text: &str) -> Result<String, String> {
        let variables = BTreeMap::from([
            ("A".to_owned(), Some("a".to_owned())),
            ("DIR".to_owned(), Some("/r/p/test".to_owned())),
            ("LOST".to_owned(), None),
        ]);
        let (script, root) = (Path::new("/r/p/scripts/run"), Path::new("/r"));
        let state = State { script, root, directory: Some("/r/p".into()), variables };
        let Part::Command(words) = parts(text).remove(0) else { panic!("{text}") };
        state.word(&words[0]).map_err(|unknown| unknown.what)
    }

    #[test]
    fn variables_and_paths_are_known() {
        for (text, expected) in [
            ("${DIR}:/kratix/input", "/r/p/test:/kratix/input"),
            ("\"$DIR/$A\"", "/r/p/test/a"),
            ("$(cd \"$(dirname \"$0\")\"/../test; pwd)", "/r/p/test"),
            ("\"$(cd -- \"$(dirname -- \"${BASH_SOURCE[0]}\")\" &>/dev/null && pwd -P)/x\"", "/r/p/scripts/x"),
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
            assert_eq!(value(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_always_the_same_is_not_known() {
        for (text, what) in [
            ("$NONE", "$NONE"),
            ("x/$LOST", "$LOST"),
            ("${LOST:-x}", "$LOST"),
            ("${A%x}", "$A"),
            ("$(id -u)", "$(id -u)"),
            ("tests/*", "*"),
            ("$1", "$1"),
        ] {
            assert_eq!(value(text).as_deref(), Err(what), "{text}");
        }
    }

    #[test]
    fn substitutions_without_end_end() {
        let text = format!("{}x{}", "$(echo ".repeat(200), ")".repeat(200));
        value(&text).expect_err("too deep");
    }
}
