//! Serving the build context to BuildKit, which asks for the files that it does not know from an earlier build.
//!
//! The protocol is fsutil's: every entry is described, numbered from 0; the other side asks for files by number while
//! that goes on, gets each in pieces up to an empty one, and says when it has all.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc as blocking;
use std::time::{SystemTime, UNIX_EPOCH};

use bollard_buildkit_proto::fsutil::types::packet::PacketType;
use bollard_buildkit_proto::fsutil::types::{Packet, Stat};
use bollard_buildkit_proto::moby::filesync::v1::file_sync_server::FileSync;
use futures_util::Stream;
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};

use super::follow::Followed;
use crate::tree::context::{Content, Context, Item, Presence};
use crate::tree::plain;

/// What the frontend calls the two folders that it builds from.
pub(super) const CONTEXT: &str = "context";
pub(super) const DOCKERFILE: &str = "dockerfile";
/// What the Dockerfile is called in its folder.
pub(super) const DOCKERFILE_NAME: &str = "Dockerfile";

/// How much of a file is sent at once, and how many such pieces wait to be sent.
const PIECE: usize = 128 << 10;
const WAITING: usize = 4;

/// Of Go's file modes, the bits that are not permissions.
const DIRECTORY: u32 = 1 << 31;
const SYMLINK: u32 = 1 << 27;
const SETUID: u32 = 1 << 23;
const SETGID: u32 = 1 << 22;
const STICKY: u32 = 1 << 20;

/// The context of one build.
#[derive(Clone)]
pub(super) struct Files(pub(super) Arc<Context>);

type Answer = Result<Packet, Status>;
type Answers = Pin<Box<dyn Stream<Item = Answer> + Send>>;

#[tonic::async_trait]
impl FileSync for Files {
    type DiffCopyStream = Answers;
    type TarStreamStream = Answers;

    async fn diff_copy(&self, request: Request<Streaming<Packet>>) -> Result<Response<Answers>, Status> {
        let (answers, mut receiver) = mpsc::channel(WAITING);
        let sender = Sender { entries: self.asked_for(&request)?, answers };
        let (wanted, wants) = blocking::channel();
        tokio::spawn(listen(request.into_inner(), wanted));
        tokio::task::spawn_blocking(move || sender.send(&wants));
        let answers = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
        Ok(Response::new(Box::pin(answers)))
    }

    async fn tar_stream(&self, _: Request<Streaming<Packet>>) -> Result<Response<Answers>, Status> {
        Err(Status::unimplemented("files are only sent one by one"))
    }
}

impl Files {
    /// What is to be sent, in order.
    fn asked_for(&self, request: &Request<Streaming<Packet>>) -> Result<Vec<Entry>, Status> {
        let header = |name: &str| -> Vec<String> {
            let values = request.metadata().get_all(name).iter();
            values.filter_map(|value| Some(decoded(value.to_str().ok()?))).collect()
        };
        let folder = header("dir-name");
        // The context is filtered already: an ignore file that the build sees is no longer one that counts.
        let for_rules = header("include-patterns").iter().any(|pattern| pattern == ".dockerignore");
        match folder.first().map(String::as_str) {
            Some(DOCKERFILE) => Ok(vec![dockerfile(&self.0)]),
            Some(CONTEXT) if for_rules => Ok(Vec::new()),
            Some(CONTEXT) => Ok(self.followed(&header("followpaths"))),
            _ => Err(Status::not_found(format!("there is no folder {folder:?} in this build"))),
        }
    }

    fn followed(&self, paths: &[String]) -> Vec<Entry> {
        let followed = Followed::new(&self.0, paths);
        let seen = self.0.entries.iter().filter(|(_, item)| item.presence != Presence::Hidden);
        seen.filter(|(path, _)| followed.has(path)).map(|(path, item)| entry(path, item)).collect()
    }
}

/// One entry, as the other side is told of it, and where its bytes are.
struct Entry {
    stat: Stat,
    bytes: Bytes,
}

enum Bytes {
    None,
    File(PathBuf),
    Text(Vec<u8>),
}

fn entry(path: &Path, item: &Item) -> Entry {
    let mut stat = Stat {
        path: path.to_string_lossy().into_owned(),
        mode: go_mode(item),
        mod_time: item.modified,
        ..Stat::default()
    };
    let bytes = match &item.content {
        Content::Folder => Bytes::None,
        Content::Link(target) => {
            stat.linkname = target.to_string_lossy().into_owned();
            Bytes::None
        }
        Content::File { path, size } => {
            stat.size = i64::try_from(*size).unwrap_or(i64::MAX);
            Bytes::File(path.clone())
        }
    };
    Entry { stat, bytes }
}

/// Always new, so that no earlier one passes for it.
fn dockerfile(context: &Context) -> Entry {
    let text = context.dockerfile.text.clone();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let stat = Stat {
        path: DOCKERFILE_NAME.to_owned(),
        mode: 0o644,
        size: i64::try_from(text.len()).unwrap_or(i64::MAX),
        mod_time: i64::try_from(now.as_nanos()).unwrap_or_default(),
        ..Stat::default()
    };
    Entry { stat, bytes: Bytes::Text(text) }
}

/// Permissions and kind, as Go has them.
fn go_mode(item: &Item) -> u32 {
    let bit = |from: u32, to: u32| if item.mode & from == 0 { 0 } else { to };
    match item.content {
        // Links have no mode of their own.
        Content::Link(_) => SYMLINK | 0o777,
        ref content => {
            let kind = if *content == Content::Folder { DIRECTORY } else { 0 };
            kind | item.mode & 0o777 | bit(0o4000, SETUID) | bit(0o2000, SETGID) | bit(0o1000, STICKY)
        }
    }
}

/// Newer engines write what no header may hold as `%` and two digits.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let byte = after
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Something that the other side wants.
enum Want {
    File(u32),
    /// It has all.
    Nothing,
}

/// Hands on what the other side wants until it goes away.
async fn listen(mut requests: Streaming<Packet>, wanted: blocking::Sender<Want>) {
    while let Ok(Some(packet)) = requests.message().await {
        let want = match packet.r#type() {
            PacketType::PacketReq => Want::File(packet.id),
            PacketType::PacketFin => Want::Nothing,
            _ => continue,
        };
        if wanted.send(want).is_err() {
            return;
        }
    }
}

/// Why a sending ended early.
enum Broken {
    /// The other side went away.
    Gone,
    Unread(PathBuf, io::Error),
}

/// One sending of some of the context.
struct Sender {
    entries: Vec<Entry>,
    answers: mpsc::Sender<Answer>,
}

impl Sender {
    fn send(&self, wants: &blocking::Receiver<Want>) {
        let sent = self.describe().and_then(|()| self.serve(wants));
        if let Err(Broken::Unread(path, error)) = sent {
            let data = format!("cannot read {}: {}", path.display(), plain(&error)).into_bytes();
            // Whoever went away meanwhile need not know.
            let _ = self.give(Packet { r#type: PacketType::PacketErr.into(), data, ..Packet::default() });
        }
    }

    fn give(&self, packet: Packet) -> Result<(), Broken> {
        self.answers.blocking_send(Ok(packet)).map_err(|_| Broken::Gone)
    }

    fn describe(&self) -> Result<(), Broken> {
        for Entry { stat, .. } in &self.entries {
            self.give(Packet { stat: Some(stat.clone()), ..Packet::default() })?;
        }
        self.give(Packet::default())
    }

    fn serve(&self, wants: &blocking::Receiver<Want>) -> Result<(), Broken> {
        loop {
            match wants.recv() {
                Ok(Want::File(id)) => self.file(id)?,
                Ok(Want::Nothing) => {
                    return self.give(Packet { r#type: PacketType::PacketFin.into(), ..Packet::default() });
                }
                Err(_) => return Err(Broken::Gone),
            }
        }
    }

    fn file(&self, id: u32) -> Result<(), Broken> {
        match self.entries.get(id as usize).map(|entry| &entry.bytes) {
            Some(Bytes::File(path)) => self.pieces(id, path)?,
            Some(Bytes::Text(text)) => {
                text.chunks(PIECE).try_for_each(|piece| self.piece(id, piece.to_vec()))?;
            }
            _ => {}
        }
        self.piece(id, Vec::new())
    }

    fn pieces(&self, id: u32, path: &Path) -> Result<(), Broken> {
        let unread = |error| Broken::Unread(path.to_owned(), error);
        let mut file = File::open(path).map_err(unread)?;
        loop {
            let mut piece = Vec::new();
            io::Read::by_ref(&mut file).take(PIECE as u64).read_to_end(&mut piece).map_err(unread)?;
            if piece.is_empty() {
                return Ok(());
            }
            self.piece(id, piece)?;
        }
    }

    fn piece(&self, id: u32, data: Vec<u8>) -> Result<(), Broken> {
        self.give(Packet { r#type: PacketType::PacketData.into(), id, data, ..Packet::default() })
    }
}
