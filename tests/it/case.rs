//! A folder of files, a run of the program in it, and what it printed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use regex::Regex;
use tempfile::TempDir;

/// A folder in which the program is run.
pub(crate) struct Case {
    folder: TempDir,
    env: Vec<(String, String)>,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A Promise up to its workflows.
const PROMISE: &str = "\
apiVersion: platform.kratix.io/v1alpha1
kind: Promise
metadata:
  name: thing
spec:
  api:
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata:
      name: things.test.kratix.io
    spec:
      group: test.kratix.io
      names: {kind: Thing, plural: things, singular: thing}
      scope: Namespaced
      versions:
      - name: v1
        served: true
        storage: true
        schema:
          openAPIV3Schema:
            type: object
            properties:
              spec:
                type: object
                properties:
                  size: {type: string, enum: [small, large], default: small}
                  replicas: {type: integer, minimum: 1}
                required: [replicas]
";

/// One pipeline, `setup`, with one container, `stage`, that runs `pipeline/run`.
const WORKFLOWS: &str = "  workflows:
    resource:
      configure:
      - apiVersion: platform.kratix.io/v1alpha1
        kind: Pipeline
        metadata:
          name: setup
        spec:
          containers:
          - name: stage
            image: kratix-test-it/thing:dev
";

/// A request that the Promise accepts.
pub(crate) const REQUEST: &str = "\
apiVersion: test.kratix.io/v1
kind: Thing
metadata:
  name: example
spec:
  replicas: 2
";

const DOCKERFILE: &str = "FROM busybox:1.36\nCOPY run /run\nCMD [\"/run\"]\n";

impl Case {
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), env: Vec::new() }
    }

    /// A copy of one of the project's fixtures.
    pub(crate) fn fixture(name: &str) -> Self {
        let case = Self::empty();
        copy(&root().join("fixtures").join(name), case.path());
        case
    }

    /// A Promise whose only stage runs this shell script.
    pub(crate) fn script(script: &str) -> Self {
        Self::empty()
            .file("promise.yaml", &[PROMISE, WORKFLOWS].concat())
            .file("pipeline/Dockerfile", DOCKERFILE)
            .file("pipeline/run", &format!("#!/bin/sh\nset -e\n{script}\n"))
            .executable("pipeline/run")
    }

    /// A Promise whose pipelines each run a shell script in one container, `stage`: by TYPE/ACTION, then by name. Nothing
    /// has to be built, which is quicker.
    pub(crate) fn pipelines(workflows: &[(&str, &[(&str, &str)])]) -> Self {
        let mut promise = format!("{PROMISE}  workflows:\n");
        let mut written = "";
        for (workflow, pipelines) in workflows {
            let (kind, action) = workflow.split_once('/').expect("TYPE/ACTION");
            if kind != written {
                promise.push_str(&format!("    {kind}:\n"));
                written = kind;
            }
            promise.push_str(&format!("      {action}:\n"));
            promise.extend(pipelines.iter().map(|(name, script)| pipeline(name, script)));
        }
        Self::empty().file("promise.yaml", &promise).file("request.yaml", REQUEST)
    }

    /// A Promise whose only container runs this shell script, without an image of its own.
    pub(crate) fn stage(script: &str) -> Self {
        Self::pipelines(&[("resource/configure", &[("setup", script)])])
    }

    /// Another container at the end of the last pipeline.
    pub(crate) fn then(self, name: &str, script: &str) -> Self {
        let promise = self.read("promise.yaml") + &container(name, script);
        self.file("promise.yaml", &promise)
    }

    /// A test with the request that the Promise accepts.
    pub(crate) fn test(self, name: &str) -> Self {
        self.file(&format!("test/{name}/input/object.yaml"), REQUEST)
    }

    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
        self
    }

    pub(crate) fn executable(self, path: &str) -> Self {
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path().join(path), mode).expect("a mode");
        self
    }

    /// Does not mind that Kratix could not read what a stage leaves.
    pub(crate) fn readable_or_not(self) -> Self {
        self.file("kratix-test.yaml", "findings: {KT116: allow}\n")
    }

    /// Replaces a part of a file.
    pub(crate) fn edit(self, path: &str, from: &str, to: &str) -> Self {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}:\n{text}");
        self.file(path, &text.replace(from, to))
    }

    pub(crate) fn remove(self, path: &str) -> Self {
        let path = self.path().join(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.expect("removed");
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.path().join(path).symlink_metadata().is_ok()
    }

    /// What a run has left in the making.
    pub(crate) fn scratch(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path().join(".kratix-test")).expect("results").flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("scratch")).collect()
    }

    /// Every file below a folder with its text, to see whether anything was touched.
    pub(crate) fn snapshot(&self, folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        list(&self.path().join(folder), &mut files);
        files.sort();
        files
    }

    /// The program with arguments, in an environment that lets nothing leak in.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).current_dir(self.path()).env_clear().stdin(Stdio::null());
        for name in ["PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("the program starts");
        self.ran(&output)
    }

    /// Starts the program and does not wait for it.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }

    pub(crate) fn ran(&self, output: &Output) -> Ran {
        let text = |bytes: &[u8]| redact(&String::from_utf8_lossy(bytes), self.path());
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(
            all.contains(text),
            "nothing says {text:?}\nstdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    #[track_caller]
    pub(crate) fn does_not_say(self, text: &str) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(!all.contains(text), "something says {text:?}\n{all}");
        self
    }
}

/// A pipeline of one container, as it stands in promise.yaml.
fn pipeline(name: &str, script: &str) -> String {
    let head = [
        "- apiVersion: platform.kratix.io/v1alpha1",
        "  kind: Pipeline",
        "  metadata:",
        &format!("    name: {name}"),
        "  spec:",
        "    containers:",
    ];
    head.map(|line| format!("      {line}\n")).concat() + &container("stage", script)
}

/// A container, as it stands in promise.yaml.
fn container(name: &str, script: &str) -> String {
    let script = serde_json::to_string(script).expect("a string");
    let lines =
        [&format!("- name: {name}"), "  image: busybox:1.36", &format!("  command: [sh, -ec, {script}]")];
    lines.map(|line| format!("          {line}\n")).concat()
}

/// The program under test.
pub(crate) fn program() -> &'static str {
    env!("CARGO_BIN_EXE_kratix-test")
}

/// The project's own folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Times and temporary folders, which differ from run to run.
pub(crate) fn redact(text: &str, folder: &Path) -> String {
    let text = text.replace(&folder.display().to_string(), "[DIR]");
    Regex::new(r"\b(\d+m )?\d+\.\d\ds").expect("a pattern").replace_all(&text, "[TIME]").into_owned()
}

/// Copies a folder, but not what a run of ours left in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_name() == ".kratix-test" {
            continue;
        }
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn list(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            list(&entry.path(), files);
        } else {
            files.push((entry.path(), fs::read(entry.path()).expect("bytes")));
        }
    }
}
