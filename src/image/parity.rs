//! Whether an image sees the same files of a packed context as of `docker build`: against a real engine, with both of its
//! builders.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use futures_util::StreamExt as _;
use tokio::process::Command;
use tokio::sync::OnceCell;

use super::pack;
use super::testing::{Files, recipe};
use crate::engine::{Build, Choice, Credentials, Docker, Engine as _, Options, Patience, Surroundings, find};

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

/// What the newer matcher, which is ours and the newer docker commands', reads otherwise than that of Docker 20.10, whose
/// command is the last to build with BuildKit without a plugin.
const NEWER: [&str; 3] = ["**foo", "!dir\ndir", "dir\n!dir/sub\ndir"];

/// How many cases are built at once.
const AT_ONCE: usize = 4;

#[tokio::test]
async fn an_image_sees_the_files_that_docker_build_shows_it() {
    assert_each(false, RULES.into_iter().map(flat)).await;
}

#[tokio::test]
async fn an_image_of_the_classic_builder_sees_the_files_that_docker_build_shows_it() {
    assert_each(true, RULES.into_iter().map(flat)).await;
}

#[tokio::test]
async fn a_dockerfile_below_or_outside_the_context_is_seen_as_docker_build_shows_it() {
    let rules = ["", "dir", "*\n!a.md", "dir/sub/Dockerfile", ".dockerignore\n**/Dockerfile"];
    for classic in [false, true] {
        let below = |rules| Case { dockerfile: "dir/sub/Dockerfile", context: "", ..flat(rules) };
        let outside = |rules| Case { dockerfile: "foo/Dockerfile", context: "dir", ..flat(rules) };
        assert_each(classic, rules.into_iter().flat_map(|rules| [below(rules), outside(rules)])).await;
    }
}

#[tokio::test]
async fn the_ignore_file_of_a_dockerfile_counts_as_it_does_with_docker_build() {
    let own = |own| Case { own: Some(own), ..flat("b.txt") };
    // The classic CLI knows nothing of it.
    assert_each(
        false,
        ["", "*.md", "Dockerfile*", "Dockerfile", "**\n!dir", ".dockerignore"].into_iter().map(own),
    )
    .await;
}

#[tokio::test]
async fn a_malformed_pattern_is_refused_as_docker_build_refuses_it() {
    for rules in ["[", "a\\", "!", "[]a]", "[a-]", "[z-a]", "x\n! \n"] {
        let files = flat(rules).files();
        let docker = Cli::classic().build(&files, flat(rules)).await;
        assert_eq!(pack(&recipe(&files, "Dockerfile", "")).is_err(), docker.is_err(), "{rules:?}");
    }
}

#[tokio::test]
async fn an_unchanged_context_is_built_from_the_cache_whatever_its_times() {
    for classic in [false, true] {
        let engine = Engine::start(classic).await;
        let case = flat("");
        let files = case.files();
        let (_, first) = engine.build(&files, case).await.unwrap();
        let old = std::time::SystemTime::UNIX_EPOCH;
        std::fs::File::options().append(true).open(files.path("b.txt")).unwrap().set_modified(old).unwrap();
        let (tag, again) = engine.build(&files, case).await.unwrap();
        engine.remove(&tag).await;
        assert!(!is_cached(&first) && is_cached(&again), "{first}\n{again}");
    }
}

/// What is built, and how.
#[derive(Clone, Copy)]
struct Case {
    /// `.dockerignore`.
    rules: &'static str,
    /// `Dockerfile.dockerignore`.
    own: Option<&'static str>,
    dockerfile: &'static str,
    context: &'static str,
}

fn flat(rules: &'static str) -> Case {
    Case { rules, own: None, dockerfile: "Dockerfile", context: "" }
}

impl Case {
    fn files(self) -> Files {
        let files = Files::new(&FILES.map(|path| (path, path)));
        let mode = |path: &str, mode| {
            std::fs::set_permissions(files.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode("dir/sub", 0o700);
        mode("dir/b.txt", 0o4755);
        mode("a.md", 0o600);
        std::os::unix::fs::symlink("../a.md", files.path("dir/link")).unwrap();
        std::os::unix::fs::symlink("dir", files.path("dirlink")).unwrap();
        files.write(".dockerignore", self.rules);
        files.write("dir/.dockerignore", self.rules);
        if let Some(own) = self.own {
            files.write("Dockerfile.dockerignore", own);
        }
        // Copied to a folder of this case alone: what it builds is in nobody else's cache, and nobody else's is in it.
        let folder = files.path("").parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        files.write(
            self.dockerfile,
            &format!("FROM scratch\nCOPY . /copied-{}/\n", folder.trim_start_matches('.')),
        );
        files
    }
}

async fn assert_each(classic: bool, cases: impl Iterator<Item = Case>) {
    let engine = &Engine::start(classic).await;
    let wrong: Vec<Option<String>> =
        futures_util::stream::iter(cases.map(async |case| engine.difference(case).await))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Our side: one of the engine's builders.
struct Engine {
    docker: Docker,
    cli: Cli,
    classic: bool,
    _scratch: tempfile::TempDir,
}

impl Engine {
    async fn start(classic: bool) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let exists = |path: &std::path::Path| path.exists();
        let around = Surroundings { variable: &variable, home: std::env::home_dir(), exists: &exists };
        let scratch = tempfile::tempdir().unwrap();
        let options = Options {
            run: "parity".to_owned(),
            scratch: scratch.path().join("scratch"),
            volumes_only: false,
            classic,
            credentials: Credentials::default(),
        };
        let docker = Docker::connect(&find(Choice::default(), &around).unwrap(), options, &Patience::NONE)
            .await
            .unwrap();
        let cli = if classic { Cli::classic() } else { Cli::best().await };
        Self { docker, cli, classic, _scratch: scratch }
    }

    /// The image's name, and the log.
    async fn build(&self, files: &Files, case: Case) -> Result<(String, String), String> {
        let packed =
            pack(&recipe(files, case.dockerfile, case.context)).map_err(|error| error.to_string())?;
        let tag = format!("kratix-test-dev/parity:{}", &packed.digest().unwrap().exact[..20]);
        let mut log = String::new();
        let build = Build::new(packed.context, &tag);
        let built = self.docker.build(build, &mut |line| log.push_str(&format!("{line}\n"))).await;
        built.map(|_| (tag, log)).map_err(|error| error.to_string())
    }

    async fn remove(&self, image: &str) {
        // The cache may have given several cases the same image.
        let _ = self.cli.run(&["rmi", image]).await;
    }

    /// What an image of ours shows otherwise than one of the docker command.
    async fn difference(&self, case: Case) -> Option<String> {
        let files = case.files();
        let cli = if NEWER.contains(&case.rules) { Cli::classic() } else { self.cli.clone() };
        let docker = cli.build(&files, case).await;
        let ours = self.build(&files, case).await;
        let Case { rules, own, dockerfile, .. } = case;
        let case = format!("{rules:?} {own:?} {dockerfile}");
        match (ours, docker) {
            // From the builder's cache, whose key is every file that is copied.
            (Ok((ours, log)), Ok(docker)) if is_cached(&log) && cli.buildkit != self.classic => {
                self.remove(&ours).await;
                self.remove(&docker).await;
                None
            }
            (Ok((ours, _)), Ok(docker)) => {
                let same = cli.buildkit != self.classic;
                let (ours, docker) = (self.seen(&ours, same).await, self.seen(&docker, same).await);
                (ours != docker).then(|| format!("{case}: ours {ours:#?}, docker {docker:#?}"))
            }
            (Err(_), Err(_)) => None,
            (ours, docker) => Some(format!("{case}: ours {ours:?}, docker {docker:?}")),
        }
    }

    /// What an image has: the type, mode and path of everything that COPY left. Removes it.
    ///
    /// Dockerfiles that are ours go under other names than the CLI's random ones. What folders are like that are only
    /// implied differs from builder to builder, and so does setuid.
    async fn seen(&self, image: &str, same_builder: bool) -> BTreeSet<String> {
        let container = self.cli.run(&["create", image, "x"]).await.unwrap();
        let container = String::from_utf8(container).unwrap().trim().to_owned();
        let tar = self.cli.run(&["export", &container]).await.unwrap();
        self.cli.run(&["rm", &container]).await.unwrap();
        self.remove(image).await;
        let mut tar = tar::Archive::new(&*tar);
        let lines = tar.entries().unwrap().map(Result::unwrap).filter_map(|mut entry| {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            let header = entry.header();
            let copied = entry.path().unwrap().to_string_lossy().starts_with("copied-");
            if !copied || header.entry_type().is_dir() && !same_builder {
                return None;
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let mode = header.mode().unwrap() & if same_builder { 0o7777 } else { 0o777 };
            let (kind, target) = (header.entry_type(), entry.link_name().unwrap());
            let line = format!("{kind:?} {mode:o} {} {target:?} {text:?}", entry.path().unwrap().display());
            Some(line.split(".dockerfile.").next().unwrap().to_owned())
        });
        lines.collect()
    }
}

/// Whether every file that was copied was the same before.
fn is_cached(log: &str) -> bool {
    log.lines().any(|line| line.starts_with("CACHED [1/1] COPY")) || log.contains("---> Using cache")
}

/// The docker command.
#[derive(Clone)]
struct Cli {
    program: PathBuf,
    /// Whether it builds with BuildKit.
    buildkit: bool,
}

impl Cli {
    fn classic() -> Self {
        Self { program: PathBuf::from("docker"), buildkit: false }
    }

    /// One that builds with BuildKit: newer ones need a plugin for that, which Debian does not have.
    async fn best() -> Self {
        static FOUND: OnceCell<Option<PathBuf>> = OnceCell::const_new();
        let find = async || {
            for program in ["docker", "/usr/bin/docker"].map(PathBuf::from) {
                let cli = Self { program: program.clone(), buildkit: true };
                if cli.builds().await {
                    return Some(program);
                }
            }
            None
        };
        match FOUND.get_or_init(find).await {
            Some(program) => Self { program: program.clone(), buildkit: true },
            None => Self::classic(),
        }
    }

    async fn builds(&self) -> bool {
        let files = Files::new(&[("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")]);
        let built = self.build(&files, flat("")).await;
        if let Ok(image) = &built {
            // Another that asked the same may have been faster.
            let _ = self.run(&["rmi", image]).await;
        }
        built.is_ok()
    }

    async fn build(&self, files: &Files, case: Case) -> Result<String, String> {
        let arguments =
            ["build".into(), "-q".into(), "-f".into(), files.path(case.dockerfile).into_os_string()];
        let context = files.path(case.context).into_os_string();
        let arguments: Vec<OsString> = arguments.into_iter().chain([context]).collect();
        // While it looks for a cached image, the classic builder trips over any other that is being removed.
        let mut built = self.run(&arguments).await;
        for _ in 0..20 {
            if !built.as_ref().is_err_and(|error| error.contains("unable to find image")) {
                break;
            }
            built = self.run(&arguments).await;
        }
        built.map(|id| String::from_utf8_lossy(&id).trim().to_owned())
    }

    async fn run(&self, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Result<Vec<u8>, String> {
        let buildkit = if self.buildkit { "1" } else { "0" };
        let mut command = Command::new(&self.program);
        command.args(arguments).env("DOCKER_BUILDKIT", buildkit).stdin(Stdio::null());
        let output = command.output().await.expect("these tests need the docker command");
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}
