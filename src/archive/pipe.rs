//! Between streams that are awaited and the tar library, which reads and writes where it stands: a thread of its own,
//! and channels of few chunks, so that neither side gets far ahead of the other.

use std::io::{self, Read, Write};

use bytes::{Buf, Bytes};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// How many chunks may wait in a channel.
const WAITING: usize = 8;
/// How large the chunks are that come out of the thread.
pub(super) const CHUNK: usize = 256 << 10;

/// An archive on its way, chunk by chunk; after an error nothing comes.
pub(crate) type Chunks = Receiver<io::Result<Bytes>>;

pub(super) fn channel() -> (Sender<io::Result<Bytes>>, Chunks) {
    mpsc::channel(WAITING)
}

/// Reads what comes through a channel. Only for threads that may block.
pub(super) struct Incoming {
    chunks: Chunks,
    current: Bytes,
}

impl Incoming {
    pub(super) fn new(chunks: Chunks) -> Self {
        Self { chunks, current: Bytes::new() }
    }
}

impl Read for Incoming {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = chunk?,
                None => return Ok(0),
            }
        }
        let taken = self.current.len().min(into.len());
        self.current.copy_to_slice(&mut into[..taken]);
        Ok(taken)
    }
}

/// Writes into a channel. Only for threads that may block; fails when nobody listens any more.
pub(super) struct Outgoing(pub(super) Sender<io::Result<Bytes>>);

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
