//! Whether a pipeline says well which nodes its pod may run on.

use crate::yaml::{KeyPath, Node};

use super::super::names;
use super::super::problem::code;
use super::super::read::{integer, items, labels, text};
use super::super::schema::quote;
use super::crd::unsupported;
use super::job::Job;

/// Notes everything that Kubernetes refuses of the node selector and the tolerations.
pub(super) fn check(job: &mut Job<'_>) {
    let path = job.pipeline.path.name("spec");
    let Some(spec) = job.promise.root.at_path(&path) else { return };
    check_selector(job, spec, &path.name("nodeSelector"));
    for (index, toleration) in items(spec, "tolerations").iter().enumerate() {
        check_toleration(job, toleration, (index, &path.name("tolerations").index(index)));
    }
}

fn check_selector(job: &mut Job<'_>, spec: &Node, path: &KeyPath) {
    for (key, value) in labels(spec, "nodeSelector") {
        let refused = |text: &str, why: Vec<String>| {
            let one = |why| format!("spec.template.spec.nodeSelector: Invalid value: {}: {why}", quote(text));
            why.into_iter().map(one).collect::<Vec<_>>()
        };
        let of_key = refused(&key, names::refuse_qualified(&key));
        for what in of_key.iter().chain(&refused(&value, names::refuse_label_value(&value))) {
            job.refuse(code::INVALID_POD, &path.name(key.as_str()), what, None);
        }
    }
}

fn check_toleration(job: &mut Job<'_>, toleration: &Node, (index, path): (usize, &KeyPath)) {
    let known = [
        ("operator", ["Equal", "Exists"].as_slice()),
        ("effect", ["NoSchedule", "PreferNoSchedule", "NoExecute"].as_slice()),
    ];
    for (name, supported) in known {
        let Some(value) = text(toleration, name).filter(|value| !value.is_empty()) else { continue };
        // Newer clusters compare numbers, too, where they are told to.
        if !supported.contains(&value.as_str()) && !matches!(value.as_str(), "Lt" | "Gt") {
            let field = format!("spec.template.spec.tolerations[{index}].{name}");
            let (what, hint) = unsupported(&field, &value, supported);
            job.refuse(code::INVALID_POD, &path.name(name), &what, hint);
        }
    }
    let given = |name| text(toleration, name).unwrap_or_default();
    let place = format!("spec.template.spec.tolerations[{index}]");
    if given("operator") == "Exists" && !given("value").is_empty() {
        let what =
            format!("{place}.operator: Invalid value: value must be empty when `operator` is 'Exists'");
        job.refuse(code::INVALID_POD, &path.name("value"), &what, None);
    }
    let effect = given("effect");
    if integer(toleration, "tolerationSeconds").is_some() && effect != "NoExecute" {
        let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        let what = format!("{place}.effect: Invalid value: {}: {why}", quote(&effect));
        job.refuse(code::INVALID_POD, &path.name("tolerationSeconds"), &what, None);
    }
}
