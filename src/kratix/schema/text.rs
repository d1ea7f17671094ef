//! How the API server words what it refuses.

use std::collections::HashSet;

use serde_json::{Number, Value as Json};

use crate::yaml::{Key, KeyPath};

/// One thing that a value is refused for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) path: KeyPath,
    /// The platform's words, with the path: `spec.size: Required value`.
    pub(crate) text: String,
    /// Whether the API server checks no rules written in CEL because of it.
    pub(super) blocks_rules: bool,
}

impl Violation {
    pub(in crate::kratix) fn required(path: KeyPath, detail: &str) -> Self {
        let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
        let text = format!("{}: Required value{detail}", dotted(&path));
        Self { path, text, blocks_rules: true }
    }

    pub(in crate::kratix) fn invalid(path: KeyPath, value: &Json, detail: &str) -> Self {
        let text = format!("{}: Invalid value: {}: {detail}", dotted(&path), render(value));
        Self { path, text, blocks_rules: false }
    }

    /// A value of the wrong type, or not of its format.
    pub(super) fn wrong_type(path: KeyPath, expected: &str, found: &str) -> Self {
        let detail = format!("{} in body must be of type {expected}: {}", dotted(&path), quote(found));
        Self { blocks_rules: true, ..Self::invalid(path, &found.into(), &detail) }
    }

    pub(super) fn too_long(path: KeyPath, max: i64) -> Self {
        let text = format!("{}: Too long: may not be more than {max} bytes", dotted(&path));
        Self { path, text, blocks_rules: true }
    }

    pub(super) fn too_many(path: KeyPath, actual: usize, max: i64) -> Self {
        let items = if max == 1 { "item" } else { "items" };
        let text = format!("{}: Too many: {actual}: must have at most {max} {items}", dotted(&path));
        Self { path, text, blocks_rules: true }
    }

    pub(super) fn unsupported(path: KeyPath, value: &Json, supported: &[Json]) -> Self {
        let supported: Vec<_> = supported.iter().map(|value| quote(&bare(value))).collect();
        let text = format!(
            "{}: Unsupported value: {}: supported values: {}",
            dotted(&path),
            render(value),
            supported.join(", ")
        );
        Self { path, text, blocks_rules: false }
    }

    pub(super) fn duplicate(path: KeyPath, value: &Json) -> Self {
        let text = format!("{}: Duplicate value: {}", dotted(&path), render(value));
        Self { path, text, blocks_rules: false }
    }

    /// What breaks a rule. Of an object or a list the platform shows nothing but the rule.
    pub(super) fn broken_rule(path: KeyPath, reason: &str, value: &Json, detail: &str) -> Self {
        let shown = match value {
            _ if matches!(reason, "Required value" | "Forbidden") => String::new(),
            Json::Object(_) | Json::Array(_) => String::new(),
            value => format!(": {}", render(value)),
        };
        let text = format!("{}: {reason}{shown}: {detail}", dotted(&path));
        Self { path, text, blocks_rules: false }
    }

    /// What is said if rules were not looked at because of what else is wrong.
    pub(super) fn rules_not_checked() -> Self {
        let text = "<nil>: Invalid value: \"null\": some validation rules were not checked because the object was \
                    invalid; correct the existing errors to complete validation";
        Self { path: KeyPath::root(), text: text.to_owned(), blocks_rules: false }
    }

    /// What is nested too deep to be looked at, in our own words.
    pub(super) fn too_deep(max: usize) -> Self {
        let text = format!("the object or its schema is nested more than {max} levels deep");
        Self { path: KeyPath::root(), text, blocks_rules: true }
    }

    /// Something about several schemas at once, for which the API server names no field.
    pub(super) fn composite(path: KeyPath, what: &str) -> Self {
        let text = format!("<nil>: Invalid value: \"\": {} {what}", quote(&dotted(&path)));
        Self { path, text, blocks_rules: false }
    }
}

/// A path as the API server writes it: `spec.ports[0].name`, with keys as they are.
pub(super) fn dotted(path: &KeyPath) -> String {
    let mut text = String::new();
    for key in path.keys() {
        match key {
            Key::Index(index) => {
                text.push('[');
                text.push_str(&index.to_string());
                text.push(']');
            }
            Key::Name(name) if text.is_empty() => text.push_str(name),
            Key::Name(name) => {
                text.push('.');
                text.push_str(name);
            }
        }
    }
    text
}

/// A text as Go quotes it.
pub(in crate::kratix) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_ascii_control() => {
                let code = u32::from(c);
                quoted.push_str("\\x");
                quoted.extend(
                    char::from_digit(code / 16, 16).into_iter().chain(char::from_digit(code % 16, 16)),
                );
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A number as Go prints it.
pub(super) fn go_number(number: &Number) -> String {
    number.as_i64().map_or_else(|| number.as_f64().map_or_else(String::new, go_float), |n| n.to_string())
}

/// A float as Go prints it: with an exponent if it is very small or very large.
pub(super) fn go_float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |rest| ("-", rest));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    value.to_string()
}

/// A value as it stands in a message.
fn render(value: &Json) -> String {
    match value {
        Json::Null => "\"null\"".into(),
        Json::String(text) => quote(text),
        Json::Number(number) => go_number(number),
        other => other.to_string(),
    }
}

/// A value of an enum as it stands in a list.
fn bare(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Drops what was said before.
pub(super) fn deduplicate(violations: &mut Vec<Violation>) {
    let mut said = HashSet::new();
    violations.retain(|violation| said.insert(violation.text.clone()));
}

/// Several violations as one text.
pub(super) fn join(violations: &[Violation]) -> String {
    let texts: Vec<_> = violations.iter().map(|violation| violation.text.as_str()).collect();
    match texts.as_slice() {
        [one] => (*one).to_owned(),
        several => format!("[{}]", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_in_go() {
        let table = [
            (1.5, "1.5"),
            (2.0, "2"),
            (0.0, "0"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-07"),
            (-1e20, "-100000000000000000000"),
        ];
        for (value, expected) in table {
            assert_eq!(go_float(value), expected);
        }
        assert_eq!(quote("a\"b\\\n\u{1}é"), "\"a\\\"b\\\\\\n\\x01é\"");
    }

    #[test]
    fn keys_stand_in_a_path_as_they_are() {
        assert_eq!(dotted(&KeyPath::root().name("spec").name("a.b/c").index(1).name("d")), "spec.a.b/c[1].d");
    }
}
