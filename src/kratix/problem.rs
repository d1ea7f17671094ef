//! What the platform would refuse, as it is found: the trap's number, the platform's words, the place.

use std::path::Path;

use super::catalogue::{Code, KT206, Severity};
use super::finding::Finding;
use crate::diagnostic::{Source, SourceError};
use crate::yaml::{KeyPath, Position};

/// Numbers of findings beyond the table of traps.
pub(crate) mod code {
    /// A container that must not be root's by its own words, and is.
    pub(crate) const ROOT: u16 = 120;
    /// A field of a pipeline that Kratix has not.
    pub(crate) const UNKNOWN_FIELD: u16 = 121;
    /// A value of the wrong type in a pipeline.
    pub(crate) const WRONG_TYPE: u16 = 122;
    /// A pipeline of another kind or version.
    pub(crate) const UNSUPPORTED_PIPELINE: u16 = 123;
    /// A pipeline without a kind.
    pub(crate) const MISSING_KIND: u16 = 124;
    /// Names that are too long together.
    pub(crate) const LONG_NAME: u16 = 125;
    /// Two pipelines of a workflow with one name.
    pub(crate) const DUPLICATE_PIPELINE: u16 = 126;
    /// An API whose requests have no namespace.
    pub(crate) const CLUSTER_SCOPE: u16 = 127;
    /// A resource workflow without an API.
    pub(crate) const NO_API: u16 = 128;
    /// A container's name that is taken, or none.
    pub(crate) const CONTAINER_NAME: u16 = 129;
    /// A volume's name or a mount's path that is taken.
    pub(crate) const VOLUME_TAKEN: u16 = 130;
    /// A restart policy that a Job cannot have.
    pub(crate) const RESTART_POLICY: u16 = 131;
    /// A second delete pipeline, which never runs.
    pub(crate) const SECOND_DELETE: u16 = 133;
    /// A field of a request that its API has not.
    pub(crate) const DROPPED_FIELD: u16 = 135;
    /// A destination selector that is no label.
    pub(crate) const SELECTOR: u16 = 137;
    /// A request whose name is too long.
    pub(crate) const REQUEST_NAME: u16 = 145;
    /// An image without a fixed tag, which is always pulled.
    pub(crate) const LATEST_IMAGE: u16 = 148;
    /// An API that is no valid `CustomResourceDefinition`.
    pub(crate) const INVALID_API: u16 = 201;
    /// A value that the Promise's own schema refuses.
    pub(crate) const INVALID_PROMISE: u16 = 202;
    /// A field of a Promise that the platform drops.
    pub(crate) const UNKNOWN_PROMISE_FIELD: u16 = 203;
    /// A reconciliation interval that is none, or too short.
    pub(crate) const INTERVAL: u16 = 204;
    /// A pipeline's label that Kubernetes refuses.
    pub(crate) const LABEL: u16 = 205;
    /// Anything else about a pipeline's pod that Kubernetes refuses.
    pub(crate) const INVALID_POD: u16 = 206;
    /// A key that is written twice in one map.
    pub(crate) const DUPLICATE_KEY: u16 = 207;
    /// A request that the API refuses.
    pub(crate) const INVALID_REQUEST: u16 = 208;
    /// A rule of the API that could not be checked.
    pub(crate) const UNCHECKED_RULE: u16 = 209;
    /// An image whose name the kubelet cannot parse.
    pub(crate) const IMAGE_NAME: u16 = 210;
}

/// Something that the platform would refuse, or do otherwise than the author means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The number of the finding: 121 for KT121.
    pub(crate) code: u16,
    /// The platform's own words, where it has any.
    pub(crate) text: String,
    /// Where in the document it is.
    pub(crate) path: KeyPath,
    /// Where in the author's file that is written.
    pub(crate) at: Position,
    /// What to do.
    pub(crate) hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: u16, text: impl Into<String>, path: KeyPath, at: Position) -> Self {
        Self { code, text: text.into(), path, at, hint: None }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same as a finding of the file that it is in.
    pub(crate) fn finding(&self, file: &Path) -> Finding {
        let code = Code::numbered(self.code).unwrap_or(KT206);
        let mut finding = Finding::new(code, self.text.as_str()).at(file, Some(self.at));
        if self.code == code::ROOT {
            // Elsewhere it depends on the cluster; here the Promise itself demands it.
            finding.severity = Severity::Error;
        }
        match &self.hint {
            Some(hint) => finding.hint(hint.as_str()),
            None => finding,
        }
    }

    /// The same as a finding where it is written.
    pub(crate) fn finding_in(&self, source: &Source) -> Finding {
        self.finding(&source.path).within(source, self.at)
    }

    /// The same as an error of the file that it is in.
    pub(crate) fn error(&self, source: &Source) -> SourceError {
        let error = source.error(self.at, self.text.as_str());
        match &self.hint {
            Some(hint) => error.hint(hint.as_str()),
            None => error,
        }
    }
}

/// The known name that a misspelt one is nearest to, if any is near enough to be meant.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let folded = name.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (name.len().min(candidate.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_a_code_of_its_own() {
        for number in (120..=131).chain([133, 135, 137, 145, 148]).chain(201..=210) {
            let problem = Problem::new(number, "x", KeyPath::root(), Position { line: 1, column: 1 });
            assert_eq!(problem.finding(Path::new("x")).code.to_string(), format!("KT{number}"));
        }
    }

    #[test]
    fn a_slip_finds_the_name_that_was_meant_and_another_word_does_not() {
        assert_eq!(nearest("comand", ["image", "command"]), Some("command"));
        assert_eq!(nearest("Enviroment", ["environment", "env"]), Some("environment"));
        assert_eq!(nearest("workingDir", ["image", "command", "env"]), None);
    }
}
