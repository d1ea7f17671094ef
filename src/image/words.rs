//! Words of a Dockerfile instruction: quotes, escapes and variables, as the builder reads them.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

/// Values of `ARG` and `ENV` that are known without running anything.
pub(super) type Variables = BTreeMap<String, String>;

/// The word without its quotes and with its variables replaced; `None` when one of them is not known.
pub(super) fn expand(word: &str, variables: &Variables, escape: char) -> Option<String> {
    let mut reader = Reader { rest: word.chars().peekable(), variables, escape };
    reader.word()
}

/// Splits at white space outside quotes.
pub(super) fn split(text: &str, escape: char) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            words.push(std::mem::take(&mut word));
            continue;
        }
        word.push(c);
        match quote {
            _ if c == escape && quote != Some('\'') => word.extend(chars.next()),
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            _ => {}
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    variables: &'a Variables,
    escape: char,
}

impl Reader<'_> {
    fn word(&mut self) -> Option<String> {
        let mut out = String::new();
        while let Some(c) = self.rest.next() {
            match c {
                '\'' => out.extend(self.rest.by_ref().take_while(|&c| c != '\'')),
                '"' => out.push_str(&self.quoted()?),
                '$' => out.push_str(&self.variable()?),
                c if c == self.escape => out.extend(self.rest.next()),
                c => out.push(c),
            }
        }
        Some(out)
    }

    fn quoted(&mut self) -> Option<String> {
        let mut out = String::new();
        while let Some(c) = self.rest.next() {
            match c {
                '"' => break,
                '$' => out.push_str(&self.variable()?),
                c if c == self.escape => match self.rest.next() {
                    Some(next) if next == '"' || next == '$' || next == self.escape => out.push(next),
                    next => {
                        out.push(c);
                        out.extend(next);
                    }
                },
                c => out.push(c),
            }
        }
        Some(out)
    }

    /// What stands for `$NAME` or `${NAME…}`, the `$` being read already.
    fn variable(&mut self) -> Option<String> {
        if self.rest.next_if_eq(&'{').is_none() {
            let name = self.name();
            return if name.is_empty() { Some("$".to_owned()) } else { self.variables.get(&name).cloned() };
        }
        let name = self.name();
        let modifier = self.braced();
        let value = self.variables.get(&name);
        if modifier.is_empty() {
            return value.cloned();
        }
        let (filled, operator) = match modifier.strip_prefix(':') {
            Some(rest) => (value.filter(|value| !value.is_empty()), rest),
            None => (value, modifier.as_str()),
        };
        let word = operator.get(1..)?;
        match operator.chars().next()? {
            '-' => filled.cloned().or_else(|| expand(word, self.variables, self.escape)),
            '+' if filled.is_some() => expand(word, self.variables, self.escape),
            '+' => Some(String::new()),
            _ => None,
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.rest.next_if(|&c| c == '_' || c.is_ascii_alphanumeric()) {
            name.push(c);
        }
        name
    }

    /// What is left up to the brace that closes this one.
    fn braced(&mut self) -> String {
        let (mut text, mut open) = (String::new(), 1);
        for c in self.rest.by_ref() {
            match c {
                '{' => open += 1,
                '}' => open -= 1,
                _ => {}
            }
            if open == 0 {
                break;
            }
            text.push(c);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str) -> Option<String> {
        let variables = Variables::from([("A".into(), "1".into()), ("EMPTY".into(), String::new())]);
        expand(word, &variables, '\\')
    }

    #[test]
    fn quotes_and_escapes_are_removed() {
        for (word, expected) in [
            ("\"alpine\"", "alpine"),
            ("'a$A'", "a$A"),
            ("a\\ b", "a b"),
            ("\\$A", "$A"),
            ("\"\\n\"", "\\n"),
            ("\"open", "open"),
            ("$", "$"),
        ] {
            assert_eq!(read(word).as_deref(), Some(expected), "{word}");
        }
    }

    #[test]
    fn variables_are_replaced() {
        for (word, expected) in [
            ("x$A.y", "x1.y"),
            ("${A}b", "1b"),
            ("${NONE:-d}", "d"),
            ("${NONE-${A}}", "1"),
            ("${EMPTY:-d}", "d"),
            ("${EMPTY-d}", ""),
            ("${A:+yes}", "yes"),
            ("${NONE:+yes}", ""),
            ("\"$A\"", "1"),
        ] {
            assert_eq!(read(word).as_deref(), Some(expected), "{word}");
        }
    }

    #[test]
    fn an_unknown_variable_makes_the_word_unknown() {
        for word in ["$NONE", "a/${NONE}/b", "${A#1}", "${A:", "${A:é"] {
            assert_eq!(read(word), None, "{word}");
        }
    }

    #[test]
    fn words_are_split_outside_quotes() {
        assert_eq!(split("A=1  B=\"x y\" C='p q' D=e\\ f", '\\'), ["A=1", "B=\"x y\"", "C='p q'", "D=e\\ f"]);
        assert!(split(" \t", '\\').is_empty());
    }
}
