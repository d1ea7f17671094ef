//! Marks, put into a file in place of values. The rest of its text stays.

use crate::yaml::{Entry, Key, KeyPath, Node, PlacedDocument, Value, parse, place};

use super::super::embedded;
use super::super::rule::Is;
use super::super::scope::Scope;
use super::chunks::changed;

/// A value of a file that is to be marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Which document of the file, counted from 0. Empty ones do not count.
    pub(crate) document: usize,
    pub(crate) path: KeyPath,
    /// Where in the file that is embedded at that path.
    pub(crate) within: Option<KeyPath>,
    pub(crate) is: Is,
}

/// Puts marks into a file; nothing if one of them has no place there. Formatting and comments around them stay.
pub(crate) fn mark(text: &[u8], spots: &[Spot]) -> Option<Vec<u8>> {
    let placed = place(text).ok()?;
    let text = std::str::from_utf8(text).ok()?;
    let documents: Vec<&PlacedDocument> =
        placed.iter().filter(|placed| !placed.document.root.is_null()).collect();
    if spots.iter().any(|spot| spot.document >= documents.len()) {
        return None;
    }
    let (mut marked, mut from) = (String::new(), 0);
    for (index, document) in documents.iter().enumerate() {
        let own: Vec<&Spot> = spots.iter().filter(|spot| spot.document == index).collect();
        if own.is_empty() {
            continue;
        }
        marked.push_str(text.get(from..document.bytes.start)?);
        marked.push_str(&in_document(text.get(document.bytes.clone())?, &own)?);
        from = document.bytes.end;
    }
    marked.push_str(text.get(from..)?);
    Some(marked.into_bytes())
}

fn in_document(chunk: &str, spots: &[&Spot]) -> Option<String> {
    let mut marked = parse(chunk.as_bytes()).ok()?.pop()?.root;
    for spot in spots {
        put(spot, &mut marked)?;
    }
    changed(chunk, &marked, Scope::root(), |_| {}).map(|(text, _)| text)
}

fn put(spot: &Spot, root: &mut Node) -> Option<()> {
    let node = spot.path.keys().iter().try_fold(root, step)?;
    match &spot.within {
        None => {
            spot.is.replace(node);
            if node.is_null() {
                // As it reads once it is written: a tag of one's own makes a text of what is not there.
                node.value = Value::String(String::new());
            }
        }
        Some(within) => {
            let inner = node.as_str()?;
            let (document, _, path) = embedded::enter(inner, within)?;
            let spot = Spot { document, path, within: None, is: spot.is.clone() };
            let marked = String::from_utf8(mark(inner.as_bytes(), &[spot])?).ok()?;
            node.value = Value::String(marked);
        }
    }
    Some(())
}

fn step<'n>(node: &'n mut Node, key: &Key) -> Option<&'n mut Node> {
    match (key, &mut node.value) {
        (Key::Name(name), Value::Map(map)) => map.get_mut(name).map(|entry: &mut Entry| &mut entry.node),
        (Key::Index(index), Value::List(items)) => items.get_mut(*index),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(document: usize, path: KeyPath, is: (&str, Option<&str>)) -> Spot {
        let is = Is::new(is.0, is.1.map(str::to_owned)).expect("a mark");
        Spot { document, path, within: None, is }
    }

    fn path(text: &str) -> KeyPath {
        text.split('.').fold(KeyPath::root(), |path, key| match key.parse() {
            Ok(index) => path.index(index),
            Err(_) => path.name(key),
        })
    }

    fn marked(text: &str, spots: &[Spot]) -> Option<String> {
        mark(text.as_bytes(), spots).map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn the_rest_of_the_file_stays_as_it_is() {
        let text =
            "# one\na: 'x'   # why\nl:\n  - b: {c: 1, d: [1, 2]}\n---\n# two\nk: |\n  text\n  more\nz: 1\n";
        let spots = [
            spot(0, path("a"), ("!any", None)),
            spot(0, path("l.0.b.c"), ("!type", Some("integer"))),
            spot(0, path("l.0.b.d.1"), ("!any", None)),
            spot(1, path("k"), ("!regex", Some("^it's"))),
        ];
        assert_eq!(
            marked(text, &spots).as_deref(),
            Some(
                "# one\na: !any   # why\nl:\n  - b: {c: !type integer, d: [1, !any ]}\n---\n# two\n\
                 k: !regex '^it''s'\nz: 1\n"
            )
        );
    }

    #[test]
    fn empty_documents_do_not_count() {
        let text = "---\n# nothing\n---\na: 1\n...\n---\nb: 2";
        let spots = [spot(1, path("b"), ("!timestamp", None))];
        assert_eq!(
            marked(text, &spots).as_deref(),
            Some("---\n# nothing\n---\na: 1\n...\n---\nb: !timestamp")
        );
    }

    #[test]
    fn a_list_is_marked_as_a_whole() {
        let text = "a:\n- x\n- z\n";
        let spots = [spot(0, path("a"), ("!unordered", None))];
        assert_eq!(marked(text, &spots).as_deref(), Some("a: !unordered\n- x\n- z\n"));
    }

    #[test]
    fn an_embedded_file_is_marked_inside() {
        let text = "kind: ConfigMap\napiVersion: v1\ndata:\n  a.yaml: |\n    # kept\n    x: 1\n    z: 2\n";
        let within = Some(path("z"));
        let spot = Spot { within, ..spot(0, KeyPath::from_iter(["data", "a.yaml"]), ("!any", None)) };
        assert_eq!(
            marked(text, &[spot]).as_deref(),
            Some("kind: ConfigMap\napiVersion: v1\ndata:\n  a.yaml: |\n    # kept\n    x: 1\n    z: !any\n")
        );
    }

    #[test]
    fn what_has_no_place_is_refused() {
        for (text, document, at) in [("a: 1", 0, "b"), ("a: 1", 1, "a"), ("[1]", 0, "1"), ("a: [", 0, "a")] {
            assert_eq!(marked(text, &[spot(document, path(at), ("!any", None))]), None, "{text}");
        }
    }
}
