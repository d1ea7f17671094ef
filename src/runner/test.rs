//! One test, from its request to its verdict.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::images::Images;
use super::judgement::{self, Judged};
use super::pipeline::PipelineRun;
use super::{Job, Runner, Stop, Subject, environment, update};
use crate::diagnostic::{Source, SourceError};
use crate::engine::Engine;
use crate::kratix::{Object, Pipeline, Target, WorkflowType, promise_object, resource_object};
use crate::outcome::{Ended, Failure, PipelineOutcome, TestOutcome, Verdict};
use crate::suite::expectation::{Expectation, Written};
use crate::suite::settings::Settings;

/// What a subject is run with, whether it is a test or an example.
pub(super) struct Plan<'a> {
    pub(super) target: &'a Target,
    /// Absent for a workflow of the Promise itself.
    request: Option<PathBuf>,
    pub(super) settings: &'a Settings,
    /// The folder that ignored files are named from.
    pub(super) expectation: Expectation,
    before: PathBuf,
    /// Where nothing is compared: the folder that `--update` makes a test.
    new_test: Option<&'a Path>,
}

impl<E: Engine> Runner<'_, E> {
    /// Runs one job, whatever comes of it.
    pub(super) async fn run_job(&self, job: &Job<'_>, images: &Images) -> TestOutcome {
        let start = Instant::now();
        let mut outcome = TestOutcome::without_run(&job.title, Verdict::Passed);
        match self.attempt(job, images, &mut outcome).await {
            Ok(verdict) => outcome.verdict = verdict,
            Err(Stop::Failure(failure)) => {
                outcome.failures.push(failure);
                outcome.verdict = Verdict::Failed;
            }
            Err(Stop::Trouble(trouble)) => outcome.verdict = Verdict::Errored(trouble),
        }
        outcome.elapsed = start.elapsed();
        outcome
    }

    async fn attempt(
        &self,
        job: &Job<'_>,
        images: &Images,
        outcome: &mut TestOutcome,
    ) -> Result<Verdict, Stop> {
        let plan = plan(job)?;
        let pipelines = job.suite.pipelines(plan.target);
        if pipelines.is_empty() {
            return Err(no_pipeline(job, plan.target).into());
        }
        let object = object(job, &plan)?;
        outcome.results = self.results_of(job)?.fresh(&job.name)?;
        self.run_pipelines(job, &plan, &pipelines, object, images, outcome).await?;
        if !outcome.failures.is_empty() {
            return Ok(Verdict::Failed);
        }
        let judged = judgement::judge(&plan, &outcome.pipelines)?;
        self.verdict(&plan, judged, outcome)
    }

    async fn run_pipelines(
        &self,
        job: &Job<'_>,
        plan: &Plan<'_>,
        pipelines: &[&Pipeline],
        object: Object,
        images: &Images,
        outcome: &mut TestOutcome,
    ) -> Result<(), Stop> {
        let expected = plan.settings.exit();
        for pipeline in pipelines {
            let results = match pipelines.len() {
                1 => outcome.results.clone(),
                _ => outcome.results.join("pipelines").join(&pipeline.name),
            };
            let run = PipelineRun {
                test: &job.title,
                suite: job.suite,
                settings: plan.settings,
                pipeline,
                stage: plan.target.stage.as_deref(),
                environments: environment::of(job.suite, plan, pipeline, &object, self.options)?,
                object: object.to_yaml(),
                before: plan.before.clone(),
                results,
            };
            let ran = run.run(self, images).await?;
            let ended = ending(&ran, expected);
            outcome.pipelines.push(ran);
            match ended {
                Ending::Succeeded => {}
                Ending::AsExpected => return Ok(()),
                Ending::Failed => {
                    let pipeline = pipeline.name.clone();
                    outcome.failures.push(Failure::Stage { pipeline, expected_exit: expected });
                    return Ok(());
                }
            }
        }
        if expected != 0 {
            outcome.failures.push(Failure::NotExited { expected });
        }
        Ok(())
    }

    /// What a test comes to, and with `--update` the expectations that are written.
    fn verdict(&self, plan: &Plan<'_>, judged: Judged, outcome: &mut TestOutcome) -> Result<Verdict, Stop> {
        outcome.notes = judged.notes;
        outcome.differences = judged.differences;
        if self.options.update {
            return Self::update(plan, judged.is_new, outcome);
        }
        Ok(match () {
            () if plan.new_test.is_some() => Verdict::NotCompared,
            () if judged.is_new => Verdict::New,
            () if outcome.differences.is_empty() => Verdict::Passed,
            () => Verdict::Failed,
        })
    }

    fn update(plan: &Plan<'_>, is_new: bool, outcome: &mut TestOutcome) -> Result<Verdict, Stop> {
        outcome.differences.sort_by_key(|located| !judgement::cannot_be_stored(&located.difference));
        if outcome.differences.iter().any(|located| judgement::cannot_be_stored(&located.difference)) {
            outcome.differences.retain(|located| judgement::cannot_be_stored(&located.difference));
            return Ok(Verdict::Failed);
        }
        let mut written: Vec<Written> = Vec::new();
        if let Some(folder) = plan.new_test {
            written.extend(update::new_test(folder, plan.request.as_deref())?);
        }
        let alone = outcome.pipelines.len() == 1;
        for pipeline in &outcome.pipelines {
            let expectation = plan.expectation.pipeline(&pipeline.name, alone)?;
            let differences = outcome.differences.iter().filter(|located| located.is_of(pipeline));
            let changed = judgement::changed(differences.map(|located| &located.difference));
            written.extend(update::store(&expectation, &pipeline.left, &changed, is_new)?);
        }
        Ok(Verdict::Updated(written))
    }
}

/// How a pipeline's stages ended.
enum Ending {
    Succeeded,
    /// With the exit code that the test expects.
    AsExpected,
    Failed,
}

fn ending(ran: &PipelineOutcome, expected: i64) -> Ending {
    match ran.stages.last().map(|stage| &stage.ended) {
        None | Some(Ended::Exited(0)) => Ending::Succeeded,
        Some(Ended::Exited(code)) if *code == expected => Ending::AsExpected,
        Some(_) => Ending::Failed,
    }
}

fn plan<'a>(job: &'a Job<'_>) -> Result<Plan<'a>, Stop> {
    match &job.subject {
        Subject::Broken(broken) => Err(broken.error.clone().into()),
        Subject::Test(test) => Ok(Plan {
            target: &test.target,
            request: is_resource(&test.target).then(|| test.request.clone()),
            settings: &test.settings,
            expectation: test.expectation.clone(),
            before: test.folder.join("before"),
            new_test: None,
        }),
        Subject::Example { request, target, new_test } => Ok(Plan {
            target,
            request: request.clone(),
            settings: &job.suite.settings,
            expectation: Expectation::of(new_test),
            before: new_test.join("before"),
            new_test: Some(new_test),
        }),
    }
}

fn is_resource(target: &Target) -> bool {
    target.workflow.kind == WorkflowType::Resource
}

fn no_pipeline(job: &Job<'_>, target: &Target) -> SourceError {
    let path = &job.suite.file.source.path;
    match &target.pipeline {
        None => SourceError::whole(path, format!("has no pipeline for {}", target.workflow)),
        Some(name) => {
            let names =
                job.suite.promise.pipelines(target.workflow).iter().map(|pipeline| pipeline.name.as_str());
            let names: Vec<&str> = names.collect();
            let error = SourceError::whole(path, format!("has no pipeline {name} for {}", target.workflow));
            if names.is_empty() { error } else { error.hint(format!("it has {}", names.join(", "))) }
        }
    }
}

/// What the pipelines read.
fn object(job: &Job<'_>, plan: &Plan<'_>) -> Result<Object, Stop> {
    let promise = &job.suite.promise;
    let action = plan.target.workflow.action;
    let Some(request) = &plan.request else { return Ok(promise_object(promise, action)) };
    let source = Source::read(request)?;
    let document = source.document()?;
    resource_object(promise, action, &document.root).map_err(|refusal| {
        let errors = refusal.problems.iter().map(|problem| problem.error(&source)).collect();
        Stop::Failure(Failure::Refused { why: refusal.text, errors })
    })
}
