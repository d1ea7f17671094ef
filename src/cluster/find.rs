//! Which containers are the nodes of a cluster.

use std::collections::BTreeMap;

use super::minikube;
use super::{Cluster, ClusterName, Reach, Tool};
use crate::engine::{Docker, EngineError, Node};

/// Why there is no cluster to load into.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    #[error("the engine has no {tool} cluster{}", .name.as_ref().map(|name| format!(" named {name}")).unwrap_or_default())]
    Unknown { tool: Tool, name: Option<String>, known: Vec<String> },
    #[error("the engine has several {tool} clusters")]
    Ambiguous { tool: Tool, known: Vec<String> },
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl FindError {
    /// Which clusters there are, or where others would be found.
    pub(crate) fn hint(&self) -> Option<String> {
        let list = |tool: &Tool, known: &[String]| -> String {
            known.iter().map(|name| format!("{tool}:{name}")).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::Unknown { tool: Tool::Minikube, known, .. } if known.is_empty() => Some(
                "a cluster of another driver than docker is reached through `minikube`, which is not on PATH"
                    .to_owned(),
            ),
            Self::Unknown { known, .. } if known.is_empty() => {
                Some("if it is in another engine, say so with --host or --context".to_owned())
            }
            Self::Unknown { tool, known, .. } => Some(format!("there is {}", list(tool, known))),
            Self::Ambiguous { tool, known } => Some(format!("say which: {}", list(tool, known))),
            Self::Engine(_) => None,
        }
    }
}

/// Finds a cluster: the one that is named, else the only one of its tool.
pub(crate) async fn find(engine: &Docker, wanted: &ClusterName) -> Result<Cluster, FindError> {
    let tool = wanted.tool;
    let mut clusters = clusters(tool, engine.nodes(tool.label()).await?);
    let known: Vec<String> = clusters.keys().cloned().collect();
    let name = choose(wanted, &known)?;
    let reach = match clusters.remove(&name) {
        Some(nodes) => Reach::Nodes(nodes),
        // With another driver than docker its nodes are no containers of this engine.
        None if tool == Tool::Minikube && minikube::is_installed() => Reach::Minikube,
        None => return Err(FindError::Unknown { tool, name: Some(name), known }),
    };
    Ok(Cluster { name: ClusterName { tool, name: Some(name) }, reach })
}

/// Of several, none is taken by default: the Promise's platform cluster is seldom the one that its tool would take.
fn choose(wanted: &ClusterName, known: &[String]) -> Result<String, FindError> {
    let tool = wanted.tool;
    match (&wanted.name, known) {
        (Some(name), _) => Ok(name.clone()),
        (None, [only]) => Ok(only.clone()),
        // What minikube calls a cluster that is not named.
        (None, []) if tool == Tool::Minikube => Ok("minikube".to_owned()),
        (None, []) => Err(FindError::Unknown { tool, name: None, known: Vec::new() }),
        (None, several) => Err(FindError::Ambiguous { tool, known: several.to_vec() }),
    }
}

/// The nodes that run Kubernetes, by cluster; load balancers and the like do not.
fn clusters(tool: Tool, nodes: Vec<Node>) -> BTreeMap<String, Vec<Node>> {
    let mut clusters: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for node in nodes.into_iter().filter(|node| runs_pods(tool, node)) {
        let name = node.label(tool.label()).to_owned();
        clusters.entry(name).or_default().push(node);
    }
    if tool == Tool::Minikube {
        adopt_machines(&mut clusters);
    }
    clusters
}

fn runs_pods(tool: Tool, node: &Node) -> bool {
    match tool {
        Tool::Kind => node.label("io.x-k8s.kind.role") != "external-load-balancer",
        Tool::K3d => node.label("app") == "k3d" && ["server", "agent"].contains(&node.label("k3d.role")),
        Tool::Minikube => true,
    }
}

/// Minikube names the further nodes of a cluster `NAME-m02`, `NAME-m03`, …, as if each were a cluster of its own.
fn adopt_machines(clusters: &mut BTreeMap<String, Vec<Node>>) {
    let machine = |name: &str| {
        let (cluster, number) = name.rsplit_once("-m")?;
        let is_number = number.len() >= 2 && number.bytes().all(|digit| digit.is_ascii_digit());
        is_number.then(|| cluster.to_owned())
    };
    let names: Vec<String> = clusters.keys().cloned().collect();
    for name in names {
        let Some(cluster) = machine(&name).filter(|cluster| clusters.contains_key(cluster)) else { continue };
        let nodes = clusters.remove(&name).unwrap_or_default();
        clusters.entry(cluster).or_default().extend(nodes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, labels: &[(&str, &str)]) -> Node {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Node { id: name.to_owned(), name: name.to_owned(), labels, state: "running".to_owned() }
    }

    fn names(clusters: &BTreeMap<String, Vec<Node>>) -> Vec<(&str, Vec<&str>)> {
        clusters
            .iter()
            .map(|(name, nodes)| (name.as_str(), nodes.iter().map(|node| node.name.as_str()).collect()))
            .collect()
    }

    #[test]
    fn the_only_cluster_need_not_be_named() {
        let choose = |wanted: &str, known: &[&str]| {
            let known: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
            choose(&wanted.parse().unwrap(), &known).map_err(|error| error.to_string())
        };
        assert_eq!(choose("kind", &["platform"]).unwrap(), "platform");
        assert_eq!(choose("kind:kind", &["platform"]).unwrap(), "kind", "it is looked for, and not found");
        assert_eq!(choose("minikube", &[]).unwrap(), "minikube");
        assert!(choose("k3d", &[]).unwrap_err().contains("no k3d cluster"));
        assert!(choose("kind", &["kind", "worker"]).unwrap_err().contains("several"));
    }

    #[test]
    fn load_balancers_take_no_images() {
        let kind = |name: &str, role: &str| {
            node(name, &[("io.x-k8s.kind.cluster", "dev"), ("io.x-k8s.kind.role", role)])
        };
        let nodes =
            vec![kind("a", "control-plane"), kind("b", "worker"), kind("c", "external-load-balancer")];
        assert_eq!(names(&clusters(Tool::Kind, nodes)), [("dev", vec!["a", "b"])]);
        let k3d = |name: &str, role: &str| {
            node(name, &[("app", "k3d"), ("k3d.cluster", "dev"), ("k3d.role", role)])
        };
        let nodes = vec![k3d("a", "server"), k3d("b", "agent"), k3d("c", "loadbalancer"), k3d("d", "noRole")];
        assert_eq!(names(&clusters(Tool::K3d, nodes)), [("dev", vec!["a", "b"])]);
    }

    #[test]
    fn further_machines_of_minikube_belong_to_its_cluster() {
        let nodes =
            ["dev", "dev-m02", "x-m02"].map(|name| node(name, &[("name.minikube.sigs.k8s.io", name)]));
        let clusters = clusters(Tool::Minikube, nodes.to_vec());
        assert_eq!(names(&clusters), [("dev", vec!["dev", "dev-m02"]), ("x-m02", vec!["x-m02"])]);
    }

    #[test]
    fn errors_say_which_clusters_there_are() {
        let known = vec!["platform".to_owned(), "worker".to_owned()];
        let name = Some("dev".to_owned());
        let unknown = FindError::Unknown { tool: Tool::Kind, name, known: known.clone() };
        assert_eq!(unknown.to_string(), "the engine has no kind cluster named dev");
        assert_eq!(unknown.hint().unwrap(), "there is kind:platform, kind:worker");
        let none = FindError::Unknown { tool: Tool::K3d, name: None, known: Vec::new() };
        assert_eq!(none.to_string(), "the engine has no k3d cluster");
        assert!(none.hint().unwrap().contains("--context"));
        let several = FindError::Ambiguous { tool: Tool::Kind, known };
        assert_eq!(several.hint().unwrap(), "say which: kind:platform, kind:worker");
    }
}
