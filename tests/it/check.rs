//! `check` and `explain`: what needs no container, and no engine.

use crate::case::Case;

fn without_engine(case: Case) -> Case {
    case.env("DOCKER_HOST", "unix:///nowhere/docker.sock")
}

#[test]
fn a_key_that_stands_twice_in_a_request_is_a_warning_where_it_stands() {
    let twice = crate::case::REQUEST.replace("  replicas: 2\n", "  replicas: 2\n  replicas: 3\n");
    let case = Case::stage("true").test("a").file("test/a/input/object.yaml", &twice);
    case.run(&["check"]).exits(0).says("warning KT207").says("test/a/input/object.yaml:7:3");
    let case = case.file("test/a/output/.gitkeep", "");
    case.run(&["run"]).exits(0).says("KT207").says("the key \"replicas\" stands twice in one map");
}

#[test]
fn everything_that_is_wrong_is_listed_and_not_only_the_first() {
    let case = without_engine(Case::script("true").test("a"))
        .edit("promise.yaml", "image: kratix", "imag: kratix")
        .edit("promise.yaml", "scope: Namespaced", "scope: Cluster")
        .edit("test/a/input/object.yaml", "replicas: 2", "replicas: two");
    case.run(&["check"])
        .exits(1)
        .says("error KT121")
        .says("json: unknown field \"imag\"")
        .says("error KT127")
        .says("promise api needs to be namespace scoped")
        .says("error KT208")
        .says("spec.replicas in body must be of type integer")
        .says("test/a/input/object.yaml:6:");
}

#[test]
fn a_good_promise_has_nothing_to_say_of() {
    without_engine(Case::fixture("elastic-cloud")).run(&["check"]).exits(0).says(" 0 errors, 0 warnings");
}

#[test]
fn a_request_that_is_expected_to_be_refused_is_no_error() {
    let case = without_engine(Case::script("true").test("a"))
        .edit("test/a/input/object.yaml", "replicas: 2", "replicas: two")
        .file("test/a/kratix-test.yaml", "expect: {refused: spec.replicas}\n");
    case.run(&["check"]).exits(0);
}

#[test]
fn every_request_is_checked_and_what_cannot_be_read_hides_no_other() {
    let case = without_engine(Case::stage("true").test("a").test("b").test("c").test("d"))
        .edit("request.yaml", "replicas: 2", "replicas: 0")
        .edit("test/a/input/object.yaml", "  name: example", "  name: Example\n  namespace: other")
        .edit("test/b/input/object.yaml", "kind: Thing", "kind: Thingy")
        .file("test/c/input/object.yaml", "a: [\n")
        .file("test/d/kratix-test.yaml", "timeot: 1s\n");
    case.run(&["check"])
        .exits(1)
        .says("request.yaml:6:3")
        .says("spec.replicas: Invalid value: 0")
        .says("test/a/input/object.yaml:4:3")
        .says("metadata.name: Invalid value: \"Example\"")
        .says("test/b/input/object.yaml:2:")
        .says("test/c/input/object.yaml:2:1: is not valid YAML")
        .says("test/d/kratix-test.yaml:1:1: unknown setting `timeot`");
}

#[test]
fn warnings_do_not_fail() {
    let rule = "required: [replicas]\n                x-kubernetes-validations: [{rule: \"isIP(string(self.replicas))\"}]";
    let case = without_engine(Case::stage("true")).edit("promise.yaml", "required: [replicas]", rule);
    let case = case.edit("promise.yaml", "busybox:1.36", "busybox");
    let ran = case.run(&["check"]).exits(0).says("warning KT148 ").says("warning KT209 ");
    ran.says("the rule \"isIP(string(self.replicas))\" of the API is not checked").says("request.yaml:5:1");
}

#[test]
fn what_cannot_be_read_is_usage() {
    let case = without_engine(Case::script("true")).edit("promise.yaml", "  name: thing", "\tname: thing");
    case.run(&["check"]).exits(2).says("promise.yaml:4:1: is not valid YAML");
}

#[test]
fn a_code_is_explained() {
    let case = Case::empty();
    let page = case.run(&["explain", "KT112"]).exits(0).says("# KT112").stdout;
    assert_eq!(case.run(&["explain", "kt112"]).exits(0).stdout, page);
    case.run(&["explain"]).exits(0).says("KT101  ").says("KT148  ");
    case.run(&["explain", "KT999"]).exits(2).says("KT999 is not a code");
}

#[test]
fn an_example_request_that_is_not_yaml_is_an_error() {
    let case = without_engine(Case::stage("true")).file("request.yaml", "kind: Thing\nspec: [\n");
    let case = case.file("other.yaml", "kind: Other\nspec: [\n");
    case.run(&["check"]).exits(1).says("request.yaml:3:1: ").does_not_say("other.yaml");
}
