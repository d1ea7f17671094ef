//! What a test of another layout is of: a workflow, a pipeline or a stage.

use std::path::Path;

use super::case::Case;
use super::ground::Ground;
use crate::image;
use crate::kratix::{Container, Target, Workflow, WorkflowType};

/// What a test is of, and a remark on how sure that is.
pub(super) struct Aim {
    /// As settings write it; nothing where it is what is usual.
    pub(super) written: Option<Target>,
    pub(super) kind: WorkflowType,
    pub(super) remark: Option<String>,
}

/// Tells what a test is of: by what its script or its path says, its image, or the Dockerfile that it is beside.
pub(super) fn aim(ground: &Ground<'_>, case: &Case, is_promise: bool) -> Aim {
    let usual = Target::workflow(Workflow::ALL[2]);
    let said = case.given.target.clone().or_else(|| by_path(ground, &case.home));
    let said = said.or_else(|| is_promise.then(|| Target::workflow(Workflow::ALL[0])));
    let whole = said.as_ref().is_none_or(|target| target.pipeline.is_none());
    let mut candidates = match whole {
        true => by_image(ground, case).or_else(|| beside(ground, &case.home)).unwrap_or_default(),
        false => Vec::new(),
    };
    if let Some(said) = &said {
        candidates.retain(|target| target.workflow == said.workflow);
    }
    if candidates.len() > 1 {
        narrow(ground, case, &mut candidates);
    }
    let remark = (candidates.len() > 1).then(|| {
        let names: Vec<String> = candidates.iter().map(ToString::to_string).collect();
        format!("several stages use its image ({}): it is taken over as of the first", names.join(", "))
    });
    let target = candidates.into_iter().next().or(said);
    let (target, remark) = match target {
        Some(target) => (target, remark),
        None => first_pipeline(ground, usual),
    };
    let target = shortest(ground, target);
    let kind = target.workflow.kind;
    let is_usual = target == Target::workflow(Workflow::ALL[2]);
    Aim { written: (!is_usual).then_some(target), kind, remark }
}

/// A test of several pipelines has folders for each; one of another layout has one for all.
fn first_pipeline(ground: &Ground<'_>, usual: Target) -> (Target, Option<String>) {
    let pipelines = ground.promise.promise.pipelines(usual.workflow);
    match pipelines {
        [first, _, ..] => {
            let names: Vec<&str> = pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
            let remark = format!(
                "nothing says which pipeline it is of ({}): it is taken over as of the first",
                names.join(", ")
            );
            (Target { pipeline: Some(first.name.clone()), ..usual }, Some(remark))
        }
        _ => (usual, None),
    }
}

/// Folders on the way that are named `TYPE/ACTION[/PIPELINE[/STAGE]]`.
fn by_path(ground: &Ground<'_>, home: &Path) -> Option<Target> {
    let below = home.strip_prefix(&ground.root).ok()?;
    let names: Vec<&str> = below.iter().filter_map(|name| name.to_str()).collect();
    let at = names.windows(2).position(|pair| pair.join("/").parse::<Workflow>().is_ok())?;
    let mut target = Target::workflow(names[at..at + 2].join("/").parse().ok()?);
    let pipeline = names.get(at + 2).and_then(|name| ground.promise.promise.pipeline(target.workflow, name));
    if let Some(pipeline) = pipeline {
        target.pipeline = Some(pipeline.name.clone());
        let stage = names.get(at + 3).and_then(|name| pipeline.container(name));
        target.stage = stage.map(|(_, stage)| stage.name.clone());
    }
    Some(target)
}

/// The stages that use the image which a script runs; nothing if none does.
fn by_image(ground: &Ground<'_>, case: &Case) -> Option<Vec<Target>> {
    let image = case.given.image.as_deref()?;
    let exact = stages(ground, |stage| image::same(&stage.image, image));
    let found = match exact.is_empty() {
        true => stages(ground, |stage| image::name(&stage.image) == image::name(image)),
        false => exact,
    };
    (!found.is_empty()).then_some(found)
}

/// The stages whose image the nearest Dockerfile builds.
fn beside(ground: &Ground<'_>, home: &Path) -> Option<Vec<Target>> {
    let above = home.ancestors().take_while(|above| above.starts_with(&ground.root));
    let references: Vec<&str> = above
        .filter(|above| **above != *ground.folder)
        .map(|above| ground.beside.iter().filter(move |beside| beside.folder == above))
        .map(|beside| beside.map(|beside| beside.image.as_str()).collect::<Vec<_>>())
        .find(|references| !references.is_empty())?;
    Some(stages(ground, |stage| references.contains(&stage.image.as_str())))
}

/// Every stage that something is true of; those of resource/configure first.
fn stages(ground: &Ground<'_>, is: impl Fn(&Container) -> bool) -> Vec<Target> {
    let promise = &ground.promise.promise;
    let mut workflows = Workflow::ALL;
    workflows.rotate_left(2);
    let mut found = Vec::new();
    for workflow in workflows {
        for pipeline in promise.pipelines(workflow) {
            for stage in pipeline.containers.iter().filter(|stage| is(stage)) {
                let (pipeline, stage) = (Some(pipeline.name.clone()), Some(stage.name.clone()));
                found.push(Target { workflow, pipeline, stage });
            }
        }
    }
    found
}

/// Of several stages that use one image, those with the command that the script runs, else those of one workflow.
fn narrow(ground: &Ground<'_>, case: &Case, candidates: &mut Vec<Target>) {
    let runs = |target: &Target| {
        let command = container(ground, target).map(command_of);
        command.is_some() && command == case.given.command
    };
    if case.given.command.is_some() && candidates.iter().any(runs) {
        candidates.retain(runs);
    }
    if candidates.iter().any(|target| target.workflow == Workflow::ALL[2]) {
        candidates.retain(|target| target.workflow == Workflow::ALL[2]);
    }
}

/// The container that a target names.
pub(super) fn container<'g>(ground: &'g Ground<'_>, target: &Target) -> Option<&'g Container> {
    let pipeline = ground.promise.promise.pipeline(target.workflow, target.pipeline.as_deref()?)?;
    Some(pipeline.container(target.stage.as_deref()?)?.1)
}

/// What a container runs, as a script would write it.
fn command_of(container: &Container) -> String {
    let words: Vec<&str> = container.command.iter().chain(&container.args).map(String::as_str).collect();
    match words.as_slice() {
        ["sh" | "bash" | "/bin/sh" | "/bin/bash", "-c" | "-ec", script] => (*script).to_owned(),
        words => words.join(" "),
    }
}

/// The same without names that say nothing: of the only stage of a pipeline, and the only pipeline of a workflow.
fn shortest(ground: &Ground<'_>, mut target: Target) -> Target {
    let pipelines = ground.promise.promise.pipelines(target.workflow);
    let pipeline = pipelines.iter().find(|pipeline| Some(&pipeline.name) == target.pipeline.as_ref());
    if pipeline.is_some_and(|pipeline| pipeline.containers.len() == 1) {
        target.stage = None;
    }
    if pipelines.len() == 1 && pipeline.is_some() && target.stage.is_none() {
        target.pipeline = None;
    }
    target
}
