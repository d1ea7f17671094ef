//! Does what keys ask for: shows, compares, opens the editor, and in the end writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

use super::model::{Decision, How, Spot, Test, Write};
use super::screen::{Happened, Screen};
use super::state::{At, Effect, State};
use super::{draw, editor, page};
use crate::compare::Is;
use crate::outcome::{self, Kept, TestOutcome};
use crate::report::paint::Paint;
use crate::runner::kept::{Decided, Desk};
use crate::runner::marking;
use crate::suite::drafts::Drafts;
use crate::tree::plain;

/// What came of a review.
pub(crate) enum Outcome {
    /// Nothing is pending of any test.
    Nothing(Vec<Kept>),
    /// It was left, and nothing is written.
    Left,
    /// What was decided is done: each test with what came of it and how many of its items were rejected.
    Done(Vec<(Kept, usize)>),
}

/// Goes through the results of all jobs of a desk.
pub(crate) fn review(
    desk: &mut Desk<'_>,
    environment: &BTreeMap<String, String>,
    paint: Paint,
) -> anyhow::Result<Outcome> {
    let (mut tests, mut jobs, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for at in 0..desk.count() {
        let kept = desk.look(at, &Drafts::default()).map_err(anyhow::Error::msg)?;
        match page::test(kept, Vec::new(), paint) {
            Ok(test) => {
                tests.push(test);
                jobs.push(at);
            }
            Err(kept) => others.push(*kept),
        }
    }
    if tests.is_empty() {
        return Ok(Outcome::Nothing(others));
    }
    let folder =
        tempfile::tempdir().context("a text cannot be edited, since no temporary folder can be made")?;
    let screen = Screen::open().map_err(terminal)?;
    let state = State::new(tests, Screen::size());
    let mut driver =
        Driver { desk, environment, paint, jobs, folder, made: 0, state, unusable: BTreeMap::new() };
    let applies = driver.run(&screen)?;
    drop(screen);
    if !applies {
        return Ok(Outcome::Left);
    }
    driver.apply().map(Outcome::Done)
}

#[expect(clippy::needless_pass_by_value, reason = "as what maps errors hands them over")]
fn terminal(error: std::io::Error) -> anyhow::Error {
    anyhow::anyhow!("the terminal cannot be used: {}", plain(&error))
}

struct Driver<'d, 'a> {
    desk: &'d mut Desk<'a>,
    environment: &'d BTreeMap<String, String>,
    paint: Paint,
    /// Each test's place at the desk.
    jobs: Vec<usize>,
    /// Where drafts are.
    folder: TempDir,
    made: usize,
    state: State,
    /// Texts that came out of the editor and cannot be used, by their expected files.
    unusable: BTreeMap<PathBuf, PathBuf>,
}

impl Driver<'_, '_> {
    /// Until all is decided, or left; whether it is to be written.
    fn run(&mut self, screen: &Screen) -> anyhow::Result<bool> {
        loop {
            Screen::draw(&draw::screen(&self.state, self.paint)).map_err(terminal)?;
            let effect = match screen.next() {
                Happened::Key(key) => self.state.press(key),
                Happened::Resized(columns, rows) => {
                    self.state.resized((columns, rows));
                    Effect::Nothing
                }
                Happened::Stopped => return Ok(false),
            };
            match effect {
                Effect::Nothing => {}
                Effect::Leave => return Ok(false),
                Effect::Apply => return Ok(true),
                Effect::Suspend => {
                    screen.suspend().map_err(terminal)?;
                    self.state.resized(Screen::size());
                }
                Effect::Propose(test, spot) => self.propose(test, spot),
                Effect::Mark(test, spot, is) => self.mark(test, spot, &is),
                Effect::Edit(at) => self.edit(at, screen)?,
            }
        }
    }

    fn outcome(&self, test: usize) -> Option<&TestOutcome> {
        match &self.state.view.tests.get(test)?.kept.as_ref()?.state {
            outcome::State::Pending(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// The value of an expected file that a mark would stand for.
    fn target(&self, test: usize, spot: Spot) -> Option<marking::Target> {
        let drafts = &self.state.view.drafts[test];
        marking::target(self.outcome(test)?, drafts, (spot.difference, spot.change))
    }

    fn propose(&mut self, test: usize, spot: Spot) {
        let proposals = self.target(test, spot).map(|target| target.proposals()).unwrap_or_default();
        self.state.proposed(spot, proposals);
    }

    fn mark(&mut self, test: usize, spot: Spot, is: &Is) {
        let marked = self.target(test, spot).and_then(|target| Some((target.marked(is)?, target.file)));
        let Some((text, file)) = marked else {
            return self.state.failed("the mark cannot be put there; e edits the file");
        };
        match self.draft(&file).and_then(|draft| fs::write(&draft, text).map(|()| draft)) {
            Ok(draft) => self.try_draft(test, &file, draft, &format!("marked as {is}")),
            Err(error) => self.state.failed(&format!("the mark cannot be kept: {}", plain(&error))),
        }
    }

    fn edit(&mut self, at: At, screen: &Screen) -> anyhow::Result<()> {
        let view = &self.state.view;
        let Some(file) = view.entry().and_then(|entry| entry.file.clone()) else { return Ok(()) };
        let before = match self.unusable.get(&file).map(PathBuf::as_path).or(view.drafts[at.0].get(&file)) {
            Some(draft) => fs::read(draft).ok(),
            None => fs::read(&file).ok().or_else(|| marking::left(self.outcome(at.0)?, &file)),
        };
        let Some(before) = before else {
            self.state.failed("there is no text to edit");
            return Ok(());
        };
        let draft = self.draft(&file).and_then(|draft| fs::write(&draft, &before).map(|()| draft));
        let draft = draft.context("no text can be given to the editor")?;
        let edited = screen.lend(|| editor::edit(&draft, self.environment)).map_err(terminal)?;
        self.state.resized(Screen::size());
        match edited {
            Err(error) => self.state.failed(&format!("{error:#}")),
            Ok(())
                if fs::read(&draft).is_ok_and(|now| now == before) && !self.unusable.contains_key(&file) =>
            {
                self.state.failed("nothing was changed");
            }
            Ok(()) => self.try_draft(at.0, &file, draft, "edited"),
        }
        Ok(())
    }

    /// A place for a text, under the name that its file has.
    fn draft(&mut self, file: &Path) -> std::io::Result<PathBuf> {
        self.made += 1;
        let folder = self.folder.path().join(self.made.to_string());
        fs::create_dir(&folder)?;
        Ok(folder.join(file.file_name().unwrap_or_default()))
    }

    /// Compares a test anew with a text in place of an expected file.
    fn try_draft(&mut self, test: usize, file: &Path, draft: PathBuf, done: &str) {
        let drafts = self.state.view.drafts[test].with(file, draft.clone());
        match self.desk.look(self.jobs[test], &drafts) {
            Ok(kept) => {
                self.unusable.remove(file);
                let how = |file: &Path| if file.exists() { How::Change } else { How::Create };
                let drafted: Vec<Write> =
                    drafts.iter().map(|(file, _)| Write { file: file.to_owned(), how: how(file) }).collect();
                let name = self.state.view.tests[test].name.clone();
                let test = page::test(kept, drafted.clone(), self.paint).unwrap_or_else(|_| Test {
                    name,
                    drafted,
                    ..Test::default()
                });
                self.state.compared(drafts, test, done);
            }
            Err(why) => {
                self.unusable.insert(file.to_owned(), draft);
                self.state.failed(&format!("it cannot be used: {why} (e edits it again)"));
            }
        }
    }

    /// Does what was decided, test by test.
    fn apply(self) -> anyhow::Result<Vec<(Kept, usize)>> {
        let view = &self.state.view;
        let mut done = Vec::new();
        for (index, test) in view.tests.iter().enumerate() {
            let mut decided = Decided { drafts: view.drafts[index].clone(), ..Decided::default() };
            for (place, entry) in test.entries.iter().enumerate() {
                let key = entry.key.clone();
                match view.decision((index, place)) {
                    Some(Decision::Accept) => _ = decided.accepted.insert(key),
                    Some(Decision::Reject) if key.is_empty() => decided.dropped = true,
                    Some(Decision::Reject) => _ = decided.rejected.insert(key),
                    Some(Decision::Skip) | None => {}
                }
            }
            let rejected = decided.rejected.len() + usize::from(decided.dropped);
            if decided.accepted.is_empty() && rejected == 0 && test.drafted.is_empty() {
                continue;
            }
            done.push((self.desk.settle(self.jobs[index], &decided)?, rejected));
        }
        Ok(done)
    }
}
