//! Load, run, report, exit.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;
use tokio::signal::unix::{SignalKind, signal};

use super::{NoMatch, filter};
use crate::cli::{Files, Global, Run};
use crate::engine::{self, Address, Choice, Credentials, Docker, Engine as _, Surroundings};
use crate::exit::Exit;
use crate::outcome::{Event, RunOutcome};
use crate::report::failure::{Style, quoted};
use crate::report::terminal::Terminal;
use crate::runner::{self, Job, Results, Runner, beside, jobs};
use crate::suite::Suite;
use crate::suite::settings::Timeout;

/// How long cleaning up may take before what is left is left to the next run.
const CLEAN_UP: Duration = Duration::from_secs(10);

/// Runs the tests and tells how they ended.
pub(super) fn run(arguments: &Run, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut suite = Suite::load(&global.dir)?;
    beside::add(&mut suite)?;
    suite.select(&filter(&arguments.selection)?).map_err(NoMatch)?;
    let options = options(arguments)?;
    let jobs = jobs(&suite, &options)?;
    let results = open_results(&jobs, terminal)?;
    let mut outcome = RunOutcome::default();
    if !jobs.is_empty() {
        let engine = EngineChoice { global, files: arguments.files };
        let style = Style { paint: terminal.paint(), verbose: arguments.verbose, command: command(global) };
        let on_event = |event: Event<'_>| match event {
            Event::ImageLine { reference, line } if arguments.no_capture => terminal.line(reference, line),
            event => terminal.event(&event, &style),
        };
        let run = run_jobs(&jobs, &options, &results, &engine, &on_event, terminal);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        match runtime.block_on(run)? {
            Some(ran) => outcome = ran,
            None => return Ok(Exit::Interrupted),
        }
    }
    drop(jobs);
    outcome.unreadable = suite.unreadable;
    terminal.conclude(&outcome);
    Ok(outcome.exit())
}

/// What has to be typed to run the same again.
fn command(global: &Global) -> String {
    match global.dir == Path::new(".") {
        true => "kratix-test run".to_owned(),
        false => format!("kratix-test run --dir {}", quoted(&global.dir.to_string_lossy())),
    }
}

fn options(arguments: &Run) -> anyhow::Result<runner::Options> {
    let timeout = arguments.timeout.as_deref().map(str::parse::<Timeout>).transpose();
    let timeout = timeout.map_err(|message| anyhow!("--timeout: {message}"))?;
    // A variable that is not UTF-8 cannot be named in the settings.
    let environment = std::env::vars_os();
    let environment =
        environment.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(runner::Options {
        fail_fast: arguments.fail_fast,
        jobs: arguments.jobs.map(usize::from),
        stream: arguments.no_capture,
        request: arguments.request.clone(),
        timeout: timeout.map(|Timeout(timeout)| timeout),
        update: arguments.update,
        idempotent: arguments.idempotent,
        environment: environment.collect(),
    })
}

/// The results of every Promise that is run, ours alone until this ends.
fn open_results(jobs: &[Job<'_>], terminal: &Terminal) -> anyhow::Result<BTreeMap<PathBuf, Results>> {
    let mut results = BTreeMap::new();
    for job in jobs {
        let folder = &job.suite.file.folder;
        if !results.contains_key(folder) {
            let wait = || terminal.note(&format!("Waiting for another run in {} to end", folder.display()));
            results.insert(folder.clone(), Results::open(folder, wait)?);
        }
    }
    Ok(results)
}

/// `None` if it was interrupted. Whatever happens, nothing is left in the engine.
async fn run_jobs(
    jobs: &[Job<'_>],
    options: &runner::Options,
    results: &BTreeMap<PathBuf, Results>,
    engine: &EngineChoice<'_>,
    on_event: &dyn Fn(Event<'_>),
    terminal: &Terminal,
) -> anyhow::Result<Option<RunOutcome>> {
    let engine = tokio::select! {
        engine = engine.connect(results) => engine?,
        () = interrupted() => return Ok(None),
    };
    let runner = Runner { engine: &engine, options, results, on_event };
    let work = async {
        // What a killed run left is in nobody's way: it is removed beside the tests.
        let (outcome, _) = tokio::join!(runner.run(jobs), engine.reap());
        outcome
    };
    let outcome = tokio::select! {
        outcome = work => Some(outcome),
        () = interrupted() => None,
    };
    if outcome.is_none() {
        terminal.interrupted();
    }
    clean_up(&engine, terminal).await;
    Ok(outcome)
}

/// Removes what this run made; a second Ctrl-C leaves it to the next run.
async fn clean_up(engine: &Docker, terminal: &Terminal) {
    let swept = tokio::select! {
        swept = tokio::time::timeout(CLEAN_UP, engine.sweep()) => swept,
        () = interrupted() => return,
    };
    let left = "something is left in the engine, for the next run to remove";
    match swept {
        Ok(Ok(())) => {}
        Ok(Err(error)) => terminal.warning(&format!("{left}: {error}")),
        Err(_) => terminal.warning(&format!("{left}: it does not answer")),
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn interrupted() {
    let streams = signal(SignalKind::interrupt())
        .and_then(|interrupt| Ok((interrupt, signal(SignalKind::terminate())?)));
    match streams {
        Ok((mut interrupt, mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without handlers, the signals end the program as they always did.
        Err(_) => std::future::pending().await,
    }
}

/// Which engine, and how files reach it.
struct EngineChoice<'a> {
    global: &'a Global,
    files: Files,
}

impl EngineChoice<'_> {
    async fn connect(&self, results: &BTreeMap<PathBuf, Results>) -> anyhow::Result<Docker> {
        let run = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        let scratch = results.values().next().map(|results| results.scratch(&run));
        let options = engine::Options {
            scratch: scratch.ok_or_else(|| anyhow!("nothing is run"))?,
            run,
            volumes_only: self.files == Files::Volume,
            classic: std::env::var("DOCKER_BUILDKIT").is_ok_and(|value| is_no(&value)),
            credentials: Credentials::new(
                surroundings().config_folder().as_deref(),
                std::env::var_os("PATH").unwrap_or_default(),
            ),
        };
        Ok(Docker::connect(&self.address()?, options).await?)
    }

    /// Where the engine is, as the docker command would find it.
    fn address(&self) -> anyhow::Result<Address> {
        let choice = Choice { host: self.global.host.as_deref(), context: self.global.context.as_deref() };
        Ok(engine::find(choice, &surroundings())?)
    }
}

fn surroundings() -> Surroundings<'static> {
    Surroundings {
        variable: &|name| std::env::var(name).ok(),
        home: std::env::home_dir(),
        exists: &|path: &Path| path.exists(),
    }
}

/// Whether a switch is off, as docker reads it.
fn is_no(value: &str) -> bool {
    matches!(value, "0" | "f" | "F" | "false" | "FALSE" | "False")
}
