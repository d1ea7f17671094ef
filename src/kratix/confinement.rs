//! What a container may do and use: its security context and its resources.

use std::collections::BTreeMap;

use crate::yaml::{Node, Value};

use super::quantity;
use super::read::{flag, integer, texts};
use super::strict::field;

/// A container's `securityContext`, as far as a container engine can follow it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SecurityContext {
    pub(crate) run_as_user: Option<i64>,
    pub(crate) run_as_group: Option<i64>,
    pub(crate) run_as_non_root: Option<bool>,
    pub(crate) privileged: Option<bool>,
    pub(crate) read_only_root_filesystem: Option<bool>,
    pub(crate) allow_privilege_escalation: Option<bool>,
    pub(crate) capabilities_add: Vec<String>,
    pub(crate) capabilities_drop: Vec<String>,
}

/// A container's `resources`: quantities by name (`cpu`, `memory`, `ephemeral-storage`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Resources {
    pub(crate) requests: BTreeMap<String, String>,
    pub(crate) limits: BTreeMap<String, String>,
}

impl SecurityContext {
    /// Reads a `securityContext`, of a container or of the platform's defaults.
    pub(crate) fn read(node: &Node) -> Self {
        let capabilities = |list| field(node, "capabilities").map_or_else(Vec::new, |node| texts(node, list));
        Self {
            run_as_user: integer(node, "runAsUser"),
            run_as_group: integer(node, "runAsGroup"),
            run_as_non_root: flag(node, "runAsNonRoot"),
            privileged: flag(node, "privileged"),
            read_only_root_filesystem: flag(node, "readOnlyRootFilesystem"),
            allow_privilege_escalation: flag(node, "allowPrivilegeEscalation"),
            capabilities_add: capabilities("add"),
            capabilities_drop: capabilities("drop"),
        }
    }
}

impl Resources {
    /// Reads `resources`, of a container or of the platform's defaults.
    pub(crate) fn read(node: &Node) -> Self {
        Self { requests: quantities(node, "requests"), limits: quantities(node, "limits") }
    }

    /// What Kratix gives a container that says nothing about resources.
    pub(crate) fn platform() -> Self {
        let list = |cpu: &str, memory: &str| {
            [("cpu", cpu), ("memory", memory), ("ephemeral-storage", memory)]
                .map(|(name, quantity)| (name.to_owned(), quantity.to_owned()))
                .into()
        };
        Self { requests: list("100m", "128Mi"), limits: list("200m", "256Mi") }
    }

    /// The limit of memory, in bytes.
    pub(crate) fn memory_limit(&self) -> Option<u64> {
        quantity::bytes(self.limits.get("memory")?)
    }
}

fn quantities(node: &Node, name: &str) -> BTreeMap<String, String> {
    let Some(map) = field(node, name).and_then(Node::as_map) else { return BTreeMap::new() };
    map.iter().filter_map(|(key, entry)| Some((key.clone(), quantity_text(&entry.node)?))).collect()
}

/// A quantity may be written as a number.
fn quantity_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    #[test]
    fn a_container_that_says_nothing_gets_the_platforms_resources() {
        let resources = Resources::platform();
        assert_eq!(resources.memory_limit(), Some(256 * 1024 * 1024));
        assert_eq!(resources.requests["ephemeral-storage"], "128Mi");
        assert_eq!(resources.limits["cpu"], "200m");
    }

    #[test]
    fn resources_of_the_authors_own_are_read_as_they_are() {
        let node = parse(b"{limits: {memory: 1Gi, cpu: 2}}").expect("YAML").remove(0).root;
        let resources = Resources::read(&node);
        assert_eq!((resources.memory_limit(), resources.limits["cpu"].as_str()), (Some(1 << 30), "2"));
        assert!(resources.requests.is_empty());
    }

    #[test]
    fn a_security_context_is_read() {
        let text = b"{runAsUser: 1000, runAsNonRoot: true, capabilities: {drop: [ALL]}}";
        let context = SecurityContext::read(&parse(text).expect("YAML").remove(0).root);
        assert_eq!((context.run_as_user, context.run_as_non_root), (Some(1000), Some(true)));
        assert_eq!(context.capabilities_drop, ["ALL"]);
        assert_eq!(context.privileged, None);
    }
}
