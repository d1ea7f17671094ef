//! `init`: the tests that a Promise lacks are made, run, and stored.

use crate::case::Case;
use crate::pty::Pty;

/// Leaves what the request asks for.
const SCRIPT: &str = "grep -o 'size: .*' /kratix/input/object.yaml >/kratix/output/size.txt";

/// A Promise with an example request and a `size` of two values.
fn thing() -> Case {
    Case::stage(SCRIPT)
}

/// Makes the tests of a fixture anew, without an edit, and runs them.
#[track_caller]
fn made_anew(case: Case) -> Case {
    case.run(&["init", "--yes"]).exits(0).does_not_say("FAIL");
    case.run(&["run"]).exits(0).does_not_say("FAIL");
    case.run(&["init", "--yes"]).exits(0).says("there is no test to add");
    case
}

#[test]
fn the_tests_of_app_are_made_anew() {
    let case = made_anew(Case::fixture("app").remove("test"));
    let request = case.read("test/db-driver-postgresql/input/object.yaml");
    assert!(request.contains("  dbDriver: postgresql\n"), "{request}");
    // When the app was made is not the same at every run.
    assert!(case.read("test/example-resource/metadata/status.yaml").contains("createdAt: !timestamp"));
    assert!(case.exists("test/promise-configure/output/ingress-class.yaml"));
}

#[test]
fn the_tests_of_elastic_cloud_are_made_anew() {
    let case = made_anew(Case::fixture("elastic-cloud").remove("test"));
    assert!(case.exists("test/resource-request/output/beats.yaml"));
    assert!(case.exists("test/without-data-collection/output/kibana.yaml"));
    assert!(!case.exists("test/without-data-collection/output/beats.yaml"));
}

#[test]
fn the_tests_of_approval_are_made_anew() {
    let case = made_anew(Case::fixture("approval").remove("test"));
    let request = case.read("test/minimal/input/object.yaml");
    assert!(
        request.contains("  # How large the server is, and so what it costs.\n  size: small\n"),
        "{request}"
    );
    assert!(case.exists("test/minimal/pipelines/approve/metadata/workflow-control.yaml"));
    assert!(case.exists("test/approved/pipelines/provision/output/server.yaml"));
    assert!(case.read("test/size-large/pipelines/request/output/ticket.yaml").contains("250"));
}

#[test]
fn the_tests_of_credentials_are_made_anew_with_the_secrets_that_are_there() {
    let case = Case::fixture("credentials").remove("test/connection").remove("test/other-namespace");
    let case = made_anew(case);
    assert!(case.exists("test/minimal/output/seal.yaml"));
}

#[test]
fn a_request_that_is_deleted_has_the_status_that_was_left_of_it() {
    let case = made_anew(Case::fixture("teardown").remove("test"));
    let request = case.read("test/resource-delete/input/object.yaml");
    assert!(request.contains("# What the configure workflow left.\nstatus:\n  accountId: acc-"), "{request}");
    assert!(case.exists("test/resource-delete/metadata/status.yaml"));
}

#[test]
fn what_is_found_and_what_is_written_is_told() {
    let case = thing();
    case.run(&["init", "--yes", "--no-run"])
        .exits(0)
        .says("thing promise.yaml\n\n  0 tests\n")
        .says("1 pipeline\n    resource/configure/setup\n      stage  busybox:1.36\n")
        .says("1 example request\n    request.yaml\n")
        .says("created test/request/input/object.yaml\ncreated test/size-large/input/object.yaml\n")
        .does_not_say("Running");
    assert_eq!(case.read("test/request/input/object.yaml"), case.read("request.yaml"));
    assert!(!case.exists(".kratix-test"));
}

#[test]
fn nothing_that_exists_is_touched_and_only_what_lacks_is_made() {
    let case = thing().test("mine").file("test/mine/output/size.txt", "size: small\n");
    let case = case.file("test/size-large/notes", "mine\n");
    let before = case.snapshot("test/mine");
    case.run(&["init", "--yes"]).exits(0).says("WROTE size-large-2").says("1 test: 1 updated");
    assert_eq!(case.snapshot("test/mine"), before);
    assert_eq!(case.read("test/size-large-2/output/size.txt"), "size: large\n");
    case.run(&["run"]).exits(0).says("2 tests: 2 passed");
}

#[test]
fn names_choose() {
    let case = thing();
    case.run(&["init", "--yes", "--no-run", "tiny"])
        .exits(4)
        .says("no test to make has \"tiny\" in its name; those to make are: request, size-large");
    case.run(&["init", "--yes", "--no-run", "large"]).exits(0);
    assert!(case.exists("test/size-large") && !case.exists("test/request"));
}

#[test]
fn a_pipeline_that_fails_leaves_a_test_that_says_so() {
    let case = Case::stage("echo no room; grep -q 'size: small' /kratix/input/object.yaml || exit 7");
    case.run(&["init", "--yes"])
        .exits(1)
        .says("WROTE request")
        .says("FAIL  size-large")
        .says("no room")
        .says("test/size-large/kratix-test.yaml says how to go on");
    let settings = case.read("test/size-large/kratix-test.yaml");
    assert!(settings.contains("the stage stage of setup ended with exit code 7"), "{settings}");
    assert!(settings.contains("kratix-test run size-large --update"), "{settings}");
    // As it says, that may be what is expected.
    let case = case.file("test/size-large/kratix-test.yaml", &format!("{settings}exit: 7\n"));
    case.run(&["run", "size-large", "--update"]).exits(0);
    case.run(&["run"]).exits(0);
}

#[test]
fn a_request_that_the_author_must_complete_is_written_and_says_so() {
    let rule = "{type: integer, minimum: 1, x-kubernetes-validations: [{rule: 'self * self == 3481', message: guess}]}";
    let case = thing().remove("request.yaml").edit("promise.yaml", "{type: integer, minimum: 1}", rule);
    case.run(&["init", "--yes"])
        .exits(1)
        .says("spec.replicas: Invalid value: 1: guess")
        .says("FAIL  minimal");
    let request = case.read("test/minimal/input/object.yaml");
    assert!(request.starts_with("# The API refuses this request as it is."), "{request}");
    assert!(request.contains("# - spec.replicas: Invalid value: 1: guess\n"), "{request}");
}

#[test]
fn files_for_ci_and_for_git_are_written_on_request() {
    let case = thing().file(".gitignore", "target\n");
    case.run(&["init", "--yes", "--no-run", "--ci", "github", "--pre-commit", "--gitignore"])
        .exits(0)
        .says("created .github/workflows/kratix-test.yaml")
        .says("created .pre-commit-config.yaml")
        .says(".gitignore is there already, and stays as it is; add to it:")
        .says("\n.kratix-test/\n");
    assert_eq!(case.read(".gitignore"), "target\n");
    case.run(&["init", "--yes", "--no-run", "--ci", "gitlab"]).exits(0).says("created .gitlab-ci.yml");
    let case = thing();
    case.run(&["init", "--yes", "--no-run"]).exits(0);
    assert!(!case.exists(".gitlab-ci.yml") && !case.exists(".gitignore"));
}

#[test]
fn every_promise_below_gets_its_tests() {
    let case = thing();
    let promise = case.read("promise.yaml");
    let case = Case::empty()
        .file("one/promise.yaml", &promise)
        .file("two/promise.yaml", &promise.replace("name: thing\n", "name: other\n"));
    case.run(&["init", "--yes"]).exits(0).says("WROTE thing/minimal").says("WROTE other/size-large");
    assert!(case.exists("one/test/size-large/output") && case.exists("two/test/minimal/output"));
}

#[test]
fn without_somebody_to_ask_it_says_which_flag_to_use() {
    let case = thing();
    let before = case.snapshot("");
    case.run(&["init"]).exits(2).says("give --yes to make every test that is lacking");
    for (name, value) in [("CI", "true"), ("TERM", "dumb")] {
        let case = thing().env(name, value);
        case.at_terminal(&["init"]).ends().exits(2).says("give --yes");
    }
    assert_eq!(case.snapshot(""), before);
}

/// The program, asking its first question.
fn asking(case: &Case) -> Pty {
    let mut terminal = case.at_terminal(&["init"]);
    terminal.shows("Tests to make").shows("size-large  spec.size is large");
    terminal
}

#[test]
fn a_dialogue_makes_what_was_chosen() {
    let case = thing();
    let mut terminal = asking(&case);
    // The first test is left out.
    terminal.presses(" ").presses("\r").shows("And beside them").shows(".gitlab-ci.yml");
    terminal.presses("jjj").presses(" ").presses("\r");
    terminal.shows("Store this as what size-large is expected to leave").presses("y");
    terminal.ends().exits(0).says("NEW   size-large").says("WROTE size-large").says("1 test: 1 updated");
    assert_eq!(case.read("test/size-large/output/size.txt"), "size: large\n");
    assert!(case.read(".gitignore").contains(".kratix-test/"));
    assert!(!case.exists("test/request") && !case.exists(".gitlab-ci.yml"));
    case.run(&["run"]).exits(0).says("1 test: 1 passed");
}

#[test]
fn a_no_keeps_the_tests_and_stores_nothing() {
    let case = thing();
    let mut terminal = asking(&case);
    terminal.presses("\r").shows("And beside them").presses("\r");
    terminal.shows("Store this as what request is expected to leave").presses("q");
    terminal.ends().exits(0).says("2 tests: 2 new");
    assert!(case.exists("test/request/input/object.yaml") && !case.exists("test/request/output"));
}

#[test]
fn leaving_at_any_question_leaves_nothing_behind() {
    let case = thing();
    let before = case.snapshot("test");
    for (key, code) in [("\x03", 130), ("\x1b", 0)] {
        let mut terminal = asking(&case);
        terminal.presses(key);
        terminal.ends().exits(code);
        let mut terminal = asking(&case);
        terminal.presses("\r").shows("And beside them").presses(key);
        terminal.ends().exits(code);
        assert_eq!(case.snapshot("test"), before);
        assert!(!case.exists("test"));
    }
    let mut terminal = asking(&case);
    terminal.presses("\r").shows("And beside them").presses("\r");
    terminal.shows("Store this as what request is expected to leave").presses("\x03");
    terminal.ends().exits(130).says("taken back");
    assert!(!case.exists("test"));
    // What was stored after a yes is whole.
    let mut terminal = asking(&case);
    terminal.presses("\r").shows("And beside them").presses("\r");
    terminal.shows("Store this as what request is expected to leave").presses("y");
    terminal.shows("Store this as what size-large is expected to leave").presses("\x03");
    terminal.ends().exits(130);
    assert!(case.exists("test/request/output/size.txt") && !case.exists("test/size-large"));
}
