//! What was left, written into an expected file: only what differs is changed, and the rest of the text stays as it is.

mod chunks;
mod graft;
mod list;
mod map;
mod marking;
#[cfg(test)]
mod tests;
mod write;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::yaml::{Form, KeyPath, Layout, Node, Value};

use super::mark::Mark;
use super::name::DocumentName;
use super::pairing::Items;
use super::scope::Scope;
use super::value::{FUEL, same_value};
use super::{MarkRule, embedded, matching};
pub(crate) use marking::{Spot, mark};
use write::Slot;

/// An expected file as it is after an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edited {
    pub(crate) text: Vec<u8>,
    /// What could not be changed in its place: comments and formatting there are those of what was left.
    pub(crate) rewritten: Vec<Rewritten>,
}

/// A part of a file that was written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rewritten {
    File,
    Document(DocumentName),
    /// A list or map in a document.
    Value(DocumentName, KeyPath),
}

/// What an edit has to know of a file besides its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    /// What the file is called: `output/kibana.yaml`.
    pub(crate) name: &'a str,
    /// The marks of the settings.
    pub(crate) marks: &'a [MarkRule],
    /// Other expected files that change, from which documents may have moved to this one.
    pub(crate) others: &'a [Vec<u8>],
    /// The documents that are changed, if not all that differ.
    pub(crate) parts: Option<&'a Parts>,
}

/// Some documents of a file, each by its place among those that hold anything, counted from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// Of the expected file: those that are changed, or left out.
    pub(crate) expected: BTreeSet<usize>,
    /// Of what was left: those that are put in.
    pub(crate) actual: BTreeSet<usize>,
}

/// Makes an expected file, which may be empty, say what was left. Marks that fit stay; an equal file stays as it is, byte
/// by byte. The result compares equal to what was left, unless a mark of the settings is in the way. Of some documents
/// alone, see [`edit_parts`].
pub(crate) fn edit(expected: &[u8], actual: &[u8], around: &Around<'_>) -> Edited {
    chunks::edit(expected, actual, around)
        .unwrap_or_else(|| Edited { text: actual.to_vec(), rewritten: vec![Rewritten::File] })
}

/// The same for some of the documents, while the others stay as they are expected; nothing if that cannot be done.
pub(crate) fn edit_parts(expected: &[u8], actual: &[u8], around: &Around<'_>) -> Option<Edited> {
    chunks::edit(expected, actual, around)
}

/// A value cannot be changed where it stands.
struct Impossible;

/// A document that is being changed.
struct Editor<'t> {
    /// What it is in, with an end of its last line.
    text: &'t str,
    /// The document as its file has it, without the marks of the settings.
    original: &'t Node,
    changes: Vec<(Range<usize>, String)>,
    rewritten: Vec<KeyPath>,
}

/// A value of the expected document, and what was left there.
#[derive(Clone, Copy)]
struct Pair<'a> {
    expected: &'a Node,
    layout: &'a Layout,
    actual: &'a Node,
    scope: Scope<'a>,
}

impl<'t> Editor<'t> {
    fn new(text: &'t str, original: &'t Node) -> Self {
        Self { text, original, changes: Vec::new(), rewritten: Vec::new() }
    }

    /// Changes whatever differs.
    fn value(&mut self, pair: Pair<'_>, slot: &Slot, path: &KeyPath) -> Result<(), Impossible> {
        let Pair { expected, layout, actual, scope } = pair;
        // What an alias stands for is changed where that is written; whether it fits is found out in the end.
        if same_value(expected, actual, scope) || matches!(layout.form, Form::Alias) {
            return Ok(());
        }
        let mark = Mark::of(expected).filter(|_| scope.marked);
        if mark.is_none() && expected.tag != actual.tag {
            return self.replace(pair, slot, path);
        }
        match (mark, &expected.value, &actual.value) {
            (None | Some(Mark::Subset), Value::Map(_), Value::Map(_)) => self.map(pair, slot, path),
            (Some(Mark::Contains | Mark::Unordered), Value::List(left), Value::List(right)) => {
                let pairs = matching::pair(left, right, scope.item(), &Cell::new(FUEL));
                self.list(pair, &pairs, slot, path)
            }
            (None, Value::List(left), Value::List(right)) => {
                let pairing = Items { expected: left, actual: right, scope, fuel: &Cell::new(FUEL) }.pair();
                match pairing.is_reordered {
                    true => self.replace(pair, slot, path),
                    false => self.list(pair, &pairing.pairs, slot, path),
                }
            }
            (None, Value::String(left), Value::String(right)) if scope.is_embedded_file() => {
                let inner =
                    embedded::is_yaml(scope.field).then(|| inside(scope.field, left, right)).flatten();
                let value = Value::String(inner.unwrap_or_else(|| right.clone()));
                let actual = Node { at: actual.at, tag: actual.tag.clone(), value };
                self.write(&actual, layout, slot)
            }
            _ => self.replace(pair, slot, path),
        }
    }

    /// Writes a value anew. Marks in it that fit stay.
    fn replace(&mut self, pair: Pair<'_>, slot: &Slot, path: &KeyPath) -> Result<(), Impossible> {
        let Pair { expected, layout, actual, scope } = pair;
        let is_collection = |node: &Node| matches!(node.value, Value::List(_) | Value::Map(_));
        if is_collection(expected) && is_collection(actual) {
            self.rewritten.push(path.clone());
        }
        let grafted = self.original.at_path(path).map(|original| graft::graft(original, actual, scope));
        self.write(grafted.as_ref().unwrap_or(actual), layout, slot)
    }

    fn change(&mut self, bytes: Range<usize>, text: String) {
        self.changes.push((bytes, text));
    }

    /// The text with all changes. Two that overlap are impossible.
    fn finish(mut self) -> Result<(String, Vec<KeyPath>), Impossible> {
        self.changes.sort_by_key(|(bytes, _)| (bytes.start, bytes.end));
        let is_crlf = self.text.contains("\r\n");
        let (mut text, mut from) = (String::with_capacity(self.text.len()), 0);
        for (bytes, new) in &self.changes {
            text.push_str(self.text.get(from..bytes.start).ok_or(Impossible)?);
            text.push_str(&if is_crlf { new.replace('\n', "\r\n") } else { new.clone() });
            from = bytes.end;
        }
        text.push_str(self.text.get(from..).ok_or(Impossible)?);
        Ok((text, self.rewritten))
    }

    /// Where the line begins that holds an offset.
    fn line_start(&self, offset: usize) -> usize {
        self.text[..offset].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the line begins that follows a value.
    fn line_after(&self, layout: &Layout) -> usize {
        let end = layout.bytes.end;
        if self.is_ended(layout) {
            return end;
        }
        self.text[end..].find('\n').map_or(self.text.len(), |newline| end + newline + 1)
    }

    /// Whether a value ends with the end of a line, as blocks of text do.
    fn is_ended(&self, layout: &Layout) -> bool {
        let end = layout.bytes.end;
        end > layout.bytes.start && self.text[..end].ends_with('\n')
    }

    /// How many characters stand before an offset in its line, if they are only indentation.
    fn indentation(&self, offset: usize) -> Option<usize> {
        let before = &self.text[self.line_start(offset)..offset];
        before.bytes().all(|byte| byte == b' ').then_some(before.len())
    }

    fn column(&self, offset: usize) -> usize {
        offset - self.line_start(offset)
    }
}

/// A file inside a text, edited as a file by itself.
fn inside(name: &str, expected: &str, actual: &str) -> Option<String> {
    let around = Around { name, marks: &[], others: &[], parts: None };
    let edited = chunks::edit(expected.as_bytes(), actual.as_bytes(), &around)?;
    String::from_utf8(edited.text).ok()
}

/// Whether a value stands in brackets.
fn is_flow(layout: &Layout) -> bool {
    matches!(layout.form, Form::List { flow: true, .. } | Form::Map { flow: true, .. })
}
