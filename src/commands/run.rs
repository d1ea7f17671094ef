//! Load, run, report, exit.

use anyhow::anyhow;

use super::session::Session;
use super::{NoMatch, accept_command, environment, filter, images};
use crate::cli::{Global, Run};
use crate::engine::{Docker, Engine as _};
use crate::exit::Exit;
use crate::outcome::{Event, RunOutcome};
use crate::report::failure::Style;
use crate::report::terminal::Terminal;
use crate::runner::{self, Results, Runner, beside, jobs};
use crate::suite::Suite;
use crate::suite::settings::Timeout;

/// Runs the tests and tells how they ended.
pub(super) fn run(arguments: &Run, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut suite = Suite::load(&global.dir)?;
    beside::add(&mut suite)?;
    suite.select(&filter(&arguments.selection)?).map_err(NoMatch)?;
    let options = options(arguments, &suite)?;
    let jobs = jobs(&suite, &options)?;
    let folders = jobs.iter().map(|job| &job.suite.file.folder);
    let results = Results::open_all(folders, |folder| terminal.waiting(folder))?;
    let mut outcome = RunOutcome::default();
    if let Some(promise) = results.keys().next() {
        let session = Session::new(global, terminal, arguments.files);
        let scratch = Results::scratch(promise, &session.id);
        let style = Style {
            paint: terminal.paint(),
            verbose: arguments.verbose,
            accept: accept_command(global),
            stream: arguments.no_capture,
        };
        let on_event = |event: Event<'_>| terminal.event(&event, &style);
        let work = async |engine: &Docker| {
            let runner = Runner { engine, options: &options, results: &results, on_event: &on_event };
            // What a killed run left is in nobody's way: it is removed beside the tests.
            tokio::join!(runner.run(&jobs), engine.reap()).0
        };
        match session.with_engine(scratch, work)? {
            Some(ran) => outcome = ran,
            None => return Ok(Exit::Interrupted),
        }
    }
    drop(jobs);
    outcome.unreadable = suite.unreadable;
    terminal.conclude(&outcome);
    Ok(outcome.exit())
}

fn options(arguments: &Run, suite: &Suite) -> anyhow::Result<runner::Options> {
    let timeout = arguments.timeout.as_deref().map(str::parse::<Timeout>).transpose();
    let timeout = timeout.map_err(|message| anyhow!("--timeout: {message}"))?;
    Ok(runner::Options {
        fail_fast: arguments.fail_fast,
        images: images::options(&arguments.images, suite)?,
        jobs: arguments.jobs.map(usize::from),
        stream: arguments.no_capture,
        request: arguments.request.clone(),
        timeout: timeout.map(|Timeout(timeout)| timeout),
        update: arguments.update,
        idempotent: arguments.idempotent,
        environment: environment(),
    })
}
