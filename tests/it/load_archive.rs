//! `load --from-archive`: images from an archive into the engine.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::case::{Case, Ran};
use crate::cluster::{Image, docker, try_docker};

/// A folder with `images.tar`, as `docker save` writes it; the image is out of the engine again.
fn saved(image: &Image) -> Case {
    let case = Case::empty();
    docker(&["save", "--output", &case.path().join("images.tar").display().to_string(), &image.reference]);
    docker(&["rmi", "--force", &image.reference]);
    case
}

fn shell(case: &Case, script: &str) {
    let done = Command::new("sh").args(["-ec", script]).current_dir(case.path()).status().expect("sh");
    assert!(done.success(), "{script}");
}

fn from_stdin(case: &Case, file: &str) -> Ran {
    let mut command = case.command(&["load", "--from-archive", "-"]);
    command.stdin(File::open(case.path().join(file)).expect("a file"));
    case.ran(&command.output().expect("the program starts"))
}

#[test]
fn an_archive_is_loaded_and_its_images_are_named() {
    let image = Image::new();
    let case = saved(&image);
    let loaded = format!("Loaded {}\n", image.reference);
    let ran = case.run(&["load", "--from-archive", "images.tar"]).exits(0);
    assert_eq!(ran.stdout, loaded);
    assert_eq!(ran.stderr, "images.tar: 1 image, 2 MiB in [TIME]\n");
    assert_eq!(docker(&["image", "inspect", "--format", "{{.Id}}", &image.reference]).trim(), image.id);
}

#[test]
fn a_compressed_archive_and_one_on_standard_input_are_loaded() {
    let image = Image::new();
    let case = saved(&image);
    shell(&case, "gzip -1 <images.tar >images.tgz");
    for from_archive in
        [&|| case.run(&["load", "--from-archive", "images.tgz"]), &|| from_stdin(&case, "images.tar")]
            as [&dyn Fn() -> Ran; 2]
    {
        try_docker(&["rmi", "--force", &image.reference]);
        assert_eq!(from_archive().exits(0).stdout, format!("Loaded {}\n", image.reference));
        docker(&["image", "inspect", &image.reference]);
    }
}

#[test]
fn an_archive_that_is_none_or_not_whole_is_one_clear_sentence() {
    let image = Image::new();
    let case = saved(&image);
    shell(
        &case,
        "head -c 1000000 images.tar >cut.tar; gzip -1 <images.tar | head -c 300000 >cut.tgz; : >empty.tar
        echo no archive >text.tar; tar -cf other.tar text.tar
        mkdir a; echo x >b; (cd a; tar -cPf ../out.tar ../b)",
    );
    for (file, wrong) in [
        ("cut.tar", "ends in the middle"),
        ("cut.tgz", "ends in the middle"),
        ("empty.tar", "is empty"),
        ("text.tar", "is no tar archive"),
        ("other.tar", "holds no images"),
        ("out.tar", "holds `../b`, which leads out of it"),
        ("a", "is a folder"),
        ("no-such.tar", "cannot be read: no such file or directory"),
    ] {
        let ran = case.run(&["load", "--from-archive", file]).exits(2);
        assert!(ran.stderr.starts_with(&format!("error: {file} {wrong}")), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    from_stdin(&case, "cut.tar").exits(2).says("error: standard input ends in the middle");
    assert!(!try_docker(&["image", "inspect", &image.reference]).status.success(), "nothing was loaded");
}

#[test]
fn an_interrupt_loads_nothing_and_exits_130() {
    let image = Image::new();
    let case = saved(&image);
    let mut command = case.command(&["load", "--from-archive", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let archive = fs::read(case.path().join("images.tar")).expect("an archive");
    let mut stdin = child.stdin.take().expect("a pipe");
    // More than a pipe holds, so that most of it is read by now.
    stdin.write_all(&archive[..1_000_000]).expect("written");
    let pid = Pid::from_raw(child.id().cast_signed()).expect("a process");
    kill_process(pid, Signal::INT).expect("a signal");
    case.ran(&child.wait_with_output().expect("an end")).exits(130).says("Interrupted");
    drop(stdin);
    assert!(!try_docker(&["image", "inspect", &image.reference]).status.success());
}

#[test]
fn without_an_engine_an_archive_is_not_loaded() {
    let case = Case::empty().file("images.tar", "").env("DOCKER_HOST", "unix:///nowhere");
    case.run(&["load", "--from-archive", "images.tar"]).exits(3).says("no container engine answers");
}
