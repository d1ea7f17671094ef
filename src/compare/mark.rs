//! Marks: tags of an expected file that say what a value may be, in place of the value itself.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use regex::Regex;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::yaml::{Node, Position, Value, parse};

use super::scope::{Privacy, Scope};
use super::{embedded, secret};

/// What an expected value stands for.
#[derive(Debug, Clone)]
pub(super) enum Mark<'n> {
    Any,
    Type(&'n str),
    Regex(Regex),
    Timestamp,
    Uuid,
    /// A map with at least these keys.
    Subset,
    /// A list with at least these items.
    Contains,
    /// A list of these items in any order.
    Unordered,
    /// The key must not be there.
    Absent,
}

const NAMES: [&str; 9] =
    ["any", "type", "regex", "timestamp", "uuid", "subset", "contains", "unordered", "absent"];
pub(crate) const TYPES: [&str; 6] = ["string", "integer", "number", "boolean", "map", "list"];

/// What is wrong with a mark, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrongMark {
    pub(super) at: Position,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl<'n> Mark<'n> {
    /// The mark of an expected value, if it has one.
    pub(super) fn of(node: &'n Node) -> Option<Self> {
        Some(match node.tag.as_deref()?.strip_prefix('!')? {
            "any" => Self::Any,
            "type" => Self::Type(node.as_str()?),
            "regex" => Self::Regex(compiled(node.as_str()?).ok()?),
            "timestamp" => Self::Timestamp,
            "uuid" => Self::Uuid,
            "subset" => Self::Subset,
            "contains" => Self::Contains,
            "unordered" => Self::Unordered,
            "absent" => Self::Absent,
            _ => return None,
        })
    }

    /// Why a value is not what the mark says. Of a collection, only whether it is one.
    pub(super) fn mismatch(&self, actual: &Node, scope: Scope<'_>) -> Option<String> {
        let scalar = || text(actual, scope);
        match self {
            Self::Any => None,
            Self::Absent => Some("must not be there".to_owned()),
            Self::Type(name) => mistyped(name, actual),
            Self::Subset => mistyped("map", actual),
            Self::Contains | Self::Unordered => mistyped("list", actual),
            Self::Regex(regex) => match scalar() {
                Some(text) if regex.is_match(&text) => None,
                _ => Some(format!("does not match {regex}")),
            },
            Self::Timestamp => {
                (!scalar().is_some_and(|text| is_timestamp(&text))).then(|| "is not a timestamp".to_owned())
            }
            Self::Uuid => (!scalar().is_some_and(|text| is_uuid(&text))).then(|| "is not a UUID".to_owned()),
        }
    }
}

/// Whether a value has a mark: then it has no text, no name and no key of its own.
pub(super) fn is_marked(node: &Node) -> bool {
    node.tag.is_some() && Mark::of(node).is_some()
}

/// The text at a key, unless it is marked.
pub(super) fn plain_text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key).filter(|node| !is_marked(node))?.as_str()
}

/// A mark as it is shown: with what it asks for, and without the value that stood there once.
pub(super) fn shown(node: &Node) -> Option<Node> {
    let value = match Mark::of(node)? {
        Mark::Regex(_) | Mark::Type(_) => node.value.clone(),
        Mark::Any | Mark::Timestamp | Mark::Uuid | Mark::Absent => Value::Null,
        Mark::Subset | Mark::Contains | Mark::Unordered => return None,
    };
    Some(Node { at: node.at, tag: node.tag.clone(), value })
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
    let is_near = |mark: &&&str| {
        name.eq_ignore_ascii_case(mark) || strsim::damerau_levenshtein(name, mark) <= slips(mark)
    };
    NAMES.iter().find(is_near).copied()
}

/// The expression, compiled once: the same item may be held against many.
pub(crate) fn compiled(pattern: &str) -> Result<Regex, String> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(regex) = known.get(pattern) {
        return Ok(regex.clone());
    }
    let regex = Regex::new(pattern)
        .map_err(|error| format!("{pattern} is not a regular expression: {}", last_line(&error)))?;
    known.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

/// The sentence of an error that otherwise draws the expression.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// The text of a scalar; of a Secret's value, what it stands for.
fn text(node: &Node, scope: Scope<'_>) -> Option<String> {
    match &node.value {
        Value::String(text) if scope.privacy == Privacy::Encoded => secret::decoded(text),
        Value::String(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::NonFinite(_) | Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

fn mistyped(name: &str, actual: &Node) -> Option<String> {
    let found = match actual.type_name() {
        "object" => "map",
        "array" => "list",
        name => name,
    };
    (found != name && (found, name) != ("integer", "number"))
        .then(|| format!("is of type {found}, not {name}"))
}

/// RFC 3339, or what `date` prints by default.
fn is_timestamp(text: &str) -> bool {
    static DATE: LazyLock<Regex> = LazyLock::new(|| {
        let day = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
        let month = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
        let (date, time) = ("( [1-9]|0[1-9]|[12][0-9]|3[01])", "[0-2][0-9]:[0-5][0-9]:[0-6][0-9]");
        let zone = r"([A-Z]{1,5}|[-+][0-9]{2,4})";
        Regex::new(&format!(
            "^{day} ({month} {date} {time} {zone} [0-9]{{4}}|{date} {month} [0-9]{{4}} {time} [AP]M {zone})$"
        ))
        .expect("a constant pattern")
    });
    OffsetDateTime::parse(text, &Rfc3339).is_ok() || DATE.is_match(text)
}

fn is_uuid(text: &str) -> bool {
    static UUID: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$").expect("a constant pattern")
    });
    UUID.is_match(text)
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

    #[test]
    fn timestamps_are_those_of_rfc_3339_and_of_date() {
        for text in [
            "2024-01-31T23:59:59Z",
            "2024-01-31T23:59:59.123+02:00",
            "Mon Jan  1 00:00:00 UTC 2024",
            "Wed Jan 31 23:59:59 CEST 2024",
            "Wed Jan 31 23:59:59 +03 2024",
            "Wed 31 Jan 2024 11:59:59 PM UTC",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in
            ["2024-01-31", "2024-13-01T00:00:00Z", "now", "", "Mon Jan 1 00:00:00 UTC 2024 x", "1706745599"]
        {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
