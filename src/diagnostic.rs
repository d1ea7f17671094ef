//! Errors that point at the author's own file: what is wrong, where, the line itself, and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::tree::plain;
use crate::yaml::{Document, ParseError, Position, parse};

/// What is wrong with a file of the author's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceError {
    pub(crate) path: PathBuf,
    pub(crate) at: Option<Position>,
    /// The line at `at`, for the excerpt.
    line: Option<String>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl SourceError {
    /// A problem of a file as a whole.
    pub(crate) fn whole(path: &Path, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), at: None, line: None, message: message.into(), hint: None }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same without the line, which may hold what is never shown.
    #[must_use]
    pub(crate) fn without_excerpt(mut self) -> Self {
        self.line = None;
        self
    }

    /// The line that is wrong, with a caret under the column.
    pub(crate) fn excerpt(&self) -> Option<String> {
        let (at, line) = (self.at?, self.line.as_deref()?);
        let number = at.line.to_string();
        let gutter = " ".repeat(number.len());
        // A tab is kept as one column, or the caret would stand elsewhere.
        let line = line.replace('\t', " ");
        let caret = " ".repeat(at.column.saturating_sub(1));
        Some(format!("{gutter} |\n{number} | {line}\n{gutter} | {caret}^"))
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(at) = self.at {
            write!(f, ":{}:{}", at.line, at.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for SourceError {}

/// A file of the author's: its text, and the path that messages name. Or several that are read as one: places are then
/// counted through all of them, and messages name the file and the line in it.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
    /// The files that it is joined from; none where it is a file itself.
    parts: Vec<Part>,
}

/// One of several files that are read as one.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) file: Source,
    /// The lines of the files before it.
    pub(crate) above: usize,
}

impl Source {
    /// More than any file that an author writes, and little enough to hold.
    const MAX_BYTES: u64 = 32 * 1024 * 1024;

    /// Reads a file; `path` is also what messages call it.
    pub(crate) fn read(path: &Path) -> Result<Self, SourceError> {
        let failed =
            |error: std::io::Error| SourceError::whole(path, format!("cannot be read: {}", plain(&error)));
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if !metadata.is_file() {
            return Err(SourceError::whole(path, "is not a regular file"));
        }
        if metadata.len() > Self::MAX_BYTES {
            return Err(SourceError::whole(path, "is larger than 32 MiB"));
        }
        let bytes = std::fs::read(path).map_err(failed)?;
        Ok(Self::of(path, bytes))
    }

    /// The text of a file that was read already.
    pub(crate) fn of(path: &Path, bytes: Vec<u8>) -> Self {
        Self { path: path.to_owned(), bytes, parts: Vec::new() }
    }

    #[cfg(test)]
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self::of(Path::new(path), text.as_bytes().to_vec())
    }

    /// Several files, read as one; `path` is what messages call all of them.
    pub(crate) fn joined(path: &Path, files: Vec<Self>) -> Self {
        let mut joined = Self::of(path, Vec::new());
        for file in files {
            let above = joined.bytes.split(|byte| *byte == b'\n').count() - 1;
            joined.bytes.extend(&file.bytes);
            if !file.bytes.ends_with(b"\n") {
                joined.bytes.push(b'\n');
            }
            joined.parts.push(Part { file, above });
        }
        joined
    }

    /// The files that it is joined from; none where it is a file itself.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The file that a place is in, and the place there.
    pub(crate) fn place(&self, at: Position) -> (&Path, Position) {
        match self.parts.iter().rev().find(|part| part.above < at.line) {
            Some(part) => (&part.file.path, Position { line: at.line - part.above, ..at }),
            None => (&self.path, at),
        }
    }

    /// Every document that holds anything.
    pub(crate) fn documents(&self) -> Result<Vec<Document>, SourceError> {
        parse(&self.bytes).map_err(|error| self.not_yaml(&error))
    }

    /// The only document. None, or several, is an error.
    pub(crate) fn document(&self) -> Result<Document, SourceError> {
        let mut documents = self.documents()?;
        match (documents.pop(), documents.len()) {
            (Some(document), 0) => Ok(document),
            (None, _) => Err(SourceError::whole(&self.path, "is empty")),
            (Some(second), _) => {
                Err(self.error(second.root.at, "holds more than one document, and only one is expected"))
            }
        }
    }

    /// A problem at a place of this file.
    pub(crate) fn error(&self, at: Position, message: impl Into<String>) -> SourceError {
        let (line, message) = (self.line(at.line), message.into());
        let (path, at) = self.place(at);
        SourceError { path: path.to_owned(), at: Some(at), line, message, hint: None }
    }

    fn not_yaml(&self, error: &ParseError) -> SourceError {
        let message = format!("is not valid YAML: {}", error.problem);
        match error.at {
            Some(at) => self.error(at, message),
            None => SourceError::whole(&self.path, message),
        }
    }

    fn line(&self, number: usize) -> Option<String> {
        let text = String::from_utf8_lossy(&self.bytes);
        let line: String = text.lines().nth(number.checked_sub(1)?)?.chars().take(200).collect();
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_the_line_and_a_caret() {
        let source = Source::new("promise.yaml", "kind: Promise\nspec:\n\tapi: 1\n");
        let error = source.documents().expect_err("a tab");
        assert_eq!(
            error.to_string(),
            "promise.yaml:3:1: is not valid YAML: found character that cannot start any token"
        );
        assert_eq!(error.excerpt().as_deref(), Some("  |\n3 |  api: 1\n  | ^"));
    }

    #[test]
    fn a_place_in_files_that_are_read_as_one_is_said_in_its_own_file() {
        let files = [("a.yaml", "a: 1\nb: 2"), ("b.yaml", ""), ("c.yaml", "c: 3\n")];
        let joined = files.map(|(path, text)| Source::new(path, text)).to_vec();
        let joined = Source::joined(Path::new("folder"), joined);
        let error = |line| joined.error(Position { line, column: 2 }, "x");
        assert_eq!(error(2).to_string(), "a.yaml:2:2: x");
        assert_eq!(error(4).to_string(), "c.yaml:1:2: x");
        assert_eq!(error(4).excerpt().as_deref(), Some("  |\n1 | c: 3\n  |  ^"));
    }

    #[test]
    fn only_one_document_is_accepted_where_one_is_expected() {
        let error = Source::new("a.yaml", "a: 1\n---\nb: 2\n").document().expect_err("two documents");
        assert_eq!(error.to_string(), "a.yaml:3:1: holds more than one document, and only one is expected");
        assert_eq!(
            Source::new("a.yaml", "# no\n").document().expect_err("empty").to_string(),
            "a.yaml: is empty"
        );
    }

    #[test]
    fn a_missing_file_is_said_in_plain_words() {
        let error = Source::read(Path::new("/nowhere/x.yaml")).expect_err("missing");
        assert_eq!(error.to_string(), "/nowhere/x.yaml: cannot be read: no such file or directory");
    }
}
