//! One test's outcome as text: a line, and below it whatever a person needs to know.

use std::fmt::Write as _;

use super::paint::Paint;
use super::words::{Bytes, Elapsed};
use super::{difference, finding, workflow};
use crate::called;
use crate::compare::Proposal;
use crate::diagnostic::SourceError;
use crate::kratix::Severity;
use crate::outcome::{Ended, Failure, PipelineOutcome, StageOutcome, TestOutcome, Varying, Verdict};
use crate::suite::expectation::Written;

/// How outcomes are shown.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    pub(crate) paint: Paint,
    /// Whatever there is, not only what is needed.
    pub(crate) verbose: bool,
    /// The output of builds as it comes.
    pub(crate) stream: bool,
    /// What the user types to accept what a test left, before its name.
    pub(crate) accept: String,
}

/// A test's line and its details, without what no report may show.
pub(crate) fn render(test: &TestOutcome, style: &Style) -> String {
    test.secrets.hide(&with_secrets(test, style)).into_owned()
}

/// A test that was run earlier and cannot be accepted as it is: the same without how to accept it.
pub(crate) fn render_refused(test: &TestOutcome, style: &Style) -> String {
    let mut text = headline(test, style.paint);
    let details = without_next_step(test, style).join("\n\n");
    if !details.is_empty() {
        let _ = write!(text, "\n{}\n", indented(&details));
    }
    test.secrets.hide(&text).into_owned()
}

/// Why a test fails, beside differences.
pub(crate) fn why(test: &TestOutcome, paint: Paint) -> String {
    let parts: Vec<String> =
        test.failures.iter().map(|failure| self::failure(test, failure, paint)).collect();
    test.secrets.hide(&format!("{}\n", parts.join("\n\n"))).into_owned()
}

/// A test that fails in the same way as one that was told before.
pub(crate) fn render_again(test: &TestOutcome, first: &str, style: &Style) -> String {
    format!("{}\n  fails as {first} does\n\n", headline(test, style.paint))
}

fn with_secrets(test: &TestOutcome, style: &Style) -> String {
    let (paint, verbose) = (style.paint, style.verbose);
    let mut text = headline(test, paint);
    if verbose {
        text.push_str(&indented(&stages(test, paint)));
        text.push_str(&indented(&workflow::render(test, paint)));
    }
    let details = details(test, style);
    if !details.is_empty() {
        let _ = write!(text, "\n{}\n", indented(&details));
    }
    for remark in &test.remarks {
        let _ = writeln!(text, "  {} {remark}", paint.yellow("note:"));
    }
    for note in &test.notes {
        let _ = writeln!(text, "  {} {}", paint.yellow("note:"), difference::note(note));
    }
    text
}

fn headline(test: &TestOutcome, paint: Paint) -> String {
    let word = match &test.verdict {
        Verdict::Passed => paint.green("PASS "),
        Verdict::NotCompared => paint.green("RAN  "),
        Verdict::New => paint.yellow("NEW  "),
        Verdict::Updated(files) if files.is_empty() => paint.green("SAME "),
        Verdict::Updated(_) => paint.green("WROTE"),
        Verdict::Failed => paint.red("FAIL "),
        Verdict::Errored(_) => paint.red("ERROR"),
        Verdict::NotRun => paint.dim("SKIP "),
    };
    format!("{word} {} {}\n", paint.bold(&test.name), paint.dim(Elapsed(test.elapsed)))
}

fn details(test: &TestOutcome, style: &Style) -> String {
    let mut parts = without_next_step(test, style);
    parts.extend(next_step(test, style));
    parts.join("\n\n")
}

fn without_next_step(test: &TestOutcome, style: &Style) -> Vec<String> {
    let (paint, verbose) = (style.paint, style.verbose);
    let mut parts: Vec<String> =
        test.findings.iter().map(|finding| finding::render(finding, paint)).collect();
    parts.extend(test.failures.iter().map(|failure| self::failure(test, failure, paint)));
    match &test.verdict {
        Verdict::Errored(trouble) if trouble.told => parts.push(format!("{} (see above)", trouble.message)),
        Verdict::Errored(trouble) => parts.push(with_hint(&trouble.message, trouble.hint.as_deref(), paint)),
        Verdict::Updated(files) => {
            parts.extend(written(files, paint));
            parts.extend(varying(test, paint, "marked, since a second run left something else:"));
        }
        Verdict::NotCompared => parts.extend(left(test, paint, "nothing expected it; nothing compared")),
        Verdict::New => {
            parts.extend(left(test, paint, "no expectation yet"));
            parts.extend(varying(
                test,
                paint,
                "a second run left something else; this is what would be stored:",
            ));
        }
        _ => parts.extend(test.differences.iter().map(|located| difference::render(located, paint, verbose))),
    }
    parts
}

/// What a pipeline left, where there is nothing to compare it with.
fn left(test: &TestOutcome, paint: Paint, nothing: &str) -> Vec<String> {
    if !test.failures.is_empty() {
        return Vec::new();
    }
    match test.differences.is_empty() {
        true => vec![format!("the pipeline left nothing ({nothing})")],
        false => test.differences.iter().map(|located| difference::render_left(located, paint)).collect(),
    }
}

/// The marks that a file of a new test gets, since a second run left something else.
pub(crate) fn varying_in(test: &TestOutcome, file: &str, paint: Paint) -> Option<String> {
    varying_of(test, |varying| varying.proposal.file == file, paint, "will be marked, since it varies:")
}

/// What a second run of a new test left otherwise, and the marks for it.
fn varying(test: &TestOutcome, paint: Paint, title: &str) -> Option<String> {
    varying_of(test, |_| true, paint, title)
}

fn varying_of(
    test: &TestOutcome,
    is_meant: impl Fn(&&Varying) -> bool,
    paint: Paint,
    title: &str,
) -> Option<String> {
    let line = |varying: &Varying| {
        let Proposal { file, document, spot } = &varying.proposal;
        let within = spot.within.as_ref().map(|within| format!(" → {within}")).unwrap_or_default();
        format!("\n  {file} {document}\n    {}{within}: {}", spot.path, paint.green(&spot.is))
    };
    let lines: String = test.varying.iter().filter(is_meant).map(line).collect();
    (!lines.is_empty()).then(|| format!("{title}{lines}"))
}

/// Why a test failed, in a line.
pub(crate) fn in_a_line(test: &TestOutcome) -> String {
    let off = Paint { on: false };
    let ended = test.pipelines.iter().rev().find_map(|pipeline| Some((pipeline, pipeline.stages.last()?)));
    let why = match (test.failures.first(), ended) {
        (Some(Failure::Stage { .. }), Some((pipeline, stage))) => {
            let how = match &stage.ended {
                Ended::Exited(code) => format!("ended with exit code {code}"),
                Ended::OutOfMemory { .. } => "ran out of memory".to_owned(),
                Ended::TimedOut(_) => "ran for too long".to_owned(),
                Ended::CannotStart(why) => format!("cannot be started: {why}"),
            };
            format!("the stage {} of {} {how}", stage.container, pipeline.name)
        }
        (Some(other), _) => failure(test, other, off),
        (None, _) => test.findings.first().map(|finding| finding.text.clone()).unwrap_or_default(),
    };
    why.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// The files that were written or removed, a line each.
pub(crate) fn written(files: &[Written], paint: Paint) -> Option<String> {
    let line = |file: &Written| match file {
        Written::Created(path) => format!("{} {}", paint.green("created"), path.display()),
        Written::Changed(path) => format!("{} {}", paint.yellow("changed"), path.display()),
        Written::Removed(path) => format!("{} {}", paint.red("removed"), path.display()),
    };
    let lines: Vec<String> = files.iter().map(line).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn failure(test: &TestOutcome, failure: &Failure, paint: Paint) -> String {
    match failure {
        Failure::Source(error) => source(error, paint),
        Failure::Refused { errors, why, expected } => {
            let expected = expected.as_ref().map(|expected| {
                format!("the platform was expected to refuse the request with: {expected}\nbut it says: ")
            });
            let mut text = format!("{}{why}", expected.unwrap_or_default());
            for error in errors {
                let _ = write!(text, "\n\n{}", source(error, paint));
            }
            text
        }
        Failure::Stage { pipeline, expected_exit } => {
            let outcome = test.pipelines.iter().find(|outcome| &outcome.name == pipeline);
            let Some((outcome, stage)) = outcome.and_then(|outcome| Some((outcome, outcome.stages.last()?)))
            else {
                return format!("{pipeline} did not end as expected");
            };
            stage_failure(outcome, stage, *expected_exit, paint)
        }
        Failure::PromiseRefused { codes } => {
            let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
            format!("the platform refuses the Promise: {} (see above)", codes.join(", "))
        }
        Failure::NotRefused { expected } => {
            format!("the platform accepts the request, and was expected to refuse it with: {expected}")
        }
        Failure::NotRepeatable => {
            format!(
                "a second run, on the status that the first left, does something else than the first, and \
                 Kratix runs every workflow again (see `{} explain KT141`)",
                called::name()
            )
        }
        Failure::NotFound { code } => format!("{code} was expected, and not found: {}", code.rule().title),
        Failure::Earlier(text) => text.clone(),
        Failure::NotExited { expected } => {
            format!("every stage exited with code 0, and {expected} was expected")
        }
    }
}

fn source(error: &SourceError, paint: Paint) -> String {
    let mut text = error.to_string();
    if let Some(excerpt) = error.excerpt() {
        let _ = write!(text, "\n{}", paint.dim(excerpt));
    }
    with_hint(&text, error.hint.as_deref(), paint)
}

fn with_hint(text: &str, hint: Option<&str>, paint: Paint) -> String {
    match hint {
        Some(hint) => format!("{text}\n{} {hint}", paint.cyan("hint:")),
        None => text.to_owned(),
    }
}

fn stage_failure(pipeline: &PipelineOutcome, stage: &StageOutcome, expected: i64, paint: Paint) -> String {
    let (problem, hint) = ending(&stage.ended, expected);
    let title = paint.bold(format!("{}/{}", pipeline.name, stage.container));
    let text = format!("{title} {problem}\n{}", log(stage, paint));
    with_hint(text.trim_end(), hint.as_deref(), paint)
}

/// How a stage ended, and what to do about it.
fn ending(ended: &Ended, expected: i64) -> (String, Option<String>) {
    match ended {
        Ended::Exited(code) => {
            let signal = signal(*code).map_or_else(String::new, |signal| format!(" ({signal})"));
            let wanted = if expected == 0 { String::new() } else { format!(", and {expected} was expected") };
            (format!("exited with code {code}{signal}{wanted}"), None)
        }
        Ended::OutOfMemory { limit } => {
            let limit = limit.map_or_else(|| "the machine's".to_owned(), |limit| Bytes(limit).to_string());
            let hint = "give the container more in promise.yaml, or the test all of it with `limits: none`:\n  \
                        resources:\n    limits: {memory: 512Mi}";
            (
                format!("was killed for using more memory than its limit, {limit} (OOMKilled)"),
                Some(hint.to_owned()),
            )
        }
        Ended::TimedOut(after) => {
            let hint = "on the platform it would hang for ever; if it needs longer, set `timeout:` in \
                        kratix-test.yaml or --timeout";
            (
                format!("was still running after {} and was killed", humantime::format_duration(*after)),
                Some(hint.into()),
            )
        }
        Ended::CannotStart(reason) => (format!("cannot start: {reason}"), None),
    }
}

/// The signal that an exit code above 128 stands for.
fn signal(code: i64) -> Option<&'static str> {
    match code - 128 {
        2 => Some("SIGINT"),
        4 => Some("SIGILL"),
        6 => Some("SIGABRT"),
        7 => Some("SIGBUS"),
        8 => Some("SIGFPE"),
        9 => Some("SIGKILL"),
        11 => Some("SIGSEGV"),
        13 => Some("SIGPIPE"),
        15 => Some("SIGTERM"),
        _ => None,
    }
}

/// The last of what a stage printed.
fn log(stage: &StageOutcome, paint: Paint) -> String {
    let log = &stage.log;
    let mut text = String::new();
    if log.tail.is_empty() {
        return format!("  {}\n", paint.dim("it printed nothing"));
    }
    if log.earlier > 0 || log.cut {
        let earlier = format!("{} earlier lines are in {}", log.earlier, log.path.display());
        let _ = writeln!(text, "  {}", paint.dim(earlier));
    }
    for line in log.tail.lines() {
        let _ = writeln!(text, "  {} {line}", paint.dim("|"));
    }
    text
}

/// Every stage with what it printed.
fn stages(test: &TestOutcome, paint: Paint) -> String {
    let mut text = String::new();
    for pipeline in &test.pipelines {
        for stage in &pipeline.stages {
            let took = paint.dim(Elapsed(stage.elapsed));
            let _ = writeln!(
                text,
                "{}/{} {took}\n{}",
                pipeline.name,
                stage.container,
                log(stage, paint).trim_end()
            );
        }
    }
    text
}

/// How to go on from here.
fn next_step(test: &TestOutcome, style: &Style) -> Option<String> {
    let refused = test.findings.iter().any(|finding| finding.severity == Severity::Error)
        || test.differences.iter().any(|located| located.difference.breaks_a_rule());
    let differs =
        matches!(test.verdict, Verdict::New | Verdict::Failed) && test.failures.is_empty() && !refused;
    let is_there = !test.pipelines.is_empty();
    let command = format!("{} {}", style.accept, quoted(&test.name));
    let results = test.results.display();
    match (differs, is_there) {
        (true, _) => Some(format!(
            "to accept what was left:  {}\nall of it is in:          {results}",
            style.paint.bold(command)
        )),
        (false, true) if matches!(test.verdict, Verdict::NotCompared) => {
            Some(format!("all of it is in: {results}"))
        }
        _ => None,
    }
}

/// A word as a shell takes it.
pub(crate) fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    if name.chars().all(plain) { name.to_owned() } else { format!("'{}'", name.replace('\'', r"'\''")) }
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") };
    text.lines().map(line).collect()
}
