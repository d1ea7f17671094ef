//! The values of Secrets: compared decoded, never shown.

use std::borrow::Cow;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use crate::yaml::{Entry, Node, Value};

use super::mark;
use super::scope::{Privacy, Scope};

/// How what is shown instead of a secret begins.
const MASK: &str = "<masked, ";

/// Whether two texts are the same secret.
pub(super) fn same(expected: &str, actual: &str, privacy: Privacy) -> bool {
    expected == actual || content(expected, privacy) == content(actual, privacy)
}

/// Two values that differ, as they may be shown.
pub(super) fn shown<'a>(expected: &'a Node, actual: &'a Node, scope: Scope<'a>) -> (Node, Node) {
    let (shown, mut other) = (one(expected, scope), one(actual, scope));
    if let Value::String(text) = &mut other.value
        && text.starts_with(MASK)
        && shown.as_str() == Some(text)
    {
        *text = text.replace(" bytes>", " other bytes>");
    }
    (shown, other)
}

/// A value as it may be shown.
pub(super) fn one<'a>(node: &'a Node, scope: Scope<'a>) -> Node {
    if let Some(shown) = mark::shown(node).filter(|_| scope.marked) {
        return shown;
    }
    let scope = scope.enter(node);
    let value = match &node.value {
        Value::List(items) => Value::List(items.iter().map(|item| one(item, scope.item())).collect()),
        Value::Map(map) => {
            let entry = |(name, entry): (&'a String, &'a Entry)| {
                let node = one(&entry.node, scope.child(name));
                (name.clone(), Entry { key_at: entry.key_at, node })
            };
            Value::Map(map.iter().map(entry).collect())
        }
        // A manifest inside a text.
        Value::String(text) if suspected(text) => Value::String(mask(&node.value, scope.privacy)),
        scalar if scope.privacy == Privacy::Open => scalar.clone(),
        Value::Null => Value::Null,
        scalar => Value::String(mask(scalar, scope.privacy)),
    };
    Node { at: node.at, tag: node.tag.clone(), value }
}

fn mask(scalar: &Value, privacy: Privacy) -> String {
    let length = match scalar {
        Value::String(text) => content(text, privacy).len(),
        Value::Number(number) => number.to_string().len(),
        Value::Bool(value) => value.to_string().len(),
        _ => 0,
    };
    format!("{MASK}{length} bytes>")
}

/// The bytes that a text of a Secret stands for. What is not base64 stands for itself.
fn content(text: &str, privacy: Privacy) -> Cow<'_, [u8]> {
    if privacy == Privacy::Encoded {
        let packed: String = text.split_whitespace().collect();
        if let Ok(bytes) = STANDARD.decode(packed) {
            return Cow::Owned(bytes);
        }
    }
    Cow::Borrowed(text.as_bytes())
}

/// The text that a text of a Secret stands for, if it is one.
pub(super) fn decoded(text: &str) -> Option<String> {
    String::from_utf8(content(text, Privacy::Encoded).into_owned()).ok()
}

/// Whether a text that is not read as YAML seems to hold a Secret.
pub(super) fn suspected(text: &str) -> bool {
    static KIND: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?m)kind["']?\s*:\s*["']?Secret["']?\s*([,}#]|$)"#).expect("a constant pattern")
    });
    text.contains("Secret") && KIND.is_match(text)
}

/// What a parser says, without the value that it may quote.
pub(super) fn without_values(problem: &str, text: &[u8]) -> String {
    let is_secret = suspected(&String::from_utf8_lossy(text));
    let end = problem.find('`').filter(|_| is_secret).unwrap_or(problem.len());
    problem[..end].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    #[test]
    fn secrets_are_the_same_however_they_are_wrapped() {
        assert!(same("aGVsbG8=", "aGVs\n  bG8=\n", Privacy::Encoded));
        assert!(!same("aGVsbG8=", "aGVs\nbG8=", Privacy::Plain));
        assert!(!same("aGVsbG8=", "aGVsbG9v", Privacy::Encoded));
        assert!(same("not base64", "not base64", Privacy::Encoded));
    }

    #[test]
    fn nothing_of_a_secret_is_shown() {
        let text = "\
            kind: Secret\nmetadata:\n  name: visible\n  annotations:\n    \
            kubectl.kubernetes.io/last-applied-configuration: '{hidden}'\n\
            data: {a: aGlkZGVu, b: hidden!, c: 31337, d: [hidden, {e: hidden}]}\nstringData: {f: hidden}\n";
        let node = &parse(text.as_bytes()).unwrap()[0].root;
        let shown = one(node, Scope::root()).to_json().to_string();
        assert!(
            !shown.contains("hidden") && !shown.contains("31337") && !shown.contains("aGlkZGVu"),
            "{shown}"
        );
        assert!(shown.contains("visible") && shown.contains("<masked, 6 bytes>"), "{shown}");
    }

    #[test]
    fn two_secrets_of_one_length_are_told_apart() {
        let documents = parse(b"hunter2\n---\nhunter3\n").unwrap();
        let holder = &parse(b"kind: Secret").unwrap()[0].root;
        let scope = Scope::root().enter(holder).child("stringData").child("password");
        let (expected, actual) = shown(&documents[0].root, &documents[1].root, scope);
        assert_eq!(expected.as_str(), Some("<masked, 7 bytes>"));
        assert_eq!(actual.as_str(), Some("<masked, 7 other bytes>"));
    }

    #[test]
    fn a_secret_in_text_is_suspected() {
        for text in [
            "a: 1\nkind: Secret\n{{ x }}",
            r#"{"kind":"Secret","data":{}}"#,
            "{kind: 'Secret' }",
            "kind: Secret # x",
        ] {
            assert!(suspected(text), "{text}");
        }
        for text in ["kind: SecretStore", "kind: ConfigMap\nname: Secret", ""] {
            assert!(!suspected(text), "{text}");
        }
    }
}
