//! The classic builder's log: its lines, and the step that it is at.

use std::collections::VecDeque;
use std::sync::LazyLock;

use bollard::models::BuildInfo;
use regex::Regex;

use super::lines::Lines;
use crate::engine::BuildFailure;
use crate::tree::context::{Context, Instruction};

/// The lines of a step that are kept.
const KEPT: usize = 100;

/// `Step 2/3 : RUN x`, or as Podman has it `[1/2] STEP 2/3: RUN x`.
#[expect(clippy::unwrap_used, reason = "the pattern is a constant that tests use")]
static STEP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:\[\d+/\d+\] )?(?:Step|STEP) (\d+)/\d+ ?: (.*)$").unwrap());

/// How the command of a step ended, as Docker and Podman say it.
#[expect(clippy::unwrap_used, reason = "the pattern is a constant that tests use")]
static EXIT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:non-zero code:|exit code:|exit status) (\d+)").unwrap());

/// Where a message about the Dockerfile says that it is.
#[expect(clippy::unwrap_used, reason = "the pattern is a constant that tests use")]
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:parse error (?:on )?line|syntax error - .* on line) (\d+)").unwrap()
});

/// How the builder says that a command ended, if that is what it says.
pub(in crate::engine::docker) fn exit_code(message: &str) -> Option<i64> {
    EXIT.captures_iter(message).last()?.get(1)?.as_str().parse().ok()
}

/// The instruction at the line that the builder complains about.
pub(in crate::engine::docker) fn complained_about(context: &Context, message: &str) -> Option<Instruction> {
    let line: usize = LINE.captures(message)?.get(1)?.as_str().parse().ok()?;
    let instructions = &context.dockerfile.instructions;
    instructions.iter().rev().find(|instruction| instruction.line <= line).cloned()
}

/// What to do where the builder took the lines of a here-document for instructions.
pub(in crate::engine::docker) fn about_heredocs(reason: &str, at: Option<&Instruction>) -> Option<String> {
    let is_inside = at.is_some_and(|instruction| instruction.text.contains("<<"));
    (is_inside && reason.contains("unknown instruction")).then(|| {
        "here-documents need the BuildKit of Docker 23 or later, or `# syntax=docker/dockerfile:1` as the first line \
         and a registry that has it"
            .to_owned()
    })
}

/// The log of one build.
pub(super) struct Steps<'a> {
    context: &'a Context,
    lines: Lines,
    at: Option<Step>,
    log: VecDeque<String>,
}

struct Step {
    number: usize,
    text: String,
}

impl<'a> Steps<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        Self { context, lines: Lines::default(), at: None, log: VecDeque::new() }
    }

    pub(super) fn read(&mut self, answer: &BuildInfo, on_line: &mut dyn FnMut(&str)) {
        if let Some(text) = &answer.stream {
            let Self { lines, at, log, .. } = self;
            lines.read(uncoloured(text), &mut |line| {
                note(at, log, line);
                on_line(line);
            });
        }
        // Of fetching a base image, the steps but not the moving of the bars.
        let moves = answer.progress_detail.as_ref().is_some_and(|detail| detail.current.is_some());
        if let Some(status) = answer.status.as_ref().filter(|_| !moves) {
            self.finish(on_line);
            match answer.id.as_deref().filter(|id| !id.is_empty()) {
                Some(id) => on_line(&format!("{id}: {status}")),
                None => on_line(status),
            }
        }
    }

    /// Hands over what has no end yet.
    pub(super) fn finish(&mut self, on_line: &mut dyn FnMut(&str)) {
        let Self { lines, at, log, .. } = self;
        lines.flush(&mut |line| {
            note(at, log, line);
            on_line(line);
        });
    }

    /// Why the build failed, given what the builder says last.
    pub(super) fn failure(&self, reason: &str) -> BuildFailure {
        let instruction = complained_about(self.context, reason).or_else(|| self.instruction());
        BuildFailure {
            reason: reason.to_owned(),
            hint: about_heredocs(reason, instruction.as_ref()),
            instruction,
            exit: exit_code(reason),
            log: self.log.iter().cloned().collect(),
        }
    }

    /// Podman numbers the steps of each stage, so a number alone is not enough.
    fn instruction(&self) -> Option<Instruction> {
        let Step { number, text } = self.at.as_ref()?;
        let instructions = &self.context.dockerfile.instructions;
        let numbered = instructions.get(number.checked_sub(1)?);
        let keyword = |text: &str| text.split_whitespace().next().map(str::to_ascii_uppercase);
        let found = match self.context.instruction(text) {
            Some(found) => Some(found),
            None => numbered.filter(|numbered| keyword(&numbered.text) == keyword(text)),
        };
        found.cloned()
    }
}

/// Without the red that the builder gives to what commands write to stderr.
fn uncoloured(text: &str) -> &str {
    text.strip_prefix("\x1b[91m").and_then(|text| text.strip_suffix("\x1b[0m")).unwrap_or(text)
}

/// Notes where the build is, and what the step there says, without what the builder says itself.
fn note(at: &mut Option<Step>, log: &mut VecDeque<String>, line: &str) {
    if let Some((number, text)) = step(line) {
        *at = Some(Step { number, text });
        log.clear();
    } else if !line.starts_with(" ---> ") && !line.starts_with("Removing intermediate container ") {
        if log.len() == KEPT {
            log.pop_front();
        }
        log.push_back(line.to_owned());
    }
}

fn step(line: &str) -> Option<(usize, String)> {
    let found = STEP.captures(line)?;
    Some((found[1].parse().ok()?, found[2].to_owned()))
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;
    use crate::tree::context::Dockerfile;

    fn context() -> Context {
        let instruction = |line, text: &str| Instruction { line, text: text.to_owned() };
        let instructions = vec![
            instruction(2, "FROM busybox"),
            instruction(3, "RUN make   all"),
            instruction(7, "FROM busybox"),
            instruction(8, "COPY a $B"),
        ];
        Context { dockerfile: Dockerfile { instructions, ..Dockerfile::default() }, ..Context::default() }
    }

    fn text(text: &str) -> BuildInfo {
        BuildInfo { stream: Some(text.to_owned()), ..BuildInfo::default() }
    }

    fn status(status: &str, current: Option<i64>) -> BuildInfo {
        BuildInfo {
            id: Some("1.36".to_owned()),
            status: Some(status.to_owned()),
            progress_detail: Some(ProgressDetail { current, total: None }),
            ..BuildInfo::default()
        }
    }

    fn failure(log: &str, reason: &str) -> (Vec<String>, BuildFailure) {
        let context = context();
        let (mut steps, mut lines) = (Steps::new(&context), Vec::new());
        steps.read(&text(log), &mut |line| lines.push(line.to_owned()));
        steps.finish(&mut |line| lines.push(line.to_owned()));
        (lines, steps.failure(reason))
    }

    #[test]
    fn the_step_that_failed_is_told_with_its_line_its_code_and_what_it_printed() {
        let log = "Step 1/4 : FROM busybox\n ---> 0123\nStep 2/4 : RUN make all\n ---> Running in 4567\none\ntwo\n\
                   Removing intermediate container 4567\n";
        let reason = "The command '/bin/sh -c make all' returned a non-zero code: 2";
        let (lines, failure) = failure(log, reason);
        assert_eq!(lines.len(), 7);
        assert_eq!(failure.instruction, Some(Instruction { line: 3, text: "RUN make   all".to_owned() }));
        assert_eq!((failure.exit, failure.reason.as_str()), (Some(2), reason));
        assert_eq!(failure.log, ["one", "two"]);
        assert_eq!(failure.to_string(), "its command ended with exit code 2");
    }

    #[test]
    fn what_goes_to_stderr_is_not_red_but_keeps_its_own_colours() {
        let context = context();
        let (mut steps, mut lines) = (Steps::new(&context), Vec::new());
        for piece in ["\x1b[91mred\n\x1b[0m", "\x1b[32mgreen\x1b[0m\n"] {
            steps.read(&text(piece), &mut |line| lines.push(line.to_owned()));
        }
        assert_eq!(lines, ["red", "\x1b[32mgreen\x1b[0m"]);
    }

    #[test]
    fn a_step_of_podman_is_found_by_its_text() {
        let reason = "building at STEP \"RUN make all\": while running runtime: exit status 3";
        let (_, failure) = failure("[1/2] STEP 2/2: RUN make all\nout\n", reason);
        assert_eq!(failure.instruction.map(|found| found.line), Some(3));
        assert_eq!(failure.exit, Some(3));
    }

    #[test]
    fn a_step_that_is_written_otherwise_is_found_by_its_number() {
        let (_, found) = failure("Step 4/4 : COPY a b\n", "COPY failed: file not found in build context");
        assert_eq!(found.instruction.map(|found| found.line), Some(8));
        let (_, found) = failure("Step 3/4 : RUN other\n", "no");
        assert_eq!(found.instruction, None);
    }

    #[test]
    fn a_complaint_about_a_line_is_told_with_its_instruction() {
        for reason in ["Dockerfile parse error line 5: unknown flag", "dockerfile parse error on line 5: no"]
        {
            let (_, failure) = failure("", reason);
            assert_eq!(failure.instruction.map(|found| found.line), Some(3), "{reason}");
        }
    }

    #[test]
    fn a_here_document_that_the_builder_does_not_know_is_told_so() {
        let at = |text: &str| Instruction { line: 2, text: text.to_owned() };
        let reason = "dockerfile parse error line 3: unknown instruction: ECHO";
        assert!(about_heredocs(reason, Some(&at("RUN <<EOF"))).unwrap().contains("Docker 23"));
        assert_eq!(about_heredocs(reason, Some(&at("ECHO x"))), None);
        assert_eq!(about_heredocs("exit code: 1", Some(&at("RUN <<EOF"))), None);
    }

    #[test]
    fn fetching_a_base_is_told_without_its_progress() {
        let answers =
            [text("begun"), status("Pulling from library/busybox", None), status("Downloading", Some(1))];
        let context = context();
        let (mut steps, mut lines) = (Steps::new(&context), Vec::new());
        for answer in answers {
            steps.read(&answer, &mut |line| lines.push(line.to_owned()));
        }
        assert_eq!(lines, ["begun", "1.36: Pulling from library/busybox"]);
    }
}
