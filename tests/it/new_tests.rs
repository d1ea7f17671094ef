//! New tests: what varies is marked, and at a terminal it is asked whether what was left is stored.

use crate::case::Case;

/// Leaves a time, a random name, a count, and a text that varies.
const VARIES: &str = "\
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
id=$(cat /proc/sys/kernel/random/uuid)
cat >/kratix/output/a.yaml <<END
apiVersion: v1
kind: ConfigMap
metadata:
  name: a   # the name
  namespace: default
  annotations: {made: $now, id: $id}
data:
  hash: web-${id%%-*}
  same: same
END
echo at $now >/kratix/output/note.txt
echo 'message: fine' >/kratix/metadata/status.yaml";

fn varies() -> Case {
    Case::stage(VARIES).test("new")
}

#[test]
fn an_update_marks_what_varies_between_two_runs() {
    let case = varies();
    case.run(&["run", "--update"])
        .exits(0)
        .says("WROTE new")
        .says("marked, since a second run left something else:")
        .says("output/a.yaml ConfigMap default/a (v1)")
        .says("metadata.annotations.made: !timestamp")
        .says("metadata.annotations.id: !uuid")
        .says("data.hash: !regex '^web\\-[0-9a-f]{8}$'")
        .says("output/note.txt is another one at every run");
    let stored = case.read("test/new/output/a.yaml");
    assert!(stored.contains("  name: a   # the name\n"), "{stored}");
    assert!(stored.contains("annotations: {made: !timestamp , id: !uuid }\n"), "{stored}");
    assert!(stored.contains("  same: same\n"), "{stored}");
    let case = case.file("kratix-test.yaml", "ignore: [output/note.txt]\n");
    case.run(&["run"]).exits(0).says("PASS  new");
    // A mark is for what differs between platforms: two runs of one must leave the same.
    case.run(&["run", "--idempotent"]).exits(1).says("a second run, on the status that the first left");
}

#[test]
fn what_does_not_vary_is_stored_as_it_is() {
    let case = Case::stage("echo 'a: 1' >/kratix/output/a.yaml").test("new");
    case.run(&["run", "--update"]).exits(0).says("WROTE new").does_not_say("marked").does_not_say("note:");
    assert_eq!(case.read("test/new/output/a.yaml"), "a: 1\n");
    // A test that is not new is run once.
    let case =
        Case::stage("date +%s%N >/kratix/output/a.txt").test("old").file("test/old/output/a.txt", "1\n");
    case.run(&["run", "--update"]).exits(0).says("WROTE old").does_not_say("another one at every run");
}

#[test]
fn a_pipeline_that_fails_at_its_second_run_is_told() {
    let script =
        "echo 'a: 1' >/kratix/output/a.yaml; mkdir /shared/$(date +%s%N); [ $(ls /shared | wc -l) = 1 ]";
    let case = Case::stage(script).test("new");
    let folder = tempfile::tempdir().expect("a folder");
    let settings = format!("volumes: ['{}:/shared']\n", folder.path().display());
    let case = case.file("kratix-test.yaml", &settings);
    case.run(&["run", "--update"]).exits(0).says("run a second time, it did not end as the first time");
}

#[test]
fn a_yes_at_the_terminal_stores_what_was_left() {
    let case = varies();
    let mut terminal = case.at_terminal(&["run"]);
    terminal.shows("Store this as what new is expected to leave?").presses("y");
    terminal
        .ends()
        .exits(0)
        .says("NEW   new")
        .says("made: !timestamp")
        .says("WROTE new")
        .says("1 test: 1 updated");
    assert!(case.read("test/new/output/a.yaml").contains("!uuid"));
    assert_eq!(case.read("test/new/metadata/status.yaml"), "message: fine\n");
}

#[test]
fn anything_else_at_the_terminal_stores_nothing() {
    let case = Case::stage("echo 'a: 1' >/kratix/output/a.yaml").test("one").test("two");
    let before = case.snapshot("test");
    for (keys, code) in [("n\r", 1), ("q", 1), ("\x1b", 1), ("\x03", 130)] {
        let mut terminal = case.at_terminal(&["run"]);
        terminal.shows("Store this as what one is expected to leave?").presses(keys);
        terminal.ends().exits(code).does_not_say("WROTE");
        assert_eq!(case.snapshot("test"), before, "{keys:?}");
    }
    let mut terminal = case.at_terminal(&["run"]);
    terminal.shows("Store this as what one is expected to leave?").presses("a");
    terminal.ends().exits(0).says("2 tests: 2 updated");
    assert_eq!(case.read("test/two/output/a.yaml"), "a: 1\n");
}

#[test]
fn nobody_is_asked_in_ci() {
    let case = Case::stage("echo 'a: 1' >/kratix/output/a.yaml").test("new").env("CI", "true");
    case.at_terminal(&["run"]).ends().exits(1).does_not_say("is expected to leave");
    assert!(!case.exists("test/new/output"));
}
