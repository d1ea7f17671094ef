//! Nulls and defaults.

use serde_json::Value as Json;

use super::{Schema, is_stray_null};

/// Drops nulls that a schema neither takes nor has a default for.
pub(super) fn drop_nulls(schema: Schema<'_>, value: &mut Json) {
    match value {
        Json::Object(map) => map.retain(|key, value| {
            let inner = schema.at_key(key);
            if is_stray_null(value, inner) && inner.and_then(Schema::default).is_none() {
                return false;
            }
            if let Some(inner) = inner {
                drop_nulls(inner, value);
            }
            true
        }),
        Json::Array(items) => {
            if let Some(inner) = schema.items() {
                for item in items {
                    drop_nulls(inner, item);
                }
            }
        }
        _ => {}
    }
}

/// Fills in defaults, also in place of nulls that the schema does not take. An absent parent stays absent.
pub(super) fn fill(schema: Schema<'_>, value: &mut Json) {
    match value {
        Json::Object(map) => {
            for (name, property) in schema.properties().into_iter().flatten() {
                let property = Schema(property);
                let missing = map.get(name).is_none_or(|value| is_stray_null(value, Some(property)));
                if let (true, Some(default)) = (missing, property.default()) {
                    map.insert(name.clone(), default.clone());
                }
            }
            for (key, value) in map.iter_mut() {
                fill_one(schema.at_key(key), value);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| fill_one(schema.items(), item)),
        _ => {}
    }
}

fn fill_one(schema: Option<Schema<'_>>, value: &mut Json) {
    let Some(schema) = schema else { return };
    if let (true, Some(default)) = (is_stray_null(value, Some(schema)), schema.default()) {
        *value = default.clone();
    }
    fill(schema, value);
}
