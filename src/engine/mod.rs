//! The seam to the container engine: what a run needs of one, in nouns that know no Kratix and no Docker.

mod address;
mod docker;
mod owner;
mod scratch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use address::{Address, Choice, Surroundings, find};
pub(crate) use docker::{Docker, Options};

use crate::tree::Tree;

/// What to do when no engine answers.
const START_AN_ENGINE: &str = "start one (Docker, Podman, Colima, …), or say where it is with DOCKER_HOST";

/// An image that is in the engine, and what its configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// The content id (`sha256:…`): what a launch uses, so that a tag moved meanwhile changes nothing.
    pub id: String,
    /// `USER` of the image, empty for root.
    pub user: String,
}

/// An image to build from a context that is already a tar.
#[derive(Debug)]
pub(crate) struct Build<'a> {
    /// The build context as an uncompressed tar.
    pub context: Vec<u8>,
    /// Path of the Dockerfile inside the context.
    pub dockerfile: &'a str,
    /// The name the image gets in the engine.
    pub tag: &'a str,
    pub args: &'a BTreeMap<String, String>,
    /// Stage of a multi-stage Dockerfile; empty for the last.
    pub target: &'a str,
    /// `os/arch`; empty for the engine's own.
    pub platform: &'a str,
}

/// A folder of a workspace, and the files it starts with.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    /// Unique in its workspace: `input`, `output`, ….
    pub name: String,
    pub files: Vec<SeedFile>,
}

/// A file that a folder starts with.
#[derive(Debug, Clone)]
pub(crate) struct SeedFile {
    /// Relative to the folder.
    pub path: PathBuf,
    /// Permission bits.
    pub mode: u32,
    pub bytes: Vec<u8>,
}

/// Folders that the stages of one pipeline share, wherever the engine keeps them.
///
/// Every folder is mode 0777, as Kubernetes makes an emptyDir. Removed by [`Engine::discard`] or [`Engine::sweep`].
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Unique in the run.
    pub(in crate::engine) id: u64,
    /// Whether the folders are on our own file system or in the engine's volume.
    pub(in crate::engine) place: Place,
}

#[derive(Debug, Clone)]
pub(in crate::engine) enum Place {
    /// A folder of ours that the engine can bind.
    Host(PathBuf),
    /// Below the run's volume.
    Volume,
}

/// What a container sees of the world outside its image.
#[derive(Debug)]
pub(crate) enum Mount<'a> {
    Folder {
        workspace: &'a Workspace,
        name: &'a str,
        target: &'a str,
        read_only: bool,
    },
    /// A path of the machine that the engine runs on.
    Host {
        source: &'a Path,
        target: &'a str,
        read_only: bool,
    },
}

impl Mount<'_> {
    /// Where the container sees it.
    pub(crate) fn target(&self) -> &str {
        match self {
            Self::Folder { target, .. } | Self::Host { target, .. } => target,
        }
    }
}

/// What a container may do; empty for the engine's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Privileges {
    /// `UID[:GID]`, in place of the image's user.
    pub user: Option<String>,
    pub groups: Vec<String>,
    /// Whatever the machine can do.
    pub everything: bool,
    pub add: Vec<String>,
    pub drop: Vec<String>,
    /// Nothing that is run can gain more than this.
    pub fixed: bool,
    pub read_only_root: bool,
}

/// One running of one container.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// What it is, for its label and for messages: `with-data-collection resource-configure/pipeline-stage-0`.
    pub title: &'a str,
    pub image: &'a Image,
    /// Replaces ENTRYPOINT, and with it the image's CMD.
    pub command: Option<&'a [String]>,
    /// Replaces CMD.
    pub args: Option<&'a [String]>,
    /// Added to the image's environment; of a repeated name the last counts.
    pub env: &'a [(String, String)],
    pub mounts: &'a [Mount<'a>],
    pub privileges: &'a Privileges,
    /// `bridge`, `none`, `host` or the name of a network.
    pub network: &'a str,
    /// Bytes of memory, with no swap beyond them.
    pub memory: Option<u64>,
    /// After this the container is killed.
    pub timeout: Duration,
}

/// Which stream a container wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// How a launch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exit {
    Code {
        /// 128 + the signal for a killed process.
        code: i64,
        out_of_memory: bool,
        /// Bytes of disk that it took beside its mounts, where that is known at no cost.
        disk: Option<u64>,
    },
    /// Still running at the launch's timeout, and killed.
    TimedOut,
}

/// What could not be done, or found out, through the engine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// No engine answers. The message says what was tried.
    #[error("{message}")]
    Unreachable { message: String, hint: String },
    /// The image is neither in the engine nor in a registry that it reaches.
    #[error("image {reference} is not in the engine and cannot be pulled: {reason}")]
    ImageNotFound { reference: String, reason: String },
    /// The build failed; the log says where.
    #[error("image {tag} does not build: {reason}")]
    BuildFailed { tag: String, reason: String },
    /// The container was refused before it ran: a command that is not in the image, a user that it does not have.
    #[error("{title} cannot start: {reason}")]
    CannotStart { title: String, reason: String },
    /// Anything else that a request answered.
    #[error("{doing}: {reason}")]
    Request { doing: String, reason: String },
}

/// What a run needs of a container engine.
///
/// Everything made carries the run's label, so that [`Engine::sweep`] finds it whatever happened before.
pub(crate) trait Engine {
    /// The image that a reference names, if the engine has it. Never asks a registry.
    async fn image(&self, reference: &str) -> Result<Option<Image>, EngineError>;
    /// Builds an image; every line of the log is handed over as it comes.
    async fn build(&self, build: Build<'_>, on_line: &mut dyn FnMut(&str)) -> Result<Image, EngineError>;
    /// Fetches an image from its registry.
    async fn pull(&self, reference: &str, platform: &str) -> Result<Image, EngineError>;
    /// Makes fresh folders for one pipeline. `image` is any image that the engine has.
    async fn workspace(&self, image: &Image, folders: &[Folder]) -> Result<Workspace, EngineError>;
    /// Runs one container to its end and removes it. Output is handed over as it comes.
    async fn run(
        &self,
        launch: &Launch<'_>,
        on_output: &mut dyn FnMut(Stream, &[u8]),
    ) -> Result<Exit, EngineError>;
    /// Copies what a folder holds into `into` (made here; must not exist), owned by our user.
    async fn collect(&self, workspace: &Workspace, folder: &str, into: &Path) -> Result<Tree, EngineError>;
    /// Bytes of disk that folders of a workspace take, where that is known at no cost.
    async fn disk_usage(&self, workspace: &Workspace, folders: &[&str]) -> Option<u64>;
    /// Removes a workspace and what is in it.
    async fn discard(&self, workspace: Workspace) -> Result<(), EngineError>;
    /// Removes everything that this run made and is still there.
    async fn sweep(&self) -> Result<(), EngineError>;
    /// Removes what runs that were killed left behind; runs that are still going on keep theirs.
    async fn reap(&self) -> Result<(), EngineError>;
    /// How many processors the engine has.
    fn processors(&self) -> usize;
}
