//! Whole workflows: pipeline after pipeline, with Kratix's part between them and its status at the end.

use crate::case::Case;

/// Prints a value of the object that is written in one line.
const VALUE: &str = "value() { sed -n \"s/^ *$1: //p\" /kratix/input/object.yaml; }\n";

/// The pipelines of resource/configure, each with a script that knows `value`.
fn configure(pipelines: &[(&str, &str)]) -> Case {
    let scripts: Vec<String> = pipelines.iter().map(|(_, script)| format!("{VALUE}{script}")).collect();
    let named: Vec<(&str, &str)> =
        pipelines.iter().zip(&scripts).map(|((name, _), script)| (*name, script.as_str())).collect();
    Case::pipelines(&[("resource/configure", &named)])
}

#[test]
fn every_pipeline_has_fresh_volumes_and_the_status_of_those_before_it() {
    let first = "echo 'stage: one' > /kratix/metadata/status.yaml; echo 'a: 1' > /kratix/output/a.yaml";
    let second = "test -z \"$(ls -A /kratix/output /kratix/metadata | grep -v :)\"
test \"$(value stage)\" = one
grep -A3 '^      - lastTransitionTime' /kratix/input/object.yaml
echo 'stage: two' > /kratix/metadata/status.yaml";
    let case = configure(&[("first", first), ("second", second)]).test("a").file("test/a/status.yaml", "");
    let ran = case.run(&["run", "-v", "--update"]).exits(0);
    assert!(ran.stdout.contains("name: first\n    |         phase: Succeeded\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("name: second\n    |         phase: Running\n"), "{}", ran.stdout);
    assert_eq!(case.read("test/a/pipelines/first/output/a.yaml"), "a: 1\n");
    assert_eq!(case.read("test/a/pipelines/second/metadata/status.yaml"), "stage: two\n");
    assert!(!case.exists("test/a/pipelines/second/output"), "the second leaves none");
    let status = case.read("test/a/status.yaml");
    for line in ["message: Resource requested\n", "stage: two\n", "workflowsSucceeded: 2\n"] {
        assert!(status.contains(line), "no {line:?} in\n{status}");
    }
}

#[test]
fn a_pipeline_that_fails_ends_the_workflow() {
    let case = configure(&[("first", "exit 3"), ("second", "echo never")]);
    let ran = case.run(&["run", "-v"]).exits(1).says("first/stage exited with code 3").does_not_say("never");
    ran.says("message: 'A Configure Pipeline has failed: first'").says("workflowsFailed: 1");
}

#[test]
fn a_pipeline_that_suspends_stops_the_workflow_and_its_work_but_not_its_status() {
    let first = "echo 'suspend: true' > /kratix/metadata/workflow-control.yaml
echo 'message: waiting' >> /kratix/metadata/workflow-control.yaml
echo 'asked: true' > /kratix/metadata/status.yaml; echo 'a: 1' > /kratix/output/a.yaml";
    let case = configure(&[("first", first), ("second", "echo never")]).then("third", "echo never");
    let ran = case.run(&["run", "-v"]).exits(0).does_not_say("never").does_not_say("first schedules");
    ran.says("asked: true")
        .says("phase: Suspended")
        .says("message: waiting")
        .says("suspendedGeneration: 1")
        .says("reason: WorkflowSuspended");
}

#[test]
fn retry_after_suspends_and_says_when() {
    let control = "printf 'retryAfter: 1h30m\n' > /kratix/metadata/workflow-control.yaml";
    let case = configure(&[("first", control), ("second", "echo never")]);
    let ran = case.run(&["run", "-v"]).exits(0).does_not_say("never");
    ran.says("attempts: 1").says("nextRetryAt: \"2026-01-01T01:30:00Z\"").says("phase: Suspended");
    // What an earlier run has counted is counted on.
    case.run(&["run", "--idempotent"]).exits(0);
}

#[test]
fn of_a_delete_workflow_the_first_pipeline_alone_runs_and_schedules_nothing() {
    let first = "grep -A1 deletionTimestamp /kratix/input/object.yaml; echo \"$KRATIX_WORKFLOW_ACTION\"
echo 'cleaned: true' > /kratix/metadata/status.yaml; echo 'a: 1' > /kratix/output/a.yaml
echo 'bad: selectors' > /kratix/metadata/destination-selectors.yaml";
    let delete = ("resource/delete", [("first", first), ("second", "echo never")]);
    let case = Case::pipelines(&[(delete.0, &delete.1)]).test("resource-delete");
    case.run(&["run", "--update"]).exits(0);
    assert_eq!(case.read("test/resource-delete/output/a.yaml"), "a: 1\n");
    let ran = case.run(&["run", "-v"]).exits(0).says("PASS  resource-delete").does_not_say("never");
    ran.says("deletionTimestamp: \"2026-01-01T00:00:00Z\"")
        .says("| delete")
        .says("warning KT133 ")
        .says("warning KT134 ")
        .does_not_say("KT111")
        .does_not_say("schedules\n");
}

#[test]
fn the_workflows_of_the_promise_itself_read_the_promise() {
    let script =
        "cp /kratix/input/object.yaml /kratix/output/; env | grep ^KRATIX_ | sort > /kratix/output/env.txt";
    let both: [(&str, &[(&str, &str)]); 2] =
        [("promise/configure", &[("setup", script)]), ("promise/delete", &[("close", script)])];
    let case = Case::pipelines(&both).remove("request.yaml");
    let case = case
        .file("test/promise-configure/kratix-test.yaml", "workflow: promise/configure\n")
        .file("test/gone/kratix-test.yaml", "workflow: promise/delete\n");
    case.run(&["run", "--update"]).exits(0).says("WROTE promise-configure").says("WROTE gone");
    let object = case.read("test/promise-configure/output/object.yaml");
    assert!(object.contains("\nkind: Promise\n") && object.contains("        kind: Pipeline\n"), "{object}");
    assert!(case.read("test/gone/output/object.yaml").contains("deletionTimestamp"), "it is being deleted");
    let env = case.read("test/promise-configure/output/env.txt");
    for line in ["KRATIX_CLUSTER_SCOPED=true\n", "KRATIX_CRD_PLURAL=promises\n", "KRATIX_OBJECT_NAMESPACE=\n"]
    {
        assert!(env.contains(line), "no {line:?} in\n{env}");
    }
}

#[test]
fn a_stage_alone_starts_with_what_is_before_it_and_nothing_of_kratix_runs() {
    let first = "echo never; exit 1";
    let second = "sed s/1/2/ /kratix/output/a.yaml > /kratix/output/b.yaml; cat /kratix/metadata/status.yaml
echo 'kratix: {}' > /kratix/metadata/status.yaml";
    let case = Case::stage(first)
        .then("second", second)
        .test("a")
        .file("test/a/kratix-test.yaml", "workflow: resource/configure/setup/second\n")
        .file("test/a/before/output/a.yaml", "a: 1\n")
        .file("test/a/before/metadata/status.yaml", "step: one\n")
        .file("test/a/output/a.yaml", "a: 1\n")
        .file("test/a/output/b.yaml", "a: 2\n")
        .file("test/a/metadata/status.yaml", "kratix: {}\n");
    let ran =
        case.run(&["run", "-v"]).exits(0).says("| step: one").does_not_say("never").does_not_say("KT101");
    ran.does_not_say("schedules").does_not_say("status at the end");
    case.edit("test/a/kratix-test.yaml", "second", "secnd")
        .run(&["run"])
        .exits(1)
        .says("pipeline setup has no container secnd")
        .says("it has stage, second");
}

#[test]
fn one_pipeline_of_several_runs_alone() {
    let case =
        configure(&[("first", "echo never; exit 1"), ("second", "echo 'a: 1' > /kratix/output/a.yaml")])
            .test("a")
            .file("test/a/kratix-test.yaml", "workflow: resource/configure/second\n")
            .file("test/a/output/a.yaml", "a: 1\n");
    case.run(&["run"]).exits(0).does_not_say("never");
    case.edit("test/a/kratix-test.yaml", "second", "third")
        .run(&["run"])
        .exits(1)
        .says("has no pipeline third for resource/configure")
        .says("it has first, second");
}

#[test]
fn the_work_and_the_status_are_compared_where_they_are_expected() {
    let script = "echo 'a: 1' > /kratix/output/a.yaml; echo 'step: one' > /kratix/metadata/status.yaml";
    let case = Case::stage(script).test("a").test("b");
    case.run(&["run", "--update"]).exits(0);
    assert!(!case.exists("test/a/work.yaml") && !case.exists("test/a/status.yaml"), "they are not asked for");
    let case =
        case.file("test/a/work.yaml", "workloadGroups: []\n").file("test/a/status.yaml", "step: two\n");
    let ran = case.run(&["run"]).exits(1).says("FAIL  a").says("PASS  b");
    ran.says("work.yaml").says("status.yaml").says("expected  two").says("actual    one");
    case.run(&["run", "--update"])
        .exits(0)
        .says("changed test/a/work.yaml")
        .says("changed test/a/status.yaml");
    let work = "workloadGroups:\n- destinationSelectors: []\n  directory: .\n  id: 5058f1af8388633f609cadb75a75dc9d\n  \
                workloads:\n  - a.yaml\n";
    assert_eq!(case.read("test/a/work.yaml"), work);
    assert!(case.read("test/a/status.yaml").contains("\nstep: one\n"));
    assert!(!case.exists("test/b/work.yaml") && !case.exists("test/b/status.yaml"), "still not asked for");
    case.run(&["run"]).exits(0).says("2 passed");
}

#[test]
fn a_workflow_that_keeps_what_it_made_is_the_same_twice() {
    let script = "made=$(value madeAt); [ -n \"$made\" ] || made=$(cat /proc/sys/kernel/random/uuid)
echo \"madeAt: $made\" | tee /kratix/metadata/status.yaml > /kratix/output/a.yaml";
    let steady = configure(&[("first", script), ("second", "value madeAt > /kratix/output/b.txt")]);
    steady.run(&["run", "--idempotent"]).exits(0).does_not_say("second run");
    let case = steady.test("a").file("kratix-test.yaml", "idempotent: true\nignore: ['**']\n");
    case.run(&["run", "--update"]).exits(0);
    case.run(&["run"]).exits(0);
}

#[test]
fn what_a_second_run_leaves_otherwise_is_shown_path_by_path() {
    let time =
        "cat > /kratix/output/a.yaml <<END\nat: {now: $(cat /proc/sys/kernel/random/uuid)}\nsteady: 1\nEND";
    let once = "[ -n \"$(value made)\" ] || echo 'b: 1' > /kratix/output/b.yaml
echo 'made: true' > /kratix/metadata/status.yaml";
    let counts = "echo \"runs: 1$(value runs)\" > /kratix/metadata/status.yaml";
    let case = configure(&[("time", time), ("once", once), ("counts", counts)]);
    let ran = case.run(&["run", "--idempotent"]).exits(1).does_not_say("steady  ");
    ran.says("time, second run: output/a.yaml")
        .says("at.now")
        .says("once, second run: output/b.yaml is missing")
        .says("counts, second run: metadata/status.yaml")
        .says("second run: status.yaml")
        .says("expected  1")
        .says("actual    11")
        .says("explain KT141")
        .does_not_say("--update");
    let fails = "[ -z \"$(value made)\" ] || { echo 'made already'; exit 1; }; echo 'made: 1' > /kratix/metadata/status.yaml";
    configure(&[("setup", fails)])
        .run(&["run", "--idempotent"])
        .exits(1)
        .says("made already")
        .says("second run");
    let back = "sed '1,/^status:/d; s/^  //; /^kratix:/,/^message:/d' /kratix/input/object.yaml > /kratix/metadata/status.yaml
[ -z \"$(value made)\" ] || echo 'kratix: {}' >> /kratix/metadata/status.yaml; echo 'made: 1' >> /kratix/metadata/status.yaml";
    configure(&[("setup", back)]).run(&["run", "--idempotent"]).exits(1).says("KT101").says("second run");
}
