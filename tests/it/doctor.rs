//! `doctor`: what keeps tests from running, each with what mends it.

use std::process::Command;

use crate::case::{Case, Ran, program};

fn doctor(case: &Case) -> Ran {
    case.run(&["doctor"])
}

/// What a run said, with its lines put together again.
fn whole(ran: &Ran) -> String {
    ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn where_all_is_well_each_probe_says_what_it_found() {
    let ran = doctor(&Case::empty()).exits(0);
    for (name, text) in [
        ("engine", "answers at "),
        ("version", " with API 1."),
        ("context", ""),
        ("builder", "BuildKit"),
        ("platform", "linux/"),
        ("space", " free in /"),
        ("files", ""),
        ("clusters", ""),
        ("leftovers", " of ours"),
        ("kratix", ""),
    ] {
        let line = ran.stdout.lines().find(|line| line.get(9..).is_some_and(|line| line.starts_with(name)));
        let line = line.unwrap_or_else(|| panic!("no {name}\n{}", ran.stdout));
        assert!(line.contains(text), "{line}");
        assert!(!line.starts_with("problem"), "{line}");
    }
    assert!(
        ran.stdout.lines().last().is_some_and(|line| line.starts_with("Tests can run")),
        "{}",
        ran.stdout
    );
    for line in ran.stdout.lines().filter(|line| !line.contains("mend: ")) {
        assert!(line.chars().count() <= 80, "too long: {line}");
    }
}

#[test]
fn an_engine_that_is_not_there_is_a_problem_with_what_mends_it() {
    let case = Case::empty().env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let ran = doctor(&case).exits(3).says("problem  engine     no container engine answers at");
    let ran = ran.says("Tests cannot run: 1 problem");
    let said = "unix:///nowhere/docker.sock (from DOCKER_HOST): no such socket hint: start one";
    assert!(whole(&ran).contains(said), "{}", ran.stdout);
}

#[test]
fn an_address_or_a_context_that_is_none_is_a_problem() {
    let case = Case::empty().env("DOCKER_HOST", "npipe:////./pipe/docker_engine");
    doctor(&case)
        .exits(3)
        .says("problem  engine")
        .says("hint: addresses begin with unix://, tcp:// or ssh://");
    let case = Case::empty().env("DOCKER_HOST", "").env("DOCKER_CONTEXT", "moon");
    doctor(&case)
        .exits(3)
        .says(r#"there is no docker context "moon""#)
        .says("hint: `docker context ls` lists");
}

#[test]
fn a_context_that_docker_host_overrules_is_a_warning() {
    let case = Case::empty().file("docker/config.json", r#"{"currentContext": "far"}"#);
    let config = case.path().join("docker").display().to_string();
    let socket = format!("unix://{}", crate::proxy::engine_socket().display());
    let case = case.env("DOCKER_CONFIG", &config).env("DOCKER_HOST", &socket);
    doctor(&case).exits(0).says("warning  context    far is chosen, and DOCKER_HOST overrules it");
}

#[test]
fn another_kratix_test_that_is_first_on_path_is_a_warning() {
    let case = Case::empty().file("bin/kratix-test", "#!/bin/sh\n").executable("bin/kratix-test");
    let case = case.file("bin/kratix", "#!/bin/sh\n").executable("bin/kratix");
    let path = format!("{}/bin:{}", case.path().display(), std::env::var("PATH").unwrap_or_default());
    let ours = std::path::Path::new(program()).parent().expect("a folder").display();
    let case = case.env("PATH", &path);
    doctor(&case)
        .exits(0)
        .says("warning  program    another kratix-test is earlier on PATH:")
        .says("warning  kratix     `kratix test` runs [DIR]/bin/kratix-test,")
        .says(&format!("mend: export PATH=\"{ours}:$PATH\""))
        .says("Tests can run; ");
}

#[test]
fn local_clusters_are_found_by_the_labels_of_their_nodes() {
    let name = format!("kt-doctor-{}", std::process::id());
    let label = format!("io.x-k8s.kind.cluster={name}");
    let made = Command::new("docker")
        .args(["create", "--name", &name, "--label", &label, "busybox:1.36", "true"])
        .output()
        .expect("docker");
    assert!(made.status.success());
    let ran = doctor(&Case::empty());
    let removed = Command::new("docker").args(["rm", &name]).output().expect("docker");
    assert!(removed.status.success());
    let ran = ran.exits(0).says("mend: ");
    assert!(whole(&ran).contains(&format!("kind:{name} (0 of 1 node running)")), "{}", ran.stdout);
}

#[test]
fn json_holds_the_same_probes() {
    let ran =
        Case::empty().env("DOCKER_HOST", "unix:///nowhere/docker.sock").run(&["doctor", "--format", "json"]);
    let ran = ran.exits(3);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(report["can_run"], false);
    assert_eq!(report["probes"][0]["name"], "engine");
    assert_eq!(report["probes"][0]["verdict"], "problem");
}
