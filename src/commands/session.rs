//! A command's time with the engine: connected, given up at Ctrl-C, and cleaned up after in any case.

use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::{Files, Global};
use crate::engine::{self, Address, Choice, Credentials, Docker, Engine as _, Surroundings};
use crate::report::terminal::Terminal;

/// How long cleaning up may take before what is left is left to the next run.
const CLEAN_UP: Duration = Duration::from_secs(10);

/// Which engine, and who is told what.
pub(super) struct Session<'a> {
    pub(super) global: &'a Global,
    pub(super) terminal: &'a Terminal,
    pub(super) files: Files,
    /// Unique to this time.
    pub(super) id: String,
    /// What is said to follow when Ctrl-C is heard.
    pub(super) then: &'static str,
}

impl<'a> Session<'a> {
    pub(super) fn new(global: &'a Global, terminal: &'a Terminal, files: Files) -> Self {
        let id = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        Self { global, terminal, files, id, then: "removing containers" }
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
        let options = engine::Options {
            scratch,
            run: self.id.clone(),
            volumes_only,
            classic: std::env::var("DOCKER_BUILDKIT").is_ok_and(|value| is_no(&value)),
            credentials: Credentials::new(
                surroundings().config_folder().as_deref(),
                std::env::var_os("PATH").unwrap_or_default(),
            ),
        };
        Ok(Docker::connect(&self.address()?, options).await?)
    }

    /// Where the engine is, as the docker command would find it.
    fn address(&self) -> anyhow::Result<Address> {
        let choice = Choice { host: self.global.host.as_deref(), context: self.global.context.as_deref() };
        Ok(engine::find(choice, &surroundings())?)
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

/// The environment of this process.
fn surroundings() -> Surroundings<'static> {
    Surroundings {
        variable: &|name| std::env::var(name).ok(),
        home: std::env::home_dir(),
        exists: &|path: &Path| path.exists(),
    }
}

/// Whether a switch is off, as docker reads it.
fn is_no(value: &str) -> bool {
    matches!(value, "0" | "f" | "F" | "false" | "FALSE" | "False")
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
