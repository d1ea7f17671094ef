//! One workflow: its pipelines in order, with Kratix's part between them.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::environment::{self, Prepared};
use super::images::Images;
use super::pipeline::{self, PipelineRun};
use super::platform::{Next, Platform};
use super::results::of_pipeline;
use super::symptoms::{evicted, symptoms};
use super::test::Plan;
use super::{Job, Runner, Stop};
use crate::diagnostic::SourceError;
use crate::engine::Engine;
use crate::kratix::catalogue::KT137;
use crate::kratix::{Finding, Pipeline, WorkflowAction, schedule, unschedulable};
use crate::outcome::{Ended, Failure, PipelineOutcome};

/// What a workflow did.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) pipelines: Vec<PipelineOutcome>,
    pub(super) failures: Vec<Failure>,
    pub(super) findings: Vec<Finding>,
    pub(super) remarks: Vec<String>,
    /// The object's status at the end; nothing where a stage alone was run.
    pub(super) status: Option<Json>,
}

/// How a pipeline's stages ended.
enum Ending {
    Succeeded,
    /// With the exit code, or of the cause, that the test expects.
    AsExpected,
    Failed,
}

impl<E: Engine> Runner<'_, E> {
    /// Runs the pipelines that a test is for, up to the first that fails or suspends the workflow.
    pub(super) async fn run_workflow(
        &self,
        job: &Job<'_>,
        plan: &Plan<'_>,
        platform: &mut Platform<'_>,
        results: &Path,
        images: &Images,
    ) -> Result<Ran, Stop> {
        let pipelines = job.suite.pipelines(plan.target);
        let mut ran = Ran {
            pipelines: Vec::new(),
            failures: Vec::new(),
            findings: Vec::new(),
            remarks: remarks(job, plan),
            status: None,
        };
        let mut next = Next::Pipeline;
        for (index, pipeline) in pipelines.iter().enumerate() {
            // The platform refuses a second one of a name, and says so: its folders are the first one's.
            if pipelines[..index].iter().any(|earlier| earlier.name == pipeline.name) {
                continue;
            }
            let place = place(job, plan, pipeline);
            if place > 0 && plan.target.workflow.action == WorkflowAction::Configure {
                platform.start(place);
            }
            let results = of_pipeline(results, &pipeline.name, pipelines.len() == 1);
            let run = self.pipeline_run(job, plan, platform, pipeline, results)?;
            ran.findings.extend(run.refused_users(images));
            let outcome = run.run(self, images).await?;
            let mut symptoms = symptoms(&outcome, place, job, pipeline);
            symptoms.extend(evicted(&outcome, job, &run));
            let expected = symptoms.iter().any(|finding| plan.settings.expects(finding.code));
            ran.findings.extend(symptoms);
            let ended = if expected { Ending::AsExpected } else { ending(&outcome, plan.exit) };
            ran.pipelines.push(outcome);
            next = match ended {
                Ending::Succeeded if plan.target.stage.is_some() => continue,
                Ending::Succeeded => kratix(plan, platform, pipeline, &mut ran)?,
                Ending::AsExpected => Next::Failed,
                Ending::Failed => {
                    let pipeline = pipeline.name.clone();
                    ran.failures.push(Failure::Stage { pipeline, expected_exit: plan.exit });
                    Next::Failed
                }
            };
            if next != Next::Pipeline {
                break;
            }
        }
        if next == Next::Pipeline && plan.exit != 0 {
            ran.failures.push(Failure::NotExited { expected: plan.exit });
        }
        if plan.target.stage.is_none() {
            let last = ran.pipelines.last().map(|pipeline| pipeline.name.clone()).unwrap_or_default();
            platform.finish(next, &last);
            ran.status = Some(platform.status());
        }
        Ok(ran)
    }

    fn pipeline_run<'p>(
        &self,
        job: &'p Job<'_>,
        plan: &'p Plan<'_>,
        platform: &Platform<'_>,
        pipeline: &'p Pipeline,
        results: PathBuf,
    ) -> Result<PipelineRun<'p>, Stop> {
        if let Some(stage) = plan.target.stage.as_deref().filter(|stage| pipeline.container(stage).is_none())
        {
            let path = &job.suite.file.declares(plan.target.workflow);
            let names: Vec<&str> =
                pipeline.containers.iter().map(|container| container.name.as_str()).collect();
            let error =
                SourceError::whole(path, format!("pipeline {} has no container {stage}", pipeline.name));
            return Err(error.hint(format!("it has {}", names.join(", "))).into());
        }
        let Prepared { launchables, volumes, disk_limit } =
            environment::prepare(job.suite, plan, pipeline, platform.object(), self.options)?;
        Ok(PipelineRun {
            test: &job.title,
            suite: job.suite,
            settings: plan.settings,
            pipeline,
            stage: plan.target.stage.as_deref(),
            launchables,
            volumes,
            disk_limit,
            secrets: environment::secrets(plan, self.options),
            input: pipeline::input(plan.given, platform.object())?,
            before: plan.before.clone(),
            results,
        })
    }
}

/// The place of a pipeline among all of its workflow's.
fn place(job: &Job<'_>, plan: &Plan<'_>, pipeline: &Pipeline) -> usize {
    let all = job.suite.promise.pipelines(plan.target.workflow);
    all.iter().position(|other| other.name == pipeline.name).unwrap_or_default()
}

fn ending(ran: &PipelineOutcome, expected: i64) -> Ending {
    match ran.stages.last().map(|stage| &stage.ended) {
        None | Some(Ended::Exited(0)) => Ending::Succeeded,
        Some(Ended::Exited(code)) if *code == expected => Ending::AsExpected,
        Some(_) => Ending::Failed,
    }
}

/// Kratix's part after the stages of a pipeline.
fn kratix(
    plan: &Plan<'_>,
    platform: &mut Platform<'_>,
    pipeline: &Pipeline,
    ran: &mut Ran,
) -> Result<Next, Stop> {
    let Some(outcome) = ran.pipelines.last_mut() else { return Ok(Next::Pipeline) };
    let made = platform.finish_pipeline(pipeline, &outcome.left)?;
    let invalid = made.findings.iter().any(|finding| finding.code == KT137);
    // Those of the Promise's own selectors were found in promise.yaml, and have their place there.
    let told = |finding: &Finding| finding.code != KT137 || finding.at.is_some();
    ran.findings.extend(made.findings.into_iter().filter(told));
    if invalid {
        platform.cannot_schedule(pipeline);
    }
    if let (Some(work), Some(destinations)) = (&made.work, &plan.cluster.destinations) {
        let placements = schedule(work, destinations);
        outcome.scheduled =
            placements.iter().map(|placement| platform.scheduled(pipeline, placement)).collect();
        if let Some(finding) = unschedulable(&placements).filter(|_| !invalid) {
            ran.findings.push(finding);
            platform.cannot_schedule(pipeline);
        }
    }
    outcome.work = made.work;
    Ok(made.next)
}

/// What is otherwise in this run than on the platform, because the settings say so.
fn remarks(job: &Job<'_>, plan: &Plan<'_>) -> Vec<String> {
    let known: Vec<&str> = job
        .suite
        .pipelines(plan.target)
        .iter()
        .flat_map(|pipeline| &pipeline.containers)
        .map(|container| container.name.as_str())
        .collect();
    let remark = |(name, stage): (&str, &crate::suite::settings::StageSetting)| match &stage.skip {
        _ if !known.contains(&name) => None,
        Some(why) => Some(format!("stage {name} is skipped: {why}")),
        None if stage.image.is_some() || stage.command.is_some() => {
            Some(format!("stage {name} is run with another image or command than promise.yaml says"))
        }
        None => None,
    };
    plan.settings.stages().filter_map(remark).collect()
}
