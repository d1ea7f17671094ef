//! How much of the engine's disk something takes. Only asked where the answer comes at no cost.

use std::path::PathBuf;

use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::InspectContainerOptionsBuilder;

use super::Docker;
use super::container::understood;
use crate::engine::{Place, Workspace};
use crate::tree::disk_usage;

/// Drivers that look at a container's own layer alone when they are asked for its size, or that had to copy the whole
/// image anyhow. Others compare it with the image, which can take longer than the stage.
const QUICK: [&str; 3] = ["overlay2", "overlayfs", "vfs"];

/// Where a container keeps what it writes beside its mounts.
pub(super) struct Layer {
    driver: Option<String>,
    path: Option<PathBuf>,
}

impl Layer {
    pub(super) fn of(container: &ContainerInspectResponse) -> Self {
        let graph = container.graph_driver.as_ref();
        Self {
            driver: container.driver.clone().or_else(|| Some(graph?.name.clone())),
            path: graph.and_then(|graph| graph.data.get("UpperDir")).map(PathBuf::from),
        }
    }
}

impl Docker {
    /// What a container that has ended wrote beside its mounts.
    ///
    /// Looked at on disk where we can, as root: the engine counts the lengths of files, holes and all.
    pub(super) async fn usage_of_container(&self, id: &str, layer: Layer) -> Option<u64> {
        if let Some(path) = layer.path.filter(|path| path.read_dir().is_ok()) {
            return measured(vec![path]).await;
        }
        if !QUICK.contains(&layer.driver?.as_str()) {
            return None;
        }
        let sized = InspectContainerOptionsBuilder::new().size(true).build();
        let answer = Box::pin(understood(|| self.api.inspect_container(id, Some(sized.clone())))).await;
        answer.ok()?.size_rw.and_then(|size| u64::try_from(size).ok())
    }

    /// What folders of a workspace hold, if they are on our own disk.
    pub(super) async fn usage_of_folders(&self, workspace: &Workspace, folders: &[&str]) -> Option<u64> {
        let Place::Host(path) = &workspace.place else { return None };
        measured(folders.iter().map(|folder| path.join(folder)).collect()).await
    }
}

async fn measured(folders: Vec<PathBuf>) -> Option<u64> {
    let measure = move || folders.iter().map(|folder| disk_usage(folder).ok()).sum();
    tokio::task::spawn_blocking(measure).await.ok()?
}
