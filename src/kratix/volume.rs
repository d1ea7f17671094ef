//! A volume that a pipeline declares for its containers.

use crate::yaml::{KeyPath, Node, Position};

use super::read::{flag, integer, items, text};
use super::strict::field;

/// One of a pipeline's own volumes.
#[derive(Debug, Clone)]
pub(crate) struct Volume {
    pub(crate) name: String,
    pub(crate) source: VolumeSource,
    pub(crate) path: KeyPath,
    pub(crate) at: Position,
}

/// What a volume holds at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum VolumeSource {
    EmptyDir {
        /// On a tmpfs, which takes of the memory.
        in_memory: bool,
    },
    ConfigMap(VolumeFiles),
    Secret(VolumeFiles),
    /// `ConfigMap`s and Secrets laid over one another.
    Projected(Vec<VolumeSource>),
    HostPath(String),
    /// Anything else, by the name of its field.
    Other(String),
}

/// The keys of a `ConfigMap` or Secret as files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VolumeFiles {
    /// Of the `ConfigMap` or Secret.
    pub(crate) name: String,
    /// Which keys; all of them, under their own names, if empty.
    pub(crate) items: Vec<VolumeItem>,
    /// Permission bits of every file that says nothing else.
    pub(crate) default_mode: i64,
    pub(crate) optional: bool,
}

/// One key as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VolumeItem {
    pub(crate) key: String,
    pub(crate) path: String,
    pub(crate) mode: Option<i64>,
}

impl Volume {
    pub(super) fn read(node: &Node, path: KeyPath) -> Self {
        let name = text(node, "name").unwrap_or_default();
        Self { name, source: VolumeSource::read(node), at: node.at, path }
    }
}

impl VolumeSource {
    /// A volume without a source is an empty directory.
    fn read(node: &Node) -> Self {
        if let Some(source) = Self::files(node, "secretName", None) {
            return source;
        }
        if let Some(projected) = field(node, "projected") {
            let mode = integer(projected, "defaultMode");
            let sources = items(projected, "sources").iter();
            return Self::Projected(
                sources
                    .map(|source| Self::files(source, "name", mode).unwrap_or_else(|| Self::other(source)))
                    .collect(),
            );
        }
        if let Some(host) = field(node, "hostPath") {
            return Self::HostPath(text(host, "path").unwrap_or_default());
        }
        match field(node, "emptyDir") {
            Some(empty) => Self::EmptyDir { in_memory: text(empty, "medium").as_deref() == Some("Memory") },
            None => Self::other(node),
        }
    }

    /// A `ConfigMap`'s or Secret's files; a Secret is named by another field in a volume than in a projection.
    fn files(node: &Node, secret_name: &str, mode: Option<i64>) -> Option<Self> {
        if let Some(source) = field(node, "configMap") {
            return Some(Self::ConfigMap(VolumeFiles::read(source, "name", mode)));
        }
        field(node, "secret").map(|source| Self::Secret(VolumeFiles::read(source, secret_name, mode)))
    }

    fn other(node: &Node) -> Self {
        let kind = node.as_map().and_then(|map| map.keys().find(|key| *key != "name").cloned());
        kind.map_or(Self::EmptyDir { in_memory: false }, Self::Other)
    }
}

impl VolumeFiles {
    /// The mode that Kubernetes gives files whose volume names none.
    const MODE: i64 = 0o644;

    fn read(node: &Node, name: &str, mode: Option<i64>) -> Self {
        let item = |item: &Node| VolumeItem {
            key: text(item, "key").unwrap_or_default(),
            path: text(item, "path").unwrap_or_default(),
            mode: integer(item, "mode"),
        };
        Self {
            name: text(node, name).unwrap_or_default(),
            items: items(node, "items").iter().map(item).collect(),
            default_mode: mode.or_else(|| integer(node, "defaultMode")).unwrap_or(Self::MODE),
            optional: flag(node, "optional").unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn source(text: &str) -> VolumeSource {
        Volume::read(&parse(text.as_bytes()).expect("YAML").remove(0).root, KeyPath::root()).source
    }

    #[test]
    fn the_sources_that_can_be_made_without_a_cluster_are_read() {
        let files =
            |mode| VolumeFiles { name: "x".into(), items: vec![], default_mode: mode, optional: false };
        let empty = |in_memory| VolumeSource::EmptyDir { in_memory };
        assert_eq!(source("{name: v, emptyDir: {}}"), empty(false));
        assert_eq!(source("{name: v, emptyDir: {medium: Memory}}"), empty(true));
        assert_eq!(source("{name: v}"), empty(false));
        assert_eq!(source("{name: v, configMap: {name: x}}"), VolumeSource::ConfigMap(files(0o644)));
        assert_eq!(
            source("{name: v, secret: {secretName: x, defaultMode: 0400}}"),
            VolumeSource::Secret(files(0o400))
        );
        assert_eq!(
            source("{name: v, projected: {defaultMode: 0444, sources: [{secret: {name: x}}]}}"),
            VolumeSource::Projected(vec![VolumeSource::Secret(files(0o444))])
        );
        assert_eq!(source("{name: v, nfs: {server: a}}"), VolumeSource::Other("nfs".into()));
    }
}
