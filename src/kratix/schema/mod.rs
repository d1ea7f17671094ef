//! What the API server makes of a value by the schema of its API: drops what the schema has not, fills in defaults,
//! and says in its own words what does not fit.

mod composite;
mod default;
mod embedded;
mod format;
mod lists;
mod pattern;
mod prune;
mod rules;
mod text;
mod validate;

use serde_json::{Map, Value as Json};

use crate::yaml::KeyPath;

pub(crate) use rules::Unchecked;
pub(crate) use text::Violation;
pub(in crate::kratix) use text::quote;

/// A value as the API server would keep it, and what it found on the way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Applied {
    pub(crate) value: Json,
    /// What was dropped because the schema does not have it.
    pub(crate) pruned: Vec<KeyPath>,
    /// Why the value is refused. Empty if it is not.
    pub(crate) violations: Vec<Violation>,
    /// Rules of the schema that only a cluster could check.
    pub(crate) unchecked: Vec<Unchecked>,
}

/// How deep a value may be nested: far deeper than any object, and shallow enough for every stack.
const MAX_DEPTH: usize = 256;

/// Takes an object through everything that happens to it on its way into a cluster, in the order of the API server.
pub(crate) fn apply(schema: &Json, mut value: Json) -> Applied {
    // A schema takes two levels of its own to describe one of its value's.
    if depth(&value) > MAX_DEPTH || is_too_deep(schema) {
        return Applied { value, violations: vec![Violation::too_deep(MAX_DEPTH)], ..Applied::default() };
    }
    let schema = Schema(schema);
    let pruned = prune::prune_object(schema, &mut value);
    default::drop_nulls(schema, &mut value);
    default::fill(schema, &mut value);
    let mut violations = validate::validate(schema, &value);
    violations.extend(embedded::check(schema, &value));
    violations.extend(lists::check(schema, &value));
    let (broken, unchecked) = rules::check(schema, &value, &violations);
    violations.extend(broken);
    text::deduplicate(&mut violations);
    Applied { value, pruned, violations, unchecked }
}

/// What a value does not fit of a schema, as it is.
pub(crate) fn violations(schema: &Json, value: &Json) -> Vec<Violation> {
    if depth(value) > MAX_DEPTH || is_too_deep(schema) {
        return vec![Violation::too_deep(MAX_DEPTH)];
    }
    validate::validate(Schema(schema), value)
}

/// Whether a schema is nested deeper than anything that is looked at.
pub(crate) fn is_too_deep(schema: &Json) -> bool {
    depth(schema) > 2 * MAX_DEPTH
}

/// Whether a pattern is one that Go's reader of regular expressions takes.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    pattern::compile(pattern).is_ok()
}

/// A pattern of the API server's as the `regex` crate writes it.
pub(crate) fn pattern_here(pattern: &str) -> String {
    pattern::translate(pattern)
}

/// What `Applied` has to say, as one message: `K.g "n" is invalid: [a, b]`.
pub(crate) fn refusal(kind: &str, group: &str, name: &str, violations: &[Violation]) -> String {
    format!("{kind}.{group} {} is invalid: {}", text::quote(name), text::join(violations))
}

fn depth(value: &Json) -> usize {
    match value {
        Json::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Json::Object(map) => 1 + map.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// One node of an `OpenAPI` schema. What is not of the type that it should be counts as absent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schema<'s>(pub(crate) &'s Json);

/// What a schema says of keys that it does not name.
pub(crate) enum Additional<'s> {
    Unsaid,
    /// `additionalProperties: true`, which says nothing of their values.
    Allowed,
    Schema(Schema<'s>),
}

impl<'s> Schema<'s> {
    pub(crate) fn get(self, keyword: &str) -> Option<&'s Json> {
        self.0.get(keyword)
    }

    pub(crate) fn flag(self, keyword: &str) -> bool {
        self.get(keyword).and_then(Json::as_bool).unwrap_or_default()
    }

    pub(crate) fn text(self, keyword: &str) -> Option<&'s str> {
        self.get(keyword)?.as_str()
    }

    pub(crate) fn integer(self, keyword: &str) -> Option<i64> {
        self.get(keyword)?.as_i64()
    }

    pub(crate) fn number(self, keyword: &str) -> Option<f64> {
        self.get(keyword)?.as_f64()
    }

    /// The schemas of a list such as `anyOf`.
    pub(crate) fn list(self, keyword: &str) -> impl Iterator<Item = Schema<'s>> {
        self.get(keyword).and_then(Json::as_array).into_iter().flatten().map(Schema)
    }

    pub(crate) fn properties(self) -> Option<&'s Map<String, Json>> {
        self.get("properties")?.as_object()
    }

    pub(crate) fn property(self, name: &str) -> Option<Schema<'s>> {
        self.properties()?.get(name).map(Schema)
    }

    pub(crate) fn additional(self) -> Additional<'s> {
        match self.get("additionalProperties") {
            Some(Json::Bool(true)) => Additional::Allowed,
            Some(schema @ Json::Object(_)) => Additional::Schema(Schema(schema)),
            _ => Additional::Unsaid,
        }
    }

    /// The schema of the value at a key, whether it names the key or not.
    pub(crate) fn at_key(self, key: &str) -> Option<Schema<'s>> {
        self.property(key).or_else(|| match self.additional() {
            Additional::Schema(schema) => Some(schema),
            Additional::Unsaid | Additional::Allowed => None,
        })
    }

    pub(crate) fn items(self) -> Option<Schema<'s>> {
        self.get("items").filter(|items| items.is_object()).map(Schema)
    }

    pub(crate) fn nullable(self) -> bool {
        self.flag("nullable")
    }

    pub(crate) fn default(self) -> Option<&'s Json> {
        self.get("default").filter(|default| !default.is_null())
    }

    pub(crate) fn is_embedded(self) -> bool {
        self.flag("x-kubernetes-embedded-resource")
    }

    pub(crate) fn preserves(self) -> bool {
        self.flag("x-kubernetes-preserve-unknown-fields")
    }

    /// The types that a value may have; none for any.
    pub(crate) fn types(self) -> Vec<&'s str> {
        if self.flag("x-kubernetes-int-or-string") {
            return vec!["integer", "string"];
        }
        self.text("type").into_iter().collect()
    }
}

/// Whether a value is a null that the schema does not take.
fn is_stray_null(value: &Json, schema: Option<Schema<'_>>) -> bool {
    value.is_null() && schema.is_some_and(|schema| !schema.nullable())
}

#[cfg(test)]
mod tests;
