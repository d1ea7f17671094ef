//! What the documents of a file are called.

use std::fmt;

use crate::yaml::Node;

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
        let text = |key| node.get("metadata").and_then(|metadata| metadata.text(key)).map(str::to_owned);
        Some(Self {
            api_version: node.text("apiVersion")?.to_owned(),
            kind: node.text("kind")?.to_owned(),
            namespace: text("namespace"),
            name: text("name"),
        })
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
