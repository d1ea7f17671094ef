//! Objects inside objects (`x-kubernetes-embedded-resource`): they need what every object needs.

use serde_json::{Map, Value as Json};

use super::{Schema, Violation};
use crate::yaml::KeyPath;

/// What embedded objects lack.
pub(super) fn check(schema: Schema<'_>, value: &Json) -> Vec<Violation> {
    let mut violations = Vec::new();
    walk(schema, value, &KeyPath::root(), &mut violations);
    violations
}

fn walk(schema: Schema<'_>, value: &Json, path: &KeyPath, violations: &mut Vec<Violation>) {
    match value {
        Json::Object(map) => {
            if schema.is_embedded() {
                violations
                    .extend(["apiVersion", "kind"].into_iter().filter_map(|field| lacks(map, field, path)));
            }
            for (key, value) in map {
                if let Some(inner) = schema.at_key(key) {
                    walk(inner, value, &path.name(key.as_str()), violations);
                }
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(inner) = schema.items() {
                    walk(inner, item, &path.index(index), violations);
                }
            }
        }
        _ => {}
    }
}

/// Why a field does not name what an object is.
fn lacks(map: &Map<String, Json>, field: &str, path: &KeyPath) -> Option<Violation> {
    let path = path.name(field);
    match map.get(field) {
        None => Some(Violation::required(path, "must not be empty")),
        Some(Json::String(text)) if !text.is_empty() => None,
        Some(value @ Json::String(_)) => Some(Violation::invalid(path, value, "must not be empty")),
        Some(value) => Some(Violation::invalid(path, value, "must be a string")),
    }
}
