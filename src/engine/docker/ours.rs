//! What is of this program's making in the engine and stays there until somebody cleans up.

use std::time::{Duration, UNIX_EPOCH};

use bollard::models::ImageSummary;
use bollard::query_parameters::RemoveImageOptionsBuilder;

use super::reason::{is_status, request};
use super::{Docker, IMAGE_LABEL};
use crate::engine::{EngineError, OurImage};

/// What an image is listed as that another one has taken the name of.
const NO_NAME: &str = "<none>:<none>";

impl Docker {
    /// The images that were built here, each once for every name that begins with `prefix`.
    pub(crate) async fn our_images(&self, prefix: &str) -> Result<Vec<OurImage>, EngineError> {
        let listed = self.images(Some(IMAGE_LABEL)).await?;
        let mut images: Vec<OurImage> = listed.into_iter().flat_map(|listed| ours(listed, prefix)).collect();
        images.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(images)
    }

    /// Removes an image; false if a container holds on to it. Other names that it has are kept, and it with them.
    pub(crate) async fn remove_our_image(&self, image: &OurImage) -> Result<bool, EngineError> {
        let options = RemoveImageOptionsBuilder::new().force(false).build();
        match self.api.remove_image(&image.remove_as, Some(options), None).await {
            Err(error) if is_status(&error, 404) => Ok(true),
            Err(error) if is_status(&error, 409) => Ok(false),
            removed => removed.map(|_| true).map_err(request(format!("removing image {}", image.name))),
        }
    }
}

fn ours(listed: ImageSummary, prefix: &str) -> Vec<OurImage> {
    let made = Duration::from_secs(u64::try_from(listed.created).unwrap_or_default());
    let size = u64::try_from(listed.size).unwrap_or_default();
    let image = |name: String, remove_as: String| OurImage {
        name,
        remove_as,
        size,
        made: UNIX_EPOCH + made,
        in_use: false,
    };
    let names: Vec<&String> = listed.repo_tags.iter().filter(|name| *name != NO_NAME).collect();
    if names.is_empty() {
        let was = listed.labels.get(IMAGE_LABEL).cloned().unwrap_or_default();
        return vec![image(was, listed.id)];
    }
    // Podman puts its own host before a name without one.
    let without_host = |name: &str| name.strip_prefix("localhost/").unwrap_or(name).to_owned();
    let named = names.into_iter().map(|name| image(without_host(name), name.clone()));
    named.filter(|image| image.name.starts_with(prefix)).collect()
}
