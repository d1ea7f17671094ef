//! What could keep tests from running, and what mends it.

pub(crate) mod clusters;
pub(crate) mod engine;
pub(crate) mod files;
pub(crate) mod holdings;
pub(crate) mod programs;
pub(crate) mod space;

use serde::Serialize;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Probe {
    /// One word.
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
    /// What was found.
    pub(crate) text: String,
    /// The command that mends it.
    pub(crate) mend: Option<String>,
    /// What to do where one command is not enough.
    pub(crate) hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Ok,
    /// It could not be looked at, and need not keep anything from running.
    Unknown,
    /// A run works, and something will surprise or be slow.
    Warning,
    /// A run cannot work.
    Problem,
}

impl Probe {
    pub(crate) fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, text: text.into(), mend: None, hint: None }
    }

    pub(crate) fn unknown(name: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown, ..Self::ok(name, text) }
    }

    pub(crate) fn warning(name: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, ..Self::ok(name, text) }
    }

    pub(crate) fn problem(name: &'static str, text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Problem, ..Self::ok(name, text) }
    }

    #[must_use]
    pub(crate) fn mend(mut self, command: impl Into<String>) -> Self {
        self.mend = Some(command.into());
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
