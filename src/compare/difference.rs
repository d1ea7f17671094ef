//! What a comparison finds, as data.

use std::collections::BTreeSet;
use std::io;

use crate::diagnostic::SourceError;
use crate::tree::{Unkept, plain};
use crate::yaml::{KeyPath, Node, Position};

use super::name::DocumentName;
use super::rule::Place;
use super::text::DiffLine;

/// What differs between two folders, and what the author should know besides.
#[derive(Debug, Clone, Default)]
pub(crate) struct Comparison {
    /// By file, and by place in the file.
    pub(crate) differences: Vec<Difference>,
    pub(crate) notes: Vec<Note>,
    /// Which of the settings' marks stand anywhere, by index.
    pub(crate) used_marks: BTreeSet<usize>,
    /// Which of the filters found anything, by index.
    pub(crate) used_filters: BTreeSet<usize>,
}

/// The expected folder or the actual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Expected,
    Actual,
}

/// One thing that differs.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    /// The expected file, or the actual one where none was expected: `output/kibana.yaml`.
    pub(crate) file: String,
    /// The file that was left, where a filter makes its name the same.
    pub(crate) left: Option<String>,
    pub(crate) kind: DifferenceKind,
}

/// What differs in a file. Values of Secrets are masked.
#[derive(Debug, Clone)]
pub(crate) enum DifferenceKind {
    /// The file was not left. Documents that are in another file are not among its content.
    Missing(FileContent),
    /// The file was not expected. Documents that were expected in another file are not among its content.
    Unexpected(FileContent),
    MovedDocument {
        document: DocumentName,
        from: String,
        to: String,
    },
    MissingDocument(DocumentText),
    UnexpectedDocument(DocumentText),
    ChangedDocument(Box<ChangedDocument>),
    /// The file that was left is not YAML, but the expected one is.
    NotYaml {
        problem: String,
        at: Option<Position>,
    },
    /// The lines of a file that is not read as YAML.
    Text(TextDifference),
    /// The lines are the same, but end differently.
    LineEnds {
        expected: LineEnd,
        actual: LineEnd,
    },
    Binary {
        expected: Fingerprint,
        actual: Fingerprint,
    },
    /// The expected file is executable, the one that was left is not.
    Mode {
        expected: u32,
        actual: u32,
    },
    /// A fifo, a device, a file too large to keep, …
    NotKept {
        side: Side,
        reason: Unkept,
    },
    /// A symbolic link that leads to no file of the folder.
    Link {
        side: Side,
        target: String,
        problem: LinkProblem,
    },
}

impl Difference {
    /// Whether a value is not what a mark of the settings says it is, so that no expectation could make it right.
    pub(crate) fn breaks_a_rule(&self) -> bool {
        match &self.kind {
            DifferenceKind::ChangedDocument(document) => {
                document.changes.iter().any(|change| change.rule.is_some())
            }
            _ => false,
        }
    }
}

/// What a file holds, for showing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileContent {
    pub(crate) size: u64,
    pub(crate) shown: Shown,
}

/// The part of a file that can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    Documents(Vec<DocumentText>),
    Text(String),
    /// The sha256 of what is no text.
    Binary(String),
    /// A text that seems to hold a Secret, or more than is read.
    Withheld,
}

/// A document as it would be written in Kubernetes' own form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DocumentText {
    pub(crate) document: DocumentName,
    /// Which document of its file it is, counted from 0.
    pub(crate) index: usize,
    pub(crate) at: Position,
    pub(crate) text: String,
}

/// A document that is in both folders, but not the same.
#[derive(Debug, Clone)]
pub(crate) struct ChangedDocument {
    /// As it is expected.
    pub(crate) document: DocumentName,
    /// Which document of the expected file it is, counted from 0.
    pub(crate) expected_index: usize,
    /// Which document of the actual file it is, counted from 0.
    pub(crate) actual_index: usize,
    /// Never empty.
    pub(crate) changes: Vec<Change>,
    /// Both sides in Kubernetes' own form, so that only what differs differs: for [`super::unified`]. Tags are not shown.
    pub(crate) expected_text: String,
    pub(crate) actual_text: String,
}

/// One place where two documents differ.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) kind: ChangeKind,
    /// Where it stands in the expected document, or would stand.
    pub(crate) path: KeyPath,
    /// Where it stands in the actual document, or would stand.
    pub(crate) actual_path: KeyPath,
    /// Where in the file that is embedded at that path, if it is one that is compared inside.
    pub(crate) within: Option<KeyPath>,
    /// Of a changed order: the names of the items, or the items themselves if they have none.
    pub(crate) expected: Option<Node>,
    pub(crate) actual: Option<Node>,
    /// The place in the expected file: of the value, or of what would hold it.
    pub(crate) at: Position,
    /// What the value is not that a mark says it is.
    pub(crate) why: Option<String>,
    /// Where that mark is written, if it is one of the settings.
    pub(crate) rule: Option<Place>,
}

/// How two values differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Changed,
    Missing,
    Unexpected,
    /// The items of a list stand in another order.
    Reordered,
    /// The value is of another type, in JSON's words.
    TypeChanged {
        expected: &'static str,
        actual: &'static str,
    },
}

/// Lines of two texts that differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TextDifference {
    /// With context; empty if the text seems to hold a Secret.
    pub(crate) lines: Vec<DiffLine>,
    /// The first line of the expected file that differs, or after its last one.
    pub(crate) at: Position,
}

/// How the lines of a text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    Mixed,
}

/// What tells one file from another without showing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) size: u64,
    /// In hexadecimal digits.
    pub(crate) sha256: String,
}

/// Why a link leads to no file of the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkProblem {
    Dangling,
    Absolute,
    Outside,
    Directory,
    Loop,
}

/// What the author should know, although it makes no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) file: String,
    pub(crate) side: Side,
    pub(crate) at: Option<Position>,
    pub(crate) kind: NoteKind,
}

/// What a note is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoteKind {
    /// The expected file is named like YAML, but is none; it is compared as text.
    NotYaml { problem: String },
    /// The last of these keys counts.
    DuplicateKey { key: String },
    /// The file is only compared by its bytes.
    TooLargeToRead { size: u64 },
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompareError {
    /// A file could not be read.
    #[error("{file} cannot be read: {}", plain(source))]
    Unreadable { file: String, side: Side, source: io::Error },
    /// An expected file, or the settings, cannot be used: a mark is wrong.
    #[error(transparent)]
    Source(#[from] SourceError),
}
