//! What the last run left, accepted or rejected, without running anything again.

use super::kept::Source;
use crate::cli::{Accept, Global, Selection};
use crate::exit::Exit;
use crate::outcome::{Kept, State};
use crate::report::failure::{self, Style};
use crate::report::review;
use crate::report::terminal::Terminal;
use crate::runner::kept::Decision;

/// Makes what was left the new expectations.
pub(super) fn accept(arguments: &Accept, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let selection = &arguments.selection;
    let source = Source { selection, from: arguments.from.as_deref(), global, terminal };
    let (all, readable) = source.with_desk(|desk| desk.all(Decision::Accept))?;
    let mut exit = readable.and(source.unread(&all));
    let mut pending = false;
    for test in &all {
        exit = exit.and(settled(test, &source));
        pending |= is_pending(test);
        if matches!(test.state, State::Settled) && !selection.names.is_empty() {
            terminal.note(&format!("{}: nothing to accept", test.name));
        }
    }
    if !pending && exit == Exit::Success && selection.names.is_empty() {
        terminal.note("Nothing to accept");
    }
    Ok(exit)
}

/// Forgets what was left: the expectations stay as they are.
pub(super) fn reject(selection: &Selection, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let source = Source { selection, from: None, global, terminal };
    let (all, readable) = source.with_desk(|desk| desk.all(Decision::Reject))?;
    let exit = readable.and(source.unread(&all));
    let pending = all.iter().filter(|test| is_pending(test));
    for test in pending.clone() {
        terminal.show(&format!("Rejected {}\n", test.name));
    }
    if pending.count() == 0 && exit == Exit::Success {
        terminal.note("Nothing to reject");
    }
    Ok(exit)
}

/// Shows what was written of a test, or why nothing was.
pub(super) fn settled(test: &Kept, source: &Source<'_>) -> Exit {
    let (terminal, paint) = (source.terminal, source.terminal.paint());
    match &test.state {
        State::Pending(outcome) => {
            let style = Style { paint, verbose: false, stream: false, accept: source.accept_command() };
            terminal.show(&failure::render(outcome, &style));
            Exit::Success
        }
        State::Refused { why, hint, outcome } => {
            let error = review::Refused { name: &test.name, why, hint };
            terminal.show(&outcome.secrets.hide(&error.to_text(paint)));
            Exit::Failed
        }
        State::Settled | State::Absent => Exit::Success,
    }
}

pub(super) fn is_pending(test: &Kept) -> bool {
    matches!(test.state, State::Pending(_) | State::Refused { .. })
}
