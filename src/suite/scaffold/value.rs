//! A value that fits a schema: short, and such as a person would write.

use std::cell::Cell;

use serde_json::{Map, Number, Value as Json, json};

use super::ways::{is_plain, ways};
use super::{familiar, pattern};
use crate::kratix::schema::{self, Additional, Schema};

/// How many values are made at most, whatever a schema asks for.
const MOST: usize = 2_000;

/// The most items of a list, or entries of a map, however many a schema asks for.
const MOST_ITEMS: usize = 200;

/// The longest text, however long a schema wants it.
const LONGEST: usize = 2_000;

/// How much of what may be left out is put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// What is required, and what has a default or an example.
    Usual,
    Required,
    Everything,
}

/// A value of a schema, for a field of this name. It fits, unless the schema asks for something that is not understood.
pub(super) fn value(schema: &Json, name: &str) -> Json {
    if schema::is_too_deep(schema) {
        return Json::Null;
    }
    Maker { left: Cell::new(MOST) }.value(Schema(schema), name, 0)
}

/// Whether a value fits a schema, rules in CEL included.
pub(super) fn fits(schema: &Json, value: &Json) -> bool {
    let outer = json!({"type": "object", "properties": {"value": schema}});
    schema::apply(&outer, json!({"value": value})).violations.is_empty()
}

struct Maker {
    left: Cell<usize>,
}

impl Maker {
    /// The `nth` value of a schema: another each time, where the schema leaves a choice.
    fn value(&self, schema: Schema<'_>, name: &str, nth: usize) -> Json {
        let Some(left) = self.left.get().checked_sub(1) else { return Json::Null };
        self.left.set(left);
        if let Some(given) = given(schema).filter(|given| nth == 0 && fits(schema.0, given)) {
            return given.clone();
        }
        if is_plain(schema.0) {
            return self.make(schema, (name, nth), Extent::Usual);
        }
        let mut best: Option<Json> = None;
        for extent in [Extent::Usual, Extent::Required, Extent::Everything] {
            for way in ways(schema.0) {
                let value = self.make(Schema(&way), (name, nth), extent);
                if fits(schema.0, &value) {
                    return value;
                }
                best.get_or_insert(value);
            }
        }
        best.unwrap_or_default()
    }

    fn make(&self, schema: Schema<'_>, named: (&str, usize), extent: Extent) -> Json {
        let types = schema.types();
        match types.first().copied() {
            Some("object") => self.object(schema, named, extent),
            Some("array") => self.list(schema, named),
            None if schema.properties().is_some() => self.object(schema, named, extent),
            None if schema.items().is_some() => self.list(schema, named),
            None if schema.preserves() && schema.get("enum").is_none() => self.object(schema, named, extent),
            _ => scalar(schema, &types, named),
        }
    }

    fn object(&self, schema: Schema<'_>, (name, nth): (&str, usize), extent: Extent) -> Json {
        let mut map = Map::new();
        let required: Vec<&str> = required(schema).collect();
        if schema.is_embedded() {
            map.insert("apiVersion".to_owned(), "v1".into());
            map.insert("kind".to_owned(), "ConfigMap".into());
            map.insert("metadata".to_owned(), json!({"name": "example"}));
        }
        let is_wanted = |name: &str, inner: Schema<'_>| match extent {
            _ if required.contains(&name) => true,
            Extent::Usual => given(inner).is_some(),
            Extent::Required => false,
            Extent::Everything => true,
        };
        let properties = schema.properties().into_iter().flatten();
        let properties: Vec<(&String, Schema<'_>)> =
            properties.map(|(name, inner)| (name, Schema(inner))).collect();
        for (name, inner) in properties.iter().filter(|(name, inner)| is_wanted(name, *inner)) {
            if !map.contains_key(*name) {
                map.insert((*name).clone(), self.value(*inner, name, nth));
            }
        }
        for name in required.iter().filter(|name| schema.property(name).is_none()) {
            if !map.contains_key(*name) {
                map.insert((*name).to_owned(), self.additional(schema, name, nth));
            }
        }
        let least = size(schema, "minProperties").min(MOST_ITEMS);
        for (name, inner) in properties {
            if map.len() < least && !map.contains_key(name) {
                map.insert(name.clone(), self.value(inner, name, nth));
            }
        }
        // An empty map would show nothing.
        let is_map = matches!(schema.additional(), Additional::Schema(_)) && schema.properties().is_none();
        let least = if is_map && extent != Extent::Required { least.max(1) } else { least };
        let takes_more = !matches!(schema.additional(), Additional::Unsaid) || schema.preserves();
        for index in (0..least).take_while(|_| takes_more) {
            if map.len() < least {
                map.insert(numbered("example", index), self.additional(schema, name, nth + index));
            }
        }
        Json::Object(map)
    }

    /// A value at a key that the schema does not name.
    fn additional(&self, schema: Schema<'_>, name: &str, nth: usize) -> Json {
        match schema.additional() {
            Additional::Schema(inner) => self.value(inner, name, nth),
            Additional::Unsaid | Additional::Allowed => numbered("example", nth).into(),
        }
    }

    fn list(&self, schema: Schema<'_>, (name, nth): (&str, usize)) -> Json {
        let most =
            schema.integer("maxItems").map_or(MOST_ITEMS, |most| usize::try_from(most).unwrap_or_default());
        let count = size(schema, "minItems").max(1).min(most).min(MOST_ITEMS);
        let inner = schema.items();
        let item = |index: usize| match inner {
            Some(inner) => self.value(inner, name, nth + index),
            None => numbered("example", nth + index).into(),
        };
        (0..count).map(item).collect()
    }
}

/// What the author says that a value may be.
pub(super) fn given(schema: Schema<'_>) -> Option<&Json> {
    schema.get("example").filter(|example| !example.is_null()).or_else(|| schema.default())
}

pub(super) fn required(schema: Schema<'_>) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}

fn size(schema: Schema<'_>, keyword: &str) -> usize {
    schema.integer(keyword).and_then(|size| usize::try_from(size).ok()).unwrap_or_default()
}

/// `example`, `example-2`, …
fn numbered(word: &str, index: usize) -> String {
    if index == 0 { word.to_owned() } else { format!("{word}-{}", index + 1) }
}

/// The first candidate that fits, or the first of all if none does. Each `nth` has other candidates first.
fn scalar(schema: Schema<'_>, types: &[&str], (name, nth): (&str, usize)) -> Json {
    let candidates = || {
        let of = move |kind: &str| of_type(schema, kind, (name, nth));
        let listed = schema.get("enum").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let typed: Vec<Json> = match types {
            [] => ["string", "integer", "boolean", "object"].into_iter().flat_map(of).collect(),
            types => types.iter().copied().flat_map(of).collect(),
        };
        let null = schema.nullable().then_some(Json::Null);
        rotated(listed, nth).cloned().chain(typed).chain(null)
    };
    let fitting = candidates().find(|candidate| fits(schema.0, candidate));
    fitting.or_else(|| candidates().next()).unwrap_or_default()
}

/// Everything in a list, the `nth` first.
fn rotated<T>(list: &[T], nth: usize) -> impl Iterator<Item = &T> {
    let first = nth.checked_rem(list.len()).unwrap_or_default();
    list[first..].iter().chain(&list[..first])
}

/// Candidates for a value of a type.
#[expect(clippy::cast_precision_loss, reason = "it is only compared, and what does not fit is not taken")]
fn of_type(schema: Schema<'_>, kind: &str, (name, nth): (&str, usize)) -> Vec<Json> {
    match kind {
        "boolean" => rotated(&[true, false], nth).map(|value| Json::from(*value)).collect(),
        "integer" => integers(schema, name, nth).map(Json::from).collect(),
        "number" => {
            // The API server takes an integer that is beyond a bound with a fraction; a person would not write it.
            let is_within = |integer: &f64| {
                schema.number("minimum").is_none_or(|least| *integer >= least)
                    && schema.number("maximum").is_none_or(|most| *integer <= most)
            };
            let integers = integers(schema, name, nth);
            let integers = integers.filter(|integer| is_within(&(*integer as f64))).map(Json::from);
            let between = numbers(schema).filter_map(Number::from_f64).map(Json::from);
            integers.chain(between).collect()
        }
        "string" => strings(schema, name, nth).map(Json::from).collect(),
        "object" => vec![json!({})],
        "array" => vec![json!([])],
        _ => Vec::new(),
    }
}

/// Integers near what a person would write, and near the bounds.
#[expect(clippy::cast_possible_truncation, reason = "it saturates, and what does not fit is not taken")]
fn integers(schema: Schema<'_>, name: &str, nth: usize) -> impl Iterator<Item = i64> {
    let bound = |keyword: &str| schema.number(keyword);
    let step = bound("multipleOf").filter(|step| *step >= 1.0).map_or(1, |step| step as i64);
    let least = bound("minimum").map(|bound| bound.ceil() as i64);
    let most = bound("maximum").map(|bound| bound.floor() as i64);
    let nth = i64::try_from(nth).unwrap_or_default();
    let up = |from: i64| from.saturating_add((step - from.rem_euclid(step)) % step);
    let down = |from: i64| from.saturating_sub(from.rem_euclid(step));
    let rising = [
        familiar::integer(name).map(up),
        Some(up(1)),
        least.map(up),
        least.map(|least| up(least.saturating_add(1))),
    ];
    let rising = rising.into_iter().flatten().map(move |from| from.saturating_add(nth.saturating_mul(step)));
    let falling = [most.map(down), most.map(|most| down(most.saturating_sub(1)))];
    let falling =
        falling.into_iter().flatten().map(move |from| from.saturating_sub(nth.saturating_mul(step)));
    rising.chain(falling).chain([0])
}

/// Numbers between bounds that no integer is between.
fn numbers(schema: Schema<'_>) -> impl Iterator<Item = f64> {
    let least = schema.number("minimum");
    let most = schema.number("maximum");
    let middle = match (least, most) {
        (Some(least), Some(most)) => Some(f64::midpoint(least, most)),
        (Some(least), None) => Some(least + 0.5),
        (None, Some(most)) => Some(most - 0.5),
        (None, None) => None,
    };
    let step = schema.number("multipleOf").filter(|step| *step > 0.0);
    let multiple = move |from: f64| step.map(|step| (from / step).ceil() * step);
    let after = move |from: f64| step.map(|step| (from / step).floor() * step + step);
    let multiples = [least.and_then(multiple), least.and_then(after), middle.and_then(multiple), step];
    [middle, least, most].into_iter().chain(multiples).flatten()
}

/// Texts by format, name and pattern, made as long as they have to be.
fn strings<'s>(schema: Schema<'s>, name: &str, nth: usize) -> impl Iterator<Item = String> + use<'s> {
    let least = size(schema, "minLength");
    let most =
        schema.integer("maxLength").map_or(usize::MAX, |most| usize::try_from(most).unwrap_or_default());
    let sized = move |text: String| sized(text, least, most);
    let familiar: Vec<&str> = familiar::texts(name, schema.text("format")).collect();
    let plain = familiar.clone().into_iter().map(str::to_owned);
    let numbered = familiar.into_iter().map(move |text| numbered(text, nth));
    let pattern = schema.text("pattern").filter(|pattern| !pattern.is_empty());
    let matching = pattern.into_iter().flat_map(move |pattern| pattern::texts(pattern, nth));
    numbered.map(sized).chain(matching).chain(plain).chain([String::new()])
}

/// A text that is too short begins again, and one that is too long ends early.
fn sized(text: String, least: usize, most: usize) -> String {
    let length = text.chars().count();
    if (least..=most).contains(&length) || text.is_empty() {
        return text;
    }
    let length = length.max(least).min(most).min(LONGEST);
    text.chars().cycle().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn made(schema: &str) -> Json {
        let schema = parse(schema.as_bytes()).expect("YAML").remove(0).root.to_json();
        let value = value(&schema, "field");
        assert!(fits(&schema, &value), "{value} does not fit {schema}");
        value
    }

    #[test]
    fn a_value_is_what_a_person_would_write() {
        let table = [
            ("{type: string}", json!("example")),
            ("{type: string, example: mine, default: other}", json!("mine")),
            ("{type: string, default: other}", json!("other")),
            ("{type: string, enum: [b, a]}", json!("b")),
            ("{type: string, format: date-time}", json!("2026-01-01T00:00:00Z")),
            ("{type: string, format: ipv4}", json!("10.0.0.1")),
            ("{type: string, minLength: 10}", json!("exampleexa")),
            ("{type: string, maxLength: 3}", json!("exa")),
            ("{type: string, maxLength: 0}", json!("")),
            ("{type: string, pattern: '^[a-z]{2}-[0-9]+$'}", json!("aa-1")),
            ("{type: string, pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$'}", json!("example")),
            ("{type: string, pattern: '^[a-z]+-[0-9]+$', minLength: 9}", json!("aaaa-1111")),
            ("{type: string, pattern: '^(small|large)$'}", json!("small")),
            ("{type: boolean}", json!(true)),
            ("{type: boolean, enum: [false]}", json!(false)),
            ("{type: integer}", json!(1)),
            ("{type: integer, minimum: 3}", json!(3)),
            ("{type: integer, minimum: 3, exclusiveMinimum: true}", json!(4)),
            ("{type: integer, maximum: -3}", json!(-3)),
            ("{type: integer, minimum: 11, multipleOf: 5}", json!(15)),
            ("{type: integer, maximum: 0, exclusiveMaximum: true}", json!(-1)),
            ("{type: number, minimum: 0.25, maximum: 0.75}", json!(0.5)),
            ("{type: number, minimum: 0.3, multipleOf: 0.25, maximum: 0.6}", json!(0.5)),
            ("{type: array, items: {type: integer}}", json!([1])),
            ("{type: array, maxItems: 0, items: {type: integer}}", json!([])),
            (
                "{type: array, minItems: 2, x-kubernetes-list-type: set, items: {type: integer}}",
                json!([1, 2]),
            ),
            ("{type: array, minItems: 2, uniqueItems: true, items: {type: boolean}}", json!([true, false])),
            (
                "{type: array, minItems: 2, uniqueItems: true, items: {type: string}}",
                json!(["example", "example-2"]),
            ),
            (
                "{type: array, minItems: 2, uniqueItems: true, items: {type: string, pattern: '^x[a-z]$'}}",
                json!(["xa", "xb"]),
            ),
            ("{type: object, additionalProperties: {type: integer}}", json!({"example": 1})),
            (
                "{type: object, minProperties: 2, additionalProperties: {type: string}}",
                json!({"example": "example", "example-2": "example-2"}),
            ),
            ("{type: object, x-kubernetes-preserve-unknown-fields: true}", json!({})),
            ("{x-kubernetes-preserve-unknown-fields: true}", json!({})),
            ("{x-kubernetes-int-or-string: true}", json!(1)),
            (
                "{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}], pattern: '^[0-9]+%$', enum: ['10%']}",
                json!("10%"),
            ),
            ("{type: string, nullable: true}", json!("example")),
            (
                "{type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}",
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "example"}}),
            ),
        ];
        for (schema, expected) in table {
            assert_eq!(made(schema), expected, "{schema}");
        }
    }

    #[test]
    fn an_object_has_what_is_required_or_has_a_default_or_an_example() {
        let schema = "{type: object, required: [port], properties: {port: {type: integer, maximum: 65535}, size: {type: string, \
                      default: small}, owner: {type: string, example: me}, other: {type: string}}}";
        assert_eq!(made(schema), json!({"port": 8080, "size": "small", "owner": "me"}));
        let schema = "{type: object, minProperties: 1, properties: {a: {type: string}, b: {type: string}}}";
        assert_eq!(made(schema), json!({"a": "example"}));
    }

    #[test]
    fn a_branch_is_found_that_fits() {
        let schema = "{type: object, properties: {a: {type: string}, b: {type: string, default: x}}, \
                      oneOf: [{required: [a]}, {required: [b]}]}";
        assert_eq!(made(schema), json!({"b": "x"}));
        let schema = "{type: object, properties: {a: {type: string}, b: {type: string}}, anyOf: [{required: [a, b]}], \
                      allOf: [{properties: {a: {maxLength: 2}}}]}";
        assert_eq!(made(schema), json!({"a": "ex", "b": "example"}));
        let schema = "{type: object, properties: {a: {type: string, example: x}, b: {type: string, example: x}}, \
                      not: {required: [a, b]}}";
        assert_eq!(made(schema), json!({}));
    }

    #[test]
    fn rules_are_kept_where_more_or_less_of_a_value_keeps_them() {
        let schema = "{type: object, properties: {a: {type: string}}, x-kubernetes-validations: [{rule: has(self.a)}]}";
        assert_eq!(made(schema), json!({"a": "example"}));
        let schema = "{type: string, x-kubernetes-validations: [{rule: self.startsWith('https://')}]}";
        assert_eq!(made(schema), json!("https://example.com"));
    }

    #[test]
    fn whatever_a_schema_asks_for_the_answer_is_of_a_bounded_size() {
        let mut schema = json!({"type": "array", "minItems": 100_000, "items": {"type": "string", "minLength": 1_000_000}});
        assert!(value(&schema, "x").to_string().len() < 1_000_000);
        for _ in 0..6 {
            schema = json!({"type": "array", "minItems": 5, "items": schema, "anyOf": [{"minItems": 6}, {"minItems": 7}]});
        }
        value(&schema, "x");
    }
}
