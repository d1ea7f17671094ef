//! Whether the schema of an API is one that the API server can prune and default by.

use serde_json::Value as Json;

use crate::yaml::KeyPath;

use super::super::api::{Api, ApiVersion};
use super::super::problem::Problem;
use super::super::promise::Promise;
use super::super::schema;
use super::crd::{invalid, unsupported};

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];
/// Keywords that a schema must not have.
const FORBIDDEN: [&str; 6] =
    ["$ref", "additionalItems", "definitions", "dependencies", "id", "patternProperties"];

/// What a schema stands for in the one around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Root,
    Field,
    Item,
}

/// A schema and where it is, in the author's file and in the platform's messages.
struct Place<'s> {
    schema: &'s Json,
    path: KeyPath,
    field: String,
    role: Role,
}

struct Checker<'p> {
    promise: &'p Promise,
    api: &'p Api,
    problems: Vec<Problem>,
}

/// What is wrong with the schema of a version.
pub(super) fn check(promise: &Promise, api: &Api, version: &ApiVersion) -> Vec<Problem> {
    let mut checker = Checker { promise, api, problems: Vec::new() };
    let path = version.path.name("schema").name("openAPIV3Schema");
    let index = api.versions.iter().position(|other| other.path == version.path).unwrap_or_default();
    let Some(schema) = &version.schema else {
        let field = format!("spec.versions[{index}].schema.openAPIV3Schema");
        checker.refuse(path, &format!("{field}: Required value: schemas are required"), None);
        return checker.problems;
    };
    if schema::is_too_deep(schema) {
        checker.refuse(path, "the schema is nested too deep to be looked at", None);
        return checker.problems;
    }
    // Kratix writes its status into the fields of every version, and does not survive that there are none.
    if schema.get("properties").is_none_or(Json::is_null) && !version.storage && api.versions.len() > 1 {
        let what = "assignment to entry in nil map, since the schema of a version that is not stored has no properties";
        checker.refuse(path.clone(), what, Some("give the schema properties, or drop the version"));
    }
    // The schema of an only version is moved before it is checked.
    let field = match api.versions.len() {
        1 => "spec.validation.openAPIV3Schema".to_owned(),
        _ => format!("spec.versions[{index}].schema.openAPIV3Schema"),
    };
    checker.walk(&Place { schema, path, field, role: Role::Root });
    checker.problems
}

impl Checker<'_> {
    fn refuse(&mut self, path: KeyPath, what: &str, hint: Option<&str>) {
        let problem = invalid(self.promise, self.api, path, what);
        self.problems.push(match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        });
    }

    fn walk(&mut self, place: &Place<'_>) {
        self.check_type(place);
        self.check_keywords(place);
        self.check_pattern(place);
        self.check_rules(place);
        self.check_default(place);
        let schema = place.schema;
        for (name, inner) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            // Kratix replaces the status by one of its own.
            if place.role != Role::Root || !matches!(name.as_str(), "status" | "metadata") {
                self.walk(&Place {
                    schema: inner,
                    path: place.path.name("properties").name(name.as_str()),
                    field: format!("{}.properties[{name}]", place.field),
                    role: Role::Field,
                });
            }
        }
        for (keyword, role) in [("items", Role::Item), ("additionalProperties", Role::Field)] {
            if let Some(inner) = schema.get(keyword).filter(|inner| inner.is_object()) {
                let path = place.path.name(keyword);
                let field = format!("{}.{keyword}", place.field);
                self.walk(&Place { schema: inner, path, field, role });
            }
        }
    }

    fn check_type(&mut self, place: &Place<'_>) {
        let flag = |keyword: &str| place.schema.get(keyword).and_then(Json::as_bool).unwrap_or_default();
        let kind = place.schema.get("type").and_then(Json::as_str).unwrap_or_default();
        let field = format!("{}.type", place.field);
        let path = place.path.name("type");
        let untyped = flag("x-kubernetes-int-or-string") || flag("x-kubernetes-preserve-unknown-fields");
        match (kind, place.role) {
            ("", Role::Root) => {
                let what = format!("{field}: Required value: must not be empty at the root");
                self.refuse(path, &what, Some("write type: object"));
            }
            ("", role) if !untyped => {
                let of = if role == Role::Item { "array items" } else { "object fields" };
                let what = format!("{field}: Required value: must not be empty for specified {of}");
                self.refuse(path, &what, Some("give it a type"));
            }
            ("" | "object", _) => {}
            (other, Role::Root) => {
                let what =
                    format!("{field}: Invalid value: {}: must be object at the root", schema::quote(other));
                self.refuse(path, &what, Some("write type: object"));
            }
            ("array", _) if place.schema.get("items").is_none() => {
                let what = format!("{}.items: Required value: must be specified", place.field);
                self.refuse(path, &what, Some("say what the items are: items: {type: …}"));
            }
            (other, _) if !TYPES.contains(&other) => {
                let (what, hint) = unsupported(&field, other, &TYPES);
                self.refuse(path, &what, hint.as_deref());
            }
            _ => {}
        }
    }

    fn check_keywords(&mut self, place: &Place<'_>) {
        for keyword in FORBIDDEN.into_iter().filter(|keyword| place.schema.get(keyword).is_some()) {
            let what = format!("{}.{keyword}: Forbidden: {keyword} is not supported", place.field);
            self.refuse(place.path.name(keyword), &what, None);
        }
        if place.schema.get("uniqueItems") == Some(&Json::Bool(true)) {
            let why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
            let what = format!("{}.uniqueItems: Forbidden: {why}", place.field);
            self.refuse(place.path.name("uniqueItems"), &what, Some("write x-kubernetes-list-type: set"));
        }
        let named = place.schema.get("properties").is_some();
        let why = match place.schema.get("additionalProperties") {
            Some(Json::Bool(false)) => "additionalProperties cannot be set to false",
            Some(_) if named => "additionalProperties and properties are mutual exclusive",
            _ => return,
        };
        let what = format!("{}.additionalProperties: Forbidden: {why}", place.field);
        self.refuse(place.path.name("additionalProperties"), &what, Some("remove additionalProperties"));
    }

    fn check_pattern(&mut self, place: &Place<'_>) {
        let Some(pattern) = place.schema.get("pattern").and_then(Json::as_str) else { return };
        if !schema::is_pattern(pattern) {
            let what = format!(
                "{}.pattern: Invalid value: {}: must be a valid regular expression, but isn't",
                place.field,
                schema::quote(pattern)
            );
            self.refuse(place.path.name("pattern"), &what, Some("write it in Go's syntax, RE2"));
        }
    }

    /// Whether a rule can be read is for whoever applies it to say: not every one can be, here.
    fn check_rules(&mut self, place: &Place<'_>) {
        const RULES: &str = "x-kubernetes-validations";
        let rules = place.schema.get(RULES).and_then(Json::as_array);
        for (index, rule) in rules.into_iter().flatten().enumerate() {
            if rule.get("rule").and_then(Json::as_str).is_none_or(|rule| rule.trim().is_empty()) {
                let what =
                    format!("{}.{RULES}[{index}].rule: Required value: rule is not specified", place.field);
                self.refuse(place.path.name(RULES).index(index), &what, None);
            }
        }
    }

    /// A default must fit the schema that it is of.
    fn check_default(&mut self, place: &Place<'_>) {
        let Some(default) = place.schema.get("default") else { return };
        for violation in schema::violations(place.schema, default) {
            let dot = if violation.path.is_root() { "" } else { "." };
            let what = format!("{}.default{dot}{}", place.field, violation.text);
            self.refuse(place.path.name("default"), &what, None);
        }
    }
}
