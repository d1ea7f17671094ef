//! Dropping what a schema does not have.

use serde_json::Value as Json;

use super::{Additional, Schema};
use crate::yaml::KeyPath;

/// The fields that every object has.
const META: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Drops what the schema of an object has not, and says what that was. The object's own three fields are kept as they are.
pub(super) fn prune_object(schema: Schema<'_>, value: &mut Json) -> Vec<KeyPath> {
    let mut pruned = Vec::new();
    prune(value, Some(schema), true, &KeyPath::root(), &mut pruned);
    pruned
}

fn prune(
    value: &mut Json,
    schema: Option<Schema<'_>>,
    object: bool,
    path: &KeyPath,
    pruned: &mut Vec<KeyPath>,
) {
    let preserves = schema.is_some_and(Schema::preserves);
    match value {
        Json::Object(map) => map.retain(|key, value| {
            if object && META.contains(&key.as_str()) {
                return true;
            }
            let path = path.name(key.as_str());
            match known(schema, key) {
                Known::As(inner) => below(value, inner, &path, pruned),
                Known::Not if preserves => {}
                Known::Not => {
                    pruned.push(path);
                    return false;
                }
            }
            true
        }),
        Json::Array(items) => {
            let inner = schema.and_then(Schema::items);
            // An unknown list in a place that preserves what it does not know is kept whole.
            if preserves && inner.is_none() {
                return;
            }
            for (index, item) in items.iter_mut().enumerate() {
                let path = path.index(index);
                match inner {
                    // Preserving goes on in the items of a list, as it does not in the fields of a map.
                    Some(inner) if preserves => keep(item, inner, &path, pruned),
                    _ => below(item, inner, &path, pruned),
                }
            }
        }
        _ => {}
    }
}

fn below(value: &mut Json, schema: Option<Schema<'_>>, path: &KeyPath, pruned: &mut Vec<KeyPath>) {
    prune(value, schema, schema.is_some_and(Schema::is_embedded), path, pruned);
}

/// Drops nothing of this value, but goes on below it where the schema says more.
fn keep(value: &mut Json, schema: Schema<'_>, path: &KeyPath, pruned: &mut Vec<KeyPath>) {
    match value {
        Json::Object(map) => {
            for (key, value) in map.iter_mut() {
                let embedded = schema.is_embedded() && META.contains(&key.as_str());
                if let (false, Known::As(inner)) = (embedded, known(Some(schema), key)) {
                    below(value, inner, &path.name(key.as_str()), pruned);
                }
            }
        }
        Json::Array(items) => {
            if let Some(inner) = schema.items() {
                for (index, item) in items.iter_mut().enumerate() {
                    keep(item, inner, &path.index(index), pruned);
                }
            }
        }
        _ => {}
    }
}

enum Known<'s> {
    Not,
    /// Known; what it may hold is in the schema, if there is one.
    As(Option<Schema<'s>>),
}

fn known<'s>(schema: Option<Schema<'s>>, key: &str) -> Known<'s> {
    let Some(schema) = schema else { return Known::Not };
    if let Some(property) = schema.property(key) {
        return Known::As(Some(property));
    }
    match schema.additional() {
        Additional::Unsaid => Known::Not,
        Additional::Allowed => Known::As(None),
        Additional::Schema(schema) => Known::As(Some(schema)),
    }
}
