//! The engine: how it is found and waited for, and files without a shared file system.

use std::os::unix::net::UnixListener;
use std::thread::{sleep, spawn};
use std::time::Duration;

use crate::case::Case;
use crate::proxy::engine_socket;

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
fn in_ci_an_engine_that_is_being_started_is_waited_for() {
    let case = Case::stage("true").test("a");
    let socket = case.path().join("late.sock");
    let case = case.env("DOCKER_HOST", &format!("unix://{}", socket.display()));
    // Elsewhere it is a mistake.
    case.run(&["run"]).exits(3).says("no such socket").does_not_say("Waiting");
    let late = socket.clone();
    spawn(move || {
        sleep(Duration::from_secs(2));
        std::os::unix::fs::symlink(engine_socket(), late).expect("a link");
    });
    let case = case.env("CI", "true");
    let ran = case
        .run(&["run", "--update"])
        .exits(0)
        .says("Waiting up to 30s for the engine at unix://[DIR]/late.sock (from DOCKER_HOST)");
    assert_eq!(ran.stderr.matches("Waiting").count(), 1, "{}", ran.stderr);
}

#[test]
fn in_ci_only_the_engine_of_docker_host_is_waited_for() {
    let case = Case::stage("true").test("a").env("CI", "true");
    let socket = case.path().join("gone.sock");
    drop(UnixListener::bind(&socket).expect("a socket"));
    let host = format!("unix://{}", socket.display());
    case.run(&["run", "--host", &host]).exits(3).says("connection refused").does_not_say("Waiting");
}
