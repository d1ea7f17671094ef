//! Resource requests for tests: taken from an example, or made from the API, and always held against the API.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::{place, text, value};
use crate::compare::{self, Around};
use crate::diagnostic::Source;
use crate::kratix::{Object, Promise, WorkflowAction, resource_object};
use crate::yaml::{self, KeyPath, Node};

/// How often what is missing is filled in.
const REPAIRS: usize = 8;

/// The API that requests are for.
pub(super) struct Api<'p> {
    promise: &'p Promise,
    group_version: String,
    kind: String,
    /// As it is installed, without a status.
    pub(super) schema: Json,
    /// As the author wrote it.
    pub(super) written: Option<&'p Node>,
}

/// A resource request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) value: Json,
    /// Where it comes from.
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    Example { path: PathBuf, bytes: Vec<u8> },
    Api,
}

/// What a test is about, in the platform's words, that the author has to mend.
pub(super) type Refused = Vec<String>;

impl<'p> Api<'p> {
    /// The API of a Promise, in the version that requests are kept in, if it takes requests in that.
    pub(super) fn of(promise: &'p Promise) -> Option<Self> {
        let api = promise.api.as_ref()?;
        let stored = api.storage_version();
        let version = Some(stored).filter(|version| version.served);
        let version = version.or_else(|| api.versions.iter().find(|version| version.served))?;
        let mut schema = api.installed_schema(version);
        if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
            properties.remove("status");
        }
        let written = promise.root.at_path(&version.path.name("schema").name("openAPIV3Schema"));
        Some(Self {
            promise,
            group_version: api.api_version(version),
            kind: api.kind.clone(),
            schema,
            written,
        })
    }

    /// The object that a pipeline would read, or why the platform refuses the request.
    pub(super) fn object(&self, request: &Json) -> Result<Object, Refused> {
        let refused = |text: String| vec![text];
        let documents =
            yaml::parse(yaml::emit(request).as_bytes()).map_err(|error| refused(error.problem))?;
        let document = documents.first().ok_or_else(|| refused("is empty".to_owned()))?;
        self.object_of(&document.root)
    }

    fn object_of(&self, request: &Node) -> Result<Object, Refused> {
        resource_object(self.promise, WorkflowAction::Configure, request)
            .map_err(|refusal| refusal.problems.into_iter().map(|problem| problem.text).collect())
    }

    /// An example, if the API takes it.
    pub(super) fn example(&self, path: &Path) -> Option<Request> {
        let source = Source::read(path).ok()?;
        let document = source.document().ok()?;
        self.object_of(&document.root).ok()?;
        let origin = Origin::Example { path: path.to_owned(), bytes: source.bytes };
        Some(Request { value: document.root.to_json(), origin })
    }

    /// A request with what the API requires, and with what has a default or an example.
    pub(super) fn minimal(&self) -> Request {
        let mut schema = self.schema.clone();
        let name = schema.pointer("/properties/metadata/properties/name").cloned();
        let name = name.map_or_else(|| "example".into(), |schema| value::value(&schema, "name"));
        let mut has_spec = false;
        if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
            for field in ["apiVersion", "kind", "metadata"] {
                properties.remove(field);
            }
            has_spec = properties.contains_key("spec");
        }
        let kept = |name: &Json| {
            !["apiVersion", "kind", "metadata", "status", "spec"].iter().any(|known| name == known)
        };
        if let Some(root) = schema.as_object_mut() {
            let required = root.entry("required").or_insert_with(|| json!([]));
            let mut names: Vec<Json> =
                required.as_array().into_iter().flatten().filter(|name| kept(name)).cloned().collect();
            names.extend(has_spec.then(|| "spec".into()));
            *required = names.into();
        }
        let mut made = match value::value(&schema, "") {
            Json::Object(map) => map,
            _ => Map::new(),
        };
        made.insert("apiVersion".to_owned(), self.group_version.as_str().into());
        made.insert("kind".to_owned(), self.kind.as_str().into());
        made.insert("metadata".to_owned(), json!({"name": name, "namespace": "default"}));
        let request = Request { value: Json::Object(made), origin: Origin::Api };
        let repaired = self.repaired(request.value.clone());
        Request { value: repaired, ..request }
    }

    /// A request with what the API says is missing from it.
    pub(super) fn repaired(&self, mut request: Json) -> Json {
        for _ in 0..REPAIRS {
            let missing = self.missing(&request);
            if missing.is_empty() {
                break;
            }
            for path in missing {
                let Some(schema) = place::schema_at(&self.schema, &path) else { return request };
                let name = path.keys().last().map(|key| match key {
                    yaml::Key::Name(name) => name.as_str(),
                    yaml::Key::Index(_) => "",
                });
                place::put(&mut request, &path, value::value(schema, name.unwrap_or_default()));
            }
        }
        request
    }

    /// The paths that the API requires and a request has not.
    fn missing(&self, request: &Json) -> Vec<KeyPath> {
        let applied = crate::kratix::schema::apply(&self.schema, request.clone());
        let missing =
            applied.violations.into_iter().filter(|violation| violation.text.contains(": Required value"));
        missing.map(|violation| violation.path).filter(|path| place::at(request, path).is_none()).collect()
    }
}

impl Request {
    /// The file that it comes from.
    pub(super) fn example(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Example { path, .. } => Some(path),
            Origin::Api => None,
        }
    }

    /// The same with another value.
    pub(super) fn with(&self, value: Json) -> Self {
        Self { value, origin: self.origin.clone() }
    }

    /// The file: an example with what is otherwise in it, or everything with what the API says of it.
    pub(super) fn text(&self, api: &Api<'_>) -> String {
        if let Origin::Example { bytes, .. } = &self.origin {
            let around = Around { name: "object.yaml", marks: &[], others: &[], parts: None };
            let edited = compare::edit(bytes, yaml::emit(&self.value).as_bytes(), &around).text;
            let read = |text: &str| Some(yaml::parse(text.as_bytes()).ok()?.first()?.root.to_json());
            if let Some(text) =
                String::from_utf8(edited).ok().filter(|text| read(text).as_ref() == Some(&self.value))
            {
                return text;
            }
        }
        text::text(&self.value, api.written)
    }

    /// The file of a request that the API refuses: it says what of.
    pub(super) fn refused_text(&self, api: &Api<'_>, refused: &Refused) -> String {
        let said: String = refused.iter().map(|text| format!("- {text}\n")).collect();
        let head = format!("The API refuses this request as it is. Fill in what it asks for:\n{said}");
        format!("{}{}", text::comment(&head, 0), self.text(api))
    }
}
