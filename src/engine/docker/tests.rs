//! Against the engine of this machine, which has to be there.

use std::fs;
use std::panic::{AssertUnwindSafe, resume_unwind};

use bollard::models::ContainerCreateBody;
use bollard::query_parameters::ListContainersOptionsBuilder;
use futures_util::FutureExt;

use super::super::owner::tests::dead;
use super::super::{Choice, Mount, Privileges, SeedFile, Surroundings, find};
use super::*;
use crate::tree::context::{Context, Dockerfile};
use crate::tree::{EntryKind, Unkept};

const IMAGE: &str = "busybox:1.36";

/// One run against the real engine.
struct Run {
    docker: Docker,
    image: Image,
    temporary: tempfile::TempDir,
}

/// Does something in a run of its own, which is swept even when it panics.
async fn in_a_run(work: impl AsyncFnOnce(&Run)) {
    in_a_run_with(false, work).await;
}

async fn in_a_run_with(volumes_only: bool, work: impl AsyncFnOnce(&Run)) {
    let run = Run::start(volumes_only).await;
    let done = AssertUnwindSafe(work(&run)).catch_unwind().await;
    run.docker.sweep().await.unwrap();
    assert_eq!(run.left().await, 0);
    done.unwrap_or_else(|panic| resume_unwind(panic));
}

impl Run {
    async fn start(volumes_only: bool) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let name = temporary.path().file_name().unwrap().to_string_lossy().into_owned();
        let scratch = temporary.path().join("scratch");
        let options = Options { volumes_only, ..options(name, scratch) };
        let docker = Docker::connect(&engine_address(), options, &Patience::NONE).await.unwrap();
        let image = busybox(&docker).await;
        Self { docker, image, temporary }
    }

    /// Containers and volumes with this run's label.
    async fn left(&self) -> usize {
        let label = format!("{RUN_LABEL}={}", self.docker.options.run);
        let containers = self.docker.containers(&label).await.unwrap().len();
        containers + self.docker.volumes(&label).await.unwrap().len()
    }

    async fn shell(&self, script: &str) -> (Result<Exit, EngineError>, String, String) {
        self.shell_with(script, &mut |_| {}).await
    }

    async fn shell_with(
        &self,
        script: &str,
        change: &mut dyn for<'a> FnMut(&mut Launch<'a>),
    ) -> (Result<Exit, EngineError>, String, String) {
        let command = ["/bin/sh", "-c", script].map(str::to_owned);
        let privileges = Privileges::default();
        let mut launch = launch(&self.image, &command, &privileges);
        change(&mut launch);
        self.follow(&launch).await
    }

    async fn follow(&self, launch: &Launch<'_>) -> (Result<Exit, EngineError>, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut keep = |stream, bytes: &[u8]| match stream {
            Stream::Out => out.extend_from_slice(bytes),
            Stream::Err => err.extend_from_slice(bytes),
        };
        let mut exit = self.docker.run(launch, &mut keep).await;
        // It differs from engine to engine, and has a test of its own.
        if let Ok(Exit::Code { disk, .. }) = &mut exit {
            *disk = None;
        }
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (exit, text(out), text(err))
    }

    /// Runs a script as root in /o, a folder of a fresh workspace, and collects it.
    async fn left_by(&self, script: &str) -> Tree {
        let folder = Folder { name: "output".to_owned(), files: Vec::new() };
        let workspace = self.docker.workspace(&self.image, &[folder]).await.unwrap();
        let mounts =
            [Mount::Folder { workspace: &workspace, name: "output", target: "/o", read_only: false }];
        let command = ["/bin/sh", "-ec", script].map(str::to_owned);
        let privileges = Privileges::default();
        let launch = Launch { mounts: &mounts, ..launch(&self.image, &command, &privileges) };
        let (exit, _, err) = self.follow(&launch).await;
        assert_eq!(exit.unwrap(), code(0), "{err}");
        let into = self.temporary.path().join("into");
        let tree = self.docker.collect(&workspace, "output", &into).await.unwrap();
        self.docker.discard(workspace).await.unwrap();
        tree
    }
}

pub(super) fn options(run: String, scratch: PathBuf) -> Options {
    Options { run, scratch, volumes_only: false, classic: false, credentials: Credentials::default() }
}

pub(super) fn engine_address() -> Address {
    let variable = |name: &str| std::env::var(name).ok();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let around = Surroundings { variable: &variable, home, exists: &|path: &Path| path.exists() };
    find(Choice::default(), &around).unwrap()
}

/// The image that fixtures build on, which `fixtures/base-images` makes.
async fn busybox(docker: &Docker) -> Image {
    let image = docker.image(IMAGE).await.unwrap();
    image.expect("busybox:1.36 is in the engine: run fixtures/base-images")
}

fn launch<'a>(image: &'a Image, command: &'a [String], privileges: &'a Privileges) -> Launch<'a> {
    Launch {
        title: "a-test resource-configure/stage-0",
        image,
        command: Some(command),
        args: None,
        env: &[],
        mounts: &[],
        privileges,
        network: "none",
        memory: None,
        timeout: Duration::from_secs(60),
    }
}

fn code(code: i64) -> Exit {
    Exit::Code { code, out_of_memory: false, disk: None }
}

#[tokio::test]
async fn both_streams_and_the_exit_code_arrive() {
    in_a_run(async |run| {
        let (exit, out, err) = run.shell("echo out; echo err >&2; printf rest; exit 7").await;
        assert_eq!((exit.unwrap(), out.as_str(), err.as_str()), (code(7), "out\nrest", "err\n"));
    })
    .await;
}

#[tokio::test]
async fn a_command_that_succeeds_without_a_word_exits_0() {
    in_a_run(async |run| {
        let (exit, out, err) = run.shell("true").await;
        assert_eq!((exit.unwrap(), out.len(), err.len()), (code(0), 0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_killed_process_exits_128_and_the_signal() {
    in_a_run(async |run| {
        assert_eq!(run.shell("sh -c 'kill -9 $$'; exit $?").await.0.unwrap(), code(137));
    })
    .await;
}

#[tokio::test]
async fn a_megabyte_of_output_arrives_whole() {
    in_a_run(async |run| {
        let (exit, out, _) = run.shell("yes 0123456789abcde | head -c 1048576").await;
        assert_eq!((exit.unwrap(), out.len()), (code(0), 1 << 20));
    })
    .await;
}

#[tokio::test]
async fn closed_streams_are_not_the_end() {
    in_a_run(async |run| {
        let (exit, ..) = run.shell("exec >/dev/null 2>&1; sleep 1; exit 3").await;
        assert_eq!(exit.unwrap(), code(3));
    })
    .await;
}

#[tokio::test]
async fn what_runs_too_long_is_killed_and_removed() {
    in_a_run(async |run| {
        for script in ["echo begun; sleep 1000", "echo begun; exec >&- 2>&-; sleep 1000", "yes begun"] {
            let (exit, out, _) =
                run.shell_with(script, &mut |launch| launch.timeout = Duration::from_secs(2)).await;
            assert_eq!(exit.unwrap(), Exit::TimedOut);
            assert!(out.starts_with("begun\n"));
            assert_eq!(run.left().await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn running_out_of_memory_is_told_whatever_the_exit_code() {
    in_a_run(async |run| {
        let fill = "tail -c 100m /dev/zero";
        let mut limit = |launch: &mut Launch<'_>| launch.memory = Some(16 << 20);
        let (exit, ..) = run.shell_with(&format!("exec {fill}"), &mut limit).await;
        assert_eq!(exit.unwrap(), Exit::Code { code: 137, out_of_memory: true, disk: None });
        let (exit, ..) = run.shell_with(&format!("{fill}; exit 0"), &mut limit).await;
        assert_eq!(exit.unwrap(), Exit::Code { code: 0, out_of_memory: true, disk: None });
    })
    .await;
}

#[tokio::test]
async fn a_container_that_cannot_start_says_why_and_is_removed() {
    in_a_run(async |run| {
        let nobody = Privileges { user: Some("nobody2".to_owned()), ..Privileges::default() };
        let command = |word: &str| vec![word.to_owned()];
        let launches = [
            ("nope", "", &Privileges::default(), r#"exec: "nope": executable file not found in $PATH"#),
            ("/nope", "", &Privileges::default(), r#"exec: "/nope": stat /nope: no such file or directory"#),
            ("/etc/passwd", "", &Privileges::default(), r#"exec: "/etc/passwd": permission denied"#),
            ("true", "", &nobody, "unable to find user nobody2: no matching entries in passwd file"),
            (
                "true",
                "/no/such/path",
                &Privileges::default(),
                "invalid mount config for type \"bind\": bind source path does not exist: /no/such/path",
            ),
        ];
        for (word, source, privileges, expected) in launches {
            let command = command(word);
            let mount = [Mount::Host { source: Path::new(source), target: "/x", read_only: true }];
            let mounts = if source.is_empty() { &[][..] } else { &mount[..] };
            let launch = Launch { mounts, ..launch(&run.image, &command, privileges) };
            let Err(EngineError::CannotStart { title, reason }) = run.follow(&launch).await.0 else {
                panic!("{word} started");
            };
            assert_eq!((title.as_str(), reason.as_str()), (launch.title, expected));
            assert_eq!(run.left().await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn a_stage_gets_its_environment_user_groups_and_limits() {
    in_a_run(async |run| {
        let env = [("A", "1"), ("PATH", "/bin"), ("A", "2")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let privileges = Privileges {
            user: Some("1000:1001".to_owned()),
            groups: vec!["1002".to_owned()],
            drop: vec!["ALL".to_owned()],
            fixed: true,
            read_only_root: true,
            ..Privileges::default()
        };
        let script = "env | grep ^A=; id -u; id -G; touch /x 2>/dev/null || echo read-only; \
            grep -E '^(CapBnd|NoNewPrivs)' /proc/self/status; ls /sys/class/net";
        let command = ["sh", "-c", script].map(str::to_owned);
        let launch = Launch { env: &env, ..launch(&run.image, &command, &privileges) };
        let (exit, out, _) = run.follow(&launch).await;
        assert_eq!(exit.unwrap(), code(0));
        let expected = "A=2\n1000\n1001 1002\nread-only\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nlo\n";
        assert_eq!(out, expected);
    })
    .await;
}

#[tokio::test]
async fn arguments_alone_leave_the_entrypoint_of_the_image() {
    in_a_run(async |run| {
        let text = b"FROM busybox:1.36\nENTRYPOINT [\"/bin/echo\", \"entry\"]\nCMD [\"cmd\"]\n".to_vec();
        let dockerfile = Dockerfile { text, ..Dockerfile::default() };
        let context = Context { dockerfile, ..Context::default() };
        let build = Build::new(context, "kratix-test-dev/entry:1");
        let image = run.docker.build(build, &mut |_| {}).await.unwrap();
        let args = ["args".to_owned()];
        let privileges = Privileges::default();
        let said = async |command: Option<&[String]>, args: Option<&[String]>| {
            let launch = Launch { command, args, ..launch(&image, &[], &privileges) };
            run.follow(&launch).await.1
        };
        assert_eq!(said(None, None).await, "entry cmd\n");
        assert_eq!(said(None, Some(&args)).await, "entry args\n");
        let command = ["/bin/echo".to_owned(), "command".to_owned()];
        assert_eq!(said(Some(&command), None).await, "command\n");
        assert_eq!(said(Some(&command), Some(&args)).await, "command args\n");
    })
    .await;
}

/// What a stage can leave that is hard to read, to keep or to remove.
const NASTY: &str = r#"
    cd /o
    echo secret > secret; chmod 600 secret
    echo yaml > mine.yaml; chown 1000:1000 mine.yaml; chmod 640 mine.yaml
    mkdir closed; echo x > closed/inside; chmod 000 closed; chown 65532 closed
    mkdir -p a/b; echo deep > a/b/c; ln a/b/c a/hard; chmod 4755 a/b/c
    ln -s mine.yaml link; ln -s /etc/passwd outside; ln -s ../../x up; ln a/../link a/hardlink
    mkfifo fifo; mknod device c 1 3
    printf x > "$(printf 'odd\377name')"; mkdir "$(printf 'odd\376')"; echo x > "$(printf 'odd\376')/y"
    echo x > "$(printf 'new\nline')"; echo x > 'ünï cödé'
    echo x > "$(printf '%0200d' 0)"; mkdir "$(printf '%0150d' 1)"; echo x > "$(printf '%0150d' 1)/$(printf '%0150d' 2)"
    truncate -s 100M sparse; truncate -s 1M z-small
    chmod 700 .
"#;

#[tokio::test]
async fn folders_and_volumes_give_the_same_tree_of_a_nasty_folder() {
    let mut trees = Vec::new();
    for volumes_only in [false, true] {
        in_a_run_with(volumes_only, async |run| {
            let tree = run.left_by(NASTY).await;
            assert_eq!(tree.read("secret").unwrap(), b"secret\n");
            assert_eq!(tree.read("closed/inside").unwrap(), b"x\n");
            assert_eq!(tree.read("a/hard").unwrap(), b"deep\n");
            assert_eq!(tree.entries["sparse"].kind, EntryKind::Unkept(Unkept::TooLarge { size: 100 << 20 }));
            assert_eq!(tree.entries["odd\\xffname"].kind, EntryKind::Unkept(Unkept::NameNotUtf8));
            assert_eq!(tree.entries["fifo"].kind, EntryKind::Unkept(Unkept::Fifo));
            assert_eq!(tree.entries["device"].kind, EntryKind::Unkept(Unkept::Device));
            assert_eq!(tree.entries["a/b/c"].mode, 0o4755);
            assert_eq!((tree.entries["mine.yaml"].uid, tree.entries["closed"].uid), (1000, 65532));
            // Whoever runs this can remove what was collected.
            fs::remove_dir_all(&tree.root).unwrap();
            trees.push(tree.entries);
        })
        .await;
    }
    let volume = trees.pop().unwrap();
    assert_eq!(trees.pop().unwrap(), volume);
}

#[tokio::test]
async fn folders_that_no_path_reaches_the_bottom_of_are_an_error_and_are_removed() {
    for volumes_only in [false, true] {
        in_a_run_with(volumes_only, async |run| {
            let folder = Folder { name: "output".to_owned(), files: Vec::new() };
            let workspace = run.docker.workspace(&run.image, &[folder]).await.unwrap();
            let mounts =
                [Mount::Folder { workspace: &workspace, name: "output", target: "/o", read_only: false }];
            let script = "cd /o; i=0; while [ $i -lt 1500 ]; do mkdir deep; cd -P ./deep; i=$((i+1)); done";
            let command = ["/bin/sh", "-c", script].map(str::to_owned);
            let privileges = Privileges::default();
            let launch = Launch { mounts: &mounts, ..launch(&run.image, &command, &privileges) };
            run.follow(&launch).await.0.unwrap();
            let into = run.temporary.path().join("into");
            let error = run.docker.collect(&workspace, "output", &into).await.unwrap_err().to_string();
            assert!(error.starts_with("collecting output: deep/deep/"), "{error}");
            run.docker.discard(workspace).await.unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn workspaces_start_with_their_files_in_folders_open_to_all() {
    for volumes_only in [false, true] {
        in_a_run_with(volumes_only, async |run| {
            let seed = |path: &str, bytes: &[u8]| SeedFile {
                path: PathBuf::from(path),
                mode: 0o644,
                bytes: bytes.to_vec(),
            };
            let files = vec![seed("object.yaml", b"kind: X\n"), seed("a/b", b"deep\n")];
            let folders = [
                Folder { name: "input".to_owned(), files },
                Folder { name: "output".to_owned(), files: Vec::new() },
            ];
            let workspace = run.docker.workspace(&run.image, &folders).await.unwrap();
            let folder = |name, target, read_only| Mount::Folder {
                workspace: &workspace,
                name,
                target,
                read_only,
            };
            // The second is where the image has content: none of it may show up.
            let mounts = [folder("input", "/kratix/input", true), folder("output", "/etc", false)];
            let script = "cd /kratix/input; cat object.yaml a/b; stat -c %a . a object.yaml; \
                touch x 2>/dev/null || echo read-only; ls -A /etc | grep -v -e hosts -e hostname -e resolv.conf; \
                cp object.yaml /etc/copy";
            let command = ["/bin/sh", "-c", script].map(str::to_owned);
            let privileges = Privileges { user: Some("65532".to_owned()), ..Privileges::default() };
            let launch = Launch { mounts: &mounts, ..launch(&run.image, &command, &privileges) };
            let (exit, out, err) = run.follow(&launch).await;
            assert_eq!((exit.unwrap(), err.as_str()), (code(0), ""));
            assert_eq!(out, "kind: X\ndeep\n777\n777\n644\nread-only\n");
            let into = run.temporary.path().join("into");
            let tree = run.docker.collect(&workspace, "output", &into).await.unwrap();
            assert_eq!(tree.read("copy").unwrap(), b"kind: X\n");
            // Collecting between stages takes nothing away.
            let again = run.docker.collect(&workspace, "output", &run.temporary.path().join("2")).await;
            assert_eq!(again.unwrap().entries, tree.entries);
        })
        .await;
    }
}

#[tokio::test]
async fn a_sweep_kills_what_runs_and_leaves_nothing() {
    for volumes_only in [false, true] {
        let run = Run::start(volumes_only).await;
        let folder = Folder { name: "output".to_owned(), files: Vec::new() };
        run.docker.workspace(&run.image, &[folder]).await.unwrap();
        let sleeps = (0..5).map(|_| run.shell("sleep 1000"));
        let sleeping = futures_util::future::join_all(sleeps);
        let all_run = async {
            let label = format!("{RUN_LABEL}={}", run.docker.options.run);
            let filters = std::collections::HashMap::from([("label", vec![label])]);
            let running = || ListContainersOptionsBuilder::new().filters(&filters).build();
            while run.docker.api.list_containers(Some(running())).await.unwrap().len() < 5 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            _ = sleeping => panic!("a sleep ended"),
            () = all_run => {}
        }
        run.docker.sweep().await.unwrap();
        assert_eq!(run.left().await, 0);
        assert!(!run.docker.options.scratch.exists());
    }
}

#[tokio::test]
async fn a_sweep_finds_what_was_being_made_when_the_run_was_dropped() {
    let run = Run::start(false).await;
    for _ in 0..5 {
        let dropped = run.shell("sleep 1000");
        let _ = tokio::time::timeout(Duration::from_millis(1), dropped).await;
    }
    run.docker.sweep().await.unwrap();
    assert_eq!(run.left().await, 0);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(run.left().await, 0);
}

#[tokio::test]
async fn a_sweep_of_a_run_that_made_nothing_does_nothing() {
    in_a_run(async |_| {}).await;
}

#[tokio::test]
async fn what_a_killed_run_left_is_reaped_and_what_a_live_one_has_is_not() {
    in_a_run_with(true, async |live| {
        live.docker.workspace(&live.image, &[]).await.unwrap();
        live.docker
            .create(ContainerCreateBody {
                image: Some(live.image.id.clone()),
                cmd: Some(vec!["true".to_owned()]),
                labels: Some(live.docker.labels("live")),
                ..ContainerCreateBody::default()
            })
            .await
            .unwrap();
        let before = live.left().await;

        let mut killed = Run::start(true).await;
        killed.docker.owner = dead();
        killed.docker.workspace(&killed.image, &[]).await.unwrap();
        assert_eq!(killed.left().await, 2);
        assert!(live.docker.holdings().await.unwrap().left_behind >= 2);

        live.docker.reap().await.unwrap();
        assert_eq!((killed.left().await, live.left().await), (0, before));
    })
    .await;
}

#[tokio::test]
async fn an_image_that_is_nowhere_is_not_found() {
    in_a_run(async |run| {
        assert_eq!(run.docker.image("localhost:1/nowhere").await.unwrap(), None);
        assert_eq!(run.docker.image("not a reference?").await.unwrap(), None);
        let Err(EngineError::ImageNotFound { reference, reason }) =
            run.docker.pull("localhost:1/nowhere", "").await
        else {
            panic!("found");
        };
        assert_eq!(reference, "localhost:1/nowhere");
        assert!(reason.contains("connection refused"), "{reason}");
    })
    .await;
}

#[tokio::test]
async fn a_launch_of_an_image_that_went_away_cannot_start() {
    in_a_run(async |run| {
        let gone = Image { id: format!("sha256:{}", "0".repeat(64)), user: String::new() };
        let command = ["true".to_owned()];
        let privileges = Privileges::default();
        let (exit, ..) = run.follow(&launch(&gone, &command, &privileges)).await;
        let Err(EngineError::CannotStart { reason, .. }) = exit else { panic!("started") };
        assert!(reason.starts_with("No such image"), "{reason}");
    })
    .await;
}

#[tokio::test]
async fn an_engine_tells_its_processors() {
    in_a_run(async |run| assert!(run.docker.processors() > 0)).await;
}

#[tokio::test]
async fn what_a_container_writes_beside_its_mounts_is_known() {
    in_a_run(async |run| {
        let script = "head -c 3m /dev/zero >/file; head -c 2m /dev/zero >/dev/shm/x";
        let command = ["/bin/sh", "-ec", script].map(str::to_owned);
        let privileges = Privileges::default();
        let exit = run.docker.run(&launch(&run.image, &command, &privileges), &mut |_, _| {}).await.unwrap();
        let Exit::Code { code: 0, disk: Some(disk), .. } = exit else { panic!("{exit:?}") };
        assert!((3 << 20..4 << 20).contains(&disk), "{disk}");
    })
    .await;
}
