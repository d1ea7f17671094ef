//! A value → text, as Kubernetes writes it: keys sorted, lists not indented, and quotes wherever a YAML 1.1 reader could
//! take a string for something else.

use libyaml_safer::{Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle};
use serde_json::Value;

use super::{Node, Value as NodeValue, scalar};

/// One document, without `---`.
pub(crate) fn emit(value: &Value) -> String {
    written(|emitter| json(emitter, value))
}

/// One document as a file has it: its keys in their order, and its tags.
pub(crate) fn emit_node(root: &Node) -> String {
    written(|emitter| node(emitter, root))
}

fn written(root: impl FnOnce(&mut Emitter<'_>) -> Result<(), libyaml_safer::Error>) -> String {
    let mut bytes = Vec::new();
    write(root, &mut bytes).expect("an event sequence that is well formed by construction, into memory");
    String::from_utf8(bytes).expect("the emitter was told to write UTF-8")
}

fn write(
    root: impl FnOnce(&mut Emitter<'_>) -> Result<(), libyaml_safer::Error>,
    bytes: &mut Vec<u8>,
) -> Result<(), libyaml_safer::Error> {
    let mut emitter = Emitter::new();
    emitter.set_output_string(bytes);
    emitter.set_unicode(true);
    emitter.emit(Event::stream_start(Encoding::Utf8))?;
    emitter.emit(Event::document_start(None, &[], true))?;
    root(&mut emitter)?;
    // Written to the last byte then: the end of the stream would only add `...` after a text that ends in empty lines.
    emitter.emit(Event::document_end(true))
}

fn node(emitter: &mut Emitter<'_>, node: &Node) -> Result<(), libyaml_safer::Error> {
    let tag = node.tag.as_deref();
    match &node.value {
        NodeValue::List(items) => {
            emitter.emit(Event::sequence_start(None, tag, tag.is_none(), SequenceStyle::Block))?;
            items.iter().try_for_each(|item| self::node(emitter, item))?;
            emitter.emit(Event::sequence_end())
        }
        NodeValue::Map(map) => {
            emitter.emit(Event::mapping_start(None, tag, tag.is_none(), MappingStyle::Block))?;
            for (key, entry) in map {
                string(emitter, key)?;
                self::node(emitter, &entry.node)?;
            }
            emitter.emit(Event::mapping_end())
        }
        value => match (tag, value) {
            (Some(_), NodeValue::String(text)) => tagged(emitter, tag, text),
            (Some(_), _) => tagged(emitter, tag, ""),
            (None, _) => json(emitter, &node.to_json()),
        },
    }
}

/// A scalar with a tag of its own, which says what it is: quotes mean nothing.
fn tagged(emitter: &mut Emitter<'_>, tag: Option<&str>, text: &str) -> Result<(), libyaml_safer::Error> {
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let style = match text.contains('\n') {
        true => ScalarStyle::Literal,
        false if is_word => ScalarStyle::Plain,
        false => ScalarStyle::SingleQuoted,
    };
    emitter.emit(Event::scalar(None, tag, text, false, false, style))
}

fn json(emitter: &mut Emitter<'_>, value: &Value) -> Result<(), libyaml_safer::Error> {
    match value {
        Value::Null => plain(emitter, "null"),
        Value::Bool(value) => plain(emitter, &value.to_string()),
        Value::Number(number) => plain(emitter, &number.to_string()),
        Value::String(text) => string(emitter, text),
        Value::Array(items) => {
            emitter.emit(Event::sequence_start(None, None, true, SequenceStyle::Block))?;
            items.iter().try_for_each(|item| json(emitter, item))?;
            emitter.emit(Event::sequence_end())
        }
        Value::Object(map) => {
            emitter.emit(Event::mapping_start(None, None, true, MappingStyle::Block))?;
            // Sorted already: serde_json's map is.
            for (key, value) in map {
                string(emitter, key)?;
                json(emitter, value)?;
            }
            emitter.emit(Event::mapping_end())
        }
    }
}

fn string(emitter: &mut Emitter<'_>, text: &str) -> Result<(), libyaml_safer::Error> {
    let style = if text.contains('\n') {
        ScalarStyle::Literal
    } else if scalar::reads_as_itself(text) {
        ScalarStyle::Plain
    } else {
        ScalarStyle::DoubleQuoted
    };
    emitter.emit(Event::scalar(None, None, text, true, true, style))
}

fn plain(emitter: &mut Emitter<'_>, text: &str) -> Result<(), libyaml_safer::Error> {
    emitter.emit(Event::scalar(None, None, text, true, true, ScalarStyle::Plain))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::parse;
    use super::*;

    #[test]
    fn keys_are_sorted_and_lists_are_not_indented() {
        let text = emit(&json!({"b": [1, {"y": 2, "x": 1}], "a": {"c": []}, "e": {}}));
        assert_eq!(text, "a:\n  c: []\nb:\n- 1\n- x: 1\n  \"y\": 2\ne: {}\n");
    }

    #[test]
    fn ambiguous_text_is_quoted() {
        let text = emit(&json!([
            "n",
            "on",
            "1.10",
            "2024-01-01",
            "1_000",
            "",
            "null",
            "8.9.0",
            "a: b",
            "#x",
            "a\nb\n"
        ]));
        let expected = "- \"n\"\n- \"on\"\n- \"1.10\"\n- \"2024-01-01\"\n- \"1_000\"\n- \"\"\n- \"null\"\n- 8.9.0\n- 'a: b'\n- '#x'\n- |\n  a\n  b\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn empty_lines_at_the_end_are_written_without_a_mark_behind_them() {
        assert_eq!(emit(&json!("\n")), "|2+\n\n");
        assert_eq!(emit(&json!({"a": "b\n\n"})), "a: |+\n  b\n\n");
    }

    #[test]
    fn what_begins_with_a_character_of_the_last_plane_row_reads_back() {
        let value = json!("\u{fb3e}");
        assert_eq!(parse(emit(&value).as_bytes()).expect("our own text")[0].root.to_json(), value);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            "[ -~]{0,12}".prop_map(Value::from),
            "\\PC{0,100}".prop_map(Value::from),
            "[a-z:# \\n\\t-]{0,20}".prop_map(Value::from),
            prop::sample::select(vec![
                "yes", "0x1F", "1_0", "12:30", "=", "<<", "~", ".5", "1e3", "-", "? ", "&a", "*a", "!b",
            ])
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[ -~]{0,6}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(value in any_json()) {
            let text = emit(&value);
            let documents = parse(text.as_bytes()).expect("our own text");
            let back = documents.first().map_or(Value::Null, |document| document.root.to_json());
            prop_assert_eq!(back, value, "{}", text);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[\\PC\\n\\t]{0,60}") {
            let _ = parse(text.as_bytes());
        }

        #[test]
        fn no_yamlish_text_makes_the_reader_panic(text in "[-a:?&*!|>%@`{}\\[\\],#'\"<~ \\n\\t0-9]{0,60}") {
            let _ = parse(text.as_bytes());
        }
    }
}
