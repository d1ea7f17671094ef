//! The results that the last run kept: what of them is pending, and accepting or rejecting it without another run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::images::Sources;
use super::ingredients::Given;
use super::record::{Ended, Record};
use super::test::{self, Plan};
use super::verdict::conclude;
use super::{Job, Options, Results, Stop, Subject, environment, judgement, needed};
use crate::called;
use crate::outcome::{Failure, Kept, State, TestOutcome, Verdict};
use crate::tree::plain;

/// What is done with what is pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is only looked at.
    Review,
    Accept,
    Reject,
}

/// Goes through the results of jobs.
pub(crate) fn decide(
    decision: Decision,
    jobs: &[Job<'_>],
    options: &Options,
    results: &BTreeMap<PathBuf, Results>,
) -> anyhow::Result<Vec<Kept>> {
    let mut desk = Desk { decision, jobs, options, sources: Vec::new() };
    jobs.iter()
        .map(|job| {
            let folder = results.get(&job.suite.file.folder).and_then(|results| results.kept(&job.name));
            let state = folder.map_or(Ok(State::Absent), |folder| desk.settle(job, &folder))?;
            Ok(Kept { name: job.title.clone(), folder: folder_of(job), state })
        })
        .collect()
}

fn folder_of(job: &Job<'_>) -> PathBuf {
    match &job.subject {
        Subject::Test(test) => test.folder.clone(),
        Subject::Broken(broken) => broken.folder.clone(),
        Subject::Example { new_test, .. } => new_test.clone(),
        Subject::AsGiven { given, .. } => given.expected.clone(),
    }
}

struct Desk<'a> {
    decision: Decision,
    jobs: &'a [Job<'a>],
    options: &'a Options,
    /// What images are built from now, by what a run was told of them.
    sources: Vec<(Given, Sources)>,
}

impl Desk<'_> {
    fn settle(&mut self, job: &Job<'_>, folder: &Path) -> anyhow::Result<State> {
        let Some(mut record) = Record::read(folder).filter(|record| record.test == job.name) else {
            return Ok(State::Absent);
        };
        if !record.ended.is_pending() {
            return Ok(State::Settled);
        }
        let mut outcome = TestOutcome::without_run(&job.title, Verdict::Failed);
        folder.clone_into(&mut outcome.results);
        let state = match self.judge(job, &mut record, &mut outcome) {
            Ok(None) => State::Pending(Box::new(outcome)),
            Ok(Some((why, hint))) => State::Refused { why, hint, outcome: Box::new(outcome) },
            Err(stop) => {
                let (why, hint) = told(stop);
                State::Refused { why, hint, outcome: Box::new(outcome) }
            }
        };
        match (self.decision, &state) {
            (Decision::Reject, _) => record.ended = Ended::Rejected,
            (Decision::Accept, State::Pending(_)) => record.ended = Ended::Accepted,
            _ => return Ok(state),
        }
        record.write(folder).map_err(|error| {
            let place = folder.display();
            anyhow::anyhow!("what was decided cannot be remembered in {place}: {}", plain(&error))
        })?;
        Ok(state)
    }

    /// Holds what was left against the expectation, and stores it if that is decided. Why it cannot be, if so.
    fn judge(
        &mut self,
        job: &Job<'_>,
        record: &mut Record,
        outcome: &mut TestOutcome,
    ) -> Result<Option<(String, String)>, Stop> {
        let start = Instant::now();
        let plan = test::plan(job)?;
        outcome.secrets = environment::secrets(&plan, self.options);
        let again = || format!("run it again: {} run {}", called::name(), job.title);
        let folder = outcome.results.clone();
        if !record.is_of(&folder) {
            return Ok(Some(("its results are not what the run left".to_owned(), again())));
        }
        record.restore(&folder, outcome);
        let changed = self.changed(job, &plan, record);
        if !changed.is_empty() {
            let why = format!("since it was run, other than it was is {}", changed.join(", and "));
            return Ok(Some((why, again())));
        }
        let refusal = record.refusal();
        let update = self.decision == Decision::Accept && refusal.is_none();
        outcome.verdict = conclude(&plan, outcome, update)?;
        outcome.elapsed = start.elapsed();
        if let Some(why) = refusal {
            return Ok(Some((why, again())));
        }
        if outcome.differences.iter().any(|located| judgement::cannot_be_stored(&located.difference)) {
            let why =
                "it left what no expectation can hold, or what breaks a rule of the settings".to_owned();
            return Ok(Some((why, format!("{} review {} shows it", called::name(), job.title))));
        }
        record.with.expect(&plan.expectation);
        Ok(None)
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

fn told(stop: Stop) -> (String, String) {
    let hint = "mend it, and run it again".to_owned();
    match stop {
        Stop::Failure(Failure::Source(error)) => (error.to_string(), error.hint.unwrap_or(hint)),
        Stop::Failure(_) => ("the test cannot be read any more".to_owned(), hint),
        Stop::Trouble(trouble) => (trouble.message, trouble.hint.unwrap_or(hint)),
    }
}
