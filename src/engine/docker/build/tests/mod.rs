//! Against the engine of this machine, which has to be there, and to have both builders.

mod builds;
mod failures;
mod registries;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;

use bollard::query_parameters::{ListContainersOptionsBuilder, RemoveImageOptionsBuilder};
use futures_util::FutureExt as _;

use super::super::tests::{engine_address, options};
use super::super::{Docker, Options};
use crate::engine::{Address, Build, BuildFailure, Credentials, EngineError, Image};
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
        Self::start_with(classic, Credentials::default(), &engine_address()).await
    }

    async fn start_with(classic: bool, credentials: Credentials, address: &Address) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().file_name().unwrap().to_string_lossy().into_owned();
        let options =
            Options { classic, credentials, ..options(name.clone(), folder.path().join("scratch")) };
        let docker = Docker::connect(address, options, &crate::engine::Patience::NONE).await.unwrap();
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
