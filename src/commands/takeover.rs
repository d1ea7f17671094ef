//! Takes over tests in another layout: told, written, run.

use std::path::Path;

use anyhow::bail;
use clap::Parser as _;

use super::{can_ask, run};
use crate::cli::{Cli, Command, Global};
use crate::exit::Exit;
use crate::report::prompt::Answer;
use crate::report::takeover::{question, written};
use crate::report::terminal::Terminal;
use crate::runner::beside;
use crate::suite::Suite;
use crate::suite::scaffold::offer::{Made, tests_folder, write};
use crate::suite::takeover::{Takeover, read};

/// How far it goes by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Nothing is asked.
    pub(super) yes: bool,
    /// The tests are run when they are written.
    pub(super) runs: bool,
}

/// Writes the tests that a folder holds in another layout, or that a script runs, as tests of ours.
pub(super) fn take_over(from: &Path, how: How, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let mut suite = Suite::load(&global.dir)?;
    if let Some(error) = suite.unreadable.first() {
        return Err(error.clone().into());
    }
    beside::add(&mut suite)?;
    let [promise] = suite.promises.as_slice() else {
        bail!("there are {} Promises here: name the folder of one with --dir", suite.promises.len());
    };
    let takeover = read(from, promise, &beside::folders(promise))?;
    for folder in &takeover.as_they_are {
        terminal.note(&format!("{} is read as it is", folder.display()));
    }
    let told = |takeover: &Takeover| {
        for note in &takeover.notes {
            terminal.note(&note.to_string());
        }
    };
    if takeover.offers.is_empty() && takeover.completed.is_empty() {
        told(&takeover);
        terminal.note("Nothing to take over");
        return Ok(Exit::Success);
    }
    if !how.yes {
        if !can_ask(terminal) {
            bail!("what is taken over is asked for at a terminal alone: add --yes to take over all of it");
        }
        terminal.show(&question(&takeover, terminal.paint()));
        match terminal.ask("Write them?")? {
            Answer::Yes | Answer::All => {}
            Answer::No | Answer::Quit => return Ok(Exit::Success),
            Answer::Interrupted => return Ok(Exit::Interrupted),
        }
    }
    let mut made = write(&tests_folder(&promise.file.folder), &takeover.offers)?;
    for completed in &takeover.completed {
        let Made { written, kept } = write(&completed.folder, std::slice::from_ref(&completed.offer))?;
        made.written.extend(written);
        made.kept.extend(kept);
    }
    terminal.show(&written(&made, terminal.paint()));
    told(&takeover);
    if !how.runs {
        return Ok(Exit::Success);
    }
    let of_completed = |folder: &Path| {
        let mut tests = promise.tests.iter().flatten();
        tests.find(|test| test.folder == folder).map(|test| test.name.clone())
    };
    let completed = takeover.completed.iter().filter_map(|completed| of_completed(&completed.folder));
    let names: Vec<String> =
        takeover.offers.iter().map(|offer| offer.name.clone()).chain(completed).collect();
    run_tests(&names, global, terminal)
}

/// Runs these tests as `run` does.
fn run_tests(names: &[String], global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    let names: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
    let pattern = format!("^({})$", names.join("|"));
    let arguments = Cli::try_parse_from(["kratix-test", "run", "--filter", &pattern])?;
    match arguments.command {
        Command::Run(arguments) => run::run(&arguments, global, terminal),
        _ => Ok(Exit::Success),
    }
}
