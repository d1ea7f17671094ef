//! What a test comes to by what was left, whether that was just now or is kept from an earlier run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::test::Plan;
use super::{Stop, judgement, update, varying};
use crate::diagnostic::SourceError;
use crate::outcome::{Failure, Item, TestOutcome, Verdict, What};
use crate::suite::changes::Changes;
use crate::suite::expectation::How;
use crate::suite::settings::Compare;

/// What a test comes to by what was left; with `update`, that is made what is expected.
pub(super) fn conclude(plan: &Plan<'_>, outcome: &mut TestOutcome, update: bool) -> Result<Verdict, Stop> {
    let is_refusal = |failure: &Failure| matches!(failure, Failure::PromiseRefused { .. });
    if !outcome.failures.iter().all(is_refusal) {
        return Ok(Verdict::Failed);
    }
    let mut judged = judgement::judge(plan, outcome)?;
    if !judged.is_new {
        outcome.rules = std::mem::take(&mut judged.rules);
    }
    if !outcome.can_be_stored() {
        // What a new test left is nothing to accept.
        outcome.differences = if judged.is_new { Vec::new() } else { judged.differences };
        return Ok(Verdict::Failed);
    }
    outcome.notes = judged.notes;
    outcome.compared = judged.compared;
    outcome.differences = judged.differences;
    let gone = judgement::gone(plan);
    if update {
        return store(plan, judged.is_new, &gone, outcome);
    }
    outcome.failures.extend(gone.iter().map(|folder| Failure::Source(no_such_pipeline(folder, plan))));
    Ok(match () {
        () if !gone.is_empty() => Verdict::Failed,
        () if plan.new_test.is_some() => Verdict::NotCompared,
        // What is expected is that it is refused.
        () if judged.is_new && plan.settings.expect().is_some() => Verdict::Passed,
        () if judged.is_new => Verdict::New,
        () if outcome.differences.is_empty() => Verdict::Passed,
        () => Verdict::Failed,
    })
}

fn store(
    plan: &Plan<'_>,
    is_new: bool,
    gone: &[PathBuf],
    outcome: &mut TestOutcome,
) -> Result<Verdict, Stop> {
    if outcome.differences.iter().any(|located| judgement::cannot_be_stored(&located.difference)) {
        outcome.differences.retain(|located| judgement::cannot_be_stored(&located.difference));
        return Ok(Verdict::Failed);
    }
    take(plan, is_new, gone, &|_| true, outcome)
}

/// Makes some of what was left the expectation, and the drafts with it: all of it, or nothing.
pub(super) fn take_items(
    plan: &Plan<'_>,
    items: &[&Item],
    outcome: &mut TestOutcome,
) -> Result<Verdict, Stop> {
    if items.is_empty() && plan.expectation.drafts().iter().next().is_none() {
        return Ok(Verdict::Updated(Vec::new()));
    }
    let is_new = matches!(outcome.verdict, Verdict::New | Verdict::NotCompared);
    let (mut gone, mut taken) = (Vec::new(), BTreeSet::new());
    for item in items {
        match &item.what {
            What::Differences(indexes) => taken.extend(indexes.iter().copied()),
            What::Gone(folder) => gone.push(folder.clone()),
            What::Nothing => {}
        }
    }
    take(plan, is_new, &gone, &|index| taken.contains(&index), outcome)
}

/// Stores what of the differences is taken, and removes what is expected of pipelines that are gone.
fn take(
    plan: &Plan<'_>,
    is_new: bool,
    gone: &[PathBuf],
    is_taken: &dyn Fn(usize) -> bool,
    outcome: &mut TestOutcome,
) -> Result<Verdict, Stop> {
    let mut changes = Changes::of(plan.expectation.test());
    if let Some(folder) = plan.new_test {
        update::new_test(folder, plan.request.as_deref(), &mut changes)?;
    }
    update::remove(gone, &mut changes)?;
    let exact = plan.settings.compare() == Compare::Exact;
    let mut anew = Vec::new();
    for (pipeline, left) in judgement::left(plan, outcome) {
        let expectation = plan.expectation.pipeline(pipeline, plan.is_alone())?;
        let differences = outcome.differences.iter().enumerate();
        let differences = differences.filter(|(_, located)| located.is_of(pipeline));
        let changed =
            judgement::changed(differences.map(|(index, located)| (&located.difference, is_taken(index))));
        let varying = varying::spots(pipeline, outcome);
        let how = How { exact, marks: plan.settings.marks(), varying: &varying };
        anew.extend(update::store(&expectation, (&left, &changed), is_new, (&how, &mut changes))?);
    }
    update::store_summaries(plan, outcome, is_taken, &mut changes)?;
    update::store_drafts(plan, &mut changes)?;
    outcome.remarks.extend(anew.iter().map(update::remark));
    Ok(Verdict::Updated(changes.commit()?))
}

/// An expectation of a pipeline that is gone.
fn no_such_pipeline(folder: &Path, plan: &Plan<'_>) -> SourceError {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let message =
        format!("is for a pipeline {name}, and {} has only {}", plan.target, plan.pipelines.join(", "));
    SourceError::whole(folder, message)
        .hint("rename the folder if the pipeline was renamed; else --update removes it")
}
