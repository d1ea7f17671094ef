//! Whether a Promise's own labels, annotations and destination selectors are what Kubernetes takes for such.

use crate::yaml::KeyPath;

use super::super::labels::{is_key, is_value};
use super::super::problem::{Problem, code};
use super::super::promise::Promise;
use super::super::read::{items, labels};
use super::super::work::WorkloadGroup;
use super::super::{request, schema, strict};

/// Everything that the API server refuses of the Promise's metadata, beside its name.
pub(super) fn check(promise: &Promise) -> Vec<Problem> {
    let flaws = strict::decode(&promise.root, &strict::OBJECT, &KeyPath::root());
    let misfits = flaws.into_iter().filter(|flaw| !flaw.unknown_field).map(|flaw| {
        let (kind, version) = (Promise::KIND, schema::quote(Promise::VERSION));
        let text = format!("{kind} in version {version} cannot be handled as a {kind}: {}", flaw.text);
        let problem = Problem::new(code::INVALID_PROMISE, text, flaw.path, flaw.at);
        Problem { hint: flaw.hint, ..problem }
    });
    let violations = promise.root.get("metadata").into_iter().flat_map(request::check_labels);
    let invalid = violations.map(|violation| {
        let refused = std::slice::from_ref(&violation);
        let text = schema::refusal(Promise::KIND, Promise::GROUP, &promise.name, refused);
        let at = promise.locate(&violation.path);
        Problem::new(code::INVALID_PROMISE, text, violation.path, at)
    });
    misfits.chain(invalid).collect()
}

/// Labels of `spec.destinationSelectors` that make the scheduler give up: of two for one key, the earlier counts.
pub(super) fn check_selectors(promise: &Promise) -> Vec<Problem> {
    let spec = KeyPath::root().name("spec");
    let Some(node) = promise.root.at_path(&spec) else { return Vec::new() };
    let mut seen = std::collections::HashSet::new();
    let mut problems = Vec::new();
    for (index, item) in items(node, "destinationSelectors").iter().enumerate() {
        let path = spec.name("destinationSelectors").index(index).name("matchLabels");
        for (key, value) in labels(item, "matchLabels") {
            if seen.insert(key.clone()) && !(is_key(&key) && is_value(&value)) {
                problems.push(invalid_selector(promise, &path.name(key.as_str()), (&key, &value)));
            }
        }
    }
    problems
}

fn invalid_selector(promise: &Promise, path: &KeyPath, (key, value): (&str, &str)) -> Problem {
    let id = WorkloadGroup::new(".", Vec::new(), Vec::new()).id;
    let text = format!("Failed to schedule or update for workloadGroups: [{id}]");
    let part = if is_key(key) { format!("value \"{value}\" of {key}") } else { format!("key \"{key}\"") };
    let hint = format!(
        "the {part} is not a valid label: up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
    );
    Problem::new(code::SELECTOR, text, path.clone(), promise.locate(path)).hint(hint)
}
