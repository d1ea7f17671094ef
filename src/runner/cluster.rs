//! What a test brings of the cluster that is not there: Secrets and ConfigMaps, the platform's defaults, Destinations.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Source, SourceError};
use crate::kratix::{Destination, Objects, Resources, SecurityContext};
use crate::suite::repository::{subfolders, yaml_files};
use crate::suite::settings::Settings;
use crate::yaml::{Node, parse};

/// What a test says about the cluster.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub(super) objects: Objects,
    pub(super) defaults: Defaults,
    /// Nothing where none are given, so that nothing can be said about scheduling.
    pub(super) destinations: Option<Vec<Destination>>,
}

/// What the platform gives containers that say nothing else.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    pub(super) security_context: Option<SecurityContext>,
    pub(super) resources: Option<Resources>,
}

impl Cluster {
    /// Reads the files that the settings name.
    pub(super) fn read(settings: &Settings) -> Result<Self, SourceError> {
        let mut objects = Objects::default();
        for path in settings.objects() {
            for file in files(path)? {
                objects.read(&Source::read(&file)?)?;
            }
        }
        let defaults = settings.kratix_config().map(Defaults::read).transpose()?.unwrap_or_default();
        let destinations = settings.destinations().map(destinations).transpose()?;
        Ok(Self { objects, defaults, destinations })
    }
}

impl Defaults {
    /// From the ConfigMap `kratix` of the platform, or from what stands under its key `config`.
    fn read(path: &Path) -> Result<Self, SourceError> {
        let source = Source::read(path)?;
        let document = source.document()?;
        let embedded = document.root.get("data").and_then(|data| data.text("config"));
        let config = match embedded {
            None => document.root,
            Some(text) => match parse(text.as_bytes()) {
                Ok(mut documents) if documents.len() == 1 => documents.remove(0).root,
                Ok(_) => return Ok(Self::default()),
                Err(error) => {
                    return Err(SourceError::whole(
                        path,
                        format!("data.config is not valid YAML: {}", error.problem),
                    ));
                }
            },
        };
        let default = |name: &str| config.get("workflows").and_then(|workflows| workflows.get(name));
        Ok(Self {
            security_context: default("defaultContainerSecurityContext").map(SecurityContext::read),
            resources: default("defaultContainerResources").map(Resources::read),
        })
    }
}

fn destinations(path: &Path) -> Result<Vec<Destination>, SourceError> {
    let mut documents = Vec::new();
    for file in files(path)? {
        documents.extend(Source::read(&file)?.documents()?);
    }
    let nodes: Vec<&Node> = documents.iter().map(|document| &document.root).collect();
    Ok(Destination::read(&nodes))
}

/// A file, or every YAML file of a folder and those in it.
fn files(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    if !path.is_dir() {
        // That it does not exist is said by reading it.
        return Ok(vec![path.to_owned()]);
    }
    let mut found = yaml_files(path);
    for folder in subfolders(path) {
        found.extend(files(&folder)?);
    }
    Ok(found)
}
