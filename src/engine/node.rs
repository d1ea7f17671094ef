//! Containers that are machines of a cluster, as its tool made them, and what is run in one.

use std::collections::HashMap;

/// A container that someone else made and runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) labels: HashMap<String, String>,
    /// `running`, or why nothing can be run in it: `exited`, `paused`, ….
    pub(crate) state: String,
}

impl Node {
    /// Whether something can be run in it.
    pub(crate) fn runs(&self) -> bool {
        self.state == "running"
    }

    /// The value of a label, empty where it has none.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// How a command in a node ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Execution {
    pub(crate) code: i64,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Execution {
    pub(crate) fn succeeded(&self) -> bool {
        self.code == 0
    }

    /// All that it printed, errors last.
    pub(crate) fn output(&self) -> String {
        let parts = [self.stdout.trim(), self.stderr.trim()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    }
}
