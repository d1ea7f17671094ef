//! Promises that are kept in several files, as `kratix init promise --split` writes them.

use crate::case::Case;

const WORKFLOW: &str = "workflows/resource/configure/workflow.yaml";
const README: &str = "# Promise\n\n```\nkratix init promise NAME --group test.kratix.io --kind Thing\n```\n";

/// The lines of a text from one that starts it up to another that ends it, with so much less before each.
fn cut(text: &str, from: &str, to: &str, indent: usize) -> String {
    let lines = text.lines().skip_while(|line| *line != from).skip(1).take_while(|line| *line != to);
    lines.map(|line| format!("{}\n", line.get(indent..).unwrap_or_default())).collect()
}

/// The same Promise in the files that `kratix init promise --split` would have written.
fn split(case: Case, name: &str) -> Case {
    let whole = case.read("promise.yaml");
    case.file("api.yaml", &cut(&whole, "  api:", "  workflows:", 4))
        .file("dependencies.yaml", "[]\n")
        .file(WORKFLOW, &cut(&whole, "      configure:", "", 6))
        .file("README.md", &README.replace("NAME", name))
        .remove("promise.yaml")
}

fn without_engine(case: Case) -> Case {
    case.env("DOCKER_HOST", "unix:///nowhere/docker.sock")
}

#[test]
fn a_split_promise_passes_the_tests_of_the_whole_one() {
    let case = split(Case::fixture("elastic-cloud"), "elastic-cloud");
    let list = case.run(&["list"]).exits(0).says("elastic-cloud api.yaml");
    list.says("built from pipeline/Dockerfile").says("resource/configure/resource-configure");
    case.run(&["check"]).exits(0).says(" 0 errors, 0 warnings");
    case.run(&["run"]).exits(0).says("2 tests: 2 passed");
    let case = case.edit("test/without/output/kibana.yaml", "30658", "30269");
    case.run(&["run", "without"]).exits(1).says("actual    30658");
    case.run(&["accept", "without"]).exits(0).says("changed test/without/output/kibana.yaml");
}

#[test]
fn its_images_are_found_where_kratix_keeps_them() {
    let stage = "workflows/resource/configure/setup/stage";
    let case = split(Case::script("echo 'a: 1' > /kratix/output/a.yaml"), "thing").test("a");
    let script = case.read("pipeline/run");
    let case = case
        .remove("pipeline")
        .file(&format!("{stage}/Dockerfile"), "FROM busybox:1.36\nCOPY run /run\nCMD [\"/run\"]\n")
        .file(&format!("{stage}/run"), &script)
        .executable(&format!("{stage}/run"));
    case.run(&["list"]).exits(0).says(&format!("built from {stage}/Dockerfile"));
    case.run(&["run", "--update"]).exits(0).says("created test/a/output/a.yaml");
    case.run(&["run"]).exits(0).says("1 test: 1 passed");
}

#[test]
fn it_is_called_what_init_called_it_or_like_its_folder_and_that_is_what_a_stage_sees() {
    let stage = Case::stage("echo \"name: $KRATIX_PROMISE_NAME\" > /kratix/output/a.yaml");
    let case = split(stage, "redis").test("a").file("test/a/output/a.yaml", "name: redis\n");
    case.run(&["run"]).exits(0);
    let case = Case::empty();
    for file in ["api.yaml", WORKFLOW] {
        let text = split(Case::stage("true"), "redis").read(file);
        std::fs::create_dir_all(case.path().join("My_Thing").join(file).parent().expect("a parent"))
            .expect("a folder");
        std::fs::write(case.path().join("My_Thing").join(file), text).expect("a file");
    }
    case.run(&["list"]).exits(0).says("my-thing My_Thing/api.yaml");
}

#[test]
fn a_finding_stands_in_its_own_file_at_its_own_line() {
    let case = without_engine(split(Case::stage("true"), "thing"))
        .edit("api.yaml", "scope: Namespaced", "scope: Cluster")
        .edit(WORKFLOW, "image: busybox:1.36", "imag: busybox:1.36")
        .file("dependencies.yaml", "- apiVersion: v1\n  metadata: {name: a}\n");
    let line = |file: &str, part: &str| {
        let at = case.read(file).lines().position(|line| line.contains(part));
        format!("{file}:{}:", at.expect("the line") + 1)
    };
    case.run(&["check"])
        .exits(1)
        .says("promise api needs to be namespace scoped")
        .says(&line("api.yaml", "scope: Cluster"))
        .says("json: unknown field \"imag\"")
        .says(&line(WORKFLOW, "imag: "))
        .says("Object 'Kind' is missing")
        .says("dependencies.yaml:1:3");
    let ran = case.run(&["run"]).exits(2);
    ran.says("1 | - apiVersion: v1");
}

#[test]
fn a_file_that_is_not_what_kratix_build_reads_is_an_error_there() {
    let case = || without_engine(split(Case::stage("true"), "thing"));
    let ran = case().file("api.yaml", "\nnot valid\n").run(&["check"]).exits(2);
    ran.says("api.yaml:2:1: ")
        .says("cannot unmarshal string into Go value of type v1.CustomResourceDefinition");
    let dependencies = "kind: Namespace\napiVersion: v1\n---\nkind: Namespace\n";
    let ran = case().file("dependencies.yaml", dependencies).run(&["run"]).exits(2);
    ran.says("dependencies.yaml:4:1: is a second document").says("make it one list");
    let ran = case().file(WORKFLOW, "kind: Pipeline\n").run(&["list"]).exits(2);
    ran.says(&format!("{WORKFLOW}:1:1: failed to get resource configure workflow: "))
        .says("begin each with `- `");
    case().edit(WORKFLOW, "kind:", "\tkind:").run(&["check"]).exits(2).says(&format!("{WORKFLOW}:2:"));
}

#[test]
fn dependencies_an_api_and_workflows_may_be_missing() {
    let case = split(Case::stage("echo 'a: 1' > /kratix/output/a.yaml"), "thing").remove("dependencies.yaml");
    case.test("a").run(&["run", "--update"]).exits(0).says("created test/a/output/a.yaml");
    let case = split(Case::stage("true"), "thing").remove("workflows").test("a");
    case.run(&["run"]).exits(1).says(&format!("{WORKFLOW}: has no pipeline for resource/configure"));
    let case = split(Case::stage("echo 'a: 1' > /kratix/output/a.yaml"), "thing").remove("api.yaml");
    let pipelines = case.read(WORKFLOW);
    let case =
        case.file("workflows/promise/configure/workflow.yaml", &pipelines).remove("workflows/resource");
    let case = case
        .remove("request.yaml")
        .file("test/promise-configure/kratix-test.yaml", "workflow: promise/configure\n");
    case.run(&["run", "--update"]).exits(0).says("created test/promise-configure/output/a.yaml");
}

#[test]
fn promise_yaml_comes_before_the_files_of_a_split_one() {
    let case = without_engine(split(Case::stage("true"), "thing"));
    let whole = Case::stage("true").read("promise.yaml").replace("name: thing\n", "name: whole\n");
    let case = case.file("promise.yaml", &whole).file("api.yaml", "not valid\n");
    case.run(&["list"]).exits(0).says("whole promise.yaml").does_not_say("api.yaml");
}

#[test]
fn a_change_of_any_of_its_files_makes_what_was_left_stale() {
    let case = split(Case::stage("echo 'a: 1' > /kratix/output/a.yaml"), "thing").test("a");
    case.run(&["run"]).exits(1).says("NEW   a");
    for (file, from, to) in [
        ("dependencies.yaml", "[]", "[] # none"),
        (WORKFLOW, "name: setup", "name: setup # first"),
        ("api.yaml", "plural: things", "plural:  things"),
        ("README.md", "promise thing", "promise other"),
    ] {
        let before = case.read(file);
        std::fs::write(case.path().join(file), before.replace(from, to)).expect("a file");
        case.run(&["accept"]).exits(1).says("other than it was is the Promise");
        std::fs::write(case.path().join(file), before).expect("a file");
    }
    case.run(&["accept"]).exits(0).says("created test/a/output/a.yaml");
}
