//! What the platform would refuse or silently do otherwise, said in its own words, with the place in the author's file.

use std::path::{Path, PathBuf};

use super::catalogue::{Code, Severity};
use crate::diagnostic::Source;
use crate::yaml::Position;

/// One thing that would go wrong on the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    /// The platform's own words, whole; ours where it says nothing.
    pub(crate) text: String,
    pub(crate) at: Option<Place>,
    /// What to do.
    pub(crate) hint: Option<String>,
}

/// Where a finding is in the author's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: PathBuf,
    pub(crate) position: Option<Position>,
}

/// What was read, unless the platform refuses it, and all there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged<T> {
    /// Nothing if the platform refuses.
    pub(crate) value: Option<T>,
    pub(crate) findings: Vec<Finding>,
}

/// Which of Kratix's containers reads what a pipeline left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    Work,
    Status,
}

impl Finding {
    /// A finding as severe as its code usually is.
    pub(crate) fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, severity: code.rule().severity, text: text.into(), at: None, hint: None }
    }

    /// What one of Kratix's containers ends with.
    pub(crate) fn logged(writer: Writer, code: Code, error: &str) -> Self {
        match writer {
            Writer::Work => Self::work_writer(code, error),
            Writer::Status => Self::status_writer(code, error),
        }
    }

    /// What the work-writer ends with.
    pub(crate) fn work_writer(code: Code, error: &str) -> Self {
        Self::new(code, format!("Error: work creator execution failed: {error}"))
    }

    /// What the status-writer ends with.
    pub(crate) fn status_writer(code: Code, error: &str) -> Self {
        Self::new(code, format!("Error: {error}"))
    }

    /// Where in its file it is, if that is known.
    pub(crate) fn position(&self) -> Option<Position> {
        self.at.as_ref()?.position
    }

    #[must_use]
    pub(crate) fn in_file(mut self, file: &Path) -> Self {
        self.at = Some(Place { file: file.to_owned(), position: None });
        self
    }

    #[must_use]
    pub(crate) fn at(mut self, file: &Path, position: Option<Position>) -> Self {
        self.at = Some(Place { file: file.to_owned(), position });
        self
    }

    /// At a place of a file, or of files that are read as one.
    #[must_use]
    pub(crate) fn within(self, source: &Source, at: Position) -> Self {
        let (file, at) = source.place(at);
        self.at(file, Some(at))
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub(crate) fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

impl<T> Judged<T> {
    /// The platform accepts it.
    pub(crate) fn accepted(value: T, findings: Vec<Finding>) -> Self {
        Self { value: Some(value), findings }
    }

    /// The platform refuses it, for this reason.
    pub(crate) fn refused(finding: Finding) -> Self {
        Self { value: None, findings: vec![finding] }
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::{KT112, KT146};
    use super::*;

    #[test]
    fn a_finding_is_as_severe_as_its_code() {
        assert_eq!(Finding::new(KT112, "x").severity, Severity::Error);
        assert_eq!(Finding::new(KT146, "x").severity, Severity::Warning);
    }

    #[test]
    fn each_writer_has_its_own_beginning() {
        assert_eq!(Finding::work_writer(KT112, "x").text, "Error: work creator execution failed: x");
        assert_eq!(Finding::status_writer(KT112, "x").text, "Error: x");
    }
}
