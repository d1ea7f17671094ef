//! Whether an image sees the same files of a packed context as of `docker build`: against a real engine, through its CLI.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::testing::Files;
use super::{Recipe, Rule, pack};

/// What every case has, with each pattern file added to it.
const FILES: [&str; 18] = [
    "a.md",
    "b.txt",
    "README.md",
    "README-secret.md",
    "secret",
    ".hidden",
    "dir/a.md",
    "dir/b.txt",
    "dir/sub/a.md",
    "dir/sub/c.txt",
    "dir/sub/deep/d.txt",
    "dir2/a.md",
    "foo/bar/baz",
    "foo/barista",
    "xfoo/bar",
    "sp ace",
    "é.txt",
    "[x]",
];

/// Contents of `.dockerignore`. What exceptions with wildcards reach differs from builder to builder: see `ignore`.
const RULES: [&str; 40] = [
    "",
    "*",
    "**",
    "*.md",
    "**/*.md",
    "dir",
    "dir/",
    "/dir",
    "./dir/./sub/..",
    "dir/*",
    "dir/**",
    "dir/*/a.md",
    "*/*",
    "*/*/*",
    "**/sub",
    "**/sub/**",
    "**foo",
    "foo**",
    "fo?",
    "?o*",
    "[a-d]*",
    "[^a-d]*",
    "\\[x\\]",
    "sp ace\n  .hidden \t\r\n",
    "\u{feff}# comment\nb.txt\n #c\n\n#b",
    "é.txt\n?.txt",
    "*.md\n!README*.md\nREADME-secret.md",
    "*.md\nREADME-secret.md\n!README*.md",
    "*\n!dir",
    "*\n!dir/sub\ndir/sub/deep",
    "dir\n!dir/sub/deep/d.txt",
    "dir/**\n!dir/sub/deep",
    "dir/sub/**\n!dir/sub/deep/*",
    "!dir\ndir",
    "dir\n!dir/sub\ndir",
    "dir\n!dir\ndir/b.txt\n!dir/sub\ndir/sub/deep",
    "*\n! /dir2/ \n!../a.md\n!foo/../foo/bar",
    ".dockerignore",
    "Dockerfile",
    "Dockerfile\n.dockerignore\n*.md",
];

#[test]
fn an_image_sees_the_files_that_docker_build_shows_it() {
    for rules in RULES {
        let files = files();
        files.write(".dockerignore", rules);
        files.write("Dockerfile", &dockerfile());
        assert_parity(&files, "Dockerfile", "", rules);
    }
}

#[test]
fn a_dockerfile_below_or_outside_the_context_is_seen_as_docker_build_shows_it() {
    for rules in ["", "dir", "*\n!a.md", "dir/sub/Dockerfile", ".dockerignore\n**/Dockerfile"] {
        let files = files();
        files.write(".dockerignore", rules);
        files.write("dir/.dockerignore", rules);
        files.write("dir/sub/Dockerfile", &dockerfile());
        assert_parity(&files, "dir/sub/Dockerfile", "", rules);
        files.write("foo/Dockerfile", &dockerfile());
        assert_parity(&files, "foo/Dockerfile", "dir", rules);
    }
}

#[test]
fn a_malformed_pattern_is_refused_as_docker_build_refuses_it() {
    for rules in ["[", "a\\", "!", "[]a]", "[a-]", "[z-a]", "x\n! \n"] {
        let files = files();
        files.write(".dockerignore", rules);
        files.write("Dockerfile", &dockerfile());
        let docker = docker_build(&files, "Dockerfile", "");
        assert_eq!(pack(&recipe(&files, "Dockerfile", ""), None).is_err(), docker.is_err(), "{rules:?}");
    }
}

#[test]
fn an_unchanged_context_is_built_from_the_cache_whatever_its_times() {
    let files = files();
    files.write("Dockerfile", &dockerfile());
    let ours = our_build(&files, "Dockerfile", "").unwrap();
    let again = docker_build(&files, "Dockerfile", "").unwrap();
    remove(&again);
    assert_eq!(ours, again);
}

/// Copies to a folder of this process alone: another one may build, and remove, what would else be the same image.
fn dockerfile() -> String {
    format!("FROM scratch\nCOPY . /c{}/\n", std::process::id())
}

fn files() -> Files {
    let files = Files::new(&FILES.map(|path| (path, path)));
    let mode = |path: &str, mode| {
        std::fs::set_permissions(files.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("dir/sub", 0o700);
    mode("dir/b.txt", 0o4755);
    mode("a.md", 0o600);
    std::os::unix::fs::symlink("../a.md", files.path("dir/link")).unwrap();
    std::os::unix::fs::symlink("dir", files.path("dirlink")).unwrap();
    files
}

fn recipe(files: &Files, dockerfile: &str, context: &str) -> Recipe {
    Recipe {
        dockerfile: files.path(dockerfile),
        context: files.path(context),
        target: String::new(),
        args: BTreeMap::new(),
        rule: Rule::Settings,
        tests: Vec::new(),
    }
}

fn assert_parity(files: &Files, dockerfile: &str, context: &str, rules: &str) {
    let docker = docker_build(files, dockerfile, context);
    let ours = our_build(files, dockerfile, context);
    match (ours, docker) {
        // From the builder's cache, whose key is every file that is copied.
        (Ok(ours), Ok(docker)) if ours == docker => remove(&ours),
        (Ok(ours), Ok(docker)) => assert_eq!(seen(&ours), seen(&docker), "{rules:?}"),
        (ours, docker) => {
            assert_eq!(ours.is_err(), docker.is_err(), "{rules:?}: ours {ours:?}, docker {docker:?}");
        }
    }
}

fn docker_build(files: &Files, dockerfile: &str, context: &str) -> Result<String, String> {
    let (dockerfile, context) = (files.path(dockerfile), files.path(context));
    build(dockerfile.to_str().unwrap(), context.to_str().unwrap(), &[])
}

fn our_build(files: &Files, dockerfile: &str, context: &str) -> Result<String, String> {
    let packed = pack(&recipe(files, dockerfile, context), None).map_err(|error| error.to_string())?;
    build(&packed.dockerfile, "-", &packed.tar)
}

fn build(dockerfile: &str, context: &str, tar: &[u8]) -> Result<String, String> {
    let attempt = || docker(&["build", "-q", "-f", dockerfile, context], tar);
    // While it looks for a cached image, the classic builder trips over any other that is being removed.
    let tripped =
        |built: &Result<String, String>| built.as_ref().is_err_and(|e| e.contains("unable to find image"));
    let mut built = attempt();
    for _ in 0..20 {
        if !tripped(&built) {
            break;
        }
        built = attempt();
    }
    built
}

/// What an image has: the type, mode and path of everything that COPY left. Removes it.
///
/// Dockerfiles that are ours go under other names than the CLI's random ones.
fn seen(image: &str) -> BTreeSet<String> {
    let container = docker(&["create", image, "x"], &[]).unwrap();
    let tar = output(&["export", &container], &[]).unwrap();
    docker(&["rm", &container], &[]).unwrap();
    remove(image);
    let top = format!("c{}", std::process::id());
    let mut tar = tar::Archive::new(&*tar);
    let entries = tar.entries().unwrap().map(Result::unwrap);
    let lines = entries.filter(|entry| entry.path().unwrap().starts_with(&top)).map(|mut entry| {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let header = entry.header();
        let (kind, mode, target) = (header.entry_type(), header.mode().unwrap(), entry.link_name().unwrap());
        let line = format!("{kind:?} {mode:o} {} {target:?} {text:?}", entry.path().unwrap().display());
        line.split(".dockerfile.").next().unwrap().to_owned()
    });
    lines.collect()
}

fn remove(image: &str) {
    // The cache may have given several cases the same image.
    let _ = docker(&["rmi", image], &[]);
}

fn docker(args: &[&str], input: &[u8]) -> Result<String, String> {
    output(args, input).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
}

fn output(args: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    // The parity is with the classic builder, which is what packs and reads a context as a tar.
    let mut command = Command::new("docker");
    command.args(args).env("DOCKER_BUILDKIT", "0");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("these tests need the docker CLI");
    // An engine that refuses the context closes the pipe early.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
