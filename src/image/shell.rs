//! Lines of a shell script as words: enough to tell what is always the same from what is not.

/// A word of a command, without quotes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether it is always this text: no variable, no substitution, no wildcard.
    pub(super) literal: bool,
}

impl Word {
    /// Whether it is a path in the repository, and neither a URL nor standard input.
    pub(super) fn is_relative(&self) -> bool {
        self.literal
            && !self.text.starts_with(['/', '~', '-'])
            && !self.text.contains("://")
            && !self.text.is_empty()
    }
}

/// The commands of a line, as words. What follows a redirection is dropped.
pub(super) fn simple_commands(line: &str) -> Vec<Vec<Word>> {
    let mut commands = vec![Vec::new()];
    let mut chars = line.chars().peekable();
    let mut dropped = false;
    while let Some(&c) = chars.peek() {
        match c {
            ';' | '&' | '|' | '(' | ')' => {
                chars.next();
                commands.push(Vec::new());
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
                match commands.last_mut() {
                    Some(command) if !dropped => command.push(word),
                    _ => {}
                }
            }
        }
    }
    commands
}

fn word(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Word {
    let mut word = Word { text: String::new(), literal: true };
    let mut quote = None;
    while let Some(c) = chars.next_if(|&c| quote.is_some() || !(c.is_whitespace() || ";&|()<>".contains(c))) {
        match c {
            c if quote == Some(c) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            '\\' if quote != Some('\'') => word.text.extend(chars.next()),
            c => {
                let special =
                    "$`".contains(c) && quote != Some('\'') || "*?[{".contains(c) && quote.is_none();
                word.literal &= !special;
                word.text.push(c);
            }
        }
    }
    word
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
        assert_eq!(
            words("a 'b c' \"d\"e && f\\ g;h # i"),
            [vec!["a", "b c", "de"], vec![], vec!["f g"], vec!["h"]]
        );
        assert_eq!(words("a > b c"), [["a"]]);
    }

    #[test]
    fn a_word_with_a_variable_or_a_wildcard_is_not_literal() {
        assert_eq!(
            words("$a '$b' \"`c`\" d* \"e*\" {{f}} \\$g"),
            [["?$a", "$b", "?`c`", "?d*", "e*", "?{{f}}", "$g"]]
        );
    }
}
