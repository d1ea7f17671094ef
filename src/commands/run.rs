//! Load, run, report, exit.

use anyhow::anyhow;

use super::session::Session;
use super::{NoMatch, accept_command, can_ask, environment, filter, images, new_tests};
use crate::cli::{Files, Global, Images, Run};
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
    let asks = can_ask(terminal) && !arguments.update && arguments.request.is_none();
    let style = Style {
        paint: terminal.paint(),
        verbose: arguments.verbose,
        accept: accept_command(global),
        stream: arguments.no_capture,
    };
    let options = options(arguments, &suite, asks)?;
    Errand { files: arguments.files, style, ..Errand::new(global, terminal, options, asks) }.conclude(suite)
}

/// What is run where no option says otherwise.
pub(super) fn usual(suite: &Suite) -> anyhow::Result<runner::Options> {
    let images = images::options(&Images::default(), suite)?;
    Ok(runner::Options { images, environment: environment(), ..runner::Options::default() })
}

/// A run of tests, and how it is told.
pub(super) struct Errand<'a> {
    pub(super) global: &'a Global,
    pub(super) terminal: &'a Terminal,
    pub(super) files: Files,
    pub(super) style: Style,
    pub(super) options: runner::Options,
    /// Whether it is asked if what new tests left is stored.
    pub(super) asks: bool,
    /// Whether nothing is told of it.
    pub(super) quiet: bool,
}

impl<'a> Errand<'a> {
    /// A run that is told as usual.
    pub(super) fn new(
        global: &'a Global,
        terminal: &'a Terminal,
        options: runner::Options,
        asks: bool,
    ) -> Self {
        let style =
            Style { paint: terminal.paint(), verbose: false, accept: accept_command(global), stream: false };
        Self { global, terminal, files: Files::Auto, style, options, asks, quiet: false }
    }

    /// Runs what a suite selects, and tells how all of it ended.
    pub(super) fn conclude(&self, suite: Suite) -> anyhow::Result<Exit> {
        let Some(mut outcome) = self.run(&suite)? else { return Ok(Exit::Interrupted) };
        outcome.unreadable = suite.unreadable;
        self.terminal.conclude(&outcome);
        Ok(outcome.exit())
    }

    /// Runs what a suite selects, and tells of each test; `None` if it was interrupted.
    pub(super) fn run(&self, suite: &Suite) -> anyhow::Result<Option<RunOutcome>> {
        let Self { global, terminal, style, options, .. } = self;
        let jobs = jobs(suite, options)?;
        let folders = jobs.iter().map(|job| &job.suite.file.folder);
        let results = Results::open_all(folders, |folder| terminal.waiting(folder))?;
        let Some(promise) = results.keys().next() else { return Ok(Some(RunOutcome::default())) };
        let session = Session::new(global, terminal, self.files);
        let scratch = Results::scratch(promise, &session.id);
        let on_event = |event: Event<'_>| {
            if !self.quiet {
                terminal.event(&event, style);
            }
        };
        let work = async |engine: &Docker| {
            let runner = Runner { engine, options, results: &results, on_event: &on_event };
            // What a killed run left is in nobody's way: it is removed beside the tests.
            tokio::join!(runner.run(&jobs), engine.reap()).0
        };
        let Some(mut outcome) = session.with_engine(scratch, work)? else { return Ok(None) };
        let came_to_an_end =
            !self.asks || new_tests::ask(&mut outcome, (&jobs, options), &results, (terminal, style))?;
        Ok(came_to_an_end.then_some(outcome))
    }
}

fn options(arguments: &Run, suite: &Suite, asks: bool) -> anyhow::Result<runner::Options> {
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
        twice: arguments.update || asks,
        idempotent: arguments.idempotent,
        environment: environment(),
    })
}
