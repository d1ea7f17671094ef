//! Two folders → what differs, file by file.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::Tree;
use crate::yaml::{Document, ParseError};

use super::Rules;
use super::difference::{
    CompareError, Comparison, Difference, DifferenceKind, FileContent, Note, NoteKind, Shown, Side,
};
use super::documents::{Documents, Left, Matched};
use super::file::{File, Found, find, fingerprint};
use super::{secret, text};

/// A comparison under way.
#[derive(Default)]
pub(super) struct Folders {
    is_exact: bool,
    /// Each with its place in the file, for the order of the report.
    found: Vec<(usize, Difference)>,
    notes: Vec<Note>,
    documents: Documents,
    /// Files of documents that are on one side only: their size, and how many documents they hold.
    alone: BTreeMap<(Side, String), (u64, usize)>,
}

/// Whether a file is only there so that git keeps a folder.
fn keeps_folder(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some(".gitkeep" | ".gitignore"))
}

impl Folders {
    pub(super) fn compare(expected: &Tree, actual: &Tree, rules: &Rules) -> Result<Comparison, CompareError> {
        let mut folders = Self { is_exact: rules.exact, ..Self::default() };
        let paths: BTreeSet<&String> = expected.entries.keys().chain(actual.entries.keys()).collect();
        for path in paths {
            let name =
                if rules.folder.is_empty() { path.clone() } else { format!("{}/{path}", rules.folder) };
            let one = find(expected, Side::Expected, path, &name);
            let other = find(actual, Side::Actual, path, &name);
            folders.pair(&name, one, other)?;
        }
        Ok(folders.finish())
    }

    fn pair(&mut self, name: &str, expected: Found<'_>, actual: Found<'_>) -> Result<(), CompareError> {
        match (expected, actual) {
            (Found::Nothing, Found::Nothing) => {}
            (Found::File(_), Found::Nothing) if keeps_folder(name) => {}
            (Found::Nothing, Found::File(file)) | (Found::File(file), Found::Nothing) => {
                self.alone(name, &file)?;
            }
            (Found::File(expected), Found::File(actual)) => self.files(name, &expected, &actual)?,
            (Found::Other(expected), Found::Other(actual)) if is_same_link(&expected, &actual) => {}
            (expected, actual) => {
                for side in [expected, actual] {
                    if let Found::Other(kind) = side {
                        self.add(name, kind);
                    }
                }
            }
        }
        Ok(())
    }

    /// A file that is on one side only.
    fn alone(&mut self, name: &str, file: &File<'_>) -> Result<(), CompareError> {
        if file.is_large() {
            self.add_alone(name, file.side, FileContent { size: file.size, shown: Shown::Withheld });
            return Ok(());
        }
        let bytes = file.read()?;
        match file.is_yaml().then(|| file.documents(&bytes)) {
            Some(Ok(documents)) => {
                self.note_duplicates(name, file.side, &documents);
                self.alone.insert((file.side, name.to_owned()), (file.size, documents.len()));
                match file.side {
                    Side::Expected => self.documents.file(name, documents, Vec::new()),
                    Side::Actual => self.documents.file(name, Vec::new(), documents),
                };
            }
            _ => self.add_alone(name, file.side, file.content(&bytes)),
        }
        Ok(())
    }

    fn files(&mut self, name: &str, expected: &File<'_>, actual: &File<'_>) -> Result<(), CompareError> {
        if is_executable(expected.mode) && !is_executable(actual.mode) {
            self.add(name, DifferenceKind::Mode { expected: expected.mode, actual: actual.mode });
        }
        if expected.is_large() || actual.is_large() {
            return self.large_files(name, expected, actual);
        }
        let (left, right) = (expected.read()?, actual.read()?);
        if !expected.is_yaml() {
            self.bytes(name, &left, &right);
            return Ok(());
        }
        match (expected.documents(&left), actual.documents(&right)) {
            (Ok(one), Ok(other)) => {
                self.note_duplicates(name, Side::Expected, &one);
                self.note_duplicates(name, Side::Actual, &other);
                let is_same = left == right || self.documents.file(name, one, other);
                if is_same && self.is_exact {
                    self.bytes(name, &left, &right);
                }
            }
            (Err(error), _) => {
                self.note_not_yaml(name, &error, &left);
                self.bytes(name, &left, &right);
            }
            (Ok(_), Err(error)) => {
                let problem = secret::without_values(&error.problem, &right);
                self.add(name, DifferenceKind::NotYaml { problem, at: error.at });
            }
        }
        Ok(())
    }

    fn large_files(
        &mut self,
        name: &str,
        expected: &File<'_>,
        actual: &File<'_>,
    ) -> Result<(), CompareError> {
        for file in [expected, actual] {
            if file.is_yaml() && file.is_large() {
                let kind = NoteKind::TooLargeToRead { size: file.size };
                self.notes.push(Note { file: name.to_owned(), side: file.side, at: None, kind });
            }
        }
        let (expected, actual) = (expected.fingerprint()?, actual.fingerprint()?);
        if expected != actual {
            self.add(name, DifferenceKind::Binary { expected, actual });
        }
        Ok(())
    }

    /// Files that are not compared by what they mean.
    fn bytes(&mut self, name: &str, expected: &[u8], actual: &[u8]) {
        if expected == actual {
            return;
        }
        let kind = match (text::decode(expected), text::decode(actual)) {
            (Some(expected), Some(actual)) => text::difference(expected, actual),
            _ => DifferenceKind::Binary { expected: fingerprint(expected), actual: fingerprint(actual) },
        };
        self.add(name, kind);
    }

    fn finish(mut self) -> Comparison {
        let matched = std::mem::take(&mut self.documents).finish();
        let Matched { changed, moved, missing, unexpected } = matched;
        for (file, document) in changed {
            self.add_at(document.expected_index, &file, DifferenceKind::ChangedDocument(Box::new(document)));
        }
        for moved in moved {
            let file = moved.from.clone();
            let kind =
                DifferenceKind::MovedDocument { document: moved.document, from: moved.from, to: moved.to };
            self.add_at(moved.index, &file, kind);
        }
        self.without_partner(Side::Expected, missing);
        self.without_partner(Side::Actual, unexpected);
        self.found.sort_by(|(one, left), (other, right)| (&left.file, one).cmp(&(&right.file, other)));
        let differences = self.found.into_iter().map(|(_, difference)| difference).collect();
        Comparison { differences, notes: self.notes }
    }

    /// Documents that only one side has, and files of documents that only one side has.
    fn without_partner(&mut self, side: Side, documents: Vec<Left>) {
        let mut whole: BTreeMap<String, Vec<Left>> = BTreeMap::new();
        for document in documents {
            if self.alone.contains_key(&(side, document.file.clone())) {
                whole.entry(document.file.clone()).or_default().push(document);
            } else {
                let text = document.text();
                let kind = match side {
                    Side::Expected => DifferenceKind::MissingDocument(text),
                    Side::Actual => DifferenceKind::UnexpectedDocument(text),
                };
                self.add_at(document.index, &document.file, kind);
            }
        }
        for ((_, file), (size, count)) in self.alone.clone().into_iter().filter(|(key, _)| key.0 == side) {
            let left = whole.remove(&file).unwrap_or_default();
            // If all of its documents are elsewhere, that is what is said.
            if count == 0 || !left.is_empty() {
                let documents = left.iter().map(Left::text).collect();
                self.add_alone(&file, side, FileContent { size, shown: Shown::Documents(documents) });
            }
        }
    }

    fn add_alone(&mut self, file: &str, side: Side, content: FileContent) {
        self.add(
            file,
            match side {
                Side::Expected => DifferenceKind::Missing(content),
                Side::Actual => DifferenceKind::Unexpected(content),
            },
        );
    }

    fn add(&mut self, file: &str, kind: DifferenceKind) {
        self.add_at(0, file, kind);
    }

    fn add_at(&mut self, place: usize, file: &str, kind: DifferenceKind) {
        self.found.push((place, Difference { file: file.to_owned(), kind }));
    }

    fn note_duplicates(&mut self, file: &str, side: Side, documents: &[Document]) {
        for duplicate in documents.iter().flat_map(|document| &document.duplicates) {
            let kind = NoteKind::DuplicateKey { key: duplicate.key.clone() };
            self.notes.push(Note { file: file.to_owned(), side, at: Some(duplicate.at), kind });
        }
    }

    fn note_not_yaml(&mut self, file: &str, error: &ParseError, text: &[u8]) {
        let kind = NoteKind::NotYaml { problem: secret::without_values(&error.problem, text) };
        self.notes.push(Note { file: file.to_owned(), side: Side::Expected, at: error.at, kind });
    }
}

fn is_executable(mode: u32) -> bool {
    mode & 0o111 != 0
}

/// Whether both sides have the same link, which leads nowhere on either.
fn is_same_link(expected: &DifferenceKind, actual: &DifferenceKind) -> bool {
    match (expected, actual) {
        (
            DifferenceKind::Link { target: one, problem: left, .. },
            DifferenceKind::Link { target: other, problem: right, .. },
        ) => one == other && left == right,
        _ => false,
    }
}
