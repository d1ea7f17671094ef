//! Marks and filters of the settings that find nothing in any test: what they were for is gone, or they never fitted.

use std::collections::BTreeMap;
use std::fs;

use super::Job;
use crate::compare::Place;
use crate::diagnostic::{Source, SourceError};
use crate::outcome::{RuleKind, TestOutcome};
use crate::suite::settings::Settings;

/// Those of which this run can tell: every test that they are for was compared.
pub(super) fn unused(jobs: &[Job<'_>], tests: &[TestOutcome]) -> Vec<SourceError> {
    let mut known: BTreeMap<Place, (RuleKind, bool)> = BTreeMap::new();
    for (job, test) in jobs.iter().zip(tests) {
        let Some((_, settings)) = job.plan() else { continue };
        for rule in &test.rules {
            let entry = known.entry(rule.place.clone()).or_insert((rule.kind, false));
            entry.1 |= rule.used || !is_known(job, &rule.place);
        }
        if test.rules.is_empty() {
            // It was not compared: who knows what they would have found.
            for place in places(settings) {
                known.entry(place.clone()).or_insert((RuleKind::Mark, true)).1 = true;
            }
        }
    }
    let unused = known.into_iter().filter(|(_, (_, used))| !used);
    unused.map(|(place, (kind, _))| error(&place, kind)).collect()
}

fn places(settings: &Settings) -> impl Iterator<Item = &Place> {
    let filters = settings.filters().iter().map(|filter| &filter.place);
    settings.marks().iter().map(|mark| &mark.place).chain(filters)
}

/// Whether all tests that a settings file is for are run: it stands in the test's own folder, or all are.
fn is_known(job: &Job<'_>, place: &Place) -> bool {
    let folder =
        place.file.parent().map(|folder| if folder.as_os_str().is_empty() { ".".as_ref() } else { folder });
    let is_below = |outer: &std::path::Path| {
        folder
            .and_then(|folder| Some((fs::canonicalize(folder).ok()?, fs::canonicalize(outer).ok()?)))
            .is_some_and(|(folder, outer)| folder.starts_with(outer))
    };
    match &job.subject {
        super::Subject::Test(test) if is_below(&test.folder) => true,
        super::Subject::Test(_) => !job.suite.is_narrowed && is_below(&job.suite.searched),
        super::Subject::Broken(_) | super::Subject::Example { .. } => false,
    }
}

fn error(place: &Place, kind: RuleKind) -> SourceError {
    let message = match kind {
        RuleKind::Mark => "this mark fits no value that any test expects",
        RuleKind::Filter => "this filter finds nothing in any file",
    };
    let error = match Source::read(&place.file) {
        Ok(source) => source.error(place.at, message),
        Err(_) => SourceError::whole(&place.file, message),
    };
    error.hint("remove it, or mend it: what it was for is gone")
}
