//! The status-writer's merge: keys at the top, and conditions by their type.

use serde_json::Value;

use super::Status;

/// Lays `status.yaml` over the status: keys at the top replace those that are there, however deep they are. Only
/// conditions are merged, by their type.
pub(crate) fn merge(existing: &Status, incoming: &Status) -> Status {
    let mut merged = existing.clone();
    for (key, value) in incoming {
        let value = match (merged.get(key), value) {
            (Some(Value::Array(old)), Value::Array(new)) if key == "conditions" => {
                Value::Array(merge_conditions(old, new))
            }
            _ => value.clone(),
        };
        merged.insert(key.clone(), value);
    }
    merged
}

/// A condition's type, without which the merge drops it.
pub(crate) fn condition_type(condition: &Value) -> Option<&str> {
    condition.as_object()?.get("type")?.as_str()
}

/// The old conditions in their order, then the new types in theirs; of the same type, the last counts. On the platform
/// the order is random.
fn merge_conditions(old: &[Value], new: &[Value]) -> Vec<Value> {
    let mut merged: Vec<Value> = Vec::new();
    for condition in old.iter().chain(new) {
        let Some(kind) = condition_type(condition) else { continue };
        match merged.iter_mut().find(|earlier| condition_type(earlier) == Some(kind)) {
            Some(earlier) => *earlier = condition.clone(),
            None => merged.push(condition.clone()),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn status(value: Value) -> Status {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no map"),
        }
    }

    fn merged(existing: Value, incoming: Value) -> Value {
        merge(&status(existing), &status(incoming)).into()
    }

    #[test]
    fn vector_34_keys_are_replaced_and_conditions_merged_by_type() {
        let existing = json!({
            "message": "Pending", "extra": "value", "slices": ["A", "B"],
            "conditions": [{"type": "Previous", "status": "False"}, {"type": "SomeOther", "status": "False"}],
        });
        let incoming = json!({
            "message": "Resource requested", "new": "value", "slices": ["C", "D"],
            "conditions": [{"type": "Previous", "status": "True"}, {"type": "Another", "status": "True"}],
        });
        let expected = json!({
            "message": "Resource requested", "extra": "value", "new": "value", "slices": ["C", "D"],
            "conditions": [
                {"type": "Previous", "status": "True"},
                {"type": "SomeOther", "status": "False"},
                {"type": "Another", "status": "True"},
            ],
        });
        assert_eq!(merged(existing, incoming), expected);
    }

    #[test]
    fn vector_58_nested_maps_are_replaced() {
        let expected = json!({"iam": {"password": "x"}});
        assert_eq!(merged(json!({"iam": {"user": "admin"}}), expected.clone()), expected);
    }

    #[test]
    fn a_condition_is_replaced_whole() {
        let existing = json!({"conditions": [{"type": "A", "status": "True", "reason": "R"}]});
        let incoming = json!({"conditions": [{"type": "A", "status": "False"}]});
        assert_eq!(merged(existing, incoming.clone()), incoming);
    }

    #[test]
    fn conditions_without_a_type_are_dropped_only_where_there_is_something_to_merge_with() {
        let odd = json!({"conditions": [{"status": "True"}, "x", {"type": 5}, {"type": "A"}]});
        assert_eq!(merged(json!({"conditions": []}), odd.clone()), json!({"conditions": [{"type": "A"}]}));
        assert_eq!(merged(json!({}), odd.clone()), odd);
        let text = json!({"conditions": "x"});
        assert_eq!(merged(json!({"conditions": [{"type": "A"}]}), text.clone()), text);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("(type|status|a)", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn any_status() -> impl Strategy<Value = Status> {
        prop::collection::btree_map("(conditions|message|a|b)", any_value(), 0..4)
            .prop_map(|map| map.into_iter().collect())
    }

    fn types(conditions: &Value) -> BTreeSet<&str> {
        conditions.as_array().into_iter().flatten().filter_map(condition_type).collect()
    }

    proptest! {
        #[test]
        fn every_key_is_the_new_one_or_else_the_old_one(old in any_status(), new in any_status()) {
            let merged = merge(&old, &new);
            for (key, value) in &merged {
                if key == "conditions" && old.get(key).is_some_and(Value::is_array) && new.get(key).is_some_and(Value::is_array) {
                    let expected: BTreeSet<&str> = &types(&old[key]) | &types(&new[key]);
                    prop_assert_eq!(types(value), expected.clone());
                    prop_assert_eq!(value.as_array().map(Vec::len), Some(expected.len()));
                } else {
                    prop_assert_eq!(Some(value), new.get(key).or_else(|| old.get(key)));
                }
            }
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            prop_assert_eq!(keys, merged.keys().collect());
        }

        #[test]
        fn merging_again_changes_nothing(old in any_status(), new in any_status()) {
            let once = merge(&old, &new);
            let twice = merge(&once, &new);
            let without = |status: &Status| {
                let mut status = status.clone();
                status.remove("conditions");
                status
            };
            prop_assert_eq!(without(&twice), without(&once));
            let empty = Value::Null;
            prop_assert_eq!(
                types(twice.get("conditions").unwrap_or(&empty)),
                types(once.get("conditions").unwrap_or(&empty))
            );
        }
    }
}
