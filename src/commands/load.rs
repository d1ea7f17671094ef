//! Images into a cluster on this machine, or from an archive into the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::anyhow;

use super::archive;
use super::engine::{address, interrupted};
use crate::cli::{Global, Load};
use crate::cluster::{self, Cluster, ClusterName, FindError};
use crate::engine::{Docker, Engine as _, Image, Options};
use crate::exit::Exit;
use crate::image::Source;
use crate::report::terminal::Terminal;
use crate::runner::images::Repositories;
use crate::suite::Suite;

/// Loads what is asked for, and tells how it went.
pub(super) fn load(arguments: &Load, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let work = async {
        match (&arguments.from_archive, &arguments.cluster) {
            (Some(file), _) => archive::load(file, global, terminal).await,
            (None, Some(cluster)) => into_cluster(cluster, arguments, global, terminal).await,
            (None, None) => Err(anyhow!("name a cluster to load into, or --from-archive FILE")),
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            loaded = work => loaded,
            // What was begun ends with its connection.
            () = interrupted() => {
                terminal.interrupted("nothing is left half loaded");
                Ok(Exit::Interrupted)
            }
        }
    })
}

/// The engine of a command that makes nothing in it, so that nothing has to be swept.
pub(super) async fn connect(global: &Global) -> anyhow::Result<Docker> {
    let options = Options { run: String::new(), scratch: PathBuf::new(), volumes_only: false };
    Ok(Docker::connect(&address(global)?, options).await?)
}

async fn into_cluster(
    cluster: &str,
    arguments: &Load,
    global: &Global,
    terminal: &Terminal,
) -> anyhow::Result<Exit> {
    let wanted = parse(cluster)?;
    let (named, unreadable) = match arguments.images.as_slice() {
        [] => of_promises(global, terminal)?,
        images => {
            let once: BTreeSet<&String> = images.iter().collect();
            (once.into_iter().cloned().map(Wanted::named).collect(), Exit::Success)
        }
    };
    let engine = connect(global).await?;
    let found = find(&engine, &wanted).await?;
    let images = in_engine(&engine, named, cluster, terminal).await?;
    if images.is_empty() {
        terminal.note("No Promise names an image that could be loaded");
        return Ok(unreadable);
    }
    let loaded = cluster::load(&engine, &found, &images, &|event| terminal.loading(&event)).await;
    Ok(if loaded { unreadable } else { unreadable.and(Exit::Engine) })
}

/// What the command line calls a cluster.
pub(super) fn parse(cluster: &str) -> anyhow::Result<ClusterName> {
    cluster.parse().map_err(|message: String| anyhow!(message))
}

/// The cluster that is meant. Worth asking for before anything that takes long.
pub(super) async fn find(engine: &Docker, wanted: &ClusterName) -> anyhow::Result<Cluster> {
    cluster::find(engine, wanted).await.map_err(|error| match error {
        FindError::Engine(error) => error.into(),
        error => error.into(),
    })
}

/// Images that were named and are not there.
#[derive(Debug, thiserror::Error)]
#[error("the engine has no image {images}")]
pub(super) struct NotInEngine {
    images: String,
    cluster: String,
}

impl NotInEngine {
    pub(super) fn hint(&self) -> String {
        format!(
            "build the images of a Promise and load them at once: `kratix-test build --load {}`",
            self.cluster
        )
    }
}

/// An image that should be in the cluster.
struct Wanted {
    /// What the cluster knows it by.
    reference: String,
    /// What the engine knows it by.
    local: String,
    /// Whether it comes from a registry where the engine does not have it.
    elsewhere: bool,
}

impl Wanted {
    fn named(reference: String) -> Self {
        Self { local: reference.clone(), reference, elsewhere: false }
    }
}

/// Every image of every workflow, once; and how the program ends if a Promise cannot be read.
fn of_promises(global: &Global, terminal: &Terminal) -> anyhow::Result<(Vec<Wanted>, Exit)> {
    let suite = Suite::load(&global.dir)?;
    let repositories = Repositories::of(&suite.promises);
    let planned = suite.promises.iter().flat_map(|promise| repositories.plan(promise));
    let wanted = planned.map(|planned| {
        let (local, elsewhere) = match planned.source {
            Ok(Source::Use { image, .. }) => (image, true),
            _ => (planned.reference.clone(), false),
        };
        (planned.reference.clone(), Wanted { reference: planned.reference, local, elsewhere })
    });
    let wanted: BTreeMap<String, Wanted> = wanted.collect();
    for error in &suite.unreadable {
        terminal.error(&error.clone().into());
    }
    let unreadable = if suite.unreadable.is_empty() { Exit::Success } else { Exit::Usage };
    Ok((wanted.into_values().collect(), unreadable))
}

/// The images that the engine has. Those that it lacks are an error, unless a registry has them for the cluster.
async fn in_engine(
    engine: &Docker,
    wanted: Vec<Wanted>,
    cluster: &str,
    terminal: &Terminal,
) -> anyhow::Result<Vec<(String, Image)>> {
    let (mut images, mut missing) = (Vec::new(), Vec::new());
    for Wanted { reference, local, elsewhere } in wanted {
        match engine.image(&local).await? {
            Some(image) => images.push((reference, image)),
            None if elsewhere => {
                terminal.note(&format!("{reference} is not in the engine, so the cluster has to pull it"));
            }
            None => missing.push(local),
        }
    }
    match missing.as_slice() {
        [] => Ok(images),
        missing => Err(NotInEngine { images: missing.join(", "), cluster: cluster.to_owned() }.into()),
    }
}
