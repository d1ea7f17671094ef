//! Lists that are sets or maps: nothing in them may stand twice.

use serde_json::{Map, Value as Json};

use super::{Schema, Violation};
use crate::yaml::KeyPath;

/// What stands twice in a list that is a set, or under the same keys in one that is a map.
pub(super) fn check(schema: Schema<'_>, value: &Json) -> Vec<Violation> {
    let mut violations = Vec::new();
    walk(schema, value, &KeyPath::root(), &mut violations);
    violations
}

fn walk(schema: Schema<'_>, value: &Json, path: &KeyPath, violations: &mut Vec<Violation>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                if let Some(inner) = schema.at_key(key) {
                    walk(inner, value, &path.name(key.as_str()), violations);
                }
            }
        }
        Json::Array(items) => {
            duplicates(schema, items, path, violations);
            for (index, item) in items.iter().enumerate() {
                if let Some(inner) = schema.items() {
                    walk(inner, item, &path.index(index), violations);
                }
            }
        }
        _ => {}
    }
}

fn duplicates(schema: Schema<'_>, items: &[Json], path: &KeyPath, violations: &mut Vec<Violation>) {
    let identities: Vec<Json> = match schema.text("x-kubernetes-list-type") {
        Some("set") => items.to_vec(),
        Some("map") => items.iter().map(|item| keys(schema, item)).collect(),
        _ => return,
    };
    for (index, identity) in identities.iter().enumerate() {
        // Each value that stands several times is said once, at its second place.
        if identities[..index].iter().filter(|other| *other == identity).count() == 1 {
            violations.push(Violation::duplicate(path.index(index), identity));
        }
    }
}

/// What tells an item from others: its keys, with defaults where it has none.
fn keys(schema: Schema<'_>, item: &Json) -> Json {
    let names = schema.get("x-kubernetes-list-map-keys").and_then(Json::as_array).into_iter().flatten();
    let of = |name: &str| {
        let default = || schema.items()?.property(name)?.default();
        item.get(name).or_else(default).cloned()
    };
    let keys: Map<_, _> =
        names.filter_map(Json::as_str).filter_map(|name| Some((name.to_owned(), of(name)?))).collect();
    Json::Object(keys)
}
