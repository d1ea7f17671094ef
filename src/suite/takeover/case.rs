//! A test of another layout: what it gives a container, and what it expects.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::kratix::Target;
use crate::suite::settings::is_secret;

/// A test of another layout. Paths are real ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Case {
    /// The folder that it is named after.
    pub(super) home: PathBuf,
    /// The folder or file that the request is in.
    pub(super) input: PathBuf,
    /// The resource request.
    pub(super) request: Option<PathBuf>,
    pub(super) output: Option<Expected>,
    pub(super) metadata: Option<Expected>,
    /// What is in `output` and `metadata` before anything runs.
    pub(super) before: BTreeMap<&'static str, PathBuf>,
    pub(super) exit: Option<i64>,
    /// The script that runs it, if one does.
    pub(super) script: Option<(PathBuf, usize)>,
    pub(super) given: Given,
}

/// A folder of files that are expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) folder: PathBuf,
    /// Names right in it that are something else.
    pub(super) without: Vec<&'static str>,
    /// Whether it is there to be compared with. Else a run leaves its files in it, and only what git keeps counts.
    pub(super) asserted: bool,
}

/// What a script says of how a container is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) target: Option<Target>,
    pub(super) image: Option<String>,
    /// What is run in place of the image's command.
    pub(super) command: Option<String>,
    pub(super) env: BTreeMap<String, Variable>,
    pub(super) network: Option<String>,
    pub(super) platform: Option<String>,
    pub(super) volumes: Vec<Mount>,
}

/// A value of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Variable {
    Value(String),
    /// Of the environment that the script runs in.
    From(String),
}

/// A folder or file that the container sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    /// An absolute path, or one that begins with `~`.
    pub(super) source: String,
    pub(super) target: String,
    pub(super) read_only: bool,
}

impl Expected {
    /// A folder that is there to be compared with.
    pub(super) fn asserted(folder: PathBuf) -> Self {
        Self { folder, without: Vec::new(), asserted: true }
    }

    /// A folder that runs write into.
    pub(super) fn left(folder: PathBuf) -> Self {
        Self { folder, without: Vec::new(), asserted: false }
    }
}

impl Variable {
    /// What a script gives a variable: a literal that looks like a secret is not written down again.
    pub(super) fn of(name: &str, value: String) -> Self {
        if is_secret(name) && !value.is_empty() { Self::From(name.to_owned()) } else { Self::Value(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_secrets() {
        for name in ["MINIO_PASSWORD", "GH_TOKEN", "ghtoken", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["MINIO_USER", "KEYBOARD", "TOKENS_PER_MINUTE", "PATH", "COMPASS"] {
            assert!(!is_secret(name), "{name}");
        }
        assert_eq!(Variable::of("A_KEY", "x".into()), Variable::From("A_KEY".into()));
        assert_eq!(Variable::of("A_KEY", String::new()), Variable::Value(String::new()));
    }
}
