//! The terminal: results on stdout, progress and diagnostics on stderr. Only here are `console` and `indicatif` known,
//! and only here is anything printed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::failure::{self, Style};
use super::image::Failed;
use super::loading;
use super::paint::Paint;
use super::prompt::{self, Answer, Choice, Chosen};
use super::repeats::Repeats;
use super::summary;
use super::words::{Count, Elapsed};
use crate::cli::Color;
use crate::cluster::Event as Loading;
use crate::commands::hint;
use crate::diagnostic::SourceError;
use crate::kratix::Finding;
use crate::outcome::{Event, RunOutcome};

/// Bytes that move; what they are comes last, and is cut where the terminal ends.
const BYTES: &str = "{spinner:.cyan} {binary_bytes:>10} {wide_msg}";
const BYTES_OF_TOTAL: &str =
    "{spinner:.cyan} {bar:12.cyan} {binary_bytes:>10}/{binary_total_bytes} {wide_msg}";

/// What a person sees of a run.
pub(crate) struct Terminal {
    out: Paint,
    err: Paint,
    /// Lines that move, on a terminal alone.
    live: Option<MultiProgress>,
    bars: RefCell<HashMap<String, ProgressBar>>,
    repeats: RefCell<Repeats>,
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
        Self { out, err, live, bars: RefCell::default(), repeats: RefCell::default() }
    }

    /// Whether somebody sits here who can be asked.
    pub(crate) fn is_attended(&self) -> bool {
        self.live.is_some() && io::stdin().is_terminal()
    }

    /// Asks whether something is to be done.
    pub(crate) fn ask(&self, question: &str) -> io::Result<Answer> {
        prompt::ask(question, self.err)
    }

    /// Lets somebody choose, where all or nothing is chosen to begin with.
    pub(crate) fn choose(&self, question: &str, choices: &[Choice], all: bool) -> io::Result<Chosen> {
        prompt::choose(question, choices, all, self.err)
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

    /// Tells why nothing happens: somebody else writes to the results of a Promise.
    pub(crate) fn waiting(&self, promise: &Path) {
        self.note(&format!("Waiting for another run in {} to end", promise.display()));
    }

    /// Tells that Ctrl-C was heard.
    pub(crate) fn interrupted(&self, then: &str) {
        for (_, bar) in self.bars.borrow_mut().drain() {
            bar.finish_and_clear();
        }
        self.note(&format!("Interrupted: {then}"));
    }

    /// Shows a result.
    pub(crate) fn show(&self, text: &str) {
        self.suspended(|| print(text));
    }

    /// Shows an event of a run.
    pub(crate) fn event(&self, event: &Event<'_>, style: &Style) {
        match event {
            Event::ImageStarted { reference, how } => self.started(reference, &format!("{how} {reference}")),
            Event::ImageLine { reference, line } if style.stream => self.line(reference, line),
            Event::ImageLine { reference, line } => self.progressed(reference, line),
            Event::ImageFinished { reference, how, elapsed } => {
                self.finished(reference);
                let took = self.err.dim(format!("in {}", Elapsed(*elapsed)));
                self.stderr(&format!("{} {reference} {took}\n", self.err.green(how)));
            }
            Event::ImageUnchanged { reference } if style.verbose => {
                self.stderr(&format!("{} {reference}\n", self.err.green("Unchanged")));
            }
            Event::ImageUnchanged { .. } => {}
            Event::ImageGivenUp { reference } => self.finished(reference),
            Event::ImageFailed { reference, message, at, hint, log } => {
                self.finished(reference);
                self.stderr(&super::image::render(&Failed { message, at: *at, hint: *hint, log }, self.err));
            }
            Event::ImageWarning { message } | Event::SettingsWarning { message } => self.warning(message),
            Event::PromiseFinding { finding } => {
                self.stderr(&format!("{}\n", super::finding::render(finding, self.err)));
            }
            Event::TestsStarted { count } => {
                self.stderr(&format!("{} {}\n", self.err.green("Running"), Count(*count, "test")));
            }
            Event::TestStarted { test } => self.started(test, test),
            Event::StageStarted { test, stage } => self.progressed(test, stage),
            Event::StageLine { stage, line } => self.line(stage, line),
            Event::TestEnded { test } => self.finished(test),
            Event::TestFinished { outcome } => {
                let told = self.repeats.borrow_mut().told(outcome).filter(|_| !style.verbose);
                self.show(&match told {
                    Some(first) => failure::render_again(outcome, &first, style),
                    None => failure::render(outcome, style),
                });
            }
        }
    }

    /// Shows how far images are on their way into a cluster.
    pub(crate) fn loading(&self, event: &Loading<'_>) {
        match event {
            Loading::Started { image, nodes, size } => {
                self.bytes_started(image, &loading::title(image, *nodes), *size);
            }
            Loading::Sent { image, bytes } => self.bytes_moved(image, *bytes),
            Loading::Ended { image } => self.bytes_ended(image),
            Loading::Loaded { .. } | Loading::Present { .. } | Loading::Failed { .. } => {}
        }
        if let Some(result) = loading::result(event, self.out) {
            self.show(&result);
        }
        if let Some(failure) = loading::failure(event, self.err) {
            self.stderr(&failure);
        }
    }

    /// Begins a bar of bytes, of which there will be about so many.
    pub(crate) fn bytes_started(&self, key: &str, message: &str, total: Option<u64>) {
        let Some(live) = &self.live else { return };
        let bar = live.add(total.map_or_else(ProgressBar::no_length, ProgressBar::new));
        // Constants, and valid: a test draws them.
        let template = if total.is_some() { BYTES_OF_TOTAL } else { BYTES };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        bar.set_message(message.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        self.bars.borrow_mut().insert(key.to_owned(), bar);
    }

    /// So many bytes have moved in all.
    pub(crate) fn bytes_moved(&self, key: &str, bytes: u64) {
        if let Some(bar) = self.bars.borrow().get(key) {
            // The total may be a guess.
            if bar.length().is_some_and(|total| total < bytes) {
                bar.set_length(bytes);
            }
            bar.set_position(bytes);
        }
    }

    pub(crate) fn bytes_ended(&self, key: &str) {
        self.finished(key);
    }

    /// Shows how it ended.
    pub(crate) fn conclude(&self, run: &RunOutcome) {
        self.show(&summary::render(run, self.out));
    }

    /// Shows a line of somebody else's.
    fn line(&self, whose: &str, line: &str) {
        self.stderr(&format!("{} {line}\n", self.err.dim(format!("{whose} |"))));
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

/// Whether what was written can be changed again, as where something is chosen.
pub(crate) fn can_move() -> bool {
    std::env::var_os("TERM").is_some_and(|terminal| !terminal.is_empty() && terminal != "dumb")
}

/// Writes a result to stdout. That whoever reads it has gone away is no error.
pub(crate) fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes());
    let _ = stdout.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_valid_templates_and_grow_beyond_a_guess_that_was_too_low() {
        for template in [BYTES, BYTES_OF_TOTAL] {
            ProgressStyle::with_template(template).expect("a template");
        }
        let live = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let off = Paint { on: false };
        let terminal = Terminal {
            out: off,
            err: off,
            live: Some(live),
            bars: RefCell::default(),
            repeats: RefCell::default(),
        };
        terminal.bytes_started("a", "Loading a", Some(1000));
        let place = || {
            let bars = terminal.bars.borrow();
            (bars["a"].position(), bars["a"].length())
        };
        terminal.bytes_moved("a", 400);
        assert_eq!(place(), (400, Some(1000)));
        terminal.bytes_moved("a", 1200);
        assert_eq!(place(), (1200, Some(1200)));
        terminal.bytes_ended("a");
        assert!(terminal.bars.borrow().is_empty());
    }
}
