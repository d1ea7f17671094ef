//! New tests at a terminal: whether what they left is what is expected of them from now on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::outcome::{RunOutcome, State, Verdict};
use crate::report::failure::{self, Style};
use crate::report::prompt::Answer;
use crate::report::terminal::Terminal;
use crate::runner::kept::{Decision, decide};
use crate::runner::{Job, Options, Results};

/// Asks of each new test, and stores what it left after a yes. Whether it came to an end: not if it was interrupted.
pub(super) fn ask(
    outcome: &mut RunOutcome,
    (jobs, options): (&[Job<'_>], &Options),
    results: &BTreeMap<PathBuf, Results>,
    (terminal, style): (&Terminal, &Style),
) -> anyhow::Result<bool> {
    let mut all = false;
    for (job, test) in jobs.iter().zip(&mut outcome.tests) {
        if !matches!(test.verdict, Verdict::New) {
            continue;
        }
        let question = format!("Store this as what {} is expected to leave?", test.name);
        let answer = if all { Answer::Yes } else { terminal.ask(&question)? };
        terminal.note("");
        match answer {
            Answer::Yes => {}
            Answer::All => all = true,
            Answer::No => continue,
            Answer::Quit => break,
            Answer::Interrupted => return Ok(false),
        }
        for kept in decide(Decision::Accept, std::slice::from_ref(job), options, results)? {
            match kept.state {
                State::Pending(stored) => {
                    terminal.show(&failure::render(&stored, style));
                    *test = *stored;
                }
                State::Refused { why, hint, .. } => {
                    terminal.warning(&format!("{} cannot be stored: {why}; {hint}", test.name));
                }
                State::Settled | State::Absent => {}
            }
        }
    }
    Ok(true)
}
