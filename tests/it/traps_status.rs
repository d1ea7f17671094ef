//! The traps of `status.yaml` and `workflow-control.yaml`.

use crate::case::Case;
use crate::traps::{refused, silent, two, warned};

const STATUS: &str = "metadata/status.yaml";
const CONTROL: &str = "metadata/workflow-control.yaml";

/// A stage that leaves this in a file of `/kratix`.
fn leaves(file: &str, text: &str) -> String {
    format!("cat > /kratix/{file} <<'EOF'\n{text}\nEOF")
}

/// A stage that leaves this status.
fn status(text: &str) -> Case {
    Case::stage(&leaves(STATUS, text))
}

/// A stage that leaves this control file.
fn control(text: &str) -> Case {
    Case::stage(&leaves(CONTROL, text))
}

/// A workflow of the Promise itself that leaves this status.
fn promise_status(text: &str) -> Case {
    Case::pipelines(&[("promise/configure", &[("setup", &leaves(STATUS, text))])]).remove("request.yaml")
}

#[test]
fn t1_a_status_with_the_key_kratix() {
    let text = "Error: 'kratix' is a kratix managed status field that cannot be updated via workflows; remove update \
                to 'kratix' from the '/kratix/metadata/status.yaml' file";
    refused(status("stage: one\nkratix: {}"), "KT101", text, "metadata/status.yaml:2:1");
    // The usual way to get there: the status that was read is written back.
    let back = "sed '1,/^status:/d; s/^  //' /kratix/input/object.yaml > /kratix/metadata/status.yaml";
    refused(back, "KT101", text, "metadata/status.yaml:12:1");
    silent(status("Kratix: {}\nnested: {kratix: {}}"), "KT101");
}

#[test]
fn t2_a_status_that_is_no_map() {
    let text = "Error: failed to load incoming status: failed to unmarshal incoming status: error unmarshaling JSON: \
                while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}";
    refused(status("- message: done"), "KT102", text, "metadata/status.yaml:1:1");
    silent(status("list: [done]"), "KT102");
}

#[test]
fn t3_a_status_that_is_not_yaml() {
    let text = "Error: failed to load incoming status: failed to unmarshal incoming status: error converting YAML to \
                JSON: yaml: line 2: found character that cannot start any token";
    refused(status("a:\n\tb: 1"), "KT103", text, "metadata/status.yaml:2:1");
    silent(status("a:\n  b: \"\t1\""), "KT103");
}

#[test]
fn t4_a_message_that_is_no_text() {
    let text = "Error: failed to update status: Thing.test.kratix.io \"example\" is invalid: status.message: Invalid \
                value: \"boolean\": status.message in body must be of type string: \"boolean\"";
    refused(status("size: 3\nmessage: yes"), "KT104", text, "metadata/status.yaml:2:1");
    silent(status("message: \"3\"\nsize: 3"), "KT104");
}

#[test]
fn t5_a_condition_with_a_boolean() {
    let condition = "conditions:\n- type: Ready\n  status: True\n  reason: Ready\n  message: it is";
    // The third condition: Kratix's own two come before it.
    let text = "Error: failed to update status: Thing.test.kratix.io \"example\" is invalid: \
                status.conditions[2].status: Invalid value: \"boolean\": status.conditions[2].status in body must be of \
                type string: \"boolean\"";
    refused(status(condition), "KT105", text, "metadata/status.yaml:3:3");
    silent(status(&condition.replace("True", "\"True\"")), "KT105");
}

#[test]
fn t6_a_nested_map_is_replaced() {
    let at_end = |second: &str| {
        let case = two(&leaves(STATUS, "iam: {user: admin}"), &leaves(STATUS, second));
        let case = case.test("a").file("test/a/status.yaml", "");
        case.run(&["run", "--update"]).exits(0);
        case.run(&["run"]).exits(0);
        case
    };
    // What the first pipeline wrote below `iam` is gone, and shows as missing where it is expected.
    at_end("iam: {secret: db}")
        .edit("test/a/status.yaml", "  secret: db", "  secret: db\n  user: admin")
        .run(&["run"])
        .exits(1)
        .says("status.yaml")
        .says("iam.user");
    let kept = at_end("secret: db").read("test/a/status.yaml");
    assert!(kept.contains("iam:\n  user: admin\n"), "{kept}");
}

#[test]
fn t7_a_message_of_a_pipeline_that_is_not_the_last() {
    let message = leaves(STATUS, "step: one\nmessage: half way");
    let text = "\"half way\" is lost";
    warned(two(&message, "true"), "KT107", text, "metadata/status.yaml:2:1");
    silent(two("true", &message), "KT107");
}

#[test]
fn t9_a_retry_after_that_is_no_duration() {
    let text = "Error: failed to parse retry duration: \"1d\" with error: time: unknown unit \"d\" in duration \"1d\"";
    refused(control("retryAfter: 1d"), "KT109", text, "metadata/workflow-control.yaml:1:1");
    let text =
        "Error: failed to parse retry duration: \"10\" with error: time: missing unit in duration \"10\"";
    refused(control("suspend: true\nretryAfter: 10"), "KT109", text, "metadata/workflow-control.yaml:2:1");
    silent(control("retryAfter: 24h30m"), "KT109");
}

#[test]
fn t10_a_suspend_in_quotes() {
    let text = "failed to unmarshal the workflow control file: \"/work-creator-files/metadata/workflow-control.yaml\" \
                with error: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go struct \
                field WorkflowControl.suspend of type bool";
    let from_work_writer = format!("Error: work creator execution failed: {text}");
    refused(control("suspend: \"true\""), "KT110", &from_work_writer, "metadata/workflow-control.yaml:1:10");
    silent(control("suspend: yes"), "KT110");
}

#[test]
fn t42_a_reserved_key_that_is_no_text() {
    let text = "interface conversion: interface {} is int64, not string";
    refused(status("promiseVersion: 3"), "KT142", text, "metadata/status.yaml:1:1");
    silent(status("version: 3\npromiseVersion: \"3\""), "KT142");
}

#[test]
fn t43_a_promise_status_with_more_than_a_message() {
    let text = "Warning: promise workflow status has unsupported keys: step in status.yaml; only 'message' can be \
                updated in Promise status.";
    warned(promise_status("message: done\nstep: one"), "KT143", text, "metadata/status.yaml:2:1");
    silent(promise_status("message: done"), "KT143");
}

#[test]
fn t44_values_that_are_something_else_in_yaml_1_1() {
    let text = "Kratix reads `no` as false";
    warned(status("enabled: no\nversion: 1.10\nmode: 010"), "KT144", text, "metadata/status.yaml:1:10")
        .says("Kratix reads `1.10` as 1.1")
        .says("Kratix reads `010` as 8")
        .says("metadata/status.yaml:3:7");
    silent(status("enabled: \"no\"\nversion: 1.1\nmode: 8\nother: false"), "KT144");
}

#[test]
fn t47_a_condition_of_a_promise_that_is_incomplete() {
    let condition = "message: done\nconditions:\n- type: Ready\n  status: \"True\"";
    let text = "Promise.platform.kratix.io \"thing\" is invalid: [status.conditions[";
    refused(promise_status(condition), "KT147", text, "metadata/status.yaml:3:3")
        .says(".lastTransitionTime: Required value");
    let whole = "\n  reason: Ready\n  message: it is\n  lastTransitionTime: \"2026-01-01T00:00:00Z\"";
    silent(promise_status(&format!("{condition}{whole}")), "KT147");
}
