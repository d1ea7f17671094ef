//! Where a value is inside a document, as Kubernetes writes it: `spec.ports[0].name`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Key {
    Name(String),
    Index(usize),
}

/// The steps from a document's root to a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct KeyPath(Vec<Key>);

impl KeyPath {
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// The path of these steps.
    pub(crate) fn of(keys: &[Key]) -> Self {
        Self(keys.to_vec())
    }

    pub(crate) fn keys(&self) -> &[Key] {
        &self.0
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The name that it ends in, if it does not end in an index.
    pub(crate) fn last_name(&self) -> Option<&str> {
        match self.0.last()? {
            Key::Name(name) => Some(name),
            Key::Index(_) => None,
        }
    }

    /// This path and one name more.
    #[must_use]
    pub(crate) fn name(&self, name: impl Into<String>) -> Self {
        self.with(Key::Name(name.into()))
    }

    /// This path and one index more.
    #[must_use]
    pub(crate) fn index(&self, index: usize) -> Self {
        self.with(Key::Index(index))
    }

    fn with(&self, key: Key) -> Self {
        let mut keys = self.0.clone();
        keys.push(key);
        Self(keys)
    }
}

impl<T: Into<String>> FromIterator<T> for KeyPath {
    /// A path of names alone.
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self(names.into_iter().map(|name| Key::Name(name.into())).collect())
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, key) in self.0.iter().enumerate() {
            match key {
                Key::Index(index) => write!(f, "[{index}]")?,
                Key::Name(name) if is_plain(name) && position == 0 => write!(f, "{name}")?,
                Key::Name(name) if is_plain(name) => write!(f, ".{name}")?,
                Key::Name(name) => write!(f, "[{}]", serde_json::Value::from(name.as_str()))?,
            }
        }
        Ok(())
    }
}

/// Whether a name needs no quotes in a path.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_kubernetes_writes_it() {
        let path = KeyPath::root().name("spec").name("ports").index(0).name("name");
        assert_eq!(path.to_string(), "spec.ports[0].name");
        assert_eq!(KeyPath::root().index(2).name("a").to_string(), "[2].a");
    }

    #[test]
    fn a_name_with_dots_is_quoted() {
        let path = KeyPath::from_iter(["metadata", "labels", "helm.sh/chart"]);
        assert_eq!(path.to_string(), r#"metadata.labels["helm.sh/chart"]"#);
        assert_eq!(KeyPath::from_iter([""]).to_string(), r#"[""]"#);
    }
}
