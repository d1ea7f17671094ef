//! The traps that the platform refuses when a Promise or a request is applied. `check` finds them without an engine.

use crate::case::{Case, Ran};

/// A Promise of one container with a part of it replaced.
fn with(from: &str, to: &str) -> Case {
    Case::stage("true").edit("promise.yaml", from, to)
}

/// A Promise whose only container has this field, too.
fn field(text: &str) -> Case {
    with("image: busybox:1.36", &format!("image: busybox:1.36\n            {text}"))
}

/// A Promise whose only pipeline has this beside its containers.
fn beside(text: &str) -> Case {
    with("          containers:", &format!("          {text}\n          containers:"))
}

fn check(case: &Case) -> Ran {
    case.run(&["check", "--host", "unix:///nowhere/docker.sock"])
}

/// The platform refuses it, in these words about this place.
#[track_caller]
fn refused(case: &Case, code: &str, text: &str, place: &str) -> Ran {
    check(case).exits(1).says(&format!("error {code} ")).says(text).says(&format!("{place}\n"))
}

/// The platform does something otherwise than the author means.
#[track_caller]
fn warned(case: &Case, code: &str, text: &str, place: &str) -> Ran {
    check(case).exits(0).says(&format!("warning {code} ")).says(text).says(&format!("{place}\n"))
}

#[track_caller]
fn silent(case: &Case, code: &str) {
    check(case).exits(0).does_not_say(code);
}

#[test]
fn t21_a_field_that_a_container_does_not_have() {
    let text = "failed parsing resource.configure pipeline: failed unmarshalling pipeline setup: json: unknown field \
                \"workingDir\"";
    refused(&field("workingDir: /x"), "KT121", text, "promise.yaml:40:13");
    silent(&field("ImagePullPolicy: Never"), "KT121");
}

#[test]
fn an_image_whose_name_nobody_can_pull() {
    let text = "couldn't parse image name \"acme/P:v1\": invalid reference format: repository name (acme/P) must be \
                lowercase";
    refused(&with("image: busybox:1.36", "image: acme/P:v1"), "KT210", text, "promise.yaml:39:13");
    silent(&with("image: busybox:1.36", "image: localhost:5000/acme/p_x.y:V1"), "KT210");
}

#[test]
fn t22_a_value_without_quotes() {
    let text = "failed unmarshalling pipeline setup: json: cannot unmarshal number into Go struct field \
                EnvVar.spec.containers.env.value of type string";
    refused(&field("env: [{name: PORT, value: 8080}]"), "KT122", text, "promise.yaml:40:39");
    let text =
        "json: cannot unmarshal bool into Go struct field EnvVar.spec.containers.env.value of type string";
    refused(&field("env: [{name: DEBUG, value: yes}]"), "KT122", text, "promise.yaml:40:40");
    silent(&field("env: [{name: PORT, value: '8080'}, {name: NONE, value: null}]"), "KT122");
}

#[test]
fn t23_a_pipeline_of_the_wrong_kind_or_version() {
    let text = "failed parsing resource.configure pipeline: unsupported pipeline \"setup\" with APIVersion \
                \"ConfigMap/platform.kratix.io/v1alpha1\"";
    refused(&with("kind: Pipeline", "kind: ConfigMap"), "KT123", text, "promise.yaml:33:15");
    let text = "unsupported pipeline \"setup\" with APIVersion \"Pipeline/v1\"";
    let version = "- apiVersion: platform.kratix.io/v1alpha1";
    refused(&with(version, "- apiVersion: v1"), "KT123", text, "promise.yaml:32:21");
    silent(&with("kind: Pipeline", "kind: \"Pipeline\""), "KT123");
}

#[test]
fn t24_a_pipeline_without_a_kind() {
    let text = "Object 'Kind' is missing in '{\"apiVersion\":\"platform.kratix.io/v1alpha1\"";
    refused(&with("        kind: Pipeline\n", ""), "KT124", text, "promise.yaml:32:9");
    let at_the_end = with("        kind: Pipeline\n", "").edit(
        "promise.yaml",
        "setup\n",
        "setup\n        kind: Pipeline\n",
    );
    silent(&at_the_end, "KT124");
}

#[test]
fn t25_names_that_are_too_long_together() {
    let named = |name: &str| with("name: setup", &format!("name: {name}"));
    let long = "p".repeat(60 - "thing-resource-configure-".len() + 1);
    let text = format!(
        "resource.configure pipeline with name \"{long}\" is too long. The name is used when generating resources for \
         the pipeline,including the ServiceAccount which follows the format of \"thing-resource-configure-{long}\", \
         which cannot be longer than 60 characters in total"
    );
    refused(&named(&long), "KT125", &text, "promise.yaml:35:11");
    silent(&named(&long[1..]), "KT125");
}

#[test]
fn t26_two_pipelines_of_one_name() {
    let text = "duplicate pipeline name \"setup\" in workflow \"resource\" action \"configure\"";
    let setup = ("setup", "true");
    refused(
        &Case::pipelines(&[("resource/configure", &[setup, setup])]),
        "KT126",
        text,
        "promise.yaml:44:11",
    );
    silent(&Case::pipelines(&[("resource/configure", &[setup]), ("resource/delete", &[setup])]), "KT126");
}

#[test]
fn t27_an_api_of_the_whole_cluster() {
    let text = "promise api needs to be namespace scoped; spec.api.spec.scope cannot be: Cluster";
    refused(&with("scope: Namespaced", "scope: Cluster"), "KT127", text, "promise.yaml:14:7");
    silent(&with("scope: Namespaced", "scope: \"Namespaced\""), "KT127");
}

#[test]
fn t28_a_resource_workflow_without_an_api() {
    let without_api = |workflow| {
        let case = Case::pipelines(&[(workflow, &[("setup", "true")])]).remove("request.yaml");
        let promise = case.read("promise.yaml");
        let (head, rest) = promise.split_once("  api:\n").expect("an API");
        let workflows = &rest[rest.find("  workflows:").expect("workflows")..];
        case.file("promise.yaml", &format!("{head}{workflows}"))
    };
    let text = "failed to generate pipeline resources promise does not contain an API";
    refused(&without_api("resource/configure"), "KT128", text, "promise.yaml:8:7");
    silent(&without_api("promise/configure"), "KT128");
}

#[test]
fn t29_names_of_containers() {
    let text = "resource.configure pipeline with name setup failed to generate Job definition: \nJob.batch \
                \"kratix-thing-webhook-dry-run-setup-";
    let named = |name: &str| with("- name: stage", &format!("- name: {name}"));
    let duplicate = "spec.template.spec.initContainers[1].name: Duplicate value: \"reader\"";
    refused(&named("reader"), "KT129", duplicate, "promise.yaml:38:13")
        .says(text.lines().next().expect("a line"));
    for name in ["work-writer", "status-writer"] {
        refused(&named(name), "KT129", &format!("Duplicate value: \"{name}\""), "promise.yaml:38:13");
    }
    let twice = Case::stage("true").then("stage", "true");
    refused(&twice, "KT129", "initContainers[2].name: Duplicate value: \"stage\"", "promise.yaml:41:13");
    refused(&named("Stage"), "KT129", "a lowercase RFC 1123 label must consist of", "promise.yaml:38:13");
    silent(&named("readers"), "KT129");
}

#[test]
fn t30_volumes_and_mounts_of_kratix() {
    let volume = |name: &str| beside(&format!("volumes: [{{name: {name}, emptyDir: {{}}}}]"));
    let text = "Duplicate value: \"shared-output\"";
    refused(&volume("shared-output"), "KT130", text, "promise.yaml:37:22");
    silent(&volume("output"), "KT130");
    let mount = |path: &str| {
        let mount = format!("volumeMounts: [{{name: own, mountPath: {path}}}]");
        volume("own").edit(
            "promise.yaml",
            "image: busybox:1.36",
            &format!("image: busybox:1.36\n            {mount}"),
        )
    };
    let text = "mountPath: Invalid value: \"/kratix/output\": must be unique";
    refused(&mount("/kratix/output"), "KT130", text, "promise.yaml:41:40");
    silent(&mount("/kratix/output/sub"), "KT130");
}

#[test]
fn t31_a_restart_policy_of_always() {
    let text = "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"";
    refused(&beside("restartPolicy: Always"), "KT131", text, "promise.yaml:37:11");
    silent(&beside("restartPolicy: Never"), "KT131");
}

#[test]
fn t33_a_second_delete_pipeline() {
    let text = "multiple delete pipelines found; only the first will be used";
    let (one, two) = (("one", "true"), ("two", "true"));
    warned(&Case::pipelines(&[("resource/delete", &[one, two])]), "KT133", text, "promise.yaml:41:9");
    silent(&Case::pipelines(&[("resource/delete", &[one]), ("promise/delete", &[two])]), "KT133");
}

#[test]
fn t35_fields_that_the_api_does_not_have() {
    let extra = |field: &str| {
        Case::stage("true").edit("request.yaml", "  replicas: 2", &format!("  replicas: 2\n  {field}"))
    };
    warned(&extra("colour: red"), "KT135", "spec.colour", "request.yaml:7:3");
    silent(&extra("size: large"), "KT135");
}

#[test]
fn t45_a_request_with_a_long_name() {
    let named = |length| {
        Case::stage("true").edit("request.yaml", "name: example", &format!("name: {}", "n".repeat(length)))
    };
    let text = "metadata.name: Too long: may not be more than 63 bytes";
    refused(&named(64), "KT145", text, "request.yaml:4:3");
    silent(&named(63), "KT145");
}

#[test]
fn t48_an_image_of_the_newest_version() {
    for image in ["busybox", "busybox:latest"] {
        warned(&with("busybox:1.36", image), "KT148", "ErrImagePull", "promise.yaml:39:13");
    }
    silent(&with("busybox:1.36", "registry:5000/busybox:1"), "KT148");
}
