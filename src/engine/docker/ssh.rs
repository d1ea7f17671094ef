//! An engine behind ssh, reached as docker does: `ssh HOST docker system dial-stdio` for each connection.
//!
//! It is the user's own ssh, with their settings, agent and shared connections; the other end needs docker and no open
//! port.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker as Api};
use hyper::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tower_service::Service;

use super::ssh_destination::Destination;

/// How many connections are set up at once: an ssh server drops some where there are more than ten.
const AT_ONCE: usize = 4;
/// A connection that was made ready and is not used does not hold up others for longer.
const SET_UP: Duration = Duration::from_secs(5);
/// For what ssh says at its end. A shared connection that it left behind may keep its stream open.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Lines that are kept of what ssh says.
const LINES: usize = 3;

/// A client whose connections go through ssh.
pub(super) fn client(destination: &str, timeout: u64) -> Result<Api, Error> {
    let connector = Connector::to(destination).map_err(|err| Error::IOError { err })?;
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let send = move |request: BollardRequest| {
        let sent = client.request(request);
        async move { sent.await.map_err(Error::from) }
    };
    // The other end knows which socket is meant; this name is for the Host header alone.
    Api::connect_with_custom_transport(send, Some("ssh://engine"), timeout, API_DEFAULT_VERSION)
}

/// Makes the connections.
#[derive(Clone)]
struct Connector {
    destination: Destination,
    setting_up: Arc<Semaphore>,
}

impl Connector {
    fn to(destination: &str) -> io::Result<Self> {
        let destination = Destination::parse(destination)
            .map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        Ok(Self { destination, setting_up: Arc::new(Semaphore::new(AT_ONCE)) })
    }
}

/// A connection by itself.
pub(super) async fn tunnel(destination: &str) -> io::Result<Tunnel> {
    let Connector { destination, setting_up } = Connector::to(destination)?;
    let permit = setting_up.acquire_owned().await.map_err(io::Error::other)?;
    Tunnel::open(&destination, permit)
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Tunnel>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { destination, setting_up } = self.clone();
        Box::pin(async move {
            let permit = setting_up.acquire_owned().await.map_err(io::Error::other)?;
            Tunnel::open(&destination, permit).map(TokioIo::new)
        })
    }
}

/// One connection: what a child process reads and writes.
pub(super) struct Tunnel {
    /// Gone when our side is closed, which the other end is told by it.
    input: Option<ChildStdin>,
    output: ChildStdout,
    /// Until the first byte from the other end.
    unheard: Option<Unheard>,
    /// Not killed with this: others may share its connection. It ends when its streams are closed.
    _child: Child,
}

/// A connection from whose other end nothing has come yet.
struct Unheard {
    /// Why it closed without a word.
    reason: Pin<Box<dyn Future<Output = io::Error> + Send>>,
    /// Dropped with this, so that the next connection can be set up.
    _answered: oneshot::Sender<()>,
}

impl Tunnel {
    fn open(destination: &Destination, permit: OwnedSemaphorePermit) -> io::Result<Self> {
        let mut command = Command::new("ssh");
        // In a group of its own, or Ctrl-C would also end the connections that cleaning up needs.
        command.args(destination.arguments()).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::other("the command ssh is not installed"),
            _ => error,
        })?;
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(stderr)) = streams else {
            return Err(io::Error::other("ssh runs without its streams"));
        };
        let (answered, answer) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let _ = tokio::time::timeout(SET_UP, answer).await;
            drop(permit);
        });
        let unheard = Unheard { reason: Box::pin(last_words(stderr)), _answered: answered };
        Ok(Self { input: Some(input), output, unheard: Some(unheard), _child: child })
    }
}

/// What ssh says until its end. It is read all the time, since ssh would wait otherwise.
fn last_words(stderr: ChildStderr) -> impl Future<Output = io::Error> + Send {
    let said = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&said);
    let reading = tokio::spawn(async move {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            keep(&mut kept.lock().unwrap_or_else(PoisonError::into_inner), &line);
        }
    });
    async move {
        let _ = tokio::time::timeout(LAST_WORDS, reading).await;
        let lines = said.lock().unwrap_or_else(PoisonError::into_inner).join(" ");
        io::Error::other(if lines.is_empty() { "ssh ended without a word".to_owned() } else { lines })
    }
}

/// Banners and remarks do not say why there is no connection.
fn keep(lines: &mut Vec<String>, line: &str) {
    let line = line.trim();
    if line.is_empty() || line.starts_with('@') || line.starts_with("Warning: Permanently added") {
        return;
    }
    if lines.len() == LINES {
        lines.remove(0);
    }
    lines.push(line.to_owned());
}

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.output).poll_read(context, buffer))?;
        if buffer.filled().len() > before || buffer.remaining() == 0 {
            self.unheard = None;
        } else if let Some(unheard) = &mut self.unheard {
            return Poll::Ready(Err(ready!(unheard.reason.as_mut().poll(context))));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.input {
            Some(input) => Pin::new(input).poll_write(context, bytes),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.input.as_mut().map_or(Poll::Ready(Ok(())), |input| Pin::new(input).poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(context))?;
        // Only a closed pipe is an end; docker at the other side hands it on.
        self.input = None;
        Poll::Ready(Ok(()))
    }
}

impl Connection for Tunnel {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}
