//! Marks: tags of an expected file that say what a value may be, in place of the value itself.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use regex::Regex;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::yaml::{Node, Value};

use super::scope::{Privacy, Scope};
use super::secret;

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

/// Every tag that is a mark.
pub(super) const TAGS: [&str; 9] =
    ["!any", "!type", "!regex", "!timestamp", "!uuid", "!subset", "!contains", "!unordered", "!absent"];

pub(crate) const TYPES: [&str; 6] = ["string", "integer", "number", "boolean", "map", "list"];

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
