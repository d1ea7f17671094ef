//! Files inside a `ConfigMap`: what they hold, where their names say how to read them.

use indexmap::IndexMap;

use crate::yaml::{Entry, Key, KeyPath, Node, Position, Value, parse};

use super::file::{DEEPEST, is_deep};

/// What two texts hold, if both can be read as the file name says.
pub(super) fn values(name: &str, expected: &str, actual: &str) -> Option<(Node, Node)> {
    let read = reader(name)?;
    Some((read(expected)?, read(actual)?))
}

/// Whether a file of this name is read as YAML.
pub(super) fn is_yaml(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    matches!(extension.as_deref(), Some("yaml" | "yml" | "json"))
}

/// The document of a YAML file that a path leads into, by its place and by what it says, and the path in it. Of a file of
/// several, the first step says which.
pub(super) fn enter(text: &str, within: &KeyPath) -> Option<(usize, Node, KeyPath)> {
    let mut documents = parse(text.as_bytes()).ok()?;
    let (index, rest) = match within.keys().split_first() {
        Some((Key::Index(index), rest)) if documents.len() > 1 => (*index, rest),
        _ => (0, within.keys()),
    };
    (index < documents.len()).then(|| (index, documents.swap_remove(index).root, KeyPath::of(rest)))
}

fn reader(name: &str) -> Option<fn(&str) -> Option<Node>> {
    let extension = name.rsplit_once('.')?.1;
    match is_yaml(name) {
        true => Some(yaml),
        false => extension.eq_ignore_ascii_case("properties").then_some(properties),
    }
}

/// A stream of documents, or the only one. A scalar is left alone: its text may mean more than its value.
fn yaml(text: &str) -> Option<Node> {
    let mut documents = parse(text.as_bytes()).ok()?;
    let is_scalar = |node: &Node| node.as_map().is_none() && node.as_list().is_none();
    if documents.iter().any(|document| is_scalar(&document.root) || is_deep(&document.root, DEEPEST)) {
        return None;
    }
    match documents.len() {
        0 => None,
        1 => documents.pop().map(|document| document.root),
        _ => Some(node(Value::List(documents.into_iter().map(|document| document.root).collect()))),
    }
}

/// Java's properties, of the plain kind: no escapes, no continued lines, no key twice.
fn properties(text: &str) -> Option<Node> {
    let mut map = IndexMap::new();
    for line in text.lines().map(str::trim_start) {
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let (key, value) = line.split_once(['=', ':'])?;
        let (key, value) = (key.trim_end(), value.trim_start());
        if line.contains('\\') || key.contains(char::is_whitespace) {
            return None;
        }
        let entry = Entry { key_at: Position::default(), node: node(Value::String(value.to_owned())) };
        if map.insert(key.to_owned(), entry).is_some() {
            return None;
        }
    }
    Some(node(Value::Map(map)))
}

fn node(value: Value) -> Node {
    Node { at: Position::default(), tag: None, value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::value::same;

    fn equal(name: &str, left: &str, right: &str) -> Option<bool> {
        values(name, left, right).map(|(left, right)| same(&left, &right))
    }

    #[test]
    fn the_name_says_how_a_file_is_read() {
        assert_eq!(equal("a.yaml", "{a: 1, b: [x]}", "b:\n- x\na: 1\n"), Some(true));
        assert_eq!(equal("a.JSON", r#"{"a": 1}"#, "{\n  \"a\": 1\n}"), Some(true));
        assert_eq!(equal("a.yml", "a: 1\n---\nb: 2\n", "a: 1\n---\nb: 3\n"), Some(false));
        assert_eq!(equal("a.properties", "# c\na = 1\nb=2\n", "b = 2\na=1"), Some(true));
        assert_eq!(equal("a.properties", "a=1", "a=1 "), Some(false));
        assert_eq!(equal("run.sh", "a: 1", "a:  1"), None);
    }

    #[test]
    fn what_is_nested_too_deep_is_left_alone() {
        let deep = format!("{}{}", "[".repeat(DEEPEST + 2), "]".repeat(DEEPEST + 2));
        assert!(values("a.yaml", &deep, &deep).is_none());
        assert!(values("a.yaml", "[[]]", "[]").is_some());
    }

    #[test]
    fn what_cannot_be_read_is_left_to_be_compared_as_text() {
        for (name, text) in [
            ("a.yaml", "{{ x }}: y"),
            ("a.yaml", "just words"),
            ("a.yaml", "# nothing"),
            ("a.properties", "no separator"),
            ("a.properties", "a=1\\\n2=3"),
            ("a.properties", "a=1\na=2"),
            ("a.properties", "two words=1"),
        ] {
            assert!(values(name, text, text).is_none(), "{text}");
        }
    }
}
