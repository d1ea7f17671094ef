//! A run of one pipeline or stage in the words of the enterprise plugin, which scripts may look for.

use super::difference::{self, diff_line};
use super::paint::Paint;
use crate::compare::{CONTEXT, DifferenceKind, FileContent, Shown, unified};
use crate::outcome::{Located, TestOutcome};

/// What is said first.
pub(crate) const RUNNING: &str = "Running\n";
/// What is said before what the run made is removed.
pub(crate) const CLEANING_UP: &str = "\nCleaning up\n";

pub(crate) fn building(image: &str) -> String {
    format!("Building {image}\n")
}

/// Every file that was compared, and what differs in it. `expected` is the folder as the user named it.
pub(crate) fn validation(outcome: &TestOutcome, expected: &str, paint: Paint) -> String {
    let expected = expected.trim_end_matches('/');
    let mut text = "Validating\n".to_owned();
    for file in &outcome.compared {
        text.push_str(&format!("- Comparing {expected}/{file} to /kratix/output/{file}\n"));
        for located in outcome.differences.iter().filter(|located| located.difference.file == *file) {
            text.push_str(&diff(located, paint));
        }
    }
    outcome.secrets.hide(&text).into_owned()
}

/// How it ended. What the stages themselves ended with is one assertion.
pub(crate) fn conclusion(outcome: &TestOutcome, paint: Paint) -> String {
    let differs =
        |file: &&String| outcome.differences.iter().any(|located| located.difference.file == **file);
    let failed = outcome.compared.iter().filter(differs).count() + outcome.failures.len();
    match failed {
        0 => format!("{} ({} assertion(s))\n", paint.green("Success"), outcome.compared.len()),
        failed => format!("{} ({failed} assertion(s) failed)\n", paint.red("Failure")),
    }
}

fn diff(located: &Located, paint: Paint) -> String {
    let head = format!("{}\n{}\n", paint.red("--- expected"), paint.green("+++ actual"));
    let lines = match &located.difference.kind {
        // What a mark asks for stands in neither text.
        DifferenceKind::ChangedDocument(changed)
            if changed.changes.iter().all(|change| change.why.is_none()) =>
        {
            unified(&changed.expected_text, &changed.actual_text, CONTEXT)
        }
        DifferenceKind::Text(text) => text.lines.clone(),
        DifferenceKind::Missing(content) => unified(&whole(content), "", CONTEXT),
        DifferenceKind::Unexpected(content) => unified("", &whole(content), CONTEXT),
        DifferenceKind::MissingDocument(document) => unified(&document.text, "", CONTEXT),
        DifferenceKind::UnexpectedDocument(document) => unified("", &document.text, CONTEXT),
        _ => Vec::new(),
    };
    match lines.is_empty() {
        true => format!("{}\n", difference::render(located, paint, true)),
        false => head + &lines.iter().map(|line| format!("{}\n", diff_line(line, paint))).collect::<String>(),
    }
}

/// All of a file that is only there on one side; nothing where it cannot be shown.
fn whole(content: &FileContent) -> String {
    match &content.shown {
        Shown::Documents(documents) => {
            let texts: Vec<&str> = documents.iter().map(|document| document.text.as_str()).collect();
            texts.join("---\n")
        }
        Shown::Text(text) => text.clone(),
        Shown::Binary(_) | Shown::Withheld => String::new(),
    }
}
