//! Lines of a shell script as words: enough to tell what is always the same from what is not.

use std::iter::Peekable;
use std::str::Chars;

/// A word of a command, without quotes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Whether it is always this text: no variable, no substitution, no wildcard.
    pub(crate) literal: bool,
    pub(super) pieces: Vec<Piece>,
}

/// What a word is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// `$NAME`, or `${NAME…}` with what follows the name.
    Variable {
        name: String,
        modifier: String,
    },
    /// `$(…)` or `` `…` ``: what this would print.
    Output(String),
    /// `*`, `?`, `[` or `{` outside quotes.
    Wildcard(char),
}

/// What a line is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Command(Vec<Word>),
    /// A subshell begins, or ends.
    Open,
    Close,
}

impl Word {
    /// Whether it is a path in the repository, and neither a URL nor standard input.
    pub(crate) fn is_relative(&self) -> bool {
        self.literal
            && !self.text.starts_with(['/', '~', '-'])
            && !self.text.contains("://")
            && !self.text.is_empty()
    }

    /// The same with this text alone.
    pub(crate) fn with_text(&self, text: &str) -> Self {
        Self { text: text.to_owned(), literal: self.literal, pieces: Vec::new() }
    }

    /// What is behind the first bytes of it.
    pub(super) fn behind(&self, mut bytes: usize) -> Vec<Piece> {
        let mut rest = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) if bytes > 0 => {
                    let skipped = bytes.min(text.len());
                    bytes -= skipped;
                    rest.extend(
                        text.get(skipped..)
                            .filter(|text| !text.is_empty())
                            .map(|text| Piece::Text(text.into())),
                    );
                }
                piece => rest.push(piece.clone()),
            }
        }
        rest
    }

    fn text(&mut self, c: char) {
        self.text.push(c);
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            _ => self.pieces.push(Piece::Text(c.to_string())),
        }
    }
}

/// More substitutions inside each other than anybody writes.
pub(super) const DEPTH: usize = 12;

/// The commands of a line, as words, with those whose output it takes. What follows a redirection is dropped.
pub(crate) fn simple_commands(line: &str) -> Vec<Vec<Word>> {
    commands_within(line, DEPTH)
}

fn commands_within(line: &str, depth: usize) -> Vec<Vec<Word>> {
    let mut commands = Vec::new();
    for part in parts(line) {
        let Part::Command(words) = part else { continue };
        for piece in words.iter().flat_map(|word| &word.pieces) {
            if let (Piece::Output(inner), 1..) = (piece, depth) {
                commands.extend(commands_within(inner, depth - 1));
            }
        }
        commands.push(words);
    }
    commands
}

/// The commands of a line, as words, and where its subshells begin and end.
pub(super) fn parts(line: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut command = Vec::new();
    let mut chars = line.chars().peekable();
    let mut dropped = false;
    while let Some(&c) = chars.peek() {
        match c {
            ';' | '&' | '|' | '(' | ')' => {
                chars.next();
                if !command.is_empty() {
                    parts.push(Part::Command(std::mem::take(&mut command)));
                }
                match c {
                    '(' => parts.push(Part::Open),
                    ')' => parts.push(Part::Close),
                    _ => {}
                }
                dropped = false;
            }
            '#' => break,
            '>' | '<' => {
                chars.next();
                dropped = true;
            }
            c if c.is_whitespace() => drop(chars.next()),
            _ => {
                let word = word(&mut chars);
                // The number of what is redirected is no argument.
                let is_descriptor = matches!(chars.peek(), Some('>' | '<'))
                    && word.text.bytes().all(|byte| byte.is_ascii_digit());
                if !dropped && !is_descriptor {
                    command.push(word);
                } else if dropped && !is_descriptor {
                    dropped = false;
                }
            }
        }
    }
    if !command.is_empty() {
        parts.push(Part::Command(command));
    }
    parts
}

/// One word, up to white space or what ends a command.
fn word(chars: &mut Peekable<Chars<'_>>) -> Word {
    let mut word = Word { literal: true, ..Word::default() };
    let mut quote = None;
    while let Some(c) = chars.next_if(|&c| quote.is_some() || !(c.is_whitespace() || ";&|()<>".contains(c))) {
        match c {
            c if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            '\\' if quote != Some('\'') => {
                if let Some(c) = chars.next() {
                    word.text(c);
                }
            }
            '$' if quote != Some('\'') => dollar(chars, &mut word),
            '`' if quote != Some('\'') => {
                let inner: String = chars.by_ref().take_while(|&c| c != '`').collect();
                word.literal = false;
                word.text.push_str(&format!("`{inner}`"));
                word.pieces.push(Piece::Output(inner));
            }
            '*' | '?' | '[' | '{' if quote.is_none() => {
                word.literal = false;
                word.text.push(c);
                word.pieces.push(Piece::Wildcard(c));
            }
            c => word.text(c),
        }
    }
    word
}

/// What follows a `$`.
fn dollar(chars: &mut Peekable<Chars<'_>>, word: &mut Word) {
    word.literal = false;
    word.text.push('$');
    let piece = match chars.peek() {
        Some('(') => {
            chars.next();
            let inner = closed(chars, '(', ')');
            word.text.push_str(&format!("({inner})"));
            Piece::Output(inner)
        }
        Some('{') => {
            chars.next();
            let inner = closed(chars, '{', '}');
            word.text.push_str(&format!("{{{inner}}}"));
            let name = inner
                .find(|c: char| !is_name(c))
                .unwrap_or(inner.len())
                .max(usize::from(inner.starts_with(['@', '#', '*', '!', '?'])));
            let (name, modifier) = inner.split_at_checked(name).unwrap_or((&inner, ""));
            Piece::Variable { name: name.to_owned(), modifier: modifier.to_owned() }
        }
        Some(c) if c.is_ascii_digit() || "@#*!?".contains(*c) => {
            let name: String = chars.next().into_iter().collect();
            word.text.push_str(&name);
            Piece::Variable { name, modifier: String::new() }
        }
        Some(&c) if is_name(c) => {
            let mut name = String::new();
            while let Some(c) = chars.next_if(|&c| is_name(c)) {
                name.push(c);
            }
            word.text.push_str(&name);
            Piece::Variable { name, modifier: String::new() }
        }
        _ => Piece::Text("$".to_owned()),
    };
    word.pieces.push(piece);
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

/// What is left up to what closes this, with the pairs in it.
fn closed(chars: &mut Peekable<Chars<'_>>, open: char, close: char) -> String {
    let (mut text, mut depth, mut single) = (String::new(), 1, false);
    for c in chars.by_ref() {
        match c {
            '\'' => single = !single,
            c if c == open && !single => depth += 1,
            c if c == close && !single => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Vec<String>> {
        let word = |word: Word| if word.literal { word.text } else { format!("?{}", word.text) };
        simple_commands(line).into_iter().map(|words| words.into_iter().map(word).collect()).collect()
    }

    #[test]
    fn a_line_is_commands_of_words() {
        assert_eq!(words("a 'b c' \"d\"e && f\\ g;h # i"), [vec!["a", "b c", "de"], vec!["f g"], vec!["h"]]);
        assert_eq!(words("a > b c 2>/dev/null d"), [["a", "c", "d"]]);
    }

    #[test]
    fn a_word_with_a_variable_or_a_wildcard_is_not_literal() {
        assert_eq!(
            words("$a '$b' \"`c`\" d* \"e*\" {{f}} \\$g")[1],
            ["?$a", "$b", "?`c`", "?d*", "e*", "?{{f}}", "$g"]
        );
    }

    #[test]
    fn commands_whose_output_is_taken_come_before_those_that_take_it() {
        assert_eq!(
            words("a \"$(b \"$(c d)\"; e)\""),
            [vec!["c", "d"], vec!["b", "?$(c d)"], vec!["e"], vec!["a", "?$(b \"$(c d)\"; e)"]]
        );
    }

    #[test]
    fn subshells_begin_and_end() {
        let kinds = |line: &str| -> Vec<char> {
            let kind = |part: Part| match part {
                Part::Command(_) => 'c',
                Part::Open => '(',
                Part::Close => ')',
            };
            parts(line).into_iter().map(kind).collect()
        };
        assert_eq!(kinds("(cd a && b) | c"), ['(', 'c', 'c', ')', 'c']);
        assert_eq!(kinds("x=$(a; b) build)"), ['c', ')']);
    }

    #[test]
    fn what_is_behind_the_name_of_an_assignment_is_its_value() {
        let Part::Command(words) = parts("AB=x$C\"d\"").remove(0) else { panic!("no command") };
        let variable = Piece::Variable { name: "C".into(), modifier: String::new() };
        assert_eq!(words[0].behind(3), [Piece::Text("x".into()), variable, Piece::Text("d".into())]);
    }
}
