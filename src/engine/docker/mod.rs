//! The engine behind Docker's API, which Podman speaks too; nothing outside of this module names its client.

mod archive;
mod build;
mod buildkit;
mod census;
mod connect;
mod container;
mod exec;
mod facts;
mod image;
mod launch;
mod ours;
mod reason;
mod sharing;
mod ssh;
mod ssh_destination;
mod sweep;
#[cfg(test)]
mod tests;
mod transfer;
mod usage;
mod users;
mod wire;
mod workspace;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::{OnceCell, RwLock};

use self::connect::Connection;
use self::facts::Facts;
use self::users::Users;
use self::workspace::Storage;
use super::address::{Address, Endpoint};
use super::owner::Owner;
use super::{
    About, Build, Credentials, Engine, EngineError, Exit, Folder, Image, Launch, Patience, Stream, Workspace,
};
use crate::tree::Tree;

/// The run that something was made for.
const RUN_LABEL: &str = "dev.kratix-test.run";
/// The process that made it.
const OWNER_LABEL: &str = "dev.kratix-test.owner";
/// What it is.
const TITLE_LABEL: &str = "dev.kratix-test.title";
/// On images: the name that they were built under.
const IMAGE_LABEL: &str = "dev.kratix-test.image";

/// For requests that take as long as what they wait for.
const PATIENT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a run tells its engine.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Unique; everything that the run makes is labelled with it.
    pub run: String,
    /// A folder for what the engine can bind. Made when it is needed, and removed by [`Engine::sweep`].
    pub scratch: PathBuf,
    /// Keeps workspaces in a volume even where binding folders would do.
    pub volumes_only: bool,
    /// Builds without BuildKit even where the engine has it.
    pub classic: bool,
    /// For the registries that images come from.
    pub credentials: Credentials,
}

/// An engine that speaks Docker's API.
pub(crate) struct Docker {
    api: bollard::Docker,
    /// The same, for requests that may take long.
    patient: bollard::Docker,
    endpoint: Endpoint,
    facts: Facts,
    options: Options,
    owner: Owner,
    storage: OnceCell<Storage>,
    /// How many workspaces there have been.
    workspaces: AtomicU64,
    users: Users,
    /// Held for reading while something is made or removed in the background, so that a sweep comes after it.
    busy: Arc<RwLock<()>>,
}

impl Docker {
    /// Connects to an engine; nothing is made there until it is needed.
    pub(crate) async fn connect(
        address: &Address,
        options: Options,
        patience: &Patience<'_>,
    ) -> Result<Self, EngineError> {
        let Connection { api, facts } = connect::connect(address, patience).await?;
        Ok(Self {
            patient: api.clone().with_timeout(PATIENT),
            api,
            endpoint: address.endpoint.clone(),
            facts,
            options,
            owner: Owner::ourselves(),
            storage: OnceCell::new(),
            workspaces: AtomicU64::new(0),
            users: Users::default(),
            busy: Arc::default(),
        })
    }

    /// What the engine says of itself.
    pub(crate) fn about(&self) -> &About {
        &self.facts.about
    }
}

impl Engine for Docker {
    async fn image(&self, reference: &str) -> Result<Option<Image>, EngineError> {
        self.inspect(reference).await
    }

    async fn build(&self, build: Build<'_>, on_line: &mut dyn FnMut(&str)) -> Result<Image, EngineError> {
        self.build_image(build, on_line).await
    }

    async fn tag(&self, image: &Image, reference: &str) -> Result<(), EngineError> {
        self.name(image, reference).await
    }

    async fn pull(&self, reference: &str, platform: &str) -> Result<Image, EngineError> {
        self.fetch(reference, platform).await
    }

    async fn workspace(&self, image: &Image, folders: &[Folder]) -> Result<Workspace, EngineError> {
        self.make_workspace(image, folders).await
    }

    async fn run(
        &self,
        launch: &Launch<'_>,
        on_output: &mut dyn FnMut(Stream, &[u8]),
    ) -> Result<Exit, EngineError> {
        self.launch(launch, on_output).await
    }

    async fn collect(&self, workspace: &Workspace, folder: &str, into: &Path) -> Result<Tree, EngineError> {
        self.collect_folder(workspace, folder, into).await
    }

    async fn disk_usage(&self, workspace: &Workspace, folders: &[&str]) -> Option<u64> {
        self.usage_of_folders(workspace, folders).await
    }

    async fn discard(&self, workspace: Workspace) -> Result<(), EngineError> {
        self.discard_workspace(workspace).await
    }

    async fn sweep(&self) -> Result<(), EngineError> {
        self.sweep_run().await
    }

    async fn reap(&self) -> Result<(), EngineError> {
        self.reap_dead().await
    }

    fn processors(&self) -> usize {
        self.facts.processors
    }
}
