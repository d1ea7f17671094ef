//! What the last run left: gone through at a terminal, else shown.

use std::io::{IsTerminal as _, stdin, stdout};

use super::accept::{is_pending, settled};
use super::kept::Source;
use super::{environment, in_ci};
use crate::cli::{Format, Global, Review};
use crate::exit::Exit;
use crate::outcome::{Kept, State, Verdict};
use crate::report::failure::{self, Style};
use crate::report::review as report;
use crate::report::terminal::{self, Terminal};
use crate::report::words::Count;
use crate::review::{self, Outcome};
use crate::runner::kept::Decision;

/// Goes through what is pending, or shows it.
pub(super) fn review(arguments: &Review, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let selection = &arguments.selection;
    let source = Source { selection, from: arguments.from.as_deref(), global, terminal };
    if arguments.format.is_none() && is_at_terminal() {
        return go_through(&source);
    }
    let (all, readable) = source.with_desk(|desk| desk.all(Decision::Review))?;
    if arguments.format == Some(Format::Json) {
        terminal.show(&report::to_json(&all));
        return Ok(readable);
    }
    let exit = readable.and(source.unread(&all));
    let accept = source.accept_command();
    let style = Style { paint: terminal.paint(), verbose: arguments.verbose, stream: false, accept };
    for test in &all {
        match &test.state {
            State::Pending(outcome) => terminal.show(&failure::render(outcome, &style)),
            State::Refused { why, hint, outcome } => {
                terminal.show(&failure::render_refused(outcome, &style));
                let refused = report::Refused { name: &test.name, why, hint };
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

/// Whether somebody is there to press keys, and can see more than lines.
fn is_at_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal() && terminal::can_move() && !in_ci()
}

fn go_through(source: &Source<'_>) -> anyhow::Result<Exit> {
    let terminal = source.terminal;
    let environment = environment();
    let (outcome, exit) = source.with_desk(|desk| review::review(desk, &environment, terminal.paint()))?;
    match outcome {
        Outcome::Nothing(all) => {
            let exit = exit.and(source.unread(&all));
            if exit == Exit::Success {
                terminal.note("Nothing is pending");
            }
            Ok(exit)
        }
        Outcome::Left => {
            terminal.note("Left: nothing is written, and all of it stays pending");
            Ok(Exit::Interrupted)
        }
        Outcome::Done(done) if done.is_empty() => {
            terminal.note("Nothing was decided: all of it stays pending");
            Ok(exit)
        }
        Outcome::Done(done) => {
            Ok(done.iter().fold(exit, |exit, (test, rejected)| exit.and(told(test, *rejected, source))))
        }
    }
}

/// Tells what became of a test.
fn told(test: &Kept, rejected: usize, source: &Source<'_>) -> Exit {
    let terminal = source.terminal;
    let is_written = match &test.state {
        State::Pending(outcome) => matches!(&outcome.verdict, Verdict::Updated(files) if !files.is_empty()),
        State::Refused { .. } => rejected == 0,
        State::Settled | State::Absent => false,
    };
    let exit = if is_written { settled(test, source) } else { Exit::Success };
    if rejected > 0 {
        terminal.show(&format!("Rejected {} of {}\n", Count(rejected, "item"), test.name));
    }
    if !test.items.is_empty() {
        terminal.note(&format!("{}: {} pending", test.name, stays(test.items.len())));
    }
    exit
}

fn stays(count: usize) -> String {
    let verb = if count == 1 { "stays" } else { "stay" };
    format!("{} {verb}", Count(count, "item"))
}
