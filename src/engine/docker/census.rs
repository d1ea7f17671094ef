//! What there is in the engine: clusters whose nodes are containers, and things of ours.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{ContainerSummary, ContainerSummaryStateEnum as State, ImageSummary};
use bollard::query_parameters::{ListContainersOptionsBuilder, ListImagesOptionsBuilder};

use super::container::understood;
use super::reason::request;
use super::{Docker, IMAGE_LABEL};
use crate::engine::{Cluster, EngineError, Holdings, Image, LeftBehind};

pub(super) const COUNTING: &str = "looking at what is in the engine";

impl Docker {
    /// The local clusters, running or stopped.
    pub(crate) async fn clusters(&self) -> Result<Vec<Cluster>, EngineError> {
        let all = ListContainersOptionsBuilder::new().all(true).build();
        let containers = understood(|| self.api.list_containers(Some(all.clone()))).await;
        Ok(clusters(&containers.map_err(request(COUNTING))?))
    }

    /// Images, and what runs that have ended left behind.
    pub(crate) async fn holdings(&self) -> Result<Holdings, EngineError> {
        let images = self.images(Some(IMAGE_LABEL)).await?;
        let LeftBehind { containers, volumes } = self.left_behind().await?;
        Ok(Holdings {
            images: images.len(),
            image_bytes: images.iter().map(|image| u64::try_from(image.size).unwrap_or_default()).sum(),
            left_behind: containers + volumes,
        })
    }

    /// Some image, for a container that is never started.
    pub(crate) async fn any_image(&self) -> Result<Option<Image>, EngineError> {
        match self.images(None).await?.into_iter().next() {
            Some(image) => self.inspect(&image.id).await,
            None => Ok(None),
        }
    }

    pub(super) async fn images(&self, label: Option<&str>) -> Result<Vec<ImageSummary>, EngineError> {
        let filters: HashMap<&str, Vec<&str>> =
            label.map(|label| ("label", vec![label])).into_iter().collect();
        let options = ListImagesOptionsBuilder::new().filters(&filters).build();
        self.api.list_images(Some(options)).await.map_err(request(COUNTING))
    }
}

/// The clusters that containers are nodes of.
fn clusters(containers: &[ContainerSummary]) -> Vec<Cluster> {
    let mut found: BTreeMap<(&'static str, &str), (usize, usize)> = BTreeMap::new();
    for container in containers {
        if let Some(cluster) = container.labels.as_ref().and_then(cluster_of) {
            let (nodes, running) = found.entry(cluster).or_default();
            *nodes += 1;
            *running += usize::from(container.state == Some(State::RUNNING));
        }
    }
    let cluster = |((kind, name), (nodes, running)): ((&'static str, &str), _)| Cluster {
        kind,
        name: name.to_owned(),
        nodes,
        running,
    };
    found.into_iter().map(cluster).collect()
}

/// The kind and name of the cluster that a container with these labels is a node of.
fn cluster_of(labels: &HashMap<String, String>) -> Option<(&'static str, &str)> {
    let label = |name: &str| labels.get(name).map(String::as_str);
    if let Some(name) = label("io.x-k8s.kind.cluster") {
        return Some(("kind", name));
    }
    // k3d's other containers are a load balancer and a registry.
    if label("app") == Some("k3d") && matches!(label("k3d.role"), None | Some("server" | "agent")) {
        return label("k3d.cluster").map(|name| ("k3d", name));
    }
    label("name.minikube.sigs.k8s.io").map(|name| ("minikube", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(labels: &[(&str, &str)], state: State) -> ContainerSummary {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ContainerSummary { labels: Some(labels), state: Some(state), ..ContainerSummary::default() }
    }

    #[test]
    fn nodes_are_told_by_their_labels_and_counted_by_cluster() {
        let containers = [
            container(&[("io.x-k8s.kind.cluster", "kind")], State::RUNNING),
            container(&[("io.x-k8s.kind.cluster", "kind")], State::EXITED),
            container(&[("app", "k3d"), ("k3d.cluster", "dev"), ("k3d.role", "server")], State::RUNNING),
            container(
                &[("app", "k3d"), ("k3d.cluster", "dev"), ("k3d.role", "loadbalancer")],
                State::RUNNING,
            ),
            container(&[("name.minikube.sigs.k8s.io", "minikube")], State::EXITED),
            container(&[("app", "shop")], State::RUNNING),
            ContainerSummary::default(),
        ];
        let found: Vec<_> = clusters(&containers)
            .into_iter()
            .map(|cluster| (cluster.kind, cluster.name, cluster.nodes, cluster.running))
            .collect();
        let expected = [("k3d", "dev", 1, 1), ("kind", "kind", 2, 1), ("minikube", "minikube", 1, 0)];
        assert_eq!(
            found,
            expected.map(|(kind, name, nodes, running)| (kind, name.to_owned(), nodes, running))
        );
    }
}
