//! Where the images of Promises come from, by the settings, the command line and the rules.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::ImageOptions;
use crate::image::{self, ImageUse, Override, Overrides, Planned, Repository, Rule, Source};
use crate::kratix::{Promise, Workflow};
use crate::suite::PromiseSuite;
use crate::suite::settings::{ImageSetting, Settings};

/// The repositories that Promises lie in, each looked at once.
pub(crate) struct Repositories(BTreeMap<PathBuf, Repository>);

impl Repositories {
    pub(crate) fn of<'a>(suites: impl IntoIterator<Item = &'a PromiseSuite>) -> Self {
        let root = |suite: &PromiseSuite| (suite.file.root.clone(), Repository::new(&suite.file.root));
        Self(suites.into_iter().map(root).collect())
    }

    /// Where every image of a Promise comes from, by its own settings or a test's.
    pub(crate) fn plan(
        &self,
        suite: &PromiseSuite,
        settings: &Settings,
        options: &ImageOptions,
    ) -> Vec<Planned> {
        let Some(repository) = self.0.get(&suite.file.root) else { return Vec::new() };
        let home = repository.home(&suite.file.folder, &suite.promise.name);
        let mut overrides = overrides(settings);
        overrides.extend(options.overrides.clone());
        let mut planned = image::plan(&home, &uses(&suite.promise), &suite.stand_ins(), &overrides);
        if options.no_build {
            for image in &mut planned {
                use_as_it_is(image);
            }
        }
        planned
    }
}

/// Whatever would build it.
fn use_as_it_is(planned: &mut Planned) {
    if !matches!(planned.source, Ok(Source::Use { .. })) {
        planned.source = Ok(Source::Use { image: planned.reference.clone(), rule: Rule::AsItIs });
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
