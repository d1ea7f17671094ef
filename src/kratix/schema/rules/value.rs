//! A value as rules see it: typed by its schema, with only the fields that the schema names.

use std::collections::HashMap;
use std::sync::Arc;

use cel::Value as Cel;
use serde_json::{Map, Value as Json};

use super::super::{Additional, Schema};

/// The value. Of an object as a whole the rules see only two fields of its metadata.
pub(super) fn to_cel(schema: Schema<'_>, value: &Json, object: bool) -> Cel {
    match value {
        Json::Null => Cel::Null,
        Json::Bool(value) => Cel::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(value) if schema.text("type") != Some("number") => Cel::Int(value),
            _ => Cel::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Cel::String(Arc::new(text.clone())),
        Json::Array(items) => {
            let untyped = Json::Bool(true);
            let inner = schema.items().unwrap_or(Schema(&untyped));
            Cel::List(Arc::new(items.iter().map(|item| to_cel(inner, item, false)).collect()))
        }
        Json::Object(map) => map_to_cel(schema, map, object),
    }
}

fn map_to_cel(schema: Schema<'_>, map: &Map<String, Json>, object: bool) -> Cel {
    let mut fields: HashMap<String, Cel> = HashMap::new();
    for (key, value) in map {
        match (schema.property(key), schema.additional()) {
            (Some(inner), _) => {
                if let Some(name) = escaped(key) {
                    fields.insert(name, to_cel(inner, value, inner.is_embedded()));
                }
            }
            (None, Additional::Schema(inner)) => {
                fields.insert(key.clone(), to_cel(inner, value, false));
            }
            (None, _) => {}
        }
    }
    if object || schema.is_embedded() {
        add_object_fields(&mut fields, map);
    }
    fields.into()
}

fn add_object_fields(fields: &mut HashMap<String, Cel>, map: &Map<String, Json>) {
    let text = |value: &Json| value.as_str().map(|text| Cel::String(Arc::new(text.to_owned())));
    for key in ["apiVersion", "kind"] {
        if let Some(value) = map.get(key).and_then(text) {
            fields.insert(key.to_owned(), value);
        }
    }
    let metadata = map.get("metadata");
    let known: HashMap<String, Cel> = ["name", "generateName"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), text(metadata?.get(key)?)?)))
        .collect();
    fields.insert("metadata".to_owned(), known.into());
}

/// The name of a field in a rule, if it can have one there.
fn escaped(name: &str) -> Option<String> {
    const RESERVED: [&str; 19] = [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
    ];
    if RESERVED.contains(&name) || matches!(name, "void" | "while") {
        return Some(format!("__{name}__"));
    }
    let starts =
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '-' || c == '.' || c == '/');
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let escape = || {
        name.replace("__", "__underscores__")
            .replace('.', "__dot__")
            .replace('-', "__dash__")
            .replace('/', "__slash__")
    };
    (starts && plain).then(escape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_in_kubernetes() {
        let table = [
            ("a", Some("a")),
            ("namespace", Some("__namespace__")),
            ("a-b", Some("a__dash__b")),
            ("a.b/c", Some("a__dot__b__slash__c")),
            ("a__b", Some("a__underscores__b")),
            ("0a", None),
            ("a b", None),
        ];
        for (name, expected) in table {
            assert_eq!(escaped(name).as_deref(), expected, "{name}");
        }
    }
}
