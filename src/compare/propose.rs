//! Marks that could stand in place of a value, told from what it was.

use std::cell::Cell;

use crate::yaml::{Key, KeyPath, Node, Value};

use super::embedded;
use super::likeness::expression;
use super::mark::{Mark, TYPES};
use super::rule::Is;
use super::scope::{Privacy, Scope};
use super::value::{FUEL, distance};

/// The marks that fit a value of a document, and another that was there at another time, the narrowest first. Of a value
/// within a file that is embedded at the path, the other is the text of that file. None if no mark can stand there.
pub(crate) fn propose(
    root: &Node,
    (path, within): (&KeyPath, Option<&KeyPath>),
    other: Option<&Node>,
) -> Vec<Is> {
    let Some(within) = within else { return of_value(root, path, other) };
    let inside = |text: &Node| embedded::enter(text.as_str()?, within);
    // No other file can have tags.
    let file = root.at_path(path).filter(|_| path.last_name().is_some_and(embedded::is_yaml));
    let Some((_, document, path)) = file.and_then(inside) else { return Vec::new() };
    let other = other.and_then(inside).and_then(|(_, document, path)| document.at_path(&path).cloned());
    of_value(&document, &path, other.as_ref())
}

fn of_value(root: &Node, path: &KeyPath, other: Option<&Node>) -> Vec<Is> {
    let (Some(value), Some(scope)) = (root.at_path(path), scope(root, path)) else { return Vec::new() };
    let values: Vec<&Node> = std::iter::once(value).chain(other).collect();
    let candidates = [
        Some(Is::Value { tag: "!timestamp", text: None }),
        Some(Is::Value { tag: "!uuid", text: None }),
        matched(&values, scope),
        Some(Is::How { tag: "!unordered" }).filter(|_| values.len() > 1),
    ];
    let types = TYPES.map(|name| Some(Is::Value { tag: "!type", text: Some(name.to_owned()) }));
    let any = Some(Is::Value { tag: "!any", text: None });
    let all = candidates.into_iter().chain(types).chain([any]).flatten();
    all.filter(|is| fits(is, &values, scope)).collect()
}

/// An expression for texts. Of a Secret, it would tell what they are.
fn matched(values: &[&Node], scope: Scope<'_>) -> Option<Is> {
    if scope.privacy != Privacy::Open {
        return None;
    }
    let texts: Vec<&str> = values.iter().map(|value| value.as_str()).collect::<Option<_>>()?;
    Some(Is::Value { tag: "!regex", text: Some(expression(&texts)?) })
}

/// Whether all of the values are what a mark says.
fn fits(is: &Is, values: &[&Node], scope: Scope<'_>) -> bool {
    let Some(first) = values.first() else { return false };
    let mut marked = (*first).clone();
    is.replace(&mut marked);
    let Some(mark) = Mark::of(&marked) else { return false };
    let scope = scope.with_marks();
    values.iter().all(|value| match mark {
        Mark::Unordered => {
            matches!(value.value, Value::List(_)) && distance(&marked, value, scope, 1, &Cell::new(FUEL)) == 0
        }
        _ => mark.mismatch(value, scope).is_none(),
    })
}

/// The place at a path of a document.
fn scope<'a>(root: &'a Node, path: &'a KeyPath) -> Option<Scope<'a>> {
    let mut scope = Scope::root();
    let mut node = root;
    for key in path.keys() {
        (scope, node) = match (key, &node.value) {
            (Key::Name(name), Value::Map(map)) => {
                (scope.enter(node).child(name), &map.get(name.as_str())?.node)
            }
            (Key::Index(index), Value::List(items)) => (scope.item(), items.get(*index)?),
            _ => return None,
        };
    }
    Some(scope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn proposals(text: &str, path: &[&str], other: Option<&str>) -> Vec<String> {
        let read = |text: &str| parse(text.as_bytes()).expect("YAML").remove(0).root;
        let (root, other) = (read(text), other.map(read));
        let marks = propose(&root, (&path.iter().copied().collect(), None), other.as_ref());
        marks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_narrowest_mark_comes_first() {
        for (text, other, expected) in [
            ("a: 2024-01-31T23:59:59Z", Some("2025-01-31T23:59:59Z"), &["!timestamp"][..]),
            ("a: 6f1f4a3e-7a52-4d0e-9f4f-0f6a3f0b8c11", None, &["!uuid"]),
            ("a: x-0a1b2c", Some("x-3d4e5f"), &[r"!regex '^x\-[0-9a-f]{6}$'", "!type string", "!any"]),
            ("a: 1", Some("2"), &["!type integer", "!type number", "!any"]),
            ("a: true", Some("false"), &["!type boolean", "!any"]),
            ("a: [1, 2]", Some("[2, 1]"), &["!unordered", "!type list", "!any"]),
            ("a: [1, 2]", Some("[2]"), &["!type list", "!any"]),
            ("a: {b: 1}", Some("{c: 1}"), &["!type map", "!any"]),
            ("a: 1", Some("one"), &["!any"]),
            ("b: 1", None, &[]),
        ] {
            let found = proposals(text, &["a"], other);
            assert_eq!(found.get(..expected.len()).unwrap_or(&found), expected, "{text}: {found:?}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn nothing_of_a_secret_is_in_its_mark() {
        let secret = "kind: Secret\ndata: {a: aHVudGVyMg==, t: MjAyNC0wMS0zMVQyMzo1OTo1OVo=}\nstringData: {b: hunter2}\n";
        for path in [["data", "a"], ["stringData", "b"]] {
            assert_eq!(proposals(secret, &path, None), ["!type string", "!any"]);
        }
        assert_eq!(proposals(secret, &["data", "t"], None)[0], "!timestamp");
    }
}
