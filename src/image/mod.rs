//! Images: which Dockerfile builds one, and what is sent as its build context.
//!
//! Knows no engine and no Promise: strings and paths in, data out. [`plan`] decides where every image comes from;
//! [`pack`] lists what is sent for one that is built.
//!
//! | file | knows |
//! |---|---|
//! | `dockerfile` | the order in which the rules are asked, and what is left when none knows |
//! | `question` | what to ask of the author then |
//! | `rules` | the rules that go by names: what ties an image to a Dockerfile |
//! | `commands` | the rule that reads `docker build` commands in scripts |
//! | `repository` | where a Promise lies, and what its neighbours share |
//! | `survey` | the Dockerfiles and scripts below a folder |
//! | `reference` | image references as text |
//! | `bases` | images of the repository that others build on |
//! | `instructions`, `lines`, `words` | just enough of a Dockerfile |
//! | `rebase` | a Dockerfile that builds on other images than it says |
//! | `key` | the name of an image that is built, by all that goes into it |
//! | `context`, `pack`, `digest` | the build context: which folder, what of it is sent, and its hash |
//! | `ignore`, `glob` | `.dockerignore` |

mod bases;
mod commands;
mod context;
mod digest;
mod dockerfile;
mod glob;
mod ignore;
mod instructions;
mod key;
mod lines;
mod pack;
#[cfg(test)]
mod parity;
mod question;
mod rebase;
mod reference;
mod repository;
mod rules;
mod survey;
#[cfg(test)]
mod testing;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

pub(crate) use context::ContextError;
pub(crate) use digest::Digests;
pub(crate) use dockerfile::plan;
pub(crate) use instructions::Base;
pub(crate) use key::{BUILT_HERE, Ingredients, repository};
pub(crate) use pack::{Packed, pack, pack_with};
pub(crate) use question::PlanError;
pub(crate) use rebase::rebase;
pub(crate) use reference::{name, same};
pub(crate) use repository::Repository;

fn last_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// One container of a pipeline, and the image that it names.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImageUse {
    pub(crate) reference: String,
    /// `promise` or `resource`.
    pub(crate) workflow: String,
    /// `configure` or `delete`.
    pub(crate) action: String,
    pub(crate) pipeline: String,
    pub(crate) container: String,
}

/// What `images:` or `--image` says of one image. Paths are absolute.
#[derive(Debug, Clone)]
pub(crate) enum Override {
    /// Without `context` and `dockerfile`, the other rules find them.
    Build {
        context: Option<PathBuf>,
        dockerfile: Option<PathBuf>,
        target: String,
        args: BTreeMap<String, String>,
    },
    /// It is not built here.
    Pull,
    /// Another image stands in for it.
    Image(String),
}

/// Overrides by reference; one without tag and digest is for all of them.
pub(crate) type Overrides = BTreeMap<String, Override>;

/// An image of the Promise, and where it comes from.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) reference: String,
    pub(crate) source: Result<Source, PlanError>,
}

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Build(Recipe),
    /// It is used as it is: the engine's own if it has it, else pulled.
    Use {
        image: String,
        rule: Rule,
    },
}

/// How an image is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub(crate) dockerfile: PathBuf,
    pub(crate) context: PathBuf,
    /// Stage to build; empty for the last.
    pub(crate) target: String,
    pub(crate) args: BTreeMap<String, String>,
    /// What the Dockerfile was found by.
    pub(crate) rule: Rule,
    /// Real paths of folders of tests, which are not part of the context unless the Dockerfile names them.
    pub(crate) tests: Vec<PathBuf>,
}

/// What decided where an image comes from, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    Settings,
    CliLayout,
    FolderName,
    Prefix,
    Repository,
    Elimination,
    BuildCommand,
    AsItIs,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings => "named in images: or --image",
            Self::CliLayout => "at workflows/TYPE/ACTION/PIPELINE/CONTAINER",
            Self::FolderName => "its folder is named like the image or the container",
            Self::Prefix => "the image is named after the Promise and its folder",
            Self::Repository => "the only Dockerfile of the repository that the image is named after",
            Self::Elimination => "the only Dockerfile left for the only image left",
            Self::BuildCommand => "a script of the repository builds the image with it",
            Self::AsItIs => "no Dockerfile is left, so the image is used as it is",
        })
    }
}
