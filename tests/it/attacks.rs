//! Hostile and unlucky use: nothing of the user's is lost, nothing is written elsewhere, nothing is left behind.

use std::fs;
use std::os::unix::fs::symlink;

use crate::case::Case;

/// A folder outside of the Promise, with something in it that must stay as it is.
fn precious() -> Case {
    Case::empty().file("lock", "precious").file("results/a/data", "precious").file("b.yaml", "precious")
}

#[test]
fn results_are_not_kept_behind_a_link() {
    let (case, precious) = (Case::script("true").test("a"), precious());
    let before = precious.snapshot(".");
    symlink(precious.path(), case.path().join(".kratix-test")).expect("a link");
    case.run(&["run"])
        .exits(2)
        .says("results cannot be kept in .kratix-test: it is a file or a link and no folder: remove it");
    fs::remove_file(case.path().join(".kratix-test")).expect("removed");
    fs::create_dir(case.path().join(".kratix-test")).expect("a folder");
    symlink(precious.path().join("results"), case.path().join(".kratix-test/results")).expect("a link");
    case.run(&["run"]).exits(1).says("NEW   a");
    assert!(case.exists(".kratix-test/results/a/logs"));
    assert_eq!(precious.snapshot("."), before);
}

#[test]
fn an_update_does_not_write_through_links() {
    let script = "mkdir /kratix/output/sub; echo 'a: 1' > /kratix/output/a.yaml; echo 'b: 1' > /kratix/output/sub/b.yaml";
    let precious = precious();
    let before = precious.snapshot(".");
    let case = Case::script(script).test("a");
    symlink(precious.path(), case.path().join("test/a/output")).expect("a link");
    case.run(&["run", "--update"])
        .exits(1)
        .says("test/a/output: is a link, and nothing is written through links");
    fs::remove_file(case.path().join("test/a/output")).expect("removed");
    fs::create_dir(case.path().join("test/a/output")).expect("a folder");
    symlink(precious.path(), case.path().join("test/a/output/sub")).expect("a link");
    symlink(precious.path().join("b.yaml"), case.path().join("test/a/output/a.yaml")).expect("a link");
    symlink("nowhere", case.path().join("test/a/output/dangling")).expect("a link");
    case.run(&["run", "--update"]).exits(0).says("removed test/a/output/dangling");
    case.run(&["run"]).exits(0);
    assert_eq!(precious.snapshot("."), before);
}

#[test]
fn an_update_that_cannot_be_written_whole_is_not_written_at_all() {
    let script = "echo 'a: 1' > /kratix/output/a.yaml; echo 'b: 1' > /kratix/output/b";
    let case = Case::script(script)
        .test("a")
        .file("test/a/output/a.yaml", "a: 2\n")
        .file("test/a/output/gone.yaml", "gone: 1\n")
        .file("test/a/output/b/.gitkeep", "");
    let before = case.snapshot("test");
    case.run(&["run", "--update"])
        .exits(1)
        .says("test/a/output/b: is a folder, where the pipeline leaves a file of this name");
    assert_eq!(case.snapshot("test"), before);
}

/// A second pipeline, with another name.
fn with_pipeline(case: Case, name: &str) -> Case {
    let promise = case.read("promise.yaml");
    let start = promise.find("      - apiVersion: platform.kratix.io/v1alpha1").expect("a pipeline");
    let second = promise[start..].replace("name: setup", &format!("name: {name:?}"));
    case.file("promise.yaml", &format!("{promise}{second}"))
}

#[test]
fn the_name_of_a_pipeline_leads_nowhere_else() {
    let outside = Case::empty();
    let names = ["../../../../outside", "..", &format!("{}/outside", outside.path().display())];
    for name in names {
        let case = with_pipeline(Case::script("echo 'a: 1' > /kratix/output/a.yaml").test("a"), name);
        let case = case.file("kratix-test.yaml", "findings: {KT206: allow}\n");
        case.run(&["run", "--update"]).exits(0).says("created test/a/pipelines/setup/output/a.yaml");
        assert!(!case.exists("outside") && !case.exists("test/a/output"), "{name}");
    }
    assert!(!outside.exists("outside"));
}

#[test]
fn two_pipelines_of_one_name_are_refused_and_nothing_else_is_said() {
    let case = with_pipeline(Case::script("true").test("a"), "setup");
    case.run(&["run"]).exits(1).says("KT126").does_not_say("file exists");
}
