//! Ctrl-C, SIGTERM and SIGKILL: nothing is left behind.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::case::Case;

/// The containers whose title label has a text.
fn containers(of: &str) -> Vec<String> {
    let output = Command::new("docker")
        .args(["ps", "--all", "--quiet", "--filter", &format!("label=dev.kratix-test.title={of}")])
        .output()
        .expect("docker");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn wait_for(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(60), "it never happened");
        sleep(Duration::from_millis(50));
    }
}

/// Starts a run of one endless test and stops it with a signal once its container is there.
fn stopped_by(signal: Signal, test: &str) -> (Case, i32, String) {
    let case = Case::script("sleep 1000").test(test);
    let title = format!("{test} setup/stage");
    let child = case.start(&["run"]);
    wait_for(|| containers(&title).len() == 1);
    let pid = Pid::from_raw(child.id().cast_signed()).expect("a process");
    kill_process(pid, signal).expect("a signal");
    let ran = case.ran(&child.wait_with_output().expect("an end"));
    (case, ran.code, title)
}

#[test]
fn an_interrupt_removes_the_containers_and_exits_130() {
    for (signal, test) in [(Signal::INT, "interrupted"), (Signal::TERM, "terminated")] {
        let (case, code, title) = stopped_by(signal, test);
        assert_eq!(code, 130);
        assert_eq!(containers(&title), Vec::<String>::new());
        assert!(case.scratch().is_empty());
    }
}

#[test]
fn the_next_run_removes_what_a_killed_one_left() {
    let (case, _, title) = stopped_by(Signal::KILL, "killed");
    assert_eq!(containers(&title).len(), 1, "nobody was there to remove it");
    let case = case.edit("pipeline/run", "sleep 1000", "true");
    case.run(&["run"]).exits(1);
    wait_for(|| containers(&title).is_empty());
    assert!(case.scratch().is_empty());
}
