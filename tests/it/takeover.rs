//! Tests in another layout that become tests of ours: `init --from`.

use std::fs;

use crate::case::{Case, REQUEST, copy};

/// What a stage leaves of the size of a request.
const SCRIPT: &str = "grep replicas /kratix/input/object.yaml | sed 's/^ *//' >/kratix/output/out.yaml\n\
                      echo \"user: ${USER_NAME:-nobody}\" >/kratix/metadata/status.yaml";

#[test]
fn a_test_input_beside_a_dockerfile_is_written_and_passes() {
    let case = Case::script(SCRIPT)
        .file("pipeline/test-input/object.yaml", REQUEST)
        .file("pipeline/test-output/out.yaml", "replicas: 2\n")
        .file("pipeline/test-metadata/status.yaml", "user: nobody\n");
    let before = case.snapshot("pipeline");
    let ran = case.run(&["init", "--from", "pipeline", "--yes"]).exits(0);
    let ran =
        ran.says("created test/pipeline/input/object.yaml").says("created test/pipeline/output/out.yaml");
    ran.says("1 passed");
    assert_eq!(case.read("test/pipeline/input/object.yaml"), REQUEST);
    assert_eq!(case.snapshot("pipeline"), before);
    // Once more, there is nothing left to do.
    let ran = case.run(&["init", "--from", "pipeline", "--yes"]).exits(0);
    ran.says("pipeline: is taken over already").says("Nothing to take over");
}

#[test]
fn what_a_script_gives_its_container_a_test_gives_too() {
    let script = "#!/usr/bin/env bash\ntestdir=$(cd \"$(dirname \"$0\")\"/../test; pwd)\n\ndocker run --rm \\\n  \
                  --volume ${testdir}/input:/kratix/input --volume ${testdir}/output:/kratix/output \\\n  \
                  --env USER_NAME=minio --env USER_TOKEN=hunter2 kratix-test-it/thing:dev\n";
    let case = Case::script(SCRIPT)
        .file("test/input/object.yaml", REQUEST)
        .file("test/output/out.yaml", "replicas: 2\n")
        .file("test/metadata/status.yaml", "user: minio\n")
        .file("scripts/test-pipeline", script)
        .env("USER_TOKEN", "of-ours");
    case.run(&["run"]).exits(1).says("minio");
    let ran = case.run(&["init", "--from", "scripts/test-pipeline", "--yes"]).exits(0).says("1 passed");
    let ran = ran.says("test is read as it is").does_not_say("hunter2");
    ran.says("scripts/test-pipeline:4: gives USER_TOKEN, whose value is not written down");
    assert_eq!(
        case.read("test/kratix-test.yaml"),
        "# As scripts/test-pipeline:4 has it.\nenv:\n  USER_NAME: minio\n  USER_TOKEN:\n    from: USER_TOKEN\n"
    );
}

#[test]
fn nothing_that_is_there_is_overwritten_and_nothing_is_run_unless_asked() {
    let case = Case::script("exit 1")
        .file("e2e/small/input/object.yaml", REQUEST)
        .file("e2e/small/expected/out.yaml", "replicas: 2\n")
        .file("test/small/note.txt", "mine");
    let ran = case.run(&["init", "--from", "e2e", "--yes", "--no-run"]).exits(0);
    ran.says("e2e/small: says nothing of metadata/").does_not_say("passed");
    assert_eq!(case.read("test/small/note.txt"), "mine");
    assert_eq!(case.read("test/small-2/output/out.yaml"), "replicas: 2\n");
    case.run(&["init", "--from", "e2e"]).exits(0).says("Nothing to take over");
    case.run(&["list"]).exits(0).says("small-2");
}

#[test]
fn without_a_terminal_nothing_is_written_that_was_not_asked_for() {
    let case = Case::script("true").file("pipeline/test-input/object.yaml", REQUEST);
    case.run(&["init", "--from", "pipeline"]).exits(2).says("add --yes");
    assert!(!case.exists("test"));
    case.run(&["init", "--from", "none", "--yes"]).exits(2).says("none: is not there");
    case.run(&["init", "--from", "..", "--yes"]).exits(2).says("is outside of the Promise's repository");
}

#[test]
fn a_taken_over_test_that_differs_fails_and_shows_how() {
    let case = Case::script(SCRIPT)
        .file("cases/big/before/input/object.yaml", REQUEST)
        .file("cases/big/after/output/out.yaml", "replicas: 3\n")
        .file("cases/big/after/metadata/status.yaml", "user: nobody\n");
    let ran = case.run(&["init", "--from", "cases", "--yes"]).exits(1);
    ran.says("big").says("replicas").says("1 failed");
}

#[test]
fn what_nothing_is_expected_of_is_stored_after_a_yes() {
    let case = Case::script(SCRIPT)
        .file("pipeline/test-input/object.yaml", REQUEST)
        .file("old/input/object.yaml", REQUEST)
        .file("old/output/out.yaml", "replicas: 3\n");
    // What somebody expects stays, though it is not what is left.
    case.run(&["init", "--from", ".", "--yes"]).exits(1).says("1 failed");
    assert_eq!(case.read("test/pipeline/output/out.yaml"), "replicas: 2\n");
    assert_eq!(case.read("test/old/output/out.yaml"), "replicas: 3\n");
}

#[test]
fn what_settings_apply_to_a_test_is_listed_with_their_places() {
    let case = Case::script("true")
        .file("kratix-test.yaml", "network: none\n")
        .file("test/input/object.yaml", REQUEST)
        .file("test/kratix-test.yaml", "# why\nenv: {A_TOKEN: hunter2, B: {from: B}}\n");
    let ran = case.run(&["list", "-v"]).exits(0).does_not_say("hunter2");
    let ran = ran
        .says("network: \"none\"  kratix-test.yaml:1")
        .says("env.B: {\"from\":\"B\"}  test/kratix-test.yaml:2");
    ran.says("env.A_TOKEN: <masked>  test/kratix-test.yaml:2");
    case.run(&["list"]).exits(0).does_not_say("network");
}

#[test]
fn a_copy_elsewhere_is_taken_over_once_it_is_in_the_repository() {
    let elsewhere =
        Case::empty().file("tests/a/input/object.yaml", REQUEST).file("tests/a/output/out.yaml", "x: 1\n");
    let case = Case::script(SCRIPT);
    let from = elsewhere.path().join("tests").display().to_string();
    case.run(&["init", "--from", &from, "--yes"]).exits(2).says("copy it into the repository first");
    fs::create_dir(case.path().join("old")).expect("a folder");
    copy(&elsewhere.path().join("tests"), &case.path().join("old"));
    case.run(&["init", "--from", "old", "--yes", "--no-run"]).exits(0).says("created test/a/output/out.yaml");
    assert_eq!(case.read("test/a/output/out.yaml"), "x: 1\n");
}
