//! The images that the tests need: each built, found or pulled once, all of them at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use futures_util::future::join_all;

use crate::engine::{Build, Engine, EngineError, Image};
use crate::image::{self, ImageUse, Override, Overrides, Planned, Recipe, Repository, Source};
use crate::kratix::{Promise, Workflow};
use crate::outcome::{Event, Trouble};
use crate::suite::PromiseSuite;
use crate::suite::settings::{ImageSetting, Settings};

/// The lines of a failed build's log that are shown.
const LOG_LINES: usize = 100;

/// The images of a run, by Promise and reference.
#[derive(Debug, Default)]
pub(super) struct Images {
    prepared: BTreeMap<(PathBuf, String), Result<Image, Trouble>>,
}

impl Images {
    /// The image that a container of a Promise names.
    pub(super) fn get(&self, promise: &Path, reference: &str) -> Result<&Image, Trouble> {
        match self.prepared.get(&(promise.to_owned(), reference.to_owned())) {
            Some(Ok(image)) => Ok(image),
            Some(Err(trouble)) => Err(trouble.clone()),
            None => Err(Trouble {
                message: format!("image {reference} was not prepared"),
                hint: None,
                told: false,
            }),
        }
    }
}

/// The repositories that Promises lie in, each looked at once.
pub(crate) struct Repositories(BTreeMap<PathBuf, Repository>);

impl Repositories {
    pub(crate) fn of<'a>(suites: impl IntoIterator<Item = &'a PromiseSuite>) -> Self {
        let root = |suite: &PromiseSuite| (suite.file.root.clone(), Repository::new(&suite.file.root));
        Self(suites.into_iter().map(root).collect())
    }

    /// Where every image of a Promise comes from.
    pub(crate) fn plan(&self, suite: &PromiseSuite) -> Vec<Planned> {
        let Some(repository) = self.0.get(&suite.file.root) else { return Vec::new() };
        let home = repository.home(&suite.file.folder, &suite.promise.name);
        image::plan(&home, &uses(&suite.promise), &suite.stand_ins(), &overrides(&suite.settings))
    }
}

/// Every container of every pipeline, with the image that it names.
fn uses(promise: &Promise) -> Vec<ImageUse> {
    let of = |workflow: Workflow| {
        promise.pipelines(workflow).iter().flat_map(move |pipeline| {
            pipeline.containers.iter().map(move |container| ImageUse {
                reference: container.image.clone(),
                workflow: workflow.kind.to_string(),
                action: workflow.action.to_string(),
                pipeline: pipeline.name.clone(),
                container: container.name.clone(),
            })
        })
    };
    Workflow::ALL.into_iter().flat_map(of).collect()
}

fn overrides(settings: &Settings) -> Overrides {
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let say = |setting: &ImageSetting| match setting {
        ImageSetting::Named(name) if name == "pull" => Override::Pull,
        ImageSetting::Named(name) => Override::Image(name.clone()),
        ImageSetting::Built(built) => Override::Build {
            context: built.context.as_ref().map(absolute),
            dockerfile: built.dockerfile.as_ref().map(absolute),
            target: built.target.clone(),
            args: built.args.clone(),
        },
    };
    settings.images().map(|(reference, setting)| (reference.to_owned(), say(setting))).collect()
}

/// Prepares the images that are needed, of each Promise those that are named.
pub(super) async fn prepare<E: Engine>(
    engine: &E,
    needed: &[(&PromiseSuite, BTreeSet<String>)],
    on_event: &dyn Fn(Event<'_>),
) -> Images {
    let one = |suite: &PromiseSuite, planned: Planned| {
        let key = (suite.file.folder.clone(), planned.reference.clone());
        async move { (key, prepare_one(engine, &planned, on_event).await) }
    };
    let repositories = Repositories::of(needed.iter().map(|(suite, _)| *suite));
    let wanted = needed.iter().flat_map(|(suite, references)| {
        let planned =
            repositories.plan(suite).into_iter().filter(|planned| references.contains(&planned.reference));
        planned.map(|planned| one(suite, planned)).collect::<Vec<_>>()
    });
    Images { prepared: join_all(wanted).await.into_iter().collect() }
}

async fn prepare_one<E: Engine>(
    engine: &E,
    planned: &Planned,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Image, Trouble> {
    let reference = planned.reference.as_str();
    match &planned.source {
        Ok(Source::Build(recipe)) => build(engine, reference, recipe, on_event).await,
        Ok(Source::Use { image, .. }) => take(engine, reference, image, on_event).await,
        Err(error) => {
            let (message, hint) = (error.to_string(), error.hint());
            on_event(Event::ImageFailed {
                reference,
                message: &message,
                at: None,
                hint: Some(&hint),
                log: &[],
            });
            Err(told(reference))
        }
    }
}

async fn build<E: Engine>(
    engine: &E,
    reference: &str,
    recipe: &Recipe,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Image, Trouble> {
    on_event(Event::ImageStarted { reference, how: "Building" });
    let start = Instant::now();
    let packed = match image::pack(recipe) {
        Ok(packed) => packed,
        Err(error) => {
            let message = format!("image {reference} cannot be built: {error}");
            on_event(Event::ImageFailed {
                reference,
                message: &message,
                at: None,
                hint: error.hint(),
                log: &[],
            });
            return Err(told(reference));
        }
    };
    for message in &packed.warnings {
        on_event(Event::ImageWarning { message });
    }
    let hash = match packed.digest() {
        Ok(hash) => hash,
        Err(error) => {
            let message = format!("image {reference} cannot be built: {error}");
            on_event(Event::ImageFailed {
                reference,
                message: &message,
                at: None,
                hint: error.hint(),
                log: &[],
            });
            return Err(told(reference));
        }
    };
    // The name is ours, so that no image of the author's is replaced.
    let tag = format!("kratix-test/{}:{}", image::slug(reference), &hash[..12]);
    let order = Build { args: &recipe.args, target: &recipe.target, ..Build::new(packed.context, &tag) };
    let mut log = Vec::new();
    let built = engine
        .build(order, &mut |line| {
            on_event(Event::ImageLine { reference, line });
            log.push(line.to_owned());
        })
        .await;
    match built {
        Ok(image) => {
            on_event(Event::ImageFinished { reference, how: "Built", elapsed: start.elapsed() });
            Ok(image)
        }
        Err(EngineError::BuildFailed { failure, .. }) => {
            let message = format!("image {reference} does not build: {failure}");
            let at = failure.instruction.as_ref().map(|found| (recipe.dockerfile.as_path(), found));
            // What the failing instruction printed, and of what failed before any, everything.
            let log = if at.is_some() { &failure.log } else { &log };
            let shown = &log[log.len().saturating_sub(LOG_LINES)..];
            on_event(Event::ImageFailed {
                reference,
                message: &message,
                at,
                hint: failure.hint.as_deref(),
                log: shown,
            });
            Err(told(reference))
        }
        Err(error) => {
            let message = error.to_string();
            let shown = &log[log.len().saturating_sub(LOG_LINES)..];
            on_event(Event::ImageFailed { reference, message: &message, at: None, hint: None, log: shown });
            Err(told(reference))
        }
    }
}

/// An image that is used as it is: the engine's own, else its registry's.
async fn take<E: Engine>(
    engine: &E,
    reference: &str,
    image: &str,
    on_event: &dyn Fn(Event<'_>),
) -> Result<Image, Trouble> {
    let taken = async {
        if let Some(image) = engine.image(image).await? {
            return Ok(image);
        }
        on_event(Event::ImageStarted { reference, how: "Pulling" });
        let start = Instant::now();
        let pulled = engine.pull(image, "").await?;
        on_event(Event::ImageFinished { reference, how: "Pulled", elapsed: start.elapsed() });
        Ok(pulled)
    };
    taken.await.map_err(|error: EngineError| {
        let hint = "no Dockerfile for it was found: build it first, or say under `images:` in kratix-test.yaml \
                    where it is built";
        let message = error.to_string();
        on_event(Event::ImageFailed { reference, message: &message, at: None, hint: Some(hint), log: &[] });
        told(reference)
    })
}

/// What a test says whose image was already complained about.
fn told(reference: &str) -> Trouble {
    Trouble { message: format!("image {reference} is not available"), hint: None, told: true }
}
