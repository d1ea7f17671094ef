//! The environment that a stage gets: Kratix's variables, then the author's.

use std::fmt;

use indexmap::IndexMap;

use crate::yaml::{KeyPath, Position};

use super::container::{Container, EnvFrom, EnvFromSource, EnvValue, EnvVar, KeyRef};
use super::expansion::expand;
use super::object::Object;
use super::objects::{DataKind, Objects, key_field};
use super::pipeline::Pipeline;
use super::pod::Pod;
use super::promise::Promise;
use super::workflow::{Workflow, WorkflowType};

/// The variables of a stage in their order, each once. Their values never show when it is printed for debugging.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Environment(IndexMap<String, String>);

/// A reference that nothing satisfies, so that a pod would wait for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    /// The platform's words, for the objects that it would miss.
    pub(crate) text: String,
    /// Where in `promise.yaml` the reference is.
    pub(crate) path: KeyPath,
    pub(crate) at: Position,
    /// What to add.
    pub(crate) hint: String,
}

impl Environment {
    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Sets a variable, in the place of one of the same name.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// A command or an argument with references to variables replaced.
    pub(crate) fn expand(&self, text: &str) -> String {
        expand(text, |name| self.get(name))
    }

    /// The variables and their values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Kratix's own variables, in its order.
pub(crate) fn kratix_variables(
    promise: &Promise,
    workflow: Workflow,
    pipeline: &Pipeline,
    object: &Object,
) -> Vec<(&'static str, String)> {
    let cluster_scoped = workflow.kind == WorkflowType::Promise
        || promise.api.as_ref().is_some_and(|api| api.scope == "Cluster");
    let mut variables = vec![
        ("KRATIX_WORKFLOW_ACTION", workflow.action.to_string()),
        ("KRATIX_WORKFLOW_TYPE", workflow.kind.to_string()),
        ("KRATIX_PROMISE_NAME", promise.name.clone()),
        ("KRATIX_PIPELINE_NAME", pipeline.name.clone()),
        ("KRATIX_OBJECT_KIND", object.kind.clone()),
        ("KRATIX_OBJECT_GROUP", object.group.clone()),
        ("KRATIX_OBJECT_VERSION", object.version.clone()),
        ("KRATIX_OBJECT_NAME", object.name.clone()),
        ("KRATIX_OBJECT_NAMESPACE", object.namespace.clone()),
        ("KRATIX_CRD_PLURAL", object.plural.clone()),
        ("KRATIX_CLUSTER_SCOPED", cluster_scoped.to_string()),
    ];
    if object.dry_run && workflow.kind == WorkflowType::Resource {
        variables.push(("KRATIX_DRY_RUN", "true".to_owned()));
    }
    variables
}

/// The environment of a container: what `envFrom` brings, then Kratix's variables, then `env`; the last one wins.
/// Everything that is missing is said at once.
pub(crate) fn stage_environment(
    kratix: &[(&'static str, String)],
    container: &Container,
    pod: &Pod<'_>,
    objects: &Objects,
) -> Result<Environment, Vec<Missing>> {
    let mut environment = Environment::default();
    let mut missing = Vec::new();
    for from in &container.env_from {
        match all_keys(from, pod, objects) {
            Ok(found) => environment.0.extend(found),
            Err(lacking) => missing.push(lacking),
        }
    }
    for (name, value) in kratix {
        environment.set(*name, value.as_str());
    }
    for variable in &container.env {
        match value_of(variable, container, pod, objects, &environment) {
            Ok(Some(value)) => environment.set(variable.name.as_str(), value),
            Ok(None) => {}
            Err(lacking) => missing.push(lacking),
        }
    }
    if missing.is_empty() { Ok(environment) } else { Err(missing) }
}

fn all_keys(from: &EnvFrom, pod: &Pod<'_>, objects: &Objects) -> Result<Vec<(String, String)>, Missing> {
    let (kind, name) = match &from.source {
        EnvFromSource::ConfigMap(name) => (DataKind::ConfigMap, name),
        EnvFromSource::Secret(name) => (DataKind::Secret, name),
    };
    match objects.find(kind, &pod.namespace, name) {
        Some(object) => {
            let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
            Ok(object
                .data
                .iter()
                .map(|(key, value)| (format!("{}{key}", from.prefix), text(value)))
                .collect())
        }
        None if from.optional => Ok(Vec::new()),
        None => Err(no_object(kind, name, None, pod, objects, (&from.path, from.at))),
    }
}

/// The value of a variable, unless an optional reference leads nowhere.
fn value_of(
    variable: &EnvVar,
    container: &Container,
    pod: &Pod<'_>,
    objects: &Objects,
    environment: &Environment,
) -> Result<Option<String>, Missing> {
    let place = (&variable.path, variable.at);
    let unknown = |text: String| Missing {
        text,
        path: variable.path.clone(),
        at: variable.at,
        hint: format!(
            "give {} a value under `env:` in kratix-test.yaml, or change promise.yaml",
            variable.name
        ),
    };
    match &variable.value {
        EnvValue::Literal(text) => Ok(Some(environment.expand(text))),
        EnvValue::ConfigMapKey(key) => key_value(DataKind::ConfigMap, key, pod, objects, place),
        EnvValue::SecretKey(key) => key_value(DataKind::Secret, key, pod, objects, place),
        EnvValue::Field(field) => match pod.field(field) {
            Some(value) => Ok(Some(value)),
            None => Err(unknown(format!("fieldRef {field:?} is not a field that a container can be given"))),
        },
        EnvValue::Resource { container: of, resource, divisor } => {
            let of = of.as_deref().and_then(|name| pod.pipeline.container(name)).map(|(_, found)| found);
            pod.resource(of.unwrap_or(container), resource, divisor.as_deref()).map(Some).ok_or_else(|| {
                unknown(format!("resourceFieldRef {resource:?} is not a resource of the container"))
            })
        }
        EnvValue::Other(source) => {
            Err(unknown(format!("valueFrom {source:?} cannot be followed without a cluster")))
        }
    }
}

fn key_value(
    kind: DataKind,
    reference: &KeyRef,
    pod: &Pod<'_>,
    objects: &Objects,
    (path, at): (&KeyPath, Position),
) -> Result<Option<String>, Missing> {
    let KeyRef { name, key, optional } = reference;
    let Some(object) = objects.find(kind, &pod.namespace, name) else {
        let lacking = || no_object(kind, name, Some(key), pod, objects, (path, at));
        return if *optional { Ok(None) } else { Err(lacking()) };
    };
    match object.data.get(key) {
        Some(value) => Ok(Some(String::from_utf8_lossy(value).into_owned())),
        None if *optional => Ok(None),
        None => Err(Missing {
            text: format!("couldn't find key {key} in {kind} {}/{name}", pod.namespace),
            path: path.clone(),
            at,
            hint: format!("add the key to {} of that {kind}", key_field(kind)),
        }),
    }
}

fn no_object(
    kind: DataKind,
    name: &str,
    key: Option<&str>,
    pod: &Pod<'_>,
    objects: &Objects,
    (path, at): (&KeyPath, Position),
) -> Missing {
    let with = key.map_or_else(String::new, |key| format!(" with the key {key} in {}", key_field(kind)));
    let hint = match objects.elsewhere(kind, name).first() {
        Some(other) => format!(
            "the {kind} {name} is in the namespace {other}, and the pipeline runs in {}: change the namespace, or leave it out",
            pod.namespace
        ),
        None => format!(
            "add a {kind} {name}{with} to a file, and name the file under `objects:` in kratix-test.yaml"
        ),
    };
    let text = format!("{} {name:?} not found", kind.as_str().to_lowercase());
    Missing { text, path: path.clone(), at, hint }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::kratix::{WorkflowAction, promise_object, resource_object};
    use crate::yaml::parse;

    const CONFIGURE: Workflow = Workflow::new(WorkflowType::Resource, WorkflowAction::Configure);

    fn promise(container: &str) -> Promise {
        let text = format!(
            "apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\nmetadata: {{name: promiseName}}\nspec:\n  api:\n    apiVersion: apiextensions.k8s.io/v1\n    \
             kind: CustomResourceDefinition\n    spec: {{group: promise.crd.group, scope: Namespaced, names: {{kind: promisecrd, plural: promiseCrdPlural}}, \
             versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}]}}\n  workflows:\n    resource:\n      configure:\n      \
             - apiVersion: platform.kratix.io/v1alpha1\n        kind: Pipeline\n        metadata: {{name: pipelineName, labels: {{team: a}}}}\n        spec:\n          containers:\n          \
             - {{name: c, image: i, {container}}}\n    promise:\n      configure:\n      - {{apiVersion: platform.kratix.io/v1alpha1, kind: Pipeline, metadata: {{name: pipelineName}}}}\n"
        );
        Promise::parse(&Source::new("promise.yaml", &text)).expect("a Promise")
    }

    fn request(promise: &Promise, labels: &str) -> Object {
        let text = format!(
            "apiVersion: promise.crd.group/v1\nkind: promisecrd\nmetadata: {{name: resource-name, namespace: factory-namespace, labels: {labels}}}\n"
        );
        let request = parse(text.as_bytes()).expect("YAML").remove(0).root;
        resource_object(promise, WorkflowAction::Configure, &request).expect("taken")
    }

    fn environment(container: &str, objects: &str) -> Result<Environment, Vec<Missing>> {
        let promise = promise(container);
        let object = request(&promise, "{}");
        let pipeline = &promise.pipelines(CONFIGURE)[0];
        let kratix = kratix_variables(&promise, CONFIGURE, pipeline, &object);
        let mut known = Objects::default();
        known.read(&Source::new("cluster.yaml", objects)).expect("objects");
        let pod = Pod::new(&promise, CONFIGURE, pipeline, &object);
        stage_environment(&kratix, &pipeline.containers[0], &pod, &known)
    }

    fn value(container: &str, name: &str) -> Option<String> {
        environment(container, OBJECTS).expect("nothing missing").get(name).map(str::to_owned)
    }

    const OBJECTS: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n---\n\
                           apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {A: from-c, KRATIX_WORKFLOW_TYPE: mine}\n";

    /// Test vector 7.
    #[test]
    fn a_resource_workflow_gets_kratixs_variables_in_their_order() {
        let promise = promise("");
        let pipeline = &promise.pipelines(CONFIGURE)[0];
        let variables = kratix_variables(&promise, CONFIGURE, pipeline, &request(&promise, "{}"));
        let expected = [
            ("KRATIX_WORKFLOW_ACTION", "configure"),
            ("KRATIX_WORKFLOW_TYPE", "resource"),
            ("KRATIX_PROMISE_NAME", "promiseName"),
            ("KRATIX_PIPELINE_NAME", "pipelineName"),
            ("KRATIX_OBJECT_KIND", "promisecrd"),
            ("KRATIX_OBJECT_GROUP", "promise.crd.group"),
            ("KRATIX_OBJECT_VERSION", "v1"),
            ("KRATIX_OBJECT_NAME", "resource-name"),
            ("KRATIX_OBJECT_NAMESPACE", "factory-namespace"),
            ("KRATIX_CRD_PLURAL", "promiseCrdPlural"),
            ("KRATIX_CLUSTER_SCOPED", "false"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        assert_eq!(variables, expected);
        let dry = kratix_variables(
            &promise,
            CONFIGURE,
            pipeline,
            &request(&promise, "{kratix.io/dry-run: 'true'}"),
        );
        assert_eq!(dry.last(), Some(&("KRATIX_DRY_RUN", "true".to_owned())));
    }

    /// Test vector 6.
    #[test]
    fn a_promise_workflow_gets_the_promise() {
        let promise = promise("");
        let workflow = Workflow::ALL[0];
        let object = promise_object(&promise, WorkflowAction::Configure);
        let variables = kratix_variables(&promise, workflow, &promise.pipelines(workflow)[0], &object);
        let value =
            |name| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str());
        assert_eq!(value("KRATIX_OBJECT_NAME"), Some("promiseName"));
        assert_eq!(value("KRATIX_OBJECT_NAMESPACE"), Some(""));
        assert_eq!(
            (value("KRATIX_OBJECT_KIND"), value("KRATIX_CRD_PLURAL")),
            (Some("Promise"), Some("promises"))
        );
        assert_eq!(value("KRATIX_OBJECT_GROUP"), Some("platform.kratix.io"));
        assert_eq!(
            (value("KRATIX_CLUSTER_SCOPED"), value("KRATIX_OBJECT_VERSION")),
            (Some("true"), Some("v1alpha1"))
        );
        assert_eq!(
            Pod::new(&promise, workflow, &promise.pipelines(workflow)[0], &object).namespace,
            "kratix-platform-system"
        );
    }

    /// Test vector 5.
    #[test]
    fn one_variable_of_the_authors_makes_twelve() {
        assert_eq!(environment("env: [{name: A, value: b}]", "").expect("complete").iter().count(), 12);
    }

    #[test]
    fn the_author_can_override_kratix_but_not_with_env_from() {
        assert_eq!(
            value("env: [{name: KRATIX_PROMISE_NAME, value: x}]", "KRATIX_PROMISE_NAME").as_deref(),
            Some("x")
        );
        let from = "envFrom: [{configMapRef: {name: c}}]";
        assert_eq!(value(from, "KRATIX_WORKFLOW_TYPE").as_deref(), Some("resource"));
        assert_eq!(value(from, "A").as_deref(), Some("from-c"));
        assert_eq!(value(&format!("{from}, env: [{{name: A, value: own}}]"), "A").as_deref(), Some("own"));
        let prefixed = "envFrom: [{prefix: P_, configMapRef: {name: c}}]";
        assert_eq!(value(prefixed, "P_A").as_deref(), Some("from-c"));
    }

    #[test]
    fn references_see_what_was_defined_before() {
        let env = "env: [{name: EARLY, value: $(LATE)}, {name: LATE, value: 'x-$(KRATIX_OBJECT_NAME)'}, {name: S, valueFrom: {secretKeyRef: {name: s, key: password}}}, {name: URL, value: 'u:$(S)@$$(S)'}]";
        assert_eq!(value(env, "EARLY").as_deref(), Some("$(LATE)"));
        assert_eq!(value(env, "LATE").as_deref(), Some("x-resource-name"));
        assert_eq!(value(env, "URL").as_deref(), Some("u:hunter2@$(S)"));
        let complete = environment(env, OBJECTS).expect("complete");
        assert_eq!(complete.expand("echo $(LATE) $(NOPE)"), "echo x-resource-name $(NOPE)");
        assert!(!format!("{complete:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_missing_is_named_with_what_to_add() {
        let env = "env: [{name: A, valueFrom: {secretKeyRef: {name: nope, key: k}}}, {name: B, valueFrom: {secretKeyRef: {name: s, key: nope}}}], envFrom: [{configMapRef: {name: gone}}]";
        let missing = environment(env, OBJECTS).expect_err("missing");
        let texts: Vec<_> = missing.iter().map(|missing| missing.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "configmap \"gone\" not found",
                "secret \"nope\" not found",
                "couldn't find key nope in Secret factory-namespace/s"
            ]
        );
        assert!(missing[1].hint.contains("Secret nope with the key k in stringData"), "{}", missing[1].hint);
        assert_eq!(
            missing[1].path.to_string(),
            "spec.workflows.resource.configure[0].spec.containers[0].env[0]"
        );
        let optional = "env: [{name: A, valueFrom: {secretKeyRef: {name: nope, key: k, optional: true}}}], envFrom: [{configMapRef: {name: gone, optional: true}}]";
        assert_eq!(value(optional, "A"), None);
        let elsewhere = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: other}\n";
        let missing = environment("envFrom: [{secretRef: {name: s}}]", elsewhere).expect_err("elsewhere");
        assert!(missing[0].hint.contains("is in the namespace other"), "{}", missing[0].hint);
    }

    #[test]
    fn fields_of_the_pod_have_values_that_are_always_the_same() {
        let field = |path: &str| {
            value(&format!("env: [{{name: F, valueFrom: {{fieldRef: {{fieldPath: \"{path}\"}}}}}}]"), "F")
        };
        assert_eq!(field("metadata.namespace").as_deref(), Some("factory-namespace"));
        assert_eq!(
            field("spec.serviceAccountName").as_deref(),
            Some("promiseName-resource-configure-pipelineName")
        );
        assert_eq!(field("metadata.labels['team']").as_deref(), Some("a"));
        assert!(
            field("metadata.name")
                .expect("a name")
                .starts_with("kratix-promiseName-resource-name-pipelineName-")
        );
        let missing = environment("env: [{name: F, valueFrom: {fieldRef: {fieldPath: spec.nope}}}]", "")
            .expect_err("unknown");
        assert!(missing[0].text.contains("spec.nope"));
    }

    #[test]
    fn resources_are_given_in_units_of_the_divisor() {
        let resource = |text: &str| {
            value(&format!("env: [{{name: R, valueFrom: {{resourceFieldRef: {{{text}}}}}}}]"), "R")
        };
        assert_eq!(resource("resource: limits.memory").as_deref(), Some("268435456"));
        assert_eq!(resource("resource: limits.memory, divisor: 1Mi").as_deref(), Some("256"));
        assert_eq!(resource("resource: limits.cpu").as_deref(), Some("1"));
        assert_eq!(resource("resource: requests.cpu, divisor: 1m").as_deref(), Some("100"));
    }
}
