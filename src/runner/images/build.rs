//! Building one image, unless the engine has it already.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use futures_util::FutureExt as _;
use tokio::sync::Semaphore;

use super::orders::{Order, Origin};
use super::{ImageOptions, Prepared, Preparing, sources, told};
use crate::engine::{Build, BuildFailure, Engine, EngineError, Image, Secret};
use crate::image::{self, Base, ContextError, Digests, Ingredients, Packed};
use crate::outcome::{Event, Trouble};
use crate::runner::Results;
use crate::secrets::Secrets;
use crate::tree::context::Instruction;

/// The lines of a failed build's log that are shown.
const LOG_LINES: usize = 100;

/// Builds what is ordered.
pub(super) struct Builder<'a, E> {
    engine: &'a E,
    options: &'a ImageOptions,
    /// Where logs are kept, by the folder of a Promise.
    results: &'a BTreeMap<PathBuf, Results>,
    on_event: &'a dyn Fn(Event<'_>),
    /// What no log may show.
    secrets: Secrets,
    /// As many builds at once as the engine has processors: more would only share them.
    slots: Semaphore,
}

/// An image that was built here, and what the Dockerfile calls it that builds on it.
struct Found {
    base: Base,
    prepared: Prepared,
}

impl<'a, E: Engine> Builder<'a, E> {
    pub(super) fn new(
        engine: &'a E,
        options: &'a ImageOptions,
        results: &'a BTreeMap<PathBuf, Results>,
        on_event: &'a dyn Fn(Event<'_>),
    ) -> Self {
        let slots = Semaphore::new(engine.processors().max(2));
        let secrets = Secrets::new(options.secrets.iter().map(Secret::value));
        Self { engine, options, results, on_event, secrets, slots }
    }

    /// Sets about an image, wherever it comes from; `built` are those that are set about already.
    pub(super) fn start(
        &'a self,
        reference: &str,
        origin: &Origin,
        built: &[Preparing<'a>],
    ) -> Preparing<'a> {
        match origin {
            Origin::Order(at) => built[*at].clone(),
            Origin::AsItIs { image, platform } => {
                let (reference, image, platform) = (reference.to_owned(), image.clone(), platform.clone());
                async move { self.take(&reference, &image, &platform).await }.boxed_local().shared()
            }
            Origin::Unknown(error) => {
                let (message, hint) = (&error.to_string(), Some(error.hint()));
                (self.on_event)(Event::ImageFailed {
                    reference,
                    message,
                    at: None,
                    hint: hint.as_deref(),
                    log: &[],
                });
                std::future::ready(Err(told(reference))).boxed_local().shared()
            }
        }
    }

    /// An image that is used as it is: the engine's own, else its registry's.
    async fn take(&self, reference: &str, image: &str, platform: &str) -> Result<Prepared, Trouble> {
        let (name, sources) = (image.to_owned(), sources::as_it_is(image));
        let taken = async {
            if let Some(image) = self.engine.image(image).await? {
                return Ok(Prepared { image, name, sources });
            }
            (self.on_event)(Event::ImageStarted { reference, how: "Pulling" });
            let start = Instant::now();
            let pulled = self.engine.pull(image, platform).await?;
            (self.on_event)(Event::ImageFinished { reference, how: "Pulled", elapsed: start.elapsed() });
            Ok(Prepared { image: pulled, name, sources })
        };
        taken.await.map_err(|error: EngineError| {
            let hint = Some(match self.options.no_build {
                true => "without --no-build it is built here, if a Dockerfile for it is found",
                false => {
                    "no Dockerfile for it was found: build it first, or say under `images:` in \
                          kratix-test.yaml where it is built"
                }
            });
            let message = &error.to_string();
            (self.on_event)(Event::ImageFailed { reference, message, at: None, hint, log: &[] });
            told(reference)
        })
    }

    /// Builds an image once those that it builds on are there.
    pub(super) async fn order(
        &self,
        order: &Order,
        bases: Vec<(Base, Preparing<'_>)>,
    ) -> Result<Prepared, Trouble> {
        let mut built = Vec::new();
        for (base, preparing) in bases {
            let prepared = preparing.await.map_err(|_| {
                let (image, base) = (&order.reference, &base.image);
                let message = format!("image {image} builds on {base}, which is not available");
                Failed { message, ..Failed::default() }.tell(image, self.on_event);
                told(image)
            });
            built.push(Found { base, prepared: prepared? });
        }
        // What is asked of the engine before this is answered at once.
        let _slot = self.slots.acquire().await;
        let ordered = self.build(order, &built).await;
        ordered.map_err(|failed| {
            failed.tell(&order.reference, self.on_event);
            told(&order.reference)
        })
    }

    async fn build(&self, order: &Order, built: &[Found]) -> Result<Prepared, Failed> {
        let Order { reference, recipe, platform, .. } = order;
        let start = Instant::now();
        let (packed, digest) = packed(order, built).await?;
        for message in &packed.warnings {
            (self.on_event)(Event::ImageWarning { message });
        }
        let sources =
            sources_of(order, built, digest.portable).map_err(|error| Failed::context(reference, &error))?;
        let bases = self.bases(order, built).await?;
        let ingredients = Ingredients {
            context: &digest.exact,
            args: &recipe.args,
            target: &recipe.target,
            platform,
            bases: &bases,
        };
        // The name is ours, so that no image of the author's is replaced.
        let tag = ingredients.tag(reference);
        if !self.options.rebuild
            && let Some(image) = self.engine.image(&tag).await.map_err(|error| Failed::engine(&error))?
        {
            (self.on_event)(Event::ImageUnchanged { reference });
            self.rename(&image, reference).await?;
            return Ok(Prepared { image, name: tag, sources });
        }
        (self.on_event)(Event::ImageStarted { reference, how: "Building" });
        let build = Build {
            args: &recipe.args,
            target: &recipe.target,
            platform,
            no_cache: self.options.rebuild,
            secrets: &self.options.secrets,
            cache_from: &self.options.cache_from,
            cache_to: &self.options.cache_to,
            ..Build::new(packed.context, &tag)
        };
        let image = self.run(build, order).await?;
        (self.on_event)(Event::ImageFinished { reference, how: "Built", elapsed: start.elapsed() });
        self.rename(&image, reference).await?;
        Ok(Prepared { image, name: tag, sources })
    }

    /// Has a reference name what was built for it, where that is asked for. A digest names what it names.
    async fn rename(&self, image: &Image, reference: &str) -> Result<(), Failed> {
        if !self.options.renamed.contains(reference) || reference.contains('@') {
            return Ok(());
        }
        self.engine.tag(image, reference).await.map_err(|error| Failed::engine(&error))
    }

    async fn run(&self, build: Build<'_>, order: &Order) -> Result<Image, Failed> {
        let reference = &order.reference;
        let mut log = Vec::new();
        let mut on_line = |line: &str| {
            let line = self.secrets.hide(line);
            (self.on_event)(Event::ImageLine { reference, line: &line });
            log.push(line.into_owned());
        };
        let built = self.engine.build(build, &mut on_line).await;
        let kept =
            self.results.get(&order.folder).and_then(|results| results.keep_build_log(reference, &log));
        built.map_err(|error| {
            let kept = kept.map(|path| format!("all of the log is in {}", path.display()));
            match error {
                EngineError::BuildFailed { mut failure, .. } => {
                    for line in &mut failure.log {
                        *line = self.secrets.hide(line).into_owned();
                    }
                    Failed::build(order, *failure, log, kept)
                }
                other => Failed { hint: kept, log, ..Failed::engine(&other) },
            }
        })
    }

    /// Every image that the Dockerfile takes from, and its id. One that the engine lacks is pulled first, so that the
    /// name of what is built on it can be told; one that cannot be had is the builder's to complain of, which may
    /// well do without it.
    async fn bases(&self, order: &Order, built: &[Found]) -> Result<Vec<(String, String)>, Failed> {
        let mut ids = Vec::new();
        for base in order.recipe.bases() {
            let ours = built.iter().find(|found| found.base == base);
            let id = match ours {
                Some(found) => found.prepared.image.id.clone(),
                None => {
                    self.base(&base.image, &order.platform).await?.map(|image| image.id).unwrap_or_default()
                }
            };
            ids.push((base.image, id));
        }
        Ok(ids)
    }

    async fn base(&self, image: &str, platform: &str) -> Result<Option<Image>, Failed> {
        let present = self.engine.image(image).await.map_err(|error| Failed::engine(&error))?;
        if present.is_some() && !self.options.pull {
            return Ok(present);
        }
        (self.on_event)(Event::ImageStarted { reference: image, how: "Pulling" });
        let start = Instant::now();
        match self.engine.pull(image, platform).await {
            Ok(pulled) => {
                (self.on_event)(Event::ImageFinished {
                    reference: image,
                    how: "Pulled",
                    elapsed: start.elapsed(),
                });
                Ok(Some(pulled))
            }
            Err(error) if present.is_some() => Err(Failed {
                message: format!("--pull: there is no newer {image} to be had: {}", why(&error)),
                hint: Some("without --pull, the image that the engine has is used".to_owned()),
                ..Failed::default()
            }),
            Err(_) => {
                (self.on_event)(Event::ImageGivenUp { reference: image });
                Ok(None)
            }
        }
    }
}

/// Without what does not hold here: that the engine has no such image.
fn why(error: &EngineError) -> String {
    match error {
        EngineError::ImageNotFound { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

/// What is sent, and its digest. All of it is read for that, which nothing else should wait for.
async fn packed(order: &Order, built: &[Found]) -> Result<(Packed, Digests), Failed> {
    let (recipe, replaced) = (order.recipe.clone(), rebased(order, built));
    let packing = tokio::task::spawn_blocking(move || {
        let packed = match replaced {
            Some(text) => image::pack_with(&recipe, &text),
            None => image::pack(&recipe),
        }?;
        let digest = packed.digest()?;
        Ok((packed, digest))
    });
    let packed =
        packing.await.map_err(|stopped| Failed { message: stopped.to_string(), ..Failed::default() })?;
    packed.map_err(|error| Failed::context(&order.reference, &error))
}

/// The Dockerfile with the images that were built here in place of what it builds on.
fn rebased(order: &Order, built: &[Found]) -> Option<String> {
    if built.is_empty() {
        return None;
    }
    // What cannot be read is reported when the context is packed.
    let text = fs::read(&order.recipe.dockerfile).ok()?;
    let replacements: Vec<(&Base, &str)> =
        built.iter().map(|found| (&found.base, found.prepared.name.as_str())).collect();
    Some(image::rebase(&String::from_utf8_lossy(&text), &replacements))
}

/// What it is built from, whatever its bases are called in this engine.
fn sources_of(order: &Order, built: &[Found], context: String) -> Result<String, ContextError> {
    let own = if built.is_empty() { context } else { image::pack(&order.recipe)?.digest()?.portable };
    let bases = built.iter().map(|found| (found.base.image.as_str(), found.prepared.sources.as_str()));
    Ok(sources::built(order, &own, bases))
}

/// Why an image was not built.
#[derive(Default)]
struct Failed {
    message: String,
    /// The Dockerfile and its instruction.
    at: Option<(PathBuf, Instruction)>,
    hint: Option<String>,
    log: Vec<String>,
}

impl Failed {
    fn engine(error: &EngineError) -> Self {
        Self { message: error.to_string(), ..Self::default() }
    }

    fn context(reference: &str, error: &ContextError) -> Self {
        let message = format!("image {reference} cannot be built: {error}");
        Self { message, hint: error.hint().map(str::to_owned), ..Self::default() }
    }

    /// With what the failing instruction printed, or, of what failed before any, everything.
    fn build(order: &Order, failure: BuildFailure, log: Vec<String>, kept: Option<String>) -> Self {
        let message = format!("image {} does not build: {failure}", order.reference);
        let log = if failure.instruction.is_some() { failure.log } else { log };
        let at = failure.instruction.map(|found| (order.recipe.dockerfile.clone(), found));
        Self { message, at, hint: failure.hint.or(kept), log }
    }

    fn tell(&self, reference: &str, on_event: &dyn Fn(Event<'_>)) {
        let Self { message, hint, log, .. } = self;
        let at = self.at.as_ref().map(|(file, instruction)| (file.as_path(), instruction));
        let (hint, log) = (hint.as_deref(), &log[log.len().saturating_sub(LOG_LINES)..]);
        on_event(Event::ImageFailed { reference, message, at, hint, log });
    }
}
