//! A command's time with the engine: connected, given up at Ctrl-C, and cleaned up after in any case.

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::connection;
use crate::cli::{Files, Global};
use crate::engine::{Docker, Engine as _, Options};
use crate::report::terminal::Terminal;

/// How long cleaning up may take before what is left is left to the next run.
const CLEAN_UP: Duration = Duration::from_secs(10);

/// Which engine, and who is told what.
pub(super) struct Session<'a> {
    pub(super) global: &'a Global,
    pub(super) terminal: &'a Terminal,
    pub(super) files: Files,
    /// BuildKit builds, whatever the environment says.
    pub(super) buildx: bool,
    /// Unique to this time.
    pub(super) id: String,
    /// What is said to follow when Ctrl-C is heard.
    pub(super) then: &'static str,
}

impl<'a> Session<'a> {
    pub(super) fn new(global: &'a Global, terminal: &'a Terminal, files: Files) -> Self {
        let id = connection::run_id();
        Self { global, terminal, files, buildx: false, id, then: "removing containers" }
    }

    /// Does what is to be done with the engine; `None` if it was interrupted. Whatever happens, nothing that was made
    /// for this alone is left there. `scratch` is a folder for what the engine can bind, made when it is needed.
    pub(super) fn with_engine<T>(
        &self,
        scratch: PathBuf,
        work: impl AsyncFnOnce(&Docker) -> T,
    ) -> anyhow::Result<Option<T>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let engine = tokio::select! {
                engine = self.connect(scratch) => engine?,
                () = interrupted() => return Ok(None),
            };
            let outcome = tokio::select! {
                outcome = work(&engine) => Some(outcome),
                () = interrupted() => None,
            };
            if outcome.is_none() {
                self.terminal.interrupted(self.then);
            }
            self.clean_up(&engine).await;
            Ok(outcome)
        })
    }

    async fn connect(&self, scratch: PathBuf) -> anyhow::Result<Docker> {
        let volumes_only = self.files == Files::Volume;
        let options = connection::options(self.id.clone(), scratch);
        let classic = options.classic && !self.buildx;
        connection::connect(self.global, Options { volumes_only, classic, ..options }, self.terminal).await
    }

    /// Removes what was made; a second Ctrl-C leaves it to the next run.
    async fn clean_up(&self, engine: &Docker) {
        let swept = tokio::select! {
            swept = tokio::time::timeout(CLEAN_UP, engine.sweep()) => swept,
            () = interrupted() => return,
        };
        let left = "something is left in the engine, for the next run to remove";
        match swept {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.terminal.warning(&format!("{left}: {error}")),
            Err(_) => self.terminal.warning(&format!("{left}: it does not answer")),
        }
    }
}

/// From here on, Ctrl-C ends the program only where that is looked for: whoever is asked something answers with it.
pub(super) fn catch_interrupts() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _inside = runtime.enter();
    // The handler outlives what it is made for.
    let _stream = signal(SignalKind::interrupt())?;
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupted() {
    let streams = signal(SignalKind::interrupt())
        .and_then(|interrupt| Ok((interrupt, signal(SignalKind::terminate())?)));
    match streams {
        Ok((mut interrupt, mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without handlers, the signals end the program as they always did.
        Err(_) => std::future::pending().await,
    }
}
