//! A container of a pipeline, as `promise.yaml` declares it.

use crate::yaml::{KeyPath, Node, Position};

use super::confinement::{Resources, SecurityContext};
use super::read::{flag, items, text, texts};
use super::strict::field;

/// One container of a pipeline.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) image: String,
    /// Replaces the image's ENTRYPOINT; empty for none.
    pub(crate) command: Vec<String>,
    /// Replaces the image's CMD; empty for none.
    pub(crate) args: Vec<String>,
    pub(crate) env: Vec<EnvVar>,
    pub(crate) env_from: Vec<EnvFrom>,
    pub(crate) volume_mounts: Vec<VolumeMount>,
    pub(crate) image_pull_policy: Option<String>,
    /// Replaces the platform's default as a whole.
    pub(crate) security_context: Option<SecurityContext>,
    /// Replaces the platform's default as a whole.
    pub(crate) resources: Option<Resources>,
    pub(crate) path: KeyPath,
    pub(crate) at: Position,
}

/// A variable of a container's environment.
#[derive(Debug, Clone)]
pub(crate) struct EnvVar {
    pub(crate) name: String,
    pub(crate) value: EnvValue,
    pub(crate) path: KeyPath,
    pub(crate) at: Position,
}

/// Where a variable's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EnvValue {
    Literal(String),
    ConfigMapKey(KeyRef),
    SecretKey(KeyRef),
    /// A field of the pod: `metadata.name`.
    Field(String),
    /// A resource of a container: `limits.memory`.
    Resource {
        container: Option<String>,
        resource: String,
        divisor: Option<String>,
    },
    /// Any other field of `valueFrom`, by name.
    Other(String),
}

/// A key of a `ConfigMap` or Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRef {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) optional: bool,
}

/// All keys of a `ConfigMap` or Secret as variables.
#[derive(Debug, Clone)]
pub(crate) struct EnvFrom {
    pub(crate) prefix: String,
    pub(crate) source: EnvFromSource,
    pub(crate) optional: bool,
    pub(crate) path: KeyPath,
    pub(crate) at: Position,
}

/// Whose keys become variables, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EnvFromSource {
    ConfigMap(String),
    Secret(String),
}

/// Where a container sees a volume.
#[derive(Debug, Clone)]
pub(crate) struct VolumeMount {
    pub(crate) name: String,
    pub(crate) mount_path: String,
    pub(crate) sub_path: Option<String>,
    pub(crate) read_only: bool,
    pub(crate) path: KeyPath,
    pub(crate) at: Position,
}

impl Container {
    pub(super) fn read(node: &Node, path: KeyPath) -> Self {
        Self {
            name: text(node, "name").unwrap_or_default(),
            image: text(node, "image").unwrap_or_default(),
            command: texts(node, "command"),
            args: texts(node, "args"),
            env: each(node, "env", &path, EnvVar::read),
            env_from: each(node, "envFrom", &path, EnvFrom::read).into_iter().flatten().collect(),
            volume_mounts: each(node, "volumeMounts", &path, VolumeMount::read),
            image_pull_policy: text(node, "imagePullPolicy"),
            security_context: field(node, "securityContext").map(SecurityContext::read),
            resources: field(node, "resources").map(Resources::read),
            at: node.at,
            path,
        }
    }

    /// The limit of memory on a platform with these default resources: Kratix's own, if the platform says nothing.
    pub(crate) fn memory_limit(&self, default: Option<&Resources>) -> Option<u64> {
        match self.resources.as_ref().or(default) {
            Some(resources) => resources.memory_limit(),
            None => Resources::platform().memory_limit(),
        }
    }
}

/// What the items of a list are read as.
pub(super) fn each<T>(node: &Node, name: &str, path: &KeyPath, read: impl Fn(&Node, KeyPath) -> T) -> Vec<T> {
    let path = path.name(name);
    items(node, name).iter().enumerate().map(|(index, item)| read(item, path.index(index))).collect()
}

impl EnvVar {
    fn read(node: &Node, path: KeyPath) -> Self {
        let value = match field(node, "valueFrom") {
            Some(source) => EnvValue::read(source),
            None => EnvValue::Literal(text(node, "value").unwrap_or_default()),
        };
        Self { name: text(node, "name").unwrap_or_default(), value, at: node.at, path }
    }
}

impl EnvValue {
    fn read(node: &Node) -> Self {
        if let Some(reference) = field(node, "configMapKeyRef") {
            return Self::ConfigMapKey(KeyRef::read(reference));
        }
        if let Some(reference) = field(node, "secretKeyRef") {
            return Self::SecretKey(KeyRef::read(reference));
        }
        if let Some(reference) = field(node, "fieldRef") {
            return Self::Field(text(reference, "fieldPath").unwrap_or_default());
        }
        if let Some(reference) = field(node, "resourceFieldRef") {
            return Self::Resource {
                container: text(reference, "containerName"),
                resource: text(reference, "resource").unwrap_or_default(),
                divisor: text(reference, "divisor"),
            };
        }
        let first = node.as_map().and_then(|map| map.keys().next().cloned());
        Self::Other(first.unwrap_or_default())
    }
}

impl KeyRef {
    fn read(node: &Node) -> Self {
        Self {
            name: text(node, "name").unwrap_or_default(),
            key: text(node, "key").unwrap_or_default(),
            optional: flag(node, "optional").unwrap_or_default(),
        }
    }
}

impl EnvFrom {
    /// Nothing for an item that names neither, which admission refuses.
    fn read(node: &Node, path: KeyPath) -> Option<Self> {
        let name = |reference: &Node| text(reference, "name").unwrap_or_default();
        let (reference, source) = match (field(node, "configMapRef"), field(node, "secretRef")) {
            (Some(reference), _) => (reference, EnvFromSource::ConfigMap(name(reference))),
            (None, Some(reference)) => (reference, EnvFromSource::Secret(name(reference))),
            (None, None) => return None,
        };
        let optional = flag(reference, "optional").unwrap_or_default();
        let prefix = text(node, "prefix").unwrap_or_default();
        Some(Self { prefix, source, optional, at: node.at, path })
    }
}

impl VolumeMount {
    fn read(node: &Node, path: KeyPath) -> Self {
        Self {
            name: text(node, "name").unwrap_or_default(),
            mount_path: text(node, "mountPath").unwrap_or_default(),
            sub_path: text(node, "subPath"),
            read_only: flag(node, "readOnly").unwrap_or_default(),
            at: node.at,
            path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn container(text: &str) -> Container {
        Container::read(&parse(text.as_bytes()).expect("YAML").remove(0).root, KeyPath::root().name("c"))
    }

    #[test]
    fn every_source_of_a_variable_is_read() {
        let read = container(
            "env:\n- {name: A, value: x}\n- {name: B, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}\n\
             - {name: C, valueFrom: {configMapKeyRef: {name: c, key: k}}}\n- {name: D, valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n\
             - {name: E, valueFrom: {resourceFieldRef: {resource: limits.memory}}}\n- {name: F}\n\
             envFrom:\n- {prefix: P_, secretRef: {name: s}}\n- {configMapRef: {name: c, optional: true}}\n- {prefix: Q}\n",
        );
        let key = |name: &str, optional| KeyRef { name: name.into(), key: "k".into(), optional };
        let values: Vec<_> = read.env.iter().map(|variable| variable.value.clone()).collect();
        let resource =
            EnvValue::Resource { container: None, resource: "limits.memory".into(), divisor: None };
        assert_eq!(
            values,
            [
                EnvValue::Literal("x".into()),
                EnvValue::SecretKey(key("s", true)),
                EnvValue::ConfigMapKey(key("c", false)),
                EnvValue::Field("metadata.name".into()),
                resource,
                EnvValue::Literal(String::new()),
            ]
        );
        assert_eq!(read.env[1].at, Position { line: 3, column: 3 });
        assert_eq!(read.env[1].path.to_string(), "c.env[1]");
        assert_eq!(read.env_from.len(), 2);
        assert_eq!(read.env_from[0].source, EnvFromSource::Secret("s".into()));
        assert!(read.env_from[1].optional && read.env_from[0].prefix == "P_");
    }

    #[test]
    fn resources_of_the_container_replace_the_platforms_default() {
        let own =
            Resources { limits: [("memory".to_owned(), "1Gi".to_owned())].into(), ..Resources::default() };
        assert_eq!(container("{}").memory_limit(None), Some(256 << 20));
        assert_eq!(container("{}").memory_limit(Some(&own)), Some(1 << 30));
        assert_eq!(container("resources: {limits: {memory: 64Mi}}").memory_limit(Some(&own)), Some(64 << 20));
        assert_eq!(container("resources: {requests: {cpu: 1}}").memory_limit(Some(&own)), None);
    }

    #[test]
    fn mounts_are_read() {
        let read = container("volumeMounts: [{name: v, mountPath: /x, subPath: sub, readOnly: true}]");
        let mount = &read.volume_mounts[0];
        assert_eq!((mount.name.as_str(), mount.mount_path.as_str()), ("v", "/x"));
        assert!(mount.read_only && mount.sub_path.as_deref() == Some("sub"));
    }
}
