//! What becomes of findings: the settings may allow them, and a test may expect them.

use std::collections::BTreeSet;
use std::path::Path;

use super::Stop;
use crate::diagnostic::SourceError;
use crate::kratix::{Code, Finding, Severity};
use crate::outcome::Failure;
use crate::suite::settings::{Judgement, Settings};

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
pub(super) fn weigh(found: &[Finding], settings: &Settings, folder: &Path) -> Result<Weighed, Stop> {
    let code = |text: &str| {
        text.parse::<Code>().map_err(|error| Stop::from(SourceError::whole(folder, error.to_string())))
    };
    let expected = settings.expect().map(|expect| expect.findings.as_slice()).unwrap_or_default();
    let expected: BTreeSet<Code> = expected.iter().map(|text| code(text)).collect::<Result<_, _>>()?;
    let mut judged = Vec::new();
    for (text, judgement) in settings.findings() {
        judged.push((code(text)?, judgement));
    }
    let is_there = |wanted: &Code| found.iter().any(|finding| finding.code == *wanted);
    let absent = expected.iter().copied().filter(|wanted| !is_there(wanted)).collect();
    let allowed =
        judged.iter().filter(|(_, judgement)| *judgement == Judgement::Allow).map(|(code, _)| *code);
    let idle = allowed.filter(|wanted| !is_there(wanted)).collect();
    let weigh = |mut finding: Finding| {
        match judged.iter().find(|(code, _)| *code == finding.code).map(|(_, judgement)| judgement) {
            Some(Judgement::Allow) => return None,
            Some(Judgement::Warn) => finding.severity = Severity::Warning,
            Some(Judgement::Error) => finding.severity = Severity::Error,
            None => {}
        }
        (!expected.contains(&finding.code)).then_some(finding)
    };
    let findings = found.iter().cloned().filter_map(weigh).collect();
    Ok(Weighed { findings, absent, idle })
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

    /// What the author should know about the settings.
    pub(super) fn remarks(&self) -> impl Iterator<Item = String> {
        self.idle.iter().map(|code| format!("`findings:` allows {code}, which was not found"))
    }
}
