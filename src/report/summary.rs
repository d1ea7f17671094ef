//! The last line of a run, and what could not be read.

use super::paint::Paint;
use super::repeats;
use super::words::{Count, Elapsed};
use crate::outcome::{RunOutcome, TestOutcome, Verdict};

/// What a run came to.
pub(crate) fn render(run: &RunOutcome, paint: Paint) -> String {
    let mut text = if run.tests.last().is_some_and(|test| test.verdict.is_silent()) {
        "\n".to_owned()
    } else {
        String::new()
    };
    for error in run.unreadable.iter().chain(&run.unused) {
        text.push_str(&format!("{} {error}\n", paint.red("error:")));
        if let Some(excerpt) = error.excerpt() {
            text.push_str(&format!("{excerpt}\n"));
        }
        if let Some(hint) = &error.hint {
            text.push_str(&format!("{} {hint}\n", paint.cyan("hint:")));
        }
    }
    text.push_str(&repeats::render(&run.tests));
    text.push_str(&format!("{} {}\n", counts(run, paint), paint.dim(format!("in {}", Elapsed(run.elapsed)))));
    text
}

/// `2 tests: 1 passed, 1 failed`.
fn counts(run: &RunOutcome, paint: Paint) -> String {
    let count = |is: fn(&Verdict) -> bool| run.tests.iter().filter(|test| is(&test.verdict)).count();
    let parts = [
        (
            count(|verdict| matches!(verdict, Verdict::Passed)),
            "passed",
            Paint::green::<String> as fn(Paint, String) -> String,
        ),
        (count(|verdict| matches!(verdict, Verdict::Failed)), "failed", Paint::red::<String>),
        (
            count(|verdict| matches!(verdict, Verdict::New)),
            "new, with nothing expected yet",
            Paint::red::<String>,
        ),
        (count(updated), "updated", Paint::green::<String>),
        (
            count(|verdict| matches!(verdict, Verdict::Updated(files) if files.is_empty())),
            "unchanged",
            Paint::green,
        ),
        (
            count(|verdict| matches!(verdict, Verdict::NotCompared)),
            "ran, nothing compared",
            Paint::yellow::<String>,
        ),
        (count(|verdict| matches!(verdict, Verdict::Errored(_))), "could not run", Paint::red::<String>),
        (count(|verdict| matches!(verdict, Verdict::NotRun)), "not run", Paint::yellow::<String>),
    ];
    let words: Vec<String> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, colour)| colour(paint, format!("{count} {what}")))
        .collect();
    match words.is_empty() {
        true => Count(0, "test").to_string(),
        false => format!("{}: {}", Count(run.tests.len(), what(&run.tests)), words.join(", ")),
    }
}

fn updated(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Updated(files) if !files.is_empty())
}

/// What was run: requests where nothing was compared, else tests.
fn what(tests: &[TestOutcome]) -> &'static str {
    let requests = tests.iter().all(|test| matches!(test.verdict, Verdict::NotCompared));
    if requests { "run" } else { "test" }
}
