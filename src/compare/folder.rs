//! Two folders → what differs, file by file.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::SourceError;
use crate::tree::Tree;
use crate::yaml::{Document, ParseError};

use super::Rules;
use super::difference::{
    CompareError, Comparison, Difference, DifferenceKind, FileContent, Note, NoteKind, Shown, Side,
};
use super::documents::{Applied, Documents, Left, Matched};
use super::file::{File, Found, find, fingerprint};
use super::filter::{Filters, below};
use super::scope::Scope;
use super::{secret, spelling, text};

/// A comparison under way.
pub(super) struct Folders<'r> {
    rules: &'r Rules<'r>,
    filters: Filters<'r>,
    used_marks: BTreeSet<usize>,
    /// The file that was left for one of another name, by that name.
    renamed: BTreeMap<String, String>,
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

impl<'r> Folders<'r> {
    fn new(rules: &'r Rules<'r>) -> Self {
        let scope = if rules.marks.is_some() { Scope::marked_root() } else { Scope::root() };
        Self {
            rules,
            filters: Filters::new(rules.filters),
            used_marks: BTreeSet::new(),
            renamed: BTreeMap::new(),
            found: Vec::new(),
            notes: Vec::new(),
            documents: Documents::new(scope),
            alone: BTreeMap::new(),
        }
    }

    pub(super) fn compare(
        expected: &Tree,
        actual: &Tree,
        rules: &'r Rules<'r>,
    ) -> Result<Comparison, CompareError> {
        let mut folders = Self::new(rules);
        let names = |tree| {
            folders.filters.names(tree, &rules.folder).map_err(|(one, other)| same_name(tree, one, other))
        };
        let (left, right) = (names(expected)?, names(actual)?);
        let paths: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
        for filtered in paths {
            let (one, other) = (left.get(filtered).copied(), right.get(filtered).copied());
            let Some(path) = one.or(other) else { continue };
            let name = below(&rules.folder, path);
            if let Some(other) = other.filter(|other| *other != path) {
                folders.renamed.insert(name.clone(), below(&rules.folder, other));
            }
            let expected = one.map_or(Found::Nothing, |path| find(expected, Side::Expected, path, &name));
            let actual = other.map_or(Found::Nothing, |path| find(actual, Side::Actual, path, &name));
            folders.pair(&name, expected, actual)?;
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
            Some(Ok(mut documents)) => {
                if file.side == Side::Expected {
                    self.mark(name, file, &bytes, &mut documents)?;
                }
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
        let documents = expected.documents(&left);
        if let (true, Ok(documents)) =
            (left == right && self.rules.marks.is_none_or(<[_]>::is_empty), &documents)
        {
            for side in [Side::Expected, Side::Actual] {
                self.note_duplicates(name, side, documents);
            }
            return Ok(());
        }
        match (documents, actual.documents(&right)) {
            (Ok(mut one), Ok(other)) => {
                self.mark(name, expected, &left, &mut one)?;
                self.note_duplicates(name, Side::Expected, &one);
                self.note_duplicates(name, Side::Actual, &other);
                let is_same = self.documents.file(name, one, other);
                if is_same && self.rules.exact {
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

    /// Reads the marks of an expected file, and puts those of the settings into it.
    fn mark(
        &mut self,
        name: &str,
        file: &File<'_>,
        bytes: &[u8],
        documents: &mut [Document],
    ) -> Result<(), CompareError> {
        let Some(rules) = self.rules.marks else { return Ok(()) };
        for (index, document) in documents.iter_mut().enumerate() {
            spelling::check(&document.root).map_err(|wrong| file.wrong(wrong, bytes.to_vec()))?;
            let mut applied = Vec::new();
            for (number, rule) in rules.iter().enumerate() {
                let places = rule.apply(name, &mut document.root);
                if !places.is_empty() {
                    self.used_marks.insert(number);
                }
                applied.extend(places.into_iter().map(|path| Applied { path, place: rule.place.clone() }));
            }
            if !applied.is_empty() {
                self.documents.mark(name, index, applied);
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
            (Some(expected), Some(actual)) => {
                let left = self.renamed.get(name).map_or(name, String::as_str);
                let (expected, actual) = (self.filters.text(name, expected), self.filters.text(left, actual));
                if expected == actual {
                    return;
                }
                text::difference(&expected, &actual)
            }
            _ => DifferenceKind::Binary { expected: fingerprint(expected), actual: fingerprint(actual) },
        };
        self.add(name, kind);
    }

    fn finish(mut self) -> Comparison {
        let documents = std::mem::replace(&mut self.documents, Documents::new(Scope::root()));
        let Matched { changed, moved, missing, unexpected } = documents.finish();
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
        let (used_marks, used_filters) = (self.used_marks, self.filters.into_used());
        Comparison { differences, notes: self.notes, used_marks, used_filters }
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
        let left = self.renamed.get(file).cloned();
        self.found.push((place, Difference { file: file.to_owned(), left, kind }));
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

/// Two files that a filter gives the same name cannot be told apart.
fn same_name(tree: &Tree, one: &str, other: &str) -> SourceError {
    let message = format!("has the same name as {one}, once `filters:` have replaced what varies");
    SourceError::whole(&tree.root.join(other), message).hint("let `filters:` replace less of the name")
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
