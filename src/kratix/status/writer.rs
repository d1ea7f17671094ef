//! The status-writer, which ends every pipeline: `status.yaml` and `workflow-control.yaml` become the object's status.

use serde_json::Value;

use super::super::WorkflowType;
use super::super::catalogue::{Code, KT147, KT229};
use super::super::control::{self, WorkflowControl};
use super::super::finding::{Finding, Writer};
use super::super::metadata::Metadata;
use super::Status;
use super::admit::{Violation, admit};
use super::condition::Condition;
use super::incoming::Incoming;
use super::merge::{condition_type, merge};
use super::pipelines::{self, Suspension};
use super::remarks::{lost_message, remarks};
use crate::yaml::{Key, KeyPath, Position};

/// All that the status-writer goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StatusWriter<'a> {
    pub(crate) workflow: WorkflowType,
    pub(crate) pipeline: &'a str,
    /// Whether no other pipeline of the workflow's list follows.
    pub(crate) last: bool,
    /// Whether the request asks for a dry run.
    pub(crate) dry_run: bool,
    pub(crate) object: ObjectName<'a>,
}

/// The object whose status it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ObjectName<'a> {
    pub(crate) kind: &'a str,
    pub(crate) group: &'a str,
    pub(crate) name: &'a str,
    pub(crate) generation: i64,
}

/// What came of the metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatusOutcome {
    /// The new status; nothing if the status-writer fails, and with it the pipeline.
    pub(crate) status: Option<Status>,
    /// Whether and how the workflow stops here; the object then has the label `kratix.io/workflow-suspended: "true"`.
    pub(crate) suspension: Option<Suspension>,
    pub(crate) findings: Vec<Finding>,
}

impl StatusWriter<'_> {
    /// Applies what a pipeline left to the status that the object has.
    pub(crate) fn apply(&self, existing: &Status, metadata: &Metadata) -> StatusOutcome {
        let mut findings = Vec::new();
        match self.try_apply(existing, metadata, &mut findings) {
            Ok((status, suspension)) => StatusOutcome { status: Some(status), suspension, findings },
            Err(refusals) => {
                findings.splice(0..0, refusals);
                StatusOutcome { status: None, suspension: None, findings }
            }
        }
    }

    fn try_apply(
        &self,
        existing: &Status,
        metadata: &Metadata,
        findings: &mut Vec<Finding>,
    ) -> Result<(Status, Option<Suspension>), Vec<Finding>> {
        let incoming = Incoming::read(&metadata.status).map_err(|refusal| vec![refusal])?;
        let mut status = merge(existing, &incoming.status);
        findings.extend(remarks(self.workflow, &incoming, existing, &metadata.status));
        let control = control::read(&metadata.control, Writer::Status).map_err(|refusal| vec![refusal])?;
        findings.extend(control::remarks(&metadata.control));
        if self.last && !control.suspends() {
            self.complete(&mut status);
        }
        let suspension = self.control(&mut status, &control, metadata).map_err(|refusal| vec![refusal])?;
        if suspension.is_none() && !self.last {
            findings.extend(lost_message(&incoming, &metadata.status));
        }
        if self.dry_run {
            status.insert("message".to_owned(), "Dry run executed".into());
        }
        let violations = admit(&mut status, self.workflow);
        if violations.is_empty() {
            return Ok((status, suspension));
        }
        Err(self.rejected(&violations, &status, &incoming, metadata))
    }

    /// Kratix's `MarkAsCompleted`.
    fn complete(&self, status: &mut Status) {
        if status.get("message").and_then(Value::as_str) == Some("Pending") {
            let message = match self.workflow {
                WorkflowType::Promise => "Promise configured",
                WorkflowType::Resource => "Resource requested",
            };
            status.insert("message".to_owned(), message.into());
        }
        pipelines::forget_suspension(status);
        let completed = Condition {
            kind: "ConfigureWorkflowCompleted",
            status: "True",
            reason: "PipelinesExecutedSuccessfully",
            message: "Pipelines completed",
        };
        completed.append(status);
    }

    /// Suspends the pipeline, or notes that it is not suspended.
    fn control(
        &self,
        status: &mut Status,
        control: &WorkflowControl,
        metadata: &Metadata,
    ) -> Result<Option<Suspension>, Finding> {
        let retry_after = control.retry(&metadata.control)?;
        let suspension =
            control.suspends().then(|| Suspension { message: control.message.clone(), retry_after });
        let noted = match &suspension {
            Some(suspension) => pipelines::suspend(status, self.pipeline, suspension, self.object.generation),
            None => pipelines::clear_suspension(status, self.pipeline),
        };
        match noted {
            Ok(()) => Ok(suspension),
            Err(error) => {
                let hint = "the pipeline changed status.kratix of its object itself: leave that to Kratix";
                Err(Finding::status_writer(KT229, &error.to_string()).hint(hint))
            }
        }
    }

    /// The API server's refusal: one text, and a finding for each code that is in it.
    fn rejected(
        &self,
        violations: &[Violation],
        status: &Status,
        incoming: &Incoming,
        metadata: &Metadata,
    ) -> Vec<Finding> {
        let ObjectName { kind, group, name, .. } = self.object;
        let texts: Vec<&str> = violations.iter().map(|violation| violation.text.as_str()).collect();
        let list = match texts.as_slice() {
            [one] => (*one).to_owned(),
            several => format!("[{}]", several.join(", ")),
        };
        let text = format!("failed to update status: {kind}.{group} \"{name}\" is invalid: {list}");
        let mut codes: Vec<Code> = violations.iter().map(|violation| violation.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let first = |code| violations.iter().find(move |violation| violation.code == code);
        codes
            .into_iter()
            .map(|code| {
                let at = first(code).and_then(|violation| written_at(violation, status, incoming));
                let hint = first(code).map(|violation| hint_for(violation, status)).unwrap_or_default();
                Finding::status_writer(code, &text).at(&metadata.status.path, at).hint(hint)
            })
            .collect()
    }
}

/// What to write instead. Only a scalar can be made text by quotes.
fn hint_for(violation: &Violation, status: &Status) -> String {
    if violation.code == KT147 {
        return "give each condition type, status, reason, message and lastTransitionTime".to_owned();
    }
    let root = Value::Object(status.clone());
    let refused = violation.path.keys().iter().try_fold(&root, |value, key| match key {
        Key::Name(name) => value.get(name),
        Key::Index(index) => value.get(index),
    });
    let Some((_, wanted)) = violation.text.split_once("must be of type ") else {
        return "leave it out, or write what the platform takes".to_owned();
    };
    let wanted = wanted.split(':').next().unwrap_or(wanted);
    match (wanted, refused) {
        ("string", Some(Value::Bool(_) | Value::Number(_))) => {
            "quote the value if it is meant as text: `status: \"True\"`".to_owned()
        }
        ("string", _) => "write a string".to_owned(),
        ("datetime" | "date-time", _) => {
            "write a time as RFC 3339 has it, in quotes: \"2026-01-31T12:00:00Z\"".to_owned()
        }
        ("integer", Some(Value::String(_))) => "write an integer, without quotes".to_owned(),
        ("integer", _) => "write an integer".to_owned(),
        ("array", _) => "write a list".to_owned(),
        ("object", _) => "write a map".to_owned(),
        (other, _) => format!("write a value of type {other}"),
    }
}

/// Where the author wrote what is refused: conditions are found by type, since the merge moves them.
fn written_at(violation: &Violation, status: &Status, incoming: &Incoming) -> Option<Position> {
    let [Key::Name(list), Key::Index(index), rest @ ..] = violation.path.keys() else {
        return incoming.locate_path(&violation.path);
    };
    let kind = condition_type(status.get(list)?.get(index)?);
    let written = incoming.status.get(list)?.as_array()?;
    let place = match kind {
        Some(_) => written.iter().position(|condition| condition_type(condition) == kind)?,
        None => *index,
    };
    let path = KeyPath::root().name(list).index(place);
    let path = rest.iter().fold(path, |path, key| match key {
        Key::Name(name) => path.name(name),
        Key::Index(index) => path.index(*index),
    });
    incoming.locate_path(&path)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use serde_json::json;

    use super::super::super::catalogue::{
        KT101, KT104, KT105, KT107, KT109, KT110, KT142, KT143, KT144, KT207, KT225, KT228,
    };
    use super::super::super::duration::GoDuration;
    use super::super::super::metadata::{Content, MetadataFile};
    use super::super::NOW;
    use super::*;

    const OBJECT: ObjectName<'_> = ObjectName { kind: "K", group: "g", name: "n", generation: 7 };
    const LAST: StatusWriter<'_> = StatusWriter {
        workflow: WorkflowType::Resource,
        pipeline: "b",
        last: true,
        dry_run: false,
        object: OBJECT,
    };
    const MIDDLE: StatusWriter<'_> = StatusWriter { last: false, ..LAST };
    const PROMISE: StatusWriter<'_> = StatusWriter {
        workflow: WorkflowType::Promise,
        object: ObjectName { kind: "Promise", group: "platform.kratix.io", name: "x", generation: 1 },
        ..LAST
    };

    fn metadata(status: &str, control: &str) -> Metadata {
        Metadata {
            status: MetadataFile::of("status.yaml", status),
            selectors: MetadataFile::absent("destination-selectors.yaml"),
            control: MetadataFile::of("workflow-control.yaml", control),
            findings: Vec::new(),
        }
    }

    fn existing(value: Value) -> Status {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no map"),
        }
    }

    fn running() -> Status {
        existing(json!({
            "message": "Pending",
            "conditions": [{
                "type": "Reconciled", "status": "Unknown", "reason": "WorkflowPending", "message": "Pending",
                "lastTransitionTime": NOW,
            }],
            "kratix": {"workflows": {"pipelines": [
                {"name": "a", "phase": "Succeeded"}, {"name": "b", "phase": "Running"}
            ]}},
        }))
    }

    fn apply(writer: StatusWriter<'_>, status: &str) -> StatusOutcome {
        writer.apply(&running(), &metadata(status, ""))
    }

    fn codes(outcome: &StatusOutcome) -> Vec<Code> {
        outcome.findings.iter().map(|finding| finding.code).collect()
    }

    fn place(outcome: &StatusOutcome) -> Option<(usize, usize)> {
        outcome.findings[0].position().map(|at| (at.line, at.column))
    }

    #[test]
    fn vector_36_a_pending_message_is_replaced_at_the_end() {
        for (writer, text, expected) in [
            (LAST, "", "Resource requested"),
            (PROMISE, "", "Promise configured"),
            (LAST, "message: Howdy", "Howdy"),
            (MIDDLE, "", "Pending"),
            (StatusWriter { dry_run: true, ..LAST }, "message: Howdy", "Dry run executed"),
        ] {
            assert_eq!(apply(writer, text).status.expect("a status")["message"], expected);
        }
    }

    #[test]
    fn vector_37_the_last_pipeline_completes_the_workflow() {
        let mut before = running();
        before["kratix"]["workflows"]["suspendedGeneration"] = 3.into();
        let status = LAST.apply(&before, &metadata("", "")).status.expect("a status");
        let expected = json!({
            "type": "ConfigureWorkflowCompleted", "status": "True", "message": "Pipelines completed",
            "reason": "PipelinesExecutedSuccessfully", "lastTransitionTime": NOW,
        });
        assert_eq!(status["conditions"][0]["type"], "Reconciled");
        assert_eq!(status["conditions"][1], expected);
        assert_eq!(status["kratix"]["workflows"].get("suspendedGeneration"), None);
        let middle = MIDDLE.apply(&before, &metadata("", "")).status.expect("a status");
        assert_eq!(middle["conditions"].as_array().map(Vec::len), Some(1));
        assert_eq!(middle["kratix"]["workflows"]["suspendedGeneration"], 3);
    }

    #[test]
    fn vector_38_a_suspended_pipeline_leaves_the_message_and_still_merges() {
        let outcome =
            LAST.apply(&running(), &metadata("stage: one", "suspend: true\nmessage: waiting for approval"));
        let status = outcome.status.expect("a status");
        assert_eq!((&status["message"], &status["stage"]), (&json!("Pending"), &json!("one")));
        assert_eq!(status["kratix"]["workflows"]["suspendedGeneration"], 7);
        assert_eq!(
            status["kratix"]["workflows"]["pipelines"][1],
            json!({"name": "b", "phase": "Suspended", "message": "waiting for approval"})
        );
        assert_eq!(status["conditions"].as_array().map(Vec::len), Some(1));
        let suspension = Suspension { message: "waiting for approval".into(), retry_after: None };
        assert_eq!(outcome.suspension, Some(suspension));
    }

    #[test]
    fn a_retry_says_when() {
        let outcome = LAST.apply(&running(), &metadata("", "retryAfter: 10m"));
        let entry = outcome.status.expect("a status")["kratix"]["workflows"]["pipelines"][1].clone();
        let expected =
            json!({"name": "b", "phase": "Suspended", "attempts": 1, "nextRetryAt": "2026-01-01T00:10:00Z"});
        assert_eq!(entry, expected);
        assert_eq!(outcome.suspension.and_then(|it| it.retry_after), Some(GoDuration(600_000_000_000)));
    }

    #[test]
    fn a_refused_control_file_changes_nothing() {
        for (control, code) in [("retryAfter: 1d", KT109), ("suspend: 'true'", KT110)] {
            let outcome = LAST.apply(&running(), &metadata("stage: one", control));
            assert_eq!((outcome.status.clone(), codes(&outcome)), (None, vec![code]), "{control}");
            assert!(outcome.findings[0].text.starts_with("Error: failed to "), "{control}");
        }
    }

    #[test]
    fn vector_41_a_status_that_does_not_list_the_pipeline_is_refused() {
        let outcome = StatusWriter { pipeline: "c", ..LAST }.apply(&running(), &metadata("", ""));
        let expected = "Error: pipeline \"c\" not found in status.kratix.workflows.pipelines";
        assert_eq!((codes(&outcome), outcome.findings[0].text.as_str()), (vec![KT229], expected));
        assert!(LAST.apply(&Status::new(), &metadata("", "")).status.is_some());
    }

    #[test]
    fn the_reserved_key_is_refused() {
        assert_eq!(codes(&apply(LAST, "kratix: {}")), [KT101]);
        assert_eq!(codes(&apply(LAST, "kratics: {}")), []);
    }

    #[test]
    fn a_key_of_the_wrong_type_is_refused_where_it_is_written() {
        let outcome = apply(LAST, "stage: one\nmessage: 3\n");
        let expected = "Error: failed to update status: K.g \"n\" is invalid: status.message: Invalid value: \
                        \"integer\": status.message in body must be of type string: \"integer\"";
        assert_eq!((codes(&outcome), outcome.findings[0].text.as_str()), (vec![KT104], expected));
        assert_eq!(place(&outcome), Some((2, 1)));
        assert_eq!(codes(&apply(LAST, "message: yes")), [KT104, KT144]);
        assert_eq!(codes(&apply(LAST, "message: '3'\nmine: 3")), []);
    }

    #[test]
    fn a_condition_of_the_wrong_type_is_refused_where_it_is_written() {
        let text = "conditions:\n- type: Mine\n  status: True\n";
        let outcome = apply(LAST, text);
        assert_eq!(codes(&outcome), [KT105]);
        assert!(outcome.findings[0].text.contains("status.conditions[1].status: Invalid value: \"boolean\""));
        assert_eq!(place(&outcome), Some((3, 3)));
        assert_eq!(codes(&apply(LAST, "conditions:\n- type: Mine\n  status: 'True'\n")), []);
    }

    #[test]
    fn the_hint_says_what_to_write_instead() {
        for (text, hint) in [
            ("message: 3", "quote the value"),
            ("message: [a]", "write a string"),
            ("conditions: [{type: A, status: True}]", "quote the value"),
            ("conditions: [{type: A, lastTransitionTime: now}]", "write a time as RFC 3339 has it"),
        ] {
            let found = apply(LAST, text).findings;
            assert!(found[0].hint.as_deref().is_some_and(|said| said.starts_with(hint)), "{text}: {found:?}");
        }
        for (wanted, hint) in [
            ("integer", "write an integer, without quotes"),
            ("array", "write a list"),
            ("object", "write a map"),
        ] {
            let path = KeyPath::root().name("a");
            let text = format!("status.a in body must be of type {wanted}: \"string\"");
            let status = json!({"a": "3"}).as_object().expect("a map").clone();
            assert_eq!(hint_for(&Violation { code: KT104, path, text }, &status), hint);
        }
    }

    #[test]
    fn several_violations_are_one_text_and_one_finding_for_each_code() {
        let outcome =
            apply(LAST, "message: 3\nconditions:\n- {type: A, status: 1}\n- {type: B, status: 2}\n");
        assert_eq!(codes(&outcome), [KT104, KT105]);
        let text = &outcome.findings[0].text;
        assert!(text.contains("is invalid: [status.conditions[1].status: ") && text.ends_with(']'), "{text}");
        assert_eq!(text.matches("Invalid value").count(), 3);
        assert_eq!(*text, outcome.findings[1].text);
    }

    #[test]
    fn the_message_of_a_pipeline_that_is_not_the_last_is_lost() {
        let outcome = apply(MIDDLE, "stage: one\nmessage: almost\n");
        assert_eq!((codes(&outcome), place(&outcome)), (vec![KT107], Some((2, 1))));
        assert_eq!(codes(&apply(LAST, "message: done")), []);
        assert_eq!(codes(&apply(MIDDLE, "stage: one")), []);
        let suspended = MIDDLE.apply(&running(), &metadata("message: almost", "suspend: true"));
        assert_eq!(codes(&suspended), []);
    }

    #[test]
    fn a_reserved_key_that_is_no_text_panics_the_controller() {
        for (text, go) in [
            ("promiseVersion: 1", "int64"),
            ("resourceBindingVersion: 1.5", "float64"),
            ("lastSuccessfulConfigureWorkflowTime: {}", "map[string]interface {}"),
            ("promiseVersion: true", "bool"),
            ("promiseVersion: []", "[]interface {}"),
        ] {
            let outcome = apply(LAST, text);
            let expected = format!("interface conversion: interface {{}} is {go}, not string");
            assert_eq!(
                (codes(&outcome), outcome.findings[0].text.clone()),
                (vec![KT142], expected),
                "{text}"
            );
        }
        assert_eq!(codes(&apply(LAST, "promiseVersion: v1")), [KT225]);
        assert_eq!(codes(&apply(LAST, "workflows: 3")), [KT225]);
        assert_eq!(codes(&apply(LAST, "version: 1")), []);
    }

    #[test]
    fn a_reserved_condition_is_noticed() {
        let text = "conditions:\n- {type: Mine, status: 'True'}\n- {type: Reconciled, status: 'True'}\n";
        let outcome = apply(LAST, text);
        assert_eq!((codes(&outcome), place(&outcome)), (vec![KT225], Some((3, 3))));
    }

    #[test]
    fn vector_35_a_promise_workflow_may_only_write_its_message() {
        let outcome = apply(PROMISE, "message: m\nlizard: 1\nbear: 2\n");
        let expected = "Warning: promise workflow status has unsupported keys: bear, lizard in status.yaml; only \
                        'message' can be updated in Promise status.";
        assert_eq!((codes(&outcome), outcome.findings[0].text.as_str()), (vec![KT143], expected));
        let status = outcome.status.expect("a status");
        assert_eq!((status.get("bear"), status["message"].as_str()), (None, Some("m")));
        assert_eq!(codes(&apply(PROMISE, "message: m")), []);
    }

    #[test]
    fn a_promises_condition_must_be_complete() {
        let outcome = apply(PROMISE, "message: m\nconditions:\n- {type: Mine, status: 'True'}\n");
        let expected = "Error: failed to update status: Promise.platform.kratix.io \"x\" is invalid: \
                        [status.conditions[1].lastTransitionTime: Required value, status.conditions[1].message: \
                        Required value, status.conditions[1].reason: Required value]";
        assert_eq!((codes(&outcome), outcome.findings[0].text.as_str()), (vec![KT147, KT143], expected));
        assert_eq!(place(&outcome), Some((3, 3)));
        let whole = "conditions:\n- {type: Mine, status: 'True', reason: R, message: m, lastTransitionTime: 2026-01-01T00:00:00Z}\n";
        assert_eq!(codes(&apply(PROMISE, whole)), [KT143]);
    }

    #[test]
    fn values_that_yaml_1_1_changes_are_noticed() {
        let outcome = apply(LAST, "enabled: no\nversion: 1.10\n");
        assert_eq!((codes(&outcome), place(&outcome)), (vec![KT144, KT144], Some((1, 10))));
        assert_eq!(outcome.findings[0].text, "Kratix reads `no` as false");
        assert_eq!(codes(&apply(LAST, "enabled: false\nversion: '1.10'\nm: 1.5\n")), []);
        assert_eq!(codes(&apply(LAST, "a: 1\na: 2\n")), [KT207]);
    }

    #[test]
    fn a_condition_without_a_type_is_dropped() {
        let text = "conditions:\n- {status: 'True'}\n";
        let outcome = apply(LAST, text);
        assert_eq!((codes(&outcome), place(&outcome)), (vec![KT228], Some((2, 3))));
        assert_eq!(codes(&LAST.apply(&Status::new(), &metadata(text, ""))), []);
    }

    #[test]
    fn a_null_is_dropped_only_where_the_key_has_a_type() {
        let status = apply(MIDDLE, "message: ~\nmine: ~\n").status.expect("a status");
        assert_eq!((status.get("message"), status.get("mine")), (None, Some(&Value::Null)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_writer_panic(
            status in prop::collection::vec(any::<u8>(), 0..60),
            control in prop::collection::vec(any::<u8>(), 0..30),
        ) {
            let mut files = metadata("", "");
            files.status.content = Content::Text(status);
            files.control.content = Content::Text(control);
            let outcome = LAST.apply(&running(), &files);
            prop_assert!(outcome.status.is_some() || !outcome.findings.is_empty());
        }

        #[test]
        fn no_status_like_text_makes_the_writer_panic(
            text in "(message: |conditions: |- |type: |status: |reason: |promiseVersion: |\\{|\\}|\\[|\\]|, |a|yes|~|1|\\n|  ){0,25}",
            promise in any::<bool>(),
        ) {
            let writer = if promise { PROMISE } else { LAST };
            let outcome = apply(writer, &text);
            prop_assert!(outcome.status.is_some() || !outcome.findings.is_empty());
            for finding in &outcome.findings {
                prop_assert!(finding.at.as_ref().is_none_or(|at| at.file == Path::new("metadata/status.yaml")));
            }
        }
    }
}
