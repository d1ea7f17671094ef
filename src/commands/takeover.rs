//! Takes over tests in another layout: told, written, run.

use std::path::Path;

use anyhow::bail;

use super::run::{Errand, usual};
use super::{NoMatch, can_ask};
use crate::cli::Global;
use crate::exit::Exit;
use crate::report::failure;
use crate::report::prompt::Answer;
use crate::report::takeover::question;
use crate::report::terminal::Terminal;
use crate::runner::{self, beside};
use crate::suite::Suite;
use crate::suite::discovery::Test;
use crate::suite::expectation::FOLDERS;
use crate::suite::filter::Filter;
use crate::suite::scaffold::offer::{Made, Offer, tests_folder, write};
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
    if let Some(lines) = failure::written(&made.written, terminal.paint()) {
        terminal.show(&format!("{lines}\n"));
    }
    for path in made.kept {
        terminal.warning(&format!("{} is there already, and stays as it is", path.display()));
    }
    told(&takeover);
    if !how.runs {
        return Ok(Exit::Success);
    }
    let tests = promise.tests.iter().flatten();
    let is_completed =
        |test: &&Test| takeover.completed.iter().any(|completed| completed.folder == test.folder);
    let completed = tests.filter(is_completed).map(|test| test.name.clone());
    let (new, told): (Vec<&Offer>, Vec<&Offer>) = takeover.offers.iter().partition(|offer| is_new(offer));
    let names = |offers: &[&Offer]| offers.iter().map(|offer| offer.name.clone()).collect::<Vec<_>>();
    let told: Vec<String> = names(&told).into_iter().chain(completed).collect();
    let exit = run_tests(&told, false, global, terminal)?;
    // What is expected of these nothing says yet.
    Ok(exit.and(run_tests(&names(&new), how.yes, global, terminal)?))
}

/// Whether nothing says what is expected.
fn is_new(offer: &Offer) -> bool {
    !offer.files.keys().any(|path| FOLDERS.iter().any(|folder| path.starts_with(folder)))
}

/// Runs these tests as `run` does.
fn run_tests(names: &[String], update: bool, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    if names.is_empty() {
        return Ok(Exit::Success);
    }
    let names: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
    let pattern = Some(regex::Regex::new(&format!("^({})$", names.join("|")))?);
    let mut suite = Suite::load(&global.dir)?;
    beside::add(&mut suite)?;
    suite.select(&Filter { pattern, ..Filter::default() }).map_err(NoMatch)?;
    let asks = can_ask(terminal) && !update;
    let options = runner::Options { update, twice: update || asks, ..usual(&suite)? };
    Errand::new(global, terminal, options, asks).conclude(suite)
}
