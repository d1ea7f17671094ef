//! What there is to build: every image once, whichever Promises share it, after those that it builds on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{ImageOptions, Needed};
use crate::image::{self, Base, PlanError, Planned, Recipe, Source};
use crate::suite::PromiseSuite;

/// An image to build.
#[derive(Debug)]
pub(super) struct Order {
    /// What it is called, by the first who needs it.
    pub(super) reference: String,
    pub(super) recipe: Recipe,
    /// `os/arch`; empty for the engine's own.
    pub(super) platform: String,
    /// The bases that are built here too, by their place in the list of orders.
    pub(super) bases: Vec<(Base, usize)>,
}

/// Where the image comes from that a container names.
#[derive(Debug)]
pub(super) enum Origin {
    /// It is built, by this order.
    Order(usize),
    AsItIs {
        image: String,
        platform: String,
    },
    Unknown(PlanError),
}

/// All that is built, each after its bases, and where each image that is needed comes from.
#[derive(Debug, Default)]
pub(super) struct Orders {
    pub(super) all: Vec<Order>,
    pub(super) origins: BTreeMap<(PathBuf, String), Origin>,
}

impl Orders {
    pub(super) fn of(
        plans: &[(&PromiseSuite, Vec<Planned>)],
        needed: &[Needed<'_>],
        options: &ImageOptions,
    ) -> Self {
        let mut orders = Self::default();
        for ((suite, plan), (_, references)) in plans.iter().zip(needed) {
            let platform = suite.settings.platform();
            let placing = Placing { suite, platform, plans, options };
            for planned in plan.iter().filter(|planned| references.contains(&planned.reference)) {
                let origin = match &planned.source {
                    Ok(Source::Use { image, .. }) => {
                        Origin::AsItIs { image: image.clone(), platform: platform.to_owned() }
                    }
                    Ok(Source::Build(recipe)) => {
                        let placed = orders.place(&placing, &planned.reference, recipe, &mut Vec::new());
                        placed.map_or_else(Origin::Unknown, Origin::Order)
                    }
                    Err(error) => Origin::Unknown(error.clone()),
                };
                orders.origins.insert((suite.file.folder.clone(), planned.reference.clone()), origin);
            }
        }
        orders
    }

    /// Whether any Dockerfile has a use for a build argument.
    pub(super) fn declare(&self, argument: &str) -> bool {
        self.all.iter().any(|order| order.recipe.declares(argument))
    }

    /// The place of an order, which is put behind those of its bases. `above` are the images that wait for it.
    fn place(
        &mut self,
        placing: &Placing<'_>,
        reference: &str,
        recipe: &Recipe,
        above: &mut Vec<String>,
    ) -> Result<usize, PlanError> {
        let recipe = placing.with_arguments(recipe);
        let platform = placing.platform;
        if let Some(at) = self.all.iter().position(|order| order.makes(&recipe, platform)) {
            return Ok(at);
        }
        if above.iter().any(|image| image::same(image, reference)) {
            return Err(PlanError::Circle { images: above.clone() });
        }
        above.push(reference.to_owned());
        let mut bases = Vec::new();
        for base in recipe.bases() {
            // An image may well build on what the registry has under its own name.
            if !image::same(&base.image, reference)
                && let Some((suite, recipe)) = placing.builds(&base.image)
            {
                let placing = Placing { suite, ..*placing };
                bases.push((base.clone(), self.place(&placing, &base.image, recipe, above)?));
            }
        }
        above.pop();
        let (reference, platform) = (reference.to_owned(), platform.to_owned());
        self.all.push(Order { reference, recipe, platform, bases });
        Ok(self.all.len() - 1)
    }
}

impl Order {
    /// Whether this makes the same image, whatever it was found by.
    fn makes(&self, recipe: &Recipe, platform: &str) -> bool {
        let same_files = self.recipe.dockerfile == recipe.dockerfile && self.recipe.context == recipe.context;
        let same_build = self.recipe.target == recipe.target && self.recipe.args == recipe.args;
        same_files && same_build && self.recipe.tests == recipe.tests && self.platform == platform
    }
}

/// What an order is placed by.
#[derive(Clone, Copy)]
struct Placing<'a> {
    suite: &'a PromiseSuite,
    /// Of the image that is needed in the end, whoever builds what it builds on.
    platform: &'a str,
    plans: &'a [(&'a PromiseSuite, Vec<Planned>)],
    options: &'a ImageOptions,
}

impl<'a> Placing<'a> {
    fn with_arguments(&self, recipe: &Recipe) -> Recipe {
        let mut with = recipe.clone();
        let given = self.options.args.iter().filter(|(name, _)| recipe.declares(name));
        with.args.extend(given.map(|(name, value)| (name.clone(), value.clone())));
        with
    }

    /// How an image is built that another one builds on: by the same Promise, or else by another of the repository.
    fn builds(&self, image: &str) -> Option<(&'a PromiseSuite, &'a Recipe)> {
        let ours = |(suite, _): &&(&PromiseSuite, _)| suite.file.folder == self.suite.file.folder;
        let theirs = |(suite, _): &&(&PromiseSuite, _)| {
            suite.file.root == self.suite.file.root && suite.file.folder != self.suite.file.folder
        };
        let plans = self.plans.iter().filter(ours).chain(self.plans.iter().filter(theirs));
        let mut planned = plans.flat_map(|(suite, plan)| plan.iter().map(move |planned| (*suite, planned)));
        planned.find_map(|(suite, planned)| match &planned.source {
            Ok(Source::Build(recipe)) if image::same(&planned.reference, image) => Some((suite, recipe)),
            _ => None,
        })
    }
}
