//! What a difference, a change or a note says in one line.

use std::fmt;

use crate::tree::Unkept;
use crate::yaml::Position;

use super::difference::{
    Change, ChangeKind, DifferenceKind, DocumentText, FileContent, LineEnd, LinkProblem, NoteKind, Shown,
    Side,
};

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(content) => write!(f, "missing ({content})"),
            Self::Unexpected(content) => write!(f, "unexpected ({content})"),
            Self::MovedDocument { document, from, to } => write!(f, "{document} moved from {from} to {to}"),
            Self::MissingDocument(text) => write!(f, "{text} is missing"),
            Self::UnexpectedDocument(text) => write!(f, "{text} is unexpected"),
            Self::ChangedDocument(changed) => {
                write!(f, "{} differs in {}", changed.document, places(changed.changes.len()))
            }
            Self::NotYaml { problem, at } => write!(f, "cannot be read as YAML{}: {problem}", Place(*at)),
            Self::Text(text) if text.lines.is_empty() => {
                write!(
                    f,
                    "the text differs from line {} on; it seems to hold a Secret and is not shown",
                    text.at.line
                )
            }
            Self::Text(text) => write!(f, "the text differs from line {} on", text.at.line),
            Self::LineEnds { expected, actual } => {
                write!(f, "only the line ends differ: expected {expected}, found {actual}")
            }
            Self::Binary { expected, actual } if expected.size == actual.size => {
                write!(f, "the {} differ", bytes(expected.size))
            }
            Self::Binary { expected, actual } => {
                write!(f, "expected {}, found {}", bytes(expected.size), bytes(actual.size))
            }
            Self::Mode { expected, actual } => {
                write!(f, "not executable: expected mode {expected:o}, found {actual:o}")
            }
            Self::NotKept { side, reason } => write!(f, "{side}{}", unkept(reason)),
            Self::Link { side, target, problem } => write!(f, "{side}a link to {target}, {problem}"),
        }
    }
}

impl fmt::Display for Side {
    /// The beginning of a sentence: the actual side goes without saying.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expected => "the expected file cannot be compared: ",
            Self::Actual => "",
        })
    }
}

impl fmt::Display for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bytes(self.size))?;
        if let Shown::Documents(documents) = &self.shown {
            for (index, document) in documents.iter().enumerate() {
                write!(f, "{}{document}", if index == 0 { ": " } else { ", " })?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for DocumentText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.document)
    }
}

impl fmt::Display for LineEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lf => "LF",
            Self::CrLf => "CRLF",
            Self::Mixed => "both LF and CRLF",
        })
    }
}

impl fmt::Display for LinkProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dangling => "which is not there",
            Self::Absolute => "an absolute path, which is another place where Kratix reads it",
            Self::Outside => "which is outside of the folder",
            Self::Directory => "a directory, which Kratix cannot read as a file",
            Self::Loop => "which leads back to itself",
        })
    }
}

impl LinkProblem {
    /// What Kratix says when it collects `output`, where it is mounted for it; the path is that of the link.
    pub(crate) fn platform(self, path: &str) -> String {
        let (verb, problem) = match self {
            Self::Directory => ("read", "is a directory"),
            Self::Loop => ("open", "too many levels of symbolic links"),
            Self::Dangling | Self::Absolute | Self::Outside => ("open", "no such file or directory"),
        };
        format!("{verb} /work-creator-files/input/{path}: {problem}")
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() {
            f.write_str("the document")?;
        } else {
            write!(f, "{}", self.path)?;
        }
        if let Some(within) = &self.within {
            write!(f, ", inside at {within}")?;
        }
        if let Some(why) = &self.why {
            return write!(f, " {why}");
        }
        match self.kind {
            ChangeKind::Changed => f.write_str(" differs"),
            ChangeKind::Missing => f.write_str(" is missing"),
            ChangeKind::Unexpected => f.write_str(" is unexpected"),
            ChangeKind::Reordered => f.write_str(" is reordered"),
            ChangeKind::TypeChanged { expected, actual } => {
                write!(f, " is of type {actual} instead of {expected}")
            }
        }
    }
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYaml { problem } => {
                write!(f, "the expected file cannot be read as YAML and is compared as text: {problem}")
            }
            Self::DuplicateKey { key } => write!(f, "the key {key} stands twice; the last one counts"),
            Self::TooLargeToRead { size } => {
                write!(f, "{} are too much to be read as YAML; only the bytes are compared", bytes(*size))
            }
        }
    }
}

/// A place that may not be known.
struct Place(Option<Position>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |at| write!(f, " at line {}, column {}", at.line, at.column))
    }
}

fn unkept(reason: &Unkept) -> String {
    match reason {
        Unkept::Fifo => "a fifo, which Kratix would wait for without end".to_owned(),
        Unkept::Socket => "a socket, which Kratix cannot read".to_owned(),
        Unkept::Device => "a device, which is not kept".to_owned(),
        Unkept::NameNotUtf8 => "the file name is not UTF-8, so the file is not kept".to_owned(),
        Unkept::TooLarge { size } => format!("{} are too much to keep", bytes(*size)),
    }
}

fn places(count: usize) -> String {
    if count == 1 { "1 place".to_owned() } else { format!("{count} places") }
}

/// A size as people read it.
fn bytes(size: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
    let of = |unit: u64, name: &str| format!("{:.1} {name}", size as f64 / unit as f64);
    match size {
        1 => "1 byte".to_owned(),
        0..1024 => format!("{size} bytes"),
        1024..1_048_576 => of(1024, "KiB"),
        _ => of(1 << 20, "MiB"),
    }
}
