//! The documents of a file: each is changed in its place, left out, or put in.

use std::cell::Cell;

use crate::yaml::{Document, KeyPath, Node, PlacedDocument, emit_node, parse, place};

use super::super::documents::{Left, left, renamed, within_file};
use super::super::name::{DocumentName, ObjectName};
use super::super::scope::Scope;
use super::super::value::{FUEL, same_value};
use super::super::{MarkRule, mark};
use super::write::Slot;
use super::{Edited, Editor, Pair, Rewritten, graft};

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
            mark_all(name, &mut document.root, marks);
        }
        Some(Self { text: std::str::from_utf8(text).ok()?, placed, places, ruled })
    }

    /// The text of a document and what stands around it.
    fn chunk(&self, index: usize) -> &'t str {
        &self.text[self.placed[self.places[index]].bytes.clone()]
    }
}

fn mark_all(name: &str, root: &mut Node, marks: &[MarkRule]) {
    for rule in marks {
        rule.apply(name, root);
    }
}

/// Edits a file; nothing if that cannot be done.
pub(super) fn edit(name: &str, expected: &[u8], actual: &[u8], marks: &[MarkRule]) -> Option<Edited> {
    let before = File::read(expected, name, marks)?;
    let after = File::read(actual, name, &[])?;
    before.ruled.iter().try_for_each(|document| mark::check(&document.root)).ok()?;
    let partners = partners(&before, &after);
    let mut rewritten = Vec::new();
    let mut pieces: Vec<String> = Vec::new();
    if before.placed.is_empty() {
        // Comments alone are no document.
        pieces.push(before.text.to_owned());
    }
    for new in unplaced(&partners, after.places.len(), None) {
        pieces.push(fresh(&after, new));
    }
    for (place, document) in before.placed.iter().enumerate() {
        let Some(index) = before.places.iter().position(|other| *other == place) else {
            pieces.push(before.text[document.bytes.clone()].to_owned());
            continue;
        };
        if let Some(partner) = partners[index] {
            pieces.push(one(name, (&before, index), (&after, partner), marks, &mut rewritten));
            for new in unplaced(&partners, after.places.len(), Some(partner)) {
                pieces.push(fresh(&after, new));
            }
        }
    }
    let text = joined(&pieces, before.text);
    let edited = Edited { text: text.into_bytes(), rewritten };
    is_right(name, &edited.text, &after, marks).then_some(edited)
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

/// The documents without a partner that follow this one, up to the next that has one.
fn unplaced(partners: &[Option<usize>], count: usize, behind: Option<usize>) -> Vec<usize> {
    let start = behind.map_or(0, |index| index + 1);
    (start..count).take_while(|index| !partners.contains(&Some(*index))).collect()
}

/// A document that was not expected, as it was left.
fn fresh(after: &File<'_>, index: usize) -> String {
    let placed = &after.placed[after.places[index]];
    after.text[placed.start..placed.bytes.end].to_owned()
}

/// A document that is changed, or written anew if it cannot be.
fn one(
    name: &str,
    (before, index): (&File<'_>, usize),
    (after, partner): (&File<'_>, usize),
    marks: &[MarkRule],
    rewritten: &mut Vec<Rewritten>,
) -> String {
    let (expected, actual) = (&before.ruled[index].root, &after.ruled[partner].root);
    if same_value(expected, actual, Scope::marked_root()) {
        return before.chunk(index).to_owned();
    }
    let document = ObjectName::of(expected).map_or(DocumentName::Nth(index + 1), DocumentName::Object);
    if let Some((text, paths)) = in_place(name, (before, index), actual, marks) {
        rewritten.extend(paths.into_iter().map(|path| Rewritten::Value(document.clone(), path)));
        return text;
    }
    rewritten.push(Rewritten::Document(document));
    let original = &before.placed[before.places[index]].document.root;
    match graft::has_marks(original) {
        true => emit_node(&graft::graft(original, actual, Scope::marked_root())),
        false => fresh(after, partner),
    }
}

fn in_place(
    name: &str,
    (before, index): (&File<'_>, usize),
    actual: &Node,
    marks: &[MarkRule],
) -> Option<(String, Vec<KeyPath>)> {
    let chunk = before.chunk(index);
    let is_ended = chunk.ends_with('\n');
    let ended = if is_ended { chunk.to_owned() } else { format!("{chunk}\n") };
    let placed = place(ended.as_bytes()).ok()?;
    let placed = placed.iter().find(|placed| !placed.document.root.is_null())?;
    let mut ruled = placed.document.root.clone();
    mark_all(name, &mut ruled, marks);
    let mut editor = Editor::new(&ended, &placed.document.root);
    let pair = Pair { expected: &ruled, layout: &placed.layout, actual, scope: Scope::marked_root() };
    editor.value(pair, &Slot::root(), &KeyPath::root()).ok()?;
    let (mut text, paths) = editor.finish().ok()?;
    if !is_ended {
        text.truncate(text.trim_end_matches(['\n', '\r']).len());
    }
    let mut documents = parse(text.as_bytes()).ok()?;
    mark_all(name, &mut documents.first_mut()?.root, marks);
    let is_same = documents.len() == 1 && same_value(&documents[0].root, actual, Scope::marked_root());
    is_same.then_some((text, paths))
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

/// Whether a text says what was left.
fn is_right(name: &str, text: &[u8], after: &File<'_>, marks: &[MarkRule]) -> bool {
    let Some(now) = File::read(text, name, marks) else { return false };
    let partners = partners(&now, after);
    let is_same = |(index, partner): (usize, &Option<usize>)| {
        partner.is_some_and(|partner| {
            same_value(&now.ruled[index].root, &after.ruled[partner].root, Scope::marked_root())
        })
    };
    partners.len() == after.places.len() && partners.iter().enumerate().all(is_same)
}
