//! The documents of a file: each is changed in its place, left out, or put in.

use std::cell::Cell;

use crate::yaml::{Document, KeyPath, Node, PlacedDocument, emit_node, parse, place};

use super::super::documents::{Left, left, renamed, within_file};
use super::super::name::{DocumentName, ObjectName};
use super::super::scope::Scope;
use super::super::value::{FUEL, same_value};
use super::super::{MarkRule, spelling};
use super::write::Slot;
use super::{Around, Edited, Editor, Pair, Rewritten, graft};

/// A file as its documents, and what they say once the settings' marks are in them.
struct File<'t> {
    text: &'t str,
    placed: Vec<PlacedDocument>,
    /// The documents that hold anything, by their place among all of them.
    places: Vec<usize>,
    ruled: Vec<Document>,
}

impl<'t> File<'t> {
    fn read(text: &'t [u8], name: &str, marks: &[MarkRule]) -> Option<Self> {
        let placed = place(text).ok()?;
        let places: Vec<usize> =
            (0..placed.len()).filter(|index| !placed[*index].document.root.is_null()).collect();
        let mut ruled: Vec<Document> = places.iter().map(|place| placed[*place].document.clone()).collect();
        for document in &mut ruled {
            (Around { name, marks, others: &[], parts: None }).mark(&mut document.root);
        }
        Some(Self { text: std::str::from_utf8(text).ok()?, placed, places, ruled })
    }

    /// The text of a document and what stands around it.
    fn chunk(&self, index: usize) -> &'t str {
        &self.text[self.placed[self.places[index]].bytes.clone()]
    }

    /// A document that was not expected, as it was left.
    fn fresh(&self, index: usize) -> String {
        let placed = &self.placed[self.places[index]];
        self.text[placed.start..placed.bytes.end].to_owned()
    }
}

impl Around<'_> {
    /// Whether a document of the expected file is changed, or left out.
    fn changes(&self, expected: usize) -> bool {
        self.parts.is_none_or(|parts| parts.expected.contains(&expected))
    }

    /// Whether a document that was not expected is put in.
    fn takes(&self, actual: usize) -> bool {
        self.parts.is_none_or(|parts| parts.actual.contains(&actual))
    }

    /// Puts the marks of the settings into a document.
    fn mark(&self, root: &mut Node) {
        for rule in self.marks {
            rule.apply(self.name, root);
        }
    }
}

/// Edits a file; nothing if that cannot be done.
pub(super) fn edit(expected: &[u8], actual: &[u8], around: &Around<'_>) -> Option<Edited> {
    let before = File::read(expected, around.name, around.marks)?;
    let after = File::read(actual, around.name, &[])?;
    before.ruled.iter().try_for_each(|document| spelling::check(&document.root)).ok()?;
    let others =
        around.others.iter().filter_map(|text| File::read(text, around.name, around.marks)).collect();
    let partners = partners(&before, &after);
    let mut edit = Edit { around, after, partners, others, has_moved: false, rewritten: Vec::new() };
    let pieces = edit.pieces(&before);
    if before.text.is_empty() && !edit.has_moved {
        return Some(Edited { text: actual.to_vec(), rewritten: Vec::new() });
    }
    let texts: Vec<String> = pieces.iter().map(|piece| piece.text.clone()).collect();
    let text = joined(&texts, before.text).into_bytes();
    let is_right = match around.parts {
        None => edit.is_right(&text),
        Some(_) => edit.is_right_in_parts(&before, &pieces, &text),
    };
    is_right.then_some(Edited { text, rewritten: edit.rewritten })
}

/// A part of the file as it is to be.
struct Piece {
    text: String,
    says: Says,
}

/// What the document of a piece says.
#[derive(Clone, Copy)]
enum Says {
    /// There is none in it.
    Nothing,
    /// What is expected by this document.
    Expected(usize),
    /// What was left in this document.
    Left(usize),
}

/// An edit of a file under way.
struct Edit<'a> {
    around: &'a Around<'a>,
    after: File<'a>,
    /// For each expected document, the one that was left for it.
    partners: Vec<Option<usize>>,
    others: Vec<File<'a>>,
    /// Whether a document came from another file.
    has_moved: bool,
    rewritten: Vec<Rewritten>,
}

impl Edit<'_> {
    /// The documents of the file as it is to be, and what stands between them.
    fn pieces(&mut self, before: &File<'_>) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let nothing = |text: &str| Piece { text: text.to_owned(), says: Says::Nothing };
        if before.placed.is_empty() && !before.text.is_empty() {
            // Comments alone are no document.
            pieces.push(nothing(before.text));
        }
        pieces.extend(self.new_behind(None));
        for (place, document) in before.placed.iter().enumerate() {
            let Some(index) = before.places.iter().position(|other| *other == place) else {
                pieces.push(nothing(&before.text[document.bytes.clone()]));
                continue;
            };
            let partner = self.partners[index];
            let kept = || Piece { text: before.chunk(index).to_owned(), says: Says::Expected(index) };
            match partner {
                _ if !self.around.changes(index) => pieces.push(kept()),
                Some(left) => {
                    pieces.push(Piece { text: self.one(before, index, left), says: Says::Left(left) });
                }
                None => {}
            }
            if partner.is_some() {
                pieces.extend(self.new_behind(partner));
            }
        }
        pieces
    }

    /// The documents without a partner that follow one, up to the next that has one.
    fn new_behind(&mut self, behind: Option<usize>) -> Vec<Piece> {
        let start = behind.map_or(0, |index| index + 1);
        let all = start..self.after.places.len();
        let new: Vec<usize> = all.take_while(|index| !self.partners.contains(&Some(*index))).collect();
        let new = new.into_iter().filter(|index| self.around.takes(*index));
        new.map(|index| Piece { text: self.arrived(index), says: Says::Left(index) }).collect()
    }

    /// A document that was not expected here: from the file that it was expected in, or as it was left.
    fn arrived(&mut self, index: usize) -> String {
        let name = ObjectName::of(&self.after.ruled[index].root);
        let others = std::mem::take(&mut self.others);
        let found = others.iter().find_map(|other| {
            let is_it = |document: &Document| name.is_some() && ObjectName::of(&document.root) == name;
            Some((other, other.ruled.iter().position(is_it)?))
        });
        let text = match found {
            Some((other, place)) => {
                self.has_moved = true;
                self.one(other, place, index)
            }
            None => self.after.fresh(index),
        };
        self.others = others;
        text
    }

    /// A document that is changed, or written anew if it cannot be.
    fn one(&mut self, before: &File<'_>, index: usize, partner: usize) -> String {
        let (expected, actual) = (&before.ruled[index].root, &self.after.ruled[partner].root);
        if same_value(expected, actual, Scope::marked_root()) {
            return before.chunk(index).to_owned();
        }
        let document = ObjectName::of(expected).map_or(DocumentName::Nth(index + 1), DocumentName::Object);
        if let Some((text, paths)) = in_place(before.chunk(index), actual, self.around) {
            let values = paths.into_iter().map(|path| Rewritten::Value(document.clone(), path));
            self.rewritten.extend(values);
            return text;
        }
        self.rewritten.push(Rewritten::Document(document));
        let original = &before.placed[before.places[index]].document.root;
        match graft::has_marks(original) {
            true => emit_node(&graft::graft(original, actual, Scope::marked_root())),
            false => self.after.fresh(partner),
        }
    }

    /// Whether a text says what was left.
    fn is_right(&self, text: &[u8]) -> bool {
        let Some(now) = File::read(text, self.around.name, self.around.marks) else { return false };
        let partners = partners(&now, &self.after);
        let is_same = |(index, partner): (usize, &Option<usize>)| {
            partner.is_some_and(|partner| {
                same_value(&now.ruled[index].root, &self.after.ruled[partner].root, Scope::marked_root())
            })
        };
        partners.len() == self.after.places.len() && partners.iter().enumerate().all(is_same)
    }
}

impl Edit<'_> {
    /// Whether each document of a text says what its piece is to say.
    fn is_right_in_parts(&self, before: &File<'_>, pieces: &[Piece], text: &[u8]) -> bool {
        let Some(now) = File::read(text, self.around.name, self.around.marks) else { return false };
        let says = pieces.iter().map(|piece| piece.says).filter(|says| !matches!(says, Says::Nothing));
        let says: Vec<Says> = says.collect();
        let is_right = |(place, says): (usize, &Says)| match says {
            Says::Nothing => true,
            Says::Left(left) => {
                same_value(&now.ruled[place].root, &self.after.ruled[*left].root, Scope::marked_root())
            }
            Says::Expected(expected) => {
                let (one, other) = (now.places[place], before.places[*expected]);
                let written = |file: &File<'_>, at: usize| emit_node(&file.placed[at].document.root);
                written(&now, one) == written(before, other)
            }
        };
        says.len() == now.places.len() && says.iter().enumerate().all(is_right)
    }
}

/// The text of a document with what differs changed, and which values of it are written anew.
pub(super) fn in_place(chunk: &str, wanted: &Node, around: &Around<'_>) -> Option<(String, Vec<KeyPath>)> {
    changed(chunk, wanted, Scope::marked_root(), |root| around.mark(root))
}

/// The same, where a mark is data unless the scope says that it is none.
pub(super) fn changed(
    chunk: &str,
    wanted: &Node,
    scope: Scope<'static>,
    rule: impl Fn(&mut Node),
) -> Option<(String, Vec<KeyPath>)> {
    let is_ended = chunk.ends_with('\n');
    let ended = if is_ended { chunk.to_owned() } else { format!("{chunk}\n") };
    let placed = place(ended.as_bytes()).ok()?;
    let placed = placed.iter().find(|placed| !placed.document.root.is_null())?;
    let mut ruled = placed.document.root.clone();
    rule(&mut ruled);
    let mut editor = Editor::new(&ended, &placed.document.root);
    let pair = Pair { expected: &ruled, layout: &placed.layout, actual: wanted, scope };
    editor.value(pair, &Slot::root(), &KeyPath::root()).ok()?;
    let (mut text, paths) = editor.finish().ok()?;
    if !is_ended {
        text.truncate(text.trim_end_matches(['\n', '\r']).len());
    }
    let mut documents = parse(text.as_bytes()).ok()?;
    rule(&mut documents.first_mut()?.root);
    let is_same = documents.len() == 1 && same_value(&documents[0].root, wanted, scope);
    is_same.then_some((text, paths))
}

/// For each expected document, the one that was left for it.
fn partners(before: &File<'_>, after: &File<'_>) -> Vec<Option<usize>> {
    let expected: Vec<Option<Left>> = left("", before.ruled.clone());
    let actual: Vec<Option<Left>> = left("", after.ruled.clone());
    let mut partners = vec![None; before.places.len()];
    for (one, other) in within_file(&expected, &actual, Scope::marked_root()) {
        partners[one] = Some(other);
    }
    let left: Vec<usize> = (0..partners.len()).filter(|index| partners[*index].is_none()).collect();
    let right: Vec<usize> = (0..actual.len()).filter(|index| !partners.contains(&Some(*index))).collect();
    let one: Vec<&Node> = left.iter().map(|index| &before.ruled[*index].root).collect();
    let other: Vec<&Node> = right.iter().map(|index| &after.ruled[*index].root).collect();
    for (one, other) in renamed(&one, &other, Scope::marked_root(), &Cell::new(FUEL)) {
        partners[left[one]] = Some(right[other]);
    }
    partners
}

/// The documents one after another. What follows a document needs a line that says so.
fn joined(pieces: &[String], original: &str) -> String {
    let newline = if original.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = String::new();
    for piece in pieces {
        if !text.is_empty() {
            if !text.ends_with('\n') {
                text.push_str(newline);
            }
            if !piece.starts_with("---") && !piece.starts_with('%') {
                text.push_str("---");
                text.push_str(newline);
            }
        }
        text.push_str(piece);
    }
    text
}
