//! Whether the API server takes a Promise's API as a `CustomResourceDefinition`.

use crate::yaml::KeyPath;

use super::super::api::{Api, ApiVersion};
use super::super::names;
use super::super::problem::{Problem, code, nearest};
use super::super::promise::Promise;
use super::super::schema::quote;
use super::super::strict;
use super::structural;

/// What the API server refuses about an API, and Kratix about its scope.
pub(super) fn check(promise: &Promise, api: &Api) -> Vec<Problem> {
    let mut problems = check_fields(promise, api);
    problems.extend(check_versions(promise, api));
    for version in &api.versions {
        problems.extend(structural::check(promise, api, version));
    }
    problems.extend(check_scope(promise, api));
    problems.extend(unknown_fields(promise, api));
    problems
}

/// A problem of the `CustomResourceDefinition`, as the dry run of the webhook words it.
pub(super) fn invalid(promise: &Promise, api: &Api, path: KeyPath, what: &str) -> Problem {
    let name = quote(&api.name);
    let text =
        format!("invalid CRD: CustomResourceDefinition.apiextensions.k8s.io {name} is invalid: {what}");
    let at = promise.locate(&path);
    Problem::new(code::INVALID_API, text, path, at)
}

fn check_fields(promise: &Promise, api: &Api) -> Vec<Problem> {
    let names_path = api.path.name("spec").name("names");
    let required = [
        (api.path.name("spec").name("group"), "spec.group", &api.group),
        (names_path.name("plural"), "spec.names.plural", &api.plural),
        (names_path.name("kind"), "spec.names.kind", &api.kind),
        (api.path.name("spec").name("scope"), "spec.scope", &api.scope),
    ];
    let mut problems = Vec::new();
    for (path, field, value) in required {
        if value.is_empty() {
            problems.push(invalid(promise, api, path, &format!("{field}: Required value")));
        }
    }
    let mut refuse = |path: KeyPath, field: &str, value: &str, refused: Vec<String>| {
        for why in refused {
            let what = format!("{field}: Invalid value: {}: {why}", quote(value));
            problems.push(invalid(promise, api, path.clone(), &what));
        }
    };
    if !api.group.is_empty() {
        refuse(
            api.path.name("spec").name("group"),
            "spec.group",
            &api.group,
            names::refuse_subdomain(&api.group),
        );
    }
    if !api.kind.is_empty() {
        let refused = names::refuse_dns_1035(&api.kind.to_lowercase());
        refuse(names_path.name("kind"), "spec.names.kind", &api.kind, refused);
    }
    if !api.plural.is_empty() {
        let refused = names::refuse_dns_1035(&api.plural);
        refuse(names_path.name("plural"), "spec.names.plural", &api.plural, refused);
    }
    if !matches!(api.scope.as_str(), "" | "Cluster" | "Namespaced") {
        let path = api.path.name("spec").name("scope");
        let what = format!(
            "spec.scope: Unsupported value: {}: supported values: \"Cluster\", \"Namespaced\"",
            quote(&api.scope)
        );
        problems.push(invalid(promise, api, path, &what));
    }
    problems.extend(check_name(promise, api));
    problems
}

fn check_name(promise: &Promise, api: &Api) -> Option<Problem> {
    let expected = format!("{}.{}", api.plural, api.group);
    if api.name == expected {
        return None;
    }
    let what = if api.name.is_empty() {
        "metadata.name: Required value: name or generateName is required".to_owned()
    } else {
        let name = quote(&api.name);
        format!("metadata.name: Invalid value: {name}: must be spec.names.plural+\".\"+spec.group")
    };
    let path = api.path.name("metadata").name("name");
    Some(invalid(promise, api, path, &what).hint(format!("name it {expected}")))
}

fn check_versions(promise: &Promise, api: &Api) -> Vec<Problem> {
    let versions = api.path.name("spec").name("versions");
    let mut problems = Vec::new();
    let stored = api.versions.iter().filter(|version| version.storage).count();
    if stored != 1 {
        let what = "spec.versions: Invalid value: must have exactly one version marked as storage version";
        let hint = if stored == 0 {
            "write storage: true in one version"
        } else {
            "write storage: true in one version only"
        };
        problems.push(invalid(promise, api, versions, what).hint(hint));
    }
    for (index, version) in api.versions.iter().enumerate() {
        problems.extend(check_version(promise, api, version, index));
    }
    problems
}

fn check_version(promise: &Promise, api: &Api, version: &ApiVersion, index: usize) -> Vec<Problem> {
    let field = format!("spec.versions[{index}].name");
    let path = version.path.name("name");
    let same = |other: &&ApiVersion| other.name == version.name;
    if api.versions.iter().take(index).any(|other| same(&other)) {
        let what = format!("{field}: Duplicate value: {}", quote(&version.name));
        return vec![invalid(promise, api, path, &what)];
    }
    let one = |why: String| {
        invalid(
            promise,
            api,
            path.clone(),
            &format!("{field}: Invalid value: {}: {why}", quote(&version.name)),
        )
    };
    names::refuse_dns_1035(&version.name).into_iter().map(one).collect()
}

fn check_scope(promise: &Promise, api: &Api) -> Option<Problem> {
    (api.scope == "Cluster").then(|| {
        let text = "promise api needs to be namespace scoped; spec.api.spec.scope cannot be: Cluster";
        let path = api.path.name("spec").name("scope");
        let at = promise.locate(&path);
        Problem::new(code::CLUSTER_SCOPE, text, path, at).hint("write scope: Namespaced")
    })
}

/// What is dropped from an API without a word, such as a misspelt keyword of a schema.
fn unknown_fields(promise: &Promise, api: &Api) -> Vec<Problem> {
    let Some(node) = promise.root.at_path(&api.path) else { return Vec::new() };
    strict::decode(node, &strict::CRD, &api.path)
        .into_iter()
        .filter(|flaw| flaw.unknown_field)
        .map(|flaw| {
            let text = format!("unknown field {}", quote(&flaw.path.to_string()));
            let hint = flaw.hint.filter(|hint| hint.starts_with("did you mean"));
            let dropped = "the API server drops it without a word";
            let hint = hint.map_or_else(|| dropped.to_owned(), |hint| format!("{hint} As it is, {dropped}"));
            Problem::new(code::UNKNOWN_PROMISE_FIELD, text, flaw.path, flaw.at).hint(hint)
        })
        .collect()
}

/// A value that must be one of a few, and is none.
pub(super) fn unsupported(field: &str, value: &str, supported: &[&str]) -> (String, Option<String>) {
    let quoted: Vec<_> = supported.iter().map(|word| quote(word)).collect();
    let what =
        format!("{field}: Unsupported value: {}: supported values: {}", quote(value), quoted.join(", "));
    (what, nearest(value, supported.iter().copied()).map(|word| format!("did you mean {word}?")))
}
