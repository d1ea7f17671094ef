//! Building with BuildKit, as buildx does: the engine solves, and asks us for files, secrets and logins meanwhile.
//!
//! | file | knows |
//! |---|---|
//! | `session` | what BuildKit may ask of us |
//! | `files`, `follow` | the build context: how it is sent, and which of it |
//! | `progress` | what BuildKit tells of its steps |
//! | `failure` | why it does not build, in terms of the Dockerfile |

mod failure;
mod files;
mod follow;
mod progress;
mod session;

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bollard_buildkit_proto::moby::buildkit::v1::control_client::ControlClient;
use bollard_buildkit_proto::moby::buildkit::v1::{
    CacheOptions, CacheOptionsEntry, SolveRequest, SolveResponse, StatusRequest,
};
use hyper::upgrade::Upgraded;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use self::files::DOCKERFILE_NAME;
use self::progress::Progress;
use self::session::{Session, Troubles};
use super::wire::{NoWire, upgrade};
use super::{Docker, IMAGE_LABEL};
use crate::engine::{Build, BuildFailure, Cache, EngineError};
use crate::tree::context::Context;
use crate::tree::plain;

/// For the last of the log, when a build has ended.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// The statuses of many steps come in one message.
const LARGEST_MESSAGE: usize = 64 << 20;

/// The client of what builds.
type Control = ControlClient<Channel>;

/// Builds an image, and gives what the engine calls it; `Ok(None)` if this engine does not offer BuildKit.
pub(super) async fn build(
    docker: &Docker,
    build: &Build<'_>,
    context: &Arc<Context>,
    on_line: &mut dyn FnMut(&str),
) -> Result<Option<String>, EngineError> {
    let lost = |error: &io::Error| EngineError::Request {
        doing: format!("building image {}", build.tag),
        reason: plain(error),
    };
    let failed = |failure| EngineError::BuildFailed { tag: build.tag.to_owned(), failure: Box::new(failure) };
    let troubles = Troubles::default();
    let session = session(docker, build, context, &troubles);
    let request = request(build, &session.id);
    let opened = async {
        let control = control(upgrade(&docker.endpoint, "/grpc", &[]).await?).await?;
        Ok((control, session.open(&docker.endpoint).await?))
    };
    let (control, served) = match opened.await {
        Ok(opened) => opened,
        Err(NoWire::NotOffered) => return Ok(None),
        Err(NoWire::Failed(error)) => return Err(lost(&error)),
    };
    only_utf8(context).map_err(failed)?;
    let mut progress = Progress::default();
    let solved = tokio::select! {
        solved = solve(control, request, &mut progress, on_line) => solved,
        error = served => return Err(lost(&error)),
    };
    match solved {
        Ok(response) => Ok(Some(image_id(response).unwrap_or_else(|| build.tag.to_owned()))),
        Err(status) => Err(failed(failure::failure(context, &status, &progress, &troubles.take()))),
    }
}

async fn control(wire: Upgraded) -> Result<Control, NoWire> {
    let mut wire = Some(wire);
    let connector = tower::service_fn(move |_| {
        // The connection is not opened again: a build does not outlive it.
        let wire = wire.take().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected));
        std::future::ready(wire)
    });
    let channel = Endpoint::from_static("http://engine").connect_with_connector(connector).await;
    let channel = channel.map_err(|error| NoWire::Failed(io::Error::other(error)))?;
    Ok(ControlClient::new(channel).max_decoding_message_size(LARGEST_MESSAGE))
}

fn session(docker: &Docker, build: &Build<'_>, context: &Arc<Context>, troubles: &Troubles) -> Session {
    let secrets = build.secrets.iter().map(|secret| (secret.id.clone(), secret.clone()));
    Session {
        id: unique(),
        shared: shared(context),
        context: Arc::clone(context),
        secrets: secrets.collect(),
        credentials: docker.options.credentials.clone(),
        troubles: troubles.clone(),
    }
}

/// A name that no other build has.
fn unique() -> String {
    let random = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", random(), random())
}

/// A name for the folder that the context is of.
fn shared(context: &Context) -> String {
    let hash = Sha256::digest(context.folder.as_os_str().as_encoded_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// BuildKit's messages hold text alone.
fn only_utf8(context: &Context) -> Result<(), BuildFailure> {
    match context.entries.keys().find(|path| path.to_str().is_none()) {
        Some(path) => Err(BuildFailure {
            hint: Some("rename it, or name it in .dockerignore".to_owned()),
            ..BuildFailure::new(format!(
                "the name {} is not UTF-8, which BuildKit cannot take",
                path.display()
            ))
        }),
        None => Ok(()),
    }
}

/// The label says which images are ours; one that named the run would make every build a new image.
fn request(build: &Build<'_>, session: &str) -> SolveRequest {
    let mut attributes = HashMap::from([
        ("filename".to_owned(), DOCKERFILE_NAME.to_owned()),
        ("image-resolve-mode".to_owned(), if build.pull { "pull" } else { "default" }.to_owned()),
        (format!("label:{IMAGE_LABEL}"), build.tag.to_owned()),
    ]);
    let own = |prefix: &str, (name, value): (&String, &String)| (format!("{prefix}:{name}"), value.clone());
    attributes.extend(build.args.iter().map(|arg| own("build-arg", arg)));
    attributes.extend(build.labels.iter().map(|label| own("label", label)));
    for (name, value) in [("target", build.target), ("platform", build.platform)] {
        if !value.is_empty() {
            attributes.insert(name.to_owned(), value.to_owned());
        }
    }
    if build.no_cache {
        attributes.insert("no-cache".to_owned(), String::new());
    }
    if !build.cache_from.is_empty() {
        let imports =
            build.cache_from.iter().map(|cache| json!({"Type": cache.kind, "Attrs": cache.attributes}));
        attributes.insert("cache-imports".to_owned(), imports.collect::<serde_json::Value>().to_string());
    }
    let exports = build.cache_to.iter().map(cache_entry).collect();
    SolveRequest {
        r#ref: unique(),
        session: session.to_owned(),
        frontend: "dockerfile.v0".to_owned(),
        frontend_attrs: attributes,
        // In the fields that every engine reads.
        exporter_deprecated: "moby".to_owned(),
        exporter_attrs_deprecated: HashMap::from([("name".to_owned(), build.tag.to_owned())]),
        cache: Some(CacheOptions { exports, ..CacheOptions::default() }),
        ..SolveRequest::default()
    }
}

fn cache_entry(cache: &Cache) -> CacheOptionsEntry {
    let attrs = cache.attributes.iter().map(|(key, value)| (key.clone(), value.clone()));
    CacheOptionsEntry { r#type: cache.kind.clone(), attrs: attrs.collect() }
}

/// What the exporter calls the image.
fn image_id(mut response: SolveResponse) -> Option<String> {
    response.exporter_response.remove("containerimage.digest").filter(|id| !id.is_empty())
}

/// Solves, and follows how that goes on.
async fn solve(
    mut control: Control,
    request: SolveRequest,
    progress: &mut Progress,
    on_line: &mut dyn FnMut(&str),
) -> Result<SolveResponse, Status> {
    let mut watcher = control.clone();
    let watched = StatusRequest { r#ref: request.r#ref.clone() };
    let (ended, mut end) = tokio::sync::oneshot::channel();
    let solving = async {
        let solved = control.solve(request).await;
        // Nobody waits for it any more if the log ended first.
        let _ = ended.send(());
        solved
    };
    let watching = async {
        // A log that cannot be had is no reason not to build.
        let Ok(statuses) = watcher.status(watched).await else { return };
        let mut statuses = statuses.into_inner();
        let mut over = false;
        loop {
            let status = tokio::select! {
                status = statuses.message() => status,
                _ = &mut end, if !over => { over = true; continue }
                () = tokio::time::sleep(LAST_WORDS), if over => return,
            };
            match status {
                Ok(Some(status)) => progress.read(&status, on_line),
                _ => return,
            }
        }
    };
    let (solved, ()) = tokio::join!(solving, watching);
    progress.finish(on_line);
    solved.map(tonic::Response::into_inner)
}
