//! `status.yaml`, read as the status-writer reads it.

use serde_json::{Number, Value};

use super::super::catalogue::{KT101, KT102, KT103};
use super::super::finding::{Finding, Writer};
use super::super::metadata::{Content, MetadataFile};
use super::super::misread::{Misread, MisreadKind, find_non_finite, first_document};
use super::Status;
use crate::yaml::{Document, KeyPath, Node, Position, Value as Yaml};

/// What a pipeline wants in the status, and where it is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Incoming {
    pub(crate) status: Status,
    document: Option<Document>,
}

impl Incoming {
    /// Reads the file. Without one, nothing is wanted.
    pub(crate) fn read(file: &MetadataFile) -> Result<Self, Finding> {
        match &file.content {
            // The status-writer takes a file that it cannot reach for an absent one.
            Content::Absent | Content::Unreachable(_) => Ok(Self::default()),
            Content::Text(text) => Self::parse(file, text),
            Content::Unreadable(error) => {
                let text = format!("failed to load incoming status: failed to read status file: {error}");
                Err(file.unreadable(Writer::Status, error.errno, &text))
            }
            Content::Special(unkept) => Err(file.special(unkept)),
        }
    }

    fn parse(file: &MetadataFile, text: &[u8]) -> Result<Self, Finding> {
        let incoming = decode(text).map_err(|misread| {
            let (code, hint) = match misread.kind {
                MisreadKind::NotYaml => (KT103, "write valid YAML"),
                MisreadKind::WrongType => {
                    (KT102, "write a map of keys and values, as in `message: \"done\"`")
                }
            };
            let text = format!(
                "failed to load incoming status: failed to unmarshal incoming status: {}",
                misread.text
            );
            Finding::status_writer(code, &text).at(&file.path, misread.at).hint(hint)
        })?;
        if incoming.status.contains_key("kratix") {
            let text = "'kratix' is a kratix managed status field that cannot be updated via workflows; \
                        remove update to 'kratix' from the '/kratix/metadata/status.yaml' file";
            let hint = "write only your own keys, not the whole status from object.yaml";
            return Err(Finding::status_writer(KT101, text)
                .at(&file.path, incoming.locate(&["kratix"]))
                .hint(hint));
        }
        Ok(incoming)
    }

    /// Where a key is written.
    pub(crate) fn locate(&self, path: &[&str]) -> Option<Position> {
        self.locate_path(&path.iter().copied().collect())
    }

    /// Where the nearest thing to a path is written.
    pub(crate) fn locate_path(&self, path: &KeyPath) -> Option<Position> {
        self.document.as_ref().map(|document| document.root.locate(path))
    }

    /// The document, for what else there is to say about it.
    pub(crate) fn document(&self) -> Option<&Document> {
        self.document.as_ref()
    }
}

fn decode(text: &[u8]) -> Result<Incoming, Misread> {
    let Some(document) = first_document(text)? else { return Ok(Incoming::default()) };
    if let Some(number) = find_non_finite(&document.root) {
        return Err(Misread::non_finite(number));
    }
    match go_value(&document.root) {
        Value::Object(status) => Ok(Incoming { status, document: Some(document) }),
        _ => Err(Misread::misfit(&document.root, "Go value of type map[string]interface {}")),
    }
}

/// A value after Go has had it as JSON: every number is a float for a while.
fn go_value(node: &Node) -> Value {
    match &node.value {
        Yaml::Number(number) => Value::Number(rounded(number)),
        Yaml::List(items) => items.iter().map(go_value).collect(),
        Yaml::Map(map) => map.iter().map(|(key, entry)| (key.clone(), go_value(&entry.node))).collect(),
        _ => node.to_json(),
    }
}

fn rounded(number: &Number) -> Number {
    const EXACT: u64 = 1 << 53;
    if number.as_i64().is_some_and(|integer| integer.unsigned_abs() <= EXACT) {
        return number.clone();
    }
    let float = number.as_f64().unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "the value is integral and in range")]
    if float.fract() == 0.0 && float.abs() < 9.2e18 {
        return (float as i64).into();
    }
    Number::from_f64(float).unwrap_or_else(|| 0.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::super::catalogue::KT116;
    use super::super::super::volumes::{Errno, PathError};
    use super::*;

    fn file(text: &str) -> MetadataFile {
        MetadataFile::of("status.yaml", text)
    }

    fn read(text: &str) -> Value {
        match Incoming::read(&file(text)) {
            Ok(incoming) => incoming.status.into(),
            Err(finding) => panic!("{text}: {}", finding.text),
        }
    }

    fn refused(text: &str) -> Finding {
        Incoming::read(&file(text)).expect_err("a refusal")
    }

    #[test]
    fn vector_57_an_empty_file_wants_nothing() {
        for text in ["", "# c", "null"] {
            assert_eq!(read(text), json!({}), "{text}");
        }
    }

    #[test]
    fn vector_59_only_the_first_document_counts() {
        assert_eq!(read("a: 1\n---\nb: 2\n"), json!({"a": 1}));
        assert_eq!(read("---\n---\na: 1\n"), json!({}));
    }

    #[test]
    fn a_list_or_a_scalar_is_refused() {
        for (text, found) in [("[1]", "array"), ("x", "string"), ("5", "number"), ("yes", "bool")] {
            let finding = refused(text);
            let expected = format!(
                "Error: failed to load incoming status: failed to unmarshal incoming status: error unmarshaling \
                 JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type \
                 map[string]interface {{}}"
            );
            assert_eq!((finding.code, finding.text), (KT102, expected), "{text}");
        }
        assert_eq!(read("{}"), json!({}));
    }

    #[test]
    fn broken_yaml_is_refused_in_the_readers_words() {
        let finding = refused("a:\n\tb: 1\n");
        let expected = "Error: failed to load incoming status: failed to unmarshal incoming status: error \
                        converting YAML to JSON: yaml: line 2: found character that cannot start any token";
        assert_eq!((finding.code, finding.text.as_str()), (KT103, expected));
        assert_eq!(finding.position(), Some(Position { line: 2, column: 1 }));
        assert!(refused("a: .nan").text.ends_with("json: unsupported value: NaN"));
        assert_eq!(read("a:\n  b: 1\n"), json!({"a": {"b": 1}}));
    }

    #[test]
    fn the_reserved_key_is_refused_whatever_its_value() {
        for text in ["kratix: {}", "a: 1\nkratix: ~\n"] {
            let finding = refused(text);
            assert_eq!(finding.code, KT101);
            assert!(finding.text.starts_with("Error: 'kratix' is a kratix managed status field"));
        }
        assert_eq!(refused("a: 1\nkratix: ~\n").position(), Some(Position { line: 2, column: 1 }));
        assert_eq!(read("Kratix: 1\nx: {kratix: 2}"), json!({"Kratix": 1, "x": {"kratix": 2}}));
    }

    #[test]
    fn large_integers_lose_precision() {
        assert_eq!(read("a: 9007199254740993"), json!({"a": 9_007_199_254_740_992_i64}));
        assert_eq!(read("a: 9007199254740992\nb: -3"), json!({"a": 9_007_199_254_740_992_i64, "b": -3}));
        assert_eq!(read("a: 12345678901234567890"), json!({"a": 12_345_678_901_234_567_890.0_f64}));
    }

    #[test]
    fn an_unreadable_file_is_refused_and_one_out_of_reach_is_absent() {
        let path = "/work-creator-files/metadata/status.yaml";
        let error = |errno| PathError { operation: "open", path: path.into(), errno };
        let with = |content| Incoming::read(&MetadataFile { content, ..file("") });
        let finding = with(Content::Unreadable(error(Errno::Denied))).expect_err("denied");
        let expected = format!(
            "Error: failed to load incoming status: failed to read status file: open {path}: permission denied"
        );
        assert_eq!((finding.code, finding.text), (KT116, expected));
        assert!(with(Content::Unreachable(error(Errno::TooManyLinks))).is_ok());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Incoming::read(&MetadataFile { content: Content::Text(bytes), ..file("") });
        }
    }
}
