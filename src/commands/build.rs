//! Builds the images that Promises name, without running anything, and puts them into a cluster where one is named.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::anyhow;

use super::session::Session;
use super::{NoMatch, images};
use crate::cli::{self, Files, Global};
use crate::cluster::{self, Cluster, ClusterName};
use crate::engine::{Docker, Image};
use crate::exit::Exit;
use crate::outcome::Event;
use crate::report::failure::Style;
use crate::report::terminal::Terminal;
use crate::runner::Results;
use crate::runner::images::{Images, Needed, prepare};
use crate::suite::{PromiseSuite, Suite};

/// What is to be built, how, and where it goes.
pub(super) struct Order<'a> {
    pub(super) images: &'a cli::Images,
    /// Parts of references; none for all images.
    pub(super) names: &'a [String],
    pub(super) no_capture: bool,
    pub(super) cluster: Option<ClusterName>,
}

impl<'a> Order<'a> {
    pub(super) fn of(arguments: &'a cli::Build) -> anyhow::Result<Self> {
        let cluster = arguments.load.as_deref().map(str::parse).transpose();
        let cluster = cluster.map_err(|message: String| anyhow!("--load: {message}"))?;
        let (images, names, no_capture) = (&arguments.images, &arguments.names, arguments.no_capture);
        Ok(Self { images, names, no_capture, cluster })
    }

    /// Builds, finds or pulls the images, and tells what they are called in the engine.
    pub(super) fn fill(&self, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
        let suite = Suite::load(&global.dir)?;
        let options = images::options(self.images, &suite)?;
        let needed = needed(&suite, self.names)?;
        let style =
            Style { paint: terminal.paint(), verbose: true, stream: self.no_capture, accept: String::new() };
        let on_event = |event: Event<'_>| terminal.event(&event, &style);
        let folders = needed.iter().map(|needed| &needed.suite.file.folder);
        let results = Results::open_all(folders, |folder| terminal.waiting(folder))?;
        let session = Session::new(global, terminal, Files::Auto);
        let filled = session.with_engine(PathBuf::new(), async |engine: &Docker| {
            // That there is no such cluster should not be found out after minutes.
            let cluster = self.cluster(engine).await?;
            let images = prepare(engine, &needed, &options, &results, &on_event).await;
            let (exit, ready) = told(&needed, &images, terminal);
            let loaded = match cluster {
                Some(cluster) => {
                    cluster::load(engine, &cluster, &ready, &|event| terminal.loading(&event)).await
                }
                None => true,
            };
            anyhow::Ok(if loaded { exit } else { exit.and(Exit::Engine) })
        })?;
        let Some(exit) = filled else { return Ok(Exit::Interrupted) };
        for error in &suite.unreadable {
            terminal.error(&error.clone().into());
        }
        let unreadable = if suite.unreadable.is_empty() { Exit::Success } else { Exit::Usage };
        Ok(exit?.and(unreadable))
    }

    async fn cluster(&self, engine: &Docker) -> anyhow::Result<Option<Cluster>> {
        let Some(wanted) = &self.cluster else { return Ok(None) };
        Ok(Some(cluster::find(engine, wanted).await.map_err(super::load::not_found)?))
    }
}

/// Tells what every image is called in the engine; those that are there, once each.
fn told(needed: &[Needed<'_>], images: &Images, terminal: &Terminal) -> (Exit, Vec<(String, Image)>) {
    let (mut exit, mut ready) = (Exit::Success, Vec::new());
    let mut seen = BTreeSet::new();
    for Needed { suite, settings, references } in needed {
        for reference in references {
            match images.get(suite, settings, reference) {
                Ok(prepared) => {
                    terminal.show(&format!("{reference} {}\n", prepared.name));
                    if seen.insert(reference) {
                        ready.push((reference.clone(), prepared.image.clone()));
                    }
                }
                Err(_) => exit = exit.and(Exit::Engine),
            }
        }
    }
    (exit, ready)
}

/// The images that the names select, of every Promise those that its containers name.
fn needed<'a>(suite: &'a Suite, names: &[String]) -> Result<Vec<Needed<'a>>, NoMatch> {
    for name in names {
        if !suite.references().any(|reference| reference.contains(name.as_str())) {
            let known: Vec<&str> = suite.references().collect();
            return Err(NoMatch(format!("no image matches {name}; there are: {}", known.join(", "))));
        }
    }
    let is_meant =
        |reference: &&str| names.is_empty() || names.iter().any(|name| reference.contains(name.as_str()));
    let of = |promise: &'a PromiseSuite| {
        let references: BTreeSet<String> = promise.references().filter(is_meant).map(str::to_owned).collect();
        Needed { suite: promise, settings: &promise.settings, references }
    };
    Ok(suite.promises.iter().map(of).collect())
}
