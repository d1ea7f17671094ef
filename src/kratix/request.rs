//! A resource request on its way into the cluster: which API it is for, what it is called, whether the API takes it.

use serde_json::{Map, Value as Json};

use crate::yaml::{KeyPath, Node};

use super::api::{Api, ApiVersion};
use super::names;
use super::problem::{Problem, code};
use super::promise::Promise;
use super::schema::{self, Unchecked, Violation};
use super::strict;

/// Why the platform does not take a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The platform's words, whole.
    pub(crate) text: String,
    /// What is wrong, one by one, each with its place in the request. Never empty.
    pub(crate) problems: Vec<Problem>,
}

/// A request that the API takes.
pub(super) struct Accepted<'p> {
    pub(super) api: &'p Api,
    pub(super) name: String,
    pub(super) namespace: String,
    /// The object without what the API server adds.
    pub(super) value: Map<String, Json>,
    /// What was dropped on the way, and what could not be checked.
    pub(super) remarks: Vec<Problem>,
}

impl Refusal {
    /// A refusal for one reason.
    fn one(problem: Problem) -> Self {
        Self { text: problem.text.clone(), problems: vec![problem] }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refusal {}

/// Takes a request through the API server, up to what that adds itself.
pub(super) fn accept<'p>(promise: &'p Promise, request: &Node) -> Result<Accepted<'p>, Refusal> {
    let (api, version) = find_api(promise, request)?;
    if let Some((at, value)) = super::promise::non_finite(request) {
        let text = format!("error converting YAML to JSON: json: unsupported value: {value}");
        return Err(Refusal::one(Problem::new(code::INVALID_REQUEST, text, KeyPath::root(), at)));
    }
    check_metadata_types(api, version, request)?;
    let metadata = request.get("metadata");
    let name = name_of(metadata);
    let namespace = metadata.and_then(|node| node.text("namespace")).filter(|text| !text.is_empty());
    let namespace = namespace.unwrap_or("default").to_owned();
    let mut violations = check_metadata(metadata, &name, &namespace);
    let mut applied = schema::apply(&api.installed_schema(version), with_name(request.to_json(), &name));
    violations.append(&mut applied.violations);
    if !violations.is_empty() {
        return Err(refuse(api, &name, request, violations));
    }
    let stored = api.storage_version();
    if stored.name != version.name {
        applied.value = schema::apply(&api.installed_schema(stored), applied.value).value;
    }
    let Json::Object(value) = applied.value else {
        return Err(Refusal::one(not_an_object(request)));
    };
    let mut remarks: Vec<_> = applied.pruned.into_iter().map(|path| dropped(path, request)).collect();
    remarks.extend(applied.unchecked.into_iter().map(|rule| unchecked(rule, request)));
    Ok(Accepted { api, name, namespace, value, remarks })
}

/// The API that a request is for, and the version that it is made in.
fn find_api<'p>(promise: &'p Promise, request: &Node) -> Result<(&'p Api, &'p ApiVersion), Refusal> {
    if request.as_map().is_none() {
        return Err(Refusal::one(not_an_object(request)));
    }
    let Some(api) = &promise.api else {
        let problem =
            Problem::new(code::NO_API, "promise does not contain an API", KeyPath::root(), request.at);
        return Err(Refusal::one(problem.hint("a Promise without spec.api takes no requests")));
    };
    for field in ["kind", "apiVersion"] {
        if request.text(field).unwrap_or_default().is_empty() {
            let word = if field == "kind" { "Kind" } else { field };
            let text = format!("Object '{word}' is missing in '{}'", request.to_json());
            let problem = Problem::new(code::INVALID_REQUEST, text, KeyPath::root().name(field), request.at);
            return Err(Refusal::one(problem.hint(right_names(api))));
        }
    }
    let (kind, group_version) = (request.text("kind"), request.text("apiVersion").unwrap_or_default());
    let version = group_version
        .strip_prefix(api.group.as_str())
        .and_then(|rest| api.served_version(rest.strip_prefix('/')?));
    match version.filter(|_| kind == Some(api.kind.as_str())) {
        Some(version) => Ok((api, version)),
        None => Err(Refusal::one(no_match(api, request, version.is_some()))),
    }
}

fn not_an_object(request: &Node) -> Problem {
    let text = format!("the request is not an object but of type {}", request.type_name());
    Problem::new(code::INVALID_REQUEST, text, KeyPath::root(), request.at)
}

fn no_match(api: &Api, request: &Node, version_fits: bool) -> Problem {
    let field = if version_fits { "kind" } else { "apiVersion" };
    let path = KeyPath::root().name(field);
    let kind = schema::quote(request.text("kind").unwrap_or_default());
    let version = schema::quote(request.text("apiVersion").unwrap_or_default());
    let text = format!("no matches for kind {kind} in version {version}");
    let at = request.get(field).map_or(request.at, |node| node.at);
    Problem::new(code::INVALID_REQUEST, text, path, at).hint(right_names(api))
}

fn right_names(api: &Api) -> String {
    let served: Vec<_> = api
        .versions
        .iter()
        .filter(|version| version.served)
        .map(|version| api.api_version(version))
        .collect();
    match served.as_slice() {
        [] => format!("the Promise's API serves no version of {}", api.kind),
        served => format!("the Promise's API is kind: {}, apiVersion: {}", api.kind, served.join(" or ")),
    }
}

/// The API server reads `metadata` into a struct of its own.
fn check_metadata_types(api: &Api, version: &ApiVersion, request: &Node) -> Result<(), Refusal> {
    let kind = &api.kind;
    let metadata_only = strict::decode(request, &strict::OBJECT, &KeyPath::root());
    let problems: Vec<_> = metadata_only
        .into_iter()
        .filter(|flaw| !flaw.unknown_field)
        .map(|flaw| {
            let version = schema::quote(&version.name);
            let text = format!("{kind} in version {version} cannot be handled as a {kind}: {}", flaw.text);
            Problem { code: code::INVALID_REQUEST, text, path: flaw.path, at: flaw.at, hint: flaw.hint }
        })
        .collect();
    match problems.first() {
        None => Ok(()),
        Some(first) => Err(Refusal { text: first.text.clone(), problems }),
    }
}

/// The name, made from `generateName` if there is none, with an ending that is always the same.
fn name_of(metadata: Option<&Node>) -> String {
    let text = |key| metadata.and_then(|node| node.text(key)).filter(|text| !text.is_empty());
    match (text("name"), text("generateName")) {
        (Some(name), _) => name.to_owned(),
        (None, Some(start)) => format!("{start}00000"),
        (None, None) => String::new(),
    }
}

fn with_name(mut value: Json, name: &str) -> Json {
    let Some(map) = value.as_object_mut() else { return value };
    let metadata = map.entry("metadata").or_insert_with(|| Json::Object(Map::new()));
    if metadata.is_null() {
        *metadata = Json::Object(Map::new());
    }
    if let Some(metadata) = metadata.as_object_mut().filter(|_| !name.is_empty()) {
        metadata.insert("name".to_owned(), name.into());
    }
    value
}

/// What every API refuses of an object's metadata.
fn check_metadata(metadata: Option<&Node>, name: &str, namespace: &str) -> Vec<Violation> {
    let path = KeyPath::root().name("metadata");
    let mut violations = Vec::new();
    if name.is_empty() {
        violations.push(Violation::required(path.name("name"), "name or generateName is required"));
    } else {
        violations.extend(invalid(&path.name("name"), name, names::refuse_subdomain(name)));
    }
    violations.extend(invalid(&path.name("namespace"), namespace, names::refuse_label(namespace)));
    violations.extend(metadata.into_iter().flat_map(check_labels));
    violations
}

fn invalid(path: &KeyPath, value: &str, refused: Vec<String>) -> Vec<Violation> {
    refused.into_iter().map(|why| Violation::invalid(path.clone(), &value.into(), &why)).collect()
}

/// What every API refuses of the labels and the annotations of an object.
pub(super) fn check_labels(metadata: &Node) -> Vec<Violation> {
    let path = KeyPath::root().name("metadata");
    let mut violations = Vec::new();
    for (key, value) in super::read::labels(metadata, "labels") {
        let path = path.name("labels");
        violations.extend(invalid(&path, &key, names::refuse_qualified(&key)));
        violations.extend(invalid(&path, &value, names::refuse_label_value(&value)));
    }
    for (key, _) in super::read::labels(metadata, "annotations") {
        let lower = key.to_lowercase();
        violations.extend(invalid(&path.name("annotations"), &key, names::refuse_qualified(&lower)));
    }
    violations
}

fn refuse(api: &Api, name: &str, request: &Node, violations: Vec<Violation>) -> Refusal {
    let text = schema::refusal(&api.kind, &api.group, name, &violations);
    let name_path = KeyPath::from_iter(["metadata", "name"]);
    let one = |violation: Violation| {
        let long = violation.path == name_path && violation.text.contains("Too long");
        let code = if long { code::REQUEST_NAME } else { code::INVALID_REQUEST };
        let at = request.locate(&violation.path);
        Problem::new(code, violation.text, violation.path, at)
    };
    Refusal { text, problems: violations.into_iter().map(one).collect() }
}

/// What `kubectl` says of a field that the API server drops.
fn dropped(path: KeyPath, request: &Node) -> Problem {
    let at = request.locate(&path);
    let text = format!("unknown field {}", schema::quote(&path.to_string()));
    Problem::new(code::DROPPED_FIELD, text, path, at)
        .hint("the API's schema does not have this field, so that the pipeline never sees it")
}

/// A rule of the API that could not be checked.
fn unchecked(rule: Unchecked, request: &Node) -> Problem {
    let text = format!("the rule {} of the API is not checked: {}", schema::quote(&rule.rule), rule.why);
    let at = request.locate(&rule.path);
    Problem::new(code::UNCHECKED_RULE, text, rule.path, at)
        .hint("only a cluster can tell whether the request keeps it")
}
