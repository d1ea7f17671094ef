//! Two texts → the lines that differ.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use crate::yaml::Position;

use super::difference::{DifferenceKind, LineEnd, TextDifference};
use super::secret;

/// Equal lines that are shown around those that differ, where nobody asks for more.
pub(crate) const CONTEXT: usize = 3;
/// How long the fewest lines are searched for; after that, more may be shown than differ.
const PATIENCE: Duration = Duration::from_secs(2);

/// A line of a unified diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiffLine {
    pub(crate) kind: DiffLineKind,
    /// Without its end.
    pub(crate) text: String,
    /// Its number in the expected text, from 1.
    pub(crate) expected_line: Option<usize>,
    /// Its number in the actual text, from 1.
    pub(crate) actual_line: Option<usize>,
}

/// What a line of a diff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiffLineKind {
    /// Where a run of lines begins: `@@ -1,4 +1,5 @@`.
    Hunk,
    Equal,
    /// Only in the expected text.
    Removed,
    /// Only in the actual text.
    Added,
    /// The line above is the last one of its text and does not end.
    NoEnd,
}

/// The lines in which two texts differ, with so many lines around each.
pub(crate) fn unified(expected: &str, actual: &str, context: usize) -> Vec<DiffLine> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(expected, actual);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(context).iter_hunks() {
        lines.push(line(DiffLineKind::Hunk, hunk.header().to_string(), (None, None)));
        for change in hunk.iter_changes() {
            let kind = match change.tag() {
                ChangeTag::Equal => DiffLineKind::Equal,
                ChangeTag::Delete => DiffLineKind::Removed,
                ChangeTag::Insert => DiffLineKind::Added,
            };
            let text = change.value().trim_end_matches('\n').to_owned();
            lines.push(line(kind, text, (change.old_index(), change.new_index())));
            if change.missing_newline() {
                lines.push(line(DiffLineKind::NoEnd, "no newline at the end".to_owned(), (None, None)));
            }
        }
    }
    lines
}

fn line(kind: DiffLineKind, text: String, (expected, actual): (Option<usize>, Option<usize>)) -> DiffLine {
    let from_one = |index: Option<usize>| index.map(|index| index + 1);
    DiffLine { kind, text, expected_line: from_one(expected), actual_line: from_one(actual) }
}

/// The text of a file; bytes that no text holds make it binary.
pub(super) fn decode(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// How two texts differ that are not equal.
pub(super) fn difference(expected: &str, actual: &str) -> DifferenceKind {
    if expected.replace("\r\n", "\n") == actual.replace("\r\n", "\n") {
        return DifferenceKind::LineEnds { expected: line_end(expected), actual: line_end(actual) };
    }
    let lines = expected.split_inclusive('\n').zip(actual.split_inclusive('\n'));
    let equal = lines.take_while(|(left, right)| left == right).count();
    let at = Position { line: equal + 1, column: 1 };
    let is_secret = secret::suspected(expected) || secret::suspected(actual);
    let lines = if is_secret { Vec::new() } else { unified(expected, actual, CONTEXT) };
    DifferenceKind::Text(TextDifference { lines, at })
}

fn line_end(text: &str) -> LineEnd {
    let (all, crlf) = (text.matches('\n').count(), text.matches("\r\n").count());
    match crlf {
        0 => LineEnd::Lf,
        crlf if crlf == all => LineEnd::CrLf,
        _ => LineEnd::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(expected: &str, actual: &str) -> Vec<String> {
        let sign = |kind| match kind {
            DiffLineKind::Hunk => "",
            DiffLineKind::Equal => " ",
            DiffLineKind::Removed => "-",
            DiffLineKind::Added => "+",
            DiffLineKind::NoEnd => "\\ ",
        };
        unified(expected, actual, CONTEXT)
            .into_iter()
            .map(|line| sign(line.kind).to_owned() + &line.text)
            .collect()
    }

    #[test]
    fn a_changed_line_is_shown_with_three_lines_around_it() {
        let expected = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let actual = expected.replace('5', "five");
        assert_eq!(
            drawn(expected, &actual),
            ["@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"]
        );
        let added = unified(expected, &actual, CONTEXT)
            .into_iter()
            .find(|line| line.kind == DiffLineKind::Added)
            .unwrap();
        assert_eq!((added.expected_line, added.actual_line), (None, Some(5)));
    }

    #[test]
    fn equal_texts_have_no_lines() {
        assert!(unified("a\nb\n", "a\nb\n", CONTEXT).is_empty());
        assert!(unified("", "", CONTEXT).is_empty());
    }

    #[test]
    fn a_missing_end_of_the_last_line_is_said() {
        assert_eq!(drawn("a\n", "a"), ["@@ -1 +1 @@", "-a", "+a", "\\ no newline at the end"]);
    }

    #[test]
    fn line_ends_alone_are_said_so() {
        let ends = |expected, actual| match difference(expected, actual) {
            DifferenceKind::LineEnds { expected, actual } => Some((expected, actual)),
            _ => None,
        };
        assert_eq!(ends("a\nb\n", "a\r\nb\r\n"), Some((LineEnd::Lf, LineEnd::CrLf)));
        assert_eq!(ends("a\r\nb\n", "a\nb\n"), Some((LineEnd::Mixed, LineEnd::Lf)));
        assert_eq!(ends("a\nb\n", "a\r\nc\r\n"), None);
    }

    #[test]
    fn the_first_differing_line_is_named() {
        for (expected, actual, line) in
            [("a\nb\nc", "a\nx\nc", 2), ("a\n", "a\nb\n", 2), ("a", "b", 1), ("", "x", 1)]
        {
            let DifferenceKind::Text(text) = difference(expected, actual) else { panic!("{expected}") };
            assert_eq!(text.at.line, line, "{expected} {actual}");
        }
    }

    #[test]
    fn text_that_seems_to_hold_a_secret_is_not_shown() {
        let DifferenceKind::Text(text) =
            difference("kind: Secret\na: {{ x }}\n", "kind: Secret\na: hunter2\n")
        else {
            panic!("text")
        };
        assert!(text.lines.is_empty());
        assert_eq!(text.at.line, 2);
    }

    #[test]
    fn what_no_text_holds_is_binary() {
        assert_eq!(decode(b"a\xff"), None);
        assert_eq!(decode(b"a\0"), None);
        assert_eq!(decode("é\n".as_bytes()), Some("é\n"));
    }
}
