//! A regular expression that some texts match, and others that are made the same way.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

/// Longer ones say nothing to a reader.
const LONGEST: usize = 200;

/// How long a part of a text with digits has to be to look as if it were made up.
const RANDOM: usize = 5;

/// The expression; nothing if it would be hard to read, or would say nothing. What all texts have in common stands in it as
/// it is. Of one text alone, parts vary that look made up.
pub(super) fn expression(texts: &[&str]) -> Option<String> {
    let all: Vec<Vec<&str>> = texts.iter().map(|text| parts(text)).collect();
    let (first, rest) = all.split_first()?;
    if rest.iter().any(|other| other.len() != first.len()) || texts.iter().any(|text| text.contains('\n')) {
        return None;
    }
    let is_date = texts.iter().any(|text| has_date(text));
    let (mut expression, mut varies) = ("^".to_owned(), false);
    for (place, part) in first.iter().enumerate() {
        let column: Vec<&str> = all.iter().map(|parts| parts[place]).collect();
        let differs = column.iter().any(|other| other != part);
        let is_word = column.iter().all(|part| part.chars().all(char::is_alphanumeric));
        let is_one = match rest.is_empty() {
            true => !looks_made_up(part),
            false => !differs,
        };
        match () {
            // Of a time, what happens to be the same now is another later.
            () if is_date && is_word && (differs || is_of_a_date(part)) => {
                expression.push_str(&class(&column));
            }
            () if is_one => expression.push_str(&regex::escape(part)),
            () if !is_word => return None,
            () => expression.push_str(&numbered(&column).unwrap_or_else(|| class(&column))),
        }
        varies |= differs || !is_one;
    }
    expression.push('$');
    (varies && expression.len() <= LONGEST).then_some(expression)
}

/// Runs of letters and digits, and each character between them.
fn parts(text: &str) -> Vec<&str> {
    static PARTS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?s)[\p{Alphabetic}\p{Nd}]+|.").expect("a constant pattern"));
    PARTS.find_iter(text).map(|part| part.as_str()).collect()
}

fn looks_made_up(part: &str) -> bool {
    part.len() >= RANDOM && part.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a part of a text is a date or a time of day.
fn has_date(text: &str) -> bool {
    static DATE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\d{4}[-/]\d{2}[-/]\d{2}|\d{2}:\d{2}").expect("a constant pattern"));
    DATE.is_match(text)
}

fn is_of_a_date(part: &str) -> bool {
    static NAME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("^(Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)$")
            .expect("a constant pattern")
    });
    part.bytes().any(|byte| byte.is_ascii_digit()) || NAME.is_match(part)
}

/// A word with numbers behind it.
fn numbered(column: &[&str]) -> Option<String> {
    let word = |text: &&str| text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let end = column.first().map(word)?;
    let stem = column.first()?.get(..end)?;
    let is_word = end >= 2 && stem.chars().all(|c| c.is_ascii_alphabetic());
    let is_same = |text: &&str| word(text) == end && text.starts_with(stem) && text.len() > end;
    (is_word && column.len() > 1 && column.iter().all(is_same)).then(|| format!("{stem}[0-9]+"))
}

/// What some words are made of, and how long they are.
fn class(column: &[&str]) -> String {
    let all = |is: fn(char) -> bool| column.iter().all(|text| text.chars().all(is));
    let is_long = column.iter().all(|text| text.len() >= RANDOM);
    let class = match () {
        // A count, a time or a port may have more digits another time.
        () if all(|c| c.is_ascii_digit()) => return "[0-9]+".to_owned(),
        () if is_long && all(|c| matches!(c, '0'..='9' | 'a'..='f')) => "[0-9a-f]",
        () if is_long && all(|c| matches!(c, '0'..='9' | 'A'..='F')) => "[0-9A-F]",
        () if all(|c| c.is_ascii_digit() || c.is_ascii_lowercase()) => "[0-9a-z]",
        () if all(|c| c.is_ascii_alphanumeric()) => "[0-9A-Za-z]",
        () => r"[\p{Alphabetic}\p{Nd}]",
    };
    let mut lengths: Vec<usize> = column.iter().map(|text| text.chars().count()).collect();
    lengths.dedup();
    let mut expression = class.to_owned();
    match lengths.as_slice() {
        [length] => write!(expression, "{{{length}}}").expect("a String takes all that is written"),
        _ => expression.push('+'),
    }
    expression
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_the_same_stays_and_what_varies_is_told_by_what_it_is_made_of() {
        for (texts, expected) in [
            (&["web-a1b2c3d4", "web-00ff12ab"][..], Some(r"^web\-[0-9a-f]{8}$")),
            (&["backup-x7k2p", "backup-9qzt1"], Some(r"^backup\-[0-9a-z]{5}$")),
            (&["1732759200", "1732759201"], Some("^[0-9]+$")),
            (&["v1.2.3-17", "v1.2.3-18"], Some(r"^v1\.2\.3\-[0-9]+$")),
            (&["run12 of 20", "run13 of 20"], Some("^run[0-9]+ of 20$")),
            (&["AB1DEF01", "AB2DEF02"], Some("^[0-9A-F]{8}$")),
            (
                &["made 2026-11-28 02:00:01", "made 2026-11-28 02:00:02"],
                Some(r"^made [0-9]+\-[0-9]+\-[0-9]+ [0-9]+:[0-9]+:[0-9]+$"),
            ),
            (&["28 Nov 02:01", "28 Nov 02:02"], Some("^[0-9]+ [0-9A-Za-z]{3} [0-9]+:[0-9]+$")),
            (&["a b", "a"], None),
            (&["a-b", "a/b"], None),
            (&["one\ntwo", "one\nthree"], None),
            (&["same", "same"], None),
            (&["web-7f9c2d"], Some(r"^web\-[0-9a-f]{6}$")),
            (&["web-server"], None),
        ] {
            assert_eq!(expression(texts).as_deref(), expected, "{texts:?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_matches_its_expression(texts in prop::collection::vec("[a-zA-Z0-9é:/ .-]{0,12}", 1..4)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            if let Some(expression) = expression(&texts) {
                let regex = Regex::new(&expression).expect("an expression");
                prop_assert!(texts.iter().all(|text| regex.is_match(text)), "{} {:?}", expression, texts);
            }
        }
    }
}
