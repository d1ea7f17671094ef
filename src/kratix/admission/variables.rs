//! Whether a container's environment is one that its pod can have.

use crate::yaml::Node;

use super::super::container::{Container, EnvValue, KeyRef};
use super::super::names;
use super::super::problem::code;
use super::super::schema::quote;
use super::super::strict::field;
use super::crd::unsupported;
use super::job::Job;

/// How many variables of Kratix's own stand before a container's.
const OWN_VARIABLES: usize = 11;
/// The fields of its pod that a container can be given, beside single labels and annotations.
const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

/// Notes everything that Kubernetes refuses of a container's environment; `place` is the container's field.
pub(super) fn check(job: &mut Job<'_>, container: &Container, place: &str) {
    check_variables(job, container, place);
    check_env_from(job, container, place);
}

fn check_variables(job: &mut Job<'_>, container: &Container, place: &str) {
    for (index, variable) in container.env.iter().enumerate() {
        let field = format!("{place}.env[{}]", OWN_VARIABLES + index);
        let path = variable.path.name("name");
        if variable.name.is_empty() {
            job.refuse(code::INVALID_POD, &path, &format!("{field}.name: Required value"), None);
        } else {
            for why in names::refuse_variable(&variable.name) {
                let what = format!("{field}.name: Invalid value: {}: {why}", quote(&variable.name));
                job.refuse(code::INVALID_POD, &path, &what, None);
            }
        }
        if let Some(why) = job.promise.root.at_path(&variable.path).and_then(wrong_source) {
            let what = format!("{field}.valueFrom: Invalid value: \"\": {why}");
            job.refuse(code::INVALID_POD, &variable.path.name("valueFrom"), &what, None);
        } else if let Some((path, what)) = refuse_reference(&variable.value) {
            let at = path.split('.').fold(variable.path.name("valueFrom"), |at, name| at.name(name));
            job.refuse(code::INVALID_POD, &at, &format!("{field}.valueFrom.{path}: {what}"), None);
        }
    }
}

/// Why a variable's `valueFrom` says too much or too little.
fn wrong_source(variable: &Node) -> Option<&'static str> {
    let source = field(variable, "valueFrom")?;
    let sources = source.as_map()?.values().filter(|entry| !entry.node.is_null()).count();
    if field(variable, "value").and_then(Node::as_str).is_some_and(|value| !value.is_empty()) {
        return Some("may not be specified when `value` is not empty");
    }
    match sources {
        0 => Some(
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        ),
        1 => None,
        _ => Some("may not have more than one field specified at a time"),
    }
}

/// What is wrong with what a variable refers to, and the field below `valueFrom`.
fn refuse_reference(value: &EnvValue) -> Option<(String, String)> {
    let required = |field: &str| Some((field.to_owned(), "Required value".to_owned()));
    let key = |kind: &str, KeyRef { name, key, .. }: &KeyRef| match () {
        () if name.is_empty() => required(&format!("{kind}.name")),
        () if key.is_empty() => required(&format!("{kind}.key")),
        () => None,
    };
    match value {
        EnvValue::ConfigMapKey(reference) => key("configMapKeyRef", reference),
        EnvValue::SecretKey(reference) => key("secretKeyRef", reference),
        EnvValue::Field(path) if path.is_empty() => required("fieldRef.fieldPath"),
        EnvValue::Field(path) if !is_field_of_the_pod(path) => {
            let why = format!("error converting fieldPath: field label not supported: {path}");
            Some(("fieldRef.fieldPath".to_owned(), format!("Invalid value: {}: {why}", quote(path))))
        }
        EnvValue::Resource { resource, .. } if resource.is_empty() => required("resourceFieldRef.resource"),
        EnvValue::Resource { resource, .. } if !is_resource(resource) => {
            let (what, _) = unsupported("", resource, &RESOURCES);
            Some(("resourceFieldRef.resource".to_owned(), what.trim_start_matches(": ").to_owned()))
        }
        _ => None,
    }
}

fn is_field_of_the_pod(path: &str) -> bool {
    let of =
        |map: &str| path.strip_prefix(map).is_some_and(|key| key.starts_with("['") && key.ends_with("']"));
    FIELDS.contains(&path) || of("metadata.labels") || of("metadata.annotations")
}

fn is_resource(name: &str) -> bool {
    RESOURCES.contains(&name)
        || ["limits.hugepages-", "requests.hugepages-"].iter().any(|huge| name.starts_with(huge))
}

fn check_env_from(job: &mut Job<'_>, container: &Container, place: &str) {
    let path = container.path.name("envFrom");
    let items = job.promise.root.at_path(&path).and_then(Node::as_list).unwrap_or_default();
    for (index, item) in items.iter().enumerate() {
        let (path, place) = (path.index(index), format!("{place}.envFrom[{index}]"));
        let found: Vec<_> = ["configMapRef", "secretRef"]
            .into_iter()
            .filter_map(|name| Some((name, field(item, name)?)))
            .collect();
        let invalid = match found.as_slice() {
            [] => "must specify one of: `configMapRef` or `secretRef`",
            [(name, reference)] => {
                if reference.text("name").unwrap_or_default().is_empty() {
                    let what = format!("{place}.{name}.name: Required value");
                    job.refuse(code::INVALID_POD, &path.name(*name).name("name"), &what, None);
                }
                continue;
            }
            _ => "may not have more than one field specified at a time",
        };
        job.refuse(code::INVALID_POD, &path, &format!("{place}: Invalid value: \"\": {invalid}"), None);
    }
}
