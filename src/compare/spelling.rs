//! How marks must be written. What is nearly one is an error, or it would be taken for data and never fit.

use crate::yaml::{Node, Position, Value, parse};

use super::embedded;
use super::mark::{TAGS, TYPES, compiled};
use super::scope::Scope;

/// What is wrong with a mark, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrongMark {
    pub(super) at: Position,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Holds every mark of a document against what it must be written like. A tag that is none is data.
pub(super) fn check(root: &Node) -> Result<(), WrongMark> {
    check_node(root, Scope::marked_root(), false)
}

fn check_node<'a>(node: &'a Node, scope: Scope<'a>, is_value: bool) -> Result<(), WrongMark> {
    if let Some(name) = node.tag.as_deref().and_then(|tag| tag.strip_prefix('!')) {
        check_mark(name, node, is_value)?;
    }
    let scope = scope.enter(node);
    match &node.value {
        Value::List(items) => items.iter().try_for_each(|item| check_node(item, scope.item(), false)),
        Value::Map(map) => {
            map.iter().try_for_each(|(name, entry)| check_node(&entry.node, scope.child(name), true))
        }
        Value::String(text) if text.contains('!') && scope.is_embedded_file() => {
            check_embedded(node, scope.field, text)
        }
        _ => Ok(()),
    }
}

/// A file inside a `ConfigMap`: its marks are told by the place of the file.
fn check_embedded(node: &Node, name: &str, text: &str) -> Result<(), WrongMark> {
    if !embedded::is_yaml(name) {
        return Ok(());
    }
    let documents = parse(text.as_bytes()).unwrap_or_default();
    documents
        .iter()
        .try_for_each(|document| check(&document.root).map_err(|wrong| WrongMark { at: node.at, ..wrong }))
}

fn check_mark(name: &str, node: &Node, is_value: bool) -> Result<(), WrongMark> {
    let wrong = |message: String| Err(WrongMark { at: node.at, message, hint: None });
    match (name, &node.value) {
        ("any" | "timestamp" | "uuid", _)
        | ("subset", Value::Map(_))
        | ("contains" | "unordered", Value::List(_)) => Ok(()),
        ("subset", _) => wrong("!subset needs a map: !subset {key: value}".to_owned()),
        ("contains" | "unordered", _) => wrong(format!("!{name} needs a list: !{name} [item]")),
        ("absent", _) if is_value => Ok(()),
        ("absent", _) => wrong("!absent can only stand at the key of a map".to_owned()),
        ("type", Value::String(text)) if TYPES.contains(&text.as_str()) => Ok(()),
        ("type", _) => wrong(format!("!type needs one of {}", TYPES.join(", "))),
        ("regex", Value::String(text)) => {
            compiled(text).map(|_| ()).or_else(|problem| wrong(format!("!regex: {problem}")))
        }
        ("regex", _) => {
            wrong("!regex needs a regular expression in quotes: !regex '^[a-f0-9]{8}$'".to_owned())
        }
        _ => match near_miss(name) {
            Some(mark) => Err(WrongMark {
                at: node.at,
                message: format!("!{name} is not a mark"),
                hint: Some(format!("did you mean `!{mark}`?")),
            }),
            None => Ok(()),
        },
    }
}

/// The mark that a name was meant to be: in other letters, or but for a slip.
fn near_miss(name: &str) -> Option<&'static str> {
    let slips = |mark: &str| if mark.len() > 5 { 2 } else { 1 };
    let is_near = |mark: &&str| {
        name.eq_ignore_ascii_case(mark) || strsim::damerau_levenshtein(name, mark) <= slips(mark)
    };
    TAGS.into_iter().filter_map(|tag| tag.strip_prefix('!')).find(is_near)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), WrongMark> {
        check(&parse(text.as_bytes()).expect("valid YAML")[0].root)
    }

    #[test]
    fn tags_that_are_no_marks_are_data() {
        for tag in [
            "!Ref",
            "!Sub",
            "!GetAtt",
            "!If",
            "!And",
            "!Or",
            "!Not",
            "!Equals",
            "!Join",
            "!Select",
            "!Split",
            "!Base64",
            "!Cidr",
            "!FindInMap",
            "!ImportValue",
            "!Transform",
            "!Condition",
            "!env",
            "!vault",
            "!reference",
            "!include",
            "!secret",
        ] {
            assert_eq!(checked(&format!("a: {tag} x")), Ok(()), "{tag}");
        }
    }

    #[test]
    fn a_near_miss_is_an_error_that_names_the_mark() {
        for (tag, mark) in [
            ("!regexp", "!regex"),
            ("!rege", "!regex"),
            ("!Any", "!any"),
            ("!UUID", "!uuid"),
            ("!uid", "!uuid"),
            ("!timestmap", "!timestamp"),
            ("!time-stamp", "!timestamp"),
            ("!types", "!type"),
            ("!subsets", "!subset"),
            ("!contain", "!contains"),
            ("!un-ordered", "!unordered"),
            ("!absend", "!absent"),
        ] {
            let wrong = checked(&format!("a:\n  b: {tag} x\n")).expect_err(tag);
            assert_eq!(wrong.hint, Some(format!("did you mean `{mark}`?")));
            assert_eq!(wrong.at, Position { line: 2, column: 6 });
        }
    }

    #[test]
    fn a_mark_without_what_it_needs_is_an_error() {
        for (text, message) in [
            ("a: !subset []", "!subset needs a map: !subset {key: value}"),
            ("a: !contains {}", "!contains needs a list: !contains [item]"),
            ("a: !unordered x", "!unordered needs a list: !unordered [item]"),
            ("a: !type text", "!type needs one of string, integer, number, boolean, map, list"),
            ("a: !regex [x]", "!regex needs a regular expression in quotes: !regex '^[a-f0-9]{8}$'"),
            ("a: !regex '('", "!regex: ( is not a regular expression: unclosed group"),
            ("- !absent", "!absent can only stand at the key of a map"),
            ("!absent", "!absent can only stand at the key of a map"),
            (
                "{apiVersion: v1, kind: ConfigMap, data: {a.yaml: 'x: !regex ('}}",
                "!regex: ( is not a regular expression: unclosed group",
            ),
        ] {
            assert_eq!(checked(text).expect_err(text).message, message);
        }
    }
}
