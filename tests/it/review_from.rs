//! `accept --from` and `review --from`: results that a run elsewhere has kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::case::Case;

const SCRIPT: &str = "echo 'a: 1' > /kratix/output/a.yaml; echo 'b: 1' > /kratix/output/b.yaml";

fn checkout() -> Case {
    Case::stage(SCRIPT)
        .test("a")
        .file("test/a/output/a.yaml", "# mine\na: 0\n")
        .file("test/a/output/b.yaml", "b: 0\n")
}

/// What a run elsewhere has kept, in a folder.
fn uploaded() -> (TempDir, PathBuf) {
    let elsewhere = checkout();
    elsewhere.run(&["run"]).exits(1);
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("artifact/.kratix-test");
    copy(&elsewhere.path().join(".kratix-test"), &kept);
    (folder, kept)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
    let status = Command::new("cp").arg("-r").args([from, to]).status().expect("cp");
    assert!(status.success());
}

fn tar(arguments: &[&str], folder: &Path) {
    let status = Command::new("tar").args(arguments).current_dir(folder).status().expect("tar");
    assert!(status.success());
}

#[test]
fn the_results_of_another_machine_are_accepted_in_whatever_form_they_come() {
    let (folder, kept) = uploaded();
    let artifact = kept.parent().expect("a parent").to_owned();
    tar(&["-czf", "../all.tar.gz", ".kratix-test"], &artifact);
    tar(&["-cf", "../inside.tar", "-C", ".kratix-test", "."], &artifact);
    tar(&["-czf", "../results.tgz", "-C", ".kratix-test/results", "a"], &artifact);
    let forms =
        [".kratix-test", "", ".kratix-test/results", "../all.tar.gz", "../inside.tar", "../results.tgz"];
    for form in forms {
        let from = artifact.join(form);
        let from = from.to_str().expect("a path");
        let case = checkout();
        case.run(&["review", "--from", from]).exits(0).says("a: 0").says("kratix-test accept --from");
        case.run(&["accept", "--from", from]).exits(0).says("changed test/a/output/a.yaml");
        assert_eq!(case.read("test/a/output/a.yaml"), "# mine\na: 1\n");
        case.run(&["accept", "a", "--from", from]).exits(0).says("a: nothing to accept");
        case.run(&["run"]).exits(0);
    }
    drop(folder);
}

#[test]
fn what_is_not_decided_stays_pending_and_the_artifact_stays_as_it_is() {
    let (folder, kept) = uploaded();
    let from = kept.to_str().expect("a path");
    let record = kept.join("results/a/record.json");
    let before = fs::read(&record).expect("a file");
    let case = checkout();
    let mut pty = case.at_terminal(&["review", "--from", from]);
    pty.shows("1/2").types("a").shows("2/2").types("q");
    pty.ends().exits(0).says("changed test/a/output/a.yaml").says("1 item stays pending");
    assert_eq!(case.read("test/a/output/b.yaml"), "b: 0\n");
    let mut pty = case.at_terminal(&["review", "--from", from]);
    pty.shows("1/1").shows("output/b.yaml").types("r").shows("Everything is decided").types("\r");
    pty.ends().exits(0).says("Rejected 1 item of a");
    let mut pty = case.at_terminal(&["review", "--from", from]);
    pty.shows("Nothing is pending");
    pty.ends().exits(0);
    assert_eq!(fs::read(&record).expect("a file"), before);
    drop(folder);
}

#[test]
fn it_is_refused_where_what_is_here_is_not_what_was_run() {
    let (folder, kept) = uploaded();
    let from = kept.to_str().expect("a path");
    for (file, old, new, what) in [
        ("test/a/input/object.yaml", "replicas: 2", "replicas: 3", "the request"),
        ("promise.yaml", "minimum: 1", "minimum: 0", "the Promise"),
        ("test/a/output/b.yaml", "b: 0", "b: 2", "its expectation"),
    ] {
        let case = checkout().edit(file, old, new);
        let before = case.snapshot("test");
        case.run(&["accept", "--from", from]).exits(1).says(what);
        let mut pty = case.at_terminal(&["review", "--from", from]);
        pty.shows("cannot be accepted").shows(what).types("q");
        pty.ends().exits(0);
        assert_eq!(case.snapshot("test"), before);
    }
    let case = checkout().file("kratix-test.yaml", "timeout: 1m\n");
    case.run(&["accept", "--from", from]).exits(1).says("the settings");
    drop(folder);
}

#[test]
fn an_image_is_compared_by_what_it_is_built_from() {
    let new = || Case::script(SCRIPT).test("a").file("test/a/output/a.yaml", "a: 0\n");
    let elsewhere = new();
    elsewhere.run(&["run"]).exits(1);
    let from = elsewhere.path().join(".kratix-test");
    let from = from.to_str().expect("a path");
    let case = new().edit("pipeline/Dockerfile", "CMD", "USER 7\nCMD");
    case.run(&["accept", "--from", from]).exits(1).says("what kratix-test-it/thing:dev is built from");
    new().run(&["accept", "--from", from]).exits(0).says("changed test/a/output/a.yaml");
}

#[test]
fn several_promises_have_their_results_at_their_places() {
    let two = || {
        let mut case = Case::empty();
        for name in ["one", "two"] {
            let one = checkout();
            for (path, bytes) in one.snapshot(".") {
                let path = path.strip_prefix(one.path()).expect("below").display().to_string();
                let text = String::from_utf8(bytes)
                    .expect("text")
                    .replace("name: thing\n", &format!("name: {name}\n"));
                case = case.file(&format!("promises/{name}/{path}"), &text);
            }
        }
        case
    };
    let elsewhere = two();
    elsewhere.run(&["run", "one/a", "two/a"]).exits(1);
    tar(
        &["-czf", "all.tar.gz", "promises/one/.kratix-test/results", "promises/two/.kratix-test"],
        elsewhere.path(),
    );
    let from = elsewhere.path().join("all.tar.gz");
    let from = from.to_str().expect("a path");
    let case = two();
    case.run(&["accept", "two/a", "--from", from]).exits(0).says("changed promises/two/test/a/output/a.yaml");
    assert_eq!(case.read("promises/one/test/a/output/b.yaml"), "b: 0\n");
    case.run(&["accept", "--from", from, "--dir", "promises/one"]).exits(0).says("one/test/a/output/a.yaml");
    tar(
        &["-czf", "other.tar.gz", "--transform", "s,promises/,elsewhere/x,", "promises/one/.kratix-test"],
        elsewhere.path(),
    );
    let other = elsewhere.path().join("other.tar.gz");
    let ran = two().run(&["accept", "--from", other.to_str().expect("a path")]).exits(1);
    ran.says("elsewhere/xone").says("--dir");
}

#[test]
fn what_is_no_artifact_or_a_hostile_one_is_refused_with_why() {
    let (folder, kept) = uploaded();
    let artifact = kept.parent().expect("a parent").to_owned();
    let case = checkout().file("empty/x", "").file("zip", "PK\x03\x04").file("text", "no archive at all");
    let refused = |from: &Path, why: &str| {
        case.run(&["accept", "--from", from.to_str().expect("a path")]).exits(2).says(why);
    };
    refused(&case.path().join("none"), "no such file");
    refused(&case.path().join("empty"), "holds no results");
    refused(&case.path().join("zip"), "unpack it, and name the folder");
    refused(&case.path().join("text"), "cannot be read");
    tar(&["-cPf", "../out.tar", "--transform", "s,^,../../../,", ".kratix-test"], &artifact);
    refused(&artifact.join("../out.tar"), "it leads out of its folder");
    std::os::unix::fs::symlink(case.path(), artifact.join("link")).expect("a link");
    tar(&["-cf", "../link.tar", "link", "--transform", "s,^.kratix-test,link,", ".kratix-test"], &artifact);
    refused(&artifact.join("../link.tar"), "link: it is in the archive twice");
    let zeros = artifact.join("zeros");
    fs::File::create(&zeros).and_then(|file| file.set_len(1200 << 20)).expect("a sparse file");
    tar(&["-czf", "../bomb.tar.gz", "zeros"], &artifact);
    refused(&artifact.join("../bomb.tar.gz"), "cannot be read");
    let record = kept.join("results/a/record.json");
    let text = fs::read_to_string(&record).expect("a file");
    let other = text.replacen("\"version\": ", "\"version\": 9", 1);
    assert_ne!(other, text);
    fs::write(&record, other).expect("written");
    case.run(&["accept", "--from", kept.to_str().expect("a path")])
        .exits(1)
        .says("of another version of the program");
    assert_eq!(case.read("test/a/output/a.yaml"), "# mine\na: 0\n");
    drop(folder);
}
