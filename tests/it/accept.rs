//! `accept`, `reject` and `review`: what the last run kept, without another run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::case::{Case, REQUEST, root};

const SCRIPT: &str = "echo 'a: 1' > /kratix/output/a.yaml
printf '#!/bin/sh\\n' > /kratix/output/run.sh; chmod 755 /kratix/output/run.sh
ln -s a.yaml /kratix/output/link.yaml
echo 'message: done' > /kratix/metadata/status.yaml";

const RECORD: &str = ".kratix-test/results/a/record.json";

/// A test that failed by one value, whose comment has to stay.
fn failed() -> Case {
    let case = Case::stage(SCRIPT)
        .test("a")
        .file("test/a/output/a.yaml", "# mine\na: 2\n")
        .file("test/a/output/link.yaml", "a: 1\n")
        .file("test/a/output/run.sh", "#!/bin/sh\n")
        .file("test/a/metadata/status.yaml", "message: !regex '^d'\n");
    case.run(&["run"]).exits(1).says("kratix-test accept a");
    case
}

#[test]
fn what_the_last_run_left_is_accepted_in_place_and_passes_then() {
    let case = failed();
    case.run(&["accept", "a"]).exits(0).says("changed test/a/output/a.yaml");
    assert_eq!(case.read("test/a/output/a.yaml"), "# mine\na: 1\n");
    assert_eq!(case.read("test/a/metadata/status.yaml"), "message: !regex '^d'\n");
    case.run(&["accept", "a"]).exits(0).says("a: nothing to accept");
    case.run(&["run"]).exits(0).says("1 test: 1 passed");
    case.run(&["accept"]).exits(0).says("Nothing to accept");
}

#[test]
fn a_new_test_and_a_promise_without_tests_are_accepted() {
    let case = Case::stage(SCRIPT).test("a");
    case.run(&["run"]).exits(1).says("NEW   a");
    case.run(&["accept"]).exits(0).says("created test/a/output/run.sh");
    case.run(&["run"]).exits(0);
    let case = Case::stage(SCRIPT);
    case.run(&["run"]).exits(0);
    case.run(&["accept"]).exits(0).says("created test/request/input/object.yaml");
    assert_eq!(case.read("test/request/input/object.yaml"), REQUEST);
    case.run(&["run"]).exits(0).says("PASS  request");
}

/// Every expected YAML file of a case with another value in it.
fn broken(case: &Case) {
    let mut changed = 0;
    for (path, bytes) in case.snapshot("test") {
        let is_expected = |part: &str| path.components().any(|name| name.as_os_str() == part);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if is_expected("output") && text.contains("name: ") {
            fs::write(&path, text.replacen("name: ", "name: other-", 1)).expect("written");
            changed += 1;
        }
    }
    assert!(changed > 0);
}

fn files(case: &Case) -> Vec<(PathBuf, Vec<u8>)> {
    let snapshot = case.snapshot("test").into_iter();
    snapshot.map(|(path, text)| (path.strip_prefix(case.path()).expect("below").to_owned(), text)).collect()
}

#[test]
fn of_every_fixture_the_same_is_accepted_as_an_update_writes() {
    for name in ["elastic-cloud", "app", "teardown"] {
        assert!(root().join("fixtures").join(name).is_dir());
        let (accepted, updated) = (Case::fixture(name), Case::fixture(name));
        broken(&accepted);
        broken(&updated);
        let before = files(&accepted);
        accepted.run(&["run"]).exits(1);
        assert_eq!(files(&accepted), before);
        accepted.run(&["accept"]).exits(0);
        updated.run(&["run", "--update"]).exits(0);
        assert_eq!(files(&accepted), files(&updated), "{name}");
        assert_ne!(files(&accepted), before);
        accepted.run(&["run"]).exits(0);
    }
}

#[test]
fn results_of_another_input_expectation_or_image_are_refused_by_name() {
    let changes = [
        ("test/a/input/object.yaml", "replicas: 2", "replicas: 3", "the request"),
        ("promise.yaml", "minimum: 1", "minimum: 0", "the Promise"),
        ("test/a/output/a.yaml", "a: 2", "a: 3", "its expectation"),
        ("pipeline/Dockerfile", "CMD", "USER 7\nCMD", "what kratix-test-it/thing:dev is built from"),
    ];
    let case = Case::script(SCRIPT).test("a").file("test/a/output/a.yaml", "a: 2\n");
    case.run(&["run"]).exits(1);
    let mut case = case;
    for (file, from, to, what) in changes {
        case = case.edit(file, from, to);
        let before = case.snapshot("test");
        case.run(&["accept", "a"]).exits(1).says(what).says("kratix-test run a");
        assert_eq!(case.snapshot("test"), before);
        case = case.edit(file, to, from);
    }
    case = case.file("test/a/kratix-test.yaml", "timeout: 1m\n");
    case.run(&["accept"]).exits(1).says("the settings");
    case.remove("test/a/kratix-test.yaml").run(&["accept"]).exits(0);
}

#[test]
fn a_failed_stage_and_an_error_finding_are_refused_with_the_reason() {
    let case = Case::stage("exit 7").test("a");
    case.run(&["run"]).exits(1);
    case.run(&["accept", "a"]).exits(1).says("setup/stage exited with code 7");
    let case = Case::stage("echo 'kratix: {}' > /kratix/metadata/status.yaml").test("a");
    case.run(&["run"]).exits(1).says("KT101");
    case.run(&["accept", "a"]).exits(1).says("the platform would refuse it: KT101");
    case.run(&["review"]).exits(0).says("error KT101").says("cannot be accepted");
    assert!(!case.exists("test/a/metadata"));
}

#[test]
fn without_results_it_says_to_run() {
    let case = Case::stage(SCRIPT).test("a");
    case.run(&["accept"]).exits(1).says("no results are kept of a").says("kratix-test run");
    case.run(&["accept", "none"]).exits(4);
}

#[test]
fn what_is_rejected_is_not_offered_again_and_changes_nothing() {
    let case = failed();
    let before = case.snapshot("test");
    case.run(&["reject"]).exits(0).says("Rejected a");
    assert_eq!(case.snapshot("test"), before);
    case.run(&["accept", "a"]).exits(0).says("nothing to accept");
    case.run(&["review"]).exits(0).says("Nothing is pending");
    assert_eq!(case.snapshot("test"), before);
    case.run(&["run"]).exits(1);
    case.run(&["accept", "a"]).exits(0).says("changed");
}

#[test]
fn a_record_that_is_broken_or_of_another_version_is_none() {
    let case = failed();
    let record = case.read(RECORD);
    for other in [
        record.replace("\"version\": 2", "\"version\": 9"),
        record.chars().take(100).collect(),
        String::new(),
        record.replace("\"a.yaml\": {", "\"../../../../../escaped.yaml\": {"),
    ] {
        assert_ne!(other, record);
        fs::write(case.path().join(RECORD), other).expect("written");
        case.run(&["accept", "a"]).exits(1).says("no results are kept of a");
    }
    assert_eq!(case.read("test/a/output/a.yaml"), "# mine\na: 2\n");
}

#[test]
fn results_that_were_tampered_with_are_refused_and_no_link_is_followed() {
    let case = failed().file("outside/output/a.yaml", "a: 9\n");
    let results = case.path().join(".kratix-test/results/a");
    let before = case.snapshot("test");
    fs::write(results.join("output/a.yaml"), "a: 9\n").expect("written");
    case.run(&["accept"]).exits(1).says("its results are not what the run left");
    fs::write(results.join("output/a.yaml"), "a: 1\n").expect("written");
    fs::rename(results.join("output"), case.path().join("moved")).expect("moved");
    symlink(case.path().join("moved"), results.join("output")).expect("a link");
    case.run(&["accept"]).exits(1).says("its results are not what the run left");
    fs::rename(&results, case.path().join("elsewhere")).expect("moved");
    symlink(case.path().join("elsewhere"), &results).expect("a link");
    case.run(&["accept"]).exits(1).says("no results are kept of a");
    case.run(&["reject"]).exits(1);
    assert_eq!(case.snapshot("test"), before);
}

#[test]
fn no_expectation_is_written_through_a_link() {
    let case = failed().file("outside/b", "");
    fs::remove_dir_all(case.path().join("test/a/output")).expect("removed");
    symlink(case.path().join("outside"), case.path().join("test/a/output")).expect("a link");
    // The run saw it so, too.
    case.run(&["run"]).exits(1);
    case.run(&["accept"]).exits(1).says("is a link, and nothing is written through links");
    assert_eq!(case.snapshot("outside").len(), 1);
}

#[test]
fn what_is_pending_is_told_as_json_without_secrets() {
    let case = failed();
    let ran = case.run(&["review", "--format", "json"]).exits(0);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let test = &json["tests"][0];
    assert_eq!((&test["name"], &test["folder"]), (&"a".into(), &"test/a".into()));
    assert_eq!((&test["acceptable"], &test["new"]), (&true.into(), &false.into()));
    let difference = &test["differences"][0];
    assert_eq!(test["differences"].as_array().map(Vec::len), Some(1));
    let shown = ["kind", "file", "expectation", "path"].map(|key| difference[key].as_str());
    let expected = ["changed", "output/a.yaml", "test/a/output/a.yaml", "a"];
    assert_eq!(shown, expected.map(Some));
    assert_eq!((&difference["line"], &difference["expected"]), (&2.into(), &2.into()));
    assert_eq!(difference["actual"], 1);
    case.run(&["review"]).exits(0).says("FAIL  a").says("kratix-test accept a");

    let case = Case::stage("echo \"a: $TOKEN\" > /kratix/output/a.yaml")
        .test("a")
        .file("kratix-test.yaml", "env: {TOKEN: {from: TOKEN}}\n")
        .env("TOKEN", "hunter2-hunter2");
    case.run(&["run"]).exits(1);
    case.run(&["review", "--format", "json"]).exits(0).says("<masked>").does_not_say("hunter2");
    assert!(!case.read(RECORD).contains("hunter2"));
}

#[test]
fn an_image_that_the_command_line_named_is_the_same_until_its_files_change() {
    let image = "kratix-test-it/thing:dev";
    let case = Case::script("exit 1")
        .test("a")
        .file("other/Dockerfile", "FROM busybox:1.36\nCOPY run /run\nCMD [\"/run\"]\n")
        .file("other/run", "#!/bin/sh\necho 'a: 1' > /kratix/output/a.yaml\n")
        .executable("other/run");
    case.run(&["run", "--image", &format!("{image}=./other")]).exits(1).says("NEW   a");
    let run = case.read("other/run");
    let case = case.file("other/run", &format!("{run}# more\n"));
    case.run(&["accept"]).exits(1).says(&format!("what {image} is built from"));
    let case = case.file("other/run", &run);
    case.run(&["accept"]).exits(0).says("created test/a/output/a.yaml");
}

#[test]
fn a_base_that_is_built_here_is_part_of_an_image() {
    let base = "kratix-test-it/base-of-accept";
    let case = Case::script("cp /data /kratix/output/data")
        .test("a")
        .edit("pipeline/Dockerfile", "FROM busybox:1.36", &format!("FROM {base}"))
        .file("base/Dockerfile", "FROM busybox:1.36\nCOPY data /data\n")
        .file("base/data", "1\n")
        .file("kratix-test.yaml", "images: {kratix-test-it/thing:dev: {context: pipeline}}\n")
        .file("Makefile", &format!("build:\n\tdocker build -t {base} base\n"));
    case.run(&["run"]).exits(1).says("NEW   a");
    let case = case.file("base/data", "2\n");
    case.run(&["accept"]).exits(1).says("what kratix-test-it/thing:dev is built from");
    let case = case.file("base/data", "1\n");
    case.run(&["accept"]).exits(0).says("created test/a/output/data");
}

#[test]
fn of_several_pipelines_each_is_accepted_and_what_is_of_none_is_removed() {
    let pipelines =
        [("one", "echo 'a: 1' > /kratix/output/a.yaml"), ("two", "echo 'b: 1' > /kratix/output/b.yaml")];
    let case = Case::pipelines(&[("resource/configure", &pipelines)])
        .test("a")
        .file("test/a/pipelines/one/output/a.yaml", "a: 2\n")
        .file("test/a/pipelines/gone/output/c.yaml", "c: 1\n")
        .file("test/a/status.yaml", "none: true\n")
        .file("test/a/pipelines/one/work.yaml", "none: true\n");
    case.run(&["run", "--no-build"]).exits(1);
    case.run(&["accept"]).exits(0).says("removed test/a/pipelines/gone/output/c.yaml");
    assert_eq!(case.read("test/a/pipelines/one/output/a.yaml"), "a: 1\n");
    assert_eq!(case.read("test/a/pipelines/two/output/b.yaml"), "b: 1\n");
    assert!(case.read("test/a/status.yaml").contains("conditions"));
    case.run(&["run"]).exits(0);
}
