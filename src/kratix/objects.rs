//! The `ConfigMap`s and `Secret`s that a cluster would have, as a test brings them.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::diagnostic::{Source, SourceError};
use crate::yaml::{KeyPath, Node, Value};

/// What kind of object holds data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DataKind {
    ConfigMap,
    Secret,
}

/// A `ConfigMap` or `Secret`. Values never show when it is printed for debugging.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DataObject {
    pub(crate) kind: DataKind,
    /// Without one it is found in every namespace.
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) data: BTreeMap<String, Vec<u8>>,
    /// Keys that do not become variables: `binaryData`.
    pub(crate) binary: BTreeMap<String, Vec<u8>>,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Objects(Vec<DataObject>);

impl DataKind {
    /// The kind as Kubernetes writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

impl fmt::Display for DataKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DataObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.data.keys().chain(self.binary.keys()).collect();
        f.debug_struct(self.kind.as_str())
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}

impl Objects {
    /// Adds every `ConfigMap` and `Secret` of a file. Other objects are passed over. An error shows no line of it: that
    /// may be a Secret's.
    pub(crate) fn read(&mut self, source: &Source) -> Result<(), SourceError> {
        self.add_all(source).map_err(SourceError::without_excerpt)
    }

    fn add_all(&mut self, source: &Source) -> Result<(), SourceError> {
        for document in source.documents()? {
            if let Some(object) = read_object(source, &document.root)? {
                self.add(object);
            }
        }
        Ok(())
    }

    /// Adds an object in place of one of the same kind, namespace and name.
    pub(crate) fn add(&mut self, object: DataObject) {
        let same = |other: &DataObject| {
            (other.kind, &other.namespace, &other.name) == (object.kind, &object.namespace, &object.name)
        };
        self.0.retain(|other| !same(other));
        self.0.push(object);
    }

    /// The object of this name in a namespace: its own, or one that names no namespace.
    pub(crate) fn find(&self, kind: DataKind, namespace: &str, name: &str) -> Option<&DataObject> {
        let named = |object: &&DataObject| object.kind == kind && object.name == name;
        let own = |object: &&DataObject| object.namespace.as_deref() == Some(namespace);
        let free = |object: &&DataObject| object.namespace.is_none();
        let mut found = self.0.iter().filter(named);
        found.clone().find(own).or_else(|| found.find(free))
    }

    /// What all Secrets hold.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &[u8]> {
        let secrets = self.0.iter().filter(|object| object.kind == DataKind::Secret);
        secrets.flat_map(|object| object.data.values()).map(Vec::as_slice)
    }

    /// The namespaces other than this one in which an object of this name is.
    pub(crate) fn elsewhere(&self, kind: DataKind, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|object| object.kind == kind && object.name == name)
            .filter_map(|object| object.namespace.as_deref())
            .collect()
    }
}

fn read_object(source: &Source, root: &Node) -> Result<Option<DataObject>, SourceError> {
    let kind = match (root.text("apiVersion"), root.text("kind")) {
        (Some("v1"), Some("ConfigMap")) => DataKind::ConfigMap,
        (Some("v1"), Some("Secret")) => DataKind::Secret,
        _ => return Ok(None),
    };
    let metadata = root.get("metadata");
    let text = |key| metadata.and_then(|node| node.text(key)).filter(|text| !text.is_empty());
    let Some(name) = text("name") else {
        let at = root.locate(&KeyPath::from_iter(["metadata", "name"]));
        return Err(source.error(at, format!("a {kind} without a name")).hint("give it metadata.name"));
    };
    let (data, binary) = match kind {
        DataKind::ConfigMap => (strings(source, root, "data")?, decoded(source, root, "binaryData")?),
        DataKind::Secret => {
            let mut data = decoded(source, root, "data")?;
            data.extend(strings(source, root, "stringData")?);
            (data, BTreeMap::new())
        }
    };
    let namespace = text("namespace").map(str::to_owned);
    Ok(Some(DataObject { kind, namespace, name: name.to_owned(), data, binary }))
}

/// The strings of a map. Errors name keys, never values.
fn strings(source: &Source, root: &Node, field: &str) -> Result<BTreeMap<String, Vec<u8>>, SourceError> {
    let Some(node) = root.get(field).filter(|node| !node.is_null()) else { return Ok(BTreeMap::new()) };
    let Some(map) = node.as_map() else {
        return Err(source.error(node.at, format!("{field} must be a map of strings")));
    };
    map.iter()
        .map(|(key, entry)| match &entry.node.value {
            Value::String(text) => Ok((key.clone(), text.clone().into_bytes())),
            Value::Null => Ok((key.clone(), Vec::new())),
            _ => {
                let path = KeyPath::from_iter([field, key]);
                let problem = format!("{path} is not a string but of type {}", entry.node.type_name());
                Err(source.error(entry.node.at, problem).hint("put the value in quotes"))
            }
        })
        .collect()
}

/// The values of a map in base64.
fn decoded(source: &Source, root: &Node, field: &str) -> Result<BTreeMap<String, Vec<u8>>, SourceError> {
    let mut values = strings(source, root, field)?;
    for (key, value) in &mut values {
        let packed: Vec<u8> = value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        let path = KeyPath::from_iter([field, key]);
        *value = STANDARD.decode(packed).map_err(|_| {
            let at = root.at_path(&path).map_or(root.at, |node| node.at);
            let error = source.error(at, format!("{path} is not base64"));
            if field == "data" { error.hint("write plain values in stringData") } else { error }
        })?;
    }
    Ok(values)
}

/// How a missing key would be added, for hints.
pub(super) fn key_field(kind: DataKind) -> &'static str {
    match kind {
        DataKind::ConfigMap => "data",
        DataKind::Secret => "stringData",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(text: &str) -> Result<Objects, SourceError> {
        let mut objects = Objects::default();
        objects.read(&Source::new("cluster.yaml", text)).map(|()| objects)
    }

    #[test]
    fn secrets_and_config_maps_are_read_and_others_passed_over() {
        let objects = objects(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: aGVsbG8=}\nstringData: {b: plain}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: team}\ndata: {k: v}\nbinaryData: {x: AAE=}\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata: {name: s}\n",
        )
        .expect("readable");
        let secret = objects.find(DataKind::Secret, "any", "s").expect("in every namespace");
        assert_eq!(
            (secret.data["a"].as_slice(), secret.data["b"].as_slice()),
            (&b"hello"[..], &b"plain"[..])
        );
        let map = objects.find(DataKind::ConfigMap, "team", "c").expect("in its namespace");
        assert_eq!((map.data.len(), map.binary["x"].as_slice()), (1, &[0, 1][..]));
        assert!(objects.find(DataKind::ConfigMap, "default", "c").is_none());
        assert_eq!(objects.elsewhere(DataKind::ConfigMap, "c"), ["team"]);
        assert!(objects.find(DataKind::ConfigMap, "default", "s").is_none());
    }

    #[test]
    fn the_objects_own_namespace_comes_first_and_the_later_of_two_equals_wins() {
        let text = |namespace: &str, value: &str| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{namespace}}}\ndata: {{k: {value}}}\n---\n"
            )
        };
        let objects = objects(
            &(text("", "free") + &text(", namespace: team", "old") + &text(", namespace: team", "own")),
        )
        .expect("readable");
        let value =
            |namespace| objects.find(DataKind::ConfigMap, namespace, "c").expect("found").data["k"].clone();
        assert_eq!((value("team"), value("default")), (b"own".to_vec(), b"free".to_vec()));
    }

    #[test]
    fn neither_errors_nor_debugging_show_a_secret() {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";
        let error = objects(&format!("{secret}data: {{password: hunter2!}}\n")).expect_err("not base64");
        assert_eq!(error.to_string(), "cluster.yaml:4:18: data.password is not base64");
        let error = objects(&format!("{secret}stringData: {{pin: 1234}}\n")).expect_err("not a string");
        assert_eq!(
            error.to_string(),
            "cluster.yaml:4:19: stringData.pin is not a string but of type integer"
        );
        let read = objects(&format!("{secret}stringData: {{password: hunter2}}\n")).expect("readable");
        let shown = format!("{read:?}");
        assert!(
            shown.contains("password") && !shown.contains("hunter2") && !shown.contains("104"),
            "{shown}"
        );
    }

    #[test]
    fn an_object_needs_a_name() {
        let error = objects("apiVersion: v1\nkind: Secret\n").expect_err("nameless");
        assert_eq!(error.to_string(), "cluster.yaml:1:1: a Secret without a name");
    }
}
