//! Whether a value fits a schema, checked in the order of the API server's library and with its quirks.

use serde_json::{Map, Number, Value as Json};

use super::composite::check_composites;
use super::text::{Violation, dotted, go_float};
use super::{Additional, Schema, format, pattern};
use crate::yaml::KeyPath;

/// What does not fit.
pub(super) fn validate(schema: Schema<'_>, value: &Json) -> Vec<Violation> {
    check(schema, value, &KeyPath::root()).violations
}

/// What one schema makes of one value.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) violations: Vec<Violation>,
    /// How many checks were made and passed: of several schemas that all fail, the one that got farthest is reported.
    pub(super) score: usize,
}

impl Outcome {
    pub(super) fn add(&mut self, other: Self) {
        self.violations.extend(other.violations);
        self.score += other.score;
    }

    pub(super) fn is_valid(&self) -> bool {
        self.violations.is_empty()
    }
}

impl From<Option<Violation>> for Outcome {
    fn from(violation: Option<Violation>) -> Self {
        Self { violations: violation.into_iter().collect(), score: 0 }
    }
}

/// What a schema makes of a value and of everything in it.
pub(super) fn check(schema: Schema<'_>, value: &Json, path: &KeyPath) -> Outcome {
    let mut outcome = check_type(schema, value, path);
    if value.is_null() {
        outcome.add(check_enum(schema, value, path).into());
        return outcome;
    }
    outcome.add(check_composites(schema, value, path));
    outcome.score += 2;
    match value {
        Json::String(text) => {
            outcome.add(check_string(schema, text, path).into());
            outcome.add(check_format(schema, text, path).into());
        }
        Json::Number(number) => outcome.add(check_number(schema, number, path)),
        Json::Array(items) => outcome.add(check_list(schema, items, path)),
        _ => {}
    }
    outcome.add(check_enum(schema, value, path).into());
    outcome.score += 1;
    if let Json::Object(map) = value {
        outcome.add(check_map(schema, map, path));
    }
    outcome
}

/// A format counts only if the API server knows it.
fn known_format(schema: Schema<'_>) -> Option<&str> {
    schema.text("format").filter(|format| !format.is_empty() && format::is_known(format))
}

fn check_type(schema: Schema<'_>, value: &Json, path: &KeyPath) -> Outcome {
    let types = schema.types();
    let format = known_format(schema);
    let wrong = |expected: &str, found: &str| {
        Outcome::from(Some(Violation::wrong_type(path.clone(), expected, found)))
    };
    let passed = Outcome { violations: Vec::new(), score: 1 };
    if types.is_empty() && format.is_none() {
        return Outcome::default();
    }
    if value.is_null() {
        let fits = types.is_empty() || types.contains(&"null") || schema.nullable();
        return if fits { passed } else { wrong(&types.join(","), "null") };
    }
    let (found, found_format) = type_of(value);
    let numeric = types.contains(&"number") || types.contains(&"integer");
    let integral =
        found == "number" && types.contains(&"integer") && value.as_f64().is_some_and(is_json_integer);
    let fits = types.contains(&found) || integral || (found == "integer" && types.contains(&"number"));
    let textual = matches!(value, Json::String(_) | Json::Array(_));
    match format {
        Some(format) if !textual && !fits => wrong(format, found_format),
        // The library leaves a text to its format, whatever its type should be.
        Some(_) if textual && !numeric => passed,
        _ if fits || types.is_empty() => passed,
        _ => wrong(&types.join(","), found),
    }
}

/// The type of a value, and the format that the library takes it to have.
fn type_of(value: &Json) -> (&'static str, &'static str) {
    match value {
        Json::Null => ("null", ""),
        Json::Bool(_) => ("boolean", ""),
        Json::Number(number) if number.is_i64() => ("integer", "int64"),
        Json::Number(_) => ("number", "float64"),
        Json::String(_) => ("string", ""),
        Json::Array(_) => ("array", ""),
        Json::Object(_) => ("object", ""),
    }
}

/// Whether a float is an integer that JSON can hold exactly.
fn is_json_integer(value: f64) -> bool {
    const MAX: f64 = 9_007_199_254_740_991.0;
    value.abs() <= MAX && value.fract() == 0.0
}

fn check_string(schema: Schema<'_>, text: &str, path: &KeyPath) -> Option<Violation> {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if let Some(max) = schema.integer("maxLength").filter(|max| length > *max) {
        return Some(Violation::too_long(path.clone(), max));
    }
    let invalid = |what: String| {
        let detail = format!("{} in body should {what}", dotted(path));
        Some(Violation::invalid(path.clone(), &text.into(), &detail))
    };
    if let Some(min) = schema.integer("minLength").filter(|min| length < *min) {
        return invalid(format!("be at least {min} chars long"));
    }
    let pattern = schema.text("pattern").filter(|pattern| !pattern.is_empty())?;
    match pattern::compile(pattern) {
        Ok(compiled) if compiled.is_match(text) => None,
        Ok(_) => invalid(format!("match '{pattern}'")),
        Err(_) => invalid(format!("match '{pattern}, but pattern is invalid'")),
    }
}

fn check_format(schema: Schema<'_>, text: &str, path: &KeyPath) -> Option<Violation> {
    let format = known_format(schema)?;
    (!format::accepts(format, text)).then(|| Violation::wrong_type(path.clone(), format, text))
}

fn check_number(schema: Schema<'_>, number: &Number, path: &KeyPath) -> Outcome {
    let mut outcome = Outcome { violations: Vec::new(), score: 1 };
    let mut refuse = |what: String| {
        let detail = format!("{} in body should {what}", dotted(path));
        outcome.violations.push(Violation::invalid(path.clone(), &number.clone().into(), &detail));
    };
    if let Some((false, factor)) = schema.number("multipleOf").map(|factor| is_multiple(number, factor)) {
        refuse(format!("be a multiple of {factor}"));
    }
    if let Some(max) = schema.number("maximum") {
        let (over, equal, bound) = compare(number, max);
        let exclusive = schema.flag("exclusiveMaximum");
        if over || (exclusive && equal) {
            refuse(format!("be less than {}{bound}", if exclusive { "" } else { "or equal to " }));
        }
    }
    if let Some(min) = schema.number("minimum") {
        let (over, equal, bound) = compare(number, min);
        let exclusive = schema.flag("exclusiveMinimum");
        if (!over && !equal) || (exclusive && equal) {
            refuse(format!("be greater than {}{bound}", if exclusive { "" } else { "or equal to " }));
        }
    }
    outcome
}

/// Whether a number is above a bound, whether it is the bound, and the bound as printed. An integer is compared with
/// the bound cut off to one.
#[expect(clippy::cast_possible_truncation, reason = "as the library does it; it saturates")]
#[expect(clippy::float_cmp, reason = "as the library does it")]
fn compare(number: &Number, bound: f64) -> (bool, bool, String) {
    if let Some(value) = number.as_i64() {
        let bound = bound as i64;
        return (value > bound, value == bound, bound.to_string());
    }
    let value = number.as_f64().unwrap_or_default();
    (value > bound, value == bound, go_float(bound))
}

#[expect(clippy::cast_possible_truncation, reason = "as the library does it; it saturates")]
fn is_multiple(number: &Number, factor: f64) -> (bool, String) {
    if let Some(value) = number.as_i64() {
        let factor = factor as i64;
        // The library divides by zero here, and the API server survives it.
        let multiple = value.checked_rem(factor).is_none_or(|rest| rest == 0);
        return (multiple, factor.to_string());
    }
    let value = number.as_f64().unwrap_or_default();
    let quotient = if factor < 1.0 { 1.0 / factor * value } else { value / factor };
    (is_json_integer(quotient), go_float(factor))
}

fn check_list(schema: Schema<'_>, items: &[Json], path: &KeyPath) -> Outcome {
    let mut outcome = Outcome { violations: Vec::new(), score: 1 };
    if let Some(inner) = schema.items() {
        for (index, item) in items.iter().enumerate() {
            outcome.add(check(inner, item, &path.index(index)));
        }
    }
    let size = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if let Some(min) = schema.integer("minItems").filter(|min| size < *min) {
        let detail = format!("{} in body should have at least {min} items", dotted(path));
        outcome.violations.push(Violation::invalid(path.clone(), &size.into(), &detail));
    }
    if let Some(max) = schema.integer("maxItems").filter(|max| size > *max) {
        outcome.violations.push(Violation::too_many(path.clone(), items.len(), max));
    }
    if schema.flag("uniqueItems") && items.iter().enumerate().any(|(i, item)| items[..i].contains(item)) {
        let detail = format!("{} in body shouldn't contain duplicates", dotted(path));
        outcome.violations.push(Violation::invalid(path.clone(), &"".into(), &detail));
    }
    outcome
}

/// Null is never one of an enum's values, even if it is listed.
fn check_enum(schema: Schema<'_>, value: &Json, path: &KeyPath) -> Option<Violation> {
    let values = schema.get("enum")?.as_array().filter(|values| !values.is_empty())?;
    let same = |other: &Json| match (value, other) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        _ => value == other && !value.is_null(),
    };
    (!values.iter().any(same)).then(|| Violation::unsupported(path.clone(), value, values))
}

fn check_map(schema: Schema<'_>, map: &Map<String, Json>, path: &KeyPath) -> Outcome {
    let size = i64::try_from(map.len()).unwrap_or(i64::MAX);
    if let Some(min) = schema.integer("minProperties").filter(|min| size < *min) {
        let detail = format!("{} in body should have at least {min} properties", dotted(path));
        return Some(Violation::invalid(path.clone(), &size.into(), &detail)).into();
    }
    if let Some(max) = schema.integer("maxProperties").filter(|max| size > *max) {
        return Some(Violation::too_many(path.clone(), map.len(), max)).into();
    }
    let mut outcome = Outcome::default();
    for (key, value) in map {
        let at = path.name(key.as_str());
        match (schema.property(key), schema.additional()) {
            (Some(inner), _) | (None, Additional::Schema(inner)) => outcome.add(check(inner, value, &at)),
            (None, _) if schema.get("additionalProperties") == Some(&Json::Bool(false)) => {
                let detail = format!("{} in body is a forbidden property", dotted(&at));
                outcome.violations.push(Violation::invalid(path.clone(), &key.as_str().into(), &detail));
            }
            _ => {}
        }
    }
    let required = schema.get("required").and_then(Json::as_array).into_iter().flatten();
    for name in required.filter_map(Json::as_str).filter(|name| !map.contains_key(*name)) {
        outcome.violations.push(Violation::required(path.name(name), ""));
    }
    outcome
}
