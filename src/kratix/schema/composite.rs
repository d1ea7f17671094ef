//! Schemas of schemas: `anyOf`, `oneOf`, `allOf` and `not`.

use serde_json::Value as Json;

use super::Schema;
use super::text::Violation;
use super::validate::{Outcome, check};
use crate::yaml::KeyPath;

/// What the schemas that a schema is made of make of a value.
pub(super) fn check_composites(schema: Schema<'_>, value: &Json, path: &KeyPath) -> Outcome {
    let mut outcome = Outcome { violations: Vec::new(), score: 1 };
    outcome.add(check_any_of(schema, value, path));
    outcome.add(check_one_of(schema, value, path));
    outcome.add(check_all_of(schema, value, path));
    if let Some(not) = schema.get("not").filter(|not| not.is_object())
        && check(Schema(not), value, path).is_valid()
    {
        let what = "must not validate the schema (not)";
        outcome.violations.push(Violation::composite(path.clone(), what));
    }
    outcome
}

/// The outcome that got farthest, the first of equals.
fn best(outcomes: Vec<Outcome>) -> Outcome {
    let mut best: Option<Outcome> = None;
    for outcome in outcomes {
        if best.as_ref().is_none_or(|best| outcome.score > best.score) {
            best = Some(outcome);
        }
    }
    best.unwrap_or_default()
}

fn check_any_of(schema: Schema<'_>, value: &Json, path: &KeyPath) -> Outcome {
    let mut failures = Vec::new();
    for inner in schema.list("anyOf") {
        let outcome = check(inner, value, path);
        if outcome.is_valid() {
            return outcome;
        }
        failures.push(outcome);
    }
    if failures.is_empty() {
        return Outcome::default();
    }
    let what = "must validate at least one schema (anyOf)";
    let mut outcome = Outcome::from(Some(Violation::composite(path.clone(), what)));
    outcome.add(best(failures));
    outcome
}

fn check_one_of(schema: Schema<'_>, value: &Json, path: &KeyPath) -> Outcome {
    let (valid, failures): (Vec<_>, Vec<_>) =
        schema.list("oneOf").map(|inner| check(inner, value, path)).partition(Outcome::is_valid);
    let found = match valid.len() {
        0 if failures.is_empty() => return Outcome::default(),
        0 => "Found none valid".to_owned(),
        1 => return best(valid),
        several => format!("Found {several} valid alternatives"),
    };
    let what = format!("must validate one and only one schema (oneOf). {found}");
    let mut outcome = Outcome::from(Some(Violation::composite(path.clone(), &what)));
    if valid.is_empty() {
        outcome.add(best(failures));
    }
    outcome
}

fn check_all_of(schema: Schema<'_>, value: &Json, path: &KeyPath) -> Outcome {
    let outcomes: Vec<_> = schema.list("allOf").map(|inner| check(inner, value, path)).collect();
    let valid = outcomes.iter().filter(|outcome| outcome.is_valid()).count();
    let all = outcomes.len();
    let mut outcome = Outcome::default();
    for one in outcomes {
        outcome.add(one);
    }
    if valid != all {
        let none = if valid == 0 { ". None validated" } else { "" };
        let what = format!("must validate all the schemas (allOf){none}");
        outcome.violations.push(Violation::composite(path.clone(), &what));
    }
    outcome
}
