//! The terminal: results on stdout, progress and diagnostics on stderr. Only here are `console` and `indicatif` known,
//! and only here is anything printed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Write as _};
use std::time::Duration;

use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::failure::{self, Style};
use super::image::Failed;
use super::paint::Paint;
use super::summary;
use super::words::{Count, Elapsed};
use crate::cli::Color;
use crate::commands::hint;
use crate::diagnostic::SourceError;
use crate::kratix::Finding;
use crate::outcome::{Event, RunOutcome};

/// What a person sees of a run.
pub(crate) struct Terminal {
    out: Paint,
    err: Paint,
    /// Lines that move, on a terminal alone.
    live: Option<MultiProgress>,
    bars: RefCell<HashMap<String, ProgressBar>>,
}

impl Terminal {
    pub(crate) fn new(color: Color) -> Self {
        let interactive = Term::stderr().is_term();
        let live =
            interactive.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(15)));
        let on = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal,
        };
        let out = Paint { on: on(console::colors_enabled()) };
        let err = Paint { on: on(console::colors_enabled_stderr()) };
        Self { out, err, live, bars: RefCell::default() }
    }

    /// How results are coloured.
    pub(crate) fn paint(&self) -> Paint {
        self.out
    }

    /// Tells what could not be done, and what to do about it.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let mut text = format!("{} {error:#}\n", self.err.red("error:"));
        if let Some(excerpt) = error.downcast_ref::<SourceError>().and_then(SourceError::excerpt) {
            text.push_str(&excerpt);
            text.push('\n');
        }
        if let Some(hint) = hint(error) {
            text.push_str(&format!("{} {hint}\n", self.err.cyan("hint:")));
        }
        self.stderr(&text);
    }

    /// Tells something that changes nothing.
    pub(crate) fn warning(&self, message: &str) {
        self.stderr(&format!("{} {message}\n", self.err.yellow("warning:")));
    }

    /// Shows what the platform would refuse.
    pub(crate) fn finding(&self, finding: &Finding) {
        self.show(&format!("{}\n\n", super::finding::render(finding, self.out)));
    }

    /// Tells what goes on.
    pub(crate) fn note(&self, message: &str) {
        self.stderr(&format!("{message}\n"));
    }

    /// Tells that Ctrl-C was heard.
    pub(crate) fn interrupted(&self) {
        for (_, bar) in self.bars.borrow_mut().drain() {
            bar.finish_and_clear();
        }
        self.note("Interrupted: removing containers");
    }

    /// Shows a result.
    pub(crate) fn show(&self, text: &str) {
        self.suspended(|| print(text));
    }

    /// Shows an event of a run.
    pub(crate) fn event(&self, event: &Event<'_>, style: &Style) {
        match event {
            Event::ImageStarted { reference, how } => self.started(reference, &format!("{how} {reference}")),
            Event::ImageLine { reference, line } => self.progressed(reference, line),
            Event::ImageFinished { reference, how, elapsed } => {
                self.finished(reference);
                let took = self.err.dim(format!("in {}", Elapsed(*elapsed)));
                self.stderr(&format!("{} {reference} {took}\n", self.err.green(how)));
            }
            Event::ImageFailed { reference, message, at, hint, log } => {
                self.finished(reference);
                self.stderr(&super::image::render(&Failed { message, at: *at, hint: *hint, log }, self.err));
            }
            Event::ImageWarning { message } | Event::SettingsWarning { message } => self.warning(message),
            Event::PromiseWarning { finding } => {
                self.stderr(&format!("{}\n", super::finding::render(finding, self.err)));
            }
            Event::TestsStarted { count } => {
                self.stderr(&format!("{} {}\n", self.err.green("Running"), Count(*count, "test")));
            }
            Event::TestStarted { test } => self.started(test, test),
            Event::StageStarted { test, stage } => self.progressed(test, stage),
            Event::StageLine { stage, line } => self.line(stage, line),
            Event::TestEnded { test } => self.finished(test),
            Event::TestFinished { outcome } => self.show(&failure::render(outcome, style)),
        }
    }

    /// Shows a line of a build or a stage as it comes.
    pub(crate) fn line(&self, of: &str, line: &str) {
        self.stderr(&format!("{} {line}\n", self.err.dim(format!("{of} |"))));
    }

    /// Shows how it ended.
    pub(crate) fn conclude(&self, run: &RunOutcome) {
        self.show(&summary::render(run, self.out));
    }

    /// Without a terminal only what takes long is announced: images.
    fn started(&self, key: &str, message: &str) {
        let Some(live) = &self.live else { return };
        let bar = live.add(ProgressBar::new_spinner());
        // The template is a constant and valid: a test draws it.
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {prefix} {wide_msg:.dim}") {
            bar.set_style(style);
        }
        bar.set_prefix(message.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        self.bars.borrow_mut().insert(key.to_owned(), bar);
    }

    fn progressed(&self, key: &str, message: &str) {
        if let Some(bar) = self.bars.borrow().get(key) {
            bar.set_message(message.to_owned());
        }
    }

    fn finished(&self, key: &str) {
        if let Some(bar) = self.bars.borrow_mut().remove(key) {
            bar.finish_and_clear();
        }
    }

    fn stderr(&self, text: &str) {
        // Nobody is left to tell if stderr is closed.
        self.suspended(|| _ = io::stderr().write_all(text.as_bytes()));
    }

    fn suspended(&self, print: impl FnOnce()) {
        match &self.live {
            Some(live) => live.suspend(print),
            None => print(),
        }
    }
}

/// Writes a result to stdout. That whoever reads it has gone away is no error.
pub(crate) fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}
