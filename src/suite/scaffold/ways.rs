//! The ways through a schema of schemas: one branch of each `oneOf` and `anyOf`, and all of `allOf`, as plain schemas.

use serde_json::{Map, Value as Json};

/// The most ways that are followed.
const MOST: usize = 16;

/// The ways through a schema, the first branches first; the schema itself if there is but one. Whether what fits a way
/// fits the schema is another question: `not`, and `oneOf` where several branches fit, are left to the one who asks.
pub(super) fn ways(schema: &Json) -> Vec<Json> {
    let mut found = Vec::new();
    follow(schema.clone(), &mut found);
    found
}

/// Whether there is something to choose, or to find out, about the whole of a value.
pub(super) fn is_plain(schema: &Json) -> bool {
    const KEYWORDS: [&str; 7] =
        ["allOf", "anyOf", "oneOf", "not", "minProperties", "maxProperties", "x-kubernetes-validations"];
    KEYWORDS.iter().all(|keyword| schema.get(keyword).is_none())
}

fn follow(mut schema: Json, found: &mut Vec<Json>) {
    if found.len() >= MOST {
        return;
    }
    let mut take = |keyword: &str| match schema.as_object_mut().and_then(|map| map.remove(keyword)) {
        Some(Json::Array(branches)) if !branches.is_empty() => Some(branches),
        _ => None,
    };
    if let Some(branches) = take("oneOf").or_else(|| take("anyOf")) {
        for branch in &branches {
            let mut merged = schema.clone();
            merge(&mut merged, branch);
            follow(merged, found);
        }
        return;
    }
    // Only now, when nothing is left for the branches that it brings to collide with.
    match take("allOf") {
        Some(all) => {
            for branch in &all {
                merge(&mut schema, branch);
            }
            follow(schema, found);
        }
        None => found.push(schema),
    }
}

/// Makes a schema ask for what another asks for, too.
fn merge(schema: &mut Json, other: &Json) {
    let (Some(schema), Some(other)) = (schema.as_object_mut(), other.as_object()) else { return };
    for (keyword, theirs) in other {
        let Some(ours) = schema.get_mut(keyword) else {
            schema.insert(keyword.clone(), theirs.clone());
            continue;
        };
        match keyword.as_str() {
            "required" | "allOf" => add(ours, theirs),
            "properties" => merge_properties(ours, theirs),
            "items" | "additionalProperties" => merge(ours, theirs),
            "enum" => intersect(ours, theirs),
            "minimum" | "minLength" | "minItems" | "minProperties" if number(theirs) > number(ours) => {
                ours.clone_from(theirs);
            }
            "maximum" | "maxLength" | "maxItems" | "maxProperties" if number(theirs) < number(ours) => {
                ours.clone_from(theirs);
            }
            // A second list of branches is one more thing that must hold.
            "anyOf" | "oneOf" => {
                let mut one_more = Map::new();
                one_more.insert(keyword.clone(), theirs.clone());
                let all = schema.entry("allOf").or_insert_with(|| Json::Array(Vec::new()));
                add(all, &Json::Array(vec![one_more.into()]));
            }
            _ => {}
        }
    }
}

fn number(value: &Json) -> f64 {
    value.as_f64().unwrap_or_default()
}

fn add(ours: &mut Json, theirs: &Json) {
    let (Some(ours), Some(theirs)) = (ours.as_array_mut(), theirs.as_array()) else { return };
    for item in theirs {
        if !ours.contains(item) {
            ours.push(item.clone());
        }
    }
}

fn intersect(ours: &mut Json, theirs: &Json) {
    let (Some(ours), Some(theirs)) = (ours.as_array_mut(), theirs.as_array()) else { return };
    if ours.iter().any(|value| theirs.contains(value)) {
        ours.retain(|value| theirs.contains(value));
    }
}

fn merge_properties(ours: &mut Json, theirs: &Json) {
    let (Some(ours), Some(theirs)) = (ours.as_object_mut(), theirs.as_object()) else { return };
    for (name, theirs) in theirs {
        match ours.get_mut(name) {
            Some(ours) => merge(ours, theirs),
            None => _ = ours.insert(name.clone(), theirs.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_branch_is_a_way() {
        let schema =
            json!({"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}], "required": ["c"]});
        assert_eq!(
            ways(&schema),
            [
                json!({"type": "object", "required": ["c", "a"]}),
                json!({"type": "object", "required": ["c", "b"]}),
            ]
        );
        assert_eq!(ways(&json!({"type": "string"})), [json!({"type": "string"})]);
    }

    #[test]
    fn what_all_ask_for_is_asked_for_at_once() {
        let schema = json!({
            "minimum": 1, "enum": [1, 2, 3],
            "allOf": [{"minimum": 2, "maximum": 5}, {"enum": [2, 3, 4], "anyOf": [{"multipleOf": 2}]}],
            "anyOf": [{"title": "x"}, {"title": "y"}],
        });
        let merged = |title: &str| json!({"minimum": 2, "maximum": 5, "enum": [2, 3], "multipleOf": 2, "title": title});
        assert_eq!(ways(&schema), [merged("x"), merged("y")]);
    }

    #[test]
    fn properties_are_narrowed_where_they_are() {
        let schema = json!({
            "properties": {"kind": {"type": "string", "enum": ["s3", "gcs"]}},
            "oneOf": [
                {"properties": {"kind": {"enum": ["s3"]}}, "required": ["bucket"]},
                {"properties": {"kind": {"enum": ["gcs"]}}, "required": ["project"]},
            ],
        });
        let kinds: Vec<Json> =
            ways(&schema).iter().map(|way| way["properties"]["kind"]["enum"].clone()).collect();
        assert_eq!(kinds, [json!(["s3"]), json!(["gcs"])]);
    }

    #[test]
    fn there_are_never_too_many_ways() {
        let branches: Vec<Json> = (0..100).map(|i| json!({"title": i})).collect();
        let schema = json!({"allOf": [{"oneOf": branches}, {"oneOf": branches}, {"anyOf": branches}]});
        assert_eq!(ways(&schema).len(), MOST);
    }
}
