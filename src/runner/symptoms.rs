//! What the output of a stage that failed says about a trap that it fell into.

use super::Job;
use super::pipeline::PipelineRun;
use crate::kratix::catalogue::{KT108, KT118, KT119, KT132};
use crate::kratix::{Finding, Pipeline};
use crate::outcome::{Ended, PipelineOutcome, StageOutcome};

/// Looks at the last stage of a pipeline. What is read out of its log can only be a guess, so it never fails a test by
/// itself; that it ran out of memory is known.
pub(super) fn symptoms(
    outcome: &PipelineOutcome,
    place: usize,
    job: &Job<'_>,
    pipeline: &Pipeline,
) -> Vec<Finding> {
    let Some(stage) = outcome.stages.last().filter(|stage| stage.ended != Ended::Exited(0)) else {
        return Vec::new();
    };
    let guesses = [read_only(stage), lost_files(stage, place), forbidden(stage, pipeline)];
    let guesses = guesses.into_iter().flatten().map(Finding::warning);
    memory(stage).into_iter().chain(guesses).map(|finding| at_stage(finding, job, pipeline, stage)).collect()
}

/// The kubelet ends a pod that takes more of the node's disk than the largest limit of its containers. What a container
/// wrote beside the folders goes when the next one starts.
pub(super) fn evicted(outcome: &PipelineOutcome, job: &Job<'_>, run: &PipelineRun<'_>) -> Option<Finding> {
    let limit = run.disk_limit.as_ref()?;
    let stage = outcome.stages.iter().find(|stage| stage.disk > limit.bytes)?;
    let text =
        format!("Pod ephemeral local storage usage exceeds the total limit of containers {}", limit.text);
    let hint = format!(
        "{} ends with {} MiB in its own file system, its log, /kratix and emptyDir volumes; let the container have more:\n  \
         resources:\n    limits: {{memory: 256Mi, ephemeral-storage: 1Gi}}",
        stage.container,
        stage.disk >> 20
    );
    Some(at_stage(Finding::new(KT119, text).hint(hint), job, run.pipeline, stage))
}

/// A finding where the container of a stage is declared.
fn at_stage(finding: Finding, job: &Job<'_>, pipeline: &Pipeline, stage: &StageOutcome) -> Finding {
    let source = &job.suite.file.source;
    match pipeline.container(&stage.container) {
        Some((_, container)) => finding.within(source, container.at),
        None => finding.in_file(&source.path),
    }
}

fn memory(stage: &StageOutcome) -> Option<Finding> {
    let killed = matches!(stage.ended, Ended::OutOfMemory { .. });
    killed.then(|| Finding::new(KT119, "OOMKilled"))
}

fn read_only(stage: &StageOutcome) -> Option<Finding> {
    let line = line_with(stage, &["read-only file system"])?;
    let hint =
        "/kratix/input is mounted read-only on the platform: write to /kratix/output or /kratix/metadata";
    line.contains("/kratix/input").then(|| Finding::new(KT118, line).hint(hint))
}

/// A pipeline that is not the first looks for files that only the one before it had.
fn lost_files(stage: &StageOutcome, place: usize) -> Option<Finding> {
    let line = line_with(stage, &["no such file", "not found", "can't open"])?;
    let looked = line.contains("/kratix/output") || line.contains("/kratix/metadata");
    let hint =
        "every pipeline starts with empty folders: hand things over in the status, through status.yaml";
    (place > 0 && looked).then(|| Finding::new(KT108, line).hint(hint))
}

fn forbidden(stage: &StageOutcome, pipeline: &Pipeline) -> Option<Finding> {
    let signs = [
        "kubernetes.default.svc",
        "kubernetes_service_host",
        "invalid kube-config",
        "the connection to the server localhost:8080 was refused",
    ];
    let line = line_with(stage, &signs)?;
    let hint = "there is no cluster here; on the platform the stage may only do what `rbac.permissions` of its \
                pipeline allows: add what it needs there, and mount a kubeconfig with `volumes:` for the test";
    (pipeline.permissions == 0).then(|| Finding::new(KT132, line).hint(hint))
}

/// The last line of what a stage printed that has one of these in it.
fn line_with(stage: &StageOutcome, signs: &[&str]) -> Option<String> {
    let mut lines = stage.log.tail.lines().rev();
    lines.find(|line| signs.iter().any(|sign| line.to_lowercase().contains(sign))).map(str::to_owned)
}
