//! What becomes of findings: the settings may allow them, and a test may expect them.

use crate::kratix::{Code, Finding, Severity};
use crate::outcome::Failure;
use crate::suite::settings::Settings;

/// Findings as the settings judge them.
#[derive(Debug, Default)]
pub(super) struct Weighed {
    /// What is shown; errors among them fail the test.
    pub(super) findings: Vec<Finding>,
    /// Codes that the test expects and that were not found.
    pub(super) absent: Vec<Code>,
    /// Codes that are allowed and were not found.
    pub(super) idle: Vec<Code>,
}

/// Weighs findings. Those that the test expects are neither shown nor fail it.
pub(super) fn weigh(found: &[Finding], settings: &Settings) -> Weighed {
    let is_absent = |wanted: &Code| !found.iter().any(|finding| finding.code == *wanted);
    let expected = settings.expect().map(|expect| expect.findings.as_slice()).unwrap_or_default();
    let surprising = found.iter().filter(|finding| !expected.contains(&finding.code)).cloned();
    Weighed {
        findings: surprising.filter_map(|finding| settings.judge(finding)).collect(),
        absent: expected.iter().copied().filter(is_absent).collect(),
        idle: settings.allowed().filter(is_absent).collect(),
    }
}

impl Weighed {
    /// Whether a finding fails the test.
    pub(super) fn fails(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// What the test expects in vain.
    pub(super) fn failures(&self) -> impl Iterator<Item = Failure> {
        self.absent.iter().map(|code| Failure::NotFound { code: *code })
    }
}
