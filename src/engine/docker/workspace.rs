//! The folders that stages share: on our file system where the engine sees it, in one volume per run otherwise.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use bollard::errors::Error;
use bollard::models::{Mount as ApiMount, MountType, MountVolumeOptions, VolumeCreateRequest};
use bollard::query_parameters::{
    ContainerArchiveInfoOptionsBuilder, DownloadFromContainerOptionsBuilder, UploadToContainerOptionsBuilder,
};
use futures_util::StreamExt;
use tar::{EntryType, Header};
use tokio::sync::mpsc;

use super::Docker;
use super::container::bind;
use super::reason::{is_refusal, reason, request};
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
const INSIDE: &str = "/w";

/// Chunks of an archive between the connection and the unpacking.
const CHUNKS: usize = 8;

const MAKING: &str = "making a workspace";

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
                self.download(&volume.window, &path, into).await
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

    /// Whether stages can work on folders of ours. Where they can, the scratch folder is made.
    pub(crate) async fn sharing(&self, image: &Image) -> Result<Sharing, EngineError> {
        if self.options.volumes_only {
            return Ok(Sharing::Apart("that was asked for"));
        }
        if let Some(reason) = self.facts.changes_files {
            return Ok(Sharing::Apart(reason));
        }
        if !rustix::process::geteuid().is_root() {
            return Ok(Sharing::Apart("only root can read and remove all that a stage leaves"));
        }
        let seen = self.sees_our_files(image).await?;
        Ok(if seen { Sharing::Shared } else { Sharing::NotSeen })
    }

    /// Whether the engine finds a file that was made just now.
    ///
    /// The address does not tell: a socket may be forwarded, and a port be of this machine.
    async fn sees_our_files(&self, image: &Image) -> Result<bool, EngineError> {
        let scratch = &self.options.scratch;
        scratch::make(scratch, &self.owner).map_err(failed(MAKING))?;
        let fresh = tempfile::tempdir_in(scratch).map_err(failed(MAKING))?;
        let nonce = fresh.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        std::fs::write(fresh.path().join(&nonce), []).map_err(failed(MAKING))?;
        let mount = bind(fresh.path().display().to_string(), INSIDE, true);
        let seen = self.finds(&image.id, mount, &nonce).await;
        drop(fresh);
        if !matches!(seen, Ok(true)) {
            scratch::remove(scratch).map_err(failed(MAKING))?;
        }
        seen.map_err(request(MAKING))
    }

    /// Docker refuses a mount of what is not there; Podman is asked for the file.
    async fn finds(&self, image: &str, mount: ApiMount, name: &str) -> Result<bool, Error> {
        let id = match self.create_unstarted("probe", image, mount).await {
            Err(error) if is_refusal(&error) => return Ok(false),
            made => made?,
        };
        let path = format!("{INSIDE}/{name}");
        let options = ContainerArchiveInfoOptionsBuilder::new().path(&path).build();
        let found = self.api.get_container_archive_info(&id, Some(options)).await;
        self.remove_in_background(id).await;
        match found {
            Err(error) if is_refusal(&error) => Ok(false),
            found => found.map(|_| true),
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

    /// Streams a folder out of the engine into files of ours.
    async fn download(&self, container: &str, path: &str, into: PathBuf) -> Result<Tree, String> {
        let (sender, receiver) = mpsc::channel(CHUNKS);
        let unpacking = blocking(move || tree::unpack(Chunks::new(receiver), &into));
        let sending = async {
            let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
            let mut chunks = self.api.download_from_container(container, Some(options));
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(|error: Error| io::Error::other(reason(&error)));
                if sender.send(chunk).await.is_err() {
                    break;
                }
            }
            drop(sender);
        };
        let ((), tree) = tokio::join!(sending, unpacking);
        tree
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

/// The folders of a workspace and the files that they start with, all folders of mode 0777.
fn seed_archive(id: u64, folders: &[Folder]) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    let workspace = PathBuf::from(id.to_string());
    archive.append_data(&mut header(EntryType::Directory, 0o755, 0), &workspace, io::empty())?;
    for folder in folders {
        let root = workspace.join(&folder.name);
        let mut made = vec![root.clone()];
        for file in &folder.files {
            made.extend(scratch::parents(&file.path)?.iter().map(|parent| root.join(parent)));
        }
        made.sort_unstable();
        made.dedup();
        for directory in made {
            archive.append_data(&mut header(EntryType::Directory, 0o777, 0), directory, io::empty())?;
        }
        for file in &folder.files {
            let mut header = header(EntryType::Regular, file.mode, file.bytes.len() as u64);
            archive.append_data(&mut header, root.join(&file.path), file.bytes.as_slice())?;
        }
    }
    archive.into_inner()
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Runs work on files where it holds up nothing else.
async fn blocking<T: Send + 'static, E: ToString + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(stopped) => Err(stopped.to_string()),
    }
}

fn failed(doing: &str) -> impl FnOnce(io::Error) -> EngineError + use<'_> {
    move |error| EngineError::Request { doing: doing.to_owned(), reason: plain(&error) }
}

/// Chunks that come from another task, as one stream of bytes.
struct Chunks<B> {
    receiver: mpsc::Receiver<io::Result<B>>,
    chunk: Option<B>,
    read: usize,
}

impl<B> Chunks<B> {
    fn new(receiver: mpsc::Receiver<io::Result<B>>) -> Self {
        Self { receiver, chunk: None, read: 0 }
    }
}

impl<B: AsRef<[u8]>> Read for Chunks<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.chunk.as_ref().map_or(&[][..], |chunk| &chunk.as_ref()[self.read..]);
            if !rest.is_empty() || buffer.is_empty() {
                let count = rest.len().min(buffer.len());
                buffer[..count].copy_from_slice(&rest[..count]);
                self.read += count;
                return Ok(count);
            }
            self.read = 0;
            self.chunk = match self.receiver.blocking_recv() {
                Some(chunk) => Some(chunk?),
                None => return Ok(0),
            };
        }
    }
}
