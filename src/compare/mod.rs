//! What a pipeline left, compared with what a test expects: by meaning where the platform reads meaning, else by lines or
//! bytes. Knows nothing of how either came to be, or of how a difference is drawn.

mod alike;
mod difference;
mod documents;
mod edit;
mod embedded;
mod file;
mod filter;
mod folder;
mod likeness;
mod list_map;
mod mark;
mod marked_name;
mod matching;
mod name;
mod pairing;
mod propose;
mod quantity;
mod rule;
mod scope;
mod secret;
mod sequence;
mod shown;
mod spelling;
mod summary;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod volatile;

pub(crate) use difference::{
    Change, ChangeKind, ChangedDocument, CompareError, Comparison, Difference, DifferenceKind, DocumentText,
    FileContent, LineEnd, LinkProblem, Note, NoteKind, Shown, Side, TextDifference,
};
pub(crate) use edit::{Around, Parts, Rewritten, Spot, edit, edit_parts, mark};
pub(crate) use filter::Filter;
pub(crate) use mark::{TYPES, compiled};
pub(crate) use propose::propose;
pub(crate) use rule::{Is, MarkRule, Pattern, Place, Selector};
pub(crate) use text::{CONTEXT, DiffLine, DiffLineKind, unified};

pub(crate) use volatile::{Proposal, volatile};

use crate::tree::Tree;

/// How two folders are compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules<'r> {
    /// Formatting counts too.
    pub(crate) exact: bool,
    /// What stands before the paths in messages: `output`. Nothing, if empty.
    pub(crate) folder: String,
    /// Whether the expected files may hold marks, and those of the settings. Without, such tags are data.
    pub(crate) marks: Option<&'r [MarkRule]>,
    pub(crate) filters: &'r [Filter],
}

/// Compares two folders. An error means that a file could not be read.
pub(crate) fn compare(expected: &Tree, actual: &Tree, rules: &Rules<'_>) -> Result<Comparison, CompareError> {
    folder::Folders::compare(expected, actual, rules)
}
