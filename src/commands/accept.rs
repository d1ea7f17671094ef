//! What the last run left: shown, accepted or rejected, without running anything again.

use anyhow::anyhow;

use super::{NoMatch, accept_command, environment, filter};
use crate::called;
use crate::cli::{Format, Global, Review, Selection};
use crate::exit::Exit;
use crate::outcome::{Kept, State};
use crate::report::failure::Style;
use crate::report::review;
use crate::report::terminal::Terminal;
use crate::runner::beside;
use crate::runner::kept::{Decision, decide};
use crate::runner::{Options, Results, jobs};
use crate::suite::Suite;

/// Makes what was left the new expectations.
pub(super) fn accept(selection: &Selection, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let (all, readable) = kept(Decision::Accept, selection, global, terminal)?;
    let style = style(global, terminal, false);
    let mut exit = readable.and(unread(&all, selection, terminal));
    let (mut accepted, mut refused) = (0, 0);
    for test in &all {
        match &test.state {
            State::Pending(outcome) => {
                terminal.show(&crate::report::failure::render(outcome, &style));
                accepted += 1;
            }
            State::Refused { why, hint, outcome } => {
                let error = review::Refused { name: &test.name, why, hint };
                terminal.show(&outcome.secrets.hide(&error.to_text(terminal.paint())));
                refused += 1;
                exit = exit.and(Exit::Failed);
            }
            State::Settled if !selection.names.is_empty() => {
                terminal.note(&format!("{}: nothing to accept", test.name));
            }
            State::Settled | State::Absent => {}
        }
    }
    if accepted + refused == 0 && exit == Exit::Success && selection.names.is_empty() {
        terminal.note("Nothing to accept");
    }
    Ok(exit)
}

/// Forgets what was left: the expectations stay as they are.
pub(super) fn reject(selection: &Selection, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let (all, readable) = kept(Decision::Reject, selection, global, terminal)?;
    let exit = readable.and(unread(&all, selection, terminal));
    let pending = all.iter().filter(|test| is_pending(test));
    for test in pending.clone() {
        terminal.show(&format!("Rejected {}\n", test.name));
    }
    if pending.count() == 0 && exit == Exit::Success {
        terminal.note("Nothing to reject");
    }
    Ok(exit)
}

/// Shows what is pending.
pub(super) fn review(arguments: &Review, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let (all, readable) = kept(Decision::Review, &arguments.selection, global, terminal)?;
    if arguments.format == Format::Json {
        terminal.show(&review::to_json(&all));
        return Ok(readable);
    }
    let exit = readable.and(unread(&all, &arguments.selection, terminal));
    let style = style(global, terminal, arguments.verbose);
    for test in &all {
        match &test.state {
            State::Pending(outcome) => terminal.show(&crate::report::failure::render(outcome, &style)),
            State::Refused { why, hint, outcome } => {
                terminal.show(&crate::report::failure::render_refused(outcome, &style));
                let refused = review::Refused { name: &test.name, why, hint };
                terminal.show(&outcome.secrets.hide(&refused.to_text(terminal.paint())));
            }
            State::Settled | State::Absent => {}
        }
    }
    if !all.iter().any(is_pending) && exit == Exit::Success {
        terminal.note("Nothing is pending");
    }
    Ok(exit)
}

fn is_pending(test: &Kept) -> bool {
    matches!(test.state, State::Pending(_) | State::Refused { .. })
}

fn kept(
    decision: Decision,
    selection: &Selection,
    global: &Global,
    terminal: &Terminal,
) -> anyhow::Result<(Vec<Kept>, Exit)> {
    let mut suite = Suite::load(&global.dir)?;
    beside::add(&mut suite)?;
    suite.select(&filter(selection)?).map_err(NoMatch)?;
    for error in &suite.unreadable {
        terminal.error(&error.clone().into());
    }
    let options = Options { environment: environment(), ..Options::default() };
    let jobs = jobs(&suite, &options)?;
    let folders = jobs.iter().map(|job| &job.suite.file.folder);
    let results = Results::open_all(folders, |folder| terminal.waiting(folder))?;
    let all = decide(decision, &jobs, &options, &results)?;
    Ok((all, if suite.unreadable.is_empty() { Exit::Success } else { Exit::Usage }))
}

/// Tells of tests that have no results: of those that were named, or if none has any.
fn unread(all: &[Kept], selection: &Selection, terminal: &Terminal) -> Exit {
    let absent = || all.iter().filter(|test| matches!(test.state, State::Absent));
    if selection.names.is_empty() && absent().count() < all.len() {
        return Exit::Success;
    }
    let names: Vec<&str> = absent().map(|test| test.name.as_str()).collect();
    if names.is_empty() {
        return Exit::Success;
    }
    terminal.error(&anyhow!(
        "no results are kept of {}: run first what is to be accepted, with `{} run`",
        names.join(", "),
        called::name()
    ));
    Exit::Failed
}

fn style(global: &Global, terminal: &Terminal, verbose: bool) -> Style {
    Style { paint: terminal.paint(), verbose, stream: false, accept: accept_command(global) }
}
