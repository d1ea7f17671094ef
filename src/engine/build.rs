//! What an engine is told of an image to build, and what it tells of one that does not build.

use std::collections::BTreeMap;
use std::fmt;

use super::{Cache, Secret};
use crate::tree::context::{Context, Instruction};

/// An image to build.
#[derive(Debug)]
pub(crate) struct Build<'a> {
    pub context: Context,
    /// The name the image gets in the engine.
    pub tag: &'a str,
    pub args: &'a BTreeMap<String, String>,
    /// Stage of a multi-stage Dockerfile; empty for the last.
    pub target: &'a str,
    /// `os/arch`; empty for the engine's own.
    pub platform: &'a str,
    /// Beside the label that says which images are ours.
    pub labels: &'a BTreeMap<String, String>,
    /// Runs every instruction again.
    pub no_cache: bool,
    /// Asks the registries for newer base images.
    pub pull: bool,
    /// What `RUN --mount=type=secret` may read. No part of the image, of its cache, or of any output.
    pub secrets: &'a [Secret],
    pub cache_from: &'a [Cache],
    pub cache_to: &'a [Cache],
}

impl<'a> Build<'a> {
    /// An image with nothing asked for beside its context.
    pub(crate) fn new(context: Context, tag: &'a str) -> Self {
        const NONE: &BTreeMap<String, String> = &BTreeMap::new();
        Self {
            context,
            tag,
            args: NONE,
            target: "",
            platform: "",
            labels: NONE,
            no_cache: false,
            pull: false,
            secrets: &[],
            cache_from: &[],
            cache_to: &[],
        }
    }
}

/// Why an image does not build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BuildFailure {
    /// What the builder says.
    pub reason: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// The instruction that failed; the Dockerfile is that of the build.
    pub instruction: Option<Instruction>,
    /// How its command ended.
    pub exit: Option<i64>,
    /// The last lines that it printed.
    pub log: Vec<String>,
}

impl BuildFailure {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }
}

impl fmt::Display for BuildFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.instruction, self.exit) {
            (Some(_), Some(code)) => write!(f, "its command ended with exit code {code}"),
            _ => f.write_str(&self.reason),
        }
    }
}
