//! Rules in CEL (`x-kubernetes-validations`). A rule that uses what the interpreter here has not is said to be
//! unchecked: it neither passes nor fails in silence.

mod value;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cel::{Context, Env, ExecutionError, Value as Cel, extensions};
use serde_json::Value as Json;

use super::text::{Violation, quote};
use super::{Schema, is_stray_null};
use crate::yaml::KeyPath;

/// A rule that only a cluster could check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unchecked {
    /// The value that it is about.
    pub(crate) path: KeyPath,
    pub(crate) rule: String,
    pub(crate) why: String,
}

/// Rules longer than this are left to the cluster.
const MAX_LENGTH: usize = 4096;

/// One rule of a schema.
#[derive(Clone, Copy)]
struct Rule<'s>(&'s Json);

/// What comes of the rules of a schema.
#[derive(Default)]
struct Outcome {
    violations: Vec<Violation>,
    unchecked: Vec<Unchecked>,
}

/// What one rule says of one value.
enum Verdict {
    Kept,
    Broken(String),
    Unchecked(String),
}

/// Checks every rule, unless something else is so wrong with the value that the API server checks none.
pub(super) fn check(
    schema: Schema<'_>,
    value: &Json,
    found: &[Violation],
) -> (Vec<Violation>, Vec<Unchecked>) {
    if !has_rules(schema) {
        return Default::default();
    }
    if found.iter().any(|violation| violation.blocks_rules) {
        return (vec![Violation::rules_not_checked()], Vec::new());
    }
    let Some(env) = environment() else { return Default::default() };
    let mut outcome = Outcome::default();
    outcome.walk(&env, schema, value, &KeyPath::root());
    (outcome.violations, outcome.unchecked)
}

/// The functions that rules have on a platform, as far as there are any here.
fn environment() -> Option<Arc<Env>> {
    let mut env = Env::stdlib();
    for extension in [extensions::strings, extensions::lists] {
        env.add_extension(extension).ok()?;
    }
    Some(Arc::new(env))
}

fn rules(schema: Schema<'_>) -> impl Iterator<Item = Rule<'_>> {
    schema.list("x-kubernetes-validations").map(|rule| Rule(rule.0))
}

fn has_rules(schema: Schema<'_>) -> bool {
    let inner = schema.properties().into_iter().flat_map(serde_json::Map::values).map(Schema);
    let additional = schema.get("additionalProperties").map(Schema);
    rules(schema).next().is_some() || inner.chain(additional).chain(schema.items()).any(has_rules)
}

impl<'s> Rule<'s> {
    fn text(self, key: &str) -> &'s str {
        self.0.get(key).and_then(Json::as_str).unwrap_or_default()
    }

    /// What is said if it is broken and no expression says it.
    fn message(self) -> String {
        match self.text("message").trim() {
            "" => format!("failed rule: {}", self.text("rule").trim()),
            message => message.to_owned(),
        }
    }

    fn reason(self) -> &'static str {
        match self.text("reason") {
            "FieldValueRequired" => "Required value",
            "FieldValueForbidden" => "Forbidden",
            "FieldValueDuplicate" => "Duplicate value",
            _ => "Invalid value",
        }
    }

    /// Where the rule says that a value breaks it.
    fn place(self, path: &KeyPath) -> KeyPath {
        let names = self.text("fieldPath").split('.').filter(|name| !name.is_empty());
        names.fold(path.clone(), |path, name| path.name(name))
    }
}

impl Outcome {
    fn walk(&mut self, env: &Arc<Env>, schema: Schema<'_>, value: &Json, path: &KeyPath) {
        if is_stray_null(value, Some(schema)) || value.is_null() {
            return;
        }
        for rule in rules(schema) {
            self.apply(env, rule, schema, value, path);
        }
        match value {
            Json::Object(map) => {
                for (key, value) in map {
                    if let Some(inner) = schema.at_key(key) {
                        self.walk(env, inner, value, &path.name(key.as_str()));
                    }
                }
            }
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Some(inner) = schema.items() {
                        self.walk(env, inner, item, &path.index(index));
                    }
                }
            }
            _ => {}
        }
    }

    fn apply(&mut self, env: &Arc<Env>, rule: Rule<'_>, schema: Schema<'_>, value: &Json, path: &KeyPath) {
        // The interpreter is not ours: a panic of its own must not end the run.
        let verdict = catch_unwind(AssertUnwindSafe(|| judge(env, rule, schema, value, path)))
            .unwrap_or_else(|_| Verdict::Unchecked("the interpreter gave up".to_owned()));
        match verdict {
            Verdict::Kept => {}
            Verdict::Broken(detail) => {
                let place = rule.place(path);
                self.violations.push(Violation::broken_rule(place, rule.reason(), value, &detail));
            }
            Verdict::Unchecked(why) => {
                let rule = rule.text("rule").trim().to_owned();
                self.unchecked.push(Unchecked { path: path.clone(), rule, why });
            }
        }
    }
}

fn judge(env: &Arc<Env>, rule: Rule<'_>, schema: Schema<'_>, value: &Json, path: &KeyPath) -> Verdict {
    let source = rule.text("rule");
    if source.len() > MAX_LENGTH {
        return Verdict::Unchecked("it is too long".to_owned());
    }
    let Ok(program) = env.compile(source) else {
        return Verdict::Unchecked("it cannot be read here".to_owned());
    };
    if program.references().has_variable("oldSelf") {
        // A rule about a change says nothing of a new object, unless it asks to be heard.
        return match rule.0.get("optionalOldSelf") {
            Some(Json::Bool(true)) => {
                Verdict::Unchecked("it asks for oldSelf as an optional value".to_owned())
            }
            _ => Verdict::Kept,
        };
    }
    let mut context = Context::with_env(Arc::clone(env));
    context.add_variable_from_value("self", value::to_cel(schema, value, path.is_root()));
    match program.execute(&context) {
        Ok(Cel::Bool(true)) => Verdict::Kept,
        Ok(Cel::Bool(false)) => Verdict::Broken(said(env, rule, &context)),
        Ok(_) => Verdict::Unchecked("it does not give true or false".to_owned()),
        Err(ExecutionError::NoSuchKey(key)) => {
            Verdict::Broken(format!("no such key: {key} evaluating rule: {}", rule.message()))
        }
        Err(error) => Verdict::Unchecked(unsupported(&error)),
    }
}

/// What a broken rule says: its `messageExpression` if that gives a text, or else its message.
fn said(env: &Arc<Env>, rule: Rule<'_>, context: &Context<'_, '_>) -> String {
    let expression = rule.text("messageExpression");
    if expression.is_empty() || expression.len() > MAX_LENGTH {
        return rule.message();
    }
    match env.compile(expression).map(|program| program.execute(context)) {
        Ok(Ok(Cel::String(text))) if !text.trim().is_empty() && !text.contains('\n') => {
            text.trim().to_owned()
        }
        _ => rule.message(),
    }
}

/// What the interpreter lacks, without the values that it was given.
fn unsupported(error: &ExecutionError) -> String {
    match error {
        ExecutionError::UndeclaredReference(name) => format!("{} is not known here", quote(name)),
        ExecutionError::NoSuchOverload(overload) => {
            format!("{} is not known here for these types", quote(overload.function()))
        }
        ExecutionError::NotSupportedAsMethod { method, .. } => format!("{} is not known here", quote(method)),
        ExecutionError::FunctionError { function, .. } => format!("{} failed here", quote(function)),
        _ => "it cannot be evaluated here".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::apply;
    use super::*;
    use crate::yaml::parse;

    fn json(text: &str) -> Json {
        parse(text.as_bytes()).expect("YAML").remove(0).root.to_json()
    }

    /// What is said of a `spec` by a schema of these properties with a rule, and what is left unchecked.
    fn outcome(rule: &str, spec: &str) -> (Vec<String>, Vec<String>) {
        let schema = json(&format!(
            "{{type: object, properties: {{spec: {{type: object, x-kubernetes-validations: [{rule}], properties: {{min: {{type: integer}}, \
             max: {{type: integer}}, ratio: {{type: number}}, name: {{type: string}}, on-call: {{type: string}}, namespace: {{type: string}}, \
             port: {{x-kubernetes-int-or-string: true}}, list: {{type: array, items: {{type: object, properties: {{a: {{type: string}}}}}}}}, \
             labels: {{type: object, additionalProperties: {{type: string}}}}}}}}}}}}"
        ));
        let applied = apply(&schema, json(&format!("spec: {spec}")));
        (
            applied.violations.into_iter().map(|violation| violation.text).collect(),
            applied.unchecked.into_iter().map(|unchecked| unchecked.why).collect(),
        )
    }

    /// A rule, a spec that breaks it and one that keeps it.
    const RULES: &[(&str, &str, &str)] = &[
        ("self.min <= self.max", "{min: 3, max: 2}", "{min: 2, max: 2}"),
        ("!has(self.name) || self.name != \"admin\"", "{name: admin}", "{}"),
        ("self.ratio < 1.5 && self.ratio > 0.5", "{ratio: 2}", "{ratio: 1}"),
        ("self.list.all(x, x.a.startsWith(\"a\"))", "{list: [{a: a}, {a: b}]}", "{list: [{a: ab}]}"),
        ("self.list.exists(x, x.a == \"a\")", "{list: []}", "{list: [{a: a}]}"),
        ("size(self.list) > 1", "{list: [{a: a}]}", "{list: [{a: a}, {a: b}]}"),
        ("self.labels.all(k, k.matches(\"^[a-z]+$\"))", "{labels: {A: x}}", "{labels: {a: x}}"),
        ("\"team\" in self.labels", "{labels: {}}", "{labels: {team: x}}"),
        ("self.on__dash__call == \"me\"", "{on-call: you}", "{on-call: me}"),
        ("self.__namespace__ == \"a\"", "{namespace: b}", "{namespace: a}"),
        ("type(self.port) == int ? self.port > 1 : self.port == \"http\"", "{port: 1}", "{port: http}"),
        ("self.name in [\"a\", \"b\"]", "{name: c}", "{name: a}"),
        ("self.name.lowerAscii() == self.name", "{name: A}", "{name: a}"),
        ("self.min % 2 == 1", "{min: 2}", "{min: 1}"),
        ("[self.min, self.max].exists_one(x, x == 0)", "{min: 0, max: 0}", "{min: 0, max: 1}"),
    ];

    #[test]
    fn a_rule_is_broken_or_kept() {
        for (rule, bad, good) in RULES {
            let quoted = Json::from(*rule);
            let (violations, unchecked) = outcome(&format!("{{rule: {quoted}, message: wrong}}"), bad);
            assert_eq!(
                (violations, unchecked),
                (vec!["spec: Invalid value: wrong".to_owned()], vec![]),
                "{rule} {bad}"
            );
            let (violations, unchecked) = outcome(&format!("{{rule: {quoted}}}"), good);
            assert_eq!(
                (violations.len(), unchecked.len()),
                (0, 0),
                "{rule} {good}: {violations:?} {unchecked:?}"
            );
        }
    }

    #[test]
    fn a_broken_rule_says_what_it_has_to_say() {
        let broken = |rule: &str| outcome(rule, "{min: 3, max: 2, list: [{}]}").0;
        assert_eq!(
            broken("{rule: ' self.min <= self.max '}"),
            ["spec: Invalid value: failed rule: self.min <= self.max"]
        );
        let expression =
            "{rule: self.min <= self.max, message: wrong, messageExpression: '\"min \" + string(self.min)'}";
        assert_eq!(broken(expression), ["spec: Invalid value: min 3"]);
        let placed =
            "{rule: self.min <= self.max, message: wrong, fieldPath: .min, reason: FieldValueForbidden}";
        assert_eq!(broken(placed), ["spec.min: Forbidden: wrong"]);
        let absent = "{rule: self.name != 'x', message: wrong}";
        assert_eq!(broken(absent), ["spec: Invalid value: no such key: name evaluating rule: wrong"]);
    }

    #[test]
    fn a_scalar_that_breaks_a_rule_is_shown() {
        let schema = json(
            "{type: object, properties: {size: {type: integer, x-kubernetes-validations: [{rule: self > 2, message: small}]}}}",
        );
        let texts = |value: &str| {
            apply(&schema, json(value)).violations.into_iter().map(|one| one.text).collect::<Vec<_>>()
        };
        assert_eq!(texts("{size: 2}"), ["size: Invalid value: 2: small"]);
        assert_eq!(texts("{size: 3}"), [] as [&str; 0]);
    }

    #[test]
    fn a_rule_that_cannot_be_checked_says_so() {
        for rule in [
            "quantity(self.name).isGreaterThan(quantity(\"1\"))",
            "self.list.map(x, size(x.a)).sum() > 1",
            "isIP(self.name)",
            "self.(",
            "self.min",
        ] {
            let (violations, unchecked) =
                outcome(&format!("{{rule: {}}}", Json::from(rule)), "{name: '2', min: 1, list: [{a: b}]}");
            assert_eq!((violations.len(), unchecked.len()), (0, 1), "{rule}: {violations:?}");
        }
    }

    #[test]
    fn a_rule_about_a_change_says_nothing_of_a_new_object() {
        assert_eq!(outcome("{rule: self.min == oldSelf.min}", "{min: 1}"), (vec![], vec![]));
        let (violations, unchecked) =
            outcome("{rule: oldSelf.hasValue(), optionalOldSelf: true}", "{min: 1}");
        assert_eq!((violations.len(), unchecked.len()), (0, 1));
    }

    #[test]
    fn no_rule_is_checked_on_a_value_of_the_wrong_types() {
        let (violations, unchecked) = outcome("{rule: self.min <= self.max}", "{min: a, max: 1}");
        assert_eq!((violations.len(), unchecked.len()), (2, 0));
        assert!(
            violations[1]
                .starts_with("<nil>: Invalid value: \"null\": some validation rules were not checked")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_rule_makes_it_panic(rule in "[self.minax()\\[\\]{}!?:+=<>&|\"' 0-9-]{0,40}") {
            outcome(&format!("{{rule: {}}}", Json::from(rule)), "{min: 1, list: [{a: b}]}");
        }
    }
}
