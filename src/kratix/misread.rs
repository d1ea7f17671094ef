//! Go's way from YAML over JSON to a type, and its words where that fails.

use crate::yaml::{Document, Node, ParseError, Position, Value, parse_first};

/// Why a file cannot be read, in the words of Go's libraries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misread {
    pub(crate) text: String,
    pub(crate) at: Option<Position>,
    pub(crate) kind: MisreadKind,
}

/// Whether a file is no YAML, or holds a value of the wrong type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MisreadKind {
    NotYaml,
    WrongType,
}

/// The document that Kratix reads: the first. Nothing if it is empty.
pub(crate) fn first_document(text: &[u8]) -> Result<Option<Document>, Misread> {
    parse_first(text).map_err(|error| Misread::not_yaml(&error))
}

impl Misread {
    fn not_yaml(error: &ParseError) -> Self {
        let text = format!("error converting YAML to JSON: {}", error.platform);
        Self { text, at: error.at, kind: MisreadKind::NotYaml }
    }

    /// A value that does not fit: `into` is what Go calls the place, as in `Go value of type []string`.
    pub(crate) fn misfit(node: &Node, into: &str) -> Self {
        let found = match &node.value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) | Value::NonFinite(_) => "number",
            Value::String(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        };
        let text = format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into {into}"
        );
        Self { text, at: Some(node.at), kind: MisreadKind::WrongType }
    }

    /// A number that JSON has not.
    pub(crate) fn non_finite(node: &Node) -> Self {
        let number = match node.value {
            Value::NonFinite(value) if value.is_nan() => "NaN",
            Value::NonFinite(value) if value < 0.0 => "-Inf",
            _ => "+Inf",
        };
        let text = format!("error converting YAML to JSON: json: unsupported value: {number}");
        Self { text, at: Some(node.at), kind: MisreadKind::NotYaml }
    }
}

/// The first number in a value that JSON has not.
pub(crate) fn find_non_finite(node: &Node) -> Option<&Node> {
    match &node.value {
        Value::NonFinite(_) => Some(node),
        Value::List(items) => items.iter().find_map(find_non_finite),
        Value::Map(map) => map.values().find_map(|entry| find_non_finite(&entry.node)),
        _ => None,
    }
}

/// Whether Go takes a key for a field: it ignores the case, and two letters that fold to ASCII.
pub(crate) fn is_field(key: &str, field: &str) -> bool {
    fold(key).eq(fold(field))
}

fn fold(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|c| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    })
}

/// The entries of a map in the order in which Go decodes them.
pub(crate) fn sorted(node: &Node) -> Vec<(&str, &crate::yaml::Entry)> {
    let mut entries: Vec<_> =
        node.as_map().into_iter().flatten().map(|(key, entry)| (key.as_str(), entry)).collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries
}

/// Go's `%q` of a text.
pub(crate) fn quoted(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if u32::from(c) < 0x20 || c == '\u{7f}' => format!("\\x{:02x}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_whatever_their_case() {
        for key in ["matchLabels", "MATCHLABELS", "matchlabel\u{17f}"] {
            assert!(is_field(key, "matchLabels"), "{key}");
        }
        assert!(!is_field("matchLabel", "matchLabels"));
    }

    #[test]
    fn a_number_that_json_has_not_is_found_at_any_depth() {
        let document = first_document(b"a: [1, {b: -.inf}]").expect("YAML").expect("a document");
        let found = find_non_finite(&document.root).expect("a number");
        assert_eq!(
            Misread::non_finite(found).text,
            "error converting YAML to JSON: json: unsupported value: -Inf"
        );
        let document = first_document(b"a: [1, {b: '-.inf'}]").expect("YAML").expect("a document");
        assert!(find_non_finite(&document.root).is_none());
    }

    #[test]
    fn quotes_are_gos() {
        assert_eq!(quoted("a\"b\\c\nd\u{1}é"), "\"a\\\"b\\\\c\\nd\\x01é\"");
    }
}
