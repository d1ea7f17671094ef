//! Local Kubernetes clusters, which images can be loaded into.

use super::Probe;
use crate::engine::Cluster;

/// The clusters that are in the engine.
pub(crate) fn found(clusters: &[Cluster]) -> Probe {
    let told: Vec<_> = clusters.iter().map(told).collect();
    let stopped = clusters.iter().find(|cluster| cluster.running < cluster.nodes);
    match (told.is_empty(), stopped) {
        (true, _) => Probe::ok("clusters", "no kind, k3d or minikube cluster is in the engine"),
        (_, None) => Probe::ok("clusters", told.join(", ")),
        (_, Some(cluster)) => Probe::warning("clusters", told.join(", ")).mend(start(cluster)),
    }
}

fn told(Cluster { kind, name, nodes, running }: &Cluster) -> String {
    let plural = if *nodes == 1 { "" } else { "s" };
    if running == nodes {
        format!("{kind}:{name} ({nodes} node{plural})")
    } else {
        format!("{kind}:{name} ({running} of {nodes} node{plural} running)")
    }
}

/// What starts the nodes again.
fn start(Cluster { kind, name, .. }: &Cluster) -> String {
    match *kind {
        "k3d" => format!("k3d cluster start {name}"),
        "minikube" => format!("minikube start --profile {name}"),
        _ => format!("docker start $(docker ps -aqf label=io.x-k8s.kind.cluster={name})"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_cluster_that_does_not_run_is_told_with_what_starts_it() {
        let cluster = |kind, running| Cluster { kind, name: "dev".to_owned(), nodes: 2, running };
        let all = found(&[cluster("kind", 2)]);
        assert_eq!((all.verdict, all.text.as_str()), (Verdict::Ok, "kind:dev (2 nodes)"));
        let some = found(&[cluster("kind", 2), cluster("k3d", 0)]);
        assert_eq!(some.verdict, Verdict::Warning);
        assert_eq!(some.text, "kind:dev (2 nodes), k3d:dev (0 of 2 nodes running)");
        assert_eq!(some.mend.as_deref(), Some("k3d cluster start dev"));
    }
}
