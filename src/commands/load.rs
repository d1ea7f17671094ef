//! Images into a cluster on this machine, or from an archive into the engine.

use std::path::PathBuf;

use anyhow::anyhow;

use super::archive;
use super::build::Order;
use super::session::Session;
use crate::called;
use crate::cli::{self, Files, Global, Load};
use crate::cluster::{self, ClusterName, FindError};
use crate::engine::{Docker, Engine as _, Image};
use crate::exit::Exit;
use crate::report::terminal::Terminal;

/// Loads what is asked for, and tells how it went.
pub(super) fn load(arguments: &Load, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut session = Session::new(global, terminal, Files::Auto);
    // What was begun ends with its connection.
    session.then = "nothing was left half loaded";
    let loaded = match (&arguments.from_archive, &arguments.cluster) {
        (Some(file), _) => {
            session.with_engine(PathBuf::new(), async |engine| archive::load(file, engine, terminal).await)?
        }
        (None, None) => return Err(anyhow!("name a cluster to load into, or --from-archive FILE")),
        (None, Some(cluster)) => {
            let cluster: ClusterName = cluster.parse().map_err(|message: String| anyhow!(message))?;
            if arguments.images.is_empty() {
                let (images, cluster) = (&cli::Images::default(), Some(cluster));
                return Order { images, names: &[], no_capture: false, cluster }.fill(global, terminal);
            }
            let named = Named { images: &arguments.images, cluster };
            session.with_engine(PathBuf::new(), async |engine| named.load(engine, terminal).await)?
        }
    };
    loaded.unwrap_or(Ok(Exit::Interrupted))
}

/// That the engine does not answer is the engine's error, whoever asked it.
pub(super) fn not_found(error: FindError) -> anyhow::Error {
    match error {
        FindError::Engine(error) => error.into(),
        error => error.into(),
    }
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
        let (program, cluster) = (called::name(), &self.cluster);
        format!("to build the images of a Promise and load them: `{program} build --load {cluster}`")
    }
}

/// Images of the engine, by their names there.
struct Named<'a> {
    images: &'a [String],
    cluster: ClusterName,
}

impl Named<'_> {
    async fn load(&self, engine: &Docker, terminal: &Terminal) -> anyhow::Result<Exit> {
        let cluster = cluster::find(engine, &self.cluster).await.map_err(not_found)?;
        let images = self.in_engine(engine).await?;
        let loaded = cluster::load(engine, &cluster, &images, &|event| terminal.loading(&event)).await;
        Ok(if loaded { Exit::Success } else { Exit::Engine })
    }

    async fn in_engine(&self, engine: &Docker) -> anyhow::Result<Vec<(String, Image)>> {
        let (mut images, mut missing) = (Vec::new(), Vec::new());
        for reference in self.images {
            match engine.image(reference).await? {
                Some(image) => images.push((reference.clone(), image)),
                None => missing.push(reference.as_str()),
            }
        }
        match missing.as_slice() {
            [] => Ok(images),
            missing => {
                Err(NotInEngine { images: missing.join(", "), cluster: self.cluster.to_string() }.into())
            }
        }
    }
}
