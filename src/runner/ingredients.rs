//! What a test is run with, as digests, so that what has changed since a run can be told without running anything.
//!
//! Values that the settings take from our environment are no part of it: results that are shown to others would tell
//! whoever guesses them that the guess is right, and another machine has others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::images::{ImageOptions, Images, Sources};
use super::summaries::{STATUS, WORK};
use super::test::Plan;
use super::{Job, Subject, needed};
use crate::image::{Override, Overrides};
use crate::suite::expectation::{Expectation, FOLDERS};
use crate::suite::settings::Settings;
use crate::tree::digest::Digest;

/// What it is called in `files`.
const EXPECTATION: &str = "its expectation";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ingredients {
    /// What is read of the author's files, and its digest.
    files: BTreeMap<String, String>,
    /// By reference.
    images: BTreeMap<String, KeptImage>,
    pub(super) given: Given,
}

/// An image as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptImage {
    name: String,
    id: String,
    sources: String,
}

/// What the command line said about images.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    no_build: bool,
    overrides: BTreeMap<String, String>,
}

impl Ingredients {
    pub(super) fn of(job: &Job<'_>, plan: &Plan<'_>, images: &Images, options: &ImageOptions) -> Self {
        let kept = |reference: &String| {
            let prepared = images.get(job.suite, plan.settings, reference).ok()?;
            let (name, id) = (prepared.name.clone(), prepared.image.id.clone());
            Some((reference.clone(), KeptImage { name, id, sources: prepared.sources.clone() }))
        };
        Self {
            files: files(job, plan),
            images: references(job).iter().filter_map(kept).collect(),
            given: Given::of(options),
        }
    }

    /// The expectation is another one now.
    pub(super) fn expect(&mut self, expectation: &Expectation) {
        self.files.insert(EXPECTATION.to_owned(), expected(expectation));
    }

    /// What has changed since, in words.
    pub(super) fn changed(&self, job: &Job<'_>, plan: &Plan<'_>, sources: &Sources) -> Vec<String> {
        let now = files(job, plan);
        let names: BTreeSet<&String> = now.keys().chain(self.files.keys()).collect();
        let files = names.into_iter().filter(|name| now.get(*name) != self.files.get(*name)).cloned();
        let is_other = |(reference, image): &(&String, &KeptImage)| {
            sources.get(job.suite, plan.settings, reference) != Some(image.sources.as_str())
        };
        let images = self.images.iter().filter(is_other);
        files.chain(images.map(|(reference, _)| format!("what {reference} is built from"))).collect()
    }
}

impl Given {
    fn of(options: &ImageOptions) -> Self {
        let say = |given: &Override| match given {
            Override::Build { context, .. } => {
                context.as_ref().map(|context| context.display().to_string()).unwrap_or_default()
            }
            Override::Pull => "pull".to_owned(),
            Override::Image(image) => image.clone(),
        };
        let overrides = options.overrides.iter();
        Self {
            no_build: options.no_build,
            overrides: overrides.map(|(reference, given)| (reference.clone(), say(given))).collect(),
        }
    }

    /// The same for the runner. Paths are absolute, and so begin with a slash.
    pub(super) fn options(&self) -> ImageOptions {
        let mut overrides = Overrides::new();
        for (reference, given) in &self.overrides {
            let given = match given.as_str() {
                "pull" => Override::Pull,
                path if path.starts_with('/') => Override::Build {
                    context: Some(PathBuf::from(path)),
                    dockerfile: None,
                    target: String::new(),
                    args: BTreeMap::new(),
                },
                image => Override::Image(image.to_owned()),
            };
            overrides.insert(reference.clone(), given);
        }
        ImageOptions { overrides, no_build: self.no_build, ..ImageOptions::default() }
    }
}

fn references(job: &Job<'_>) -> BTreeSet<String> {
    needed(std::slice::from_ref(job)).into_iter().flat_map(|needed| needed.references).collect()
}

fn files(job: &Job<'_>, plan: &Plan<'_>) -> BTreeMap<String, String> {
    let file = &job.suite.file;
    let folder = match &job.subject {
        Subject::Test(test) => &test.folder,
        Subject::Broken(_) | Subject::Example { .. } | Subject::AsGiven { .. } => &file.folder,
    };
    let settings = Settings::files(&file.root, folder);
    let cluster = plan.settings.objects().iter().map(PathBuf::as_path);
    let cluster = cluster.chain(plan.settings.kratix_config()).chain(plan.settings.destinations());
    let before = FOLDERS.map(|name| plan.before.join(name));
    let mut promise = Digest::default();
    promise.part(&file.source.bytes);
    [
        ("the Promise", promise.finish()),
        ("the request", digest(plan.request.iter().map(PathBuf::as_path))),
        ("the settings", digest(settings.iter().map(PathBuf::as_path))),
        ("what the settings say of the cluster", digest(cluster)),
        ("what is there before", digest(before.iter().map(PathBuf::as_path))),
        (EXPECTATION, expected(&plan.expectation)),
    ]
    .map(|(name, digest)| (name.to_owned(), digest))
    .into()
}

fn expected(expectation: &Expectation) -> String {
    let folder = expectation.folder();
    let names = FOLDERS.into_iter().chain(["pipelines", STATUS, WORK, "exitcode"]);
    let paths: Vec<PathBuf> = names.map(|name| folder.join(name)).collect();
    digest(paths.iter().map(PathBuf::as_path))
}

fn digest<'p>(paths: impl Iterator<Item = &'p Path>) -> String {
    let mut digest = Digest::default();
    paths.for_each(|path| digest.path(path));
    digest.finish()
}
