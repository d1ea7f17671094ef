//! The classic builder: a tar goes in, its log comes out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bollard::auth::DockerCredentials;
use bollard::errors::Error;
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder, BuilderVersion};
use futures_util::StreamExt as _;

use super::archive::Archive;
use super::steps::Steps;
use crate::engine::docker::reason::{is_refusal, reason};
use crate::engine::docker::{Docker, IMAGE_LABEL};
use crate::engine::{Build, BuildFailure, EngineError};
use crate::tree::context::Context;

/// How often a build is begun that trips over what another one does.
const ATTEMPTS: usize = 20;

/// Logins by registry.
type Logins = HashMap<String, DockerCredentials>;

impl Docker {
    /// Builds an image, and gives what the engine calls it.
    pub(super) async fn build_classic(
        &self,
        build: &Build<'_>,
        context: &Arc<Context>,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<Option<String>, EngineError> {
        let failed =
            |failure| EngineError::BuildFailed { tag: build.tag.to_owned(), failure: Box::new(failure) };
        only_classic(build).map_err(failed)?;
        let logins = self.logins(build, context).await;
        for _ in 1..ATTEMPTS {
            match self.attempt(build, context, &logins, on_line).await {
                Err(EngineError::BuildFailed { failure, .. }) if has_tripped(&failure) => {}
                ended => return ended,
            }
        }
        self.attempt(build, context, &logins, on_line).await
    }

    async fn attempt(
        &self,
        build: &Build<'_>,
        context: &Arc<Context>,
        (logins, troubles): &(Option<Logins>, Vec<String>),
        on_line: &mut dyn FnMut(&str),
    ) -> Result<Option<String>, EngineError> {
        let archive = Archive::new(context);
        let options = options(build, &archive.dockerfile);
        let body = bollard::body_try_stream(archive.stream());
        let mut answers = self.patient.build_image(options, logins.clone(), Some(body));
        let mut steps = Steps::new(context);
        let mut id = None;
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(answer) => {
                    steps.read(&answer, on_line);
                    id = answer.aux.and_then(|image| image.id).or(id);
                }
                Err(error) => {
                    steps.finish(on_line);
                    return Err(build_error(build.tag, &error, &steps, troubles));
                }
            }
        }
        steps.finish(on_line);
        Ok(id)
    }

    /// The logins for the images that a build needs of a registry, and what went wrong while looking for them.
    async fn logins(&self, build: &Build<'_>, context: &Context) -> (Option<Logins>, Vec<String>) {
        let (mut logins, mut troubles) = (HashMap::new(), Vec::new());
        for base in &context.dockerfile.bases {
            if !build.pull && matches!(self.inspect(base).await, Ok(Some(_))) {
                continue;
            }
            match self.login(base).await {
                Ok(Some(login)) => {
                    logins.insert(login.serveraddress.clone().unwrap_or_default(), login);
                }
                Ok(None) => {}
                Err(trouble) if troubles.contains(&trouble) => {}
                Err(trouble) => troubles.push(trouble),
            }
        }
        ((!logins.is_empty()).then_some(logins), troubles)
    }
}

/// While it looks for a cached image, this builder trips over any other that is being removed.
fn has_tripped(failure: &BuildFailure) -> bool {
    failure.reason.contains("unable to find image \"sha256:")
}

/// What BuildKit alone can do is refused, and not left out.
fn only_classic(build: &Build<'_>) -> Result<(), BuildFailure> {
    let asked = [
        (!build.secrets.is_empty(), "secrets"),
        (!build.cache_from.is_empty(), "--cache-from"),
        (!build.cache_to.is_empty(), "--cache-to"),
    ];
    match asked.iter().find(|(asked, _)| *asked) {
        Some((_, what)) => Err(BuildFailure {
            hint: Some("use an engine with BuildKit, and do not set DOCKER_BUILDKIT=0".to_owned()),
            ..BuildFailure::new(format!("{what} need BuildKit, and this is the classic builder"))
        }),
        None => Ok(()),
    }
}

fn build_error(tag: &str, error: &Error, steps: &Steps<'_>, troubles: &[String]) -> EngineError {
    let reason = reason(error);
    if !is_refusal(error) {
        return EngineError::Request { doing: format!("building image {tag}"), reason };
    }
    let mut failure = steps.failure(&reason);
    if !troubles.is_empty() {
        failure.hint = Some(troubles.join("; "));
    } else if wants_buildkit(&reason) {
        failure.hint =
            Some("this is the classic builder, and `RUN --mount` and its like need BuildKit".to_owned());
    }
    EngineError::BuildFailed { tag: tag.to_owned(), failure: Box::new(failure) }
}

/// Whether the builder complains about what BuildKit would have understood.
fn wants_buildkit(reason: &str) -> bool {
    ["--mount option requires BuildKit", "requires BuildKit", "Unknown flag: link", "unknown flag: --mount"]
        .iter()
        .any(|complaint| reason.contains(complaint))
}

/// The label says which images are ours; one that named the run would make every build a new image.
fn options(build: &Build<'_>, dockerfile: &str) -> BuildImageOptions {
    fn borrowed(map: &BTreeMap<String, String>) -> HashMap<&str, &str> {
        map.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
    let mut labels = borrowed(build.labels);
    labels.insert(IMAGE_LABEL, build.tag);
    let mut options = BuildImageOptionsBuilder::new()
        .dockerfile(dockerfile)
        .t(build.tag)
        .rm(true)
        .forcerm(true)
        .nocache(build.no_cache)
        .buildargs(&borrowed(build.args))
        .labels(&labels)
        .version(BuilderVersion::BuilderV1);
    if build.pull {
        options = options.pull("true");
    }
    if !build.target.is_empty() {
        options = options.target(build.target);
    }
    if !build.platform.is_empty() {
        options = options.platform(build.platform);
    }
    options.build()
}
