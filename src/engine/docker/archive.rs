//! Images as archives: out of the engine and into it.

use std::io;

use bollard::query_parameters::ImportImageOptionsBuilder;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::Docker;
use super::reason::{reason, request};
use crate::engine::{EngineError, Image};

impl Docker {
    /// An image as the archive that `docker save ID` writes: without any name.
    pub(crate) fn export(&self, image: &Image) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let archive = self.patient.export_image(&image.id);
        archive.map(|bytes| bytes.map_err(|error| io::Error::other(reason(&error))))
    }

    /// About how many bytes the archive of an image has; nothing where the engine does not say.
    pub(crate) async fn size(&self, image: &Image) -> Result<Option<u64>, EngineError> {
        let found = self.api.inspect_image(&image.id).await.map_err(request("looking at an image"))?;
        Ok(found.size.and_then(|size| u64::try_from(size).ok()))
    }

    /// Takes in the images of an archive, and tells their names, or ids where they have none.
    pub(crate) async fn import(
        &self,
        archive: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Result<Vec<String>, EngineError> {
        let options = ImportImageOptionsBuilder::new().quiet(true).build();
        let mut answers = self.patient.import_image_stream(options, archive, None);
        let mut names = Vec::new();
        while let Some(answer) = answers.next().await {
            let answer = answer.map_err(request("loading the archive"))?;
            names.extend(answer.stream.iter().flat_map(|text| text.lines()).filter_map(loaded));
        }
        Ok(names)
    }
}

/// The image that a line of the engine's answer is about: `Loaded image: NAME`, `Loaded image ID: sha256:…`.
fn loaded(line: &str) -> Option<String> {
    let (_, name) = line.strip_prefix("Loaded image")?.split_once(": ")?;
    Some(name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_in_the_answer_are_found() {
        for (line, expected) in [
            ("Loaded image: acme/x:1", Some("acme/x:1")),
            ("Loaded image ID: sha256:01", Some("sha256:01")),
            ("Loaded image(s): localhost/x:latest", Some("localhost/x:latest")),
            (
                "The image acme/x:1 already exists, renaming the old one with ID sha256:01 to empty string",
                None,
            ),
        ] {
            assert_eq!(loaded(line).as_deref(), expected, "{line}");
        }
    }
}
