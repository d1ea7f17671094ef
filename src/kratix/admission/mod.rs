//! Everything about a Promise that the API server and Kratix's webhook refuse when it is applied, as far as it can be
//! known without a cluster. The platform stops at the first; all are listed here, in its order.

mod container;
mod crd;
mod job;
mod metadata;
mod placement;
mod security;
mod structural;
mod variables;
mod volumes;

use std::collections::HashSet;

use crate::yaml::{Duplicate, KeyPath};

use super::duration::GoDuration;
use super::names;
use super::pipeline::Pipeline;
use super::problem::{Problem, code};
use super::promise::{Promise, workflow_path};
use super::promise_schema;
use super::schema::quote;
use super::workflow::{Workflow, WorkflowAction, WorkflowType};

/// The shortest reconciliation interval, in nanoseconds.
const MINUTE: i64 = 60_000_000_000;
/// What is wrong with a pipeline before it is even a pipeline.
const PARSING: [u16; 4] =
    [code::UNKNOWN_FIELD, code::WRONG_TYPE, code::UNSUPPORTED_PIPELINE, code::MISSING_KIND];
const INTERVAL_ANNOTATION: &str = "kratix.io/reconciliation-interval";
/// How long the name of a pipeline's service account may be.
const MAX_ID: usize = 60;

/// Everything that is wrong with a Promise.
pub(crate) fn check(promise: &Promise) -> Vec<Problem> {
    let mut problems = remarks(promise);
    problems.extend(check_name(promise));
    problems.extend(metadata::check(promise));
    let (pipelines, others): (Vec<_>, Vec<_>) =
        promise.problems.iter().cloned().partition(|problem| PARSING.contains(&problem.code));
    problems.extend(others);
    problems.extend(check_annotation(promise));
    if let Some(api) = &promise.api {
        problems.extend(crd::check(promise, api));
    }
    problems.extend(pipelines);
    for workflow in Workflow::ALL {
        problems.extend(check_workflow(promise, workflow));
    }
    problems.extend(check_interval(promise));
    problems.extend(metadata::check_selectors(promise));
    problems
}

/// What the platform passes over without a word.
fn remarks(promise: &Promise) -> Vec<Problem> {
    let dropped = |path: &KeyPath| {
        let text = format!("unknown field {}", quote(&path.to_string()));
        let problem = Problem::new(code::UNKNOWN_PROMISE_FIELD, text, path.clone(), promise.locate(path));
        problem.hint(match promise_schema::meant(path) {
            Some(meant) => format!("did you mean {meant}? The API server drops what a Promise does not have"),
            None => "the API server drops what a Promise does not have: remove it".to_owned(),
        })
    };
    repeated(&promise.duplicates).chain(promise.pruned.iter().map(dropped)).collect()
}

/// Keys that stand twice in a Promise or a request.
pub(crate) fn repeated(duplicates: &[Duplicate]) -> impl Iterator<Item = Problem> {
    duplicates.iter().map(|duplicate| {
        let text =
            format!("the key {} stands twice in one map, and the last one counts", quote(&duplicate.key));
        Problem::new(code::DUPLICATE_KEY, text, KeyPath::root(), duplicate.at)
            .hint("remove the one that is not meant")
    })
}

fn check_name(promise: &Promise) -> Vec<Problem> {
    let path = KeyPath::from_iter(["metadata", "name"]);
    let invalid = |what: String| {
        let text =
            format!("Promise.platform.kratix.io {} is invalid: metadata.name: {what}", quote(&promise.name));
        Problem::new(code::INVALID_PROMISE, text, path.clone(), promise.locate(&path))
    };
    if promise.name.is_empty() {
        return vec![invalid("Required value: name or generateName is required".to_owned())];
    }
    let refused = names::refuse_subdomain(&promise.name).into_iter();
    refused.map(|why| invalid(format!("Invalid value: {}: {why}", quote(&promise.name)))).collect()
}

fn check_annotation(promise: &Promise) -> Option<Problem> {
    let value = promise.annotations.get(INTERVAL_ANNOTATION)?;
    let why = match GoDuration::parse(value) {
        Err(_) => "must be a valid duration",
        Ok(interval) if interval.0 < MINUTE => "must be at least 1m0s",
        Ok(_) => return None,
    };
    let path = KeyPath::from_iter(["metadata", "annotations", INTERVAL_ANNOTATION]);
    let text = format!("metadata.annotations[{INTERVAL_ANNOTATION}]: Invalid value: {}: {why}", quote(value));
    let problem = Problem::new(code::INTERVAL, text, path.clone(), promise.locate(&path));
    Some(problem.hint("write a duration such as 10m or 1h30m"))
}

fn check_interval(promise: &Promise) -> Option<Problem> {
    let path = KeyPath::from_iter(["spec", "workflows", "config", "reconciliationInterval"]);
    let value = promise.root.at_path(&path)?.as_str()?;
    let text = match GoDuration::parse(value) {
        Err(error) => error.to_string(),
        Ok(interval) if interval.0 < MINUTE => {
            format!(
                "{path}: Invalid value: {}: must be at least 1m0s",
                quote(&go_duration(interval.0, value))
            )
        }
        Ok(_) => return None,
    };
    let problem = Problem::new(code::INTERVAL, text, path.clone(), promise.locate(&path));
    Some(problem.hint("write a duration such as 10m or 1h30m"))
}

/// A duration as Go prints it; one with fractions of seconds as it was written.
fn go_duration(nanoseconds: i64, written: &str) -> String {
    if nanoseconds % 1_000_000_000 != 0 {
        return written.to_owned();
    }
    let seconds = (nanoseconds / 1_000_000_000).unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, _) => format!("{sign}{minutes}m{seconds}s"),
        _ => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

fn check_workflow(promise: &Promise, workflow: Workflow) -> Vec<Problem> {
    let pipelines = promise.pipelines(workflow);
    let mut problems = Vec::new();
    let mut names = HashSet::new();
    for (index, pipeline) in pipelines.iter().enumerate() {
        problems.extend(check_labels(promise, workflow, pipeline));
        if !names.insert(pipeline.name.as_str()) {
            problems.push(duplicate_name(promise, workflow, pipeline));
        }
        problems.extend(check_length(promise, workflow, pipeline));
        if workflow.kind == WorkflowType::Resource && index == 0 {
            problems.extend(check_has_api(promise, workflow));
        }
        problems.extend(job::check(promise, workflow, pipeline));
    }
    if let (WorkflowAction::Delete, Some(second)) = (workflow.action, pipelines.get(1)) {
        let text = "multiple delete pipelines found; only the first will be used";
        let problem = Problem::new(code::SECOND_DELETE, text, second.path.clone(), second.at);
        problems.push(problem.hint("move the containers of the others into the first pipeline"));
    }
    problems
}

fn check_labels(promise: &Promise, workflow: Workflow, pipeline: &Pipeline) -> Vec<Problem> {
    let Workflow { kind, action } = workflow;
    let place = format!("in workflow {:?} action {:?}", kind.as_str(), action.as_str());
    let one = |(key, value): (&String, &String)| {
        let refused = names::refuse_label_value(value);
        let text = if refused.is_empty() {
            let refused = names::refuse_qualified(key);
            (!refused.is_empty())
                .then(|| format!("invalid label key {} {place}: {}", quote(key), refused.join(",")))
        } else {
            let (value, key) = (quote(value), quote(key));
            Some(format!("invalid label value {value} for key {key} {place}: {}", refused.join(",")))
        }?;
        let path = pipeline.path.name("metadata").name("labels").name(key.as_str());
        let at = promise.locate(&path);
        Some(Problem::new(code::LABEL, text, path, at))
    };
    pipeline.labels.iter().filter_map(one).collect()
}

/// The place of a pipeline's name.
fn name_path(pipeline: &Pipeline) -> KeyPath {
    pipeline.path.name("metadata").name("name")
}

fn duplicate_name(promise: &Promise, workflow: Workflow, pipeline: &Pipeline) -> Problem {
    let Workflow { kind, action } = workflow;
    let name = quote(&pipeline.name);
    let text = format!("duplicate pipeline name {name} in workflow \"{kind}\" action \"{action}\"");
    let path = name_path(pipeline);
    let at = promise.locate(&path);
    Problem::new(code::DUPLICATE_PIPELINE, text, path, at)
        .hint("give each pipeline of a workflow a name of its own")
}

fn check_length(promise: &Promise, workflow: Workflow, pipeline: &Pipeline) -> Option<Problem> {
    let length = pipeline.id(&promise.name, workflow).len();
    if length <= MAX_ID {
        return None;
    }
    let (name, promise_name) = (&pipeline.name, &promise.name);
    let text = format!(
        "{} pipeline with name {} is too long. The name is used when generating resources for the pipeline,including \
         the ServiceAccount which follows the format of \"{promise_name}-{}-{}-{name}\", which cannot be longer than 60 \
         characters in total",
        workflow.dotted(),
        quote(name),
        workflow.kind,
        workflow.action,
    );
    let path = name_path(pipeline);
    let at = promise.locate(&path);
    let over = length - MAX_ID;
    Some(Problem::new(code::LONG_NAME, text, path, at).hint(format!("make the name shorter by {over}")))
}

fn check_has_api(promise: &Promise, workflow: Workflow) -> Option<Problem> {
    let unreadable = promise.problems.iter().any(|problem| problem.code == code::INVALID_API);
    if promise.api.is_some() || unreadable {
        return None;
    }
    let path = workflow_path(workflow);
    let at = promise.locate(&path);
    let text = "failed to generate pipeline resources promise does not contain an API";
    Some(
        Problem::new(code::NO_API, text, path, at)
            .hint("add spec.api, or move the pipelines to the promise workflow"),
    )
}

#[cfg(test)]
mod tests;
