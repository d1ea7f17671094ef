//! Looks at everything that a run needs, and tells what mends it.

use std::path::{Path, PathBuf};

use super::connection;
use crate::cli::{Doctor, Format, Global};
use crate::doctor::programs::Programs;
use crate::doctor::{Probe, clusters, engine as probe, files, holdings, space};
use crate::engine::{self, Address, Docker, Endpoint, Engine as _, EngineError, Patience, Sharing};
use crate::exit::Exit;
use crate::report::probes::Probes;
use crate::report::terminal::Terminal;
use crate::report::words::Bytes;

/// Where Linux lists the platforms that it emulates.
const EMULATORS: &str = "/proc/sys/fs/binfmt_misc";

/// Prints each probe; a problem is what keeps a run from working.
pub(super) fn doctor(arguments: &Doctor, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut probes = runtime.block_on(of_the_engine(global));
    let ourselves = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("kratix-test"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let programs = Programs { path: &path, ourselves: &ourselves };
    probes.extend([programs.ours(), programs.kratix()]);
    let probes = Probes::new(probes);
    match arguments.format {
        Format::Text => terminal.show(&probes.to_text(terminal.paint())),
        Format::Json => terminal.show(&probes.to_json()),
    }
    Ok(if probes.can_run() { Exit::Success } else { Exit::Engine })
}

/// Where no engine answers, there is nothing more to say of it.
async fn of_the_engine(global: &Global) -> Vec<Probe> {
    let connected = async {
        let address = connection::address(global)?;
        let docker = Docker::connect(&address, options(&global.dir), &Patience::NONE).await?;
        Ok::<_, EngineError>((address, docker))
    };
    match connected.await {
        Ok((address, docker)) => {
            let probes = inside(&address, &docker).await;
            match docker.sweep().await {
                Ok(()) => probes,
                Err(error) => {
                    probes.into_iter().chain([Probe::warning("leftovers", error.to_string())]).collect()
                }
            }
        }
        Err(error) => vec![probe::silent(&error)],
    }
}

fn options(folder: &Path) -> engine::Options {
    let run = connection::run_id();
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let scratch = folder.join(format!(".kratix-test-doctor-{run}"));
    connection::options(run, scratch)
}

async fn inside(address: &Address, docker: &Docker) -> Vec<Probe> {
    let about = docker.about();
    let sharing = sharing(docker).await;
    let is_here = is_here(address, &about.root, &sharing);
    let emulators = is_here.then_some(Path::new(EMULATORS));
    let size = |bytes| Bytes(bytes).to_string();
    let room = if is_here { space::free(&about.root, &size) } else { space::elsewhere() };
    let clusters = docker.clusters().await.map(|found| clusters::found(&found));
    let holdings = docker.holdings().await.map(|found| holdings::of_ours(&found, &size));
    let failed = |name, error: &EngineError| Probe::warning(name, error.to_string());
    vec![
        probe::answers(address),
        probe::version(about),
        probe::context(&address.why, engine::default_context(&connection::surroundings())),
        probe::builder(about),
        files::platform(about, emulators),
        room,
        files::shared(&sharing),
        clusters.unwrap_or_else(|error| failed("clusters", &error)),
        holdings.unwrap_or_else(|error| failed("leftovers", &error)),
    ]
}

/// As a run finds it out; not known without an image.
async fn sharing(docker: &Docker) -> Result<Option<Sharing>, EngineError> {
    match docker.any_image().await? {
        Some(image) => docker.sharing(&image).await.map(Some),
        None => Ok(None),
    }
}

/// Whether the engine's own folder is of this machine, as far as can be told.
fn is_here(address: &Address, root: &Path, sharing: &Result<Option<Sharing>, EngineError>) -> bool {
    match sharing {
        Ok(Some(Sharing::Shared)) => true,
        Ok(Some(Sharing::NotSeen)) => false,
        _ => matches!(address.endpoint, Endpoint::Unix(_)) && root.is_dir(),
    }
}
