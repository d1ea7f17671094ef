//! What the platform would refuse, as it is found: the trap's number, the platform's words, the place.

use crate::yaml::{KeyPath, Position};

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
    fn a_slip_finds_the_name_that_was_meant_and_another_word_does_not() {
        assert_eq!(nearest("comand", ["image", "command"]), Some("command"));
        assert_eq!(nearest("Enviroment", ["environment", "env"]), Some("environment"));
        assert_eq!(nearest("workingDir", ["image", "command", "env"]), None);
    }
}
