//! The seam to the container engine: what a run needs of one, in nouns that know no Kratix and no Docker.

mod address;
mod build;
mod cache;
mod credentials;
pub(crate) mod csv;
mod docker;
mod node;
mod owner;
mod scratch;
mod secret;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub(crate) use address::{Address, Choice, Endpoint, Surroundings, Why, default_context, find, podman};
pub(crate) use build::{Build, BuildFailure};
pub(crate) use cache::Cache;
pub(crate) use credentials::Credentials;
pub(crate) use docker::{Docker, Options};
pub(crate) use node::{Execution, Node};
pub(crate) use secret::{Secret, SecretSource};

use crate::tree::Tree;

/// What to do when no engine answers.
const START_AN_ENGINE: &str = "start one (Docker, Podman, Colima, …), or say where it is with DOCKER_HOST";

/// How long an engine that does not answer yet is waited for, and who is told that it is.
pub(crate) struct Patience<'a> {
    pub limit: Duration,
    /// Called once.
    pub on_wait: &'a dyn Fn(&str),
}

impl Patience<'_> {
    /// For an engine that should be there.
    pub(crate) const NONE: Self = Self { limit: Duration::ZERO, on_wait: &|_| {} };
}

/// What an engine says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct About {
    /// `Docker Engine` or `Podman`.
    pub name: &'static str,
    pub version: String,
    /// The newest version of Docker's API that it speaks.
    pub api: String,
    /// The operating system around it.
    pub system: String,
    /// `os/arch`.
    pub platform: String,
    /// The folder of its machine that it keeps everything in.
    pub root: PathBuf,
}

/// Whether stages work on folders of ours, which is quickest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    Shared,
    /// Files go in and out through the engine's API: it does not see ours.
    NotSeen,
    /// The same, for another reason.
    Apart(&'static str),
}

/// A local Kubernetes cluster whose nodes are containers of the engine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cluster {
    /// `kind`, `k3d` or `minikube`.
    pub kind: &'static str,
    pub name: String,
    pub nodes: usize,
    pub running: usize,
}

/// What there is of ours in an engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Holdings {
    pub images: usize,
    /// With the layers that they share counted once for each.
    pub image_bytes: u64,
    /// Containers and volumes of runs that have ended without removing them.
    pub left_behind: usize,
}

/// An image that is in the engine, and what its configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// The content id (`sha256:…`): what a launch uses, so that a tag moved meanwhile changes nothing.
    pub id: String,
    /// `USER` of the image, empty for root.
    pub user: String,
}

/// An image that was built here, under one of its names.
#[derive(Debug)]
pub(crate) struct OurImage {
    /// `kratix-test/SLUG:HASH`; what it was called, if another image has that name now.
    pub name: String,
    /// What the engine knows it by.
    remove_as: String,
    /// Bytes, with the layers that it shares.
    pub size: u64,
    pub made: SystemTime,
    /// A container holds on to it.
    pub in_use: bool,
}

impl OurImage {
    /// How long ago it was built.
    pub(crate) fn age(&self) -> Duration {
        SystemTime::now().duration_since(self.made).unwrap_or_default()
    }
}

/// What killed runs left in the engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeftBehind {
    pub containers: usize,
    pub volumes: usize,
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
    #[error("image {tag} does not build: {failure}")]
    BuildFailed { tag: String, failure: Box<BuildFailure> },
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
    /// Gives an image another name, which another one may have had.
    async fn tag(&self, image: &Image, reference: &str) -> Result<(), EngineError>;
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
