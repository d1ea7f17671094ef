//! The one way in and out for YAML: read as Kubernetes reads it (YAML 1.1, JSON's data model), with the place of every
//! node, and written as Kubernetes writes it.
//!
//! Kubernetes and Kratix read with Go's port of libyaml. The scanner here is a port of libyaml too, so both accept the
//! same texts and reject them with the same words.

mod emit;
mod events;
mod feed;
mod layout;
mod parse;
mod path;
mod scalar;

use indexmap::IndexMap;
use serde_json::Number;

pub(crate) use emit::{emit, emit_node};
pub(crate) use layout::{EntryLayout, Form, Layout, PlacedDocument, Style, place};
pub(crate) use parse::{ParseError, parse, parse_first};
pub(crate) use path::{Key, KeyPath};

/// A place in a text, counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// One document of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) root: Node,
    /// Keys that stand twice in one map. The last one counts.
    pub(crate) duplicates: Vec<Duplicate>,
}

/// A key that was written before in the same map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Duplicate {
    pub(crate) key: String,
    /// Where it stands again.
    pub(crate) at: Position,
}

/// A value and where it is written.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Position,
    /// A tag of the author's own (`!any`); the standard ones are resolved into the value.
    pub(crate) tag: Option<String>,
    pub(crate) value: Value,
}

/// A value as the platform sees it.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// Integral floats are integers, as they are in JSON (`1.0` is `1`).
    Number(Number),
    /// `.nan` or `.inf`, which JSON cannot hold.
    NonFinite(f64),
    String(String),
    List(Vec<Node>),
    Map(Map),
}

/// A map in the order it was written.
pub(crate) type Map = IndexMap<String, Entry>;

/// A value of a map, and where its key is written.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key_at: Position,
    pub(crate) node: Node,
}

impl Document {
    /// The same further down in a text.
    pub(crate) fn lowered(mut self, lines: usize) -> Self {
        self.root.lower(lines);
        self.duplicates.iter_mut().for_each(|duplicate| duplicate.at.line += lines);
        self
    }
}

impl Node {
    fn lower(&mut self, lines: usize) {
        self.at.line += lines;
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.lower(lines)),
            Value::Map(map) => {
                for entry in map.values_mut() {
                    entry.key_at.line += lines;
                    entry.node.lower(lines);
                }
            }
            _ => {}
        }
    }

    /// The value at a key, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key).map(|entry| &entry.node)
    }

    /// The node at a path of keys.
    pub(crate) fn at_path(&self, path: &KeyPath) -> Option<&Node> {
        path.keys().iter().try_fold(self, |node, key| match (key, &node.value) {
            (Key::Name(name), _) => node.get(name),
            (Key::Index(index), Value::List(items)) => items.get(*index),
            (Key::Index(_), _) => None,
        })
    }

    /// Where the nearest thing to a path is written: the key, or what would hold it.
    pub(crate) fn locate(&self, path: &KeyPath) -> Position {
        let mut at = self.at;
        let mut node = self;
        for key in path.keys() {
            match (key, &node.value) {
                (Key::Name(name), Value::Map(map)) => match map.get(name) {
                    Some(entry) => (at, node) = (entry.key_at, &entry.node),
                    None => return at,
                },
                (Key::Index(index), Value::List(items)) => match items.get(*index) {
                    Some(item) => (at, node) = (item.at, item),
                    None => return at,
                },
                _ => return at,
            }
        }
        at
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text at a key, if it is a string.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// What kind of value this is, in JSON's words, as the platform's messages name it.
    pub(crate) fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::NonFinite(_) => "number",
            Value::String(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        }
    }

    /// The value as JSON. `.nan` and `.inf` become the text that they are written as.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => number.clone().into(),
            Value::NonFinite(value) => non_finite(*value).into(),
            Value::String(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(map) => map.iter().map(|(key, entry)| (key.clone(), entry.node.to_json())).collect(),
        }
    }
}

/// How YAML writes a number that JSON has not.
fn non_finite(value: f64) -> &'static str {
    match (value.is_nan(), value.is_sign_negative()) {
        (true, _) => ".nan",
        (false, false) => ".inf",
        (false, true) => "-.inf",
    }
}
