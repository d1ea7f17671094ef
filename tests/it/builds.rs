//! Building images: which builder, and what it costs.

use std::fs;
use std::time::Duration;

use crate::case::Case;

const FAILING: &str = "RUN echo compiling && exit 3\nCOPY run /run";

#[test]
fn a_failing_instruction_is_shown_first_whichever_builder_is_used() {
    for (switch, told) in [("1", "[2/3] RUN echo compiling"), ("0", "Step 2/4 : RUN echo compiling")] {
        let case = Case::script("true").test("a").edit("pipeline/Dockerfile", "COPY run /run", FAILING);
        let ran = case.env("DOCKER_BUILDKIT", switch).run(&["run"]).exits(3);
        let place = "does not build: its command ended with exit code 3\n  ";
        assert!(ran.stderr.contains(place), "{}", ran.stderr);
        ran.says("pipeline/Dockerfile:2: RUN echo compiling && exit 3\n  | compiling\n").does_not_say(told);
    }
}

#[test]
fn the_log_of_a_build_is_shown_as_it_comes_where_that_is_asked() {
    // Nothing that was built before has the same instruction.
    let step = format!("RUN echo compiling; : {}\nCOPY run /run", std::process::id());
    let case = Case::script("true").test("a").edit("pipeline/Dockerfile", "COPY run /run", &step);
    case.run(&["run", "--no-capture"]).says("| [2/3] RUN echo compiling").says("| compiling\n");
    case.edit("pipeline/Dockerfile", "compiling", "again").run(&["run"]).does_not_say("| again");
}

#[test]
fn a_frontend_that_cannot_be_fetched_is_told_with_what_to_do() {
    let frontend = "# syntax=localhost:1/docker/dockerfile:1\nFROM busybox:1.36";
    let case = Case::script("true").test("a").edit("pipeline/Dockerfile", "FROM busybox:1.36", frontend);
    case.run(&["run"])
        .exits(3)
        .says("localhost:1/docker/dockerfile:1, which `# syntax=` names, cannot be fetched: ")
        .says("pipeline/Dockerfile:1: # syntax=localhost:1/docker/dockerfile:1")
        .says("hint: `# syntax=` has BuildKit fetch");
}

#[test]
fn a_context_of_300_mb_is_not_held_in_memory() {
    for switch in ["1", "0"] {
        // Nothing that is built before has the same files.
        let name = format!("large-{}-{switch}", std::process::id());
        let copy = format!("COPY {name} /\nRUN test -s /{name}\nCOPY run /run");
        let case = Case::script("true").test("a").edit("pipeline/Dockerfile", "COPY run /run", &copy);
        let large = fs::File::create(case.path().join("pipeline").join(&name)).expect("a file");
        large.set_len(300 << 20).expect("300 MB");
        let case = case.env("DOCKER_BUILDKIT", switch);
        let mut child = case.start(&["run"]);
        let mut peak = 0;
        while child.try_wait().expect("a child").is_none() {
            peak = peak.max(memory(child.id()));
            std::thread::sleep(Duration::from_millis(20));
        }
        let ran = case.ran(&child.wait_with_output().expect("an end"));
        assert!(ran.stderr.contains("Built"), "{}", ran.stderr);
        assert!(peak > 0 && peak < 150 << 10, "{peak} KiB");
    }
}

/// The most that a process has had, in KiB; nothing once it has ended.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
