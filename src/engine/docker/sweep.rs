//! Removing what a run made, and what killed runs left behind.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::errors::Error;
use bollard::models::{ContainerSummary, Volume};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListVolumesOptionsBuilder, RemoveVolumeOptionsBuilder,
};
use futures_util::future::join_all;

use super::census::COUNTING;
use super::container::understood;
use super::reason::{is_status, request};
use super::{Docker, OWNER_LABEL, RUN_LABEL};
use crate::engine::owner::Owner;
use crate::engine::{EngineError, LeftBehind, scratch};
use crate::tree::plain;

/// For what is being made: longer than that takes, and short enough for someone who pressed Ctrl-C.
const SETTLING: Duration = Duration::from_secs(1);

/// A container that is being started or removed while it is listed takes a second look.
const LOOKS: usize = 4;
const PAUSE: Duration = Duration::from_millis(100);

const SWEEPING: &str = "removing what the run made";
const REAPING: &str = "removing what earlier runs left behind";

impl Docker {
    pub(super) async fn sweep_run(&self) -> Result<(), EngineError> {
        let settled = tokio::time::timeout(SETTLING, self.busy.write()).await;
        let label = format!("{RUN_LABEL}={}", self.options.run);
        let containers = self.sweep_containers(&label).await;
        let volumes = self.sweep_volumes(&label).await;
        drop(settled);
        let folders = self.remove_scratch().await;
        containers.and(volumes).map_err(request(SWEEPING))?;
        folders
    }

    async fn sweep_containers(&self, label: &str) -> Result<(), Error> {
        let mut outcome = Ok(());
        for look in 0..LOOKS {
            if look > 1 {
                tokio::time::sleep(PAUSE).await;
            }
            let ids: Vec<_> =
                self.containers(label).await?.into_iter().filter_map(|found| found.id).collect();
            if ids.is_empty() {
                return Ok(());
            }
            outcome = join_all(ids.iter().map(|id| self.remove(id))).await.into_iter().collect();
        }
        outcome
    }

    async fn sweep_volumes(&self, label: &str) -> Result<(), Error> {
        let volumes = self.volumes(label).await?;
        join_all(volumes.iter().map(|volume| self.remove_volume(&volume.name))).await.into_iter().collect()
    }

    async fn remove_scratch(&self) -> Result<(), EngineError> {
        let scratch = self.options.scratch.clone();
        let removed = tokio::task::spawn_blocking(move || match scratch::remove(&scratch) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(plain(&error)),
            _ => Ok(()),
        });
        let removed = removed.await.unwrap_or_else(|stopped| Err(stopped.to_string()));
        removed.map_err(|reason| EngineError::Request { doing: SWEEPING.to_owned(), reason })
    }

    pub(super) async fn reap_dead(&self) -> Result<(), EngineError> {
        let containers = self.reap_containers().await;
        let volumes = self.reap_volumes().await;
        containers.and(volumes).map_err(request(REAPING))?;
        let (scratch, owner) = (self.options.scratch.clone(), self.owner.clone());
        let reaped = tokio::task::spawn_blocking(move || scratch::reap(&scratch, &owner)).await;
        let reaped = reaped.unwrap_or_else(|stopped| Err(stopped.into()));
        reaped.map_err(|error| EngineError::Request { doing: REAPING.to_owned(), reason: plain(&error) })
    }

    async fn reap_containers(&self) -> Result<(), Error> {
        let dead = self.dead_containers().await?;
        join_all(dead.iter().map(|id| self.remove(id))).await.into_iter().collect()
    }

    async fn reap_volumes(&self) -> Result<(), Error> {
        let dead = self.dead_volumes().await?;
        join_all(dead.iter().map(|name| self.remove_volume(name))).await.into_iter().collect()
    }

    async fn dead_containers(&self) -> Result<Vec<String>, Error> {
        let mut found = self.containers(OWNER_LABEL).await?;
        found.retain(|container| {
            let labels = container.labels.as_ref();
            self.is_left_behind(labels, container.created.unwrap_or(i64::MAX))
        });
        Ok(found.into_iter().filter_map(|container| container.id).collect())
    }

    async fn dead_volumes(&self) -> Result<Vec<String>, Error> {
        let mut found = self.volumes(OWNER_LABEL).await?;
        found.retain(|volume| {
            let Some(made) = volume.created_at else { return false };
            self.is_left_behind(Some(&volume.labels), made.unix_timestamp())
        });
        Ok(found.into_iter().map(|volume| volume.name).collect())
    }

    /// How many containers and volumes killed runs left behind.
    pub(crate) async fn left_behind(&self) -> Result<LeftBehind, EngineError> {
        let containers = self.dead_containers().await.map_err(request(COUNTING))?.len();
        let volumes = self.dead_volumes().await.map_err(request(COUNTING))?.len();
        Ok(LeftBehind { containers, volumes })
    }

    pub(super) fn is_left_behind(&self, labels: Option<&HashMap<String, String>>, made: i64) -> bool {
        let owner = labels.and_then(|labels| labels.get(OWNER_LABEL)).and_then(|label| Owner::parse(label));
        owner.is_some_and(|owner| owner.is_gone(&self.owner, age(made)))
    }

    pub(super) async fn containers(&self, label: &str) -> Result<Vec<ContainerSummary>, Error> {
        let options = ListContainersOptionsBuilder::new().all(true).filters(&labelled(label)).build();
        understood(|| self.api.list_containers(Some(options.clone()))).await
    }

    pub(super) async fn volumes(&self, label: &str) -> Result<Vec<Volume>, Error> {
        let options = ListVolumesOptionsBuilder::new().filters(&labelled(label)).build();
        Ok(self.api.list_volumes(Some(options)).await?.volumes.unwrap_or_default())
    }

    async fn remove_volume(&self, name: &str) -> Result<(), Error> {
        let options = RemoveVolumeOptionsBuilder::new().force(true).build();
        match self.api.remove_volume(name, Some(options)).await {
            Err(error) if is_status(&error, 404) => Ok(()),
            removed => removed,
        }
    }
}

fn labelled(label: &str) -> HashMap<&'static str, Vec<String>> {
    HashMap::from([("label", vec![label.to_owned()])])
}

/// How long ago something was made, by the engine's clock and ours.
fn age(made: i64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let made = u64::try_from(made).unwrap_or_default();
    now.saturating_sub(Duration::from_secs(made))
}
