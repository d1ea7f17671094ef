//! A text as the port of libyaml can take it.
//!
//! The port panics where a text ends in a block scalar or a backslash, and at a tag that a comma follows; at a tag before a
//! bracket it wants a space, which nobody writes. So a line break goes to the end of such a text and blanks behind such a
//! tag, and both are taken out again of what the port finds.

use std::borrow::Cow;
use std::sync::LazyLock;

use libyaml_safer::Mark;
use regex::Regex;

use super::Position;

/// Blanks that stand in no text by chance.
const GAP: &str = "\t \t\t   \t\t\t\t\t";

const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// What the port is fed, and how that differs from the text.
pub(super) struct Feed<'t> {
    text: Cow<'t, str>,
    gaps: Vec<Gap>,
    /// Whether a line break was added at the end.
    ended: bool,
    /// How many bytes of the author's text come before what is fed.
    skipped: usize,
    /// How many bytes the author's text has.
    length: usize,
}

/// Where blanks were added.
struct Gap {
    offset: usize,
    /// Line and column, counted from 0.
    place: (usize, usize),
}

impl<'t> Feed<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        // The port takes every text that begins with U+F000 to U+FFFF for one with a broken mark.
        let length = text.len();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let skipped = length - text.len();
        let (text, ended) = end(text);
        let (text, gaps) = separate_tags(text);
        Self { text, gaps, ended, skipped, length }
    }

    pub(super) fn text(&self) -> Cow<'t, [u8]> {
        match self.text.clone() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    }

    /// Where something stands in the author's text.
    pub(super) fn position(&self, mark: Mark) -> Position {
        self.without_gaps((to_usize(mark.line), to_usize(mark.column)))
    }

    /// How many bytes of the author's text come before something.
    pub(super) fn offset(&self, mark: Mark) -> usize {
        let fed = to_usize(mark.index);
        let gaps = self.gaps.iter().take_while(|gap| gap.offset < fed);
        let added: usize = gaps.map(|gap| GAP.len().min(fed - gap.offset)).sum();
        (self.skipped + fed - added).min(self.length)
    }

    /// Where the first character stands that libyaml does not take.
    pub(super) fn first_refused(&self) -> Option<Position> {
        let refused = |c| match c {
            '\t' | '\n' | '\r' | '\u{85}' | '\u{fffe}' | '\u{ffff}' => c > '\u{fffd}',
            c => c.is_control(),
        };
        let offset = self.text.find(refused)?;
        Some(self.without_gaps(advance((0, 0), &self.text[..offset])))
    }

    fn without_gaps(&self, (line, column): (usize, usize)) -> Position {
        let before = self.gaps.partition_point(|gap| gap.place < (line, column));
        let on_line = before - self.gaps.partition_point(|gap| gap.place < (line, 0));
        Position { line: line + 1, column: column + 1 - on_line * GAP.len() }
    }

    /// A scalar as the author's text has it.
    pub(super) fn scalar(&self, mut text: String, is_block: bool, start: Mark, end: Mark) -> String {
        if is_block && self.ended && to_usize(end.index) == self.text.len() && text.ends_with('\n') {
            text.pop();
        }
        let inside = |gap: &Gap| (to_usize(start.index)..to_usize(end.index)).contains(&gap.offset);
        if self.gaps.iter().any(inside) { text.replace(GAP, "") } else { text }
    }
}

/// Ends a text in a line break where the port needs one.
fn end(text: &str) -> (Cow<'_, str>, bool) {
    if text.ends_with(BREAKS) || !text.contains(['|', '>', '\\']) {
        return (text.into(), false);
    }
    let without_blanks = text.trim_end_matches(' ');
    if without_blanks.is_empty() || without_blanks.ends_with(BREAKS) {
        // An empty last line means nothing.
        return (without_blanks.into(), false);
    }
    (format!("{text}\n").into(), true)
}

/// Puts a gap behind every tag that a comma or a bracket follows. What only looks like a tag gets one too.
fn separate_tags(text: Cow<'_, str>) -> (Cow<'_, str>, Vec<Gap>) {
    static TAG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"!(?:<[^>\s]*>|[-0-9A-Za-z_;/?:@&=+$.%!~*'()]*)").expect("a constant pattern")
    });
    let ends: Vec<usize> = TAG
        .find_iter(&text)
        .filter(|tag| text[tag.end()..].starts_with([',', ']', '}']))
        // Behind a colon, blanks would make a key of what is none.
        .map(|tag| tag.start() + tag.as_str().trim_end_matches(':').len())
        .collect();
    if ends.is_empty() {
        return (text, Vec::new());
    }
    let mut fed = String::with_capacity(text.len() + ends.len() * GAP.len());
    let (mut gaps, mut place, mut from) = (Vec::with_capacity(ends.len()), (0, 0), 0);
    for end in ends {
        place = advance(place, &text[from..end]);
        fed.push_str(&text[from..end]);
        gaps.push(Gap { offset: fed.len(), place });
        place.1 += GAP.len();
        fed.push_str(GAP);
        from = end;
    }
    fed.push_str(&text[from..]);
    (fed.into(), gaps)
}

/// The line and column behind a text that begins at a place and ends in no line break.
fn advance((mut line, mut column): (usize, usize), text: &str) -> (usize, usize) {
    let mut previous = None;
    for c in text.chars() {
        match c {
            '\n' if previous == Some('\r') => {}
            c if BREAKS.contains(&c) => (line, column) = (line + 1, 0),
            _ => column += 1,
        }
        previous = Some(c);
    }
    (line, column)
}

#[expect(clippy::cast_possible_truncation, reason = "a place in a text that is in memory")]
fn to_usize(place: u64) -> usize {
    place as usize
}

#[cfg(test)]
mod tests {
    use super::super::{KeyPath, Position, parse, parse_first};

    fn json(text: &str) -> String {
        let first = parse_first(text.as_bytes()).expect("valid YAML").expect("a document");
        first.root.to_json().to_string()
    }

    fn error(text: &str) -> String {
        parse(text.as_bytes()).expect_err("invalid YAML").platform
    }

    #[test]
    fn a_block_scalar_may_end_a_text() {
        assert_eq!(json("a: |\n  b"), r#"{"a":"b"}"#);
        assert_eq!(json("a: |+\n  b\n\n  c"), r#"{"a":"b\n\nc"}"#);
        assert_eq!(json("a: |-\n  b"), r#"{"a":"b"}"#);
        assert_eq!(json("a: >\n  b\n  c"), r#"{"a":"b c"}"#);
        assert_eq!(json("a: |\r\n  b"), r#"{"a":"b"}"#);
        assert_eq!(json("a: |\n  b\n  \t"), r#"{"a":"b\n\t"}"#);
        assert_eq!(json("a: |"), r#"{"a":""}"#);
        assert_eq!(json("- |\n b\n- c"), r#"["b\n","c"]"#);
        assert_eq!(json("a: |\n  b\n# c"), r#"{"a":"b\n"}"#);
    }

    #[test]
    fn blanks_may_end_a_text_behind_a_block_scalar() {
        assert_eq!(json("a: |\n  b\n  "), r#"{"a":"b\n"}"#);
        assert_eq!(json("a: |+\n  b\n "), r#"{"a":"b\n"}"#);
    }

    #[test]
    fn a_backslash_may_end_a_text() {
        assert_eq!(json("a\\"), r#""a\\""#);
        assert_eq!(error("\"a\\"), "yaml: line 2: found unexpected end of stream");
    }

    #[test]
    fn a_tag_may_stand_before_a_comma_or_a_bracket() {
        assert_eq!(json("[!any, !, !!str, !<a,b>, yes]"), r#"["","","","",true]"#);
        assert!(parse(b"[!a:, yes]").is_ok());
        assert_eq!(json("{a: !any}"), r#"{"a":""}"#);
        assert_eq!(json("[!any]"), r#"[""]"#);
        let documents = parse(b"[!uuid, {a: !any}]").expect("valid YAML");
        let tag = |path: &KeyPath| documents[0].root.at_path(path).and_then(|node| node.tag.clone());
        assert_eq!(tag(&KeyPath::root().index(0)).as_deref(), Some("!uuid"));
        assert_eq!(tag(&KeyPath::root().index(1).name("a")).as_deref(), Some("!any"));
    }

    #[test]
    fn what_only_looks_like_a_tag_is_read_as_it_is_written() {
        assert_eq!(json("a: \"!has(self.x), !y]\""), r#"{"a":"!has(self.x), !y]"}"#);
        assert_eq!(json("a: it's!, 'b!c]'"), r#"{"a":"it's!, 'b!c]'"}"#);
        assert_eq!(json("a: x!T:, b"), r#"{"a":"x!T:, b"}"#);
        assert_eq!(json("['a!', \"b!\", 'c!'',d']"), r#"["a!","b!","c!',d"]"#);
        assert_eq!(json("a: |\n  b!c, d! }\n  !e,f\n# !g,\n"), r#"{"a":"b!c, d! }\n!e,f\n"}"#);
        assert_eq!(json("a: >\n  b!,c\n\n  !d,"), r#"{"a":"b!,c\n!d,"}"#);
        assert_eq!(json("!<tag:yaml.org,2002:str> 5"), r#""5""#);
    }

    #[test]
    fn places_are_those_of_the_authors_text() {
        let documents =
            parse("é: [!any, x, {b: !any}, y]\r\nc: !any\nd: ['!,!,', z]".as_bytes()).expect("YAML");
        let place =
            |path: KeyPath| documents[0].root.at_path(&path).map(|node| (node.at.line, node.at.column));
        assert_eq!(place(KeyPath::root().name("é").index(1)), Some((1, 11)));
        assert_eq!(place(KeyPath::root().name("é").index(3)), Some((1, 25)));
        assert_eq!(place(KeyPath::root().name("c")), Some((2, 4)));
        assert_eq!(place(KeyPath::root().name("d").index(1)), Some((3, 13)));
        let error = parse(b"[!a, @]").expect_err("invalid");
        assert_eq!(error.at, Some(Position { line: 1, column: 6 }));
        let error = parse(b"a: 1\n[!a, \x01]").expect_err("invalid");
        assert_eq!(error.at, Some(Position { line: 2, column: 6 }));
        assert_eq!(parse(b"a: \xc2\x80").expect_err("invalid").at, Some(Position { line: 1, column: 4 }));
    }

    #[test]
    fn a_text_may_begin_with_any_character() {
        for first in ["\u{fb3e}", "\u{f000}", "\u{fffd}", "绿", "🎉"] {
            assert_eq!(json(first), format!("\"{first}\""));
        }
        assert_eq!(json("\u{feff}a: 1\nb: 2"), r#"{"a":1,"b":2}"#);
        let error = parse("\u{feff}a: @".as_bytes()).expect_err("invalid");
        assert_eq!(error.at, Some(Position { line: 1, column: 4 }));
    }

    #[test]
    fn escapes_in_tags_are_read_as_utf_8() {
        let documents = parse(b"[!a%c3%a9 x, !a%41b, !%e2%82%ac []]").expect("valid YAML");
        let tags: Vec<_> =
            documents[0].root.as_list().expect("a list").iter().map(|node| node.tag.as_deref()).collect();
        assert_eq!(tags, [Some("!aé"), Some("!aAb"), Some("!€")]);
        assert!(parse(b"!a%zz x").is_err() && parse(b"!a%ff x").is_err() && parse(b"!a%c3 x").is_err());
        assert_eq!(json("%TAG !e! tag:yaml.org,2002:\n---\n!e!str 5"), r#""5""#);
    }
}
