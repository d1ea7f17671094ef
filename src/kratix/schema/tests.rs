use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::yaml::parse;

fn value(text: &str) -> Json {
    parse(text.as_bytes()).expect("YAML").first().map_or(Json::Null, |document| document.root.to_json())
}

/// What is said of a `spec` with these properties.
fn said(properties: &str, spec: &str) -> Vec<String> {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": value(properties)}}});
    let applied = apply(&schema, json!({"spec": value(spec)}));
    applied.violations.into_iter().map(|violation| violation.text).collect()
}

/// Properties, a value that they refuse, what is said of it, and a near miss that is taken.
const REFUSALS: &[(&str, &str, &str, &str)] = &[
    (
        "size: {type: string}",
        "size: 3",
        "spec.size: Invalid value: \"integer\": spec.size in body must be of type string: \"integer\"",
        "size: '3'",
    ),
    (
        "size: {type: integer}",
        "size: 1.5",
        "spec.size: Invalid value: \"number\": spec.size in body must be of type integer: \"number\"",
        "size: 1.0",
    ),
    (
        "flag: {type: string}",
        "flag: yes",
        "spec.flag: Invalid value: \"boolean\": spec.flag in body must be of type string: \"boolean\"",
        "flag: 'yes'",
    ),
    (
        "tier: {type: string, enum: [bronze, silver]}",
        "tier: gold",
        "spec.tier: Unsupported value: \"gold\": supported values: \"bronze\", \"silver\"",
        "tier: silver",
    ),
    (
        "num: {type: integer, enum: [1, 2]}",
        "num: 3",
        "spec.num: Unsupported value: 3: supported values: \"1\", \"2\"",
        "num: 2.0",
    ),
    (
        "x: {type: string, pattern: '^[a-z]+$'}",
        "x: A",
        "spec.x: Invalid value: \"A\": spec.x in body should match '^[a-z]+$'",
        "x: a",
    ),
    (
        "num: {type: integer, minimum: 1}",
        "num: 0",
        "spec.num: Invalid value: 0: spec.num in body should be greater than or equal to 1",
        "num: 1",
    ),
    (
        "num: {type: integer, minimum: 1, exclusiveMinimum: true}",
        "num: 1",
        "spec.num: Invalid value: 1: spec.num in body should be greater than 1",
        "num: 2",
    ),
    (
        "num: {type: number, maximum: 1.5}",
        "num: 1.75",
        "spec.num: Invalid value: 1.75: spec.num in body should be less than or equal to 1.5",
        "num: 1.5",
    ),
    (
        "num: {type: number, maximum: 1.5, exclusiveMaximum: true}",
        "num: 1.5",
        "spec.num: Invalid value: 1.5: spec.num in body should be less than 1.5",
        "num: 1.25",
    ),
    (
        "num: {type: integer, multipleOf: 5}",
        "num: 7",
        "spec.num: Invalid value: 7: spec.num in body should be a multiple of 5",
        "num: 10",
    ),
    ("x: {type: string, maxLength: 2}", "x: abc", "spec.x: Too long: may not be more than 2 bytes", "x: éé"),
    (
        "x: {type: string, minLength: 1}",
        "x: ''",
        "spec.x: Invalid value: \"\": spec.x in body should be at least 1 chars long",
        "x: a",
    ),
    (
        "l: {type: array, items: {type: string}, maxItems: 1}",
        "l: [a, b]",
        "spec.l: Too many: 2: must have at most 1 item",
        "l: [a]",
    ),
    (
        "l: {type: array, items: {type: string}, minItems: 1}",
        "l: []",
        "spec.l: Invalid value: 0: spec.l in body should have at least 1 items",
        "l: [a]",
    ),
    (
        "l: {type: array, items: {type: string}, uniqueItems: true}",
        "l: [a, a]",
        "spec.l: Invalid value: \"\": spec.l in body shouldn't contain duplicates",
        "l: [a, b]",
    ),
    (
        "l: {type: array, items: {type: object, properties: {a: {type: string}}}}",
        "l: [{a: b}, {a: 1}]",
        "spec.l[1].a: Invalid value: \"integer\": spec.l[1].a in body must be of type string: \"integer\"",
        "l: [{a: b}]",
    ),
    (
        "m: {type: object, maxProperties: 1, additionalProperties: {type: string}}",
        "m: {a: a, b: b}",
        "spec.m: Too many: 2: must have at most 1 item",
        "m: {a: a}",
    ),
    (
        "m: {type: object, minProperties: 1, additionalProperties: {type: string}}",
        "m: {}",
        "spec.m: Invalid value: 0: spec.m in body should have at least 1 properties",
        "m: {a: a}",
    ),
    (
        "m: {type: object, additionalProperties: {type: string}}",
        "m: {a.b/c: 1}",
        "spec.m.a.b/c: Invalid value: \"integer\": spec.m.a.b/c in body must be of type string: \"integer\"",
        "m: {a.b/c: '1'}",
    ),
    (
        "o: {type: object, required: [a], properties: {a: {type: string}}}",
        "o: {}",
        "spec.o.a: Required value",
        "o: {a: b}",
    ),
    (
        "t: {type: string, format: date-time}",
        "t: today",
        "spec.t: Invalid value: \"today\": spec.t in body must be of type date-time: \"today\"",
        "t: '2024-01-01T00:00:00Z'",
    ),
    (
        "t: {type: string, format: date-time}",
        "t: 5",
        "spec.t: Invalid value: \"int64\": spec.t in body must be of type date-time: \"int64\"",
        "t: 2024-01-01T00:00:00Z",
    ),
    (
        "p: {x-kubernetes-int-or-string: true}",
        "p: true",
        "spec.p: Invalid value: \"boolean\": spec.p in body must be of type integer,string: \"boolean\"",
        "p: 8080",
    ),
    (
        "l: {type: array, x-kubernetes-list-type: set, items: {type: string}}",
        "l: [a, b, a, a]",
        "spec.l[2]: Duplicate value: \"a\"",
        "l: [a, b]",
    ),
    (
        "l: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, properties: {name: {type: string}}}}",
        "l: [{name: a}, {name: a}]",
        "spec.l[1]: Duplicate value: {\"name\":\"a\"}",
        "l: [{name: a}, {name: b}]",
    ),
    (
        "e: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}",
        "e: {kind: Pod}",
        "spec.e.apiVersion: Required value: must not be empty",
        "e: {kind: Pod, apiVersion: v1}",
    ),
    (
        "x: {type: string, not: {enum: [a]}}",
        "x: a",
        "<nil>: Invalid value: \"\": \"spec.x\" must not validate the schema (not)",
        "x: b",
    ),
    (
        "l: {type: array, items: {type: string}}",
        "l: [null]",
        "spec.l[0]: Invalid value: \"null\": spec.l[0] in body must be of type string: \"null\"",
        "l: ['null']",
    ),
];

#[test]
fn a_value_that_does_not_fit_is_refused_in_the_platforms_words() {
    for (properties, bad, expected, good) in REFUSALS {
        assert_eq!(said(properties, bad), [*expected], "{properties} {bad}");
        assert_eq!(said(properties, good), [] as [&str; 0], "{properties} {good}");
    }
}

#[test]
fn of_several_schemas_the_one_that_fits_best_is_reported() {
    let any = "p: {anyOf: [{type: integer}, {type: string, pattern: ^a}], x-kubernetes-int-or-string: true}";
    assert_eq!(
        said(any, "p: b"),
        [
            "<nil>: Invalid value: \"\": \"spec.p\" must validate at least one schema (anyOf)",
            "spec.p: Invalid value: \"b\": spec.p in body should match '^a'",
        ]
    );
    assert_eq!(said(any, "p: ab"), [] as [&str; 0]);
    let one = "o: {type: object, properties: {a: {type: string}, b: {type: string}}, oneOf: [{required: [a]}, {required: [b]}]}";
    assert_eq!(
        said(one, "o: {a: x, b: x}"),
        [
            "<nil>: Invalid value: \"\": \"spec.o\" must validate one and only one schema (oneOf). Found 2 valid alternatives"
        ]
    );
    assert_eq!(
        said(one, "o: {}"),
        [
            "<nil>: Invalid value: \"\": \"spec.o\" must validate one and only one schema (oneOf). Found none valid",
            "spec.o.a: Required value",
        ]
    );
    assert_eq!(said(one, "o: {a: x}"), [] as [&str; 0]);
    let all = "num: {type: integer, allOf: [{minimum: 1}, {maximum: 3}]}";
    assert_eq!(
        said(all, "num: 5"),
        [
            "spec.num: Invalid value: 5: spec.num in body should be less than or equal to 3",
            "<nil>: Invalid value: \"\": \"spec.num\" must validate all the schemas (allOf)",
        ]
    );
}

#[test]
fn several_violations_are_joined_as_the_platform_joins_them() {
    let schema = value("{type: object, required: [spec], properties: {a: {type: string}}}");
    let applied = apply(&schema, value("{a: 1}"));
    assert_eq!(
        refusal("Redis", "acme.io", "x", &applied.violations),
        "Redis.acme.io \"x\" is invalid: [a: Invalid value: \"integer\": a in body must be of type string: \"integer\", spec: Required value]"
    );
    assert_eq!(
        refusal("Redis", "acme.io", "x", &applied.violations[1..]),
        "Redis.acme.io \"x\" is invalid: spec: Required value"
    );
}

/// What a value becomes, without a word said.
fn becomes(schema: &str, text: &str) -> Json {
    let applied = apply(&value(schema), value(text));
    assert_eq!(applied.violations, [], "{schema} {text}");
    applied.value
}

#[test]
fn what_the_schema_has_not_is_dropped_and_said() {
    let schema = value(
        "{type: object, properties: {spec: {type: object, properties: {a: {type: string}, l: {type: array, items: {type: object, properties: {b: {type: string}}}}}}}}",
    );
    let applied = apply(
        &schema,
        value(
            "{kind: K, apiVersion: v1, metadata: {name: x}, spec: {a: x, extra: 1, l: [{b: b, c: c}]}, top: 1}",
        ),
    );
    assert_eq!(
        applied.value,
        value("{kind: K, apiVersion: v1, metadata: {name: x}, spec: {a: x, l: [{b: b}]}}")
    );
    let pruned: Vec<_> = applied.pruned.iter().map(ToString::to_string).collect();
    assert_eq!(pruned, ["spec.extra", "spec.l[0].c", "top"]);
}

#[test]
fn preserving_stops_at_fields_that_have_a_schema_of_their_own() {
    let schema = "{type: object, x-kubernetes-preserve-unknown-fields: true, properties: {a: {type: object, properties: {b: {type: string}}}}}";
    assert_eq!(becomes(schema, "{free: {x: 1}, a: {b: b, gone: 1}}"), value("{free: {x: 1}, a: {b: b}}"));
    let list = "{type: object, properties: {l: {type: array, x-kubernetes-preserve-unknown-fields: true, items: {type: object, properties: {b: {type: object, properties: {c: {type: string}}}}}}}}";
    assert_eq!(becomes(list, "{l: [{x: 1, b: {c: c, gone: 1}}]}"), value("{l: [{x: 1, b: {c: c}}]}"));
}

#[test]
fn maps_and_embedded_objects_are_pruned_as_they_should_be() {
    let map = "{type: object, properties: {m: {type: object, additionalProperties: {type: object, properties: {a: {type: string}}}}}}";
    assert_eq!(becomes(map, "{m: {k: {a: a, gone: 1}}}"), value("{m: {k: {a: a}}}"));
    let open = "{type: object, properties: {m: {type: object, additionalProperties: true}}}";
    assert_eq!(becomes(open, "{m: {k: v, o: {gone: 1}}}"), value("{m: {k: v, o: {}}}"));
    let embedded = "{type: object, properties: {e: {type: object, x-kubernetes-embedded-resource: true, properties: {spec: {type: object}}}}}";
    assert_eq!(
        becomes(embedded, "{e: {apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {gone: 1}, gone: 1}}"),
        value("{e: {apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {}}}")
    );
}

#[test]
fn defaults_are_filled_in_but_no_parent_is_made() {
    let schema = "{type: object, properties: {a: {type: integer, default: 3}, o: {type: object, properties: {b: {type: string, default: x}}}, d: {type: object, default: {}, properties: {c: {type: string, default: z}}}, l: {type: array, items: {type: object, properties: {b: {type: string, default: x}}}}}}";
    assert_eq!(becomes(schema, "{}"), value("{a: 3, d: {c: z}}"));
    assert_eq!(becomes(schema, "{a: 1, o: {}, l: [{}]}"), value("{a: 1, o: {b: x}, d: {c: z}, l: [{b: x}]}"));
}

#[test]
fn a_null_is_dropped_or_defaulted_unless_it_may_stand() {
    let schema = "{type: object, properties: {a: {type: integer, default: 3}, b: {type: string}, c: {type: string, nullable: true, default: x}}}";
    assert_eq!(becomes(schema, "{a: null, b: null, c: null}"), value("{a: 3, c: null}"));
}

#[test]
fn a_bound_that_is_no_integer_is_cut_off_for_integers() {
    assert_eq!(said("num: {type: number, minimum: 0.5}", "num: 0"), [] as [&str; 0]);
    assert_eq!(said("num: {type: number, minimum: 0.5}", "num: 0.25").len(), 1);
    assert_eq!(said("num: {type: number, multipleOf: 0.5}", "num: 3"), [] as [&str; 0]);
}

#[test]
fn nesting_as_deep_as_yaml_can_be_does_no_harm() {
    let mut schema = json!({"type": "string"});
    let mut deep = json!(1);
    for _ in 0..MAX_DEPTH - 1 {
        schema = json!({"type": "object", "properties": {"a": schema}});
        deep = json!({"a": deep});
    }
    let found = apply(&schema, deep.clone()).violations;
    assert!(found[0].text.ends_with("must be of type string: \"integer\""), "{}", found[0].text);
    for _ in 0..600 {
        deep = json!({"a": deep});
    }
    assert!(apply(&schema, deep).violations[0].text.contains("levels deep"));
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-3_i64..10).prop_map(Json::from),
        prop::num::f64::NORMAL.prop_map(Json::from),
        "[a-c]{0,3}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

/// Schemas of all sorts, some of them nonsense.
fn any_schema() -> impl Strategy<Value = Json> {
    let kind =
        prop::sample::select(vec!["object", "array", "string", "integer", "number", "boolean", "made-up"]);
    let flag = prop::sample::select(vec![
        "nullable",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
        "uniqueItems",
        "exclusiveMinimum",
    ]);
    let bound = prop::sample::select(vec![
        "minimum",
        "maximum",
        "multipleOf",
        "minLength",
        "maxItems",
        "minProperties",
    ]);
    let leaf = (kind, flag, bound, any::<bool>(), any_json()).prop_map(|(kind, flag, bound, on, any)| {
        json!({"type": kind, flag: on, bound: any, "enum": any, "format": any, "pattern": any, "default": any})
    });
    let leaf = prop_oneof![leaf, any_json()];
    leaf.prop_recursive(3, 16, 3, |inner| {
        (inner.clone(), inner.clone(), inner, any_json(), any::<bool>()).prop_map(|(a, b, c, default, on)| {
            let mut schema = json!({
                "type": "object", "properties": {"a": a, "b": b}, "x-kubernetes-preserve-unknown-fields": on,
                "anyOf": [a], "oneOf": [b, c], "allOf": [c], "not": a, "required": ["a", "c"],
                "additionalProperties": c, "items": a, "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["a"],
            });
            if on {
                schema["default"] = default;
            }
            schema
        })
    })
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(schema in any_schema(), value in any_json()) {
        apply(&schema, value);
    }

    #[test]
    fn what_is_pruned_stays_pruned(schema in any_schema(), mut value in any_json()) {
        prune::prune_object(Schema(&schema), &mut value);
        let once = value.clone();
        prop_assert_eq!(prune::prune_object(Schema(&schema), &mut value), []);
        prop_assert_eq!(value, once);
    }

    #[test]
    fn filling_in_twice_is_filling_in_once(schema in any_schema(), mut value in any_json()) {
        default::drop_nulls(Schema(&schema), &mut value);
        default::fill(Schema(&schema), &mut value);
        let once = value.clone();
        default::fill(Schema(&schema), &mut value);
        prop_assert_eq!(value, once);
    }
}
