//! One archive to several nodes at once: exported once, and never further ahead of the slowest than a few chunks.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::{join_all, join3};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::load::Load;
use super::runtime::{Refusal, refusal};
use crate::archive::{Chunks, named};
use crate::engine::{Docker, EngineError, Execution, Node};

/// How many chunks a node may be ahead of another.
const WAITING: usize = 8;
/// How often a node is looked at while it takes an archive.
const WATCH: Duration = Duration::from_secs(2);
/// The exit code of what was killed.
const KILLED: i64 = 137;
/// How often to look whether a node has died whose process was killed, and how long to pause after each.
const LOOKS: usize = 10;
const PAUSE: Duration = Duration::from_millis(100);

/// A node, and the command in it that takes the archive.
pub(super) struct Recipient<'a> {
    pub(super) node: &'a Node,
    pub(super) command: Vec<String>,
}

/// How the transfer of an image ended.
pub(super) struct Transfer {
    /// The size of the archive.
    pub(super) bytes: u64,
    /// How long each recipient took, or why it did not take the image.
    pub(super) results: Vec<Result<Duration, Refusal>>,
}

/// Sends an image under its name to several nodes.
pub(super) async fn transfer(
    engine: &Docker,
    load: &Load<'_>,
    recipients: &[Recipient<'_>],
    on_bytes: &dyn Fn(u64),
) -> Transfer {
    let (pumping, archive) = named(engine.export(load.image), load.name.clone());
    let (senders, inputs): (Vec<_>, Vec<_>) = recipients.iter().map(|_| mpsc::channel(WAITING)).unzip();
    let receiving = recipients.iter().zip(inputs).map(|(recipient, input)| receive(engine, recipient, input));
    let (sent, results, ()) =
        join3(broadcast(archive, senders, on_bytes), join_all(receiving), pumping).await;
    match sent {
        Ok(bytes) => Transfer { bytes, results },
        // That the nodes then miss the rest is nothing to tell.
        Err(refusal) => Transfer { bytes: 0, results: vec![Err(refusal); results.len()] },
    }
}

/// Sends an image under its name to whatever takes chunks, and tells how many bytes it had.
pub(super) async fn transfer_to(
    engine: &Docker,
    load: &Load<'_>,
    on_bytes: &dyn Fn(u64),
    take: impl AsyncFnOnce(Receiver<Bytes>) -> Result<(), Refusal>,
) -> Result<u64, Refusal> {
    let (pumping, archive) = named(engine.export(load.image), load.name.clone());
    let (sender, input) = mpsc::channel(WAITING);
    let (sent, taken, ()) = join3(broadcast(archive, vec![sender], on_bytes), take(input), pumping).await;
    let bytes = sent?;
    taken.map(|()| bytes)
}

/// Hands every chunk to all who still listen.
async fn broadcast(
    mut archive: Chunks,
    mut senders: Vec<Sender<Bytes>>,
    on_bytes: &dyn Fn(u64),
) -> Result<u64, Refusal> {
    let mut bytes = 0;
    while let Some(chunk) = archive.recv().await {
        let chunk =
            chunk.map_err(|error| Refusal::because(format!("the engine does not export it: {error}")))?;
        bytes += chunk.len() as u64;
        let sent = join_all(senders.iter().map(|sender| sender.send(chunk.clone()))).await;
        let mut sent = sent.into_iter();
        senders.retain(|_| sent.next().is_some_and(|sent| sent.is_ok()));
        if senders.is_empty() {
            break;
        }
        on_bytes(bytes);
    }
    Ok(bytes)
}

/// Runs the command that takes the archive.
async fn receive(
    engine: &Docker,
    recipient: &Recipient<'_>,
    input: Receiver<Bytes>,
) -> Result<Duration, Refusal> {
    let start = Instant::now();
    let Recipient { node, command } = recipient;
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let done = tokio::select! {
        done = engine.execute(node, &words, Some(input)) => done,
        state = stopped(engine, node) => return Err(died(&state, None)),
    };
    match done {
        Ok(done) if done.succeeded() => Ok(start.elapsed()),
        failed => Err(why(engine, recipient, failed).await),
    }
}

/// Why a command did not take the archive: that its node died, in whatever way it failed then, or what it says itself.
async fn why(
    engine: &Docker,
    Recipient { node, command }: &Recipient<'_>,
    failed: Result<Execution, EngineError>,
) -> Refusal {
    let was_killed = failed.as_ref().map_or(true, |done| done.code == KILLED);
    // A node's end is known a moment after that of its processes.
    for _ in 0..if was_killed { LOOKS } else { 1 } {
        match engine.node_state(node).await {
            Ok(state) if state != "running" => return died(&state, failed.ok().as_ref()),
            _ if was_killed => tokio::time::sleep(PAUSE).await,
            _ => {}
        }
    }
    match failed {
        Ok(done) => refusal(command.first().map_or("", String::as_str), &done),
        Err(error) => error.into(),
    }
}

/// Waits until a node runs no more: one that is paused takes nothing, and never says so.
async fn stopped(engine: &Docker, node: &Node) -> String {
    loop {
        tokio::time::sleep(WATCH).await;
        match engine.node_state(node).await {
            Ok(state) if state != "running" => return state,
            _ => {}
        }
    }
}

fn died(state: &str, done: Option<&Execution>) -> Refusal {
    Refusal {
        reason: format!("the node stopped running in the middle: it is {state} now"),
        output: done.map(Execution::output).unwrap_or_default(),
    }
}
