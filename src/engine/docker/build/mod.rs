//! Building an image: with BuildKit where the engine has it, else with the classic builder.
//!
//! | file | knows |
//! |---|---|
//! | `classic` | the classic builder |
//! | `archive` | what it is sent |
//! | `steps` | its log, and which step failed |
//! | `lines` | output that comes in pieces |

mod archive;
mod classic;
pub(super) mod lines;
pub(super) mod steps;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{Docker, buildkit};
use crate::engine::{Build, BuildFailure, EngineError, Image};

impl Docker {
    pub(super) async fn build_image(
        &self,
        mut build: Build<'_>,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<Image, EngineError> {
        let context = Arc::new(std::mem::take(&mut build.context));
        let built = match self.options.classic {
            true => None,
            false => buildkit::build(self, &build, &context, on_line).await?,
        };
        let id = match built {
            Some(id) => Some(id),
            None => self.build_classic(&build, &context, on_line).await?,
        };
        self.built(id, build.tag).await
    }

    /// The image that was built. Engines that keep images by another name than the builder's know its tag.
    async fn built(&self, id: Option<String>, tag: &str) -> Result<Image, EngineError> {
        if let Some(id) = id
            && let Some(image) = self.inspect(&id).await?
        {
            return Ok(image);
        }
        let image = self.inspect(tag).await?;
        image.ok_or_else(|| EngineError::BuildFailed {
            tag: tag.to_owned(),
            failure: Box::new(BuildFailure::new("the builder ended without an image")),
        })
    }
}
