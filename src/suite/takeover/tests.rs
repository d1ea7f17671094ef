//! Layouts as authors of Promises have them, small.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::suite::Suite;

const REQUEST: &str = "apiVersion: acme.org/v1\nkind: Thing\nmetadata: {name: x}\nspec: {size: 1}\n";
const ONE: &str = "{name: render, image: acme/render:1}";
const TWO: &str = "{name: render, image: acme/render:1, command: [render]}, {name: bucket, image: acme/render:1, command: \
                   [sh, -c, make-bucket]}";

struct Repository {
    folder: tempfile::TempDir,
}

/// A repository of one Promise, in `p`, with a pipeline of these containers.
fn repository(containers: &str, files: &[(&str, &str)]) -> Repository {
    let folder = tempfile::tempdir().expect("a folder");
    let repository = Repository { folder };
    let promise = format!(
        "apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\nmetadata: {{name: things}}\nspec:\n  api:\n    apiVersion: \
         apiextensions.k8s.io/v1\n    kind: CustomResourceDefinition\n    metadata: {{name: things.acme.org}}\n    spec:\n      \
         group: acme.org\n      names: {{kind: Thing, plural: things, singular: thing}}\n      scope: Namespaced\n      \
         versions:\n      - name: v1\n        served: true\n        storage: true\n        schema: {{openAPIV3Schema: {{type: \
         object, properties: {{spec: {{type: object, properties: {{size: {{type: integer}}}}}}}}}}}}\n  workflows:\n    \
         promise: {{configure: [{{apiVersion: platform.kratix.io/v1alpha1, kind: Pipeline, metadata: {{name: setup}}, spec: \
         {{containers: [{{name: deps, image: acme/deps:1}}]}}}}]}}\n    resource: {{configure: [{{apiVersion: \
         platform.kratix.io/v1alpha1, kind: Pipeline, metadata: {{name: instance}}, spec: {{containers: [{containers}]}}}}]}}\n"
    );
    fs::create_dir(repository.path(".git")).expect("a folder");
    repository.write("p/promise.yaml", &promise);
    for (path, text) in files {
        repository.write(path, text);
    }
    repository
}

impl Repository {
    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn try_read(&self, from: &str, beside: &[(&str, &str)]) -> Result<Takeover, SourceError> {
        let suite = Suite::load(&self.path("p")).expect("a Promise");
        let real = fs::canonicalize(self.folder.path()).expect("a path");
        let beside: Vec<Beside> = beside
            .iter()
            .map(|(folder, image)| Beside { folder: real.join(folder), image: (*image).to_owned() })
            .collect();
        super::read(&self.path(from), &suite.promises[0], &beside)
    }

    #[track_caller]
    fn read(&self, from: &str) -> Read {
        let takeover = self.try_read(from, &[]).expect("something is taken over");
        Read::of(self, &takeover)
    }
}

/// A takeover as text.
#[derive(Debug)]
struct Read {
    /// `NAME/PATH` of every file, with the text of those that are not empty.
    files: Vec<(String, String)>,
    as_they_are: Vec<String>,
    notes: Vec<String>,
}

impl Read {
    fn of(repository: &Repository, takeover: &Takeover) -> Self {
        let root = format!("{}/", repository.folder.path().display());
        let mut files = Vec::new();
        for offer in &takeover.offers {
            for (path, file) in &offer.files {
                let text = String::from_utf8_lossy(&file.bytes).replace(&root, "");
                files.push((format!("{}/{}", offer.name, path.display()), text));
            }
        }
        let shown = |text: String| text.replace(&root, "");
        for completed in &takeover.completed {
            for (path, file) in &completed.offer.files {
                let path = shown(completed.folder.join(path).display().to_string());
                files.push((path, shown(String::from_utf8_lossy(&file.bytes).into_owned())));
            }
        }
        Self {
            files,
            as_they_are: takeover.as_they_are.iter().map(|path| shown(path.display().to_string())).collect(),
            notes: takeover.notes.iter().map(|note| shown(note.to_string())).collect(),
        }
    }

    fn paths(&self) -> Vec<&str> {
        self.files.iter().map(|(path, _)| path.as_str()).collect()
    }

    #[track_caller]
    fn text(&self, path: &str) -> &str {
        let file = self.files.iter().find(|(known, _)| known == path);
        &file.unwrap_or_else(|| panic!("no {path} in {self:#?}")).1
    }
}

#[test]
fn a_test_input_beside_a_dockerfile_is_named_after_its_folder() {
    let repository = repository(
        ONE,
        &[
            ("p/internal/configure-pipeline/Dockerfile", "FROM x\n"),
            ("p/internal/configure-pipeline/test-input/object.yaml", REQUEST),
            ("p/internal/configure-pipeline/test-output/thing.yaml", "a: 1\n"),
            ("p/internal/configure-pipeline/test-metadata/status.yaml", "b: 1\n"),
            ("p/internal/configure-pipeline/tests/test-input/object.yaml", REQUEST),
        ],
    );
    let read = repository.read("p/internal");
    assert_eq!(
        read.paths(),
        [
            "configure-pipeline/input/object.yaml",
            "configure-pipeline/metadata/status.yaml",
            "configure-pipeline/output/thing.yaml",
            "configure-pipeline-2/input/object.yaml",
        ]
    );
    assert_eq!(read.text("configure-pipeline/input/object.yaml"), REQUEST);
    assert!(read.notes.is_empty(), "{:?}", read.notes);
}

#[test]
fn the_stage_is_that_whose_image_the_dockerfile_builds() {
    let containers = "{name: render, image: acme/render:1}, {name: other, image: acme/other:1}";
    let files = [("p/pipelines/other/Dockerfile", ""), ("p/pipelines/other/test-input/object.yaml", REQUEST)];
    let repository = repository(containers, &files);
    let beside = [("p/pipelines/other", "acme/other:1")];
    let read = Read::of(&repository, &repository.try_read("p", &beside).expect("one"));
    let settings = read.text("other/kratix-test.yaml");
    assert_eq!(
        settings,
        "# As p/pipelines/other/test-input has it.\nworkflow: resource/configure/instance/other\n"
    );
}

#[test]
fn before_and_after_are_what_is_given_and_expected() {
    let case = "p/workflows/resource/configure/instance/bucket/test/handles_empty";
    let repository = repository(
        TWO,
        &[
            (&format!("{case}/before/input/object.yaml"), REQUEST),
            (&format!("{case}/before/output/seed.yaml"), "s: 1\n"),
            (&format!("{case}/before/metadata/.gitkeep"), ""),
            (&format!("{case}/after/input/object.yaml"), REQUEST),
            (&format!("{case}/after/output/seed.yaml"), "s: 2\n"),
            (&format!("{case}/after/metadata/status.yaml"), "m: 1\n"),
            (&format!("{case}/notes.txt"), ""),
        ],
    );
    let read = repository.read("p/workflows");
    assert_eq!(
        read.paths(),
        [
            "handles_empty/before/output/seed.yaml",
            "handles_empty/input/object.yaml",
            "handles_empty/kratix-test.yaml",
            "handles_empty/metadata/status.yaml",
            "handles_empty/output/seed.yaml",
        ]
    );
    assert_eq!(read.text("handles_empty/output/seed.yaml"), "s: 2\n");
    let settings = read.text("handles_empty/kratix-test.yaml");
    assert!(settings.ends_with("\nworkflow: resource/configure/instance/bucket\n"), "{settings}");
    assert_eq!(read.notes, [format!("{case}/notes.txt: is not taken over")]);
}

#[test]
fn flat_before_and_after_are_read_too() {
    let repository = repository(
        ONE,
        &[("p/cases/small/before/object.yaml", REQUEST), ("p/cases/small/after/thing.yaml", "a: 1\n")],
    );
    let read = repository.read("p/cases");
    assert_eq!(read.paths(), ["small/input/object.yaml", "small/output/thing.yaml"]);
    assert_eq!(
        read.notes,
        ["p/cases/small: says nothing of metadata/: what the pipeline leaves there has to be accepted once"]
    );
}

#[test]
fn nothing_expected_is_an_expectation() {
    let files = [("p/cases/none/before/object.yaml", REQUEST), ("p/cases/none/after/output/.gitkeep", "")];
    let read = repository(ONE, &files).read("p/cases");
    assert_eq!(read.paths(), ["none/input/object.yaml", "none/output/.gitkeep"]);
}

#[test]
fn input_and_expected_are_read_wherever_they_are() {
    let repository = repository(
        ONE,
        &[
            ("p/e2e/small/input/object.yaml", REQUEST),
            ("p/e2e/small/expected/thing.yaml", "a: 1\n"),
            ("p/e2e/small/expected/metadata/status.yaml", "b: 1\n"),
            ("p/e2e/small/expected/exitcode", "3\n"),
            ("p/e2e/small/actual/thing.yaml", "a: 2\n"),
            ("p/resources/inputs/request.yaml", REQUEST),
            ("p/resources/inputs/values.txt", ""),
            ("p/resources/expected-outputs/thing.yaml", "a: 1\n"),
        ],
    );
    let read = repository.read("p");
    assert_eq!(
        read.paths(),
        [
            "small/input/object.yaml",
            "small/kratix-test.yaml",
            "small/metadata/status.yaml",
            "small/output/thing.yaml",
            "resources/input/object.yaml",
            "resources/output/thing.yaml",
        ]
    );
    assert_eq!(read.text("small/kratix-test.yaml"), "# As p/e2e/small/input has it.\nexit: 3\n");
    assert_eq!(
        read.notes[..2],
        [
            "p/e2e/small/actual: is not taken over",
            "p/resources: says nothing of metadata/: what the pipeline leaves there has to be accepted once",
        ]
    );
    assert_eq!(
        read.notes[2..],
        ["p/resources/inputs/values.txt: is not taken over: all that a pipeline reads is object.yaml"]
    );
}

#[test]
fn what_is_ours_already_is_read_as_it_is() {
    let repository = repository(
        ONE,
        &[
            ("p/test/a/input/object.yaml", REQUEST),
            ("p/test/a/output/thing.yaml", "a: 1\n"),
            ("p/test/b/input/object.yaml", REQUEST),
            ("p/test/b/expected/thing.yaml", "a: 1\n"),
        ],
    );
    let read = repository.read("p/test");
    assert_eq!(read.as_they_are, ["p/test/a"]);
    assert_eq!(read.paths(), ["p/test/b/expected/output/thing.yaml"]);
    assert_eq!(
        read.notes,
        ["p/test/b/expected: holds files that count no more, now that they are in output/ in it"]
    );
}

const SCRIPT: &str = "#!/usr/bin/env bash\nscriptsdir=$(cd \"$(dirname \"$0\")\"; pwd)\n\
                      testdir=$(cd \"$(dirname \"$0\")\"/../test; pwd)\ninputDir=\"$testdir/input\"\n\
                      outputDir=\"$testdir/output\"\n\n$scriptsdir/build-pipeline\nrm -rf $outputDir/*\n\
                      command=${1:-\"render\"}\n\ndocker run \\\n  --rm \\\n  --volume ~/.kube:/root/.kube \\\n  \
                      --volume $scriptsdir/../data:/data:ro --network=host \\\n  --volume ${outputDir}:/kratix/output \\\n  \
                      --volume ${inputDir}:/kratix/input \\\n  --env USER_NAME=minio --env USER_PASSWORD=hunter2 \\\n  \
                      acme/render:1 sh -c \"$command\"\n";

#[test]
fn a_workshops_script_gives_its_test_settings() {
    let files =
        [("p/test/input/object.yaml", REQUEST), ("p/test/output/x", ""), ("p/scripts/test-pipeline", SCRIPT)];
    let read = repository(TWO, &files).read("p");
    assert_eq!(read.as_they_are, ["p/test"]);
    assert_eq!(read.paths(), ["p/test/kratix-test.yaml"]);
    assert_eq!(
        read.text("p/test/kratix-test.yaml"),
        "# As p/scripts/test-pipeline:11 has it.\nenv:\n  USER_NAME: minio\n  USER_PASSWORD:\n    from: \
         USER_PASSWORD\nnetwork: host\nvolumes:\n- ~/.kube:/root/.kube\n- ../data:/data:ro\n"
    );
    assert_eq!(
        read.notes,
        [
            "p/scripts/test-pipeline:11: gives USER_PASSWORD, whose value is not written down: a run takes it from the \
             environment",
            "p/scripts/test-pipeline:11: runs resource/configure/instance/render alone, and p/test runs \
             resource/configure: `workflow: resource/configure/instance/render` in p/test/kratix-test.yaml would too",
        ]
    );
    assert!(!format!("{read:?}").contains("hunter2"));
}

#[test]
fn settings_that_are_there_already_are_not_offered() {
    let settings = "env: {USER_NAME: x, USER_PASSWORD: y}\nnetwork: host\n";
    let files = [
        ("p/test/input/object.yaml", REQUEST),
        ("p/test/kratix-test.yaml", settings),
        ("p/scripts/test-pipeline", SCRIPT),
    ];
    let read = repository(ONE, &files).read("p/scripts/test-pipeline");
    assert!(read.files.is_empty(), "{read:?}");
    let lacking = read.notes.iter().find(|note| note.contains("gives its container more")).expect("a note");
    assert!(
        lacking.ends_with("says:\n  volumes:\n  - ~/.kube:/root/.kube\n  - ../data:/data:ro"),
        "{lacking}"
    );
}

#[test]
fn a_makefile_runs_what_is_beside_a_dockerfile() {
    let makefile = "IMAGE = acme/render:1\nCWD = $(shell pwd)\n\ntest: build\n\tdocker run \\\n\t\t\
                    -v $(CWD)/internal/pipe/test-input:/kratix/input \\\n\t\t\
                    -v $(CWD)/internal/pipe/test-output:/kratix/output -e A=b $(IMAGE)\n";
    let files = [
        ("p/Makefile", makefile),
        ("p/internal/pipe/test-input/object.yaml", REQUEST),
        ("p/internal/pipe/test-output/thing.yaml", "a: 1\n"),
    ];
    let read = repository(ONE, &files).read("p/internal");
    assert_eq!(read.paths(), ["pipe/input/object.yaml", "pipe/kratix-test.yaml", "pipe/output/thing.yaml"]);
    assert_eq!(read.text("pipe/kratix-test.yaml"), "# As p/Makefile:5 has it.\nenv:\n  A: b\n");
}

#[test]
fn one_file_is_mounted_as_the_request() {
    let script = "#!/bin/sh\ndocker run --rm -v $(pwd)/small.yaml:/kratix/input/object.yaml -v \"$PWD/out\":/kratix/output \
                  --env-file run.env $IMAGE\n";
    let files = [
        ("p/run.sh", script),
        ("p/small.yaml", REQUEST),
        ("p/run.env", "# of a run\nA=b c\nTOKEN=hunter2\nHOME_OF\n"),
    ];
    let read = repository(ONE, &files).read("p");
    assert_eq!(read.paths(), ["small/input/object.yaml", "small/kratix-test.yaml"]);
    let settings = read.text("small/kratix-test.yaml");
    let env = "env:\n  A: b c\n  HOME_OF:\n    from: HOME_OF\n  TOKEN:\n    from: TOKEN\n";
    assert_eq!(settings, format!("# As p/run.sh:2 has it.\n{env}"));
}

#[test]
fn golden_folders_are_what_a_pipeline_leaves() {
    let workflow = "jobs:\n  test:\n    steps:\n    - working-directory: p\n      run: |\n        set -e\n        kratix test \
                    pipeline promise/configure/setup --input-dir inputs -o setup-outputs --env DRY_RUN=true\n    - run: \
                    kratix test stage resource/configure/instance bucket -d p -i p/in/bucket -o p/bucket-outputs\n";
    let files = [
        (".github/workflows/test.yaml", workflow),
        ("p/inputs/object.yaml", "apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\n"),
        ("p/setup-outputs/crd.yaml", "a: 1\n"),
        ("p/in/bucket/object.yaml", REQUEST),
        ("p/bucket-outputs/x", "1"),
    ];
    let read = repository(TWO, &files).read("p");
    assert_eq!(
        read.paths(),
        [
            "setup/kratix-test.yaml",
            "setup/output/crd.yaml",
            "bucket/input/object.yaml",
            "bucket/kratix-test.yaml",
            "bucket/output/x",
        ]
    );
    assert_eq!(
        read.text("setup/kratix-test.yaml"),
        "# As .github/workflows/test.yaml:7 has it.\nenv:\n  DRY_RUN: \"true\"\nworkflow: promise/configure\n"
    );
    let settings = read.text("bucket/kratix-test.yaml");
    assert!(
        settings.contains("test.yaml:8 ") && settings.contains("resource/configure/instance/bucket"),
        "{settings}"
    );
    assert!(
        read.notes.iter().any(|note| note.starts_with("p/inputs/object.yaml: is not taken over: what a"))
    );
}

#[test]
fn what_git_ignores_was_left_by_a_run() {
    let repository = repository(
        ONE,
        &[
            ("p/pipe/test-input/object.yaml", REQUEST),
            ("p/pipe/test-output/thing.yaml", "a: 1\n"),
            (".gitignore", "test-output/\n"),
        ],
    );
    fs::remove_dir(repository.path(".git")).expect("removed");
    let status = Command::new("git").args(["init", "-q"]).arg(repository.folder.path()).status();
    assert!(status.expect("git is there").success());
    let read = repository.read("p/pipe");
    assert_eq!(read.paths(), ["pipe/input/object.yaml"]);
    assert_eq!(
        read.notes,
        ["p/pipe/test-output: holds a file that git ignores: what a run left is not taken over"]
    );
}

#[test]
fn bytes_and_modes_are_kept_and_links_out_are_not_followed() {
    let repository = repository(
        ONE,
        &[
            ("p/spec/a/input/object.yaml", REQUEST),
            ("p/spec/a/output/run", "#!/bin/sh\n"),
            ("secret", "hunter2"),
        ],
    );
    let output = repository.path("p/spec/a/output");
    fs::write(output.join("bytes"), [0xff, 0]).expect("a file");
    fs::set_permissions(output.join("run"), fs::Permissions::from_mode(0o755)).expect("a mode");
    symlink("run", output.join("same")).expect("a link");
    symlink("../../../../secret", output.join("out")).expect("a link");
    let takeover = repository.try_read("p/spec", &[]).expect("one");
    let files = &takeover.offers[0].files;
    assert_eq!(files[Path::new("output/bytes")].bytes, [0xff, 0]);
    assert!(files[Path::new("output/run")].executable && files[Path::new("output/same")].executable);
    assert!(!files.contains_key(Path::new("output/out")));
    let read = Read::of(&repository, &takeover);
    let link =
        "p/spec/a/output/out: is not taken over: it is a link to what is not there or not in the folder";
    assert!(read.notes.iter().any(|note| note == link), "{:?}", read.notes);
}

#[test]
fn nothing_is_read_outside_the_repository() {
    let other = repository(ONE, &[("x/test-input/object.yaml", REQUEST)]);
    let script =
        format!("#!/bin/sh\ndocker run -v {}:/kratix/input x\n", other.path("x/test-input").display());
    let repository = repository(ONE, &[("p/run.sh", &script), ("p/pipe/test-input/README.md", "")]);
    symlink(other.path("x/test-input/object.yaml"), repository.path("p/pipe/test-input/object.yaml"))
        .expect("a link");
    symlink(other.path("x"), repository.path("p/linked")).expect("a link");
    let read = repository.read("p");
    assert!(read.files.is_empty(), "{read:?}");
    assert_eq!(read.notes.len(), 2, "{:?}", read.notes);
    assert_eq!(
        read.notes[0],
        "p/pipe/test-input/object.yaml: is outside of the repository, so it is not taken over"
    );
    assert!(read.notes[1].starts_with("p/run.sh:2: is not taken over: its input, "), "{:?}", read.notes);
    let error = repository.try_read("p/linked", &[]).expect_err("outside");
    assert!(error.to_string().ends_with("is outside of the Promise's repository, and nothing is read there"));
}

#[test]
fn a_request_that_does_not_fit_is_taken_over_with_a_note() {
    let request = REQUEST.replace("size: 1", "size: big");
    let read = repository(ONE, &[("p/pipe/test-input/object.yaml", &request)]).read("p");
    assert_eq!(read.paths(), ["pipe/input/object.yaml"]);
    let note = &read.notes[0];
    let start = "p/pipe/test-input/object.yaml:4: is taken over, and does not fit the Promise's API: ";
    assert!(note.starts_with(start) && note.contains("spec.size"), "{note}");
    let read = repository(ONE, &[("p/pipe/test-input/object.yaml", "a: [\n")]).read("p");
    assert_eq!(read.text("pipe/input/object.yaml"), "a: [\n");
    assert!(read.notes[0].contains("no pipeline could read it"), "{:?}", read.notes);
}

#[test]
fn what_is_taken_over_already_is_not_offered_again() {
    let files = [("p/pipe/test-input/object.yaml", REQUEST), ("p/test/pipe/input/object.yaml", REQUEST)];
    let read = repository(ONE, &files).read("p/pipe");
    assert!(read.files.is_empty(), "{read:?}");
    assert_eq!(read.notes, ["p/pipe: is taken over already"]);
}

#[test]
fn a_folder_without_tests_is_an_error() {
    let repository = repository(ONE, &[("p/docs/input/readme.txt", ""), ("p/build.sh", "docker build .\n")]);
    let error = repository.try_read("p/docs", &[]).expect_err("none");
    assert!(error.to_string().ends_with("holds no tests in a layout that is known"), "{error}");
    let error = repository.try_read("p/none", &[]).expect_err("none");
    assert!(error.to_string().ends_with("p/none: is not there"), "{error}");
}
