//! A Promise's API: the `CustomResourceDefinition` of `spec.api`, as Kratix reads it and as it installs it.

use serde_json::{Value as Json, json};

use crate::yaml::{KeyPath, Node};

use super::problem::{Problem, code};
use super::read::{flag, items, text};
use super::status::admit::request_schema;
use super::strict::{self, field};

/// What a Promise offers: the kind of its requests.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    /// `metadata.name`, which must be `PLURAL.GROUP`.
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    /// `Namespaced`, or else the Promise is refused.
    pub(crate) scope: String,
    /// Never empty.
    pub(crate) versions: Vec<ApiVersion>,
    pub(crate) path: KeyPath,
}

/// One version of an API.
#[derive(Debug, Clone)]
pub(crate) struct ApiVersion {
    pub(crate) name: String,
    pub(crate) served: bool,
    pub(crate) storage: bool,
    /// `schema.openAPIV3Schema` as the author wrote it.
    pub(crate) schema: Option<Json>,
    pub(crate) path: KeyPath,
}

impl Api {
    /// How long the name of a request may be.
    pub(crate) const MAX_NAME: usize = 63;

    /// Reads `spec.api`: `None` if there is no API, and what Kratix could not read, if it could not.
    pub(super) fn read(node: Option<&Node>, path: &KeyPath) -> Result<Option<Self>, Vec<Problem>> {
        let Some(node) = node.filter(|node| !is_none(node)) else { return Ok(None) };
        let mut problems = unreadable(node, path);
        let api = Self::from_node(node, path);
        if api.versions.is_empty() {
            let path = path.name("spec").name("versions");
            let text = format!("invalid CRD: {path}: Required value");
            problems
                .push(Problem::new(code::INVALID_API, text, path, node.at).hint("give the API a version"));
        }
        if problems.is_empty() { Ok(Some(api)) } else { Err(problems) }
    }

    fn from_node(node: &Node, path: &KeyPath) -> Self {
        let empty = Node { at: node.at, tag: None, value: crate::yaml::Value::Null };
        let spec = field(node, "spec").unwrap_or(&empty);
        let names = field(spec, "names").unwrap_or(&empty);
        let metadata = field(node, "metadata").unwrap_or(&empty);
        let versions_path = path.name("spec").name("versions");
        let versions = items(spec, "versions").iter().enumerate();
        Self {
            name: text(metadata, "name").unwrap_or_default(),
            group: text(spec, "group").unwrap_or_default(),
            kind: text(names, "kind").unwrap_or_default(),
            plural: text(names, "plural").unwrap_or_default(),
            scope: text(spec, "scope").unwrap_or_default(),
            versions: versions.map(|(i, node)| ApiVersion::read(node, versions_path.index(i))).collect(),
            path: path.clone(),
        }
    }

    /// The version that objects are kept in, and that pipelines therefore see: the first, if none says so.
    pub(crate) fn storage_version(&self) -> &ApiVersion {
        let first = self.versions.first().expect("an API is only made with a version");
        self.versions.iter().find(|version| version.storage).unwrap_or(first)
    }

    /// The version of this name, if requests can be made in it.
    pub(crate) fn served_version(&self, name: &str) -> Option<&ApiVersion> {
        self.versions.iter().find(|version| version.served && version.name == name)
    }

    /// `GROUP/VERSION`.
    pub(crate) fn api_version(&self, version: &ApiVersion) -> String {
        format!("{}/{}", self.group, version.name)
    }

    /// The schema of a version as Kratix installs it: with a limit on names, and with a status of its own.
    pub(crate) fn installed_schema(&self, version: &ApiVersion) -> Json {
        let mut schema = version.schema.clone().unwrap_or_else(|| json!({"type": "object"}));
        let stored = self.storage_version().name == version.name;
        if let Some(root) = schema.as_object_mut() {
            let properties = root.entry("properties").or_insert_with(|| json!({}));
            if let Some(properties) = properties.as_object_mut() {
                properties.insert("status".to_owned(), request_schema());
                if stored {
                    limit_name(properties);
                }
            }
        }
        schema
    }
}

impl ApiVersion {
    fn read(node: &Node, path: KeyPath) -> Self {
        let schema = field(node, "schema").and_then(|schema| field(schema, "openAPIV3Schema"));
        Self {
            name: text(node, "name").unwrap_or_default(),
            served: flag(node, "served").unwrap_or_default(),
            storage: flag(node, "storage").unwrap_or_default(),
            schema: schema.map(Node::to_json),
            path,
        }
    }
}

/// Whether a value counts as no API at all.
fn is_none(node: &Node) -> bool {
    node.is_null() || node.as_map().is_some_and(crate::yaml::Map::is_empty)
}

/// Why Kratix could not read an API, if it could not. Fields that it does not know it passes over.
fn unreadable(node: &Node, path: &KeyPath) -> Vec<Problem> {
    if node.as_map().is_none() {
        // The Promise's own schema says so in the platform's words.
        return Vec::new();
    }
    strict::decode(node, &strict::CRD, path)
        .into_iter()
        .filter(|flaw| !flaw.unknown_field)
        .map(|flaw| {
            let text = format!("api is not a valid CRD: {}", flaw.text);
            Problem { code: code::INVALID_API, text, path: flaw.path, at: flaw.at, hint: flaw.hint }
        })
        .collect()
}

fn limit_name(properties: &mut serde_json::Map<String, Json>) {
    let metadata = properties.entry("metadata").or_insert_with(|| json!({"type": "object"}));
    let Some(metadata) = metadata.as_object_mut() else { return };
    let properties = metadata.entry("properties").or_insert_with(|| json!({}));
    let Some(properties) = properties.as_object_mut() else { return };
    properties.insert("name".to_owned(), json!({"type": "string", "maxLength": Api::MAX_NAME}));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn read(text: &str) -> Result<Option<Api>, Vec<Problem>> {
        let root = parse(text.as_bytes()).expect("YAML").remove(0).root;
        Api::read(root.get("api"), &KeyPath::from_iter(["spec", "api"]))
    }

    fn api(versions: &str) -> Api {
        let text = format!(
            "api: {{metadata: {{name: things.acme.io}}, spec: {{group: acme.io, scope: Namespaced, \
             names: {{kind: Thing, plural: things}}, versions: {versions}}}}}"
        );
        read(&text).expect("readable").expect("an API")
    }

    #[test]
    fn nothing_null_and_an_empty_map_are_no_api() {
        for text in ["x: 1", "api:", "api: {}"] {
            assert!(read(text).expect("no problem").is_none(), "{text}");
        }
        assert!(read("api: {spec: {versions: [{name: v1}]}}").expect("no problem").is_some());
    }

    #[test]
    fn the_storage_version_is_the_one_that_says_so_or_else_the_first() {
        assert_eq!(api("[{name: v1}, {name: v2, storage: true}]").storage_version().name, "v2");
        assert_eq!(api("[{name: v1}, {name: v2}]").storage_version().name, "v1");
    }

    #[test]
    fn only_served_versions_can_be_requested() {
        let api = api("[{name: v1, served: true}, {name: v2, served: false}]");
        assert!(api.served_version("v1").is_some() && api.served_version("v2").is_none());
        assert_eq!(api.api_version(api.storage_version()), "acme.io/v1");
    }

    #[test]
    fn an_api_without_a_version_is_refused() {
        let problems =
            read("api: {kind: CustomResourceDefinition, spec: {versions: []}}").expect_err("refused");
        assert_eq!(problems[0].text, "invalid CRD: spec.api.spec.versions: Required value");
    }

    #[test]
    fn an_api_of_the_wrong_types_is_refused_in_gos_words() {
        let problems = read("api: {spec: {versions: {name: v1}}, extra: 1}").expect_err("refused");
        assert_eq!(
            problems[0].text,
            "api is not a valid CRD: json: cannot unmarshal object into Go struct field \
             CustomResourceDefinitionSpec.spec.versions of type []v1.CustomResourceDefinitionVersion"
        );
        assert_eq!(problems[0].path.to_string(), "spec.api.spec.versions");
    }

    /// Test vector 45.
    #[test]
    fn the_storage_version_gets_a_limit_on_names() {
        let api = api("[{name: v1, schema: {openAPIV3Schema: {type: object}}}, {name: v2}]");
        let schema = api.installed_schema(&api.versions[0]);
        let name = &schema["properties"]["metadata"]["properties"]["name"];
        assert_eq!(*name, json!({"type": "string", "maxLength": 63}));
        assert!(api.installed_schema(&api.versions[1])["properties"].get("metadata").is_none());
    }

    #[test]
    fn the_authors_status_schema_is_discarded() {
        let api = api(
            "[{name: v1, schema: {openAPIV3Schema: {type: object, properties: {status: {type: string}, spec: {type: object}}}}}]",
        );
        let schema = api.installed_schema(&api.versions[0]);
        assert_eq!(schema["properties"]["status"], request_schema());
        assert_eq!(schema["properties"]["spec"]["type"], "object");
    }
}
