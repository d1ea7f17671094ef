//! One file of a folder: where it is, and what it holds.

use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::diagnostic::{Source, SourceError};
use crate::tree::{EntryKind, Resolution, Tree};
use crate::yaml::{Document, Node, ParseError, Position, Value, parse};

use super::difference::{CompareError, DifferenceKind, FileContent, Fingerprint, LinkProblem, Shown, Side};
use super::spelling::WrongMark;
use super::{secret, text};

/// Larger files are only compared by their bytes.
const LARGEST: u64 = 32 << 20;
/// Deeper documents are compared as text: values are walked with the stack.
pub(super) const DEEPEST: usize = 200;

/// What is at a path of a folder.
pub(super) enum Found<'t> {
    Nothing,
    File(File<'t>),
    /// Something that has no content to compare.
    Other(DifferenceKind),
}

/// A regular file, or the one that a link leads to.
pub(super) struct File<'t> {
    tree: &'t Tree,
    pub(super) side: Side,
    /// Where its bytes are.
    path: String,
    /// What messages call it.
    name: String,
    pub(super) size: u64,
    pub(super) mode: u32,
}

/// What is at a path, which messages call by a name.
pub(super) fn find<'t>(tree: &'t Tree, side: Side, path: &str, name: &str) -> Found<'t> {
    let Some(entry) = tree.entries.get(path) else { return Found::Nothing };
    match &entry.kind {
        EntryKind::Directory => Found::Nothing,
        EntryKind::Unkept(reason) => Found::Other(DifferenceKind::NotKept { side, reason: reason.clone() }),
        EntryKind::File { .. } => file(tree, side, path, name),
        EntryKind::Symlink { target } => {
            let problem = match tree.resolve(path) {
                Resolution::File(path) => return file(tree, side, &path, name),
                Resolution::Unkept(path) => return find(tree, side, &path, name),
                Resolution::Directory(_) => LinkProblem::Directory,
                Resolution::Dangling => LinkProblem::Dangling,
                Resolution::Outside => LinkProblem::Outside,
                Resolution::Absolute(_) => LinkProblem::Absolute,
                Resolution::Loop => LinkProblem::Loop,
            };
            Found::Other(DifferenceKind::Link { side, target: target.clone(), problem })
        }
    }
}

fn file<'t>(tree: &'t Tree, side: Side, path: &str, name: &str) -> Found<'t> {
    match tree.entries.get(path) {
        Some(entry) => match entry.kind {
            EntryKind::File { size } => Found::File(File {
                tree,
                side,
                path: path.to_owned(),
                name: name.to_owned(),
                size,
                mode: entry.mode,
            }),
            _ => Found::Nothing,
        },
        None => Found::Nothing,
    }
}

impl File<'_> {
    pub(super) fn is_large(&self) -> bool {
        self.size > LARGEST
    }

    /// Whether the name says that this is YAML.
    pub(super) fn is_yaml(&self) -> bool {
        matches!(extension(&self.name).as_deref(), Some("yaml" | "yml" | "json"))
    }

    pub(super) fn read(&self) -> Result<Vec<u8>, CompareError> {
        self.tree.read(&self.path).map_err(|source| self.error(source))
    }

    /// Every document that holds anything.
    pub(super) fn documents(&self, bytes: &[u8]) -> Result<Vec<Document>, ParseError> {
        let documents = parse(bytes).or_else(|error| match extension(&self.name).as_deref() {
            // Not all JSON is YAML 1.1: surrogate pairs are not, nor are tabs everywhere.
            Some("json") => json(bytes).ok_or(error),
            _ => Err(error),
        })?;
        match documents.iter().find(|document| is_deep(&document.root, DEEPEST)) {
            Some(document) => {
                let problem = format!("nested more than {DEEPEST} levels deep");
                Err(ParseError { at: Some(document.root.at), platform: problem.clone(), problem })
            }
            None => Ok(documents),
        }
    }

    /// The size and hash, without holding the bytes.
    pub(super) fn fingerprint(&self) -> Result<Fingerprint, CompareError> {
        let hash = |mut file: std::fs::File| {
            let mut hash = Sha256::new();
            let mut size = 0;
            let mut chunk = vec![0; 1 << 16];
            loop {
                match file.read(&mut chunk)? {
                    0 => return Ok((size, hash.finalize())),
                    read => {
                        hash.update(&chunk[..read]);
                        size += read as u64;
                    }
                }
            }
        };
        let (size, hash) = self.tree.open(&self.path).and_then(hash).map_err(|source| self.error(source))?;
        Ok(Fingerprint { size, sha256: hexadecimal(&hash) })
    }

    /// What can be shown of a file that is not read as YAML.
    pub(super) fn content(&self, bytes: &[u8]) -> FileContent {
        let shown = match text::decode(bytes) {
            None => Shown::Binary(fingerprint(bytes).sha256),
            Some(text) if secret::suspected(text) => Shown::Withheld,
            Some(text) => Shown::Text(text.to_owned()),
        };
        FileContent { size: self.size, shown }
    }

    /// A problem at a place of this file, shown with its line unless that may be secret.
    pub(super) fn wrong(&self, wrong: WrongMark, bytes: Vec<u8>) -> SourceError {
        let is_secret = secret::suspected(&String::from_utf8_lossy(&bytes));
        let source = Source::of(&self.tree.root.join(&self.path), bytes);
        let error = source.error(wrong.at, wrong.message);
        let error = if is_secret { error.without_excerpt() } else { error };
        match wrong.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    fn error(&self, source: io::Error) -> CompareError {
        CompareError::Unreadable { file: self.name.clone(), side: self.side, source }
    }
}

/// The size and hash of bytes.
pub(super) fn fingerprint(bytes: &[u8]) -> Fingerprint {
    Fingerprint { size: bytes.len() as u64, sha256: hexadecimal(&Sha256::digest(bytes)) }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Whether a value is nested deeper than so many levels.
pub(super) fn is_deep(node: &Node, levels: usize) -> bool {
    let inside = |node: &Node| levels == 0 || is_deep(node, levels - 1);
    match &node.value {
        Value::List(items) => items.iter().any(inside),
        Value::Map(map) => map.values().any(|entry| inside(&entry.node)),
        _ => false,
    }
}

fn extension(name: &str) -> Option<String> {
    Some(Path::new(name).extension()?.to_str()?.to_ascii_lowercase())
}

/// JSON, without places.
fn json(bytes: &[u8]) -> Option<Vec<Document>> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let root = node(value);
    Some(if root.is_null() { Vec::new() } else { vec![Document { root, duplicates: Vec::new() }] })
}

fn node(value: serde_json::Value) -> Node {
    use serde_json::Value as Json;
    let at = Position { line: 1, column: 1 };
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => Value::Number(number),
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::List(items.into_iter().map(node).collect()),
        Json::Object(map) => Value::Map(
            map.into_iter()
                .map(|(key, value)| (key, crate::yaml::Entry { key_at: at, node: node(value) }))
                .collect(),
        ),
    };
    Node { at, tag: None, value }
}
