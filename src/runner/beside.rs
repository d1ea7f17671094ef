//! Tests beside a Dockerfile, which are for the container whose image it builds.

use std::collections::BTreeSet;
use std::path::Path;

use super::images::{ImageOptions, Repositories};
use crate::diagnostic::SourceError;
use crate::image::{Planned, Source};
use crate::kratix::{Target, Workflow, WorkflowAction, WorkflowType};
use crate::suite::discovery::{discover_beside, sort};
use crate::suite::takeover::Beside;
use crate::suite::{PromiseSuite, Suite};

/// Adds them to the tests of every Promise.
pub(crate) fn add(suite: &mut Suite) -> Result<(), SourceError> {
    let repositories = Repositories::of(&suite.promises);
    for promise in &mut suite.promises {
        let planned = repositories.plan(promise, &promise.settings, &ImageOptions::default());
        add_to(promise, &planned)?;
    }
    Ok(())
}

/// The folders whose Dockerfiles build images of a Promise.
pub(crate) fn folders(promise: &PromiseSuite) -> Vec<Beside> {
    let repositories = Repositories::of([promise]);
    let planned = repositories.plan(promise, &promise.settings, &ImageOptions::default());
    let beside = |planned: Planned| match planned.source {
        Ok(Source::Build(recipe)) => {
            Some(Beside { folder: recipe.dockerfile.parent()?.to_owned(), image: planned.reference })
        }
        _ => None,
    };
    planned.into_iter().filter_map(beside).collect()
}

fn add_to(promise: &mut PromiseSuite, planned: &[Planned]) -> Result<(), SourceError> {
    let real = std::fs::canonicalize(&promise.file.folder).unwrap_or_else(|_| promise.file.folder.clone());
    let mut seen = BTreeSet::new();
    for image in planned {
        let Ok(Source::Build(recipe)) = &image.source else { continue };
        let Some(folder) = recipe.dockerfile.parent().filter(|folder| **folder != real) else { continue };
        // As the user would write it.
        let folder = folder
            .strip_prefix(&real)
            .map_or_else(|_| folder.to_owned(), |below| promise.file.folder.join(below));
        if !seen.insert(folder.clone()) {
            continue;
        }
        let found = discover_beside(&folder, target(promise, &image.reference, &folder), promise);
        promise.has_tests |= !found.is_empty();
        promise.tests.extend(found);
    }
    sort(&mut promise.tests)
}

/// The container that an image is for: of several, the one of resource/configure.
fn target(promise: &PromiseSuite, reference: &str, folder: &Path) -> Result<Target, String> {
    let usual = Workflow::new(WorkflowType::Resource, WorkflowAction::Configure);
    let uses = |workflow: Workflow| -> Vec<Target> {
        let pipelines = promise.promise.pipelines(workflow).iter();
        let stages =
            pipelines.flat_map(|pipeline| pipeline.containers.iter().map(move |stage| (pipeline, stage)));
        stages
            .filter(|(_, stage)| stage.image == reference)
            .map(|(pipeline, stage)| Target {
                workflow,
                pipeline: Some(pipeline.name.clone()),
                stage: Some(stage.name.clone()),
            })
            .collect()
    };
    let all: Vec<Target> = Workflow::ALL.into_iter().flat_map(uses).collect();
    for candidates in [&all, &uses(usual)] {
        if let [only] = candidates.as_slice() {
            return Ok(only.clone());
        }
    }
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    Err(format!("several containers use the image that {} builds: {}", folder.display(), names.join(", ")))
}
