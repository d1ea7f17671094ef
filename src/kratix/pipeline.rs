//! A pipeline as `promise.yaml` declares it: its containers, run one after another, and what their pod gets.

use std::collections::BTreeMap;

use crate::yaml::{KeyPath, Node, Position};

use super::container::{Container, each};
use super::read::{integer, labels, text};
use super::strict::field;
use super::volume::Volume;
use super::workflow::Workflow;

/// One pipeline of a workflow.
#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(crate) name: String,
    /// Laid over Kratix's own labels of the Job and its pod.
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    /// In the order they run.
    pub(crate) containers: Vec<Container>,
    pub(crate) volumes: Vec<Volume>,
    /// `OnFailure` if the author says nothing.
    pub(crate) restart_policy: Option<String>,
    pub(crate) backoff_limit: Option<i64>,
    /// The service account that its pod is run as, if not one of Kratix's making.
    pub(crate) service_account: Option<String>,
    /// How many rules `rbac.permissions` adds to what Kratix grants.
    pub(crate) permissions: usize,
    pub(crate) path: KeyPath,
    pub(crate) at: Position,
}

impl Pipeline {
    pub(super) fn read(node: &Node, path: KeyPath) -> Self {
        let empty = Node { at: node.at, tag: None, value: crate::yaml::Value::Null };
        let metadata = field(node, "metadata").unwrap_or(&empty);
        let spec = field(node, "spec").unwrap_or(&empty);
        let spec_path = path.name("spec");
        let rbac = field(spec, "rbac").unwrap_or(&empty);
        Self {
            name: text(metadata, "name").unwrap_or_default(),
            labels: labels(metadata, "labels"),
            annotations: labels(metadata, "annotations"),
            containers: each(spec, "containers", &spec_path, Container::read),
            volumes: each(spec, "volumes", &spec_path, Volume::read),
            restart_policy: text(spec, "restartPolicy"),
            backoff_limit: field(spec, "jobOptions").and_then(|options| integer(options, "backoffLimit")),
            service_account: text(rbac, "serviceAccount"),
            permissions: super::read::items(rbac, "permissions").len(),
            at: node.at,
            path,
        }
    }

    /// What its service account is called, unless it names one: at most 60 bytes.
    pub(crate) fn id(&self, promise: &str, workflow: Workflow) -> String {
        format!("{promise}-{}-{}-{}", workflow.kind, workflow.action, self.name)
    }

    /// The container of this name, and where in the order it runs.
    pub(crate) fn container(&self, name: &str) -> Option<(usize, &Container)> {
        self.containers.iter().enumerate().find(|(_, container)| container.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    #[test]
    fn a_pipeline_is_read_with_its_places() {
        let text = "kind: Pipeline\nmetadata:\n  name: setup\n  labels: {a: b}\nspec:\n  restartPolicy: Never\n  jobOptions: {backoffLimit: 2}\n  \
                    rbac: {serviceAccount: sa, permissions: [{verbs: [get]}]}\n  containers:\n  - name: one\n    image: x\n  - {name: two}\n";
        let node = parse(text.as_bytes()).expect("YAML").remove(0).root;
        let pipeline = Pipeline::read(&node, KeyPath::root().name("p"));
        assert_eq!((pipeline.name.as_str(), pipeline.labels["a"].as_str()), ("setup", "b"));
        assert_eq!((pipeline.backoff_limit, pipeline.permissions), (Some(2), 1));
        assert_eq!(pipeline.service_account.as_deref(), Some("sa"));
        let (index, two) = pipeline.container("two").expect("the second");
        assert_eq!((index, two.path.to_string().as_str()), (1, "p.spec.containers[1]"));
        assert_eq!(two.at, Position { line: 12, column: 5 });
    }

    #[test]
    fn a_pipeline_that_is_nothing_is_read_as_empty() {
        let node = parse(b"x").expect("YAML").remove(0).root;
        let pipeline = Pipeline::read(&node, KeyPath::root());
        assert!(pipeline.name.is_empty() && pipeline.containers.is_empty());
    }
}
