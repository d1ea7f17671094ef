//! `run --update`: expectations are written only when asked for, and only the files that changed.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, REQUEST};

const SCRIPT: &str = "mkdir -p /kratix/output/sub
echo 'a: 1' > /kratix/output/a.yaml
echo 'b: 1' > /kratix/output/sub/b.yaml
printf '#!/bin/sh\\n' > /kratix/output/run.sh; chmod 755 /kratix/output/run.sh
echo 'message: done' > /kratix/metadata/status.yaml";

#[test]
fn a_new_test_fails_until_it_is_updated_and_passes_then() {
    let case = Case::script(SCRIPT).test("a");
    case.run(&["run"]).exits(1).says("NEW   a").says("output/sub/b.yaml").says("kratix-test accept a");
    assert!(!case.exists("test/a/output"), "nothing is written unless asked for");
    case.run(&["run", "--update"])
        .exits(0)
        .says("created test/a/output/sub/b.yaml")
        .says("1 test: 1 updated");
    assert_eq!(case.read("test/a/metadata/status.yaml"), "message: done\n");
    let mode = fs::metadata(case.path().join("test/a/output/run.sh")).expect("a file").mode();
    assert_eq!(mode & 0o777, 0o755);
    case.run(&["run"]).exits(0).says("1 test: 1 passed");
    case.run(&["run", "--update"]).exits(0).says("1 test: 1 unchanged");
}

#[test]
fn only_the_files_that_changed_are_written() {
    let same = "# a comment of the author's\n{a: 1}\n";
    let case = Case::script(SCRIPT)
        .test("a")
        .file("test/a/output/a.yaml", same)
        .file("test/a/output/sub/b.yaml", "b: 2\n")
        .file("test/a/output/gone.yaml", "gone: true\n");
    case.run(&["run", "--update"])
        .exits(0)
        .says("changed test/a/output/sub/b.yaml")
        .says("removed test/a/output/gone.yaml")
        .says("created test/a/metadata/status.yaml")
        .does_not_say("output/a.yaml");
    assert_eq!(case.read("test/a/output/a.yaml"), same);
    assert_eq!(case.read("test/a/output/sub/b.yaml"), "b: 1\n");
    assert!(!case.exists("test/a/output/gone.yaml"));
    case.run(&["run"]).exits(0);
}

#[test]
fn nothing_is_stored_for_a_test_whose_stage_fails() {
    let case = Case::script(&format!("{SCRIPT}\nexit 1")).test("a");
    case.run(&["run", "--update"]).exits(1);
    assert!(!case.exists("test/a/output"));
}

#[test]
fn what_leaves_nothing_is_remembered_as_such() {
    let case = Case::script("true").test("a");
    case.run(&["run"]).exits(1).says("NEW   a");
    case.run(&["run", "--update"]).exits(0).says("created test/a/output/.gitkeep");
    case.run(&["run"]).exits(0);
}

#[test]
fn a_promise_never_seen_before_gets_tests_from_its_example_requests() {
    let case = Case::script(SCRIPT).file("example.yaml", REQUEST);
    case.run(&["run", "--update"]).exits(0).says("created test/example/input/object.yaml");
    assert_eq!(case.read("test/example/input/object.yaml"), REQUEST);
    case.run(&["run"]).exits(0).says("PASS  example");
}
