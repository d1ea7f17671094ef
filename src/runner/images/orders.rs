//! What there is to build: every image once, whichever Promises share it, after those that it builds on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{ImageOptions, Needed};
use crate::image::{self, Base, PlanError, Planned, Recipe, Source};

/// An image to build.
#[derive(Debug)]
pub(super) struct Order {
    /// What it is called, by the first who needs it.
    pub(super) reference: String,
    /// The folder of the first Promise that needs it.
    pub(super) folder: PathBuf,
    pub(super) recipe: Recipe,
    /// `os/arch`; empty for the engine's own.
    pub(super) platform: String,
    /// The bases that are built here too, or for which another image stands in.
    pub(super) bases: Vec<(Base, Origin)>,
}

/// Where an image comes from.
#[derive(Debug)]
pub(super) enum Origin {
    /// It is built, by the order at this place in the list.
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
    /// By who needs it, and the reference.
    pub(super) origins: BTreeMap<(usize, String), Origin>,
}

impl Orders {
    pub(super) fn of(needed: &[Needed<'_>], plans: &[Vec<Planned>], options: &ImageOptions) -> Self {
        let mut orders = Self::default();
        for (whose, needs) in needed.iter().enumerate() {
            let placing = Placing { whose, needed, plans, options };
            let is_needed = |planned: &&Planned| needs.references.contains(&planned.reference);
            for planned in plans[whose].iter().filter(is_needed) {
                let origin = orders.origin(&placing, planned);
                orders.origins.insert((whose, planned.reference.clone()), origin);
            }
        }
        orders
    }

    fn origin(&mut self, placing: &Placing<'_>, planned: &Planned) -> Origin {
        match &planned.source {
            Ok(Source::Use { image, .. }) => {
                Origin::AsItIs { image: image.clone(), platform: placing.platform().to_owned() }
            }
            Ok(Source::Build(recipe)) => {
                let placed = self.place(placing, &planned.reference, recipe, &mut Vec::new());
                placed.map_or_else(Origin::Unknown, Origin::Order)
            }
            Err(error) => Origin::Unknown(error.clone()),
        }
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
        let platform = placing.platform();
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
                && let Some(source) = placing.source(&base.image)
            {
                let origin = match source {
                    Ok(Source::Build(recipe)) => {
                        Origin::Order(self.place(placing, &base.image, recipe, above)?)
                    }
                    Ok(Source::Use { image, .. }) if *image == base.image => continue,
                    Ok(Source::Use { image, .. }) => {
                        Origin::AsItIs { image: image.clone(), platform: platform.to_owned() }
                    }
                    Err(error) => return Err(error.clone()),
                };
                bases.push((base.clone(), origin));
            }
        }
        above.pop();
        let (reference, platform) = (reference.to_owned(), platform.to_owned());
        let folder = placing.needed[placing.whose].suite.file.folder.clone();
        self.all.push(Order { reference, folder, recipe, platform, bases });
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
struct Placing<'a> {
    /// Who needs the image in the end.
    whose: usize,
    needed: &'a [Needed<'a>],
    plans: &'a [Vec<Planned>],
    options: &'a ImageOptions,
}

impl<'a> Placing<'a> {
    fn platform(&self) -> &str {
        self.needed[self.whose].settings.platform()
    }

    fn with_arguments(&self, recipe: &Recipe) -> Recipe {
        let mut with = recipe.clone();
        let given = self.options.args.iter().filter(|(name, _)| recipe.declares(name));
        with.args.extend(given.map(|(name, value)| (name.clone(), value.clone())));
        with
    }

    /// Where an image comes from that another one builds on: as the same Promise has it, or else another of the
    /// repository.
    fn source(&self, image: &str) -> Option<&'a Result<Source, PlanError>> {
        let root = |whose: usize| &self.needed[whose].suite.file.root;
        let others = (0..self.needed.len()).filter(|other| *other != self.whose);
        let near = others.filter(|other| root(*other) == root(self.whose));
        let mut planned = std::iter::once(self.whose).chain(near).flat_map(|whose| &self.plans[whose]);
        planned.find(|planned| image::same(&planned.reference, image)).map(|planned| &planned.source)
    }
}
