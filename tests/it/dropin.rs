//! `pipeline` and `stage`: the enterprise plugin's commands, for scripts that call it.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::case::{Case, REQUEST, program};

const WRITES: &str = "echo 'kind: ConfigMap
data: {size: large}' > /kratix/output/a.yaml
echo hello > /kratix/output/b.txt
echo 'ready: yes' > /kratix/metadata/status.yaml";

const PIPELINE: &str = "resource/configure/setup";

/// An input and an output beside a Promise.
fn given(case: Case) -> Case {
    case.file("in/object.yaml", REQUEST)
        .file("out/a.yaml", "# of mine\ndata:\n  size: large\nkind: ConfigMap\n")
        .file("out/b.txt", "hello\n")
}

/// An image and nothing else.
fn bare() -> Case {
    Case::empty().file("in/object.yaml", REQUEST).file("out/.gitkeep", "")
}

const STAGE: [&str; 7] = ["stage", PIPELINE, "stage", "-i", "in", "-o", "out"];
const IMAGE: [&str; 7] =
    ["stage", "--image-tag", "busybox:1.36", "--input-dir", "in", "--expected-output-dir", "out"];

fn with<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [arguments, more].concat()
}

#[test]
fn a_pipeline_whose_output_is_as_expected_succeeds_in_the_words_of_the_plugin() {
    let writes = "echo '{kind: ConfigMap, data: {size: large}}' > /kratix/output/a.yaml";
    let case = given(Case::stage(&format!("{writes}; cp /kratix/output/a.yaml /kratix/output/b.yaml")));
    let case = case.remove("out/b.txt").file("out/b.yaml", "{data: {size: !any }, kind: ConfigMap}\n");
    let before = case.snapshot("");
    let ran =
        case.run(&["pipeline", PIPELINE, "--input-dir", "in/", "--expected-output-dir", "out/"]).exits(0);
    let transcript = "Running\nValidating\n- Comparing out/a.yaml to /kratix/output/a.yaml\n\
                      - Comparing out/b.yaml to /kratix/output/b.yaml\n\nCleaning up\nSuccess (2 assertion(s))\n";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (transcript, ""));
    assert_eq!(case.snapshot(""), before, "something was written");
}

#[test]
fn every_file_of_either_side_that_differs_is_a_failed_assertion_with_its_diff() {
    let case = given(Case::stage(WRITES)).edit("out/a.yaml", "size: large", "size: small");
    let case = case.remove("out/b.txt").file("out/c.yaml", "kind: Namespace\n");
    let ran = case.run(&STAGE).exits(1);
    let transcript = "Running\nValidating\n- Comparing out/a.yaml to /kratix/output/a.yaml\n--- expected\n+++ actual\n\
                      @@ -1,3 +1,3 @@\n data:\n-  size: small\n+  size: large\n kind: ConfigMap\n\
                      - Comparing out/b.txt to /kratix/output/b.txt\n--- expected\n+++ actual\n@@ -0,0 +1 @@\n+hello\n\
                      - Comparing out/c.yaml to /kratix/output/c.yaml\n--- expected\n+++ actual\n@@ -1 +0,0 @@\n\
                      -kind: Namespace\n\nCleaning up\nFailure (3 assertion(s) failed)\n";
    assert_eq!(ran.stdout, transcript);
}

/// The same Promise with another image, since `--build` gives what it builds that name.
fn named(case: Case, image: &str) -> Case {
    case.edit("promise.yaml", "kratix-test-it/thing:dev", image)
}

fn remove_image(image: &str) {
    let removed = Command::new("docker").args(["rmi", image]).output().expect("docker");
    assert!(removed.status.success(), "{}", String::from_utf8_lossy(&removed.stderr));
}

#[test]
fn images_are_built_with_build_alone_and_get_their_names() {
    let image = "kratix-test-it/dropin:dev";
    let case = given(named(Case::script(WRITES), image));
    let ran = case.run(&STAGE).exits(3).says(image).says("with --build it is built first");
    ran.does_not_say("Building").does_not_say("assertion").does_not_say("--no-build");
    let ran = case.run(&with(&STAGE, &["--build"])).exits(0);
    assert!(ran.stdout.starts_with(&format!("Running\nBuilding {image}\nValidating\n")), "{}", ran.stdout);
    // What comes after in a script finds what was built.
    case.run(&STAGE).exits(0).does_not_say("Building");
    remove_image(image);
    case.run(&with(&STAGE, &["--build", "--buildx"])).exits(0).says(&format!("Building {image}"));
    remove_image(image);
}

#[test]
fn an_image_that_does_not_build_is_nothing_learnt() {
    let case = given(named(Case::script(WRITES), "kratix-test-it/broken:dev"));
    let case = case.file("pipeline/Dockerfile", "FROM busybox:1.36\nRUN echo broken; exit 3\n");
    let ran = case.run(&with(&STAGE, &["--build"])).exits(3);
    ran.says("broken").does_not_say("all of the log is in").does_not_say("assertion");
    assert!(!case.exists(".kratix-test"));
}

#[test]
fn build_args_are_those_of_docker_build_split_as_a_shell_does() {
    let dockerfile = "FROM busybox:1.36 AS first\nARG SAYS=nothing\nENV SAYS=$SAYS\nCMD [\"sh\", \"-c\", \"echo $SAYS > \
                      /kratix/output/b.txt\"]\nFROM first\nENV SAYS=last\n";
    let case = given(named(Case::script("true"), "kratix-test-it/dropin-args:dev"))
        .file("pipeline/Dockerfile", dockerfile)
        .remove("out/a.yaml");
    let case = case.file("out/b.txt", "hello world\n");
    let arguments = "--build-arg 'SAYS=hello world' --target=first --no-cache --progress plain";
    case.run(&with(&STAGE, &["--build", "--build-args", arguments]))
        .exits(0)
        .says("Success (1 assertion(s))");
    case.run(&with(&STAGE, &["--build", "--build-args", "--push"]))
        .exits(2)
        .says("--build-args: unexpected argument '--push'");
    case.run(&with(&STAGE, &["--build", "--build-args", "'a"])).exits(2).says("a quote is never closed");
    case.run(&with(&STAGE, &["--build-args", "--no-cache"])).exits(2).says("--build");
    remove_image("kratix-test-it/dropin-args:dev");
}

#[test]
fn a_command_is_a_line_for_a_shell_in_place_of_the_containers() {
    let line = "echo \"$(cat /kratix/input/object.yaml | wc -l) $$ ${KRATIX_WORKFLOW_TYPE} $(KRATIX)\" > /kratix/output/b.txt";
    let case = given(Case::stage("exit 7")).remove("out/a.yaml").file("out/b.txt", "7 1 resource \n");
    case.run(&with(&STAGE, &["--command", line])).exits(0);
    case.run(&["pipeline", PIPELINE, "-i", "in", "-o", "out", "--command", "true"])
        .exits(2)
        .says("--command");
}

#[test]
fn an_image_needs_neither_a_promise_nor_a_shell() {
    let case = bare().remove("out/.gitkeep").file("out/x.yaml", "replicas: 2\n");
    let line = "grep replicas /kratix/input/object.yaml | tr -d ' ' | sed 's/:/: /' > /kratix/output/x.yaml";
    let ran = case.run(&with(&IMAGE, &["--command", line])).exits(0);
    assert_eq!((ran.stdout.lines().last(), ran.stderr.as_str()), (Some("Success (1 assertion(s))"), ""));
    // Busybox is what it is called: this image has no shell.
    let folder = tempfile::tempdir().expect("a folder");
    let dockerfile = "FROM busybox:1.36 AS busybox\nFROM scratch\nCOPY --from=busybox /bin/busybox /touch\n\
                      ENTRYPOINT [\"/touch\", \"/kratix/output/x\"]\n";
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).expect("a file");
    let image = "kratix-test-it/no-shell:dev";
    let built = Command::new("docker")
        .args(["build", "-q", "-t", image])
        .arg(folder.path())
        .output()
        .expect("docker");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let case = bare().file("out/x", "");
    case.run(&["stage", "--image-tag", image, "-i", "in", "-o", "out"])
        .exits(0)
        .says("Success (1 assertion(s))");
    case.run(&["stage", "--image-tag", image, "-i", "in", "-o", "out", "--command", "true"])
        .exits(1)
        .says("\"sh\"");
    case.run(&with(&IMAGE, &["--build"])).exits(2).says("nothing to build");
    remove_image(image);
}

#[test]
fn an_image_stands_in_for_that_of_a_stage() {
    let case = given(Case::script(WRITES).edit(
        "promise.yaml",
        "kratix-test-it/thing:dev",
        "kratix-test-it/none:dev",
    ));
    let case = case.remove("out/a.yaml");
    let line = "echo hello > /kratix/output/b.txt";
    case.run(&with(&STAGE, &["--image-tag", "busybox:1.36", "--command", line])).exits(0);
}

#[test]
fn the_environment_is_a_list_with_commas_and_goes_before_the_promises() {
    let case = given(Case::stage("echo \"$A|$C|$FROM|$KRATIX_PROMISE_NAME\" > /kratix/output/b.txt"))
        .remove("out/a.yaml");
    let case = case.env("FROM", "ours").file("out/b.txt", "b|d,e|ours|thing\n");
    case.run(&with(&STAGE, &["--env", "A=b,\"C=d,e\"", "--env", "FROM"])).exits(0);
    case.run(&with(&STAGE, &["--env", "=b"])).exits(2).says("--env: write NAME=VALUE");
    case.run(&with(&STAGE, &["--env", "NOWHERE"])).exits(2).says("--env NOWHERE: it is not set");
}

#[test]
fn the_input_is_handed_over_as_it_is_with_what_the_api_fills_in() {
    let copies =
        "cp /kratix/input/object.yaml /kratix/output/a.yaml; cp /kratix/input/more/x /kratix/output/b.txt";
    let object = "# mine\napiVersion: test.kratix.io/v1\nkind: Thing\nmetadata: {name: a}\nspec: {replicas: 1, size: large}\n";
    let case = given(Case::stage(copies)).file("kratix-test.yaml", "compare: exact\n");
    let case = case.file("in/object.yaml", object).file("in/more/x", "hello\n").file("out/a.yaml", object);
    case.run(&STAGE).exits(0);
    let filled = "apiVersion: test.kratix.io/v1\nkind: Thing\nmetadata:\n  name: a\nspec:\n  replicas: 1\n  size: small\n";
    let case = case.edit("in/object.yaml", ", size: large", "").file("out/a.yaml", filled);
    case.run(&STAGE).exits(0);
}

#[test]
fn what_the_platform_would_refuse_is_said_and_decides_nothing() {
    let script = format!("{WRITES}\necho 'kratix: mine' > /kratix/metadata/status.yaml");
    let case = given(Case::stage(&script)).edit("in/object.yaml", "replicas: 2", "replicas: two");
    let ran = case.run(&["pipeline", PIPELINE, "-i", "in", "-o", "out"]).exits(0);
    ran.says("/kratix/metadata/status.yaml:1:1")
        .says("warning KT101")
        .says("warning KT208")
        .says("in/object.yaml:6:")
        .does_not_say("error");
}

#[test]
fn a_stage_that_fails_is_a_failed_assertion_with_all_that_it_printed() {
    let ran = given(Case::stage("seq 1 100; exit 4")).run(&STAGE).exits(1);
    ran.says("setup/stage exited with code 4")
        .says("| 1\n")
        .says("| 100\n")
        .says("Failure (1 assertion(s) failed)");
}

#[test]
fn what_cannot_be_used_is_usage() {
    let case = given(Case::stage(WRITES));
    let run = |arguments: &[&str]| case.run(arguments).exits(2);
    run(&["pipeline", PIPELINE, "-i", "in"]).says("--expected-output-dir");
    run(&["pipeline", PIPELINE, "-i", "nowhere", "-o", "out"])
        .says("nowhere: is not a folder")
        .says("--input-dir");
    run(&["pipeline", PIPELINE, "-i", "out", "-o", "out"]).says("out/object.yaml: cannot be read");
    run(&["pipeline", "resource/configure", "-i", "in", "-o", "out"]).says("write TYPE/ACTION/PIPELINE");
    run(&["pipeline", "thing/configure/setup", "-i", "in", "-o", "out"]).says("names no pipeline");
    run(&["pipeline", "resource/configure/other", "-i", "in", "-o", "out"])
        .says("has no pipeline other")
        .says("it has setup");
    run(&["stage", PIPELINE, "other", "-i", "in", "-o", "out"]).says("has no container other");
    run(&["stage", PIPELINE, "-i", "in", "-o", "out"]).says("<STAGE>");
    run(&["stage", "-i", "in", "-o", "out"]).says("required");
    run(&with(&STAGE, &["-e", "lxc"])).says("possible values: docker, podman");
    run(&with(&STAGE, &["--dir", "in"])).says("no Promise here");
}

#[test]
fn the_promise_is_read_from_the_folder_of_dir_and_the_folders_from_here() {
    let promise = Case::stage(WRITES).read("promise.yaml");
    let case = given(Case::empty()).file("a/promise.yaml", &promise).file("b/promise.yaml", &promise);
    case.run(&with(&STAGE, &["-d", "a"])).exits(0);
    case.run(&STAGE).exits(2).says("there are several below it");
}

#[test]
fn no_engine_is_nothing_learnt() {
    let case = given(Case::stage(WRITES)).env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    case.run(&STAGE).exits(3);
    let case = case.env("CONTAINER_HOST", "unix:///nowhere/podman.sock");
    case.run(&with(&STAGE, &["-e", "podman"])).exits(3).says("/nowhere/podman.sock");
}

#[test]
fn podman_is_looked_for_where_its_own_client_does() {
    // Whoever answers there: tests/it/podman.rs has Podman itself.
    let socket = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
    let case = given(Case::stage(WRITES)).env("CONTAINER_HOST", &socket);
    let case = case.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    case.run(&with(&STAGE, &["--engine", "podman"])).exits(0);
    case.run(&with(&STAGE, &["--engine", "docker"])).exits(3);
    case.run(&with(&STAGE, &["-e", "podman", "--host", "unix:///other.sock"])).exits(3).says("/other.sock");
}

#[test]
fn an_interrupt_leaves_nothing() {
    let temporary = tempfile::tempdir().expect("a folder");
    let case = given(Case::pipelines(&[("resource/configure", &[("endless", "sleep 1000")])]))
        .env("TMPDIR", &temporary.path().display().to_string());
    let title = "label=dev.kratix-test.title=stage endless/stage";
    let containers = || {
        let output = Command::new("docker").args(["ps", "-aq", "--filter", title]).output().expect("docker");
        String::from_utf8_lossy(&output.stdout).lines().count()
    };
    let child = case.start(&["stage", "resource/configure/endless", "stage", "-i", "in", "-o", "out"]);
    let start = Instant::now();
    while containers() == 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "it never started");
        sleep(Duration::from_millis(50));
    }
    kill_process(Pid::from_raw(child.id().cast_signed()).expect("a process"), Signal::INT).expect("a signal");
    case.ran(&child.wait_with_output().expect("an end")).exits(130);
    assert_eq!(containers(), 0);
    assert_eq!(std::fs::read_dir(temporary.path()).expect("a folder").count(), 0);
}

/// What the kratix command does: it becomes the program, which gets its path and the environment that kratix had.
fn by_kratix(case: &Case, arguments: &[&str]) -> crate::case::Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kratix-test");
    std::os::unix::fs::symlink(program(), &path).expect("a link");
    let mut command = case.command(arguments);
    command.env("_", "/usr/local/bin/kratix").arg0(&path);
    case.ran(&command.output().expect("the program starts"))
}

#[test]
fn called_by_kratix_it_says_kratix_test_wherever_there_is_something_to_type() {
    let case = given(Case::stage(WRITES)).test("a");
    by_kratix(&case, &["stage", "--help"])
        .exits(0)
        .says("Usage: kratix test stage ")
        .says("  kratix test stage --image-tag");
    by_kratix(&case, &["pipeline"]).exits(2).says("Usage: kratix test pipeline ");
    by_kratix(&case, &["run"]).exits(1).says("kratix test accept a").does_not_say("kratix-test ");
    case.run(&["run"]).exits(1).says("kratix-test accept a");
    case.run(&["stage", "--help"])
        .exits(0)
        .says("Usage: kratix-test stage ")
        .says("  kratix-test stage --image-tag");
}
