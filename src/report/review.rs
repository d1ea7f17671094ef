//! What is pending of the last run: as JSON, for scripts and editors, and why something cannot be accepted.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::paint::Paint;
use crate::compare::{Change, ChangeKind, ChangedDocument, DifferenceKind, DocumentText, FileContent, Shown};
use crate::kratix::{Finding, Severity};
use crate::outcome::{Kept, Located, State, TestOutcome, Verdict};
use crate::yaml::Node;

/// A test whose results cannot be accepted.
pub(crate) struct Refused<'a> {
    pub(crate) name: &'a str,
    pub(crate) why: &'a str,
    pub(crate) hint: &'a str,
}

impl Refused<'_> {
    pub(crate) fn to_text(&self, paint: Paint) -> String {
        let Self { name, why, hint } = self;
        format!(
            "{} {} cannot be accepted: {why}\n{} {hint}\n",
            paint.red("KEPT "),
            paint.bold(name),
            paint.cyan("hint:")
        )
    }
}

/// All that is pending, as one JSON object.
pub(crate) fn to_json(all: &[Kept]) -> String {
    let tests: Vec<Json> = all.iter().filter_map(test).collect();
    let json = serde_json::to_string_pretty(&json!({ "tests": tests })).expect("a JSON value is one");
    format!("{json}\n")
}

fn test(kept: &Kept) -> Option<Json> {
    let (outcome, why, hint) = match &kept.state {
        State::Absent | State::Settled => return None,
        State::Pending(outcome) => (outcome, None, None),
        State::Refused { why, hint, outcome } => (outcome, Some(why), Some(hint)),
    };
    let mut json = json!({
        "name": kept.name,
        "folder": kept.folder,
        "results": outcome.results,
        "new": matches!(outcome.verdict, Verdict::New | Verdict::NotCompared),
        "acceptable": why.is_none(),
        "reason": why,
        "hint": hint,
        "differences": outcome.differences.iter().flat_map(differences).collect::<Vec<_>>(),
        "findings": outcome.findings.iter().map(finding).collect::<Vec<_>>(),
    });
    hide(&mut json, outcome);
    Some(json)
}

/// What no report may show is in none of its strings.
fn hide(json: &mut Json, outcome: &TestOutcome) {
    match json {
        Json::String(text) => *text = outcome.secrets.hide(text).into_owned(),
        Json::Array(items) => items.iter_mut().for_each(|item| hide(item, outcome)),
        Json::Object(map) => map.values_mut().for_each(|value| hide(value, outcome)),
        _ => {}
    }
}

fn finding(finding: &Finding) -> Json {
    json!({
        "code": finding.code.to_string(),
        "severity": if finding.severity == Severity::Error { "error" } else { "warning" },
        "text": finding.text,
        "file": finding.at.as_ref().map(|place| &place.file),
        "line": finding.position().map(|at| at.line),
        "hint": finding.hint,
    })
}

/// One difference of a file, as scripts and editors see it.
#[derive(Debug, Default, Serialize)]
struct Entry {
    kind: &'static str,
    pipeline: Option<String>,
    /// Below what was left.
    file: String,
    /// The expected file, and the line there.
    expectation: String,
    line: Option<usize>,
    /// The object, or which document of the file it is.
    document: Option<String>,
    /// In the document.
    path: Option<String>,
    expected: Option<Json>,
    actual: Option<Json>,
    message: Option<String>,
}

fn differences(located: &Located) -> Vec<Entry> {
    let file = &located.difference.file;
    let entry = |kind| Entry {
        kind,
        pipeline: located.pipeline.clone(),
        file: file.clone(),
        expectation: path(&located.expected.join(file)),
        ..Entry::default()
    };
    let one = match &located.difference.kind {
        DifferenceKind::ChangedDocument(document) => {
            return document.changes.iter().map(|change| changed(entry, document, change)).collect();
        }
        DifferenceKind::Missing(content) => Entry { expected: Some(shown(content)), ..entry("missing-file") },
        DifferenceKind::Unexpected(content) => {
            Entry { actual: Some(shown(content)), ..entry("unexpected-file") }
        }
        DifferenceKind::MovedDocument { document, from, to } => Entry {
            document: Some(document.to_string()),
            expected: Some(from.clone().into()),
            actual: Some(to.clone().into()),
            ..entry("moved-document")
        },
        DifferenceKind::MissingDocument(text) => Entry {
            expected: Some(text.text.clone().into()),
            ..document(entry("missing-document"), text, Some(text.at.line))
        },
        DifferenceKind::UnexpectedDocument(text) => Entry {
            actual: Some(text.text.clone().into()),
            ..document(entry("unexpected-document"), text, None)
        },
        DifferenceKind::NotYaml { problem, .. } => {
            Entry { message: Some(problem.clone()), ..entry("not-yaml") }
        }
        DifferenceKind::Text(text) => {
            let lines: Vec<&str> = text.lines.iter().map(|line| line.text.as_str()).collect();
            let message = (!lines.is_empty()).then(|| lines.join("\n"));
            Entry { line: Some(text.at.line), message, ..entry("text") }
        }
        DifferenceKind::LineEnds { .. } => entry("line-ends"),
        DifferenceKind::Binary { expected, actual } => Entry {
            expected: Some(json!({"size": expected.size, "sha256": expected.sha256})),
            actual: Some(json!({"size": actual.size, "sha256": actual.sha256})),
            ..entry("binary")
        },
        DifferenceKind::Mode { expected, actual } => Entry {
            expected: Some(format!("{expected:o}").into()),
            actual: Some(format!("{actual:o}").into()),
            ..entry("mode")
        },
        DifferenceKind::NotKept { .. } => entry("not-kept"),
        DifferenceKind::Link { target, .. } => Entry { actual: Some(target.clone().into()), ..entry("link") },
    };
    vec![one]
}

fn changed(entry: impl Fn(&'static str) -> Entry, document: &ChangedDocument, change: &Change) -> Entry {
    let kind = match change.kind {
        ChangeKind::Changed => "changed",
        ChangeKind::Missing => "missing",
        ChangeKind::Unexpected => "unexpected",
        ChangeKind::Reordered => "reordered",
        ChangeKind::TypeChanged { .. } => "type-changed",
    };
    let within = change.within.as_ref().map(|within| format!(" → {within}")).unwrap_or_default();
    Entry {
        line: Some(change.at.line),
        document: Some(document.document.to_string()),
        path: Some(format!("{}{within}", change.path)),
        expected: change.expected.as_ref().map(Node::to_json),
        actual: change.actual.as_ref().map(Node::to_json),
        message: change.why.clone(),
        ..entry(kind)
    }
}

fn document(entry: Entry, text: &DocumentText, line: Option<usize>) -> Entry {
    Entry { document: Some(text.document.to_string()), line, ..entry }
}

fn shown(content: &FileContent) -> Json {
    match &content.shown {
        Shown::Documents(documents) => {
            documents.iter().map(|document| document.text.clone()).collect::<Vec<_>>().join("---\n").into()
        }
        Shown::Text(text) => text.clone().into(),
        Shown::Binary(sha256) => json!({"size": content.size, "sha256": sha256}),
        Shown::Withheld => Json::Null,
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}
