//! One test, from its request to its verdict.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::cluster::Cluster;
use super::findings::{Weighed, weigh};
use super::images::Images;
use super::ingredients::Ingredients;
use super::judgement;
use super::pipeline::OBJECT;
use super::platform::Platform;
use super::record::{Ended, Record};
use super::verdict::conclude;
use super::workflow::Ran;
use super::{AsGiven, Job, Runner, Stop, Subject, environment, summaries};
use crate::diagnostic::{Source, SourceError};
use crate::engine::Engine;
use crate::kratix::{
    Code, Finding, Object, Problem, Promise, Severity, Target, Workflow, WorkflowType, admission,
    promise_object, resource_object,
};
use crate::outcome::{Failure, TestOutcome, Verdict};
use crate::suite::changes;
use crate::suite::expectation::Expectation;
use crate::suite::settings::Settings;
use crate::yaml::Document;

/// What a subject is run with, whether it is a test or an example.
pub(super) struct Plan<'a> {
    pub(super) target: &'a Target,
    /// The names of the pipelines that it names.
    pub(super) pipelines: Vec<&'a str>,
    /// Absent for a workflow of the Promise itself.
    pub(super) request: Option<PathBuf>,
    pub(super) settings: &'a Settings,
    pub(super) cluster: Cluster,
    pub(super) expectation: Expectation,
    /// The exit code that is expected to end the run.
    pub(super) exit: i64,
    /// A folder whose `output` and `metadata` are there before the first stage.
    pub(super) before: PathBuf,
    /// Where nothing is compared: the folder that `--update` makes a test.
    pub(super) new_test: Option<&'a Path>,
    /// Where it is no test's: the folders that are used as they are.
    pub(super) given: Option<&'a AsGiven>,
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
        // However this ends, what an earlier run left is not offered any more.
        self.results_of(job)?.forget(&job.name)?;
        let plan = plan(job)?;
        changes::sweep(&job.suite.file.folder, plan.expectation.test());
        outcome.secrets = environment::secrets(&plan, self.options);
        if plan.pipelines.is_empty() {
            return Err(no_pipeline(job, plan.target).into());
        }
        let Some(object) = object(job, &plan)? else { return Ok(Verdict::Passed) };
        let with = Ingredients::of(job, &plan, images, &self.options.images);
        outcome.results = self.results_of(job)?.fresh(&job.name)?;
        let again = (self.options.twice && plan.settings.expect().is_none() && plan.is_new()?)
            .then(|| object.clone());
        self.workflow(job, &plan, object, images, outcome).await?;
        if let Some(object) = again.filter(|_| outcome.can_be_stored()) {
            self.find_varying(job, &plan, object, images, outcome).await?;
        }
        let mut record = Record::of(&job.name, outcome, with)?;
        let verdict = conclude(&plan, outcome, self.options.update)?;
        record.ended = Ended::from(&verdict);
        if matches!(verdict, Verdict::Updated(_)) {
            record.with.expect(&plan.expectation);
        }
        record.write(&outcome.results)?;
        Ok(verdict)
    }

    /// Runs what there is to run, and keeps what it leaves.
    async fn workflow(
        &self,
        job: &Job<'_>,
        plan: &Plan<'_>,
        object: Object,
        images: &Images,
        outcome: &mut TestOutcome,
    ) -> Result<(), Stop> {
        let remarks = object
            .remarks
            .iter()
            .map(|problem| problem.finding(plan.request.as_deref().unwrap_or(Path::new(""))));
        let mut findings: Vec<_> = job.suite.admission().cloned().chain(remarks).collect();
        let mut platform = Platform::new(&job.suite.promise, plan.target.workflow, object);
        let ran = self.run_workflow(job, plan, &mut platform, &outcome.results, images).await?;
        findings.extend(ran.findings.iter().cloned());
        let mut weighed = weigh(&findings, plan.settings);
        let refused = weighed.fails();
        let told = told_before(job, &mut weighed);
        outcome.remarks.extend(ran.remarks.iter().cloned());
        outcome.failures.extend(weighed.failures());
        outcome.findings = weighed.findings;
        outcome.idle = weighed.idle;
        take(ran, outcome);
        let failed = !outcome.failures.is_empty();
        outcome.failures.extend(told);
        summaries::keep_all(plan, outcome)?;
        if !failed && !refused && (plan.settings.idempotent() || self.options.idempotent) {
            self.run_again(job, plan, &mut platform, images, outcome).await?;
        }
        Ok(())
    }

    /// Kratix runs every workflow again, at least every ten hours: it must leave the same.
    async fn run_again(
        &self,
        job: &Job<'_>,
        plan: &Plan<'_>,
        platform: &mut Platform<'_>,
        images: &Images,
        outcome: &mut TestOutcome,
    ) -> Result<(), Stop> {
        platform.again();
        let results = outcome.results.join("second-run");
        let again = self.run_workflow(job, plan, platform, &results, images).await?;
        let weighed = weigh(&again.findings, plan.settings);
        if again.failures.is_empty() && !weighed.fails() {
            outcome.differences = judgement::between_runs(plan, outcome, &again, &results)?;
            outcome.failures.extend((!outcome.differences.is_empty()).then_some(Failure::NotRepeatable));
            return Ok(());
        }
        outcome.pipelines = again.pipelines;
        outcome.findings = weighed.findings;
        outcome.failures.extend(again.failures);
        outcome.failures.push(Failure::NotRepeatable);
        Ok(())
    }
}

/// Takes over what the pipelines did.
fn take(ran: Ran, outcome: &mut TestOutcome) {
    outcome.pipelines = ran.pipelines;
    outcome.status = ran.status;
    outcome.failures.extend(ran.failures);
}

impl Plan<'_> {
    /// Whether there is one pipeline alone, which needs no folder of its own.
    pub(super) fn is_alone(&self) -> bool {
        self.pipelines.len() == 1
    }

    /// Whether nothing was ever expected of any of the pipelines.
    pub(super) fn is_new(&self) -> Result<bool, SourceError> {
        let mut is_new = true;
        for pipeline in &self.pipelines {
            is_new &= self.expectation.pipeline(pipeline, self.is_alone())?.is_new();
        }
        Ok(is_new)
    }
}

/// What is wrong with the Promise itself is said once for all of its tests, and fails each of them.
fn told_before(job: &Job<'_>, weighed: &mut Weighed) -> Option<Failure> {
    let (told, own) = std::mem::take(&mut weighed.findings)
        .into_iter()
        .partition::<Vec<Finding>, _>(|finding| job.suite.admission_judged().any(|told| told == *finding));
    weighed.findings = own;
    let errors = told.iter().filter(|finding| finding.severity == Severity::Error);
    let codes: BTreeSet<Code> = errors.map(|finding| finding.code).collect();
    (!codes.is_empty()).then(|| Failure::PromiseRefused { codes: codes.into_iter().collect() })
}

pub(super) fn plan<'a>(job: &'a Job<'_>) -> Result<Plan<'a>, Stop> {
    let names = |target: &Target| {
        job.suite.pipelines(target).into_iter().map(|pipeline| pipeline.name.as_str()).collect()
    };
    match &job.subject {
        Subject::Broken(broken) => Err(broken.error.clone().into()),
        Subject::Test(test) => Ok(Plan {
            target: &test.target,
            pipelines: names(&test.target),
            request: is_resource(&test.target).then(|| test.request.clone()),
            settings: &test.settings,
            cluster: Cluster::read(&test.settings)?,
            exit: test.expectation.exit_code()?.unwrap_or_else(|| test.settings.exit()),
            expectation: test.expectation.clone(),
            before: test.folder.join("before"),
            new_test: None,
            given: None,
        }),
        Subject::Example { request, target, new_test } => Ok(Plan {
            target,
            pipelines: names(target),
            request: request.clone(),
            settings: &job.suite.settings,
            cluster: Cluster::read(&job.suite.settings)?,
            expectation: Expectation::of(new_test),
            exit: job.suite.settings.exit(),
            before: new_test.join("before"),
            new_test: Some(new_test),
            given: None,
        }),
        Subject::AsGiven { given, target } => Ok(Plan {
            target,
            pipelines: names(target),
            request: Some(given.input.join(OBJECT)),
            settings: &job.suite.settings,
            cluster: Cluster::read(&job.suite.settings)?,
            expectation: Expectation::of(&given.expected),
            exit: 0,
            before: PathBuf::new(),
            new_test: None,
            given: Some(given),
        }),
    }
}

fn is_resource(target: &Target) -> bool {
    target.workflow.kind == WorkflowType::Resource
}

fn no_pipeline(job: &Job<'_>, target: &Target) -> SourceError {
    let path = &job.suite.file.declares(target.workflow);
    match &target.pipeline {
        None => SourceError::whole(path, format!("has no pipeline for {}", target.workflow)),
        Some(name) => {
            let pipelines = job.suite.promise.pipelines(target.workflow);
            let names: Vec<&str> = pipelines.iter().map(|pipeline| pipeline.name.as_str()).collect();
            let error = SourceError::whole(path, format!("has no pipeline {name} for {}", target.workflow));
            if names.is_empty() { error } else { error.hint(format!("it has {}", names.join(", "))) }
        }
    }
}

/// What the pipelines read; nothing if the platform refuses the request as the test expects.
fn object(job: &Job<'_>, plan: &Plan<'_>) -> Result<Option<Object>, Stop> {
    let promise = &job.suite.promise;
    let action = plan.target.workflow.action;
    let expected = plan.settings.expect().and_then(|expect| expect.refused.as_deref());
    let Some(request) = &plan.request else {
        return unless_expected(promise_object(promise, action), expected);
    };
    let source = Source::read(request)?;
    let document = source.document()?;
    if plan.given.is_some() {
        return Ok(Some(as_given(promise, plan.target.workflow, &document)));
    }
    let refusal = match resource_object(promise, action, &document.root) {
        Ok(mut object) => {
            object.remarks.extend(admission::repeated(&document.duplicates));
            return unless_expected(object, expected);
        }
        Err(refusal) => refusal,
    };
    let is_expected = |problem: &Problem| plan.settings.expects(problem.finding(request).code);
    let as_expected = match expected {
        Some(part) => refusal.text.contains(part),
        None => refusal.problems.iter().all(is_expected),
    };
    if as_expected {
        return Ok(None);
    }
    let errors = refusal.problems.iter().map(|problem| problem.error(&source)).collect();
    let expected = expected.map(str::to_owned);
    Err(Stop::Failure(Failure::Refused { why: refusal.text, errors, expected }))
}

/// The input as it is, and what the API fills in. What else the platform would make of it, or would not take, is only
/// said.
fn as_given(promise: &Promise, workflow: Workflow, document: &Document) -> Object {
    let mut object = Object::given(promise, &document.root);
    if workflow.kind == WorkflowType::Resource && promise.api.is_some() {
        object.remarks = match resource_object(promise, workflow.action, &document.root) {
            Ok(accepted) => {
                object.fill_in(&accepted);
                accepted.remarks
            }
            Err(refusal) => refusal.problems,
        };
        object.remarks.extend(admission::repeated(&document.duplicates));
    }
    object
}

fn unless_expected(object: Object, refused: Option<&str>) -> Result<Option<Object>, Stop> {
    match refused {
        Some(part) => Err(Stop::Failure(Failure::NotRefused { expected: part.to_owned() })),
        None => Ok(Some(object)),
    }
}
