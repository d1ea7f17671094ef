//! The results that the last run kept: what of them is pending, and accepting or rejecting it without another run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::images::Sources;
use super::ingredients::Given;
use super::record::{Ended, Record, text_of};
use super::test::{self, Plan};
use super::verdict::{conclude, take_items};
use super::{Job, Options, Results, Stop, Subject, environment, items, needed};
use crate::called;
use crate::outcome::{Failure, Item, Kept, State, TestOutcome, Verdict};
use crate::suite::changes;
use crate::suite::drafts::Drafts;
use crate::tree::plain;

/// What is done with what is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is only looked at.
    Review,
    Accept,
    Reject,
}

/// What was decided of one test. What is in neither set stays pending.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decided {
    /// The keys of items.
    pub(crate) accepted: BTreeSet<String>,
    pub(crate) rejected: BTreeSet<String>,
    pub(crate) drafts: Drafts,
    /// Of a test that cannot be accepted: all of it is rejected.
    pub(crate) dropped: bool,
}

/// Goes through the results of jobs.
pub(crate) fn decide(
    decision: Decision,
    jobs: &[Job<'_>],
    options: &Options,
    results: &BTreeMap<PathBuf, Results>,
) -> anyhow::Result<Vec<Kept>> {
    Desk::new(jobs, options, results).all(decision)
}

fn folder_of<'j>(job: &'j Job<'_>) -> &'j Path {
    match &job.subject {
        Subject::Test(test) => &test.folder,
        Subject::Broken(broken) => &broken.folder,
        Subject::Example { new_test, .. } => new_test,
        Subject::AsGiven { given, .. } => &given.expected,
    }
}

/// The kept results of jobs, of which each is looked at and settled.
pub(crate) struct Desk<'a> {
    jobs: &'a [Job<'a>],
    options: &'a Options,
    results: &'a BTreeMap<PathBuf, Results>,
    /// What images are built from now, by what a run was told of them.
    sources: Vec<(Given, Sources)>,
}

/// The results of a job, where they are pending.
struct Pending<'j> {
    /// Where what is decided is remembered.
    folder: PathBuf,
    record: Record,
    outcome: TestOutcome,
    /// How they compare, or why they cannot be accepted.
    look: Result<(Plan<'j>, Vec<Item>), (String, String)>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        jobs: &'a [Job<'a>],
        options: &'a Options,
        results: &'a BTreeMap<PathBuf, Results>,
    ) -> Self {
        Self { jobs, options, results, sources: Vec::new() }
    }

    /// Goes through the results of all jobs.
    pub(crate) fn all(&mut self, decision: Decision) -> anyhow::Result<Vec<Kept>> {
        (0..self.jobs.len()).map(|at| self.decide(decision, at)).collect()
    }

    /// How many jobs there are.
    pub(crate) fn count(&self) -> usize {
        self.jobs.len()
    }

    /// How a job's results compare with drafts in place of expected files. An error is one of the drafts.
    pub(crate) fn look(&mut self, at: usize, drafts: &Drafts) -> Result<Kept, String> {
        let job = &self.jobs[at];
        let pending = match self.pending(job, drafts) {
            Ok(pending) => pending,
            Err(state) => return Ok(kept(job, state, Vec::new())),
        };
        let drafted = drafts.iter().next().is_some();
        Ok(match pending.look {
            Err((why, _)) if drafted => return Err(why),
            Err((why, hint)) => {
                let outcome = Box::new(pending.outcome);
                kept(job, State::Refused { why, hint, outcome }, Vec::new())
            }
            Ok((_, items)) if items.is_empty() && !drafted => kept(job, State::Settled, items),
            Ok((_, items)) => kept(job, State::Pending(Box::new(pending.outcome)), items),
        })
    }

    /// Does what was decided of a job. What it was written to is in the verdict.
    pub(crate) fn settle(&mut self, at: usize, decided: &Decided) -> anyhow::Result<Kept> {
        let job = &self.jobs[at];
        let pending = match self.pending(job, &decided.drafts) {
            Ok(pending) => pending,
            Err(state) => return Ok(kept(job, state, Vec::new())),
        };
        let Pending { folder, mut record, mut outcome, look } = pending;
        let (plan, items) = match look {
            Ok(looked) => looked,
            Err((why, hint)) => {
                if decided.dropped {
                    record.ended = Ended::Rejected;
                    remember(&record, &folder)?;
                }
                return Ok(kept(job, State::Refused { why, hint, outcome: Box::new(outcome) }, Vec::new()));
            }
        };
        let is_accepted = |item: &&Item| item.refused.is_none() && decided.accepted.contains(&item.key);
        let (accepted, others): (Vec<&Item>, Vec<&Item>) = items.iter().partition(is_accepted);
        outcome.failures.clear();
        match take_items(&plan, &accepted, &mut outcome) {
            Ok(verdict) => outcome.verdict = verdict,
            Err(stop) => {
                let (why, hint) = told(stop);
                return Ok(kept(job, State::Refused { why, hint, outcome: Box::new(outcome) }, Vec::new()));
            }
        }
        record.with.expect(&plan.expectation);
        let (rejected, left): (Vec<&Item>, Vec<&Item>) =
            others.into_iter().partition(|item| decided.dropped || decided.rejected.contains(&item.key));
        record.rejected.extend(rejected.iter().map(|item| item.key.clone()));
        if left.is_empty() {
            record.ended = if record.rejected.is_empty() { Ended::Accepted } else { Ended::Rejected };
        }
        remember(&record, &folder)?;
        let left = left.into_iter().cloned().collect();
        Ok(kept(job, State::Pending(Box::new(outcome)), left))
    }

    fn decide(&mut self, decision: Decision, at: usize) -> anyhow::Result<Kept> {
        let looked = self.look(at, &Drafts::default()).map_err(anyhow::Error::msg)?;
        let items = looked.items.iter();
        let accepted = items.filter(|item| item.refused.is_none()).map(|item| item.key.clone()).collect();
        let refused = looked.items.iter().find_map(|item| item.refused.clone());
        let job = &self.jobs[at];
        let looked = match (looked.state, refused) {
            (State::Pending(mut outcome), refused) => {
                let pending: BTreeSet<usize> = looked.items.iter().flat_map(Item::differences).collect();
                let mut place = 0..;
                outcome.differences.retain(|_| place.next().is_some_and(|place| pending.contains(&place)));
                match refused {
                    None => kept(job, State::Pending(outcome), looked.items),
                    Some(why) => {
                        let hint = format!("{} review {} shows it", called::name(), job.title);
                        kept(job, State::Refused { why, hint, outcome }, Vec::new())
                    }
                }
            }
            (state, _) => Kept { state, ..kept(job, State::Absent, looked.items) },
        };
        match (decision, &looked.state) {
            (Decision::Accept, State::Pending(_)) => {
                let settled = self.settle(at, &Decided { accepted, ..Decided::default() })?;
                Ok(Kept { items: Vec::new(), ..settled })
            }
            (Decision::Reject, State::Pending(_) | State::Refused { .. }) => {
                self.settle(at, &Decided { dropped: true, ..Decided::default() })?;
                Ok(looked)
            }
            _ => Ok(looked),
        }
    }

    /// What is pending of a job's results; else what became of them.
    fn pending<'j>(&mut self, job: &'j Job<'_>, drafts: &Drafts) -> Result<Pending<'j>, State> {
        let Some(results) = self.results.get(&job.suite.file.folder) else { return Err(State::Absent) };
        let Some(folder) = results.kept(&job.name) else { return Err(State::Absent) };
        let beside = text_of(&folder).ok().and_then(|record| results.beside(&record));
        let decided = beside.as_deref().and_then(Record::read);
        let record = decided.or_else(|| Record::read(&folder)).filter(|record| record.test == job.name);
        let Some(mut record) = record else { return Err(State::Absent) };
        if !record.ended.is_pending() {
            return Err(State::Settled);
        }
        changes::sweep(&job.suite.file.folder, folder_of(job));
        let mut outcome = TestOutcome::without_run(&job.title, Verdict::Failed);
        folder.clone_into(&mut outcome.results);
        let look = self.judge(job, &mut record, drafts, &mut outcome).unwrap_or_else(|stop| Err(told(stop)));
        Ok(Pending { folder: beside.unwrap_or(folder), record, outcome, look })
    }

    /// Holds what was left against the expectation. Why it cannot be accepted, if so.
    #[expect(clippy::type_complexity, reason = "named where it is kept")]
    fn judge<'j>(
        &mut self,
        job: &'j Job<'_>,
        record: &mut Record,
        drafts: &Drafts,
        outcome: &mut TestOutcome,
    ) -> Result<Result<(Plan<'j>, Vec<Item>), (String, String)>, Stop> {
        let start = Instant::now();
        let mut plan = test::plan(job)?;
        outcome.secrets = environment::secrets(&plan, self.options);
        let again = || format!("run it again: {} run {}", called::name(), job.title);
        let folder = outcome.results.clone();
        if !record.is_of(&folder) {
            return Ok(Err(("its results are not what the run left".to_owned(), again())));
        }
        record.restore(&folder, outcome);
        let changed = self.changed(job, &plan, record);
        if !changed.is_empty() {
            let why = format!("since it was run, other than it was is {}", changed.join(", and "));
            return Ok(Err((why, again())));
        }
        plan.expectation = plan.expectation.with(drafts.clone());
        outcome.verdict = conclude(&plan, outcome, false)?;
        outcome.elapsed = start.elapsed();
        if let Some(why) = record.refusal() {
            return Ok(Err((why, again())));
        }
        let mut items = items::of(&plan, outcome)?;
        items.retain(|item| !record.rejected.contains(&item.key));
        Ok(Ok((plan, items)))
    }

    fn changed(&mut self, job: &Job<'_>, plan: &Plan<'_>, record: &Record) -> Vec<String> {
        let given = &record.with.given;
        let at = self.sources.iter().position(|(known, _)| known == given).unwrap_or_else(|| {
            let sources = Sources::of(&needed(self.jobs), &given.options());
            self.sources.push((given.clone(), sources));
            self.sources.len() - 1
        });
        record.with.changed(job, plan, &self.sources[at].1)
    }
}

fn kept(job: &Job<'_>, state: State, items: Vec<Item>) -> Kept {
    Kept { name: job.title.clone(), folder: folder_of(job).to_owned(), state, items }
}

fn remember(record: &Record, folder: &Path) -> anyhow::Result<()> {
    record.write(folder).map_err(|error| {
        let place = folder.display();
        anyhow::anyhow!("what was decided cannot be remembered in {place}: {}", plain(&error))
    })
}

fn told(stop: Stop) -> (String, String) {
    let hint = "mend it, and run it again".to_owned();
    match stop {
        Stop::Failure(Failure::Source(error)) => (error.to_string(), error.hint.unwrap_or(hint)),
        Stop::Failure(_) => ("the test cannot be read any more".to_owned(), hint),
        Stop::Trouble(trouble) => (trouble.message, trouble.hint.unwrap_or(hint)),
    }
}
