//! A text → documents, as Go's reader builds them from libyaml's events.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libyaml_safer::{Error, ErrorKind, Mark, ScalarStyle};

use super::events::{Event, Events};
use super::feed::Feed;
use super::{Document, Duplicate, Entry, Map, Node, Position, Value, scalar};

/// Deeper nesting is refused: nothing that Kubernetes reads comes near it.
const MAX_DEPTH: usize = 1_000;
/// How many nodes aliases may copy: beyond this a text is a bomb.
const MAX_ALIASED: usize = 400_000;

/// Why a text is not YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParseError {
    pub(crate) at: Option<Position>,
    /// What is wrong, in libyaml's words.
    pub(crate) problem: String,
    /// The whole message of the platform's reader: `yaml: line 2: …`.
    pub(crate) platform: String,
}

/// Every document of a text that holds anything.
pub(crate) fn parse(text: &[u8]) -> Result<Vec<Document>, ParseError> {
    let mut documents = Vec::new();
    let mut reader = Reader::new(text)?;
    while let Some(document) = reader.next_document()? {
        documents.push(document);
    }
    documents.retain(|document| !document.root.is_null());
    Ok(documents)
}

/// Every document of a text, also those that hold nothing.
pub(super) fn parse_all(text: &[u8]) -> Result<Vec<Document>, ParseError> {
    let mut reader = Reader::new(text)?;
    std::iter::from_fn(|| reader.next_document().transpose()).collect()
}

/// The first document, which is all that the platform reads of a metadata file: what follows is not even parsed.
pub(crate) fn parse_first(text: &[u8]) -> Result<Option<Document>, ParseError> {
    let first = Reader::new(text)?.next_document()?;
    Ok(first.filter(|document| !document.root.is_null()))
}

/// The documents of a text, one after another.
struct Reader<'t> {
    events: Events<'t>,
    anchors: HashMap<String, Anchor>,
    duplicates: Vec<Duplicate>,
    aliased: usize,
}

enum Anchor {
    /// The node that it names is still being read.
    Open,
    Node(Node),
}

/// A collection that is being read.
struct Open {
    node: Node,
    anchor: Option<String>,
    /// The key that waits for its value.
    key: Option<Key>,
    /// Keys that are only there because another map was merged: writing one of them anew is no repetition.
    merged: HashSet<String>,
}

enum Key {
    Name(String, Position),
    Merge,
}

impl<'t> Reader<'t> {
    fn new(text: &'t [u8]) -> Result<Self, ParseError> {
        let text = std::str::from_utf8(text).map_err(|error| {
            let at = position(text, error.valid_up_to());
            ParseError::new(Some(at), "invalid leading UTF-8 octet", None)
        })?;
        Ok(Self { events: Events::of(text), anchors: HashMap::new(), duplicates: Vec::new(), aliased: 0 })
    }

    fn next_document(&mut self) -> Result<Option<Document>, ParseError> {
        loop {
            match self.events.next()?.0 {
                Event::DocumentStart { version } => {
                    if version.is_some_and(|version| version != (1, 1)) {
                        return Err(ParseError::new(None, "found incompatible YAML document", None));
                    }
                    break;
                }
                Event::StreamEnd => return Ok(None),
                _ => {}
            }
        }
        self.anchors.clear();
        let root = self.root();
        // Go's reader takes a whole document apart before it looks at what that says.
        while !matches!(self.events.next()?.0, Event::DocumentEnd | Event::StreamEnd) {}
        Ok(Some(Document { root: root?, duplicates: std::mem::take(&mut self.duplicates) }))
    }

    /// The document's one node, read with a stack of our own: a text's nesting must not become ours.
    fn root(&mut self) -> Result<Node, ParseError> {
        let mut stack: Vec<Open> = Vec::new();
        loop {
            let (event, at) = self.events.next()?;
            let finished = match event {
                Event::SequenceStart { anchor, tag, .. } => {
                    self.open(&mut stack, Value::List(Vec::new()), anchor, tag, at)?;
                    continue;
                }
                Event::MappingStart { anchor, tag, .. } => {
                    self.open(&mut stack, Value::Map(Map::new()), anchor, tag, at)?;
                    continue;
                }
                Event::CollectionEnd => match stack.pop() {
                    Some(open) => self.anchor(open.node, open.anchor),
                    None => continue,
                },
                Event::Scalar { anchor, tag, text, style } => {
                    let plain = style == ScalarStyle::Plain;
                    if let Some(open) = stack.last_mut()
                        && is_merge(open, &text, tag.as_deref(), plain)
                    {
                        open.key = Some(Key::Merge);
                        continue;
                    }
                    let node = scalar_node(text, tag, plain, at)?;
                    self.anchor(node, anchor)
                }
                Event::Alias { anchor } => self.alias(&anchor, at)?,
                // Never without a node before it; this ends all the same.
                Event::DocumentEnd | Event::StreamEnd => {
                    return Ok(Node { at, tag: None, value: Value::Null });
                }
                _ => continue,
            };
            match stack.last_mut() {
                Some(open) => self.put(open, finished)?,
                None => return Ok(finished),
            }
        }
    }

    fn open(
        &mut self,
        stack: &mut Vec<Open>,
        value: Value,
        anchor: Option<String>,
        tag: Option<String>,
        at: Position,
    ) -> Result<(), ParseError> {
        if stack.len() >= MAX_DEPTH {
            let problem = format!("nested more than {MAX_DEPTH} levels deep");
            return Err(self.events.stop(ParseError::new(Some(at), &problem, None)));
        }
        if let Some(name) = &anchor {
            self.anchors.insert(name.clone(), Anchor::Open);
        }
        stack.push(Open {
            node: Node { at, tag: own_tag(tag), value },
            anchor,
            key: None,
            merged: HashSet::new(),
        });
        Ok(())
    }

    /// Remembers a finished node under its anchor.
    fn anchor(&mut self, node: Node, anchor: Option<String>) -> Node {
        if let Some(name) = anchor {
            self.anchors.insert(name, Anchor::Node(node.clone()));
        }
        node
    }

    fn alias(&mut self, name: &str, at: Position) -> Result<Node, ParseError> {
        let node = match self.anchors.get(name) {
            Some(Anchor::Node(node)) => node,
            Some(Anchor::Open) => {
                let problem = format!("anchor '{name}' value contains itself");
                return Err(ParseError::new(Some(at), &problem, None));
            }
            None => {
                let problem = format!("unknown anchor '{name}' referenced");
                return Err(self.events.stop(ParseError::new(Some(at), &problem, None)));
            }
        };
        self.aliased += size(node);
        if self.aliased > MAX_ALIASED {
            return Err(ParseError::new(Some(at), "document contains excessive aliasing", None));
        }
        Ok(node.clone())
    }

    /// Puts a finished node where it belongs in the collection around it.
    fn put(&mut self, open: &mut Open, node: Node) -> Result<(), ParseError> {
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Map(map) => match open.key.take() {
                None => open.key = Some(Key::Name(key_text(&node)?, node.at)),
                Some(Key::Merge) => {
                    let own: HashSet<String> =
                        map.keys().filter(|key| !open.merged.contains(*key)).cloned().collect();
                    merge(map, node)?;
                    open.merged = map.keys().filter(|key| !own.contains(*key)).cloned().collect();
                }
                Some(Key::Name(key, key_at)) => {
                    if !open.merged.remove(&key) && map.contains_key(&key) {
                        self.duplicates.push(Duplicate { key: key.clone(), at: key_at });
                    }
                    map.insert(key, Entry { key_at, node });
                }
            },
            _ => {}
        }
        Ok(())
    }
}

impl ParseError {
    pub(super) fn new(at: Option<Position>, problem: &str, line: Option<u64>) -> Self {
        let line = line.map_or_else(String::new, |line| format!("line {line}: "));
        Self { at, problem: problem.to_owned(), platform: format!("yaml: {line}{problem}") }
    }

    /// Go's reader counts lines from 0, but those of scanner errors from 1, and has no line 0.
    pub(super) fn from_libyaml(error: &Error, feed: &Feed<'_>) -> Self {
        let line = |mark: Option<Mark>| mark.map(|mark| mark.line).filter(|line| *line != 0);
        let scanner = u64::from(error.kind() == ErrorKind::Scanner);
        let problem = line(error.problem_mark()).map(|line| line + scanner);
        let line = problem.or_else(|| line(error.context_mark()));
        let at = match error.problem_mark() {
            Some(mark) => Some(feed.position(mark)),
            None => feed.first_refused(),
        };
        Self::new(at, error.problem(), line)
    }
}

fn position(text: &[u8], offset: usize) -> Position {
    let before = &text[..offset];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = before.split(|byte| *byte == b'\n').count();
    let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
    Position { line, column }
}

/// A tag that is the author's; the standard ones and `!` are not.
fn own_tag(tag: Option<String>) -> Option<String> {
    tag.filter(|tag| tag != "!" && !tag.starts_with("tag:yaml.org,2002:"))
}

/// Whether a scalar is a merge key: a plain `<<` where a key is due.
fn is_merge(open: &Open, text: &str, tag: Option<&str>, plain: bool) -> bool {
    let plain = plain && tag.is_none();
    text == "<<"
        && (plain || tag == Some("tag:yaml.org,2002:merge"))
        && open.key.is_none()
        && matches!(open.node.value, Value::Map(_))
}

/// Lays the maps that a merge key names under what follows; of several, the first wins.
fn merge(map: &mut Map, node: Node) -> Result<(), ParseError> {
    let at = node.at;
    let wrong = || ParseError::new(Some(at), "map merge requires map or sequence of maps as the value", None);
    match node.value {
        Value::Map(merged) => map.extend(merged),
        Value::List(items) => {
            for item in items.into_iter().rev() {
                match item.value {
                    Value::Map(merged) => map.extend(merged),
                    _ => return Err(wrong()),
                }
            }
        }
        _ => return Err(wrong()),
    }
    Ok(())
}

/// A key as JSON has it: text.
pub(super) fn key_text(node: &Node) -> Result<String, ParseError> {
    match &node.value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::NonFinite(value) => Ok(super::non_finite(*value).to_owned()),
        Value::Null => {
            let problem = "unsupported map key of type: %!s(<nil>), key: <nil>";
            Err(ParseError { at: Some(node.at), problem: "a key is null".into(), platform: problem.into() })
        }
        Value::List(_) | Value::Map(_) => {
            Err(ParseError::new(Some(node.at), "invalid map key: a key must be a scalar", None))
        }
    }
}

pub(super) fn scalar_node(
    text: String,
    tag: Option<String>,
    plain: bool,
    at: Position,
) -> Result<Node, ParseError> {
    let standard = tag.as_deref().and_then(|tag| tag.strip_prefix("tag:yaml.org,2002:"));
    let value = match standard {
        None if tag.is_none() && plain => scalar::plain(&text),
        None | Some("str") => Value::String(text),
        Some("binary") => Value::String(decode_binary(&text, at)?),
        Some(kind) => tagged(kind, &text, at)?,
    };
    Ok(Node { at, tag: own_tag(tag), value })
}

/// A scalar whose tag says what it must be.
fn tagged(kind: &str, text: &str, at: Position) -> Result<Value, ParseError> {
    if !matches!(kind, "null" | "bool" | "int" | "float" | "timestamp") {
        return Ok(Value::String(text.to_owned()));
    }
    let value = scalar::plain(text);
    let found = match kind {
        "timestamp" if scalar::is_timestamp(text) => kind,
        _ => scalar::kind(text, &value),
    };
    let widens =
        kind == "float" && found == "int" && matches!(&value, Value::Number(number) if number.is_i64());
    if found == kind || widens {
        return Ok(value);
    }
    Err(ParseError::new(Some(at), &format!("cannot decode !!{found} `{text}` as a !!{kind}"), None))
}

fn decode_binary(text: &str, at: Position) -> Result<String, ParseError> {
    let bytes = STANDARD
        .decode(text.replace(['\n', '\r'], ""))
        .map_err(|_| ParseError::new(Some(at), "!!binary value contains invalid base64 data", None))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// How many nodes a node consists of.
fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(map) => map.values().map(|entry| size(&entry.node)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::KeyPath;
    use super::*;

    fn json(text: &str) -> String {
        let documents = parse(text.as_bytes()).expect("valid YAML");
        let values: Vec<String> =
            documents.iter().map(|document| document.root.to_json().to_string()).collect();
        values.join(" ")
    }

    fn error(text: &str) -> String {
        parse(text.as_bytes()).expect_err("invalid YAML").platform
    }

    #[test]
    fn quotes_decide_what_a_word_is() {
        assert_eq!(
            json(r#"{a: yes, b: "yes", c: 'no', d: !!str on}"#),
            r#"{"a":true,"b":"yes","c":"no","d":"on"}"#
        );
        assert_eq!(json("- 0777\n- '0777'\n- |\n  yes\n"), r#"[511,"0777","yes\n"]"#);
    }

    #[test]
    fn empty_documents_do_not_count() {
        assert_eq!(json("---\n---\na: 1\n---\n# nothing\n"), r#"{"a":1}"#);
        assert_eq!(json(""), "");
    }

    #[test]
    fn of_a_duplicate_key_the_last_counts_and_is_remembered() {
        let documents = parse(b"a: 1\nb: 2\na: 3\n").expect("valid YAML");
        assert_eq!(documents[0].root.to_json().to_string(), r#"{"a":3,"b":2}"#);
        let again = Duplicate { key: "a".into(), at: Position { line: 3, column: 1 } };
        assert_eq!(documents[0].duplicates, [again]);
    }

    #[test]
    fn keys_become_text() {
        assert_eq!(json("1: a\ntrue: b\non: c\n1.5: d\n"), r#"{"1":"a","1.5":"d","true":"c"}"#);
        assert_eq!(error("null: x\n"), "unsupported map key of type: %!s(<nil>), key: <nil>");
    }

    #[test]
    fn anchors_and_merges_are_resolved() {
        assert_eq!(
            json("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n"),
            r#"{"a":{"p":1,"q":2},"b":{"p":1,"q":3}}"#
        );
        assert_eq!(json("{<<: [{a: 1}, {a: 2, b: 2}]}"), r#"{"a":1,"b":2}"#);
        assert_eq!(error("a: *nope\n"), "yaml: unknown anchor 'nope' referenced");
        assert_eq!(error("a: &a [*a]\n"), "yaml: anchor 'a' value contains itself");
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert_eq!(error(&text), "yaml: document contains excessive aliasing");
    }

    #[test]
    fn endless_nesting_is_refused() {
        assert!(error(&"[".repeat(100_000)).contains("nested more than 1000 levels deep"));
    }

    #[test]
    fn an_error_has_the_platforms_words_and_its_place() {
        let error = parse(b"a:\n\tb: 2\n").expect_err("a tab");
        assert_eq!(error.platform, "yaml: line 2: found character that cannot start any token");
        assert_eq!(error.at, Some(Position { line: 2, column: 1 }));
        assert_eq!(parse(b"a: \xff").expect_err("not UTF-8").platform, "yaml: invalid leading UTF-8 octet");
        assert_eq!(
            parse(b"a: \x01").expect_err("control").platform,
            "yaml: control characters are not allowed"
        );
    }

    #[test]
    fn the_platform_names_the_line_of_the_problem() {
        assert_eq!(error("\na:\n- b\nc"), "yaml: line 5: could not find expected ':'");
        assert_eq!(
            error("a:\n- b\n  c: [\n"),
            "yaml: line 3: mapping values are not allowed in this context"
        );
        assert_eq!(error("\na: [b\n\n"), "yaml: line 3: did not find expected ',' or ']'");
        assert_eq!(error("a: [b}"), "yaml: did not find expected ',' or ']'");
    }

    #[test]
    fn what_is_wrong_behind_the_first_document_s_node_counts() {
        let first = |text: &str| parse_first(text.as_bytes()).expect_err("invalid").platform;
        assert_eq!(first("[a]\n@"), "yaml: line 2: found character that cannot start any token");
        assert_eq!(first("{a: !!int x}\n\t"), "yaml: line 2: found character that cannot start any token");
    }

    #[test]
    fn another_yaml_version_is_refused() {
        assert_eq!(error("%YAML 1.2\n---\na: 1\n"), "yaml: found incompatible YAML document");
    }

    #[test]
    fn every_node_knows_its_place() {
        let documents = parse("é: [x, {ä: 1, b: 2}]\n".as_bytes()).expect("valid YAML");
        let path = KeyPath::root().name("é").index(1).name("b");
        assert_eq!(documents[0].root.locate(&path), Position { line: 1, column: 15 });
        let missing = KeyPath::root().name("é").index(7);
        assert_eq!(documents[0].root.locate(&missing), Position { line: 1, column: 1 });
    }

    #[test]
    fn only_the_first_document_is_read_where_the_platform_reads_one() {
        let first = parse_first(b"a: 1\n---\n\tbroken").expect("valid first document");
        assert_eq!(first.expect("a document").root.to_json().to_string(), r#"{"a":1}"#);
        assert!(parse_first(b"# nothing\n").expect("valid").is_none());
    }

    #[test]
    fn a_tag_may_stand_before_a_comma() {
        let documents = parse(b"a: &x {p: !any, q: [!uuid, *x2, yes]}\nx2: 1\n".as_slice());
        assert!(documents.is_err(), "an alias before its anchor");
        let documents = parse(b"a: [!any, yes, 'no']\nb: &x 010\nc: *x\nd: 1\nd: 2\n").expect("valid YAML");
        assert_eq!(documents[0].root.to_json().to_string(), r#"{"a":["",true,"no"],"b":8,"c":8,"d":2}"#);
        assert_eq!(documents[0].duplicates.len(), 1);
        let path = KeyPath::root().name("a").index(1);
        assert_eq!(documents[0].root.locate(&path), Position { line: 1, column: 11 });
    }

    #[test]
    fn a_value_that_its_tag_does_not_fit_is_refused() {
        for (text, found, kind) in [
            ("1.0", "float", "int"),
            ("089", "float", "int"),
            ("18446744073709551615", "int", "float"),
            ("yes", "bool", "null"),
            ("~", "null", "bool"),
            ("b8", "str", "timestamp"),
            ("2024-01-01", "str", "bool"),
            ("<<", "merge", "int"),
        ] {
            let expected = format!("yaml: cannot decode !!{found} `{text}` as a !!{kind}");
            assert_eq!(error(&format!("!!{kind} '{text}'")), expected);
        }
        assert_eq!(
            json("[!!float 1, !!int 0x1F, !!timestamp 2024-01-01, !!set x]"),
            r#"[1,31,"2024-01-01","x"]"#
        );
        assert_eq!(error("!!binary 'aG k='"), "yaml: !!binary value contains invalid base64 data");
        assert_eq!(json("!!binary |\n  aG\n  k=\n"), r#""hi""#);
    }

    #[test]
    fn standard_tags_decide_and_others_are_kept() {
        assert_eq!(json("[!!int '3', !!binary aGk=, !Ref x, ! 5]"), r#"[3,"hi","x","5"]"#);
        let documents = parse(b"a: !any x\n").expect("valid YAML");
        assert_eq!(documents[0].root.get("a").and_then(|node| node.tag.as_deref()), Some("!any"));
    }
}
