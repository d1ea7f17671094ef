//! Marks and filters: values that may vary, in expected files and in the settings.

use crate::case::Case;

/// What varies from run to run, and what does not.
const VARYING: &str = "cat > /kratix/output/map.yaml <<EOF
apiVersion: v1
kind: ConfigMap
metadata: {name: example, labels: {hash: $(printf 'a%07x' $$)}}
data: {size: small, id: $(cat /proc/sys/kernel/random/uuid), at: $(date -u +%Y-%m-%dT%H:%M:%SZ)}
EOF";

const MARKED: &str = "# What a thing leaves.
apiVersion: v1
kind: ConfigMap
metadata:
  name: example
  labels: {hash: !regex '^[a-f0-9]{8}$'}   # of the size
data:
  size: small
  id: !uuid
  at: !timestamp
";

#[test]
fn marks_stand_for_what_varies() {
    let case = Case::stage(VARYING).test("a").file("test/a/output/map.yaml", MARKED);
    case.run(&["run"]).exits(0);
    case.run(&["run", "--update"]).exits(0).says("1 test: 1 unchanged");
    case.run(&["run", "--idempotent"]).exits(1).says("data.id");
}

#[test]
fn what_a_mark_does_not_fit_says_why() {
    let marked = MARKED.replace("a-f0-9]{8}", "x]{3}").replace("size: small", "size: !type integer");
    let case = Case::stage(VARYING).test("a").file("test/a/output/map.yaml", &marked);
    case.run(&["run"])
        .exits(1)
        .says("metadata.labels.hash  test/a/output/map.yaml:6")
        .says("expected  !regex '^[x]{3}$'")
        .says("does not match ^[x]{3}$")
        .says("is of type string, not integer");
}

#[test]
fn a_mark_is_no_licence_for_what_is_missing() {
    let marked = format!("{MARKED}  more: !any\n");
    let case = Case::stage(VARYING).test("a").file("test/a/output/map.yaml", &marked);
    case.run(&["run"]).exits(1).says("data.more").says("(nothing)");
}

#[test]
fn a_near_miss_is_an_error_with_its_place() {
    let case =
        Case::stage(VARYING).test("a").file("test/a/output/map.yaml", &MARKED.replace("!uuid", "!uid"));
    case.run(&["run"])
        .exits(1)
        .says("test/a/output/map.yaml:9:7: !uid is not a mark")
        .says("hint: did you mean `!uuid`?");
}

#[test]
fn update_changes_the_lines_that_differ_and_no_others() {
    let before = MARKED.replace("small", "large # for now").replace("!uuid", "!uuid # of the thing");
    let case = Case::stage(VARYING).test("a").file("test/a/output/map.yaml", &before);
    case.run(&["run", "--update"]).exits(0).says("changed test/a/output/map.yaml").does_not_say("anew");
    assert_eq!(case.read("test/a/output/map.yaml"), before.replace("large", "small"));
    case.run(&["run"]).exits(0);
}

#[test]
fn what_update_has_to_write_anew_is_said() {
    let script = "printf 'a: [3, 1, 2]\\nb: 1\\n' > /kratix/output/x.yaml";
    let before = "a:\n- 1 # one\n- 2\n- 3\nb: 1 # kept\n";
    let case = Case::stage(script).test("a").file("test/a/output/x.yaml", before);
    case.run(&["run", "--update"]).exits(0).says("test/a/output/x.yaml: a of document 1 was written anew");
    assert_eq!(case.read("test/a/output/x.yaml"), "a:\n- 3\n- 1\n- 2\nb: 1 # kept\n");
}

#[test]
fn marks_of_the_settings_are_for_many_documents() {
    let settings = "marks:
- {kind: ConfigMap, path: metadata.labels.hash, is: {regex: '^[a-f0-9]{8}$'}}
- {path: data.id, is: uuid}
- {name: 'ex*', file: 'output/*.yaml', path: data.at, is: timestamp}
";
    let case = Case::stage(VARYING).test("a").file("kratix-test.yaml", settings);
    case.run(&["run", "--update"]).exits(0);
    let stored = case.read("test/a/output/map.yaml");
    case.run(&["run"]).exits(0).says("1 test: 1 passed");
    case.run(&["run", "--update"]).exits(0).says("1 test: 1 unchanged");
    assert_eq!(case.read("test/a/output/map.yaml"), stored);
}

#[test]
fn a_value_that_a_mark_of_the_settings_does_not_fit_fails_and_is_not_stored() {
    let settings = "marks:\n- {path: data.size, is: uuid}\n";
    let case = Case::stage(VARYING)
        .test("a")
        .file("kratix-test.yaml", settings)
        .file("test/a/output/map.yaml", MARKED);
    for arguments in [["run"].as_slice(), &["run", "--update"]] {
        case.run(arguments).exits(1).says("is not a UUID  kratix-test.yaml:2");
    }
    assert_eq!(case.read("test/a/output/map.yaml"), MARKED);
}

#[test]
fn marks_and_filters_that_find_nothing_fail_the_run() {
    let settings = "marks:
- {kind: Pod, path: data.id, is: uuid}
filters:
- {files: '*.tf', regex: x, as: z}
";
    let case = Case::stage(VARYING)
        .test("a")
        .test("b")
        .file("kratix-test.yaml", settings)
        .file("test/a/output/map.yaml", MARKED)
        .file("test/b/output/map.yaml", MARKED);
    case.run(&["run"])
        .exits(1)
        .says("2 tests: 2 passed")
        .says("kratix-test.yaml:2:3: this mark fits no value that any test expects")
        .says("kratix-test.yaml:4:3: this filter finds nothing in any file");
    case.run(&["run", "a"]).exits(0);
    let kept = "# Of ours.\nmarks:\n- {path: data.id, is: uuid} # kept\n";
    let case = case.file("kratix-test.yaml", &settings.replace("marks:\n", kept));
    case.run(&["run", "--update"])
        .exits(0)
        .says("kratix-test.yaml:4 is removed: this mark fits no value that any test expects")
        .says("kratix-test.yaml:6 is removed: this filter finds nothing in any file");
    assert_eq!(case.read("kratix-test.yaml"), kept);
    case.run(&["run"]).exits(0);
}

#[test]
fn a_mark_is_used_if_any_test_uses_it() {
    let settings = "marks:\n- {path: data.only, is: any}\n";
    let case = Case::stage("echo 'data: {only: 1}' > /kratix/output/map.yaml")
        .test("a")
        .file("kratix-test.yaml", settings)
        .file("test/a/output/map.yaml", "data: {only: 2}\n")
        .test("b")
        .file("test/b/output/map.yaml", "data: {other: 1}\n");
    case.run(&["run"]).exits(1).does_not_say("this mark");
}

#[test]
fn filters_are_for_text_and_for_names_of_files() {
    let script = "n=$(tr -dc 0-9 < /proc/sys/kernel/random/uuid); echo \"org-$n\" > /kratix/output/main.tf; echo x > /kratix/output/org-$n.txt
echo 'a: org-7' > /kratix/output/a.yaml";
    let settings = "filters:\n- {regex: 'org-\\d+', as: org-N}\n";
    let case = Case::stage(script)
        .test("a")
        .file("kratix-test.yaml", settings)
        .file("test/a/output/main.tf", "org-17\n")
        .file("test/a/output/org-23.txt", "x\n")
        .file("test/a/output/a.yaml", "a: org-7\n");
    case.run(&["run"]).exits(0);
    case.run(&["run", "--idempotent"]).exits(1).says("output/main.tf");
    let case = case.file("test/a/output/org-23.txt", "old\n");
    case.run(&["run"]).exits(1).says("output/org-23.txt").does_not_say("output/main.tf");
    case.run(&["run", "--update"]).exits(0).says("changed test/a/output/org-23.txt");
    assert_eq!(case.read("test/a/output/org-23.txt"), "x\n");
    case.run(&["run"]).exits(0);
}

#[test]
fn a_wrong_mark_in_the_settings_is_an_error_with_its_place() {
    let case = Case::stage(VARYING).test("a").file("kratix-test.yaml", "marks:\n- {path: 'a[', is: any}\n");
    case.run(&["run"]).exits(2).says("kratix-test.yaml:2:4: `a[` is not a path");
}

#[test]
fn an_expectation_of_a_pipeline_that_is_gone_is_an_error_until_it_is_removed() {
    let case = Case::stage(VARYING)
        .test("a")
        .file("test/a/pipelines/setup/output/map.yaml", MARKED)
        .file("test/a/pipelines/old/output/x.yaml", "a: 1\n");
    case.run(&["run"])
        .exits(1)
        .says("test/a/pipelines/old: is for a pipeline old, and resource/configure has only setup");
    case.run(&["run", "--update"]).exits(0).says("removed test/a/pipelines/old/output/x.yaml");
    case.run(&["run"]).exits(0);
}

#[test]
fn one_failure_of_many_tests_is_told_once() {
    let case = Case::stage("echo 'a: 1' > /kratix/output/x.yaml").test("a").test("b").test("c");
    let case =
        ["a", "b"].iter().fold(case, |case, test| case.file(&format!("test/{test}/output/x.yaml"), "a: 2\n"));
    let case = case.file("test/c/output/x.yaml", "a: 3\n");
    let ran = case.run(&["run"]).exits(1).says("FAIL  b").says("fails as a does");
    assert_eq!(ran.stdout.matches("expected  2").count(), 1, "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("expected  3").count(), 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("2 tests fail in the same way: a, b\n"), "{}", ran.stdout);
}

#[test]
fn a_summary_that_a_test_cannot_have_is_missing_until_it_is_removed() {
    let case = Case::stage("echo 'a: 1' > /kratix/output/x.yaml")
        .test("a")
        .file("test/a/kratix-test.yaml", "workflow: resource/configure/setup/stage\n")
        .file("test/a/output/x.yaml", "a: 1\n")
        .file("test/a/status.yaml", "message: hi\n")
        .file("test/a/work.yaml", "workloadGroups: []\n");
    case.run(&["run"]).exits(1).says("status.yaml is missing").says("work.yaml is missing");
    case.run(&["run", "--update"])
        .exits(0)
        .says("removed test/a/status.yaml")
        .says("removed test/a/work.yaml");
    case.run(&["run"]).exits(0);
}

#[test]
fn a_mark_of_the_settings_on_what_is_no_collection_passes_nothing() {
    let case = Case::stage("echo 'a: {b: 1}' > /kratix/output/x.yaml")
        .test("a")
        .file("kratix-test.yaml", "marks:\n- {path: a, is: subset}\n")
        .file("test/a/output/x.yaml", "a: 1\n");
    case.run(&["run"]).exits(1).says("expected  ").says("(integer)");
}

#[test]
fn a_moved_document_keeps_its_marks() {
    let script = "echo 'a: 1' > /kratix/output/one.yaml
printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: x, uid: 5}\n' > /kratix/output/two.yaml";
    let moved = "apiVersion: v1\nkind: Namespace # moves\nmetadata: {name: x, uid: !any}\n";
    let case = Case::stage(script).test("a").file("test/a/output/one.yaml", &format!("a: 1\n---\n{moved}"));
    case.run(&["run"]).exits(1).says("Namespace x (v1) moved from output/one.yaml to output/two.yaml");
    case.run(&["run", "--update"])
        .exits(0)
        .says("changed test/a/output/one.yaml")
        .says("created test/a/output/two.yaml");
    assert_eq!(case.read("test/a/output/one.yaml"), "a: 1\n");
    assert_eq!(case.read("test/a/output/two.yaml"), format!("---\n{moved}"));
    case.run(&["run"]).exits(0);
}
