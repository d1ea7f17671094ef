//! Containers that others made, and commands in them.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use bollard::models::ContainerSummary;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::Receiver;

use super::Docker;
use super::container::understood;
use super::reason::{is_refusal, is_status, reason, request, without_noise};
use crate::engine::{EngineError, Execution, Node};

/// As much of a command's output as is kept, of either stream.
const KEPT: usize = 4 << 20;

/// The engine learns of a command's end a moment after its output does.
const QUESTIONS: usize = 250;
const PAUSE: Duration = Duration::from_millis(20);

/// What a shell answers to a command that is not there.
const NOT_FOUND: i64 = 127;

type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, Error>> + Send>>;

impl Docker {
    /// The containers that have a label (`NAME` or `NAME=VALUE`), in the order of their names.
    pub(crate) async fn nodes(&self, label: &str) -> Result<Vec<Node>, EngineError> {
        let found = self.containers(label).await.map_err(request("looking for the nodes of clusters"))?;
        let mut nodes: Vec<Node> = found.into_iter().map(node).collect();
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(nodes)
    }

    /// The state of a node now: `running`, `exited`, …, or `gone`.
    pub(crate) async fn node_state(&self, node: &Node) -> Result<String, EngineError> {
        match understood(|| self.api.inspect_container(&node.id, None)).await {
            Ok(found) => {
                let status = found.state.and_then(|state| state.status);
                Ok(status.map_or_else(String::new, |status| status.to_string()))
            }
            Err(error) if is_status(&error, 404) => Ok("gone".to_owned()),
            Err(error) => Err(request(format!("looking at {}", node.name))(error)),
        }
    }

    /// Runs a command in a node to its end, with what comes in as its input.
    ///
    /// When this is dropped, so is the connection, and with it the command's input: a command that reads ends.
    pub(crate) async fn execute(
        &self,
        node: &Node,
        command: &[&str],
        input: Option<Receiver<Bytes>>,
    ) -> Result<Execution, EngineError> {
        let doing = || format!("running {} in {}", command.first().unwrap_or(&""), node.name);
        let options = CreateExecOptions {
            cmd: Some(command.to_vec()),
            attach_stdin: Some(input.is_some()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..CreateExecOptions::default()
        };
        let id = self.api.create_exec(&node.id, options).await.map_err(request(doing()))?.id;
        let (stdin, output) = match self.start(&id).await {
            Ok(streams) => streams,
            // Newer engines refuse a command that is not there, older ones run it in vain.
            Err(error) if is_refusal(&error) && reason(&error).contains("executable file not found") => {
                let stderr = without_noise(&reason(&error));
                return Ok(Execution { code: NOT_FOUND, stdout: String::new(), stderr });
            }
            Err(error) => return Err(request(doing())(error)),
        };
        let (stdout, stderr) = converse(stdin, output, input).await.map_err(request(doing()))?;
        let code = self.exit_code(&id).await.map_err(request(doing()))?;
        Ok(Execution { code, stdout, stderr })
    }

    async fn start(&self, id: &str) -> Result<(Pin<Box<dyn AsyncWrite + Send>>, Output), Error> {
        match self.patient.start_exec(id, None::<StartExecOptions>).await? {
            StartExecResults::Attached { input, output } => Ok((input, output)),
            StartExecResults::Detached => Err(Error::IOError { err: io::Error::other("not attached") }),
        }
    }

    async fn exit_code(&self, id: &str) -> Result<i64, Error> {
        for _ in 0..QUESTIONS {
            let exec = self.api.inspect_exec(id).await?;
            if let (Some(false), Some(code)) = (exec.running, exec.exit_code) {
                return Ok(code);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Error::RequestTimeoutError)
    }
}

fn node(found: ContainerSummary) -> Node {
    let id = found.id.unwrap_or_default();
    let name = found.names.and_then(|names| names.into_iter().next());
    Node {
        name: name.map_or_else(|| id.clone(), |name| name.trim_start_matches('/').to_owned()),
        labels: found.labels.unwrap_or_default(),
        state: found.state.map_or_else(String::new, |state| state.to_string()),
        id,
    }
}

/// Feeds a command and listens to it until it falls silent; one that ends early need not take all of its input.
async fn converse(
    mut stdin: Pin<Box<dyn AsyncWrite + Send>>,
    output: Output,
    input: Option<Receiver<Bytes>>,
) -> Result<(String, String), Error> {
    let listening = listen(output);
    tokio::pin!(listening);
    let feeding = async {
        if let Some(input) = input {
            // Whoever reads no more has ended, and says why.
            let _ = feed(&mut stdin, input).await;
        }
    };
    tokio::select! {
        heard = &mut listening => return heard,
        () = feeding => {}
    }
    listening.await
}

async fn feed(stdin: &mut Pin<Box<dyn AsyncWrite + Send>>, mut input: Receiver<Bytes>) -> io::Result<()> {
    while let Some(bytes) = input.recv().await {
        stdin.write_all(&bytes).await?;
    }
    stdin.flush().await?;
    // The engine closes the command's input when our half of the connection is closed.
    stdin.shutdown().await
}

async fn listen(mut output: Output) -> Result<(String, String), Error> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    while let Some(frame) = output.next().await {
        let (kept, message) = match frame? {
            LogOutput::StdErr { message } => (&mut stderr, message),
            LogOutput::StdOut { message } | LogOutput::Console { message } => (&mut stdout, message),
            LogOutput::StdIn { .. } => continue,
        };
        let room = KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(&message[..message.len().min(room)]);
    }
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok((text(stdout), text(stderr)))
}
