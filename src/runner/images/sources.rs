//! What images are built from, as a digest that needs no engine: whether it has changed since a run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::orders::{Order, Orders, Origin};
use super::{ImageOptions, Needed, Repositories};
use crate::image::{self, Planned};
use crate::suite::PromiseSuite;
use crate::suite::settings::Settings;
use crate::tree::digest::Digest;

/// What the images of tests would be built from now.
#[derive(Debug)]
pub(crate) struct Sources {
    /// Of which Promise, and by which settings.
    whose: Vec<(PathBuf, Settings)>,
    /// By the place there, and the reference.
    sources: BTreeMap<(usize, String), String>,
}

impl Sources {
    /// Reads every file of every build context that is needed.
    pub(crate) fn of(needed: &[Needed<'_>], options: &ImageOptions) -> Self {
        let repositories = Repositories::of(needed.iter().map(|needed| needed.suite));
        let plan = |needed: &Needed<'_>| repositories.plan(needed.suite, needed.settings, options);
        let plans: Vec<Vec<Planned>> = needed.iter().map(plan).collect();
        let orders = Orders::of(needed, &plans, options);
        let mut made: Vec<Option<String>> = Vec::new();
        for order in &orders.all {
            // Those that it builds on come before it.
            made.push(of_order(order, &made));
        }
        let sources = orders.origins.iter();
        let sources = sources.filter_map(|(key, origin)| Some((key.clone(), of_origin(origin, &made)?)));
        let whose = needed.iter().map(|needed| (needed.suite.file.folder.clone(), needed.settings.clone()));
        Self { sources: sources.collect(), whose: whose.collect() }
    }

    /// Those of the image that a container names; nothing if it could not be built.
    pub(crate) fn get(&self, suite: &PromiseSuite, settings: &Settings, reference: &str) -> Option<&str> {
        let mut whose = self.whose.iter();
        let at = whose
            .position(|(folder, made)| *folder == suite.file.folder && made.makes_images_like(settings))?;
        self.sources.get(&(at, reference.to_owned())).map(String::as_str)
    }
}

fn of_origin(origin: &Origin, made: &[Option<String>]) -> Option<String> {
    match origin {
        Origin::Order(at) => made.get(*at)?.clone(),
        Origin::AsItIs { image, .. } => Some(as_it_is(image)),
        Origin::Unknown(_) => None,
    }
}

fn of_order(order: &Order, made: &[Option<String>]) -> Option<String> {
    let own = image::pack(&order.recipe).ok()?.digest().ok()?.portable;
    let mut bases = Vec::new();
    for (base, origin) in &order.bases {
        bases.push((base.image.as_str(), of_origin(origin, made)?));
    }
    Some(built(order, &own, bases.iter().map(|(image, sources)| (*image, sources.as_str()))))
}

/// Of an image that is built: its Dockerfile and context, its stage, its platform, and what it builds on that is built
/// here, too. Not its arguments: those of the settings are part of the settings, others may be secret.
pub(super) fn built<'b>(order: &Order, own: &str, bases: impl Iterator<Item = (&'b str, &'b str)>) -> String {
    let mut digest = Digest::default();
    for text in [own, &order.recipe.target, &order.platform] {
        digest.part(text.as_bytes());
    }
    for (image, sources) in bases {
        digest.part(image.as_bytes());
        digest.part(sources.as_bytes());
    }
    digest.finish()
}

/// Of an image that is used as it is.
pub(super) fn as_it_is(image: &str) -> String {
    format!("as it is: {image}")
}
