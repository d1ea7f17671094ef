use proptest::prelude::*;

use super::*;
use crate::diagnostic::Source;
use crate::yaml::Position;

const API: &str = "  api:
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
        storage: true
        schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
";
const CONTAINER: &str = "{name: one, image: busybox:1.36}";

fn problems(text: &str) -> Vec<Problem> {
    check(&Promise::read(&Source::new("promise.yaml", text)).expect("a Promise"))
}

/// A Promise with this in its `spec`.
fn promise(spec: &str) -> String {
    format!(
        "apiVersion: platform.kratix.io/v1alpha1\nkind: Promise\nmetadata: {{name: mypromise}}\nspec:\n{spec}"
    )
}

fn pipeline(metadata: &str, spec: &str) -> String {
    format!("{{apiVersion: platform.kratix.io/v1alpha1, kind: Pipeline, metadata: {metadata}, spec: {spec}}}")
}

/// A Promise with these pipelines.
fn workflow(workflow: &str, pipelines: &[String]) -> String {
    let (kind, action) = workflow.split_once('/').expect("TYPE/ACTION");
    promise(&format!("{API}  workflows: {{{kind}: {{{action}: [{}]}}}}\n", pipelines.join(", ")))
}

/// What is said of a pipeline's spec.
fn said(spec: &str) -> Vec<(u16, String)> {
    said_in("resource/configure", spec)
}

fn said_in(target: &str, spec: &str) -> Vec<(u16, String)> {
    let found = problems(&workflow(target, &[pipeline("{name: setup}", spec)]));
    found.into_iter().map(|problem| (problem.code, problem.text)).collect()
}

/// The only thing that is said of an API with something in place of something.
fn said_of_api(old: &str, new: &str) -> Vec<(u16, String)> {
    let api = API.replace(old, new);
    assert_ne!(api, API, "{old}");
    problems(&promise(&api)).into_iter().map(|problem| (problem.code, problem.text)).collect()
}

#[test]
fn a_good_promise_has_no_problems() {
    for target in ["resource/configure", "resource/delete", "promise/configure", "promise/delete"] {
        assert_eq!(said_in(target, &format!("{{containers: [{CONTAINER}]}}")), [], "{target}");
        assert_eq!(said_in(target, "{}"), [], "{target}");
    }
    assert_eq!(problems(&promise("  {}\n")), []);
}

/// A container's fields, the finding, what is said, and a near miss.
const CONTAINERS: &[(&str, u16, &str, &str)] = &[
    (
        "name: one, image: i:1, securityContext: {runAsNonRoot: true, runAsUser: 0}",
        120,
        "Error: container's runAsUser breaks non-root policy",
        "name: one, image: i:1, securityContext: {runAsNonRoot: true, runAsUser: 1}",
    ),
    (
        "name: one, image: i:1, securityContext: {procMount: default}",
        206,
        "securityContext.procMount: Unsupported value: \"default\": supported values: \"Default\", \"Unmasked\"",
        "name: one, image: i:1, securityContext: {procMount: Default}",
    ),
    (
        "name: one, image: i:1, securityContext: {seccompProfile: {}}",
        206,
        "seccompProfile.type: Required value: type is required when seccompProfile is set",
        "name: one, image: i:1, securityContext: {seccompProfile: {type: RuntimeDefault}}",
    ),
    (
        "name: one, image: i:1, securityContext: {seccompProfile: {type: Localhost}}",
        206,
        "localhostProfile: Required value: must be set when seccomp type is Localhost",
        "name: one, image: i:1, securityContext: {seccompProfile: {type: Localhost, localhostProfile: a}}",
    ),
    (
        "name: one, image: i:1, volumeMounts: [{name: data, mountPath: /x, mountPropagation: none}]",
        206,
        "volumeMounts[3].mountPropagation: Unsupported value: \"none\"",
        "name: one, image: i:1, volumeMounts: [{name: data, mountPath: /x, mountPropagation: None}]",
    ),
    (
        "name: reader, image: i:1",
        129,
        "initContainers[1].name: Duplicate value: \"reader\"",
        "name: readers, image: i:1",
    ),
    (
        "name: status-writer, image: i:1",
        129,
        "Duplicate value: \"status-writer\"",
        "name: status-write, image: i:1",
    ),
    (
        "name: work-writer, image: i:1",
        129,
        "initContainers[2].name: Duplicate value: \"work-writer\"",
        "name: work, image: i:1",
    ),
    (
        "name: One, image: i:1",
        129,
        "initContainers[1].name: Invalid value: \"One\": a lowercase RFC 1123 label",
        "name: one, image: i:1",
    ),
    ("image: i:1", 129, "initContainers[1].name: Required value", "name: one, image: i:1"),
    ("name: one", 206, "initContainers[1].image: Required value", "name: one, image: i:1"),
    (
        "name: one, image: ' i:1'",
        206,
        "must not have leading or trailing whitespace",
        "name: one, image: 'i:1'",
    ),
    (
        "name: one, image: i:1, imagePullPolicy: always",
        206,
        "imagePullPolicy: Unsupported value: \"always\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
        "name: one, image: i:1, imagePullPolicy: Always",
    ),
    (
        "name: one, image: 'acme/P:v1'",
        210,
        "Failed to apply default image tag \"acme/P:v1\": couldn't parse image name \"acme/P:v1\": invalid reference \
         format: repository name (acme/P) must be lowercase",
        "name: one, image: 'acme/p:v1'",
    ),
    (
        "name: one, image: '-x'",
        210,
        "couldn't parse image name \"-x\": invalid reference format",
        "name: one, image: 'x:1'",
    ),
    ("name: one, image: i", 148, "ErrImagePull", "name: one, image: i, imagePullPolicy: IfNotPresent"),
    ("name: one, image: 'r:5000/i:latest'", 148, "ErrImagePull", "name: one, image: 'r:5000/i:1'"),
    (
        "name: one, image: i:1, env: [{name: '', value: a}]",
        206,
        "env[11].name: Required value",
        "name: one, image: i:1, env: [{name: A}]",
    ),
    (
        "name: one, image: i:1, env: [{name: A=B}]",
        206,
        "env[11].name: Invalid value: \"A=B\"",
        "name: one, image: i:1, env: [{name: A.B}]",
    ),
    (
        "name: one, image: i:1, env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.foo}}}]",
        206,
        "env[11].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.foo\": error converting fieldPath: field label not \
         supported: spec.foo",
        "name: one, image: i:1, env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['a']\"}}}]",
    ),
    (
        "name: one, image: i:1, env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.gpu}}}]",
        206,
        "env[11].valueFrom.resourceFieldRef.resource: Unsupported value: \"limits.gpu\": supported values: \"limits.cpu\"",
        "name: one, image: i:1, env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]",
    ),
    (
        "name: one, image: i:1, env: [{name: A, valueFrom: {secretKeyRef: {name: x}}}]",
        206,
        "env[11].valueFrom.secretKeyRef.key: Required value",
        "name: one, image: i:1, env: [{name: A, valueFrom: {secretKeyRef: {name: x, key: k}}}]",
    ),
    (
        "name: one, image: i:1, env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
        206,
        "env[11].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty",
        "name: one, image: i:1, env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
    ),
    (
        "name: one, image: i:1, envFrom: [{prefix: A}]",
        206,
        "envFrom[0]: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`",
        "name: one, image: i:1, envFrom: [{prefix: A, secretRef: {name: s}}]",
    ),
    (
        "name: one, image: i:1, envFrom: [{secretRef: {}}]",
        206,
        "envFrom[0].secretRef.name: Required value",
        "name: one, image: i:1, envFrom: [{secretRef: {name: s}}]",
    ),
    (
        "name: one, image: i:1, volumeMounts: [{name: vol, mountPath: /x}]",
        206,
        "volumeMounts[3].name: Not found: \"vol\"",
        "name: one, image: i:1, volumeMounts: [{name: data, mountPath: /x}]",
    ),
    (
        "name: one, image: i:1, volumeMounts: [{name: data, mountPath: /kratix/output}]",
        130,
        "volumeMounts[3].mountPath: Invalid value: \"/kratix/output\": must be unique",
        "name: one, image: i:1, volumeMounts: [{name: data, mountPath: /kratix/output/}]",
    ),
    (
        "name: one, image: i:1, volumeMounts: [{name: data, mountPath: /x, subPath: ../y}]",
        206,
        "volumeMounts[3].subPath: Invalid value: \"../y\": must not contain '..'",
        "name: one, image: i:1, volumeMounts: [{name: data, mountPath: /x, subPath: ..y}]",
    ),
    (
        "name: one, image: i:1, resources: {requests: {cpu: 2}, limits: {cpu: 1}}",
        206,
        "resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1",
        "name: one, image: i:1, resources: {requests: {cpu: 1000m}, limits: {cpu: 1}}",
    ),
    (
        "name: one, image: i:1, resources: {limits: {mem: 1Gi}}",
        206,
        "must be a standard resource for containers",
        "name: one, image: i:1, resources: {limits: {memory: 1Gi}}",
    ),
    (
        "name: one, image: i:1, securityContext: {runAsUser: -1}",
        206,
        "runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
        "name: one, image: i:1, securityContext: {runAsUser: 0}",
    ),
    (
        "name: one, image: i:1, securityContext: {privileged: true, allowPrivilegeEscalation: false}",
        206,
        "cannot set `allowPrivilegeEscalation` to false",
        "name: one, image: i:1, securityContext: {privileged: true}",
    ),
    (
        "name: one, image: i:1, workingDir: /x",
        121,
        "failed parsing resource.configure pipeline: failed unmarshalling pipeline setup: json: unknown field \"workingDir\"",
        "name: one, image: i:1, command: [sh]",
    ),
    (
        "name: one, image: i:1, env: [{name: A, value: 8080}]",
        122,
        "json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string",
        "name: one, image: i:1, env: [{name: A, value: '8080'}]",
    ),
];

#[test]
fn what_a_container_is_refused_for() {
    for (bad, code, text, good) in CONTAINERS {
        let spec = |container: &str| format!("{{volumes: [{{name: data}}], containers: [{{{container}}}]}}");
        let found = said(&spec(bad));
        assert_eq!(found.len(), 1, "{bad}: {found:?}");
        assert_eq!(found[0].0, *code, "{bad}");
        assert!(found[0].1.contains(text), "{bad}: {}", found[0].1);
        assert_eq!(said(&spec(good)), [], "{good}");
    }
}

/// A pipeline's spec, the finding, what is said, and a near miss.
const PIPELINES: &[(&str, u16, &str, &str)] = &[
    (
        "{tolerations: [{key: a, operator: Exists, value: b}]}",
        206,
        "tolerations[0].operator: Invalid value: value must be empty when `operator` is 'Exists'",
        "{tolerations: [{key: a, value: b}]}",
    ),
    (
        "{tolerations: [{key: a, value: b, tolerationSeconds: 5}]}",
        206,
        "tolerations[0].effect: Invalid value: \"\": effect must be 'NoExecute' when `tolerationSeconds` is set",
        "{tolerations: [{key: a, value: b, tolerationSeconds: 5, effect: NoExecute}]}",
    ),
    (
        "{volumes: [{name: a, secret: {secretName: s, defaultMode: 777}}]}",
        206,
        "volumes[4].secret.defaultMode: Invalid value: 777: must be a number between 0 and 0777 (octal), both inclusive",
        "{volumes: [{name: a, secret: {secretName: s, defaultMode: 0777}}]}",
    ),
    (
        "{restartPolicy: Always}",
        131,
        "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"",
        "{restartPolicy: Never}",
    ),
    (
        "{restartPolicy: never}",
        131,
        "restartPolicy: Unsupported value: \"never\"",
        "{restartPolicy: OnFailure}",
    ),
    (
        "{volumes: [{name: shared-output}]}",
        130,
        "spec.template.spec.volumes[4].name: Duplicate value: \"shared-output\"",
        "{volumes: [{name: shared}]}",
    ),
    (
        "{volumes: [{name: promise-scheduling}]}",
        130,
        "volumes[4].name: Duplicate value: \"promise-scheduling\"",
        "{volumes: [{name: scheduling}]}",
    ),
    (
        "{volumes: [{name: a}, {name: a}]}",
        130,
        "volumes[5].name: Duplicate value: \"a\"",
        "{volumes: [{name: a}, {name: b}]}",
    ),
    (
        "{volumes: [{name: A}]}",
        206,
        "volumes[4].name: Invalid value: \"A\": a lowercase RFC 1123 label",
        "{volumes: [{name: a}]}",
    ),
    (
        "{volumes: [{name: a, secret: {}}]}",
        206,
        "volumes[4].secret.secretName: Required value",
        "{volumes: [{name: a, secret: {secretName: s}}]}",
    ),
    (
        "{volumes: [{name: a, emptyDir: {}, secret: {secretName: s}}]}",
        206,
        "volumes[4].secret: Forbidden: may not specify more than 1 volume type",
        "{volumes: [{name: a, emptyDir: {}, secret: null}]}",
    ),
    (
        "{nodeSelector: {a b: c}}",
        206,
        "spec.template.spec.nodeSelector: Invalid value: \"a b\": name part must consist of",
        "{nodeSelector: {a.b/c: d}}",
    ),
    (
        "{tolerations: [{key: a, operator: exists}]}",
        206,
        "spec.template.spec.tolerations[0].operator: Unsupported value: \"exists\": supported values: \"Equal\", \"Exists\"",
        "{tolerations: [{key: a, operator: Exists, effect: NoExecute}]}",
    ),
    (
        "{jobOptions: {backoffLimit: -1}}",
        206,
        "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0",
        "{jobOptions: {backoffLimit: 0}}",
    ),
    (
        "{rbac: {serviceAccount: Mine}}",
        206,
        "serviceAccountName: Invalid value: \"Mine\"",
        "{rbac: {serviceAccount: mine}}",
    ),
    (
        "{containers: [{name: a, image: i:1}, {name: a, image: i:1}]}",
        129,
        "initContainers[2].name: Duplicate value: \"a\"",
        "{containers: [{name: a, image: i:1}, {name: b, image: i:1}]}",
    ),
];

#[test]
fn what_a_pipeline_is_refused_for() {
    for (bad, code, text, good) in PIPELINES {
        let found = said(bad);
        assert_eq!(found.len(), 1, "{bad}: {found:?}");
        assert_eq!(found[0].0, *code, "{bad}");
        assert!(found[0].1.contains(text), "{bad}: {}", found[0].1);
        assert_eq!(said(good), [], "{good}");
    }
}

#[test]
fn a_job_that_is_refused_is_said_in_the_webhooks_words() {
    assert_eq!(
        said("{containers: [{name: reader, image: i:1}]}")[0].1,
        "resource.configure pipeline with name setup failed to generate Job definition: \n\
         Job.batch \"kratix-mypromise-webhook-dry-run-setup-00000\" is invalid: \
         spec.template.spec.initContainers[1].name: Duplicate value: \"reader\""
    );
}

#[test]
fn a_delete_workflow_has_no_work_writer_and_no_scheduling() {
    let spec = "{volumes: [{name: promise-scheduling}], containers: [{name: work-writer, image: i:1}]}";
    assert_eq!(said_in("resource/delete", spec), []);
    assert_eq!(
        said("{volumes: [{name: promise-scheduling}], containers: [{name: work-writer, image: i:1}]}").len(),
        2
    );
    let shared = said_in("promise/delete", "{volumes: [{name: shared-input}]}");
    assert!(shared[0].1.contains("volumes[3].name"), "{}", shared[0].1);
}

/// Test vector 17.
#[test]
fn two_pipelines_of_a_workflow_need_two_names() {
    let foo = || pipeline("{name: foo}", "{}");
    let found = problems(&workflow("resource/configure", &[foo(), foo()]));
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].text,
        "duplicate pipeline name \"foo\" in workflow \"resource\" action \"configure\""
    );
    let both = format!(
        "{API}  workflows: {{resource: {{configure: [{}]}}, promise: {{configure: [{}]}}}}\n",
        foo(),
        foo()
    );
    assert_eq!(problems(&promise(&both)), []);
}

/// Test vector 18.
#[test]
fn names_may_be_60_long_together_and_not_61() {
    let length = 60 - "mypromise-resource-configure-".len();
    let named = |length| {
        problems(&workflow(
            "resource/configure",
            &[pipeline(&format!("{{name: {}}}", "a".repeat(length)), "{}")],
        ))
    };
    assert_eq!(named(length), []);
    let found = named(length + 1);
    let name = "a".repeat(length + 1);
    assert_eq!(
        found[0].text,
        format!(
            "resource.configure pipeline with name \"{name}\" is too long. The name is used when generating resources for the \
             pipeline,including the ServiceAccount which follows the format of \"mypromise-resource-configure-{name}\", which \
             cannot be longer than 60 characters in total"
        )
    );
    assert_eq!((found.len(), found[0].code), (1, 125));
}

/// Test vector 20.
#[test]
fn labels_of_a_pipeline_must_be_labels() {
    let labelled = |labels: &str| {
        problems(&workflow(
            "resource/configure",
            &[pipeline(&format!("{{name: a, labels: {labels}}}"), "{}")],
        ))
    };
    let value = labelled("{labelKey: a bad label}");
    assert!(
        value[0].text.starts_with(
            "invalid label value \"a bad label\" for key \"labelKey\" in workflow \"resource\" action \"configure\": a valid label must"
        ),
        "{}",
        value[0].text
    );
    let key = labelled("{invalid key: value}");
    let start = "invalid label key \"invalid key\" in workflow \"resource\" action \"configure\": name part must consist of";
    assert!(key[0].text.starts_with(start), "{}", key[0].text);
    assert_eq!(labelled("{acme.io/team: a_b}"), []);
}

/// Test vector 21.
#[test]
fn an_api_must_be_namespaced() {
    assert_eq!(
        said_of_api("scope: Namespaced", "scope: Cluster"),
        [(
            127,
            "promise api needs to be namespace scoped; spec.api.spec.scope cannot be: Cluster".to_owned()
        )]
    );
}

/// Test vector 22.
#[test]
fn the_reconciliation_interval_is_at_least_a_minute() {
    let spec = |value: &str| {
        problems(&promise(&format!("  workflows: {{config: {{reconciliationInterval: '{value}'}}}}\n")))
    };
    for good in ["1m", "60s", "1h30m"] {
        assert_eq!(spec(good), [], "{good}");
    }
    for (bad, printed) in [("59s", "59s"), ("0", "0s"), ("-1m", "-1m0s")] {
        assert_eq!(
            spec(bad)[0].text,
            format!(
                "spec.workflows.config.reconciliationInterval: Invalid value: \"{printed}\": must be at least 1m0s"
            )
        );
    }
    assert_eq!(spec("1d")[0].text, "time: unknown unit \"d\" in duration \"1d\"");
    let annotated = |value: &str| {
        problems(&promise("  {}\n").replace(
            "{name: mypromise}",
            &format!("{{name: mypromise, annotations: {{kratix.io/reconciliation-interval: {value}}}}}"),
        ))
    };
    assert_eq!(
        annotated("30s")[0].text,
        "metadata.annotations[kratix.io/reconciliation-interval]: Invalid value: \"30s\": must be at least 1m0s"
    );
    assert!(annotated("soon")[0].text.ends_with("must be a valid duration"));
    assert_eq!(annotated("2m"), []);
}

#[test]
fn a_resource_workflow_needs_an_api_and_a_promise_workflow_does_not() {
    let one = pipeline("{name: a}", "{}");
    let found = problems(&promise(&format!("  workflows: {{resource: {{configure: [{one}]}}}}\n")));
    assert_eq!((found.len(), found[0].code), (1, 128));
    assert_eq!(found[0].text, "failed to generate pipeline resources promise does not contain an API");
    assert_eq!(problems(&promise(&format!("  workflows: {{promise: {{configure: [{one}]}}}}\n"))), []);
}

#[test]
fn only_the_first_delete_pipeline_would_run() {
    let two = [pipeline("{name: a}", "{}"), pipeline("{name: b}", "{}")];
    let found = problems(&workflow("resource/delete", &two));
    assert_eq!((found.len(), found[0].code), (1, 133));
    assert_eq!(problems(&workflow("resource/configure", &two)), []);
}

#[test]
fn a_pipeline_needs_a_name_that_kubernetes_takes() {
    for metadata in ["{name: Setup}", "{}", "{name: a_b}"] {
        let found = problems(&workflow("resource/configure", &[pipeline(metadata, "{}")]));
        assert_eq!((found.len(), found[0].code), (1, 206), "{metadata}");
        assert!(
            found[0].text.contains("spec.template.spec.serviceAccountName: Invalid value"),
            "{}",
            found[0].text
        );
    }
}

/// What of an API is replaced, by what, and what is said.
const APIS: &[(&str, &str, &str)] = &[
    (
        "name: redises.acme.io",
        "name: redis.acme.io",
        "metadata.name: Invalid value: \"redis.acme.io\": must be spec.names.plural+\".\"+spec.group",
    ),
    ("kind: Redis, ", "", "spec.names.kind: Required value"),
    (
        "scope: Namespaced",
        "scope: namespaced",
        "spec.scope: Unsupported value: \"namespaced\": supported values: \"Cluster\", \"Namespaced\"",
    ),
    ("storage: true", "storage: false", "must have exactly one version marked as storage version"),
    ("name: v1", "name: V1", "spec.versions[0].name: Invalid value: \"V1\""),
    (
        "        schema: {openAPIV3Schema",
        "        x: {openAPIV3Schema",
        "spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required",
    ),
    (
        "{openAPIV3Schema: {type: object, ",
        "{openAPIV3Schema: {",
        "spec.validation.openAPIV3Schema.type: Required value: must not be empty at the root",
    ),
    (
        "spec: {type: object, ",
        "spec: {",
        "spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields",
    ),
    (
        "{type: integer}",
        "{type: int}",
        "properties[spec].properties[size].type: Unsupported value: \"int\": supported values: \"array\", \"boolean\"",
    ),
    ("{type: integer}", "{type: array}", "properties[size].items: Required value: must be specified"),
    (
        "{type: integer}",
        "{type: array, items: {}}",
        "properties[size].items.type: Required value: must not be empty for specified array items",
    ),
    (
        "{type: integer}",
        "{type: array, uniqueItems: true, items: {type: string}}",
        "properties[size].uniqueItems: Forbidden",
    ),
    (
        "{type: integer}",
        "{type: string, pattern: '(?!a)'}",
        "properties[size].pattern: Invalid value: \"(?!a)\": must be a valid regular expression, but isn't",
    ),
    (
        "{type: integer}",
        "{type: string, x-kubernetes-validations: [{rule: self != ''}, {message: bad}]}",
        "properties[size].x-kubernetes-validations[1].rule: Required value: rule is not specified",
    ),
    (
        "{type: integer}",
        "{type: integer, default: big}",
        "properties[size].default: Invalid value: \"string\":  in body must be of type integer: \"string\"",
    ),
    (
        "{type: integer}",
        "{type: object, additionalProperties: false}",
        "properties[size].additionalProperties: Forbidden: additionalProperties cannot be set to false",
    ),
    ("{type: integer}", "{$ref: x, type: string}", "properties[size].$ref: Forbidden: $ref is not supported"),
];

#[test]
fn what_an_api_is_refused_for() {
    for (old, new, text) in APIS {
        let found: Vec<_> = said_of_api(old, new).into_iter().filter(|(code, _)| *code == 201).collect();
        assert_eq!(found.len(), 1, "{new}: {found:?}");
        let start = "invalid CRD: CustomResourceDefinition.apiextensions.k8s.io \"redis";
        assert!(found[0].1.starts_with(start) && found[0].1.contains(text), "{new}: {}", found[0].1);
    }
    for fine in [
        "{x-kubernetes-int-or-string: true}",
        "{type: integer, default: 3}",
        "{x-kubernetes-preserve-unknown-fields: true}",
    ] {
        assert_eq!(said_of_api("{type: integer}", fine), [], "{fine}");
    }
}

#[test]
fn a_version_that_is_not_stored_needs_properties() {
    let second = |schema: &str| {
        let api = format!("{API}      - {{name: v2, served: true, schema: {{openAPIV3Schema: {schema}}}}}\n");
        problems(&promise(&api))
    };
    let found = second("{type: object}");
    assert_eq!((found.len(), found[0].code), (1, 201));
    assert!(found[0].text.contains("assignment to entry in nil map"), "{}", found[0].text);
    assert_eq!(second("{type: object, properties: {}}"), []);
    let wrong = second("{type: object, properties: {spec: {}}}");
    assert!(
        wrong[0]
            .text
            .contains("spec.versions[1].schema.openAPIV3Schema.properties[spec].type: Required value")
    );
}

#[test]
fn what_is_dropped_without_a_word_is_said() {
    let found = problems(&promise("  workflow: {}\n"));
    assert_eq!((found.len(), found[0].code, found[0].at), (1, 203, Position { line: 5, column: 3 }));
    assert_eq!(found[0].text, "unknown field \"spec.workflow\"");
    assert!(found[0].hint.as_deref().expect("a hint").starts_with("did you mean workflows?"));
    let schema = problems(&promise(&API.replace("{type: integer}", "{type: integer, minimun: 1}")));
    assert_eq!(
        schema[0].text,
        "unknown field \"spec.api.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.size.minimun\""
    );
    assert!(schema[0].hint.as_deref().expect("a hint").starts_with("did you mean minimum?"));
    let twice = problems(&promise("  workflows: {}\n  workflows: {}\n"));
    assert_eq!((twice[0].code, twice[0].at), (207, Position { line: 6, column: 3 }));
}

#[test]
fn everything_is_listed_and_not_only_the_first() {
    let bad = pipeline(
        "{name: Setup, labels: {a: 'b c'}}",
        "{restartPolicy: Always, containers: [{name: reader, workingDir: x}]}",
    );
    let text = workflow("resource/configure", &[bad]).replace("scope: Namespaced", "scope: Cluster");
    let mut codes: Vec<_> = problems(&text).iter().map(|problem| problem.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [121, 127, 129, 131, 205, 206, 206]);
}

#[test]
fn a_promise_needs_a_name() {
    let named = |metadata: &str| problems(&promise("  {}\n").replace("{name: mypromise}", metadata));
    assert!(named("{}")[0].text.ends_with("metadata.name: Required value: name or generateName is required"));
    assert!(
        named("{name: My}")[0]
            .text
            .contains("metadata.name: Invalid value: \"My\": a lowercase RFC 1123 subdomain")
    );
    assert_eq!(named("{name: my.promise}"), []);
}

proptest! {
    #[test]
    fn no_yaml_makes_it_panic(text in "[-a:?{}\\[\\], \\n0-9]{0,60}") {
        for start in ["  ", "  api: ", "  workflows: ", "  api: {spec: {versions: [{schema: {openAPIV3Schema: "] {
            if let Ok(promise) = Promise::read(&Source::new("p.yaml", &promise(&format!("{start}{text}\n")))) {
                check(&promise);
            }
        }
    }

    #[test]
    fn no_pipeline_makes_it_panic(text in "[-a:?{}\\[\\], 0-9]{0,40}", field in prop::sample::select(vec!["env", "envFrom", "volumeMounts", "resources", "securityContext", "name"])) {
        let spec = format!("{{volumes: [{text}], containers: [{{{field}: {text}}}]}}");
        let text = workflow("resource/configure", &[pipeline("{name: a}", &spec)]);
        if let Ok(promise) = Promise::read(&Source::new("p.yaml", &text)) {
            check(&promise);
        }
    }
}

#[test]
fn a_dependency_without_a_kind_cannot_be_read() {
    let dependencies = |items: &str| problems(&promise(&format!("  dependencies: {items}\n")));
    let found = dependencies("[{apiVersion: v1, kind: Namespace}, {metadata: {name: x}}]");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text, "Object 'Kind' is missing in '{\"metadata\":{\"name\":\"x\"}}'");
    assert_eq!(found[0].path.to_string(), "spec.dependencies[1]");
    assert_eq!(dependencies("[{apiVersion: v1, kind: Namespace}]"), []);
}

/// What is said of a Promise with this in its metadata, beside its name.
fn said_of_metadata(metadata: &str) -> Vec<(u16, String, usize)> {
    let text = promise("  {}\n").replace("name: mypromise", &format!("name: mypromise, {metadata}"));
    let found = problems(&text).into_iter();
    found.map(|problem| (problem.code, problem.text, problem.at.line)).collect()
}

#[test]
fn labels_and_annotations_of_the_promise_itself_must_be_such() {
    for (bad, text, good) in [
        (
            "labels: {a: 1}",
            "Promise in version \"v1alpha1\" cannot be handled as a Promise: json: cannot unmarshal number into Go struct \
             field ObjectMeta.metadata.labels of type string",
            "labels: {a: '1'}",
        ),
        (
            "annotations: {a: true}",
            "field ObjectMeta.metadata.annotations of type string",
            "annotations: {a: 'b c'}",
        ),
        (
            "labels: {a: b c}",
            "Promise.platform.kratix.io \"mypromise\" is invalid: metadata.labels: Invalid value: \"b c\": a valid label",
            "labels: {a: b_c}",
        ),
        ("labels: {a b: c}", "metadata.labels: Invalid value: \"a b\": name part must", "labels: {a/b: c}"),
        ("annotations: {a b: c}", "metadata.annotations: Invalid value: \"a b\"", "annotations: {A.b/c: d}"),
    ] {
        let found = said_of_metadata(bad);
        assert_eq!(found.len(), 1, "{bad}: {found:?}");
        assert!(found[0].0 == 202 && found[0].1.contains(text) && found[0].2 == 3, "{bad}: {found:?}");
        assert_eq!(said_of_metadata(good), [], "{good}");
    }
}

#[test]
fn destination_selectors_of_the_promise_must_be_labels() {
    let said = |selectors: &str| problems(&promise(&format!("  destinationSelectors:\n{selectors}")));
    let found = said("  - matchLabels: {env: dev}\n  - matchLabels: {env: a b, zone: a b}\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].code, found[0].at.line), (137, 7));
    assert_eq!(
        found[0].text,
        "Failed to schedule or update for workloadGroups: [5058f1af8388633f609cadb75a75dc9d]"
    );
    assert!(found[0].hint.as_deref().is_some_and(|hint| hint.contains("value \"a b\" of zone")), "{found:?}");
    let found = said("  - matchLabels: {a b: c}\n");
    assert!(found[0].hint.as_deref().is_some_and(|hint| hint.contains("key \"a b\"")), "{found:?}");
    assert_eq!(said("  - matchLabels: {a.b/c: d_e}\n"), []);
}
