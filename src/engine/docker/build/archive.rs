//! What the classic builder is sent: the context as a tar, written while it is sent.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::Stream;
use hyper::body::Bytes;
use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};
use tokio::sync::mpsc;

use crate::tree::context::{Content, Context, Item, Presence};
use crate::tree::plain;

/// 2000-01-01: the builder's cache ignores times, but zip files cannot tell any before 1980.
const TIME: u64 = 946_684_800;
const IGNORE_FILE: &str = ".dockerignore";
/// How much is sent at once, and how many such pieces wait to be sent.
const PIECE: usize = 256 << 10;
const WAITING: usize = 4;

/// A context as the classic builder takes it.
pub(super) struct Archive {
    context: Arc<Context>,
    /// Files of ours, in place of those of the same path.
    own: BTreeMap<PathBuf, (Vec<u8>, u32)>,
    /// Path of the Dockerfile in the tar.
    pub(super) dockerfile: String,
}

impl Archive {
    /// A Dockerfile that is not in the context is put there under a name that the engine is told to remove, as the
    /// docker CLI does.
    pub(super) fn new(context: &Arc<Context>) -> Self {
        let mut archive =
            Self { context: Arc::clone(context), own: BTreeMap::new(), dockerfile: String::new() };
        let dockerfile = &context.dockerfile;
        archive.dockerfile = match &dockerfile.inside {
            Some(path) => path.to_string_lossy().into_owned(),
            None => archive.add_hidden(&dockerfile.text),
        };
        archive
    }

    fn add_hidden(&mut self, text: &[u8]) -> String {
        let hash: String = Sha256::digest(text).iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        let name = format!(".dockerfile.{hash}");
        self.own.insert(PathBuf::from(&name), (text.to_vec(), 0o600));
        let present = self.context.entries.get(Path::new(IGNORE_FILE)).and_then(|item| match &item.content {
            Content::File { path, .. } => Some((fs::read(path).ok()?, item.mode)),
            _ => None,
        });
        let (mut rules, mode) = present.unwrap_or_else(|| (IGNORE_FILE.into(), 0o600));
        rules.extend(format!("\n{name}\n").as_bytes());
        self.own.insert(PathBuf::from(IGNORE_FILE), (rules, mode));
        name
    }

    /// The tar, in pieces that are read from disk as they are sent.
    pub(super) fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let (pieces, mut receiver) = mpsc::channel(WAITING);
        tokio::task::spawn_blocking(move || {
            let mut tar = BufWriter::with_capacity(PIECE, Pieces(pieces.clone()));
            if let Err(error) = self.write(&mut tar).and_then(|()| tar.flush()) {
                // Whoever went away need not know.
                let _ = pieces.blocking_send(Err(error));
            }
        });
        futures_util::stream::poll_fn(move |context| receiver.poll_recv(context))
    }

    fn write(&self, out: impl Write) -> io::Result<()> {
        let mut tar = tar::Builder::new(out);
        for (path, (bytes, mode)) in &self.own {
            let mut header = header(EntryType::Regular, *mode, bytes.len() as u64);
            tar.append_data(&mut header, path, &**bytes)?;
        }
        let entries = self.context.entries.iter();
        for (path, item) in entries.filter(|(path, item)| {
            // An engine supplies the folders that are not described, and knows nothing of their modes.
            item.presence != Presence::Implied && !self.own.contains_key(*path)
        }) {
            append(&mut tar, path, item).map_err(|error| named(path, &error))?;
        }
        tar.finish()
    }
}

fn append(tar: &mut tar::Builder<impl Write>, path: &Path, item: &Item) -> io::Result<()> {
    match &item.content {
        Content::Folder => {
            // With a slash, as the docker CLI does it: the name counts in the builder's cache.
            tar.append_data(&mut header(EntryType::Directory, item.mode, 0), path.join(""), io::empty())
        }
        Content::Link(target) => tar.append_link(&mut header(EntryType::Symlink, 0o777, 0), path, target),
        Content::File { path: file, .. } => {
            let file = File::open(file)?;
            // It may have changed since it was listed.
            let size = file.metadata()?.len();
            let mut header = header(EntryType::Regular, item.mode, size);
            tar.append_data(&mut header, path, Exactly { file, left: size })
        }
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {}", path.display(), plain(error)))
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(TIME);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// As much of a file as its header says: what is appended meanwhile is not sent, and what is cut off is an error.
struct Exactly {
    file: File,
    left: u64,
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read(&mut buffer[..wanted])?;
        if read == 0 && wanted > 0 {
            return Err(io::Error::other("it became shorter while it was sent"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// Writing to whoever sends it on.
struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Ok(Bytes::copy_from_slice(bytes));
        self.0.blocking_send(piece).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
