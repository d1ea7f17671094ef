//! What scripts and Makefiles run, as far as that can be told without running them.
//!
//! | file | knows |
//! |---|---|
//! | `shell` | lines as commands, commands as words |
//! | `makefile` | what make replaces before a shell sees a line |
//! | `value` | what a word comes to: variables that are set to a literal, `$(pwd)`, `$(dirname "$0")` |
//! | `walk` | the commands of a whole script, each with where it runs |

mod makefile;
pub(crate) mod shell;
mod value;
mod walk;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub(crate) use walk::{Argument, Invocation, walk};

/// A script is short.
const LIMIT: u64 = 1 << 20;

/// A text whose lines are commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) text: String,
    pub(crate) is_makefile: bool,
}

/// A line with those that continue it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Where it begins, counted from 1.
    pub(crate) number: usize,
    pub(crate) text: String,
}

impl Script {
    /// A Makefile, or what a shell would run.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let is_makefile = is_makefile(path);
        let mut file = File::open(path).ok()?.take(LIMIT);
        let mut text = vec![0; 2];
        file.read_exact(&mut text).ok()?;
        // A file without extension may be anything, and large.
        let named = is_makefile || path.extension().is_some();
        if !named && text != b"#!" {
            return None;
        }
        file.read_to_end(&mut text).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let shell = text.lines().next().is_some_and(|first| first.contains("sh"));
        (named || shell).then_some(Self { text, is_makefile })
    }

    /// Lines with those that continue them, without comments and without what is only text to a command.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut rest = self.text.lines().zip(1..);
        while let Some((first, number)) = rest.next() {
            let mut text = first.to_owned();
            // To a shell, a comment ends with its line.
            if is_comment(&text) && !self.is_makefile {
                continue;
            }
            while text.ends_with('\\') {
                text.pop();
                text.push(' ');
                text.push_str(rest.next().map_or("", |(next, _)| next.trim()));
            }
            if is_comment(&text) {
                continue;
            }
            if let Some(end) = heredoc(&text).filter(|_| !self.is_makefile) {
                rest.by_ref().take_while(|(line, _)| line.trim() != end).for_each(drop);
            }
            lines.push(Line { number, text });
        }
        lines
    }
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

fn is_makefile(script: &Path) -> bool {
    let name = script.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let by_extension = script.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mk"));
    by_extension || matches!(name.as_str(), "makefile" | "gnumakefile" | "justfile")
}

/// The word that ends the text which begins after this line, if one does.
fn heredoc(line: &str) -> Option<String> {
    let (before, after) = line.split_once("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after).trim_start();
    let word: String = after
        .trim_start_matches(['\'', '"', '\\'])
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    // `<<<` has its text on the same line, and so has arithmetic.
    let is_text = !word.is_empty() && !after.starts_with('<') && !before.contains("((");
    is_text.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, is_makefile: bool) -> Vec<(usize, String)> {
        let script = Script { text: text.to_owned(), is_makefile };
        script.lines().into_iter().map(|line| (line.number, line.text)).collect()
    }

    #[test]
    fn lines_are_joined_and_keep_their_number() {
        let text = "a\n# b \\\nc \\\n  d \\\r\n  e\nf";
        assert_eq!(lines(text, false), [(1, "a".into()), (3, "c  d  e".into()), (6, "f".into())]);
        assert_eq!(lines(text, true), [(1, "a".into()), (6, "f".into())]);
        assert_eq!(lines("a \\\n  b \\\n\tc\nd", false), [(1, "a  b  c".into()), (4, "d".into())]);
        assert_eq!(lines("a \\", false), [(1, "a  ".into())]);
    }

    #[test]
    fn the_text_that_a_command_reads_is_none_of_the_script() {
        let text = "cat <<'EOF' > x\ndocker build .\n  EOF\na\ncat <<< b\nc <<-END\n\tx\n\tEND\nd";
        let found: Vec<usize> = lines(text, false).into_iter().map(|(number, _)| number).collect();
        assert_eq!(found, [1, 4, 5, 6, 9]);
    }
}
