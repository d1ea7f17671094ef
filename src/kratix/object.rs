//! The object that a pipeline reads as `/kratix/input/object.yaml`.
//!
//! What varies on a platform is fixed here, so that runs repeat: every time is `2026-01-01T00:00:00Z`, the uid is
//! `00000000-0000-4000-8000-000000000001`, the resourceVersion `1`, and the generation 1 (2 for an object that is being
//! deleted). `managedFields` and the annotations that `kubectl` adds are left out.

use serde_json::{Map, Value as Json, json};

use crate::yaml::{self, Node};

use super::api::Api;
use super::problem::Problem;
use super::progress::{self, TIME};
use super::promise::Promise;
use super::promise_schema;
use super::request::{self, Refusal};
use super::workflow::{Workflow, WorkflowAction, WorkflowType};

const UID: &str = "00000000-0000-4000-8000-000000000001";
const PROMISE_NAME: &str = "kratix.io/promise-name";
const DRY_RUN: &str = "kratix.io/dry-run";
/// What Kratix wants to do before a request is gone.
const RESOURCE_FINALIZERS: [&str; 4] = [
    "kratix.io/work-cleanup",
    "kratix.io/workflows-cleanup",
    "kratix.io/delete-workflows",
    "kratix.io/resource-binding-cleanup",
];
/// What Kratix wants to do before a Promise is gone.
const PROMISE_FINALIZERS: [&str; 6] = [
    "kratix.io/resource-request-cleanup",
    "kratix.io/dynamic-controller-dependant-resources-cleanup",
    "kratix.io/api-crd-cleanup",
    "kratix.io/dependencies-cleanup",
    "kratix.io/workflows-cleanup",
    "kratix.io/delete-workflows",
];
/// The metadata that is the author's; the rest is the API server's.
const AUTHORS: [&str; 6] = ["name", "generateName", "labels", "annotations", "ownerReferences", "finalizers"];

/// What a pipeline is run for: a request, or the Promise itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    pub(crate) group: String,
    /// The version that it is kept in.
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) name: String,
    /// Empty for a Promise.
    pub(crate) namespace: String,
    /// Whether Kratix only shows what it would do.
    pub(crate) dry_run: bool,
    /// All of it, status included.
    pub(crate) value: Json,
    /// What the API server dropped from the author's file, and rules that could not be checked.
    pub(crate) remarks: Vec<Problem>,
}

impl Object {
    /// One that is handed over as it is, whatever the platform would make of it.
    pub(crate) fn given(promise: &Promise, object: &Node) -> Self {
        let api_version = object.text("apiVersion").unwrap_or_default();
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let kind = object.text("kind").unwrap_or_default();
        let is_promise = kind == Promise::KIND;
        let api = promise.api.as_ref().filter(|api| api.kind == kind);
        let plural = api.map_or_else(|| format!("{}s", kind.to_lowercase()), |api| api.plural.clone());
        let metadata = |key: &str| object.get("metadata").and_then(|metadata| metadata.text(key));
        let usual = if is_promise { "" } else { "default" };
        let labels = object.get("metadata").and_then(|metadata| metadata.get("labels"));
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural,
            name: metadata("name").unwrap_or_default().to_owned(),
            namespace: metadata("namespace").unwrap_or(usual).to_owned(),
            dry_run: labels.and_then(|labels| labels.text(DRY_RUN)) == Some("true"),
            value: object.to_json(),
            remarks: Vec::new(),
        }
    }

    /// Adds what the API fills in; all that is there stays as it is.
    pub(crate) fn fill_in(&mut self, accepted: &Self) {
        let mut accepted = accepted.value.clone();
        if let Json::Object(accepted) = &mut accepted {
            accepted.retain(|key, _| !matches!(key.as_str(), "metadata" | "status"));
        }
        fill_in(&mut self.value, &accepted);
    }

    /// The bytes of `object.yaml`.
    pub(crate) fn to_yaml(&self) -> String {
        yaml::emit(&self.value)
    }

    /// The status; null if there is none.
    pub(crate) fn status(&self) -> &Json {
        &self.value["status"]
    }

    /// The status, to carry it from pipeline to pipeline.
    pub(crate) fn status_mut(&mut self) -> &mut Json {
        match &mut self.value {
            Json::Object(map) => map.entry("status").or_insert(Json::Null),
            other => other,
        }
    }
}

/// What the pipelines of a resource workflow read, for a request as a user would apply it. A status in the request
/// stands for an earlier run.
pub(crate) fn resource_object(
    promise: &Promise,
    action: WorkflowAction,
    request: &Node,
) -> Result<Object, Refusal> {
    let accepted = request::accept(promise, request)?;
    let mut value = accepted.value;
    let mut metadata = authors_metadata(value.get("metadata"));
    metadata.insert("namespace".to_owned(), accepted.namespace.as_str().into());
    let labels = metadata.entry("labels").or_insert_with(|| json!({}));
    if !labels.is_object() {
        *labels = json!({});
    }
    labels[PROMISE_NAME] = promise.name.as_str().into();
    let dry_run = labels[DRY_RUN] == "true";
    add_metadata(&mut metadata, &RESOURCE_FINALIZERS, action);
    let mut status = resource_status(promise, action);
    if let Some(earlier) = value.remove("status") {
        progress::lay_over(&mut status, &earlier);
    }
    let Api { group, kind, plural, .. } = accepted.api;
    let version = accepted.api.storage_version();
    value.insert("apiVersion".to_owned(), accepted.api.api_version(version).into());
    value.insert("metadata".to_owned(), metadata.into());
    value.insert("status".to_owned(), status);
    Ok(Object {
        group: group.clone(),
        version: version.name.clone(),
        kind: kind.clone(),
        plural: plural.clone(),
        name: accepted.name,
        namespace: accepted.namespace,
        dry_run,
        value: Json::Object(value),
        remarks: accepted.remarks,
    })
}

/// What the pipelines of a promise workflow read: the whole Promise.
pub(crate) fn promise_object(promise: &Promise, action: WorkflowAction) -> Object {
    let mut value = match promise_schema::apply(&promise.root).value {
        Json::Object(value) => value,
        _ => Map::new(),
    };
    let mut metadata = authors_metadata(value.get("metadata"));
    add_metadata(&mut metadata, &PROMISE_FINALIZERS, action);
    let pipelines = promise.pipelines(Workflow::new(WorkflowType::Promise, action));
    let configured = promise.pipelines(Workflow::new(WorkflowType::Promise, WorkflowAction::Configure));
    let mut status = match action {
        WorkflowAction::Configure => progress::starting_promise(promise, pipelines),
        WorkflowAction::Delete => progress::deleting_promise(promise, configured, pipelines),
    };
    if let Some(earlier) = value.remove("status") {
        progress::lay_over(&mut status, &earlier);
    }
    value.insert("metadata".to_owned(), metadata.into());
    value.insert("status".to_owned(), status);
    Object {
        group: Promise::GROUP.to_owned(),
        version: Promise::VERSION.to_owned(),
        kind: Promise::KIND.to_owned(),
        plural: Promise::PLURAL.to_owned(),
        name: promise.name.clone(),
        namespace: String::new(),
        dry_run: false,
        value: Json::Object(value),
        remarks: Vec::new(),
    }
}

fn fill_in(value: &mut Json, accepted: &Json) {
    match (value, accepted) {
        (Json::Object(value), Json::Object(accepted)) => {
            for (key, accepted) in accepted {
                match value.get_mut(key) {
                    Some(value) => fill_in(value, accepted),
                    None => _ = value.insert(key.clone(), accepted.clone()),
                }
            }
        }
        (Json::Array(value), Json::Array(accepted)) => {
            value.iter_mut().zip(accepted).for_each(|(value, accepted)| fill_in(value, accepted));
        }
        _ => {}
    }
}

fn resource_status(promise: &Promise, action: WorkflowAction) -> Json {
    let pipelines = |action| promise.pipelines(Workflow::new(WorkflowType::Resource, action));
    let configured = pipelines(WorkflowAction::Configure);
    match action {
        WorkflowAction::Configure => progress::starting(configured),
        WorkflowAction::Delete => {
            progress::deleting_resource(promise, configured, pipelines(WorkflowAction::Delete))
        }
    }
}

/// What of an author's metadata the API server keeps.
fn authors_metadata(metadata: Option<&Json>) -> Map<String, Json> {
    let mut kept = Map::new();
    for key in AUTHORS {
        if let Some(value) = metadata.and_then(|metadata| metadata.get(key)).filter(|value| !value.is_null())
        {
            kept.insert(key.to_owned(), value.clone());
        }
    }
    kept
}

fn add_metadata(metadata: &mut Map<String, Json>, finalizers: &[&str], action: WorkflowAction) {
    let mut all: Vec<Json> = metadata.get("finalizers").and_then(Json::as_array).cloned().unwrap_or_default();
    for finalizer in finalizers {
        if !all.iter().any(|other| other == finalizer) {
            all.push((*finalizer).into());
        }
    }
    let deleted = action == WorkflowAction::Delete;
    let mut set = |key: &str, value: Json| metadata.insert(key.to_owned(), value);
    set("finalizers", all.into());
    set("uid", UID.into());
    set("resourceVersion", "1".into());
    set("creationTimestamp", TIME.into());
    set("generation", if deleted { 2 } else { 1 }.into());
    if deleted {
        set("deletionTimestamp", TIME.into());
        set("deletionGracePeriodSeconds", 0.into());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostic::Source;
    use crate::kratix::problem::code;
    use crate::yaml::{Position, parse};

    const PROMISE: &str = r"
apiVersion: platform.kratix.io/v1alpha1
kind: Promise
metadata: {name: redis}
spec:
  api:
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: redises.acme.io}
    spec:
      group: acme.io
      scope: Namespaced
      names: {kind: Redis, plural: redises, singular: redis}
      versions:
      - name: v1
        served: true
        schema: {openAPIV3Schema: {type: object, properties: {spec: &spec {type: object, properties: {
          size: {type: integer, default: 3, minimum: 1}, tier: {type: string, enum: [small, large]}}}}}}
      - name: v2
        served: true
        storage: true
        schema: {openAPIV3Schema: {type: object, properties: {spec: *spec}}}
      - {name: v3, schema: {openAPIV3Schema: {type: object, properties: {spec: *spec}}}}
  workflows:
    resource:
      configure:
      - {apiVersion: platform.kratix.io/v1alpha1, kind: Pipeline, metadata: {name: one}}
      - {apiVersion: platform.kratix.io/v1alpha1, kind: Pipeline, metadata: {name: two}}
      delete:
      - {apiVersion: platform.kratix.io/v1alpha1, kind: Pipeline, metadata: {name: gone}}
    promise:
      configure:
      - {apiVersion: platform.kratix.io/v1alpha1, kind: Pipeline, metadata: {name: setup}}
";

    fn promise() -> Promise {
        Promise::parse(&Source::new("promise.yaml", PROMISE)).expect("a Promise")
    }

    fn build(action: WorkflowAction, request: &str) -> Result<Object, Refusal> {
        let request = parse(request.as_bytes()).expect("YAML").remove(0).root;
        resource_object(&promise(), action, &request)
    }

    fn configure(request: &str) -> Object {
        build(WorkflowAction::Configure, request).expect("a request that is taken")
    }

    fn refused(request: &str) -> Refusal {
        build(WorkflowAction::Configure, request).expect_err("a request that is refused")
    }

    #[test]
    fn a_pipeline_reads_the_request_as_the_platform_would_give_it() {
        let object = configure(
            "apiVersion: acme.io/v1\nkind: Redis\nmetadata: {name: my, labels: {a: b}}\nspec: {tier: small, colour: red}\n",
        );
        let expected = "\
apiVersion: acme.io/v2
kind: Redis
metadata:
  creationTimestamp: \"2026-01-01T00:00:00Z\"
  finalizers:
  - kratix.io/work-cleanup
  - kratix.io/workflows-cleanup
  - kratix.io/delete-workflows
  - kratix.io/resource-binding-cleanup
  generation: 1
  labels:
    a: b
    kratix.io/promise-name: redis
  name: my
  namespace: default
  resourceVersion: \"1\"
  uid: 00000000-0000-4000-8000-000000000001
spec:
  size: 3
  tier: small
status:
  conditions:
  - lastTransitionTime: \"2026-01-01T00:00:00Z\"
    message: Pipelines are still in progress
    reason: PipelinesInProgress
    status: \"False\"
    type: ConfigureWorkflowCompleted
  - lastTransitionTime: \"2026-01-01T00:00:00Z\"
    message: Pending
    reason: WorkflowPending
    status: Unknown
    type: Reconciled
  kratix:
    workflows:
      pipelines:
      - lastTransitionTime: \"2026-01-01T00:00:00Z\"
        name: one
        phase: Running
      - lastTransitionTime: \"2026-01-01T00:00:00Z\"
        name: two
        phase: Pending
  message: Pending
  workflows: 2
  workflowsFailed: 0
  workflowsSucceeded: 0
";
        assert_eq!(object.to_yaml(), expected);
        let dropped: Vec<_> = object.remarks.iter().map(|problem| problem.text.as_str()).collect();
        assert_eq!(dropped, ["unknown field \"spec.colour\""]);
        assert_eq!(object.remarks[0].at, Position { line: 4, column: 21 });
        assert_eq!((object.version.as_str(), object.plural.as_str()), ("v2", "redises"));
    }

    #[test]
    fn an_object_that_is_deleted_says_so_and_lists_the_delete_pipelines() {
        let request = "apiVersion: acme.io/v2\nkind: Redis\nmetadata: {name: my, namespace: team}\n";
        let object = build(WorkflowAction::Delete, request).expect("taken");
        let metadata = &object.value["metadata"];
        assert_eq!((&metadata["generation"], &metadata["deletionTimestamp"]), (&json!(2), &json!(TIME)));
        assert_eq!((&metadata["deletionGracePeriodSeconds"], object.namespace.as_str()), (&json!(0), "team"));
        let status = object.status();
        assert_eq!(
            status["kratix"]["workflows"]["pipelines"],
            json!([{"lastTransitionTime": TIME, "name": "gone", "phase": "Running"}])
        );
        assert_eq!(
            (&status["message"], &status["promiseVersion"]),
            (&json!("Resource requested"), &json!("not-set"))
        );
        assert_eq!(status["conditions"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn a_status_in_the_request_is_laid_over() {
        let object = configure(
            "apiVersion: acme.io/v2\nkind: Redis\nmetadata: {name: my}\nstatus: {stage: one, workflows: 7, message: hello}\n",
        );
        let status = object.status();
        assert_eq!((&status["stage"], &status["workflows"]), (&json!("one"), &json!(2)));
        assert_eq!(status["message"], "hello");
    }

    #[test]
    fn what_the_api_server_writes_itself_is_not_the_authors() {
        let object = configure(
            "apiVersion: acme.io/v2\nkind: Redis\nmetadata: {name: my, uid: x, generation: 9, creationTimestamp: null, finalizers: [mine, kratix.io/work-cleanup]}\n",
        );
        let metadata = &object.value["metadata"];
        assert_eq!((&metadata["uid"], &metadata["generation"]), (&json!(UID), &json!(1)));
        assert_eq!(metadata["finalizers"].as_array().map(Vec::len), Some(5));
        assert_eq!(metadata["creationTimestamp"], TIME);
    }

    #[test]
    fn a_request_for_another_api_is_refused_with_the_right_names() {
        let refusal = refused("apiVersion: acme.io/v1\nkind: Redi\nmetadata: {name: my}\n");
        assert_eq!(refusal.text, "no matches for kind \"Redi\" in version \"acme.io/v1\"");
        assert_eq!(refusal.problems[0].at, Position { line: 2, column: 7 });
        let hint = "the Promise's API is kind: Redis, apiVersion: acme.io/v1 or acme.io/v2";
        assert_eq!(refusal.problems[0].hint.as_deref(), Some(hint));
        for version in ["acme.io/v3", "acme.io/v9", "other.io/v1", "v1", "acme.iov1"] {
            let refusal = refused(&format!("apiVersion: {version}\nkind: Redis\nmetadata: {{name: my}}\n"));
            assert_eq!(refusal.text, format!("no matches for kind \"Redis\" in version \"{version}\""));
            assert_eq!(refusal.problems[0].at, Position { line: 1, column: 13 });
        }
        assert!(refused("apiVersion: acme.io/v1\n").text.starts_with("Object 'Kind' is missing in '{"));
        assert!(refused("- a\n").text.contains("not an object"));
    }

    #[test]
    fn a_request_that_does_not_fit_is_refused_for_everything_at_once() {
        let refusal = refused(
            "apiVersion: acme.io/v1\nkind: Redis\nmetadata: {name: My}\nspec:\n  size: 0\n  tier: medium\n",
        );
        assert!(refusal.text.starts_with("Redis.acme.io \"My\" is invalid: [metadata.name: Invalid value: \"My\": a lowercase RFC 1123 subdomain"));
        assert!(refusal.text.ends_with(
            ", spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1, \
             spec.tier: Unsupported value: \"medium\": supported values: \"small\", \"large\"]"
        ));
        let places: Vec<_> =
            refusal.problems.iter().map(|problem| (problem.path.to_string(), problem.at.line)).collect();
        assert_eq!(
            places,
            [("metadata.name".to_owned(), 3), ("spec.size".to_owned(), 5), ("spec.tier".to_owned(), 6)]
        );
    }

    #[test]
    fn a_name_of_63_is_taken_and_one_more_is_not() {
        let request = |length| {
            format!("apiVersion: acme.io/v2\nkind: Redis\nmetadata: {{name: {}}}\n", "a".repeat(length))
        };
        configure(&request(63));
        let refusal = refused(&request(64));
        assert!(refusal.text.ends_with("is invalid: metadata.name: Too long: may not be more than 63 bytes"));
        assert_eq!(refusal.problems[0].code, code::REQUEST_NAME);
        let nameless = refused("apiVersion: acme.io/v2\nkind: Redis\n");
        assert_eq!(
            nameless.text,
            "Redis.acme.io \"\" is invalid: metadata.name: Required value: name or generateName is required"
        );
        assert_eq!(
            configure("apiVersion: acme.io/v2\nkind: Redis\nmetadata: {generateName: x-}\n").name,
            "x-00000"
        );
    }

    #[test]
    fn labels_must_be_strings() {
        let refusal = refused("apiVersion: acme.io/v2\nkind: Redis\nmetadata: {name: my, labels: {a: 1}}\n");
        assert_eq!(
            refusal.text,
            "Redis in version \"v2\" cannot be handled as a Redis: json: cannot unmarshal number into Go struct field \
             ObjectMeta.metadata.labels of type string"
        );
    }

    #[test]
    fn a_promise_workflow_reads_the_whole_promise() {
        let object = promise_object(&promise(), WorkflowAction::Configure);
        assert_eq!(object.value["spec"]["api"]["spec"]["names"]["kind"], "Redis");
        let status = object.status();
        assert_eq!((&status["status"], &status["apiVersion"]), (&json!("Unavailable"), &json!("acme.io/v2")));
        assert_eq!(status["kratix"]["workflows"]["pipelines"][0]["name"], "setup");
        assert_eq!((object.namespace.as_str(), object.plural.as_str()), ("", "promises"));
        let deleted = promise_object(&promise(), WorkflowAction::Delete);
        assert_eq!(deleted.value["metadata"]["deletionTimestamp"], TIME);
    }

    #[test]
    fn what_the_api_fills_in_is_added_to_an_object_that_is_handed_over_as_it_is() {
        let promise = promise();
        let text =
            b"apiVersion: acme.io/v1\nkind: Redis\nmetadata: {name: a, namespace: b}\nspec: {other: 1}\n";
        let root = parse(text).expect("YAML").remove(0).root;
        let mut object = Object::given(&promise, &root);
        assert_eq!((object.plural.as_str(), object.namespace.as_str()), ("redises", "b"));
        assert_eq!(object.value, root.to_json());
        let accepted = resource_object(&promise, WorkflowAction::Configure, &root).expect("accepted");
        object.fill_in(&accepted);
        assert_eq!(object.value["spec"], json!({"other": 1, "size": 3}));
        assert_eq!(object.value["metadata"], json!({"name": "a", "namespace": "b"}));
        assert_eq!(object.value["apiVersion"], "acme.io/v1");
    }

    proptest! {
        #[test]
        fn no_request_makes_it_panic(text in "[-a:?{}\\[\\], \\n0-9]{0,60}") {
            for start in ["", "apiVersion: acme.io/v1\nkind: Redis\nmetadata: ", "apiVersion: acme.io/v1\nkind: Redis\nmetadata: {name: a}\n"] {
                let request = format!("{start}{text}");
                for document in parse(request.as_bytes()).unwrap_or_default() {
                    let _ = resource_object(&promise(), WorkflowAction::Delete, &document.root);
                }
            }
        }
    }
}
