//! Many tests at once: their images first, then each from request to verdict.

pub(crate) mod artifact;
pub(crate) mod beside;
mod cluster;
mod environment;
mod findings;
pub(crate) mod images;
mod ingredients;
mod items;
mod judgement;
pub(crate) mod kept;
mod log;
pub(crate) mod marking;
mod pipeline;
mod platform;
mod record;
mod results;
mod stage;
mod summaries;
mod symptoms;
mod test;
mod unused;
mod update;
mod user;
mod varying;
mod verdict;
mod volumes;
mod workflow;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::compare::CompareError;
use crate::diagnostic::{Source, SourceError};
use crate::engine::{Engine, EngineError};
use crate::kratix::{Code, Container, Target, Workflow};
use crate::outcome::{Event, Failure, RunOutcome, TestOutcome, Trouble, Verdict};
use crate::suite::discovery::{BrokenTest, Test};
use crate::suite::settings::Settings;
use crate::suite::{PromiseSuite, Suite, requests};
use crate::tree::{TreeError, plain};

use images::{ImageOptions, Images, Needed};
pub(crate) use results::Results;

/// The most tests that run at once unless the user says otherwise: beyond it only their latency grows.
const MAX_JOBS: usize = 16;

/// What the command line says about how to run.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Options {
    pub(crate) fail_fast: bool,
    pub(crate) images: ImageOptions,
    pub(crate) jobs: Option<usize>,
    /// Tell every line that a stage prints.
    pub(crate) stream: bool,
    /// Run this request in place of the tests.
    pub(crate) request: Option<PathBuf>,
    /// In place of what the settings say.
    pub(crate) timeout: Option<Duration>,
    pub(crate) update: bool,
    /// Run a new test twice, to find what varies.
    pub(crate) twice: bool,
    /// Run every workflow twice.
    pub(crate) idempotent: bool,
    /// What `from:` in the settings may take.
    pub(crate) environment: BTreeMap<String, String>,
}

/// What is run: a test, a folder that should be one, or a request by itself.
#[derive(Debug)]
pub(crate) enum Subject<'a> {
    Test(&'a Test),
    Broken(&'a BrokenTest),
    /// Nothing is compared; `--update` makes it a test in this folder.
    Example {
        request: Option<PathBuf>,
        target: Target,
        new_test: PathBuf,
    },
    /// Folders in place of a test: what is read is one of them, as it is, and only the output is compared.
    AsGiven {
        given: AsGiven,
        target: Target,
    },
}

/// The folders of a run that is no test's.
#[derive(Debug, Clone)]
pub(crate) struct AsGiven {
    /// What is in `/kratix/input`.
    pub(crate) input: PathBuf,
    /// What is expected in `/kratix/output`.
    pub(crate) expected: PathBuf,
}

/// One thing to run.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// Unique in its Promise; also the folder of its results.
    pub(crate) name: String,
    /// What reports call it.
    pub(crate) title: String,
    pub(crate) suite: &'a PromiseSuite,
    pub(crate) subject: Subject<'a>,
}

/// Runs what a suite selects.
pub(crate) struct Runner<'a, E> {
    pub(crate) engine: &'a E,
    pub(crate) options: &'a Options,
    /// By the folder of a Promise.
    pub(crate) results: &'a BTreeMap<PathBuf, Results>,
    pub(crate) on_event: &'a dyn Fn(Event<'_>),
}

/// What there is to run in a suite: its tests, or, of a Promise without any, its example requests.
pub(crate) fn jobs<'a>(suite: &'a Suite, options: &Options) -> anyhow::Result<Vec<Job<'a>>> {
    if let Some(request) = &options.request {
        // The user named it: that it cannot be read is wrong usage.
        Source::read(request)?;
    }
    let of = |promise: &'a PromiseSuite| -> Vec<Job<'a>> {
        let job = |name: &str, subject| Job {
            name: name.to_owned(),
            title: suite.title(&promise.promise.name, name),
            suite: promise,
            subject,
        };
        if let Some(request) = &options.request {
            let name = request.display().to_string();
            let target = "resource/configure".parse().expect("a constant that names a workflow");
            // Nothing is ever expected of it: below a file there can be no expectation.
            let new_test = request.clone();
            return vec![job(&name, Subject::Example { request: Some(request.clone()), target, new_test })];
        }
        if promise.has_tests {
            return promise
                .tests
                .iter()
                .map(|test| match test {
                    Ok(test) => job(&test.name, Subject::Test(test)),
                    Err(broken) => job(&broken.name, Subject::Broken(broken)),
                })
                .collect();
        }
        let configure = "promise/configure";
        let promise_workflow = configure
            .parse::<Workflow>()
            .is_ok_and(|workflow| !promise.promise.pipelines(workflow).is_empty());
        let itself = promise_workflow.then(|| job(configure, example(promise, None, configure)));
        let examples = requests::examples(&promise.file.folder, &promise.promise);
        let examples = examples.into_iter().map(|request| {
            let name = request.strip_prefix(&promise.file.folder).unwrap_or(&request).display().to_string();
            job(&name, example(promise, Some(request), "resource/configure"))
        });
        itself.into_iter().chain(examples).collect()
    };
    Ok(suite.promises.iter().flat_map(of).collect())
}

fn example<'a>(suite: &PromiseSuite, request: Option<PathBuf>, workflow: &str) -> Subject<'a> {
    let target = workflow.parse().expect("a constant that names a workflow");
    let named = request.clone().unwrap_or_else(|| PathBuf::from("promise-configure.yaml"));
    let new_test = requests::new_test(&suite.file.folder, &named);
    Subject::Example { request, target, new_test }
}

impl<E: Engine> Runner<'_, E> {
    /// Prepares the images and runs the jobs, several at once.
    pub(crate) async fn run(&self, jobs: &[Job<'_>]) -> RunOutcome {
        let start = Instant::now();
        let images = self.images(jobs).await;
        let folders: BTreeMap<&Path, &PromiseSuite> =
            jobs.iter().map(|job| (job.suite.file.folder.as_path(), job.suite)).collect();
        for finding in folders.values().flat_map(|suite| suite.admission_judged()) {
            (self.on_event)(Event::PromiseFinding { finding: &finding });
        }
        (self.on_event)(Event::TestsStarted { count: jobs.len() });
        let at_once = self.options.jobs.unwrap_or_else(|| (2 * self.engine.processors()).clamp(1, MAX_JOBS));
        let stopped = Cell::new(false);
        let mut running = stream::iter(jobs.iter().enumerate())
            .map(|(index, job)| {
                let (images, stopped) = (&images, &stopped);
                async move { (index, self.run_unless(stopped, job, images).await) }
            })
            .buffer_unordered(at_once);
        let mut waiting = BTreeMap::new();
        let mut tests: Vec<TestOutcome> = Vec::new();
        while let Some((index, outcome)) = running.next().await {
            waiting.insert(index, outcome);
            // Told in the order of the suite, so that two runs of it read the same.
            while let Some(outcome) = waiting.remove(&tests.len()) {
                (self.on_event)(Event::TestFinished { outcome: &outcome });
                tests.push(outcome);
            }
        }
        for message in idle(jobs, &tests) {
            (self.on_event)(Event::SettingsWarning { message: &message });
        }
        let unused = self.unused(jobs, &tests);
        RunOutcome { tests, unreadable: Vec::new(), unused, elapsed: start.elapsed() }
    }

    /// What of the settings has found nothing; with `--update` it is removed.
    fn unused(&self, jobs: &[Job<'_>], tests: &[TestOutcome]) -> Vec<SourceError> {
        let unused = unused::unused(jobs, tests);
        if !self.options.update {
            return unused.iter().map(unused::Unused::error).collect();
        }
        match unused::remove(&unused) {
            Ok(said) => {
                for message in &said {
                    (self.on_event)(Event::SettingsWarning { message });
                }
                Vec::new()
            }
            Err(error) => vec![error],
        }
    }

    async fn images(&self, jobs: &[Job<'_>]) -> Images {
        let Self { engine, options, results, on_event } = self;
        images::prepare(*engine, &needed(jobs), &options.images, results, on_event).await
    }

    async fn run_unless(&self, stopped: &Cell<bool>, job: &Job<'_>, images: &Images) -> TestOutcome {
        if stopped.get() {
            return TestOutcome::without_run(&job.title, Verdict::NotRun);
        }
        (self.on_event)(Event::TestStarted { test: &job.title });
        let outcome = self.run_job(job, images).await;
        if self.options.fail_fast && !outcome.verdict.is_good() {
            stopped.set(true);
        }
        (self.on_event)(Event::TestEnded { test: &job.title });
        outcome
    }
}

/// What the settings allow and no test has found, where it is allowed to a test of the run.
fn idle(jobs: &[Job<'_>], tests: &[TestOutcome]) -> Vec<String> {
    let ran = || jobs.iter().zip(tests).filter(|(_, test)| !test.results.as_os_str().is_empty());
    let mut idle: BTreeMap<(&str, Code), bool> = BTreeMap::new();
    for (job, test) in ran() {
        let Some((_, settings)) = job.plan() else { continue };
        for code in settings.allowed() {
            *idle.entry((&job.suite.promise.name, code)).or_insert(true) &= test.idle.contains(&code);
        }
    }
    let codes = idle.into_iter().filter(|(_, idle)| *idle).map(|((promise, code), _)| (promise, code));
    codes
        .map(|(promise, code)| format!("{promise}: `findings:` allows {code}, which no test has found"))
        .collect()
}

/// The images that jobs need, by Promise and by what their settings say of images.
fn needed<'a>(jobs: &'a [Job<'a>]) -> Vec<Needed<'a>> {
    let mut needed: Vec<Needed<'_>> = Vec::new();
    for job in jobs {
        let Some((target, settings)) = job.plan() else { continue };
        let is_run =
            |container: &&Container| target.stage.as_ref().is_none_or(|stage| *stage == container.name);
        let pipelines = job.suite.pipelines(target).into_iter();
        let containers = pipelines.flat_map(|pipeline| pipeline.containers.iter().filter(is_run));
        let references = containers.filter_map(|container| settings.image(container).map(str::to_owned));
        let same = |needs: &&mut Needed<'_>| {
            needs.suite.file.folder == job.suite.file.folder && needs.settings.makes_images_like(settings)
        };
        match needed.iter_mut().find(same) {
            Some(needs) => needs.references.extend(references),
            None => needed.push(Needed { suite: job.suite, settings, references: references.collect() }),
        }
    }
    needed
}

impl Job<'_> {
    /// The workflow or pipeline that is run, and how; nothing of a folder that cannot be read.
    fn plan(&self) -> Option<(&Target, &Settings)> {
        match &self.subject {
            Subject::Test(test) => Some((&test.target, &test.settings)),
            Subject::Example { target, .. } | Subject::AsGiven { target, .. } => {
                Some((target, &self.suite.settings))
            }
            Subject::Broken(_) => None,
        }
    }
}

/// Why a test ends before its verdict.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is the test's, or what it tests.
    Failure(Failure),
    /// Nothing was learnt.
    Trouble(Trouble),
}

impl From<SourceError> for Stop {
    fn from(error: SourceError) -> Self {
        Self::Failure(Failure::Source(error))
    }
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl From<CompareError> for Stop {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::Source(error) => error.into(),
            error @ CompareError::Unreadable { .. } => anyhow::Error::from(error).into(),
        }
    }
}

impl From<TreeError> for Stop {
    fn from(error: TreeError) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        anyhow::anyhow!(plain(&error)).into()
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Trouble(Trouble { message: format!("{error:#}"), hint: None, told: false })
    }
}

impl<E> Runner<'_, E> {
    /// Where the results of a job's Promise are.
    fn results_of(&self, job: &Job<'_>) -> anyhow::Result<&Results> {
        let folder = &job.suite.file.folder;
        self.results.get(folder).ok_or_else(|| anyhow::anyhow!("no results are kept in {}", folder.display()))
    }
}
