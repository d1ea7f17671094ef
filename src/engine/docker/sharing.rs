//! Whether the engine and we see the same files, found out by trying.

use std::path::Path;

use bollard::errors::Error;
use bollard::query_parameters::ContainerArchiveInfoOptionsBuilder;

use super::Docker;
use super::container::bind;
use super::reason::{is_refusal, request};
use super::workspace::{INSIDE, MAKING, failed};
use crate::engine::scratch;
use crate::engine::{EngineError, Image, Sharing};

impl Docker {
    /// Whether stages can work on folders of ours. Where they can, the scratch folder is made.
    pub(crate) async fn sharing(&self, image: &Image) -> Result<Sharing, EngineError> {
        if self.options.volumes_only {
            return Ok(Sharing::Apart("that was asked for"));
        }
        if let Some(reason) = self.facts.changes_files {
            return Ok(Sharing::Apart(reason));
        }
        if !rustix::process::geteuid().is_root() {
            return Ok(Sharing::Apart("only root can read and remove all that a stage leaves"));
        }
        let seen = self.sees_our_files(image).await?;
        Ok(if seen { Sharing::Shared } else { Sharing::NotSeen })
    }

    /// Whether the engine finds a folder that was made just now.
    ///
    /// The address does not tell: a socket may be forwarded, and a port be of this machine.
    async fn sees_our_files(&self, image: &Image) -> Result<bool, EngineError> {
        let scratch = &self.options.scratch;
        scratch::make(scratch, &self.owner).map_err(failed(MAKING))?;
        let fresh = tempfile::tempdir_in(scratch).map_err(failed(MAKING))?;
        let seen = match self.facts.is_podman {
            true => self.finds(&image.id, fresh.path()).await,
            false => self.binds(&image.id, fresh.path()).await,
        };
        drop(fresh);
        if !matches!(seen, Ok(true)) {
            scratch::remove(scratch).map_err(failed(MAKING))?;
        }
        seen.map_err(request(MAKING))
    }

    /// Docker refuses a mount of what is not there, and nobody else has a folder of this name.
    async fn binds(&self, image: &str, folder: &Path) -> Result<bool, Error> {
        let mount = bind(folder.display().to_string(), INSIDE, true);
        match self.create_unstarted("probe", image, mount).await {
            Err(error) if is_refusal(&error) => Ok(false),
            made => {
                self.remove_in_background(made?).await;
                Ok(true)
            }
        }
    }

    /// Podman would make a folder that is to be mounted and is not there: it is asked for one below its root.
    async fn finds(&self, image: &str, folder: &Path) -> Result<bool, Error> {
        let path = format!("{INSIDE}{}", folder.canonicalize()?.display());
        let mount = bind("/".to_owned(), INSIDE, true);
        let id = self.create_unstarted("probe", image, mount).await?;
        let options = ContainerArchiveInfoOptionsBuilder::new().path(&path).build();
        let found = self.api.get_container_archive_info(&id, Some(options)).await;
        self.remove_in_background(id).await;
        match found {
            Err(error) if is_refusal(&error) => Ok(false),
            found => found.map(|_| true),
        }
    }
}
