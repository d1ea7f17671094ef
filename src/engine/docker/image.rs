//! Images: which one a reference names, and fetching it.

use bollard::auth::DockerCredentials;
use bollard::models::ImageInspect;
use bollard::query_parameters::{CreateImageOptionsBuilder, TagImageOptionsBuilder};
use futures_util::StreamExt;

use super::Docker;
use super::reason::{is_status, reason, request};
use crate::engine::{EngineError, Image};

impl Docker {
    pub(super) async fn inspect(&self, reference: &str) -> Result<Option<Image>, EngineError> {
        if !is_reference(reference) {
            return Ok(None);
        }
        match self.api.inspect_image(reference).await {
            Ok(found) => Ok(Some(image(found, reference))),
            Err(error) if is_status(&error, 404) => Ok(None),
            Err(error) => Err(request(format!("looking for image {reference}"))(error)),
        }
    }

    pub(super) async fn name(&self, image: &Image, reference: &str) -> Result<(), EngineError> {
        let (name, tag) = split_tag(reference);
        let options = TagImageOptionsBuilder::new().repo(name).tag(tag).build();
        let doing = || format!("giving an image the name {reference}");
        self.api.tag_image(&image.id, Some(options)).await.map_err(|error| request(doing())(error))
    }

    pub(super) async fn fetch(&self, reference: &str, platform: &str) -> Result<Image, EngineError> {
        let not_found = |reason| EngineError::ImageNotFound { reference: reference.to_owned(), reason };
        if !is_reference(reference) {
            return Err(not_found("this is not an image reference".to_owned()));
        }
        let (name, tag) = split_tag(reference);
        let options = CreateImageOptionsBuilder::new().from_image(name).tag(tag).platform(platform).build();
        // Images that everybody may have need no login, so a helper that fails is told only if the registry refuses.
        let (login, trouble) = match self.login(reference).await {
            Ok(login) => (login, None),
            Err(trouble) => (None, Some(trouble)),
        };
        let refused = |reason| match &trouble {
            Some(trouble) => not_found(format!("{reason} ({trouble})")),
            None => not_found(reason),
        };
        let mut progress = self.patient.create_image(Some(options), None, login);
        while let Some(step) = progress.next().await {
            step.map_err(|error| refused(reason(&error)))?;
        }
        let found = self.inspect(reference).await?;
        found.ok_or_else(|| not_found("the engine fetched it and does not have it".to_owned()))
    }

    /// Who we are to an image's registry, or what went wrong while that was looked for.
    pub(super) async fn login(&self, reference: &str) -> Result<Option<DockerCredentials>, String> {
        let login = self.options.credentials.for_image(reference).await?;
        Ok(login.map(|login| {
            let registry = Some(login.registry);
            match login.user.is_empty() {
                true => DockerCredentials {
                    identitytoken: Some(login.secret),
                    serveraddress: registry,
                    ..DockerCredentials::default()
                },
                false => DockerCredentials {
                    username: Some(login.user),
                    password: Some(login.secret),
                    serveraddress: registry,
                    ..DockerCredentials::default()
                },
            }
        }))
    }
}

fn image(found: ImageInspect, reference: &str) -> Image {
    Image {
        id: found.id.unwrap_or_else(|| reference.to_owned()),
        user: found.config.and_then(|config| config.user).unwrap_or_default(),
    }
}

/// Whether this may be the name of an image, and not the path of another request.
fn is_reference(reference: &str) -> bool {
    let known = |letter: char| letter.is_ascii_alphanumeric() || "./_-:@[]".contains(letter);
    !reference.is_empty() && reference.chars().all(known) && !reference.split('/').any(|part| part == "..")
}

/// Asked for a name alone, the engine fetches every tag there is.
fn split_tag(reference: &str) -> (&str, &str) {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    match name.split_once(':') {
        _ if reference.contains('@') => (reference, ""),
        Some((_, tag)) => (&reference[..reference.len() - tag.len() - 1], tag),
        None => (reference, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_tag_means_latest() {
        for (reference, expected) in [
            ("busybox", ("busybox", "latest")),
            ("busybox:1.36", ("busybox", "1.36")),
            ("host:5000/a/b", ("host:5000/a/b", "latest")),
            ("host:5000/a/b:1", ("host:5000/a/b", "1")),
            ("a@sha256:00", ("a@sha256:00", "")),
            ("a:1@sha256:00", ("a:1@sha256:00", "")),
        ] {
            assert_eq!(split_tag(reference), expected);
        }
    }

    #[test]
    fn what_is_no_reference_is_not_sent() {
        for reference in ["", "a b", "a?b", "a#b", "../containers", "a/../b", "a%2fb"] {
            assert!(!is_reference(reference), "{reference}");
        }
        assert!(is_reference("[::1]:5000/team/app_x:1.0-rc@sha256:00"));
    }
}
