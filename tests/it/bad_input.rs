//! Bad input: each with a clear error and its exit code.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use crate::case::{Case, REQUEST};

#[test]
fn no_promise() {
    Case::empty().run(&["run"]).exits(2).says("no Promise here").says("hint: ");
    Case::empty().run(&["run", "--dir", "nowhere"]).exits(2).says("nowhere: is not a folder");
}

#[test]
fn two_promises_and_none_named_promise_yaml() {
    let case = Case::script("true");
    let promise = case.read("promise.yaml");
    case.file("a.yaml", &promise)
        .file("b.yaml", &promise)
        .remove("promise.yaml")
        .run(&["run"])
        .exits(2)
        .says("holds 2 Promises (a.yaml, b.yaml) and none is named promise.yaml");
}

#[test]
fn a_promise_that_is_not_yaml() {
    Case::script("true")
        .edit("promise.yaml", "  name: thing", "\tname: thing")
        .run(&["run"])
        .exits(2)
        .says("promise.yaml:4:1: is not valid YAML: found character that cannot start any token")
        .says("4 |  name: thing\n  | ^");
}

#[test]
fn a_pipeline_of_the_wrong_kind() {
    Case::script("true")
        .test("a")
        .edit("promise.yaml", "kind: Pipeline", "kind: Pipelin")
        .run(&["run"])
        .exits(2)
        .says("unsupported pipeline \"setup\" with APIVersion \"Pipelin/platform.kratix.io/v1alpha1\"")
        .says("promise.yaml:");
}

#[test]
fn a_field_that_a_container_does_not_have() {
    Case::script("true")
        .test("a")
        .edit("promise.yaml", "image: kratix", "imag: kratix")
        .run(&["run"])
        .exits(2)
        .says("json: unknown field \"imag\"")
        .says("error: promise.yaml:39:13: ");
}

#[test]
fn settings_that_are_wrong() {
    let case = Case::script("true").test("a").file("kratix-test.yaml", "network: none\ntimeot: 3s\n");
    case.run(&["run"])
        .exits(2)
        .says("kratix-test.yaml:2:1: unknown setting `timeot`")
        .says("hint: did you mean `timeout`?");
}

#[test]
fn a_request_of_another_api() {
    let case = Case::script("true").test("a").test("b").file("test/b/output/.gitkeep", "");
    case.edit("test/a/input/object.yaml", "kind: Thing", "kind: Thingy")
        .run(&["run"])
        .exits(1)
        .says("FAIL  a")
        .says("test/a/input/object.yaml:2:")
        .says("Thing")
        .says("PASS  b");
}

#[test]
fn a_request_that_the_api_refuses() {
    let case = Case::script("true").test("a");
    let case = case.edit("test/a/input/object.yaml", "replicas: 2", "replicas: two\n  size: medium");
    case.run(&["run"])
        .exits(1)
        .says("spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer: \"string\"")
        .says("spec.size: Unsupported value: \"medium\": supported values: \"small\", \"large\"")
        .says("test/a/input/object.yaml:6:");
    let case = case.edit("test/a/input/object.yaml", "  replicas: two\n", "");
    case.run(&["run"]).exits(1).says("spec.replicas: Required value");
}

#[test]
fn a_request_that_is_missing_or_broken() {
    let case = Case::script("true").test("a").remove("test/a/input/object.yaml").file("test/a/input/x", "");
    case.run(&["run"])
        .exits(1)
        .says("test/a/input/object.yaml: is not there: a test needs a resource request");
    let case = case.file("test/a/input/object.yaml", "a: [\n");
    case.run(&["run"]).exits(1).says("test/a/input/object.yaml:2:1: is not valid YAML");
}

#[test]
fn an_image_whose_dockerfile_cannot_be_found() {
    let case = Case::script("true").test("a").remove("pipeline");
    case.run(&["run"])
        .exits(3)
        .says("kratix-test-it/thing:dev")
        .says("is not in the engine and cannot be pulled")
        .says("1 could not run");
}

#[test]
fn several_dockerfiles_and_no_rule_that_decides() {
    let case = Case::script("true")
        .test("a")
        .file("one/Dockerfile", "FROM busybox:1.36\n")
        .file("two/Dockerfile", "FROM busybox:1.36\n");
    case.run(&["run"])
        .exits(3)
        .says("one/Dockerfile")
        .says("two/Dockerfile")
        .says("images:")
        .says("kratix-test.yaml");
}

#[test]
fn an_image_that_does_not_build_affects_only_its_tests() {
    let case = Case::script("true").test("a").edit(
        "pipeline/Dockerfile",
        "COPY run /run",
        "RUN echo compiling && false\nCOPY run /run",
    );
    case.run(&["run"])
        .exits(3)
        .says("does not build: its command ended with exit code 1")
        .says("pipeline/Dockerfile:2: RUN echo compiling && false")
        .says("| compiling")
        .says("ERROR a");
}

#[test]
fn a_stage_that_exits_1() {
    let case = Case::script("echo working; echo 'cannot reach the moon' >&2; exit 1").test("a");
    case.run(&["run"])
        .exits(1)
        .says("setup/stage exited with code 1")
        .says("| working")
        .says("| cannot reach the moon");
}

#[test]
fn a_stage_that_is_killed() {
    Case::script("sh -c 'kill -9 $$'")
        .test("a")
        .run(&["run"])
        .exits(1)
        .says("exited with code 137 (SIGKILL)");
}

#[test]
fn a_stage_that_needs_too_much_memory() {
    let case = Case::script("head -c 400m /dev/zero | tail").test("a");
    case.run(&["run"]).exits(1).says("OOMKilled").says("256 MiB").says("resources:");
}

#[test]
fn a_stage_that_never_ends() {
    let case = Case::script("echo started; sleep 1000").test("a");
    case.run(&["run", "--timeout", "1s"]).exits(1).says("was still running after 1s").says("| started");
    let case = case.file("test/a/kratix-test.yaml", "timeout: 1s\n");
    case.run(&["run"]).exits(1).says("was still running after 1s");
}

#[test]
fn a_stage_whose_command_is_not_in_the_image() {
    let case = Case::script("true").test("a").edit("pipeline/Dockerfile", "\"/run\"", "\"/nowhere\"");
    case.run(&["run"]).exits(1).says("cannot start").says("/nowhere");
}

#[test]
fn a_stage_that_writes_too_much() {
    let case =
        Case::script("truncate -s 1G /kratix/output/big.bin; echo 'a: 1' > /kratix/output/a.yaml").test("a");
    let case = case.file("test/a/output/a.yaml", "a: 1\n");
    case.run(&["run"]).exits(1).says("output/big.bin").says("1 GiB");
    case.run(&["run", "--update"]).exits(1).says("output/big.bin");
    assert!(!case.exists("test/a/output/big.bin"));
}

#[test]
fn a_stage_that_leaves_what_is_no_file() {
    let script = "mkfifo /kratix/output/pipe
ln -s /etc/passwd /kratix/output/absolute
ln -s ../../../etc/passwd /kratix/output/outside
ln -s nowhere /kratix/output/dangling
mkdir /kratix/output/folder; echo 'a: 1' > /kratix/output/folder/a.yaml; ln -s folder /kratix/output/to-folder
ln -s folder/a.yaml /kratix/output/inside.yaml";
    let case = Case::script(script).test("a");
    let case = case.file("test/a/output/folder/a.yaml", "a: 1\n").file("test/a/output/inside.yaml", "a: 1\n");
    case.run(&["run"])
        .exits(1)
        .says("output/pipe")
        .says("output/absolute")
        .says("output/outside")
        .says("output/dangling")
        .says("output/to-folder")
        .does_not_say("output/inside.yaml")
        .does_not_say("root:x:0");
}

#[test]
fn a_stage_that_leaves_a_name_that_is_not_utf_8() {
    let case = Case::script("touch \"$(printf '/kratix/output/caf\\351.yaml')\"").test("a");
    case.file("test/a/output/.gitkeep", "").run(&["run"]).exits(1).says("output/caf\\xe9.yaml").says("UTF-8");
}

#[test]
fn a_stage_that_prints_without_end() {
    let case = Case::script("yes 0123456789 | head -c 40m; exit 1").test("a");
    case.run(&["run"]).exits(1).says("0123456789").says("earlier lines");
    let log = fs::metadata(case.path().join(".kratix-test/results/a/logs/01-stage.log")).expect("a log");
    assert!(log.len() < 17 * 1024 * 1024, "{}", log.len());
}

#[test]
fn an_expected_file_that_is_not_yaml_though_it_is_called_so() {
    let case = Case::script("echo '{{ .Values.a }}: [' > /kratix/output/a.yaml").test("a");
    case.file("test/a/output/a.yaml", "{{ .Values.a }}: [\n").run(&["run"]).exits(0).says("compared as text");
    let case = Case::script("echo 'a: 1' > /kratix/output/a.yaml").test("a");
    case.file("test/a/output/a.yaml", "{{ .Values.a }}: [\n").run(&["run"]).exits(1).says("output/a.yaml");
}

#[test]
fn a_test_folder_that_is_not_readable() {
    let case = Case::script("true").test("a").test("b").file("test/b/output/.gitkeep", "");
    let folder = case.path().join("test/a");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).expect("a mode");
    // Root reads everything: as root, the listing alone is tried, as another user.
    let ran = if rustix_is_root() { list_as_nobody(&case) } else { case.run(&["run"]).exits(1) };
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("a mode");
    ran.says("test/a: cannot be read: permission denied");
}

fn rustix_is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn list_as_nobody(case: &Case) -> crate::case::Ran {
    for folder in [case.path().to_owned(), case.path().join("test")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    // A copy, since nobody may not enter the folder that the program was built in.
    let copy = case.path().join("kratix-test");
    fs::copy(crate::case::program(), &copy).expect("a copy");
    let mut command = std::process::Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(copy).arg("list");
    let output = command.current_dir(case.path()).output().expect("setpriv starts");
    case.ran(&output)
}

#[test]
fn a_promise_in_a_folder_whose_name_is_not_utf_8() {
    let case = Case::empty();
    let name = OsStr::from_bytes(b"caf\xe9");
    let source = Case::script("true").test("a").file("test/a/output/.gitkeep", "");
    fs::create_dir(case.path().join(name)).expect("a folder");
    crate::case::copy(source.path(), &case.path().join(name));
    let mut command = case.command(&["run", "--dir"]);
    let output = command.arg(name).output().expect("the program starts");
    case.ran(&output).exits(0);
}

#[test]
fn wrong_usage() {
    let case = Case::script("true");
    case.run(&["run", "--jobs", "0"]).exits(2);
    case.run(&["run", "--frob"]).exits(2).says("unexpected argument '--frob'");
    case.run(&["run", "-E", "("]).exits(2).says("regex");
    case.run(&["run", "--workflow", "resource/confgure"]).exits(2).says("did you mean configure?");
    case.run(&["run", "--timeout", "soon"]).exits(2).says("`soon` is not a duration");
    case.run(&["run", "--request", "nowhere.yaml"]).exits(2).says("nowhere.yaml: cannot be read");
    case.file("r.yaml", &REQUEST.replace("Thing", "Other")).run(&["run", "--request", "r.yaml"]).exits(1);
}
