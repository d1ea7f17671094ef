//! `run`: the main job.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use crate::case::{Case, REQUEST};

/// A stage that leaves what an expectation of the same text expects.
const CONFIG_MAP: &str = "cat > /kratix/output/map.yaml <<EOF
apiVersion: v1
kind: ConfigMap
metadata: {name: example}
data: {size: small}
EOF";

#[test]
fn the_elastic_cloud_promise_passes() {
    let case = Case::fixture("elastic-cloud");
    let before = case.snapshot("test");
    let ran = case.run(&["run", "--rebuild"]).exits(0);
    let ran = ran.says("PASS  with-data-collection").says("PASS  without");
    assert!(ran.stdout.ends_with("\n2 tests: 2 passed in [TIME]\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("Built kratix-workshop/elastic-pipeline:dev"), "{}", ran.stderr);
    assert_eq!(case.snapshot("test"), before, "nothing under test/ is touched");
}

#[test]
fn a_changed_value_is_shown_with_its_place_and_both_values() {
    let case = Case::fixture("elastic-cloud").edit("test/without/output/kibana.yaml", "30658", "30269");
    case.run(&["run"])
        .exits(1)
        .says("PASS  with-data-collection")
        .says("FAIL  without")
        .says("output/kibana.yaml")
        .says("Kibana default/second-request")
        .says("spec.http.service.spec.ports[0].nodePort")
        .says("test/without/output/kibana.yaml:")
        .says("expected  30269")
        .says("actual    30658")
        .says("-          nodePort: 30269")
        .says("+          nodePort: 30658")
        .says("kratix-test accept without")
        .says("2 tests: 1 passed, 1 failed");
}

#[test]
fn formatting_comments_and_key_order_do_not_count() {
    let expected = "# a comment\nkind: ConfigMap\ndata:\n    size: \"small\"\nmetadata:\n  name: example\napiVersion: v1\n";
    Case::script(CONFIG_MAP).test("a").file("test/a/output/map.yaml", expected).run(&["run"]).exits(0);
}

#[test]
fn missing_and_unexpected_files_fail() {
    let case = Case::script(
        "echo 'a: 1' > /kratix/output/new.yaml; echo 'message: hi' > /kratix/metadata/status.yaml",
    )
    .test("a")
    .file("test/a/output/old.yaml", "a: 1\nb: 2\n");
    case.run(&["run"]).exits(1).says("output/old.yaml").says("output/new.yaml").says("metadata/status.yaml");
}

#[test]
fn the_pipeline_reads_the_object_as_the_platform_gives_it() {
    let case = Case::script(
        "cp /kratix/input/object.yaml /kratix/output/object.yaml; env | sort > /kratix/output/env.txt",
    )
    .test("a")
    .edit("test/a/input/object.yaml", "replicas: 2", "replicas: 2\n  unknown: pruned");
    case.run(&["run", "--update"]).exits(0);
    let object = case.read("test/a/output/object.yaml");
    for line in [
        "apiVersion: test.kratix.io/v1\nkind: Thing\nmetadata:\n  creationTimestamp: \"2026-01-01T00:00:00Z\"\n",
        "  labels:\n    kratix.io/promise-name: thing\n",
        "  namespace: default\n",
        "spec:\n  replicas: 2\n  size: small\nstatus:\n",
        "      - lastTransitionTime: \"2026-01-01T00:00:00Z\"\n        name: setup\n        phase: Running\n",
        "  - kratix.io/work-cleanup\n",
    ] {
        assert!(object.contains(line), "no {line:?} in\n{object}");
    }
    assert!(!object.contains("unknown"), "{object}");
    let env = case.read("test/a/output/env.txt");
    for line in [
        "KRATIX_CLUSTER_SCOPED=false\n",
        "KRATIX_CRD_PLURAL=things\n",
        "KRATIX_OBJECT_GROUP=test.kratix.io\n",
        "KRATIX_OBJECT_KIND=Thing\n",
        "KRATIX_OBJECT_NAME=example\n",
        "KRATIX_OBJECT_NAMESPACE=default\n",
        "KRATIX_OBJECT_VERSION=v1\n",
        "KRATIX_PIPELINE_NAME=setup\n",
        "KRATIX_PROMISE_NAME=thing\n",
        "KRATIX_WORKFLOW_ACTION=configure\n",
        "KRATIX_WORKFLOW_TYPE=resource\n",
    ] {
        assert!(env.contains(line), "no {line:?} in\n{env}");
    }
    assert_eq!(env.matches("KRATIX_").count(), 11, "{env}");
}

#[test]
fn the_input_is_read_only_and_the_other_folders_are_fresh_and_writable_for_everyone() {
    let script = "touch /kratix/input/x 2>/dev/null && exit 9
found=$(ls -A /kratix/output /kratix/metadata); echo \"$found\" > /kratix/output/found.txt
stat -c %a /kratix/output /kratix/metadata >> /kratix/output/found.txt";
    let case = Case::script(script)
        .test("a")
        .file("test/a/output/found.txt", "/kratix/metadata:\n\n/kratix/output:\n777\n777\n");
    case.run(&["run"]).exits(0);
}

#[test]
fn command_and_args_replace_what_the_image_says() {
    let containers = "image: kratix-test-it/thing:dev
          - name: args
            image: kratix-test-it/thing:dev
            args: [one, $(KRATIX_OBJECT_NAME)]
          - name: command
            image: kratix-test-it/thing:dev
            command: [sh, -c, 'echo \"command $0 $#\" >> /kratix/output/log.txt']
            env: [{name: KRATIX_PROMISE_NAME, value: mine}, {name: GREETING, value: hello $(KRATIX_PROMISE_NAME)}]
          - name: both
            image: kratix-test-it/thing:dev
            command: [sh, -c]
            args: ['echo \"both $GREETING\" >> /kratix/output/log.txt']
            env: [{name: KRATIX_PROMISE_NAME, value: mine}, {name: GREETING, value: hello $(KRATIX_PROMISE_NAME)}]";
    let case = Case::script("echo \"run $*\" >> /kratix/output/log.txt")
        .edit("promise.yaml", "image: kratix-test-it/thing:dev", containers)
        .edit("pipeline/Dockerfile", "CMD [\"/run\"]", "ENTRYPOINT [\"/run\"]\nCMD [\"default\"]")
        .test("a")
        .file("test/a/output/log.txt", "run default\nrun one example\ncommand sh 0\nboth hello mine\n");
    case.run(&["run"]).exits(0);
}

#[test]
fn nothing_survives_between_stages_but_the_volumes() {
    let containers = "image: kratix-test-it/thing:dev
          - name: second
            image: kratix-test-it/thing:dev
            command: [sh, -c, 'ls /tmp/left 2>/dev/null; cat /kratix/output/a.txt > /kratix/output/b.txt']";
    let case = Case::script("touch /tmp/left; echo kept > /kratix/output/a.txt")
        .edit("promise.yaml", "image: kratix-test-it/thing:dev", containers)
        .test("a")
        .file("test/a/output/a.txt", "kept\n")
        .file("test/a/output/b.txt", "kept\n");
    case.run(&["run", "--verbose"]).exits(0).does_not_say("/tmp/left");
}

#[test]
fn results_are_kept_and_ignored_by_git() {
    let case = Case::script(&format!("{CONFIG_MAP}\necho said; echo complained >&2")).test("a");
    case.run(&["run"]).exits(1);
    assert_eq!(case.read(".kratix-test/.gitignore"), "*\n");
    assert!(case.read(".kratix-test/results/a/output/map.yaml").contains("kind: ConfigMap"));
    assert!(case.read(".kratix-test/results/a/input/object.yaml").contains("kind: Thing"));
    let log = case.read(".kratix-test/results/a/logs/01-stage.log");
    assert!(log.contains("said\n") && log.contains("complained\n"), "{log}");
    assert!(case.scratch().is_empty(), "nothing in the making is left");
}

#[test]
fn results_belong_to_the_user_whatever_a_stage_leaves() {
    let script = "umask 077; echo secret > /kratix/output/root.txt; mkdir /kratix/output/deep
echo a > /kratix/output/deep/a.txt; chown -R 1234:1234 /kratix/output; chmod 0 /kratix/output/deep";
    let case = Case::script(script).test("a").readable_or_not();
    case.run(&["run"]).exits(1).says("output/deep/a.txt");
    let ours = fs::metadata(case.path()).expect("a folder").uid();
    let file = case.path().join(".kratix-test/results/a/output/deep/a.txt");
    assert_eq!(fs::metadata(file).expect("a file").uid(), ours);
}

#[test]
fn tests_run_at_once() {
    let script = "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.2; done";
    let case = Case::script(script).test("a").test("b").test("c").test("d");
    let case = ["a", "b", "c", "d"]
        .iter()
        .fold(case, |case, test| case.file(&format!("test/{test}/output/.gitkeep"), ""));
    // The first line tells that all are under way before any has ended.
    let ran = case.run(&["run", "-j4", "--no-capture"]).exits(0);
    assert!(ran.stdout.contains("4 tests: 4 passed"), "{}", ran.stdout);
    let log =
        fs::read_to_string(case.path().join(".kratix-test/results/a/logs/01-stage.log")).expect("a log");
    assert!(log.is_empty());
}

#[test]
fn a_promise_without_tests_is_run_with_its_example_requests() {
    let case = Case::script(CONFIG_MAP).file("example.yaml", REQUEST).file("other.yaml", "kind: Other\n");
    case.run(&["run"]).exits(0).says("example.yaml").says("output/map.yaml").says("nothing compared");
    assert!(!case.exists("test"));
}

#[test]
fn a_request_is_run_by_itself() {
    let case = Case::script(CONFIG_MAP).test("a").file("my request.yaml", REQUEST);
    case.run(&["run", "--request", "my request.yaml"])
        .exits(0)
        .says("output/map.yaml")
        .says("nothing compared");
}

#[test]
fn a_request_by_itself_is_not_compared_with_the_test_of_its_name() {
    let case = Case::stage("echo 'a: 1' > /kratix/output/a.yaml").test("request");
    let case = case.file("test/request/output/other.yaml", "b: 2\n").file("test/request/before/output/c", "");
    let ran = case.run(&["run", "--request", "request.yaml"]).exits(0);
    ran.says("output/a.yaml").says("nothing compared").does_not_say("other.yaml").does_not_say("output/c");
}

#[test]
fn every_promise_below_a_repositorys_root_is_run() {
    let one = Case::script(CONFIG_MAP).test("a");
    let case = Case::empty().file(".git/HEAD", "");
    for name in ["one", "two"] {
        crate::case::copy(one.path(), &case.path().join(name));
    }
    let case = case
        .edit("two/promise.yaml", "name: thing\n", "name: other\n")
        .file("two/test/a/output/map.yaml", "kind: Wrong\n")
        .file(
            "one/test/a/output/map.yaml",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: example}, data: {size: small}}",
        )
        .file("three/promise.yaml", "kind: Promise\nspec: [\n");
    case.run(&["run"])
        .exits(2)
        .says("PASS  thing/a")
        .says("FAIL  other/a")
        .says("three/promise.yaml:3:1: is not valid YAML");
    case.remove("three").run(&["run", "--promise", "thing"]).exits(0).says("1 test: 1 passed");
}

#[test]
fn names_choose_tests_and_a_name_that_matches_nothing_exits_4() {
    let case = Case::script("true").test("small").test("large").file("test/small/output/.gitkeep", "");
    case.run(&["run", "mal"]).exits(0).says("1 test: 1 passed");
    case.run(&["run", "-E", "^sm"]).exits(0).says("1 test: 1 passed");
    case.run(&["run", "huge"]).exits(4).says("no test has `huge` in its name");
    case.run(&["run", "--workflow", "promise/configure"]).exits(4).says("no test is for promise/configure");
}

#[test]
fn fail_fast_stops_at_the_first_failure() {
    let case = Case::script("exit 1").test("a").test("b").test("c");
    case.run(&["run", "--fail-fast", "-j1"]).exits(1).says("1 failed, 2 not run");
}

#[test]
fn an_expected_exit_code_is_no_failure() {
    let case = Case::script("echo refused >&2; exit 3")
        .test("a")
        .file("test/a/kratix-test.yaml", "exit: 3\n")
        .file("test/a/output/.gitkeep", "");
    case.run(&["run"]).exits(0);
    case.edit("test/a/kratix-test.yaml", "3", "4")
        .run(&["run"])
        .exits(1)
        .says("exited with code 3, and 4 was expected");
}

#[test]
fn settings_give_stages_their_environment() {
    let case = Case::script("echo \"$PLAIN $TAKEN\" > /kratix/output/env.txt")
        .test("a")
        .file("kratix-test.yaml", "env: {PLAIN: one, TAKEN: {from: OURS}}\n")
        .file("test/a/output/env.txt", "one two\n");
    case.run(&["run"]).exits(1).says("OURS");
    case.env("OURS", "two").run(&["run"]).exits(0);
}

#[test]
fn tests_beside_a_dockerfile_are_for_the_container_that_it_is_for() {
    let case = Case::script("echo 'a: 1' > /kratix/output/a.yaml; exit 3")
        .file("pipeline/tests/small/input/object.yaml", REQUEST)
        .file("pipeline/tests/small/expected/output/a.yaml", "a: 1\n")
        .file("pipeline/tests/small/expected/exitcode", "3\n");
    case.run(&["list"]).exits(0).says("pipeline/small  resource/configure/setup/stage");
    case.run(&["run"]).exits(0).says("PASS  pipeline/small");
    let case = case.file("pipeline/tests/small/expected/exitcode", "three\n");
    case.run(&["run"]).exits(1).says("expected/exitcode: does not hold an exit code alone");
    let second =
        "image: kratix-test-it/thing:dev\n          - {name: second, image: kratix-test-it/thing:dev}";
    let case = case.edit("promise.yaml", "image: kratix-test-it/thing:dev", second);
    case.run(&["run"])
        .exits(1)
        .says("several containers use the image")
        .says("workflow: TYPE/ACTION/PIPELINE/STAGE");
}

#[test]
fn what_a_pipeline_was_to_leave_that_was_never_reached_is_missing() {
    let case = Case::fixture("approval");
    let case = case.file("test/waiting/pipelines/provision/output/server.yaml", "kind: Server\n");
    case.run(&["run", "waiting"]).exits(1).says("provision: output/server.yaml is missing");
    case.run(&["run", "waiting", "--update"])
        .exits(0)
        .says("removed test/waiting/pipelines/provision/output/server.yaml");
    case.run(&["run", "waiting"]).exits(0);
}
