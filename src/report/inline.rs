//! Two values of which the part that changed stands out.

use similar::{ChangeTag, TextDiff};

use super::paint::Paint;

/// Both values: what only one of them has is emphasized, if they have anything in common.
pub(super) fn highlighted(expected: &str, actual: &str, paint: Paint) -> (String, String) {
    if !paint.on || expected == actual {
        return (paint.red(expected), paint.green(actual));
    }
    match by_words(expected, actual, paint) {
        Some(both) => both,
        None => by_ends(expected, actual, paint),
    }
}

/// Word by word, if a word is the same.
fn by_words(expected: &str, actual: &str, paint: Paint) -> Option<(String, String)> {
    let diff = TextDiff::from_words(expected, actual);
    let changes: Vec<_> = diff.iter_all_changes().collect();
    let is_word = |text: &str| !text.trim().is_empty();
    if !changes.iter().any(|change| change.tag() == ChangeTag::Equal && is_word(change.value())) {
        return None;
    }
    let (mut one, mut other) = (String::new(), String::new());
    for change in changes {
        let text = change.value();
        match change.tag() {
            ChangeTag::Equal => {
                one.push_str(&paint.red(text));
                other.push_str(&paint.green(text));
            }
            ChangeTag::Delete => one.push_str(&paint.red(paint.changed(text))),
            ChangeTag::Insert => other.push_str(&paint.green(paint.changed(text))),
        }
    }
    Some((one, other))
}

/// What is between the same beginning and the same end.
fn by_ends(expected: &str, actual: &str, paint: Paint) -> (String, String) {
    let common = |one: &mut dyn Iterator<Item = char>, other: &mut dyn Iterator<Item = char>| -> usize {
        one.zip(other).take_while(|(one, other)| one == other).map(|(c, _)| c.len_utf8()).sum()
    };
    let start = common(&mut expected.chars(), &mut actual.chars());
    let (left, right) = (&expected[start..], &actual[start..]);
    let end = common(&mut left.chars().rev(), &mut right.chars().rev());
    let (middle, other) = (&left[..left.len() - end], &right[..right.len() - end]);
    let tail = &left[left.len() - end..];
    if start + end == 0 {
        return (paint.red(expected), paint.green(actual));
    }
    let emphasized = |middle: &str, colour: fn(Paint, String) -> String| {
        let part = |text: &str| if text.is_empty() { String::new() } else { colour(paint, text.to_owned()) };
        let changed = if middle.is_empty() { String::new() } else { colour(paint, paint.changed(middle)) };
        format!("{}{changed}{}", part(&expected[..start]), part(tail))
    };
    (emphasized(middle, Paint::red), emphasized(other, Paint::green))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is emphasized, in brackets.
    fn drawn(expected: &str, actual: &str) -> (String, String) {
        let (one, other) = highlighted(expected, actual, Paint { on: true });
        let plain = |text: &str| {
            let text = text.replace("\u{1b}[1m\u{1b}[4m", "[").replace("\u{1b}[4m", "");
            let mut plain = String::new();
            let mut parts = text.split('\u{1b}');
            plain.push_str(parts.next().unwrap_or_default());
            let mut open = plain.contains('[');
            for part in parts {
                let (code, rest) = part.split_once('m').unwrap_or((part, ""));
                if code == "[0" && open {
                    plain.push(']');
                    open = false;
                }
                open |= rest.contains('[');
                plain.push_str(rest);
            }
            plain
        };
        (plain(&one), plain(&other))
    }

    #[test]
    fn the_part_of_a_word_that_changed_stands_out() {
        assert_eq!(drawn("30269", "30658"), ("30[269]".into(), "30[658]".into()));
        assert_eq!(drawn("nginx:1.27", "nginx:1.28"), ("nginx:1.2[7]".into(), "nginx:1.2[8]".into()));
        assert_eq!(drawn("web", "web2"), ("web".into(), "web[2]".into()));
        assert_eq!(drawn("a", "b"), ("a".into(), "b".into()));
    }

    #[test]
    fn words_that_changed_stand_out() {
        assert_eq!(
            drawn("deployed with size small", "deployed with size large"),
            ("deployed with size [small]".into(), "deployed with size [large]".into())
        );
    }

    #[test]
    fn without_colour_nothing_is_added() {
        let plain = highlighted("30269", "30658", Paint { on: false });
        assert_eq!(plain, ("30269".to_owned(), "30658".to_owned()));
    }
}
