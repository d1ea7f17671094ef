//! Values at paths: read, put and taken away.

use serde_json::{Map, Value as Json};

use crate::kratix::schema::Schema;
use crate::yaml::{Key, KeyPath};

/// The value at a path.
pub(super) fn at<'v>(value: &'v Json, path: &KeyPath) -> Option<&'v Json> {
    path.keys().iter().try_fold(value, |value, key| match key {
        Key::Name(name) => value.get(name),
        Key::Index(index) => value.get(index),
    })
}

/// Puts a value at a path whose parents are there.
pub(super) fn put(value: &mut Json, path: &KeyPath, new: Json) {
    let Some((last, parents)) = path.keys().split_last() else {
        *value = new;
        return;
    };
    let parent = parents.iter().try_fold(value, |value, key| match key {
        Key::Name(name) => value.get_mut(name),
        Key::Index(index) => value.get_mut(index),
    });
    match (parent, last) {
        (Some(Json::Object(map)), Key::Name(name)) => _ = map.insert(name.clone(), new),
        (Some(parent @ Json::Null), Key::Name(name)) => {
            *parent = Json::Object(Map::from_iter([(name.clone(), new)]));
        }
        (Some(Json::Array(items)), Key::Index(index)) if *index < items.len() => items[*index] = new,
        (Some(Json::Array(items)), Key::Index(_)) => items.push(new),
        _ => {}
    }
}

/// Takes away what is at a path.
pub(super) fn take(value: &mut Json, path: &KeyPath) {
    let Some((Key::Name(last), parents)) = path.keys().split_last() else { return };
    let parent = parents.iter().try_fold(value, |value, key| match key {
        Key::Name(name) => value.get_mut(name),
        Key::Index(index) => value.get_mut(index),
    });
    if let Some(Json::Object(map)) = parent {
        map.remove(last);
    }
}

/// The schema of what is at a path.
pub(super) fn schema_at<'s>(schema: &'s Json, path: &KeyPath) -> Option<&'s Json> {
    path.keys().iter().try_fold(schema, |schema, key| match key {
        Key::Name(name) => Schema(schema).at_key(name).map(|Schema(inner)| inner),
        Key::Index(_) => Schema(schema).items().map(|Schema(inner)| inner),
    })
}

/// The paths of what is around a path, outermost first.
pub(super) fn parents(path: &KeyPath) -> impl Iterator<Item = KeyPath> {
    let keys = path.keys();
    (1..keys.len()).map(|length| {
        keys[..length].iter().fold(KeyPath::root(), |path, key| match key {
            Key::Name(name) => path.name(name.as_str()),
            Key::Index(index) => path.index(*index),
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_put_and_taken_where_they_belong() {
        let path = KeyPath::root().name("spec").name("ports").index(0).name("name");
        let mut value = json!({"spec": {"ports": [{"name": "a"}], "x": 1}});
        put(&mut value, &path, json!("b"));
        assert_eq!(at(&value, &path), Some(&json!("b")));
        take(&mut value, &path);
        assert_eq!(value, json!({"spec": {"ports": [{}], "x": 1}}));
        put(&mut value, &KeyPath::from_iter(["no", "such"]), json!(1));
        put(&mut value, &KeyPath::from_iter(["new"]), json!(null));
        put(&mut value, &KeyPath::from_iter(["new", "field"]), json!(2));
        assert_eq!(value, json!({"spec": {"ports": [{}], "x": 1}, "new": {"field": 2}}));
        let parents: Vec<String> = parents(&path).map(|path| path.to_string()).collect();
        assert_eq!(parents, ["spec", "spec.ports", "spec.ports[0]"]);
    }

    #[test]
    fn a_schema_is_found_where_its_value_is() {
        let schema = json!({"properties": {"a": {"items": {"additionalProperties": {"type": "string"}}}}});
        let path = KeyPath::root().name("a").index(3).name("any");
        assert_eq!(schema_at(&schema, &path), Some(&json!({"type": "string"})));
        assert_eq!(schema_at(&schema, &KeyPath::from_iter(["b"])), None);
    }
}
