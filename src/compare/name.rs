//! What the documents of a file are called.

use std::fmt;

use crate::yaml::Node;

use super::mark::{is_marked, plain_text};

/// What tells an object from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectName {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
}

/// A document, by its object or, without one, by its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DocumentName {
    Object(ObjectName),
    /// The document at this place, counted from 1.
    Nth(usize),
}

impl ObjectName {
    /// The name of a map that says which object it is.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let text =
            |key| node.get("metadata").and_then(|metadata| plain_text(metadata, key)).map(str::to_owned);
        Some(Self {
            api_version: plain_text(node, "apiVersion")?.to_owned(),
            kind: plain_text(node, "kind")?.to_owned(),
            namespace: text("namespace"),
            name: text("name"),
        })
    }

    /// Whether an object's name, or a part of it, is a mark: it fits several.
    pub(super) fn is_marked(node: &Node) -> bool {
        let metadata = node.get("metadata");
        let names = ["name", "namespace"].map(|key| metadata.and_then(|metadata| metadata.get(key)));
        let whole = metadata.filter(|metadata| metadata.as_map().is_none());
        let parts = [node.get("apiVersion"), node.get("kind"), whole].into_iter().chain(names);
        node.get("kind").is_some() && parts.flatten().any(is_marked)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match (&self.namespace, &self.name) {
            (Some(namespace), Some(name)) => write!(f, " {namespace}/{name}")?,
            (None, Some(name)) => write!(f, " {name}")?,
            (_, None) => {}
        }
        write!(f, " ({})", self.api_version)
    }
}

impl fmt::Display for DocumentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(name) => write!(f, "{name}"),
            Self::Nth(place) => write!(f, "document {place}"),
        }
    }
}
