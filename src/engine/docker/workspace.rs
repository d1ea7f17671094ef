//! The folders that stages share: on our file system where the engine sees it, in one volume per run otherwise.

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;

use bollard::models::{Mount as ApiMount, MountType, MountVolumeOptions, VolumeCreateRequest};
use bollard::query_parameters::UploadToContainerOptionsBuilder;

use super::Docker;
use super::container::bind;
use super::reason::request;
use super::transfer::seed_archive;
use crate::engine::scratch;
use crate::engine::{EngineError, Folder, Image, Place, Sharing, Workspace};
use crate::tree::{self, Tree, plain};

/// Where the workspaces of a run are.
#[derive(Debug)]
pub(super) enum Storage {
    /// Below our scratch folder.
    Host,
    Volume(Volume),
}

/// The run's volume. The engine alone reads and removes what is in it, whoever owns it.
#[derive(Debug)]
pub(super) struct Volume {
    name: String,
    mountpoint: String,
    /// A container that is never started and has the volume at [`INSIDE`], for the archive calls.
    window: String,
}

/// Where the volume is in its window.
pub(super) const INSIDE: &str = "/w";

pub(super) const MAKING: &str = "making a workspace";

impl Docker {
    pub(super) async fn make_workspace(
        &self,
        image: &Image,
        folders: &[Folder],
    ) -> Result<Workspace, EngineError> {
        let storage = self.storage.get_or_try_init(|| self.choose_storage(image)).await?;
        let id = self.workspaces.fetch_add(1, Ordering::Relaxed);
        let place = match storage {
            Storage::Host => {
                let path = self.options.scratch.join(format!("w{id}"));
                scratch::seed(&path, folders).map_err(failed(MAKING))?;
                Place::Host(path)
            }
            Storage::Volume(volume) => {
                let seeds = seed_archive(id, folders).map_err(failed(MAKING))?;
                let options = UploadToContainerOptionsBuilder::new().path(INSIDE).build();
                let body = bollard::body_full(seeds.into());
                let sent = self.api.upload_to_container(&volume.window, Some(options), body).await;
                sent.map_err(request(MAKING))?;
                Place::Volume
            }
        };
        Ok(Workspace { id, place })
    }

    pub(super) fn mount_folder(
        &self,
        workspace: &Workspace,
        name: &str,
        target: &str,
        read_only: bool,
    ) -> ApiMount {
        let inside = format!("{}/{name}", workspace.id);
        match (&workspace.place, self.storage.get()) {
            (Place::Host(path), _) => bind(path.join(name).display().to_string(), target, read_only),
            (Place::Volume, Some(Storage::Volume(volume))) if self.facts.is_desktop => {
                volume_mount(&volume.name, Some(inside), target, read_only)
            }
            (Place::Volume, Some(Storage::Volume(volume))) => {
                bind(format!("{}/{inside}", volume.mountpoint), target, read_only)
            }
            // A workspace of another engine: the engine refuses the path.
            (Place::Volume, _) => bind(inside, target, read_only),
        }
    }

    pub(super) async fn collect_folder(
        &self,
        workspace: &Workspace,
        folder: &str,
        into: &Path,
    ) -> Result<Tree, EngineError> {
        let doing = format!("collecting {folder}");
        let into = into.to_owned();
        let collected = match (&workspace.place, self.storage.get()) {
            (Place::Volume, Some(Storage::Volume(volume))) => {
                let path = format!("{INSIDE}/{}/{folder}", workspace.id);
                let tree = self.download(&volume.window, &path, into).await;
                tree.map(|tree| self.with_owners(workspace.id, tree))
            }
            (Place::Host(path), _) => {
                let from = path.join(folder);
                blocking(move || tree::collect(&from, &into)).await
            }
            (Place::Volume, _) => Err("the workspace is of another run".to_owned()),
        };
        collected.map_err(|reason| EngineError::Request { doing, reason })
    }

    pub(super) async fn discard_workspace(&self, workspace: Workspace) -> Result<(), EngineError> {
        self.users.forget(workspace.id);
        // What is in the volume goes with it at the end: that needs no request now.
        let Place::Host(path) = workspace.place else { return Ok(()) };
        let doing = "removing a workspace".to_owned();
        let removed = blocking(move || scratch::remove(&path).map_err(|error| plain(&error))).await;
        removed.map_err(|reason| EngineError::Request { doing, reason })
    }

    async fn choose_storage(&self, image: &Image) -> Result<Storage, EngineError> {
        match self.sharing(image).await? {
            Sharing::Shared => Ok(Storage::Host),
            Sharing::NotSeen | Sharing::Apart(_) => self.make_volume(image).await.map(Storage::Volume),
        }
    }

    async fn make_volume(&self, image: &Image) -> Result<Volume, EngineError> {
        let api = self.api.clone();
        let wanted =
            VolumeCreateRequest { labels: Some(self.labels("workspaces")), ..VolumeCreateRequest::default() };
        let volume = self.finish(Box::pin(async move { api.create_volume(wanted).await })).await;
        let volume = volume.map_err(request(MAKING))?;
        let mount = volume_mount(&volume.name, None, INSIDE, false);
        let window = self.create_unstarted("workspaces", &image.id, mount).await.map_err(request(MAKING))?;
        Ok(Volume { name: volume.name, mountpoint: volume.mountpoint, window })
    }
}

/// A mount of a volume, or of a folder in it, that image content is not copied to.
fn volume_mount(volume: &str, subpath: Option<String>, target: &str, read_only: bool) -> ApiMount {
    ApiMount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.to_owned()),
        target: Some(target.to_owned()),
        read_only: Some(read_only),
        volume_options: Some(MountVolumeOptions {
            no_copy: Some(true),
            subpath,
            ..MountVolumeOptions::default()
        }),
        ..ApiMount::default()
    }
}

/// Runs work on files where it holds up nothing else.
pub(super) async fn blocking<T: Send + 'static, E: ToString + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(stopped) => Err(stopped.to_string()),
    }
}

pub(super) fn failed(doing: &str) -> impl FnOnce(io::Error) -> EngineError + use<'_> {
    move |error| EngineError::Request { doing: doing.to_owned(), reason: plain(&error) }
}
