//! A Promise that is kept in several files, as `kratix init promise --split` writes them, put together as
//! `kratix build promise` does.

use std::path::{Path, PathBuf};

use super::promise::Promise;
use super::workflow::Workflow;
use crate::diagnostic::{Source, SourceError};
use crate::yaml::{Document, Duplicate, Entry, Map, Node, Position, Value};

/// The file of the API.
pub(crate) const API: &str = "api.yaml";
/// The file of the dependencies, a list.
pub(crate) const DEPENDENCIES: &str = "dependencies.yaml";

/// The file of a workflow's pipelines, a list.
pub(crate) fn workflow_file(workflow: Workflow) -> PathBuf {
    Path::new("workflows").join(workflow.to_string()).join("workflow.yaml")
}

/// Puts a Promise together from its files. It has no file that says its name, so that is given.
pub(crate) fn join(folder: &Path, name: &str, files: Vec<Source>) -> Source {
    let head =
        format!("apiVersion: {}\nkind: {}\nmetadata:\n  name: {name}\n", Promise::API_VERSION, Promise::KIND);
    let path = files.first().map_or(folder, |file| file.path.as_path()).to_owned();
    let head = Source::of(folder, head.into_bytes());
    Source::joined(&path, std::iter::once(head).chain(files).collect())
}

/// The document that `kratix build promise` would print, with the places of the files.
pub(super) fn assemble(source: &Source) -> Result<Document, SourceError> {
    let mut whole = Whole::default();
    for part in source.parts() {
        let role = Role::of(&part.file.path);
        if let Some(document) = role.read(&part.file)? {
            whole.add(role, document.lowered(part.above));
        }
    }
    Ok(whole.document())
}

/// What a file holds of a Promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Head,
    Api,
    Dependencies,
    Pipelines(Workflow),
}

impl Role {
    fn of(path: &Path) -> Self {
        let workflow = Workflow::ALL.into_iter().find(|workflow| path.ends_with(workflow_file(*workflow)));
        match workflow {
            Some(workflow) => Self::Pipelines(workflow),
            None if path.ends_with(API) => Self::Api,
            None if path.ends_with(DEPENDENCIES) => Self::Dependencies,
            None => Self::Head,
        }
    }

    /// The only document of a file, if it holds any. Of several, `kratix build promise` would take the first and say
    /// nothing.
    fn read(self, file: &Source) -> Result<Option<Document>, SourceError> {
        let mut documents = file.documents()?.into_iter();
        let first = documents.next().filter(|document| !document.root.is_null());
        if let Some(second) = documents.next() {
            let message = "is a second document, and `kratix build promise` reads the first alone";
            let hint = match self {
                Self::Head | Self::Api => "keep one",
                Self::Dependencies | Self::Pipelines(_) => "make it one list: begin each item with `- `",
            };
            return Err(file.error(second.root.at, message).hint(hint));
        }
        let Some(document) = first else { return Ok(None) };
        match self.misfit(&document.root) {
            Some(message) => Err(file.error(document.root.at, message).hint(self.shape())),
            None => Ok(Some(document)),
        }
    }

    /// What `kratix build promise` ends with where the value is of the wrong type.
    fn misfit(self, root: &Node) -> Option<String> {
        let wanted = match self {
            Self::Head | Self::Api => root.as_map().is_some(),
            Self::Dependencies | Self::Pipelines(_) => root.as_list().is_some(),
        };
        let go_type = match self {
            Self::Head => "v1alpha1.Promise",
            Self::Api => "v1.CustomResourceDefinition",
            Self::Dependencies => "v1alpha1.Dependencies",
            Self::Pipelines(_) => "[]v1alpha1.Pipeline",
        };
        let found = match root.type_name() {
            "boolean" => "bool",
            "integer" => "number",
            other => other,
        };
        let text = format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type {go_type}"
        );
        (!wanted).then(|| match self {
            Self::Pipelines(workflow) => {
                let (kind, action) = (workflow.kind.as_str(), workflow.action.as_str());
                format!("failed to get {kind} {action} workflow: {text}")
            }
            _ => text,
        })
    }

    fn shape(self) -> &'static str {
        match self {
            Self::Head | Self::Api => "it is one CustomResourceDefinition",
            Self::Dependencies => "it is a list of objects: begin each with `- `",
            Self::Pipelines(_) => "it is a list of Pipelines: begin each with `- `",
        }
    }
}

/// A Promise in the making.
#[derive(Default)]
struct Whole {
    root: Map,
    spec: Map,
    /// By type, then by action.
    workflows: Map,
    duplicates: Vec<Duplicate>,
}

impl Whole {
    fn add(&mut self, role: Role, document: Document) {
        let Document { root, duplicates } = document;
        self.duplicates.extend(duplicates);
        match role {
            Role::Head => self.root.extend(root.as_map().cloned().unwrap_or_default()),
            Role::Api => _ = self.spec.insert("api".to_owned(), entry(root)),
            Role::Dependencies => _ = self.spec.insert("dependencies".to_owned(), entry(root)),
            Role::Pipelines(workflow) => {
                let root = with_kinds(root);
                let kind = workflow.kind.as_str().to_owned();
                let action = workflow.action.as_str().to_owned();
                let of_type = self.workflows.entry(kind).or_insert_with(|| entry(map(root.at, Map::new())));
                if let Value::Map(of_type) = &mut of_type.node.value {
                    of_type.insert(action, entry(root));
                }
            }
        }
    }

    fn document(mut self) -> Document {
        let first = |map: &Map| map.values().next().map(|entry| entry.key_at).unwrap_or_default();
        if !self.workflows.is_empty() {
            let workflows = map(first(&self.workflows), self.workflows);
            self.spec.insert("workflows".to_owned(), entry(workflows));
        }
        let spec = map(first(&self.spec), self.spec);
        self.root.insert("spec".to_owned(), entry(spec));
        Document { root: map(first(&self.root), self.root), duplicates: self.duplicates }
    }
}

/// Pipelines as `kratix build promise` writes them, which says of each what it is.
fn with_kinds(mut pipelines: Node) -> Node {
    if let Value::List(items) = &mut pipelines.value {
        for item in items {
            let at = item.at;
            let text = |text: &str| entry(Node { at, tag: None, value: Value::String(text.to_owned()) });
            if let Value::Map(pipeline) = &mut item.value {
                pipeline.entry("apiVersion".to_owned()).or_insert_with(|| text(Promise::API_VERSION));
                pipeline.entry("kind".to_owned()).or_insert_with(|| text("Pipeline"));
            }
        }
    }
    pipelines
}

fn map(at: Position, map: Map) -> Node {
    Node { at, tag: None, value: Value::Map(map) }
}

/// A value under a key that no file has.
fn entry(node: Node) -> Entry {
    Entry { key_at: node.at, node }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kratix::admission;

    const API_TEXT: &str = "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\n";
    const PIPELINES: &str = "- apiVersion: platform.kratix.io/v1alpha1\n  kind: Pipeline\n  metadata: {name: a}\n  \
                             spec:\n    containers:\n    - {name: c, image: x, imag: y}\n";

    fn split(files: &[(&str, &str)]) -> Source {
        join(Path::new("redis"), "redis", files.iter().map(|(path, text)| Source::new(path, text)).collect())
    }

    fn refusal(files: &[(&str, &str)]) -> String {
        Promise::read(&split(files)).expect_err("refused").to_string()
    }

    #[test]
    fn the_files_make_one_promise() {
        let promise = Promise::read(&split(&[
            ("api.yaml", API_TEXT),
            ("dependencies.yaml", "- {kind: Namespace, apiVersion: v1, metadata: {name: n}}\n"),
            ("workflows/resource/configure/workflow.yaml", PIPELINES),
            ("workflows/promise/delete/workflow.yaml", ""),
        ]))
        .expect("a Promise");
        assert_eq!((promise.name.as_str(), promise.version()), ("redis", "not-set"));
        let workflow = "resource/configure".parse().expect("a workflow");
        assert_eq!(promise.pipelines(workflow)[0].name, "a");
        let count: usize = Workflow::ALL.iter().map(|workflow| promise.pipelines(*workflow).len()).sum();
        assert_eq!(count, 1);
        assert_eq!(
            promise.root.get("spec").and_then(|spec| spec.get("dependencies")).map(Node::type_name),
            Some("array")
        );
    }

    #[test]
    fn a_problem_stands_in_its_own_file() {
        let source =
            split(&[("api.yaml", API_TEXT), ("workflows/resource/configure/workflow.yaml", PIPELINES)]);
        let promise = Promise::read(&source).expect("a Promise");
        let found = admission::check(&promise);
        let places: Vec<String> = found.iter().map(|problem| problem.error(&source).to_string()).collect();
        let place = |start: &str| places.iter().any(|place| place.starts_with(start));
        assert!(place("workflows/resource/configure/workflow.yaml:6:"), "{places:?}");
        assert!(place("api.yaml:1:1: "), "{places:?}");
    }

    #[test]
    fn a_promise_may_have_neither_api_nor_dependencies() {
        let promise = Promise::read(&split(&[("workflows/promise/configure/workflow.yaml", "[]\n")]));
        let promise = promise.expect("a Promise");
        assert!(promise.api.is_none() && promise.problems.is_empty(), "{:?}", promise.problems);
    }

    #[test]
    fn a_pipeline_need_not_say_that_it_is_one() {
        let pipelines = "- metadata: {name: a}\n  spec: {containers: [{name: c, image: x}]}\n";
        let promise = Promise::read(&split(&[("workflows/promise/configure/workflow.yaml", pipelines)]));
        let promise = promise.expect("a Promise");
        assert!(promise.problems.is_empty(), "{:?}", promise.problems);
        let other = pipelines.replace("- metadata", "- kind: Job\n  metadata");
        let promise = Promise::read(&split(&[("workflows/promise/configure/workflow.yaml", &other)]));
        assert_eq!(promise.expect("readable").problems.len(), 1);
    }

    #[test]
    fn what_cannot_be_put_together_is_said_in_the_words_of_the_kratix_command() {
        assert_eq!(
            refusal(&[("api.yaml", "not valid\n")]),
            "api.yaml:1:1: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type \
             v1.CustomResourceDefinition"
        );
        assert!(
            refusal(&[("dependencies.yaml", "# none\nkind: Namespace\n")])
                .starts_with("dependencies.yaml:2:1: ")
        );
        let workflow = "workflows/resource/delete/workflow.yaml";
        assert!(refusal(&[("api.yaml", API_TEXT), (workflow, "\nkind: Pipeline\n")]).starts_with(
            "workflows/resource/delete/workflow.yaml:2:1: failed to get resource delete workflow: "
        ));
        assert!(refusal(&[(workflow, "- a: 1\n---\n- b: 1\n")]).contains(":3:1: is a second document"));
        assert!(
            refusal(&[("api.yaml", API_TEXT), (workflow, "- a: [\n")])
                .contains(".yaml:2:1: is not valid YAML")
        );
    }
}
