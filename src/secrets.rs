//! Values that are never shown: those of Secrets, and those that the settings take from our environment.

use std::borrow::Cow;
use std::fmt;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What stands in place of a value.
const MASK: &str = "<masked>";
/// A shorter value hides nothing, and hiding it would garble what is shown.
const SHORTEST: usize = 4;
/// Nor do these.
const PLAIN: [&str; 2] = ["true", "false"];

/// Hides values in whatever is shown.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    finder: Option<AhoCorasick>,
    count: usize,
    longest: usize,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.count)
    }
}

impl Secrets {
    /// Hides these values: each line of them, since text is shown in lines, and each as base64.
    pub(crate) fn new<'v>(values: impl Iterator<Item = &'v [u8]>) -> Self {
        let mut hidden: Vec<Vec<u8>> = Vec::new();
        for value in values {
            let lines = value.split(|byte| *byte == b'\n').map(|line| line.trim_ascii().to_vec());
            hidden.extend(lines.filter(|line| is_secret(line)));
            if is_secret(value) {
                hidden.push(STANDARD.encode(value).into_bytes());
            }
        }
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&hidden);
        // What cannot be hidden must not be shown: it is the size of all values that would be too large.
        let finder = finder.expect("the values fit into memory");
        let longest = hidden.iter().map(Vec::len).max().unwrap_or_default();
        Self { finder: (!hidden.is_empty()).then_some(finder), count: hidden.len(), longest }
    }

    /// The text without them.
    pub(crate) fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.finder {
            Some(finder) if finder.is_match(text) => {
                Cow::Owned(finder.replace_all(text, &vec![MASK; self.count]))
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// The bytes without them.
    pub(crate) fn hide_bytes<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        match &self.finder {
            Some(finder) if finder.is_match(bytes) => {
                Cow::Owned(finder.replace_all_bytes(bytes, &vec![MASK; self.count]))
            }
            _ => Cow::Borrowed(bytes),
        }
    }

    /// The length of the longest.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// Where to cut bytes that go on, so that no value is in two pieces.
    pub(crate) fn cut(&self, bytes: &[u8]) -> usize {
        let safe = bytes.len() - self.longest.min(bytes.len());
        let Some(finder) = &self.finder else { return safe };
        let across = finder.find_iter(bytes).find(|found| found.start() < safe && found.end() > safe);
        across.map_or(safe, |found| found.end())
    }
}

fn is_secret(value: &[u8]) -> bool {
    value.len() >= SHORTEST && !PLAIN.iter().any(|plain| plain.as_bytes() == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        Secrets::new(values.iter().map(|value| value.as_bytes()))
    }

    #[test]
    fn values_are_hidden_whole_by_line_and_as_base64() {
        let secrets = secrets(&["hunter2", "first line\n  second line\n"]);
        assert_eq!(secrets.hide("a hunter2, twice hunter2"), "a <masked>, twice <masked>");
        assert_eq!(secrets.hide("| second line"), "| <masked>");
        assert_eq!(secrets.hide("aHVudGVyMg=="), "<masked>");
        assert_eq!(secrets.hide_bytes(b"\xffhunter2"), b"\xff<masked>".as_slice());
        assert_eq!(format!("{secrets:?}"), "5 secrets");
    }

    #[test]
    fn of_values_that_begin_alike_the_longest_is_hidden() {
        assert_eq!(secrets(&["pass", "password"]).hide("password pass"), "<masked> <masked>");
    }

    #[test]
    fn what_is_too_short_or_too_plain_hides_nothing() {
        assert_eq!(secrets(&["", "80", "true", "\n"]).hide("true 80"), "true 80");
        assert_eq!(Secrets::default().hide("x"), "x");
    }

    #[test]
    fn bytes_are_cut_where_no_value_is() {
        let secrets = secrets(&["0123456789"]);
        assert_eq!(secrets.longest(), 16);
        for length in 0..40 {
            let mut bytes = vec![b'x'; length];
            bytes.extend(b"0123456789");
            bytes.extend(vec![b'x'; 20]);
            let (one, other) = bytes.split_at(secrets.cut(&bytes));
            let shown = [secrets.hide_bytes(one), secrets.hide_bytes(other)].concat();
            assert!(String::from_utf8_lossy(&shown).contains(MASK), "{length}");
        }
    }
}
