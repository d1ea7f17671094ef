//! Making and removing containers so that none is ever out of a sweep's sight.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HostConfig, Mount as ApiMount, MountType};
use bollard::query_parameters::{RemoveContainerOptions, RemoveContainerOptionsBuilder};

use super::reason::is_status;
use super::{Docker, OWNER_LABEL, RUN_LABEL, TITLE_LABEL};

/// How often an answer may not be understood, and how long to pause after each.
const QUESTIONS: usize = 50;
const PAUSE: Duration = Duration::from_millis(20);

impl Docker {
    /// Makes a container.
    ///
    /// When this is dropped half-way, the engine still makes the container: a sweep waits for its answer.
    pub(super) async fn create(&self, body: ContainerCreateBody) -> Result<String, Error> {
        let api = self.api.clone();
        self.finish(Box::pin(async move { Ok(api.create_container(None, body).await?.id) })).await
    }

    /// Runs a request to its end even if nobody waits for it any more; sweeps wait.
    pub(super) async fn finish<T: Send + 'static>(
        &self,
        request: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let busy = Arc::clone(&self.busy).read_owned().await;
        let task = tokio::spawn(async move {
            let answer = request.await;
            drop(busy);
            answer
        });
        task.await.unwrap_or_else(|stopped| Err(Error::IOError { err: stopped.into() }))
    }

    /// Kills a container if it runs, and removes it.
    pub(super) async fn remove(&self, id: &str) -> Result<(), Error> {
        gone(self.api.remove_container(id, Some(force())).await)
    }

    /// Removes a container while other things go on; should it fail, a sweep tries again.
    pub(super) async fn remove_in_background(&self, id: String) {
        let api = self.api.clone();
        let busy = Arc::clone(&self.busy).read_owned().await;
        tokio::spawn(async move {
            let _ = api.remove_container(&id, Some(force())).await;
            drop(busy);
        });
    }

    /// A container that is never started: it shows the engine's volumes, or whether a path can be bound.
    pub(super) async fn create_unstarted(
        &self,
        title: &str,
        image: &str,
        mount: ApiMount,
    ) -> Result<String, Error> {
        self.create(ContainerCreateBody {
            image: Some(image.to_owned()),
            // The image may have no command, and is refused without one.
            entrypoint: Some(vec!["never-started".to_owned()]),
            labels: Some(self.labels(title)),
            host_config: Some(HostConfig { mounts: Some(vec![mount]), ..HostConfig::default() }),
            ..ContainerCreateBody::default()
        })
        .await
    }

    /// What tells a run's things from others.
    pub(super) fn labels(&self, title: &str) -> HashMap<String, String> {
        HashMap::from([
            (RUN_LABEL.to_owned(), self.options.run.clone()),
            (OWNER_LABEL.to_owned(), self.owner.to_string()),
            (TITLE_LABEL.to_owned(), title.to_owned()),
        ])
    }
}

/// A mount of a path of the engine's machine; the engine refuses one that is not there.
pub(super) fn bind(source: String, target: &str, read_only: bool) -> ApiMount {
    ApiMount {
        typ: Some(MountType::BIND),
        source: Some(source),
        target: Some(target.to_owned()),
        read_only: Some(read_only),
        ..ApiMount::default()
    }
}

/// Asks again while the client does not know a word of the answer.
///
/// Podman calls a container `stopped` for a moment between its end and `exited`; Docker has no such state.
pub(super) async fn understood<T, F: Future<Output = Result<T, Error>>>(
    ask: impl Fn() -> F,
) -> Result<T, Error> {
    for _ in 0..QUESTIONS {
        match ask().await {
            Err(Error::JsonDataError { .. }) => tokio::time::sleep(PAUSE).await,
            answer => return answer,
        }
    }
    ask().await
}

/// Also takes the volumes that the image asked for.
fn force() -> RemoveContainerOptions {
    RemoveContainerOptionsBuilder::new().force(true).v(true).build()
}

/// Someone else removing it does as well.
fn gone(removed: Result<(), Error>) -> Result<(), Error> {
    match removed {
        Err(error) if is_status(&error, 404) => Ok(()),
        Err(Error::DockerResponseServerError { status_code: 409, message })
            if message.contains("already in progress") =>
        {
            Ok(())
        }
        other => other,
    }
}
