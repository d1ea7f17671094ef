//! Just enough of a Dockerfile: which images it builds on, and which files of the context it names.
//!
//! Nothing here fails: the builder says what is wrong with a Dockerfile, better than we could.

use std::collections::BTreeMap;

use super::lines::{self, Line};
use super::words::{self, Variables};
use crate::tree::context::Instruction;

/// What a Dockerfile takes from outside.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Instructions {
    /// Images that it builds on, copies from or mounts, in order, without `scratch` and its own stages.
    pub(crate) bases: Vec<Base>,
    /// Sources of COPY and ADD in the context, as written, with known variables replaced.
    pub(crate) sources: Vec<String>,
    /// Names of the arguments that it declares.
    pub(crate) args: Vec<String>,
    /// Everything that it says, for messages.
    pub(crate) lines: Vec<Instruction>,
}

/// An image that a Dockerfile takes something from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// As the Dockerfile has it, with quotes and variables.
    pub(crate) written: String,
    /// What that means.
    pub(crate) image: String,
}

impl Instructions {
    /// Reads the text of a Dockerfile. `args` are the build arguments, which win over the defaults of `ARG`.
    ///
    /// A word with a variable whose value only the build knows is left out.
    pub(crate) fn parse(text: &str, args: &BTreeMap<String, String>) -> Self {
        let (escape, lines) = lines::read(text);
        let mut reader = Reader { escape, args, ..Reader::new(args) };
        for line in &lines {
            reader.line(line);
        }
        reader.found
    }
}

struct Reader<'a> {
    escape: char,
    args: &'a BTreeMap<String, String>,
    /// `ARG`s before the first `FROM`.
    global: Variables,
    /// What is known in the current stage; `None` before the first.
    stage: Option<Variables>,
    /// What was known at the end of each stage that has a name, by the name in lower case.
    named: BTreeMap<String, Variables>,
    name: Option<String>,
    found: Instructions,
}

impl<'a> Reader<'a> {
    fn new(args: &'a BTreeMap<String, String>) -> Self {
        Self {
            escape: '\\',
            args,
            global: Variables::new(),
            stage: None,
            named: BTreeMap::new(),
            name: None,
            found: Instructions::default(),
        }
    }

    fn line(&mut self, line: &Line) {
        let text = format!("{} {}", line.keyword, line.rest);
        self.found.lines.push(Instruction { line: line.number, text });
        match line.keyword.as_str() {
            "FROM" => self.from(&line.rest),
            "ARG" => self.arg(&line.rest),
            "ENV" => self.env(&line.rest),
            "COPY" | "ADD" => self.copy(&line.rest),
            "RUN" => self.run(&line.rest),
            _ => {}
        }
    }

    fn from(&mut self, rest: &str) {
        self.end_stage();
        let (_, rest) = flags(rest);
        let mut words = rest.split_whitespace();
        let written = words.next().unwrap_or_default();
        let base = words::expand(written, &self.global, self.escape);
        let known = base.as_ref().and_then(|base| self.named.get(&base.to_lowercase()));
        self.stage = Some(known.cloned().unwrap_or_default());
        if let Some(base) = base.filter(|_| known.is_none()) {
            self.base(written, base);
        }
        let alias = words.next().filter(|word| word.eq_ignore_ascii_case("as")).and(words.next());
        self.name = alias.map(str::to_lowercase);
    }

    fn end_stage(&mut self) {
        if let (Some(name), Some(variables)) = (self.name.take(), self.stage.take()) {
            self.named.insert(name, variables);
        }
    }

    fn base(&mut self, written: &str, image: String) {
        let base = Base { written: written.to_owned(), image };
        if !base.image.is_empty() && base.image != "scratch" && !self.found.bases.contains(&base) {
            self.found.bases.push(base);
        }
    }

    fn arg(&mut self, rest: &str) {
        for word in words::split(rest, self.escape) {
            let (name, default) = word.split_once('=').map_or((&*word, None), |(n, d)| (n, Some(d)));
            self.found.args.push(name.to_owned());
            let default = match default {
                Some(default) => words::expand(default, self.known(), self.escape),
                None => self.global.get(name).cloned(),
            };
            if let Some(value) = self.args.get(name).cloned().or(default) {
                self.known_mut().insert(name.to_owned(), value);
            }
        }
    }

    fn env(&mut self, rest: &str) {
        let words = words::split(rest, self.escape);
        if words.first().is_some_and(|word| !word.contains('=')) {
            let (name, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            return self.set(name, value.trim());
        }
        for (name, value) in words.iter().filter_map(|word| word.split_once('=')) {
            self.set(name, value);
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        match words::expand(value, self.known(), self.escape) {
            Some(value) => self.known_mut().insert(name.to_owned(), value),
            None => self.known_mut().remove(name),
        };
    }

    fn copy(&mut self, rest: &str) {
        let (flags, rest) = flags(rest);
        if let Some(from) = flags.iter().find_map(|flag| flag.strip_prefix("--from=")) {
            return self.take_from(from);
        }
        let mut words: Vec<String> = serde_json::from_str(rest)
            .unwrap_or_else(|_| rest.split_whitespace().map(str::to_owned).collect());
        words.pop();
        for word in words.iter().filter(|word| lines::heredoc(word).is_none()) {
            let source = words::expand(word, self.known(), self.escape);
            self.found.sources.extend(source.filter(|source| !source.is_empty() && !is_remote(source)));
        }
    }

    /// `--mount=type=bind,from=IMAGE,…`.
    fn run(&mut self, rest: &str) {
        let mounts = flags(rest).0.into_iter().filter_map(|flag| flag.strip_prefix("--mount="));
        let from: Vec<&str> =
            mounts.flat_map(|mount| mount.split(',')).filter_map(|part| part.strip_prefix("from=")).collect();
        for from in from {
            self.take_from(from);
        }
    }

    /// `from` names a stage, by name or number, or else an image.
    fn take_from(&mut self, from: &str) {
        let Some(image) = words::expand(from, self.known(), self.escape) else { return };
        let own = self.named.contains_key(&image.to_lowercase()) || image.parse::<usize>().is_ok();
        if !own {
            self.base(from, image);
        }
    }

    fn known(&self) -> &Variables {
        self.stage.as_ref().unwrap_or(&self.global)
    }

    fn known_mut(&mut self) -> &mut Variables {
        self.stage.as_mut().unwrap_or(&mut self.global)
    }
}

/// The flags that an instruction begins with, and what follows them.
fn flags(rest: &str) -> (Vec<&str>, &str) {
    let (mut flags, mut rest) = (Vec::new(), rest.trim_start());
    while rest.starts_with("--") {
        let (flag, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        flags.push(flag);
        rest = after.trim_start();
    }
    (flags, rest)
}

/// A source that ADD fetches.
fn is_remote(source: &str) -> bool {
    source.contains("://") || source.starts_with("git@")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Instructions {
        Instructions::parse(text, &BTreeMap::new())
    }

    fn bases(text: &str) -> Vec<String> {
        parse(text).bases.into_iter().map(|base| base.image).collect()
    }

    fn sources(text: &str) -> Vec<String> {
        parse(text).sources
    }

    #[test]
    fn stages_and_scratch_are_no_bases() {
        let text = "FROM --platform=$BUILDPLATFORM \"golang:1.22\" AS Build\nFROM build as test\nFROM scratch\n\
                    COPY --from=build /a /a\nCOPY --from=0 /b /b\nCOPY --chown=1 --from=busybox:1.36 /c /c\nFROM alpine\nFROM alpine";
        assert_eq!(bases(text), ["golang:1.22", "busybox:1.36", "alpine"]);
    }

    #[test]
    fn an_image_that_is_mounted_is_a_base() {
        let text = "FROM a AS b\nFROM a\nRUN --network=none --mount=type=bind,from=acme/lib:1,target=/lib --mount=from=b,target=/b make";
        assert_eq!(bases(text), ["a", "acme/lib:1"]);
    }

    #[test]
    fn a_base_takes_the_defaults_of_arguments() {
        let text = "ARG REGISTRY=ghcr.io TAG='3.20'\nFROM ${REGISTRY}/alpine:$TAG\nARG TAG\nCOPY $TAG/x /x\nFROM $NONE";
        assert_eq!(
            parse(text).bases,
            [Base { written: "${REGISTRY}/alpine:$TAG".into(), image: "ghcr.io/alpine:3.20".into() }]
        );
        assert_eq!(parse(text).sources, ["3.20/x"]);
    }

    #[test]
    fn a_build_argument_wins_over_the_default() {
        let args = BTreeMap::from([("TAG".to_owned(), "edge".to_owned())]);
        for text in ["ARG TAG=1\nFROM alpine:$TAG", "ARG TAG\nFROM alpine:$TAG"] {
            let found = Instructions::parse(text, &args).bases;
            assert_eq!(found, [Base { written: "alpine:$TAG".into(), image: "alpine:edge".into() }]);
        }
    }

    #[test]
    fn an_argument_before_from_is_unknown_in_a_stage_that_does_not_ask_for_it() {
        assert!(sources("ARG A=1\nFROM x\nCOPY $A /a").is_empty());
    }

    #[test]
    fn sources_are_all_words_but_the_last() {
        let text = "FROM x\nCOPY --chown=1:1 --link a b/ \"c\" /to/\nADD [\"d e\", \"f\", \"/to\"]\ncopy g \\\n h /to\nCOPY alone";
        assert_eq!(sources(text), ["a", "b/", "c", "d e", "f", "g", "h"]);
    }

    #[test]
    fn what_is_not_in_the_context_is_no_source() {
        let text = "FROM x\nCOPY --from=y a /a\nADD https://example.com/a git@example.com:a/b.git b /b\nCOPY <<EOF <<E2 c /c\nCOPY no /no\nEOF\nE2\nONBUILD COPY d /d";
        assert_eq!(sources(text), ["b", "c"]);
    }

    #[test]
    fn the_environment_of_a_stage_is_known_in_it_and_in_those_that_build_on_it() {
        let text = "FROM x AS base\nENV DIR=src OTHER=\"a b\"\nENV OLD style value\nFROM base\nCOPY ${DIR}/y $OLD /y\nFROM z\nCOPY $DIR /y";
        assert_eq!(sources(text), ["src/y", "style value"]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_refused(text in "(FROM|COPY|ADD|ARG|ENV|RUN|ONBUILD|#|[ \"'\\\\`$\\{\\}\\[\\]:=<>-]|EOF|\n|é|a|--from=){0,40}") {
            let _ = parse(&text);
        }
    }
}
