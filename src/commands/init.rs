//! Makes the tests that Promises lack: what is there is shown, what to test is asked, and the tests are written, run, and
//! stored.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::run::{Errand, usual};
use super::takeover::{How, take_over};
use super::{NoMatch, can_ask, session};
use crate::cli::{Ci, Global, Init};
use crate::diagnostic::SourceError;
use crate::exit::Exit;
use crate::kratix::{WorkflowAction, WorkflowType};
use crate::outcome::{RunOutcome, TestOutcome, Verdict};
use crate::report::failure;
use crate::report::list::{Listing, PromiseListing};
use crate::report::paint::Paint;
use crate::report::prompt::{Choice, Chosen};
use crate::report::terminal::{self, Terminal};
use crate::report::words::Count;
use crate::runner::images::{ImageOptions, Repositories};
use crate::runner::{self, beside};
use crate::suite::discovery::Test;
use crate::suite::expectation::Written;
use crate::suite::scaffold::extra::{self, Added, Extra};
use crate::suite::scaffold::offer::{self, Offer};
use crate::suite::scaffold::{Scaffold, deletion};
use crate::suite::settings::FILE_NAME;
use crate::suite::{PromiseSuite, Suite, requests};

/// The resource request of a test.
const REQUEST: &str = "input/object.yaml";

/// A test that may be made, and of which Promise.
struct Offered {
    promise: PathBuf,
    tests: PathBuf,
    title: String,
    offer: Offer,
}

/// What is to be written.
struct Wanted {
    offers: Vec<Offered>,
    extras: Vec<Extra>,
}

/// How asking ended.
enum Answered {
    Wanted(Wanted),
    Left,
    Interrupted,
}

/// Makes tests.
pub(super) fn init(arguments: &Init, global: &Global, terminal: &Terminal) -> anyhow::Result<Exit> {
    if let Some(from) = &arguments.from {
        return take_over(from, How { yes: arguments.yes, runs: !arguments.no_run }, global, terminal);
    }
    let suite = load(global)?;
    let asks = !arguments.yes;
    if asks && !(can_ask(terminal) && terminal::can_move()) {
        let message = "init asks what to test, and nobody can be asked here: give --yes to make every test that is lacking, \
                       and NAME to choose some";
        return Err(anyhow!(message));
    }
    terminal.show(&format!("{}\n", found(&suite, terminal.paint()).trim_end()));
    for error in suite.unreadable.iter().chain(suite.broken_tests()) {
        terminal.error(&error.clone().into());
    }
    let readable = if suite.unreadable.is_empty() { Exit::Success } else { Exit::Usage };
    let (offers, left_out) = offered(&suite, &arguments.names)?;
    if left_out > 0 {
        terminal.note(&format!(
            "{} more would be alike: name the field whose values matter in a test of your own",
            Count(left_out, "test")
        ));
    }
    let root = suite.promises.first().map_or_else(|| global.dir.clone(), |promise| promise.file.root.clone());
    drop(suite);
    let mut wanted = Wanted { offers, extras: extras(arguments) };
    if wanted.offers.is_empty() {
        terminal.note("Every workflow and every value is tested: there is no test to add");
    }
    if asks {
        wanted = match ask(wanted, &root, terminal)? {
            Answered::Wanted(wanted) => wanted,
            Answered::Left => {
                terminal.note("Nothing was written");
                return Ok(readable);
            }
            Answered::Interrupted => return Ok(Exit::Interrupted),
        };
    }
    write(&wanted, terminal)?;
    add(&root, &wanted.extras, terminal)?;
    if arguments.no_run || wanted.offers.is_empty() {
        return Ok(readable);
    }
    let mut bench = Bench { global, terminal, asks, offers: wanted.offers, outcome: RunOutcome::default() };
    if !bench.run()? {
        bench.unmake()?;
        terminal.note("Tests without expectations were taken back");
        return Ok(Exit::Interrupted);
    }
    terminal.conclude(&bench.outcome);
    Ok(readable.and(bench.exit()))
}

fn load(global: &Global) -> Result<Suite, SourceError> {
    let mut suite = Suite::load(&global.dir)?;
    beside::add(&mut suite)?;
    Ok(suite)
}

/// What there is, as text.
fn found(suite: &Suite, paint: Paint) -> String {
    let repositories = Repositories::of(&suite.promises);
    let of = |promise: &PromiseSuite| {
        let planned = repositories.plan(promise, &promise.settings, &ImageOptions::default());
        let examples = requests::examples(&promise.file.folder, &promise.promise);
        PromiseListing::new(promise, planned, false).with_examples(&promise.file.folder, &examples)
    };
    let listing = Listing { promises: suite.promises.iter().map(of).collect() };
    listing.to_text(paint)
}

/// What the Promises lack, and how much of it is too much; of that what is named.
fn offered(suite: &Suite, names: &[String]) -> anyhow::Result<(Vec<Offered>, usize)> {
    let mut offers = Vec::new();
    let mut left_out = 0;
    for promise in &suite.promises {
        let scaffold = Scaffold::of(promise);
        left_out += scaffold.left_out;
        offers.extend(scaffold.offers.into_iter().map(|offer| Offered {
            promise: promise.file.folder.clone(),
            tests: offer::tests_folder(&promise.file.folder),
            title: suite.title(&promise.promise.name, &offer.name),
            offer,
        }));
    }
    let is_named = |offered: &Offered, name: &String| offered.title.contains(name.as_str());
    if let Some(name) = names.iter().find(|name| !offers.iter().any(|offered| is_named(offered, name))) {
        let titles: Vec<&str> = offers.iter().map(|offered| offered.title.as_str()).collect();
        let titles = if titles.is_empty() { "none".to_owned() } else { titles.join(", ") };
        return Err(NoMatch(format!(
            "no test to make has {name:?} in its name; those to make are: {titles}"
        ))
        .into());
    }
    offers.retain(|offered| names.is_empty() || names.iter().any(|name| is_named(offered, name)));
    Ok((offers, left_out))
}

fn extras(arguments: &Init) -> Vec<Extra> {
    let ci = arguments.ci.map(|ci| match ci {
        Ci::GitHub => Extra::Github,
        Ci::GitLab => Extra::Gitlab,
    });
    let hook = arguments.pre_commit.then_some(Extra::PreCommit);
    ci.into_iter().chain(hook).chain(arguments.gitignore.then_some(Extra::Gitignore)).collect()
}

/// Asks what to write. Nothing is, until all of it is answered.
fn ask(wanted: Wanted, root: &Path, terminal: &Terminal) -> anyhow::Result<Answered> {
    session::catch_interrupts()?;
    let Wanted { mut offers, mut extras } = wanted;
    let choice = |name: &str, what: &str| Choice { name: name.to_owned(), what: what.to_owned() };
    if !offers.is_empty() {
        let choices: Vec<Choice> =
            offers.iter().map(|offered| choice(&offered.title, &offered.offer.what)).collect();
        let these =
            match terminal.choose("Tests to make (space: choose, a: all, Return: go on)", &choices, true)? {
                Chosen::These(these) => these,
                Chosen::Left => return Ok(Answered::Left),
                Chosen::Interrupted => return Ok(Answered::Interrupted),
            };
        let mut place = 0..;
        offers.retain(|_| place.next().is_some_and(|place| these.contains(&place)));
    }
    let others: Vec<Extra> =
        Extra::ALL.into_iter().filter(|extra| !extras.contains(extra) && !extra.is_in(root)).collect();
    if !others.is_empty() {
        let choices: Vec<Choice> = others.iter().map(|extra| choice(extra.path(), extra.what())).collect();
        match terminal.choose("And beside them (space: choose, Return: go on)", &choices, false)? {
            Chosen::These(these) => extras.extend(these.into_iter().map(|place| others[place])),
            Chosen::Left => return Ok(Answered::Left),
            Chosen::Interrupted => return Ok(Answered::Interrupted),
        }
    }
    match offers.is_empty() && extras.is_empty() {
        true => Ok(Answered::Left),
        false => Ok(Answered::Wanted(Wanted { offers, extras })),
    }
}

/// Writes the tests, Promise by Promise, and tells of each file.
fn write(wanted: &Wanted, terminal: &Terminal) -> anyhow::Result<()> {
    let mut folders: Vec<&PathBuf> = wanted.offers.iter().map(|offered| &offered.tests).collect();
    folders.dedup();
    for tests in folders {
        let offers = wanted.offers.iter().filter(|offered| offered.tests == *tests);
        let offers: Vec<Offer> = offers.map(|offered| offered.offer.clone()).collect();
        let made = offer::write(tests, &offers)?;
        tell(&made.written, terminal);
        for path in made.kept {
            terminal.warning(&format!("{} is there already, and stays as it is", path.display()));
        }
    }
    Ok(())
}

fn tell(written: &[Written], terminal: &Terminal) {
    if let Some(lines) = failure::written(written, terminal.paint()) {
        terminal.show(&format!("{lines}\n"));
    }
}

/// Writes what is beside the tests, or tells what to add to what is there.
fn add(root: &Path, extras: &[Extra], terminal: &Terminal) -> anyhow::Result<()> {
    for added in extra::write(root, extras)? {
        match added {
            Added::Written(written) => tell(&[written], terminal),
            Added::Said(path) => terminal.note(&format!("{} says it already", path.display())),
            Added::Kept { path, add } => {
                terminal.warning(&format!(
                    "{} is there already, and stays as it is; add to it:\n\n{add}",
                    path.display()
                ));
            }
        }
    }
    Ok(())
}

/// Tests that were written, on their way to expectations.
struct Bench<'a> {
    global: &'a Global,
    terminal: &'a Terminal,
    asks: bool,
    offers: Vec<Offered>,
    outcome: RunOutcome,
}

impl Bench<'_> {
    /// Runs the tests and stores what they leave; tells whether it came to an end.
    fn run(&mut self) -> anyhow::Result<bool> {
        // A request is deleted after it was made: its pipelines may need what those before have left.
        Ok(self.run_those(|test| !is_deletion(test))?
            && self.give_status()?
            && self.run_those(is_deletion)?)
    }

    fn run_those(&mut self, is_run: impl Fn(&Test) -> bool) -> anyhow::Result<bool> {
        let mut suite = load(self.global)?;
        let folders: Vec<PathBuf> = self.offers.iter().map(Offered::folder).collect();
        suite.keep(|folder| folders.iter().any(|made| made == folder));
        for promise in &mut suite.promises {
            promise.tests.retain(|test| test.as_ref().map_or(true, &is_run));
        }
        suite.promises.retain(|promise| !promise.tests.is_empty());
        if suite.promises.is_empty() {
            return Ok(true);
        }
        let options = runner::Options { update: !self.asks, twice: true, ..usual(&suite)? };
        let errand = Errand::new(self.global, self.terminal, options, self.asks);
        let Some(outcome) = errand.run(&suite)? else { return Ok(false) };
        self.note_failures(&outcome)?;
        self.outcome.tests.extend(outcome.tests);
        self.outcome.unused.extend(outcome.unused);
        self.outcome.elapsed += outcome.elapsed;
        Ok(true)
    }

    /// Gives the requests that are deleted the status that their configure workflow leaves.
    fn give_status(&mut self) -> anyhow::Result<bool> {
        let suite = load(self.global)?;
        let folders: Vec<PathBuf> = self.offers.iter().map(Offered::folder).collect();
        let tests = suite.promises.iter().flat_map(|promise| &promise.tests).flatten();
        let deletions: Vec<PathBuf> =
            tests.filter(|test| is_deletion(test)).map(|test| test.folder.clone()).collect();
        for (index, folder) in folders.iter().enumerate().filter(|(_, folder)| deletions.contains(folder)) {
            let mut suite = load(self.global)?;
            suite.promises.retain(|promise| promise.file.folder == self.offers[index].promise);
            let options = runner::Options { request: Some(folder.join(REQUEST)), ..usual(&suite)? };
            let errand = Errand { quiet: true, ..Errand::new(self.global, self.terminal, options, false) };
            let Some(outcome) = errand.run(&suite)? else { return Ok(false) };
            // That it fails is told of the test of it.
            let status = outcome.tests.first().filter(|test| test.failures.is_empty());
            let Some(status) = status.and_then(|test| test.status.as_ref()) else { continue };
            let Offered { offer, tests, .. } = &mut self.offers[index];
            let promise = suite.promises.first().map(|promise| &promise.promise);
            let text =
                promise.and_then(|promise| deletion::with_status(promise, offer.text(REQUEST)?, status));
            if let Some(text) = text {
                offer::rewrite(tests, offer, REQUEST, text)?;
            }
        }
        Ok(true)
    }

    /// Has each test that failed say so, where its author will look.
    fn note_failures(&mut self, outcome: &RunOutcome) -> anyhow::Result<()> {
        for test in outcome.tests.iter().filter(|test| matches!(test.verdict, Verdict::Failed)) {
            let Some(Offered { offer, tests, title, .. }) =
                self.offers.iter_mut().find(|offered| offered.title == test.name)
            else {
                continue;
            };
            let settings = offer.text(FILE_NAME).unwrap_or_default().to_owned();
            let text = format!("{}{settings}", failed(test, title));
            offer::rewrite(tests, offer, FILE_NAME, text)?;
            let path = tests.join(&offer.name).join(FILE_NAME);
            self.terminal.note(&format!("{} says how to go on", path.display()));
        }
        Ok(())
    }

    /// Takes back the tests that have no expectations.
    fn unmake(&self) -> anyhow::Result<()> {
        for offered in &self.offers {
            offer::unmake(&offered.promise, &offered.tests, std::slice::from_ref(&offered.offer))?;
        }
        Ok(())
    }

    /// A test that is new, since nobody wanted to store what it left, is no failure here.
    fn exit(&self) -> Exit {
        let tests = self.outcome.tests.iter().filter(|test| !matches!(test.verdict, Verdict::New));
        let exit = tests.fold(Exit::Success, |exit, test| exit.and(test.verdict.exit()));
        if self.outcome.unused.is_empty() { exit } else { exit.and(Exit::Failed) }
    }
}

impl Offered {
    fn folder(&self) -> PathBuf {
        self.tests.join(&self.offer.name)
    }
}

fn is_deletion(test: &Test) -> bool {
    let workflow = test.target.workflow;
    workflow.kind == WorkflowType::Resource && workflow.action == WorkflowAction::Delete
}

/// What the settings of a test say that failed when it was made.
fn failed(test: &TestOutcome, title: &str) -> String {
    let why = failure::in_a_line(test);
    format!(
        "# When this test was made, it failed: {why}.\n\
         # Mend the request or the pipeline, and store what is left then:\n\
         #   kratix-test run {title} --update\n\
         # If the run shall end so, say it here, with `exit:` or `expect:`.\n"
    )
}
