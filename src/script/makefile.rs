//! What make replaces in a line before a shell sees it.

use std::collections::BTreeMap;
use std::path::Path;

/// More references than any line of a Makefile comes to.
const REFERENCES: usize = 200;

/// The variables of a Makefile, as they are written.
#[derive(Debug, Default)]
pub(super) struct Variables {
    values: BTreeMap<String, String>,
}

/// What a line of a Makefile is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MakeLine<'l> {
    /// What a shell runs.
    Recipe(&'l str),
    Assignment {
        name: &'l str,
        operator: char,
        value: &'l str,
    },
    Other,
}

/// Tells what a line is.
pub(super) fn read(line: &str) -> MakeLine<'_> {
    if let Some(recipe) = line.strip_prefix('\t') {
        return MakeLine::Recipe(recipe.trim_start().trim_start_matches(['@', '-', '+']));
    }
    let line = line.trim().trim_start_matches("export ").trim_start_matches("override ");
    let Some((left, value)) = line.split_once('=') else { return MakeLine::Other };
    let operator = left.chars().last().filter(|c| "?:+!".contains(*c)).unwrap_or('=');
    let name = left.trim_end_matches(['?', ':', '+', '!']).trim();
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    match is_name {
        true => MakeLine::Assignment {
            name,
            operator,
            value: value.split(" #").next().unwrap_or_default().trim(),
        },
        false => MakeLine::Other,
    }
}

impl Variables {
    /// Takes note of an assignment.
    pub(super) fn assign(&mut self, name: &str, operator: char, value: &str) {
        match operator {
            '?' if self.values.contains_key(name) => {}
            '+' => {
                let before = self.values.remove(name).unwrap_or_default();
                self.values.insert(name.to_owned(), format!("{before} {value}").trim().to_owned());
            }
            '!' => drop(self.values.insert(name.to_owned(), format!("$(shell {value})"))),
            _ => drop(self.values.insert(name.to_owned(), value.to_owned())),
        }
    }

    /// The text as a shell gets it. What make does not know is a variable to the shell, which knows it no better.
    pub(super) fn expand(&self, text: &str, makefile: &Path) -> String {
        Expansion { variables: self, makefile, left: REFERENCES }.text(text)
    }
}

/// One text on its way to the shell.
struct Expansion<'v> {
    variables: &'v Variables,
    makefile: &'v Path,
    /// How many references are followed yet: a variable may be made of itself.
    left: usize,
}

impl Expansion<'_> {
    fn text(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let Some(next) = rest.chars().next() else { break };
            let inner = match next {
                '(' => closed(&rest[1..], '(', ')'),
                '{' => closed(&rest[1..], '{', '}'),
                next => &rest[..next.len_utf8()],
            };
            let brackets = if matches!(next, '(' | '{') { 2 } else { 0 };
            rest = rest.get(inner.len() + brackets..).unwrap_or_default();
            match self.left.checked_sub(1) {
                _ if next == '$' => out.push('$'),
                None => out.push_str("${ENDLESS}"),
                Some(left) => {
                    self.left = left;
                    out.push_str(&self.reference(inner));
                }
            }
        }
        out + rest
    }

    /// What stands for `$(…)`.
    fn reference(&mut self, inner: &str) -> String {
        if let Some((function, arguments)) = inner.split_once(char::is_whitespace) {
            let arguments = self.text(arguments.trim());
            return match function {
                "shell" => format!("$({arguments})"),
                "abspath" | "realpath" | "strip" | "firstword" | "lastword" => arguments,
                "dir" => match arguments.rsplit_once('/') {
                    Some((folder, _)) => format!("{folder}/"),
                    None => "./".to_owned(),
                },
                _ => format!("${{{}}}", function.replace(|c: char| !c.is_ascii_alphanumeric(), "_")),
            };
        }
        match self.variables.values.get(inner) {
            Some(value) => self.text(value),
            None if inner == "CURDIR" || inner == "PWD" => {
                self.makefile.parent().unwrap_or(Path::new("/")).display().to_string()
            }
            None if inner == "MAKEFILE_LIST" => self.makefile.display().to_string(),
            None => format!("${{{inner}}}"),
        }
    }
}

/// The text up to what closes this, with the pairs in it.
fn closed(text: &str, open: char, close: char) -> &str {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            c if c == open => depth += 1,
            c if c == close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(assignments: &[&str], text: &str) -> String {
        let mut variables = Variables::default();
        for line in assignments {
            let MakeLine::Assignment { name, operator, value } = read(line) else { panic!("{line}") };
            variables.assign(name, operator, value);
        }
        variables.expand(text, Path::new("/r/Makefile"))
    }

    #[test]
    fn a_line_is_a_recipe_or_an_assignment() {
        assert_eq!(read("\t@-docker run x"), MakeLine::Recipe("docker run x"));
        assert_eq!(read("A ?= b=c # why"), MakeLine::Assignment { name: "A", operator: '?', value: "b=c" });
        assert_eq!(read("export A:=b"), MakeLine::Assignment { name: "A", operator: ':', value: "b" });
        for line in ["test: build", "ifeq ($(A),b=c)", ".PHONY: a", ""] {
            assert_eq!(read(line), MakeLine::Other, "{line}");
        }
    }

    #[test]
    fn variables_and_functions_are_replaced() {
        let assignments =
            ["TAG ?= v1", "TAG ?= v2", "NAME = acme/x:$(TAG)", "NAME += y", "CWD = $(shell pwd)"];
        for (text, expected) in [
            ("$(NAME)", "acme/x:v1 y"),
            ("${CWD}/in", "$(pwd)/in"),
            ("$$(pwd) $$HOME", "$(pwd) $HOME"),
            ("$(NONE) $@ $(CURDIR)", "${NONE} ${@} /r"),
            ("$(dir $(abspath $(lastword $(MAKEFILE_LIST))))x", "/r/x"),
            ("$(subst a,b,$(TAG))", "${subst}"),
            ("a$", "a"),
            ("$(open", "${open}"),
        ] {
            assert_eq!(expanded(&assignments, text), expected, "{text}");
        }
    }

    #[test]
    fn a_variable_that_is_itself_ends() {
        assert!(expanded(&["A = $(A)$(A)"], "$(A)").contains("ENDLESS"));
    }
}
