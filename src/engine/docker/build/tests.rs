//! Against the engine of this machine, which has to be there, and to have both builders.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;
use std::time::Duration;

use bollard::query_parameters::{ListContainersOptionsBuilder, RemoveImageOptionsBuilder};
use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::super::tests::{engine_address, options};
use super::super::{Docker, Options};
use crate::engine::{Build, BuildFailure, Cache, EngineError, Image, Secret};
use crate::tree::context::{Content, Context, Dockerfile, Instruction, Item, Presence};

/// One of the engine's builders, and a folder to build from.
struct Builder {
    docker: Docker,
    classic: bool,
    folder: tempfile::TempDir,
    tag: String,
}

/// Does something with each builder, and removes what was built.
async fn with_each(work: impl AsyncFn(&Builder)) {
    for classic in [false, true] {
        with(classic, &work).await;
    }
}

async fn with_buildkit(work: impl AsyncFn(&Builder)) {
    with(false, &work).await;
}

async fn with(classic: bool, work: &impl AsyncFn(&Builder)) {
    let builder = Builder::start(classic).await;
    let done = AssertUnwindSafe(work(&builder)).catch_unwind().await;
    builder.remove(&builder.tag).await;
    done.unwrap_or_else(|panic| resume_unwind(panic));
}

impl Builder {
    async fn start(classic: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().file_name().unwrap().to_string_lossy().into_owned();
        let options = Options { classic, ..options(name.clone(), folder.path().join("scratch")) };
        let docker = Docker::connect(&engine_address(), options).await.unwrap();
        let tag = format!("kratix-test-dev/build:{}", name.trim_start_matches('.'));
        Self { docker, classic, folder, tag }
    }

    async fn remove(&self, tag: &str) {
        // One that was not built is not there.
        let options = RemoveImageOptionsBuilder::new().force(true).build();
        let _ = self.docker.api.remove_image(tag, Some(options), None).await;
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.folder.path().join("context").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// All that was written, and a Dockerfile that is not in it.
    fn context(&self, dockerfile: &str) -> Context {
        let folder = self.folder.path().join("context");
        fs::create_dir_all(&folder).unwrap();
        let lines = dockerfile.lines().zip(1..).filter(|(line, _)| !line.starts_with('#'));
        let instructions = lines.map(|(text, line)| Instruction { line, text: text.to_owned() }).collect();
        let dockerfile = Dockerfile {
            path: "there/Dockerfile".into(),
            text: dockerfile.as_bytes().to_vec(),
            instructions,
            ..Dockerfile::default()
        };
        let mut context = Context { folder: folder.clone(), dockerfile, entries: BTreeMap::new() };
        list(&folder, Path::new(""), &mut context);
        context
    }

    async fn build(&self, build: Build<'_>) -> (Result<Image, EngineError>, String) {
        let mut log = String::new();
        let built = self.docker.build_image(build, &mut |line| log.push_str(&format!("{line}\n"))).await;
        (built, log)
    }

    async fn build_text(&self, dockerfile: &str) -> (Result<Image, EngineError>, String) {
        self.build(Build::new(self.context(dockerfile), &self.tag)).await
    }

    async fn failure(&self, dockerfile: &str) -> BuildFailure {
        failed(self.build_text(dockerfile).await.0)
    }

    /// The processes and containers of a step that names the tag.
    async fn left(&self) -> Vec<String> {
        let processes = std::process::Command::new("ps").args(["-eo", "args"]).output().unwrap();
        let processes = String::from_utf8_lossy(&processes.stdout).into_owned();
        let all = ListContainersOptionsBuilder::new().all(true).build();
        let containers = self.docker.api.list_containers(Some(all)).await.unwrap();
        let containers = containers.into_iter().filter_map(|container| container.command);
        let running = processes.lines().map(str::to_owned).chain(containers);
        running.filter(|command| command.contains(&self.tag)).collect()
    }

    /// What the image's history says, from which its layers were made.
    async fn history(&self) -> String {
        let history = self.docker.api.image_history(&self.tag).await.unwrap();
        history.into_iter().map(|layer| format!("{}\n", layer.created_by)).collect()
    }
}

fn failed(built: Result<Image, EngineError>) -> BuildFailure {
    match built {
        Err(EngineError::BuildFailed { failure, .. }) => *failure,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it builds"),
    }
}

fn list(folder: &Path, below: &Path, context: &mut Context) {
    for entry in fs::read_dir(folder.join(below)).unwrap() {
        let path = below.join(entry.unwrap().file_name());
        let file = folder.join(&path);
        let metadata = fs::symlink_metadata(&file).unwrap();
        let modified = metadata.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
        let content = match metadata.is_dir() {
            true => Content::Folder,
            false => Content::File { path: file, size: metadata.len() },
        };
        if metadata.is_dir() {
            list(folder, &path, context);
        }
        let item = Item {
            content,
            mode: metadata.permissions().mode() & 0o7777,
            modified: i64::try_from(modified.as_nanos()).unwrap(),
            presence: Presence::Sent,
        };
        context.entries.insert(path, item);
    }
}

#[tokio::test]
async fn an_image_is_built_with_its_arguments_its_target_and_its_labels() {
    with_each(async |builder| {
        let dockerfile = "FROM busybox:1.36 AS first\nARG WORD\nRUN echo \"<$WORD>\"\nUSER 65532:7\nFROM first\nRUN false\n";
        let args = BTreeMap::from([("WORD".to_owned(), builder.tag.clone())]);
        let labels = BTreeMap::from([("own".to_owned(), "label".to_owned())]);
        let wanted = Build::new(builder.context(dockerfile), &builder.tag);
        let wanted = Build { args: &args, labels: &labels, target: "first", ..wanted };
        let (image, log) = builder.build(wanted).await;
        let image = image.unwrap();
        assert_eq!(image.user, "65532:7");
        assert!(log.contains(&format!("\n<{}>\n", builder.tag)), "{log}");
        assert!(log.contains("FROM busybox:1.36") || log.contains("FROM docker.io/library/busybox"), "{log}");
        let found = builder.docker.api.inspect_image(&builder.tag).await.unwrap();
        assert_eq!(found.id, Some(image.id));
        let labels = found.config.unwrap().labels.unwrap();
        assert_eq!(labels["own"], "label");
        assert_eq!(labels["dev.kratix-test.image"], builder.tag);
    })
    .await;
}

#[tokio::test]
async fn a_failing_command_is_told_with_its_line_its_code_and_what_it_printed() {
    with_each(async |builder| {
        let dockerfile = "# a comment\nFROM busybox:1.36\nRUN echo before\nRUN echo one; echo two >&2; exit 3\nRUN echo after";
        let failure = builder.failure(dockerfile).await;
        let instruction = failure.instruction.as_ref().unwrap();
        assert_eq!((instruction.line, failure.exit), (4, Some(3)), "{failure:?}");
        assert_eq!(instruction.text, "RUN echo one; echo two >&2; exit 3");
        let mut log = failure.log.clone();
        log.sort();
        assert_eq!(log, ["one", "two"]);
        assert_eq!(failure.to_string(), "its command ended with exit code 3");
    })
    .await;
}

#[tokio::test]
async fn a_dockerfile_that_cannot_be_built_says_where_and_why() {
    with_each(async |builder| {
        let expected =
            |buildkit: &'static str, classic: &'static str| if builder.classic { classic } else { buildkit };
        for (dockerfile, line, reason) in [
            ("FROM busybox:1.36\nNOPE x\n", Some(2), "unknown instruction: NOPE"),
            (
                "FROM busybox:1.36\nRUN true\nCOPY gone /\n",
                Some(3),
                expected("\"/gone\" not found", "COPY failed: file not found in build context"),
            ),
            ("FROM localhost:1/nowhere:1\n", Some(1), "localhost:1"),
        ] {
            let failure = builder.failure(dockerfile).await;
            assert!(failure.reason.contains(reason), "{failure:?}");
            assert_eq!(failure.instruction.as_ref().map(|found| found.line), line, "{failure:?}");
            assert_eq!(failure.exit, None);
        }
        let wanted = Build {
            target: "none",
            ..Build::new(builder.context("FROM busybox:1.36 AS some"), &builder.tag)
        };
        let failure = failed(builder.build(wanted).await.0);
        let expected = expected(
            "target stage none could not be found",
            "failed to reach build target none in Dockerfile",
        );
        assert_eq!(failure.reason, expected);
    })
    .await;
}

#[tokio::test]
async fn an_instruction_may_have_a_cache_of_its_own() {
    with_buildkit(async |builder| {
        let dockerfile = format!(
            "FROM busybox:1.36\nRUN --mount=type=cache,target=/c,id={tag} ls /c; echo x > /c/kept\n\
             RUN --mount=type=cache,target=/c,id={tag} ls /c; test ! -e /c/none\n",
            tag = builder.tag
        );
        let (image, log) = builder.build_text(&dockerfile).await;
        image.unwrap();
        assert!(log.contains("\nkept\n"), "{log}");
    })
    .await;
}

/// The frontend that BuildKit has built in knows them since Docker 23.
#[tokio::test]
async fn a_here_document_is_run_or_told_not_to_be_understood() {
    with_each(async |builder| {
        let mut context = builder.context("FROM busybox:1.36\nRUN <<EOF\necho here\necho document\nEOF\n");
        context.dockerfile.instructions.truncate(2);
        let (image, log) = builder.build(Build::new(context, &builder.tag)).await;
        match image {
            Ok(_) => assert!(log.contains("\nhere\ndocument\n"), "{log}"),
            image => {
                let failure = failed(image);
                assert_eq!(failure.instruction.as_ref().map(|found| found.line), Some(2), "{failure:?}");
                let hint = failure.hint.clone().unwrap_or_default();
                assert!(hint.contains("here-documents need the BuildKit of Docker 23"), "{failure:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_there_in_the_build_and_nowhere_else() {
    with_buildkit(async |builder| {
        let dockerfile = format!(
            "FROM busybox:1.36\nRUN --mount=type=secret,id=token wc -c </run/secrets/token; : {}\n\
             RUN test ! -s /run/secrets/token\n",
            builder.tag
        );
        let dockerfile = dockerfile.as_str();
        let secrets = [Secret::new("token", "hidden-value")];
        let wanted = Build { secrets: &secrets, ..Build::new(builder.context(dockerfile), &builder.tag) };
        let (image, log) = builder.build(wanted).await;
        image.unwrap();
        assert!(log.contains("\n12\n") && !log.contains("hidden-value"), "{log}");
        let found = builder.docker.api.inspect_image(&builder.tag).await.unwrap();
        assert!(!format!("{}{found:?}", builder.history().await).contains("hidden-value"));
        // Another value of it is no reason to build again.
        let secrets = [Secret::new("token", "another")];
        let wanted = Build { secrets: &secrets, ..Build::new(builder.context(dockerfile), &builder.tag) };
        let (_, log) = builder.build(wanted).await;
        assert!(log.contains("CACHED [2/3] RUN"), "{log}");
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_is_not_given_is_named() {
    with_buildkit(async |builder| {
        let text = "FROM busybox:1.36\nRUN --mount=type=secret,id=token,required cat /run/secrets/token";
        let failure = builder.failure(text).await;
        assert!(failure.reason.contains("secret token"), "{failure:?}");
    })
    .await;
}

#[tokio::test]
async fn what_only_buildkit_can_do_is_refused_by_the_classic_builder() {
    let work = async |builder: &Builder| {
        let secrets = [Secret::new("token", "x")];
        let caches = ["type=inline".parse::<Cache>().unwrap()];
        let wanted = || Build::new(builder.context("FROM busybox:1.36"), &builder.tag);
        for (build, what) in [
            (Build { secrets: &secrets, ..wanted() }, "secrets"),
            (Build { cache_from: &caches, ..wanted() }, "--cache-from"),
            (Build { cache_to: &caches, ..wanted() }, "--cache-to"),
        ] {
            let failure = failed(builder.build(build).await.0);
            assert_eq!(failure.reason, format!("{what} need BuildKit, and this is the classic builder"));
        }
        let failure = builder.failure("FROM busybox:1.36\nRUN --mount=type=cache,target=/c true").await;
        assert!(failure.hint.unwrap().contains("need BuildKit"));
    };
    with(true, &work).await;
}

#[tokio::test]
async fn nothing_is_taken_from_the_cache_where_that_is_asked() {
    with_each(async |builder| {
        let dockerfile = format!("FROM busybox:1.36\nRUN echo ran; : {}\n", builder.tag);
        let build = async |no_cache| {
            let wanted = Build { no_cache, ..Build::new(builder.context(&dockerfile), &builder.tag) };
            let (image, log) = builder.build(wanted).await;
            image.unwrap();
            log.contains("\nran\n")
        };
        assert_eq!((build(false).await, build(false).await, build(true).await), (true, false, true));
    })
    .await;
}

#[tokio::test]
async fn the_engines_own_platform_may_be_asked_for_and_one_that_is_none_is_refused() {
    with_each(async |builder| {
        let version = builder.docker.api.version().await.unwrap();
        let platform = format!("linux/{}", version.arch.unwrap());
        let wanted = || Build::new(builder.context("FROM busybox:1.36"), &builder.tag);
        builder.build(Build { platform: &platform, ..wanted() }).await.0.unwrap();
        let failure = failed(builder.build(Build { platform: "no such", ..wanted() }).await.0);
        assert!(failure.reason.contains("no such"), "{failure:?}");
    })
    .await;
}

#[tokio::test]
async fn a_cache_is_handed_to_buildkit_as_it_is() {
    with_buildkit(async |builder| {
        let caches = |text: &str| [text.parse::<Cache>().unwrap()];
        let wanted = || Build::new(builder.context("FROM busybox:1.36\nRUN true"), &builder.tag);
        let inline = caches("type=inline");
        builder.build(Build { cache_to: &inline, ..wanted() }).await.0.unwrap();
        let unknown = caches("type=no-such");
        let failure = failed(builder.build(Build { cache_to: &unknown, ..wanted() }).await.0);
        assert!(failure.reason.contains("no-such"), "{failure:?}");
        // A cache that is not reached is no reason not to build.
        let (image, log) = builder.build(Build { cache_from: &caches("localhost:1/none"), ..wanted() }).await;
        image.unwrap();
        assert!(log.contains("localhost:1/none"), "{log}");
    })
    .await;
}

#[tokio::test]
async fn a_frontend_that_no_registry_has_is_told_so() {
    with_buildkit(async |builder| {
        let failure = builder.failure("# syntax=localhost:1/docker/dockerfile:1\nFROM busybox:1.36").await;
        let expected = "localhost:1/docker/dockerfile:1, which `# syntax=` names, cannot be fetched: ";
        assert!(failure.reason.starts_with(expected), "{failure:?}");
        assert!(failure.hint.unwrap().contains("remove the line from there/Dockerfile"));
    })
    .await;
}

#[tokio::test]
async fn only_what_changed_is_sent_again_and_it_is_what_is_built() {
    with_buildkit(async |builder| {
        builder.write("a/same", "same");
        builder.write("a/changing", "one");
        let text = format!("FROM busybox:1.36\nCOPY a /a\nRUN cat /a/*; : {}", builder.tag);
        let seen = async || {
            let (image, log) = builder.build_text(&text).await;
            image.unwrap();
            log
        };
        let log = seen().await;
        assert!(log.contains("onesame"), "{log}");
        builder.write("a/changing", "two");
        fs::remove_file(builder.folder.path().join("context/a/same")).unwrap();
        builder.write("a/new", "new");
        let log = seen().await;
        assert!(log.contains("twonew") && !log.contains("same"), "{log}");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_gone_when_it_is_sent_is_named() {
    with_each(async |builder| {
        builder.write("gone", "x");
        let context = builder.context("FROM busybox:1.36\nCOPY . /");
        fs::remove_file(builder.folder.path().join("context/gone")).unwrap();
        let error = builder.build(Build::new(context, &builder.tag)).await.0.unwrap_err().to_string();
        assert!(error.contains("gone: no such file or directory"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn many_images_are_built_at_once() {
    with_each(async |builder| {
        builder.write("file", "x");
        let build = async |number: usize| {
            let tag = format!("{}-{number}", builder.tag);
            let text = format!("FROM busybox:1.36\nCOPY file /\nRUN echo {number}; : {tag}\n");
            let (image, log) = builder.build(Build::new(builder.context(&text), &tag)).await;
            builder.remove(&tag).await;
            (image.is_ok(), log.contains(&format!("\n{number}\n")))
        };
        let built = join_all((0..8).map(build)).await;
        assert!(built.iter().all(|built| *built == (true, true)), "{built:?}");
    })
    .await;
}

#[tokio::test]
async fn a_build_that_is_given_up_stops_and_leaves_nothing() {
    with_each(async |builder| {
        let text = format!("FROM busybox:1.36\nRUN echo begun; sleep 5; echo {} > /dev/null", builder.tag);
        let build = Build::new(builder.context(&text), &builder.tag);
        let (begun, begins) = tokio::sync::oneshot::channel();
        let mut begun = Some(begun);
        let mut on_line = |line: &str| {
            if line == "begun" {
                begun.take().unwrap().send(()).unwrap();
            }
        };
        tokio::select! {
            built = builder.docker.build_image(build, &mut on_line) => panic!("{built:?}"),
            begun = begins => begun.unwrap(),
        }
        // The step would end by itself, so what is gone before that was stopped.
        let mut left = builder.left().await;
        for _ in 0..40 {
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            left = builder.left().await;
        }
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(builder.docker.inspect(&builder.tag).await.unwrap(), None);
    })
    .await;
}
