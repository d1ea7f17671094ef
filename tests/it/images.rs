//! Images: what is built again and what is not, in which order, and what stands in for one.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::case::{Case, Ran};

/// A Promise whose image nobody else has, so that nobody else builds or removes it.
fn case(name: &str) -> Case {
    let unique = format!("kratix-test-it/{name}-{}", std::process::id());
    Case::script("cp /data /kratix/output/data.txt")
        .test("a")
        .edit("promise.yaml", "kratix-test-it/thing", &unique)
        .edit("pipeline/Dockerfile", "COPY run", "COPY data /data\nCOPY run")
        .file("pipeline/data", "1\n")
        .file("test/a/output/data.txt", "1\n")
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("the docker CLI");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn built(ran: &Ran) -> bool {
    ran.stderr.lines().any(|line| line.starts_with("Built "))
}

/// Removes what a test built, whatever comes of it.
struct Cleaned(Case);

impl Drop for Cleaned {
    fn drop(&mut self) {
        let _ = self.0.command(&["clean"]).output();
    }
}

#[test]
fn an_image_is_built_again_only_when_something_in_it_changes() {
    let case = Cleaned(case("changes"));
    let run = |what: &str, expected: bool, arguments: &[&str]| {
        let ran = case.0.run(&[&["run"][..], arguments].concat());
        assert_eq!(built(&ran), expected, "{what}:\n{}{}", ran.stdout, ran.stderr);
        ran
    };
    run("the first time", true, &[]).exits(0);
    run("nothing", false, &[]).exits(0);
    let file = |path: &str| case.0.path().join(path);
    let past = SystemTime::now() - Duration::from_secs(86_400);
    File::options().append(true).open(file("pipeline/data")).unwrap().set_modified(past).unwrap();
    fs::write(file("test/a/notes.txt"), "a test").unwrap();
    run("times and tests", false, &[]).exits(0);
    fs::set_permissions(file("pipeline/data"), Permissions::from_mode(0o600)).unwrap();
    run("a mode", true, &[]);
    fs::set_permissions(file("pipeline/data"), Permissions::from_mode(0o644)).unwrap();
    run("back to what was built", false, &[]).exits(0);
    fs::write(file("pipeline/data"), "2\n").unwrap();
    run("a file", true, &[]).exits(1).says("data.txt");
    fs::write(file("pipeline/.dockerignore"), "nothing\n").unwrap();
    run(".dockerignore, which is part of the context", true, &[]);
    run("--rebuild", true, &["--rebuild"]);
    run("--rebuild was the same", false, &[]);
    run("an argument that no Dockerfile has", false, &["--build-arg", "NONE=1"])
        .says("no Dockerfile has an ARG NONE: --build-arg NONE changes nothing");
    let text = fs::read_to_string(file("pipeline/Dockerfile")).unwrap();
    fs::write(
        file("pipeline/Dockerfile"),
        text.replace("COPY data", "ARG SOME=x\nRUN echo $SOME >/some\nCOPY data"),
    )
    .unwrap();
    run("the Dockerfile", true, &[]);
    run("an argument", true, &["--build-arg", "SOME=y"]);
    run("the same argument", false, &["--build-arg", "SOME=y"]);
    run("no argument any more", false, &[]);
}

#[test]
fn an_image_is_built_again_when_its_base_is_another() {
    let case = Cleaned(case("base"));
    let base = format!("kratix-test-it-base-{}:1", std::process::id());
    docker(&["tag", "busybox:1.36", &base]);
    let dockerfile = case.0.read("pipeline/Dockerfile").replace("busybox:1.36", &base);
    fs::write(case.0.path().join("pipeline/Dockerfile"), dockerfile).unwrap();
    assert!(built(&case.0.run(&["run"]).exits(0)));
    assert!(!built(&case.0.run(&["run"]).exits(0)));
    let container = docker(&["create", "busybox:1.36", "true"]);
    docker(&["commit", "--message", "another", &container, &base]);
    docker(&["rm", &container]);
    let ran = case.0.run(&["run"]).exits(0);
    case.0.run(&["clean"]).exits(0);
    docker(&["rmi", "--force", &base]);
    assert!(built(&ran));
}

#[test]
fn what_an_image_builds_on_is_built_first_and_seen_in_place_of_the_authors() {
    let base = format!("kratix-test-it/own-base-{}", std::process::id());
    let case = case("derived")
        .edit("pipeline/Dockerfile", "FROM busybox:1.36", &format!("FROM {base}"))
        .edit("pipeline/Dockerfile", "COPY data /data\n", "")
        .file("base/Dockerfile", "FROM busybox:1.36\nCOPY data /data\n")
        .file("base/data", "1\n")
        .file("Makefile", &format!("build:\n\tdocker build -t {base} base\n"));
    let case = Cleaned(case);
    let ran = case.0.run(&["run"]).exits(0);
    let at = |text: &str| ran.stderr.find(text).unwrap_or_else(|| panic!("no {text} in\n{}", ran.stderr));
    assert!(at(&format!("Built {base}")) < at("Built kratix-test-it/derived"));
    case.0.run(&["list"]).exits(0).says("built from base/Dockerfile");
    assert!(!built(&case.0.run(&["run"]).exits(0)));
    fs::write(case.0.path().join("base/data"), "2\n").unwrap();
    case.0.run(&["run"]).exits(1).says("Built kratix-test-it/derived").says("data.txt");
    fs::write(case.0.path().join("base/Dockerfile"), "FROM busybox:1.36\nRUN exit 3\n").unwrap();
    let message = format!(
        "image kratix-test-it/derived-{}:dev builds on {base}, which is not available",
        std::process::id()
    );
    case.0.run(&["run"]).exits(3).says(&message);
}

#[test]
fn promises_that_share_a_dockerfile_build_it_once() {
    let one = case("shared");
    let image = format!("kratix-test-it/shared-{}:dev", std::process::id());
    let promise = one.read("promise.yaml");
    let case = Cleaned(
        one.file("a/promise.yaml", &promise.replace("name: thing\n", "name: a\n"))
            .file("a/test/input/object.yaml", crate::case::REQUEST)
            .file("a/test/output/data.txt", "1\n")
            .file(
                "b/promise.yaml",
                &promise.replace("name: thing\n", "name: b\n").replace("things", "others"),
            )
            .file("b/test/input/object.yaml", crate::case::REQUEST)
            .file("b/test/output/data.txt", "1\n")
            .file("kratix-test.yaml", &format!("images: {{ {image}: {{ context: pipeline }} }}\n"))
            .file(".git/HEAD", "")
            .remove("promise.yaml")
            .remove("test"),
    );
    let ran = case.0.run(&["run"]);
    let times = ran.stderr.lines().filter(|line| line.starts_with("Built ")).count();
    ran.exits(0).says("PASS  a/test").says("PASS  b/test");
    assert_eq!(times, 1);
}

#[test]
fn another_folder_or_image_stands_in_for_an_image() {
    let case = Cleaned(
        case("stand-in")
            .file("other/Dockerfile", "FROM busybox:1.36\nCOPY data /data\nCOPY run /run\nCMD [\"/run\"]\n")
            .file("other/data", "other\n")
            .file("other/run", "#!/bin/sh\ncp /data /kratix/output/data.txt\n")
            .executable("other/run"),
    );
    let name = format!("kratix-test-it/stand-in-{}", std::process::id());
    case.0.run(&["run", "--image", &format!("{name}=other")]).exits(1).says("+other");
    case.0.run(&["run", "--image", &format!("{name}:dev=./none")]).exits(2).says("./none is not a folder");
    // What another job built, by its tag: without CMD nothing is left.
    let ran = case.0.run(&["run", "--image", &format!("{name}=busybox:1.36")]).exits(1);
    assert!(!built(&ran), "{}", ran.stderr);
    let id = docker(&["image", "inspect", "--format", "{{.Id}}", "busybox:1.36"]);
    assert!(!built(&case.0.run(&["run", "--image", &format!("{name}={id}")]).exits(1)));
    case.0
        .run(&["run", "--image", &format!("{name}=pull")])
        .exits(3)
        .says(&format!("image {name}:dev is not in the engine and cannot be pulled"));
    case.0.run(&["run", "--no-build"]).exits(3).says("is not in the engine and cannot be pulled");
    case.0
        .run(&["run", "--image", "nobody=x"])
        .exits(4)
        .says(&format!("no container uses nobody; the images are: {name}:dev"));
    case.0.run(&["run", "--image", "nobody"]).exits(2).says("write REF=DIR, REF=IMAGE or REF=pull");
}

#[test]
fn settings_of_a_test_say_where_its_images_come_from() {
    let name = format!("kratix-test-it/by-test-{}", std::process::id());
    let case = Cleaned(
        case("by-test")
            .test("b")
            .file("test/b/kratix-test.yaml", &format!("images: {{ {name}: busybox:1.36 }}\n"))
            .file("test/b/output/.gitkeep", ""),
    );
    case.0.run(&["run"]).exits(0).says("2 passed");
}

#[test]
fn settings_say_what_stands_in_for_a_base() {
    let base = format!("kratix-test-it/base-of-settings-{}", std::process::id());
    let case = Cleaned(
        case("base-stand-in")
            .edit("pipeline/Dockerfile", "FROM busybox:1.36", &format!("FROM {base}"))
            .file("kratix-test.yaml", &format!("images: {{ {base}: busybox:1.36 }}\n")),
    );
    case.0.run(&["run"]).exits(0).says("1 passed");
    fs::write(case.0.path().join("kratix-test.yaml"), format!("images: {{ {base}: {{ context: none }} }}\n"))
        .unwrap();
    case.0.run(&["run"]).exits(3).says("none, which is not a folder");
}

#[test]
fn images_that_build_on_each_other_are_a_question() {
    let [one, other] =
        ["one", "other"].map(|name| format!("kratix-test-it/circle-{name}-{}", std::process::id()));
    Case::script("true")
        .test("a")
        .edit("promise.yaml", "kratix-test-it/thing:dev", &one)
        .edit("pipeline/Dockerfile", "busybox:1.36", &other)
        .file("other/Dockerfile", &format!("FROM {one}\n"))
        .file(
            "Makefile",
            &format!("build:\n\tdocker build -t {other} other\n\tdocker build -t {one} pipeline\n"),
        )
        .run(&["run"])
        .exits(3)
        .says(&format!("images build on each other: {one}, which builds on {other}"));
}

#[test]
fn build_builds_what_promise_yaml_names_and_runs_nothing() {
    let case = Cleaned(case("alone"));
    let name = format!("kratix-test-it/alone-{}:dev", std::process::id());
    let ran = case.0.run(&["build"]).exits(0);
    let (reference, ours) = ran.stdout.trim().split_once(' ').expect("a reference and a name");
    assert_eq!(reference, name);
    assert!(docker(&["image", "inspect", "--format", "{{.Id}}", ours]).starts_with("sha256:"));
    case.0.run(&["build"]).exits(0).says(&format!("Unchanged {name}"));
    case.0.run(&["build", "nothing"]).exits(4).says(&format!("no image matches nothing; there are: {name}"));
    case.0.run(&["build", "alone", "--no-capture", "--rebuild"]).exits(0).says(&format!("{name} | "));
    fs::write(case.0.path().join("pipeline/Dockerfile"), "FROM busybox:1.36\nRUN echo because; exit 7\n")
        .unwrap();
    let ran =
        case.0.run(&["build"]).exits(3).says("because").says("all of the log is in .kratix-test/images/");
    assert_eq!(ran.stdout, "");
    let log =
        ran.stderr.lines().find_map(|line| line.split_once("the log is in ")).expect("a path").1.to_owned();
    assert!(case.0.read(&log).contains("because"));
}

#[test]
fn clean_removes_what_was_made_here_and_nothing_else() {
    let case = case("clean");
    let other = Cleaned(self::case("clean-other"));
    other.0.run(&["build"]).exits(0);
    case.run(&["run"]).exits(0);
    let ours = case.run(&["build"]).exits(0).stdout.trim().split_once(' ').expect("a name").1.to_owned();
    case.run(&["clean", "--dry-run"])
        .exits(0)
        .says(&ours)
        .says("Would remove 1 image of")
        .says("the results of 1 Promise");
    case.run(&["clean", "--older-than", "1h"]).exits(0).says("Removed 0 images");
    case.run(&["clean", "--older-than", "soon"]).exits(2).says("`soon` is not a duration");
    assert!(case.exists(".kratix-test"));
    let container = docker(&["create", &ours, "true"]);
    case.run(&["clean"]).exits(0).says(&format!("{ours} is in use, and stays")).says("Removed 0 images");
    docker(&["rm", &container]);
    docker(&["tag", &ours, "kratix-test-it-kept:1"]);
    case.run(&["clean"]).exits(0).says("Removed 1 image of").does_not_say("clean-other");
    docker(&["rmi", "kratix-test-it-kept:1"]);
    assert!(!case.exists(".kratix-test"));
    case.run(&["clean"]).exits(0).says("Removed 0 images of 0 B, ");
    Case::empty().run(&["clean"]).exits(2);
}

#[test]
fn what_is_said_of_an_image_that_is_not_there_holds() {
    let case = Cleaned(case("words"));
    let name = format!("kratix-test-it/words-{}", std::process::id());
    case.0.run(&["run", "--no-build"]).exits(3).says("without --no-build it is built here");
    case.0.run(&["run", "--pull"]).exits(3).says("--pull: there is no newer busybox:1.36 to be had: ");
    case.0
        .run(&["run", "--no-build", "--image", &format!("{name}=pipeline")])
        .exits(2)
        .says("--image names a folder to build from, and --no-build says that nothing is built");
}

#[test]
fn a_secret_that_a_build_prints_is_not_shown() {
    let case = case("secret").edit(
        "pipeline/Dockerfile",
        "COPY data",
        "RUN --mount=type=secret,id=token cat /run/secrets/token; exit 4\nCOPY data",
    );
    let case = Cleaned(case.env("TOKEN", "hunter2-hunter2"));
    case.0
        .run(&["build", "--no-capture", "--secret", "id=token,env=TOKEN"])
        .exits(3)
        .says("<masked>")
        .does_not_say("hunter2");
    let log =
        case.0.read(&format!(".kratix-test/images/kratix-test-it-secret-{}-dev.log", std::process::id()));
    assert!(log.contains("<masked>") && !log.contains("hunter2"), "{log}");
}
