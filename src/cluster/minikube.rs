//! Clusters of minikube that are no containers of the engine: its own command knows how to reach them.

use std::io;
use std::process::Stdio;

use bytes::Bytes;
use futures_util::future::join;
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdin, Command};
use tokio::sync::mpsc::Receiver;

use super::runtime::Refusal;
use crate::tree::plain;

/// Whether its command is on PATH.
pub(super) fn is_installed() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join("minikube").is_file())
}

/// Has minikube load an archive into a cluster.
pub(super) async fn load(profile: &str, archive: Receiver<Bytes>) -> Result<(), Refusal> {
    let failed = |error: &io::Error| Refusal {
        reason: format!("minikube cannot be run: {}", plain(error)),
        output: String::new(),
    };
    let mut child = Command::new("minikube")
        .args(["--profile", profile, "image", "load", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&error))?;
    let stdin = child.stdin.take();
    let (done, ()) = join(child.wait_with_output(), feed(stdin, archive)).await;
    let done = done.map_err(|error| failed(&error))?;
    if done.status.success() {
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Err(Refusal {
        reason: format!("`minikube image load` failed: {}", done.status),
        output: format!("{}\n{}", text(&done.stdout), text(&done.stderr)).trim().to_owned(),
    })
}

/// Whoever reads no more has ended, and says why.
async fn feed(stdin: Option<ChildStdin>, mut archive: Receiver<Bytes>) {
    let Some(mut stdin) = stdin else { return };
    while let Some(bytes) = archive.recv().await {
        if stdin.write_all(&bytes).await.is_err() {
            return;
        }
    }
}
