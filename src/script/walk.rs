//! The commands of a whole script, each with what its words come to and where it runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Script;
use super::makefile::{self, MakeLine};
use super::shell::{DEPTH, Part, Word, parts};
use super::value::State;

/// Words before a command that are no part of it.
const KEYWORDS: [&str; 12] =
    ["sudo", "exec", "then", "do", "else", "if", "while", "until", "!", "{", "}", "time"];

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Argument {
    /// As it is written, but for its quotes.
    pub(crate) text: String,
    /// What it comes to, if that can be told.
    pub(crate) value: Option<String>,
}

/// A command of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) line: usize,
    pub(crate) words: Vec<Argument>,
    /// Where it runs, if that can be told.
    pub(crate) directory: Option<PathBuf>,
}

/// Every command of a script of the repository with this root, if it is started in a folder.
pub(crate) fn walk(script: &Script, path: &Path, root: &Path, start: &Path) -> Vec<Invocation> {
    let state = State { script: path, root, directory: Some(start.to_owned()), variables: BTreeMap::new() };
    if script.is_makefile {
        return makefile(script, &state);
    }
    let mut walk = Walk::of(state);
    for line in script.lines() {
        walk.line(line.number, &line.text);
    }
    walk.found
}

/// A Makefile, each line of which is run by a shell of its own.
fn makefile(script: &Script, state: &State<'_>) -> Vec<Invocation> {
    let mut variables = makefile::Variables::default();
    let lines = script.lines();
    for line in &lines {
        if let MakeLine::Assignment { name, operator, value } = makefile::read(&line.text) {
            variables.assign(name, operator, value);
        }
    }
    let mut found = Vec::new();
    for line in &lines {
        if let MakeLine::Recipe(recipe) = makefile::read(&line.text) {
            let mut walk = Walk::of(state.clone());
            walk.line(line.number, &variables.expand(recipe, state.script));
            found.extend(walk.found);
        }
    }
    found
}

struct Walk<'s> {
    state: State<'s>,
    /// Where the subshells that are open began.
    outer: Vec<Option<PathBuf>>,
    found: Vec<Invocation>,
}

impl<'s> Walk<'s> {
    fn of(state: State<'s>) -> Self {
        Self { state, outer: Vec::new(), found: Vec::new() }
    }

    fn line(&mut self, number: usize, text: &str) {
        for part in parts(text) {
            match part {
                Part::Open => self.outer.push(self.state.directory.clone()),
                // What a subshell does to the directory ends with it. One that did not begin is a pattern of `case`.
                Part::Close => {
                    if let Some(before) = self.outer.pop() {
                        self.state.directory = before;
                    }
                }
                Part::Command(words) => self.command(number, &words),
            }
        }
    }

    fn command(&mut self, line: usize, words: &[Word]) {
        let keywords = words.iter().take_while(|word| KEYWORDS.contains(&word.text.as_str())).count();
        let words = &words[keywords..];
        let assignments = words.iter().take_while(|word| assigned(word).is_some()).count();
        let (assignments, words) = words.split_at(assignments);
        match words.first().map(|word| word.text.as_str()) {
            None => assignments.iter().for_each(|word| self.assign(word)),
            Some("export" | "local" | "readonly" | "declare" | "typeset") => {
                for word in words {
                    self.assign(word);
                }
            }
            // What it goes through, one by one.
            Some("for" | "read" | "select") => {
                if let Some(variable) = words.get(1) {
                    self.state.variables.insert(variable.text.clone(), None);
                }
            }
            Some("cd") => {
                let target = words.iter().skip(1).find(|word| word.text != "--");
                let target = target.and_then(|word| self.state.word(word));
                self.state.directory = target.and_then(|target| self.state.path(&target));
            }
            Some("pushd" | "popd") => self.state.directory = None,
            Some(_) => {
                let argument =
                    |word: &Word| Argument { text: word.text.clone(), value: self.state.word(word) };
                let words = words.iter().map(argument).collect();
                let directory = self.state.directory.clone();
                self.found.push(Invocation { line, words, directory });
            }
        }
    }

    fn assign(&mut self, word: &Word) {
        let Some((name, is_added_to)) = assigned(word) else { return };
        let skipped = name.len() + 1 + usize::from(is_added_to);
        let value = self.state.pieces(&word.behind(skipped), DEPTH).filter(|_| !is_added_to);
        self.state.variables.insert(name.to_owned(), value);
    }
}

/// The name that a word gives a value, and whether to the one that it has.
fn assigned(word: &Word) -> Option<(&str, bool)> {
    let (name, _) = word.text.split_once('=')?;
    let (name, is_added_to) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
    let is_name = |name: &str| name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
    let begins = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    (begins && is_name(name)).then_some((name, is_added_to))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command, with `?` before what is not known, and where it runs.
    fn commands(text: &str, name: &str) -> Vec<String> {
        let script = Script { text: text.to_owned(), is_makefile: name == "Makefile" };
        let path = Path::new("/r/p").join(name);
        let word = |word: &Argument| word.value.clone().unwrap_or_else(|| format!("?{}", word.text));
        let shown = |command: Invocation| {
            let words: Vec<String> = command.words.iter().map(word).collect();
            let directory = command.directory.map_or("?".to_owned(), |path| path.display().to_string());
            format!("{}:{directory}: {}", command.line, words.join(" "))
        };
        walk(&script, &path, Path::new("/r"), Path::new("/r/p")).into_iter().map(shown).collect()
    }

    #[test]
    fn a_workshops_script_is_read_as_it_would_run() {
        let text = "#!/usr/bin/env bash\nscriptsdir=$(cd \"$(dirname \"$0\")\"; pwd)\n\
                    testdir=$(cd \"$(dirname \"$0\")\"/../test; pwd)\ninputDir=\"$testdir/input\"\n\n\
                    $scriptsdir/build-pipeline\nrm -rf $inputDir/*\ncommand=${1:-\"configure\"}\n\
                    docker run \\\n  --volume ${inputDir}:/kratix/input \\\n  x:1 sh -c \"$command\"\n";
        assert_eq!(
            commands(text, "scripts/test-pipeline"),
            [
                "6:/r/p: /r/p/scripts/build-pipeline",
                "7:/r/p: rm -rf ?$inputDir/*",
                "9:/r/p: docker run --volume /r/p/test/input:/kratix/input x:1 sh -c configure",
            ]
        );
    }

    #[test]
    fn directories_and_variables_are_followed() {
        let text = "export A=1 B\nA+=2\n(cd x && a $A)\nb\nfor c in t/*; do\n  d $c\ndone\ncd $UNKNOWN\ne\nX=1 f \"$X\"\n\
                    case $1 in\n  g) h ;;\nesac\n";
        assert_eq!(
            commands(text, "s.sh"),
            [
                "3:/r/p/x: a ?$A",
                "4:/r/p: b",
                "6:/r/p: d ?$c",
                "7:/r/p: done",
                "9:?: e",
                "10:?: f ?$X",
                "11:?: case ?$1 in",
                "12:?: g",
                "12:?: h",
                "13:?: esac",
            ]
        );
    }

    #[test]
    fn a_makefile_runs_every_line_in_its_own_folder() {
        let text = "IMAGE ?= x:1\nCWD = $(shell pwd)\ntest: build\n\tcd deep && a\n\
                    \t@docker run -v $(CWD)/in:/kratix/input \\\n\t\t$(IMAGE) $(NONE)\n";
        assert_eq!(
            commands(text, "Makefile"),
            ["4:/r/p/deep: a", "5:/r/p: docker run -v /r/p/in:/kratix/input x:1 ?${NONE}"]
        );
    }
}
