//! The engine that a command works with.

use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::in_ci;
use crate::cli::Global;
use crate::engine::{self, Address, Choice, Credentials, Docker, Options, Patience, Surroundings, Why};
use crate::report::terminal::Terminal;

/// A CI job may begin before the engine that runs beside it, as Docker-in-Docker does.
const CI_LIMIT: Duration = Duration::from_secs(30);

/// Connects to the engine; in CI, one that `DOCKER_HOST` names is waited for.
pub(super) async fn connect(
    global: &Global,
    options: Options,
    terminal: &Terminal,
) -> anyhow::Result<Docker> {
    let address = address(global)?;
    let waits = address.why == Why::DockerHost && in_ci();
    let limit = if waits { CI_LIMIT } else { Duration::ZERO };
    let patience = Patience { limit, on_wait: &|message| terminal.note(message) };
    Ok(Docker::connect(&address, options, &patience).await?)
}

/// What a run tells its engine.
pub(super) fn options(run: String, scratch: PathBuf) -> Options {
    let config = surroundings().config_folder();
    Options {
        run,
        scratch,
        volumes_only: false,
        classic: variable("DOCKER_BUILDKIT").is_some_and(|value| is_no(&value)),
        credentials: Credentials::new(config.as_deref(), std::env::var_os("PATH").unwrap_or_default()),
    }
}

/// Whether a switch is off, as docker reads it.
fn is_no(value: &str) -> bool {
    matches!(value, "0" | "f" | "F" | "false" | "FALSE" | "False")
}

/// What tells the things of one run from those of others.
pub(super) fn run_id() -> String {
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// Where the engine is, as the docker command would find it.
pub(super) fn address(global: &Global) -> Result<Address, engine::EngineError> {
    let choice = Choice { host: global.host.as_deref(), context: global.context.as_deref() };
    engine::find(choice, &surroundings())
}

/// The environment of this process.
pub(super) fn surroundings() -> Surroundings<'static> {
    Surroundings { variable: &variable, home: std::env::home_dir(), exists: &|path: &Path| path.exists() }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
