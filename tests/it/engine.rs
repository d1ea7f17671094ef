//! The engine: how it is found, what is left in it, and files without a shared file system.

use std::fs;
use std::process::Command;

use crate::case::{Case, program};

#[test]
fn no_engine_is_one_clear_sentence() {
    let case = Case::script("true").test("a");
    let nowhere = "unix:///nowhere/docker.sock";
    case.run(&["run", "--host", nowhere])
        .exits(3)
        .says("error: no container engine answers at unix:///nowhere/docker.sock")
        .says("hint: ");
    let case = case.env("DOCKER_HOST", nowhere);
    case.run(&["run"]).exits(3).says(nowhere).says("DOCKER_HOST");
}

#[test]
fn an_unknown_context_is_said() {
    let case = Case::script("true").test("a");
    case.run(&["run", "--context", "moon"]).exits(3).says("moon");
    let case = Case::script("true").test("a").env("DOCKER_HOST", "").env("DOCKER_CONTEXT", "moon");
    case.run(&["run"]).exits(3).says("moon");
}

#[test]
fn without_a_shared_file_system_files_go_through_the_engine() {
    let case = Case::fixture("elastic-cloud").env("KRATIX_TEST_FILES", "volume");
    case.run(&["run"]).exits(0).says("2 tests: 2 passed");
    assert!(case.read(".kratix-test/results/without/output/kibana.yaml").contains("30658"));
    let script = "umask 077; echo a > /kratix/output/a.txt; chown -R 1234 /kratix/output; ln -s a.txt /kratix/output/b";
    let case = Case::script(script).test("a").env("KRATIX_TEST_FILES", "volume").readable_or_not();
    case.run(&["run", "--update"]).exits(0);
    assert_eq!(case.read("test/a/output/b"), "a\n");
}

#[test]
fn a_user_in_the_docker_group_gets_results_that_are_theirs() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let case = Case::script(
        "umask 077; echo a > /kratix/output/a.txt; mkdir /kratix/output/d; echo b > /kratix/output/d/b",
    );
    let case = case.test("a").readable_or_not();
    let socket = fs::metadata("/var/run/docker.sock").expect("the engine's socket");
    let group = std::os::unix::fs::MetadataExt::gid(&socket);
    fs::copy(program(), case.path().join("program")).expect("a copy");
    let own = Command::new("chown").args(["-R", "65534:65534"]).arg(case.path()).status().expect("chown");
    assert!(own.success());
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", &format!("--groups={group}")]);
    command.arg(case.path().join("program")).args(["run", "--update"]).current_dir(case.path());
    command.env("HOME", case.path());
    let output = command.output().expect("setpriv starts");
    case.ran(&output).exits(0);
    let file = fs::metadata(case.path().join(".kratix-test/results/a/output/d/b")).expect("a file");
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&file), 65534);
    assert_eq!(case.read("test/a/output/d/b"), "b\n");
}
