//! The images that the tests need: each built, found or pulled once, several at a time.

mod build;
mod orders;
mod plan;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared, join_all};

use self::build::Builder;
use self::orders::{Orders, Origin};
pub(crate) use self::plan::Repositories;
pub(crate) use self::sources::Sources;
use crate::engine::{Cache, Engine, Image, Secret};
use crate::image::{Base, Overrides, Planned};
use crate::outcome::{Event, Trouble};
use crate::runner::Results;
use crate::suite::PromiseSuite;
use crate::suite::settings::Settings;

/// What the command line says about images.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImageOptions {
    /// Before what the settings say.
    pub(crate) overrides: Overrides,
    /// Use the references as they are.
    pub(crate) no_build: bool,
    /// Build what has not changed, too, and from no cache.
    pub(crate) rebuild: bool,
    /// Ask the registries for newer base images.
    pub(crate) pull: bool,
    /// Build arguments, for every Dockerfile that declares them.
    pub(crate) args: BTreeMap<String, String>,
    /// What `RUN --mount=type=secret` may read.
    pub(crate) secrets: Vec<Secret>,
    pub(crate) cache_from: Vec<Cache>,
    pub(crate) cache_to: Vec<Cache>,
    /// References that name what was built for them from then on, whatever they named before.
    pub(crate) renamed: BTreeSet<String>,
}

/// An image that a container can be started with.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) image: Image,
    /// What the engine calls it.
    pub(crate) name: String,
    /// A digest of the files that it is built from, which needs no engine; of one that is used as it is, its name.
    pub(crate) sources: String,
}

/// Images that are needed of a Promise, made as some settings say.
#[derive(Debug)]
pub(crate) struct Needed<'a> {
    pub(crate) suite: &'a PromiseSuite,
    pub(crate) settings: &'a Settings,
    pub(crate) references: BTreeSet<String>,
}

/// The images of a run.
#[derive(Debug, Default)]
pub(crate) struct Images {
    /// Of which Promise, and by which settings.
    whose: Vec<(PathBuf, Settings)>,
    /// By the place there, and the reference.
    prepared: BTreeMap<(usize, String), Result<Prepared, Trouble>>,
}

impl Images {
    /// The image that a container names, for a test with these settings.
    pub(crate) fn get(
        &self,
        suite: &PromiseSuite,
        settings: &Settings,
        reference: &str,
    ) -> Result<&Prepared, Trouble> {
        let mut whose = self.whose.iter();
        let at =
            whose.position(|(folder, made)| *folder == suite.file.folder && made.makes_images_like(settings));
        match at.and_then(|at| self.prepared.get(&(at, reference.to_owned()))) {
            Some(Ok(prepared)) => Ok(prepared),
            Some(Err(trouble)) => Err(trouble.clone()),
            None => Err(Trouble {
                message: format!("image {reference} was not prepared"),
                hint: None,
                told: false,
            }),
        }
    }
}

type Preparing<'a> = Shared<LocalBoxFuture<'a, Result<Prepared, Trouble>>>;

/// Prepares the images that are needed, of each Promise those that are named.
pub(crate) async fn prepare<E: Engine>(
    engine: &E,
    needed: &[Needed<'_>],
    options: &ImageOptions,
    results: &BTreeMap<PathBuf, Results>,
    on_event: &dyn Fn(Event<'_>),
) -> Images {
    let repositories = Repositories::of(needed.iter().map(|needed| needed.suite));
    let plan = |needed: &Needed<'_>| repositories.plan(needed.suite, needed.settings, options);
    let plans: Vec<Vec<Planned>> = needed.iter().map(plan).collect();
    let orders = Orders::of(needed, &plans, options);
    let builder = Builder::new(engine, options, results, on_event);
    let mut built: Vec<Preparing<'_>> = Vec::new();
    for order in &orders.all {
        // Those that it waits for come before it.
        let base =
            |(base, origin): &'_ (Base, Origin)| (base.clone(), builder.start(&base.image, origin, &built));
        let bases = order.bases.iter().map(base).collect();
        built.push(builder.order(order, bases).boxed_local().shared());
    }
    let wanted = orders.origins.iter().map(|(key, origin)| {
        let preparing = builder.start(&key.1, origin, &built);
        async move { (key.clone(), preparing.await) }
    });
    let prepared = join_all(wanted).await.into_iter().collect();
    for name in options.args.keys().filter(|name| !orders.declare(name)) {
        on_event(Event::ImageWarning {
            message: &format!("no Dockerfile has an ARG {name}: --build-arg {name} changes nothing"),
        });
    }
    let whose = needed.iter().map(|needed| (needed.suite.file.folder.clone(), needed.settings.clone()));
    Images { whose: whose.collect(), prepared }
}

/// What a test says whose image was already complained about.
fn told(reference: &str) -> Trouble {
    Trouble { message: format!("image {reference} is not available"), hint: None, told: true }
}
