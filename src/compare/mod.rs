//! What a pipeline left, compared with what a test expects: by meaning where the platform reads meaning, else by lines or
//! bytes. Knows nothing of how either came to be, or of how a difference is drawn.

mod alike;
mod difference;
mod documents;
mod embedded;
mod file;
mod folder;
mod list_map;
mod name;
mod pairing;
mod quantity;
mod scope;
mod secret;
mod sequence;
mod shown;
mod summary;
#[cfg(test)]
mod tests;
mod text;
mod value;

pub(crate) use difference::{
    Change, ChangeKind, ChangedDocument, CompareError, Comparison, Difference, DifferenceKind, DocumentText,
    FileContent, LineEnd, LinkProblem, Note, NoteKind, Shown, Side, TextDifference,
};
pub(crate) use text::{DiffLine, DiffLineKind, unified};

use crate::tree::Tree;

/// How two folders are compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    /// Formatting counts too.
    pub(crate) exact: bool,
    /// What stands before the paths in messages: `output`. Nothing, if empty.
    pub(crate) folder: String,
}

/// Compares two folders. An error means that a file could not be read.
pub(crate) fn compare(expected: &Tree, actual: &Tree, rules: &Rules) -> Result<Comparison, CompareError> {
    folder::Folders::compare(expected, actual, rules)
}
