//! Files on their way into a volume of the engine's and out of it, as archives.

use std::io::{self, Read};
use std::path::PathBuf;

use bollard::errors::Error;
use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use futures_util::StreamExt;
use tar::{EntryType, Header};
use tokio::sync::mpsc;

use super::Docker;
use super::reason::reason;
use super::workspace::blocking;
use crate::engine::{Folder, scratch};
use crate::tree::{self, Tree};

/// Chunks of an archive between the connection and the unpacking.
const CHUNKS: usize = 8;

impl Docker {
    /// Streams a folder out of the engine into files of ours.
    pub(super) async fn download(&self, container: &str, path: &str, into: PathBuf) -> Result<Tree, String> {
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

/// The folders of a workspace and the files that they start with, all folders of mode 0777.
pub(super) fn seed_archive(id: u64, folders: &[Folder]) -> io::Result<Vec<u8>> {
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
