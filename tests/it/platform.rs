//! What settings say about the platform that is not there: Secrets and ConfigMaps, its defaults, Destinations; about
//! single stages; and what is made of findings.

use crate::case::{Case, REQUEST};

const CONTAINER: &str = "image: busybox:1.36";

/// A stage with this beside its image.
fn stage_with(script: &str, field: &str) -> Case {
    Case::stage(script).edit("promise.yaml", CONTAINER, &format!("{CONTAINER}\n            {field}"))
}

#[test]
fn a_reference_to_what_is_not_there_is_an_error_that_names_it() {
    let env = "env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: api, key: token}}}]";
    let case = stage_with("echo never", env).test("a").file("test/a/output/.gitkeep", "");
    let ran = case.run(&["run"]).exits(1).does_not_say("never");
    ran.says("the pod would wait for ever")
        .says("secret \"api\" not found")
        .says("promise.yaml:40:19")
        .says("hint: ")
        .says("objects:");
    // There, but without the key, or in another namespace.
    let secret = |namespace: &str, key: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: api, namespace: {namespace}}}\nstringData: {{{key}: s3cr3t}}\n"
        )
    };
    let case = case.file("kratix-test.yaml", "objects: [cluster]\n");
    let case = case.file("cluster/secret.yaml", &secret("default", "tokn"));
    case.run(&["run"]).exits(1).says("couldn't find key token in Secret default/api").does_not_say("s3cr3t");
    let case = case.file("cluster/secret.yaml", &secret("team", "token"));
    case.run(&["run"]).exits(1).says("secret \"api\" not found").says("team");
    case.file("cluster/secret.yaml", &secret("default", "token")).run(&["run"]).exits(0);
}

#[test]
fn a_volume_of_what_is_not_there_is_an_error_that_names_it() {
    let case = Case::stage("cat /etc/own/key").edit(
        "promise.yaml",
        "          containers:",
        "          volumes: [{name: own, configMap: {name: settings}}]\n          containers:",
    );
    let case = case.edit(
        "promise.yaml",
        CONTAINER,
        &format!("{CONTAINER}\n            volumeMounts: [{{name: own, mountPath: /etc/own}}]"),
    );
    let ran = case.run(&["run"]).exits(1);
    ran.says("MountVolume.SetUp failed for volume \"own\" : configmap ")
        .says("\"settings\" not found")
        .says("promise.yaml:37:21")
        .says("put the ConfigMap settings into a file under `objects:` in kratix-test.yaml");
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {key: value}\n";
    case.file("settings.yaml", map)
        .file("kratix-test.yaml", "objects: [settings.yaml]\n")
        .run(&["run"])
        .exits(0);
}

#[test]
fn a_volume_that_only_a_cluster_has_needs_something_in_its_place() {
    let volumes =
        "          volumes: [{name: own, persistentVolumeClaim: {claimName: disk}}]\n          containers:";
    let case = stage_with("cat /data/a.txt", "volumeMounts: [{name: own, mountPath: /data}]");
    let case = case.edit("promise.yaml", "          containers:", volumes);
    let ran = case.run(&["run"]).exits(1).says("volume own can only be mounted in a cluster");
    ran.says("`volumes: [SOURCE:/data]`").does_not_say("wait for ever");
    let case = case.file("data/a.txt", "a\n").file("kratix-test.yaml", "volumes: ['data:/data:ro']\n");
    case.run(&["run"]).exits(0);
    case.remove("data").run(&["run"]).exits(1).says("[DIR]/data");
}

#[test]
fn the_values_of_secrets_and_of_our_environment_are_never_printed() {
    let env = "env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: api, key: token}}}]";
    let leaky =
        "set -x; echo \"the token is $TOKEN\"; echo \"$OURS\" | tee /kratix/output/a.txt; cat /etc/tls/key
echo \"token: $TOKEN\" > /kratix/output/a.yaml; echo \"message: $TOKEN\" > /kratix/metadata/status.yaml";
    let secrets = "apiVersion: v1\nkind: Secret\nmetadata: {name: api}\ndata: {token: bDBuZy1hbmQtcmFuZG9t}\n---\n\
                   apiVersion: v1\nkind: Secret\nmetadata: {name: tls}\nstringData: {key: \"-- first\\nc3rtificate\\n-- last\\n\"}\n";
    let case = |script: &str| {
        stage_with(script, &format!("{env}\n            volumeMounts: [{{name: tls, mountPath: /etc/tls}}]"))
            .edit(
                "promise.yaml",
                "          containers:",
                "          volumes: [{name: tls, secret: {secretName: tls}}]\n          containers:",
            )
            .file("secrets.yaml", secrets)
            .file("kratix-test.yaml", "objects: [secrets.yaml]\nenv: {OURS: {from: OUR_SECRET}}\n")
            .env("OUR_SECRET", "ours-and-n0body-elses")
            .test("a")
    };
    let fails = format!("{leaky}; exit 1");
    let runs: [(&str, &[&str]); 6] = [
        (leaky, &["run", "-v"]),
        (leaky, &["run", "-v", "--no-capture"]),
        (leaky, &["run", "-v", "--request", "request.yaml"]),
        (leaky, &["run", "-v", "--update"]),
        (&fails, &["run", "-v"]),
        (leaky, &["run", "-v", "--idempotent"]),
    ];
    for (script, arguments) in runs {
        let mut ran = case(script).run(arguments).says("the token is <masked>");
        for value in ["l0ng-and-random", "bDBuZy1hbmQtcmFuZG9t", "ours-and-n0body-else", "c3rtificate"] {
            ran = ran.does_not_say(value);
        }
    }
    let differs = case(leaky).file("test/a/output/a.yaml", "token: other\n").file("test/a/output/a.txt", "");
    differs.run(&["run"]).exits(1).says("expected  other").says("actual    <masked>");
    assert!(differs.read(".kratix-test/results/a/logs/01-stage.log").contains("the token is <masked>"));
}

#[test]
fn a_file_of_secrets_that_is_wrong_is_told_without_its_lines() {
    let case = Case::stage("true").test("a").file("kratix-test.yaml", "objects: [secrets.yaml]\n");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: api}\ndata: {token: hunter2!}\n";
    let case = case.file("secrets.yaml", secret);
    let ran = case.run(&["run"]).exits(1).says("secrets.yaml:4:15: data.token is not base64");
    ran.does_not_say("hunter2");
    let case = case.edit("secrets.yaml", "hunter2!}", "hunter2]");
    case.run(&["run"]).exits(1).says("secrets.yaml:4:").says("is not valid YAML").does_not_say("hunter2");
}

#[test]
fn the_platforms_own_defaults_are_taken_from_its_config_map() {
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kratix, namespace: kratix-platform-system}\ndata:\n  \
                  config: |\n    workflows:\n      defaultContainerSecurityContext: {runAsUser: 1234, runAsGroup: 56}\n      \
                  defaultContainerResources:\n        requests: {cpu: 10m, memory: 32Mi}\n        limits: {memory: 64Mi}\n";
    let setting = "kratix-config: platform/kratix.yaml\n";
    let case =
        |script| Case::stage(script).file("platform/kratix.yaml", config).file("kratix-test.yaml", setting);
    Case::stage("id").run(&["run", "-v"]).exits(0).says("uid=0");
    case("id").run(&["run", "-v"]).exits(0).says("uid=1234 gid=56");
    let greedy = "dd if=/dev/zero of=/dev/null bs=100M count=1";
    case(greedy).run(&["run"]).exits(1).says("its limit, 64 MiB (OOMKilled)");
    case(greedy).file("kratix-test.yaml", &format!("{setting}limits: none\n")).run(&["run"]).exits(0);
    // What the container says itself counts in their place, as a whole.
    let own = "securityContext: {runAsUser: 99}\n            resources: {requests: {cpu: 10m}}";
    let case = stage_with(&format!("id; {greedy}"), own).file("platform/kratix.yaml", config);
    case.file("kratix-test.yaml", setting).run(&["run", "-v"]).exits(0).says("uid=99 gid=0");
}

#[test]
fn destinations_say_where_the_output_goes() {
    let destination = |name: &str, labels: &str, more: &str| {
        format!(
            "apiVersion: platform.kratix.io/v1alpha1\nkind: Destination\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n\
             spec: {{path: {name}-path, stateStoreRef: {{name: s, kind: GitStateStore}}{more}}}\n---\n"
        )
    };
    let all = [
        destination("worker", "env: dev", ""),
        destination("platform", "env: platform", ", filepath: {mode: none}"),
        destination("other", "env: prod", ""),
    ];
    let script = "mkdir -p /kratix/output/foo; cd /kratix/output; echo 'a: 1' | tee a.yaml > foo/b.yaml
echo '[{matchLabels: {env: dev}}, {matchLabels: {env: platform}, directory: foo}]' > /kratix/metadata/destination-selectors.yaml";
    let case = Case::stage(script)
        .file("cluster/destinations.yaml", &all.concat())
        .file("kratix-test.yaml", "destinations: cluster\n");
    let ran = case.run(&["run", "-v"]).exits(0).does_not_say("other");
    ran.says("setup schedules")
        .says("on worker\n")
        .says("worker-path/resources/default/thing/example/setup/5058f/a.yaml")
        .says("on platform\n")
        .says("platform-path/foo/b.yaml")
        .says("reason: WorksSucceeded");
    let none = case.edit("cluster/destinations.yaml", "{env: dev}", "{env: qa}");
    none.run(&["run", "-v"])
        .exits(1)
        .says("error KT139 No matching destination found for workloadGroups: [5058f1af8388633f609cadb75a75dc9d]")
        .says("no Destination matches")
        .says("reason: WorksPending");
}

#[test]
fn settings_change_single_stages_and_every_report_says_so() {
    let case = Case::stage("echo never; exit 1")
        .then("second", "echo \"$GREETING $WHOM\" > /kratix/output/a.txt")
        .then("third", "echo never; exit 1")
        .then("fourth", "test -f /marker")
        .file("pipeline/Dockerfile", "FROM busybox:1.36\nRUN touch /marker\n")
        .file(
            "kratix-test.yaml",
            "env: {GREETING: hello, WHOM: world}\nstages:\n  stage: {skip: it needs the moon}\n  second: {env: {WHOM: moon}}\n  \
             third: {command: [sh, -c, 'echo done > /kratix/output/b.txt']}\n  fourth: {image: kratix-test-it/marked:dev}\n\
             images: {kratix-test-it/marked:dev: {context: pipeline}}\n",
        )
        .test("a")
        .file("test/a/output/a.txt", "hello moon\n")
        .file("test/a/output/b.txt", "done\n");
    let ran = case.run(&["run"]).exits(0).does_not_say("never");
    ran.says("stage stage is skipped: it needs the moon")
        .says("stage third is run with another image or command")
        .says("stage fourth is run with another image or command")
        .does_not_say("stage second is");
}

#[test]
fn the_image_of_a_skipped_stage_is_not_needed() {
    let case = Case::stage("true").edit("promise.yaml", "busybox:1.36", "registry.invalid/private:1");
    let case = case.file("kratix-test.yaml", "stages: {stage: {skip: its image is elsewhere}}\n");
    case.run(&["run"]).exits(0).says("its image is elsewhere").does_not_say("registry.invalid");
}

#[test]
fn findings_are_allowed_warned_of_or_errors_as_the_settings_say() {
    let case =
        Case::stage("echo a > /kratix/output/notes.txt").test("a").file("test/a/output/notes.txt", "a\n");
    let with = |case: Case, text: &str| case.file("kratix-test.yaml", text);
    case.run(&["run"]).exits(0).says("warning KT146 ");
    let case = with(case, "findings: {KT146: error}\n");
    case.run(&["run"]).exits(1).says("error KT146 ");
    let case = with(case, "findings: {KT146: allow, KT112: allow}\n");
    let ran = case.run(&["run"]).exits(0).does_not_say("KT146 ");
    ran.says("warning: thing: `findings:` allows KT112, which no test has found")
        .does_not_say("allows KT146");
    with(case, "findings: {KT999: allow}\n")
        .run(&["run"])
        .exits(2)
        .says("kratix-test.yaml:1:")
        .says("KT999 is not a code");
    let broken = Case::stage("echo '- a' > /kratix/metadata/status.yaml").test("a");
    let broken = broken.file("test/a/metadata/status.yaml", "- a\n");
    with(broken, "findings: {KT102: warn}\n").run(&["run"]).exits(0).says("warning KT102 ");
}

#[test]
fn what_one_test_finds_may_be_allowed_to_all() {
    let script = "grep -q 'size: small' /kratix/input/object.yaml || echo a > /kratix/output/notes.txt";
    let case = Case::stage(script).test("a").test("b").edit(
        "test/b/input/object.yaml",
        "replicas: 2",
        "replicas: 2\n  size: large",
    );
    let case = case.file("kratix-test.yaml", "findings: {KT146: allow}\n");
    case.run(&["run", "--update"]).exits(0).does_not_say("KT146");
}

#[test]
fn what_is_found_of_the_promise_is_judged_by_the_settings_too() {
    let case =
        Case::pipelines(&[("resource/delete", &[("one", "true"), ("two", "true")])]).test("resource-delete");
    let case = case.file("test/resource-delete/output/.gitkeep", "");
    let ran = case.run(&["run"]).exits(0);
    assert_eq!(format!("{}{}", ran.stdout, ran.stderr).matches("KT133").count(), 1, "it is said once");
    let case = case.file("kratix-test.yaml", "findings: {KT133: allow}\n");
    case.run(&["run"]).exits(0).does_not_say("KT133");
    case.run(&["check"]).exits(0).does_not_say("KT133");
    let case = case.file("kratix-test.yaml", "findings: {KT133: error}\n");
    case.run(&["run"]).exits(1).says("error KT133 ");
    case.run(&["check"]).exits(1).says("error KT133 ");
    case.file("kratix-test.yaml", "expect: {findings: [KT133]}\n").run(&["run"]).exits(0).says("PASS");
}

#[test]
fn an_expected_finding_passes_and_its_absence_fails() {
    let case = Case::stage("echo '- a' > /kratix/metadata/status.yaml").test("a");
    let case = case.file("test/a/kratix-test.yaml", "expect: {findings: [KT102]}\n");
    case.run(&["run"]).exits(0).says("PASS  a");
    let case = case.edit("promise.yaml", "'- a'", "'a: 1'");
    case.run(&["run"]).exits(1).says("KT102 was expected, and not found: status.yaml is not a map");
    // Another finding than the expected one is still one.
    let case = case.edit("promise.yaml", "'a: 1'", "'kratix: 1'");
    case.run(&["run"]).exits(1).says("error KT101 ");
}

#[test]
fn an_expected_finding_may_be_about_a_stage_that_failed() {
    let memory = Case::stage("dd if=/dev/zero of=/dev/null bs=300M count=1").test("a");
    memory.file("test/a/kratix-test.yaml", "expect: {findings: [KT119]}\n").run(&["run"]).exits(0);
    let input = Case::stage("echo a > /kratix/input/a").test("a");
    let input = input.file("test/a/kratix-test.yaml", "expect: {findings: [KT118]}\n");
    input.run(&["run"]).exits(0);
    input.edit("promise.yaml", "echo a", "exit 1; echo a").run(&["run"]).exits(1).says("KT118 was expected");
}

#[test]
fn an_expected_refusal_passes_and_its_absence_fails() {
    let case = Case::stage("echo never; exit 1").test("a").edit(
        "test/a/input/object.yaml",
        "replicas: 2",
        "replicas: 0",
    );
    let case = case.file("test/a/kratix-test.yaml", "expect: {refused: spec.replicas}\n");
    case.run(&["run"]).exits(0).says("PASS  a");
    case.run(&["check"]).exits(0);
    let other = case.file("test/a/kratix-test.yaml", "expect: {refused: spec.size}\n");
    other.run(&["run"]).exits(1).says("spec.replicas: Invalid value: 0");
    let accepted = other.edit("test/a/input/object.yaml", "replicas: 0", "replicas: 2");
    let accepted = accepted.edit("promise.yaml", "echo never; exit 1", "true");
    accepted.run(&["run"]).exits(1).says("expected to refuse it with: spec.size");
    accepted.run(&["check"]).exits(1).says("expected to refuse it with: spec.size");
}

#[test]
fn an_expected_exit_code_ends_the_workflow_where_it_comes() {
    let case = Case::pipelines(&[("resource/configure", &[("first", "exit 3"), ("second", "echo never")])]);
    let case = case
        .test("a")
        .file("test/a/kratix-test.yaml", "exit: 3\n")
        .file("test/a/pipelines/first/output/.gitkeep", "");
    case.run(&["run", "-v"]).exits(0).does_not_say("never");
    let case = case.edit("promise.yaml", "exit 3", "exit 0");
    case.run(&["run"]).exits(1).says("every stage exited with code 0, and 3 was expected");
}

#[test]
fn a_refusal_other_than_the_expected_one_says_both() {
    let wrong = REQUEST
        .replace("replicas: 2", "replicas: 2, size: huge")
        .replace("spec:\n  ", "spec: {")
        .trim_end()
        .to_owned()
        + "}\n";
    let case = Case::stage("true").file("test/a/input/object.yaml", &wrong);
    let case = case.file("test/a/kratix-test.yaml", "expect: {refused: spec.replicas}\n");
    let other = "spec.size: Unsupported value: \"huge\"";
    let ran = case.run(&["run"]).exits(1).says("expected to refuse the request with: spec.replicas\n");
    ran.says("but it says: Thing.test.kratix.io \"example\" is invalid: ").says(other);
    let ran =
        case.run(&["check"]).exits(1).says("the platform was expected to refuse it with: spec.replicas");
    ran.says(other);
    let case = case.edit("test/a/kratix-test.yaml", "spec.replicas", "spec.size");
    case.run(&["run"]).exits(0);
    case.run(&["check"]).exits(0);
}

#[test]
fn a_refusal_may_be_expected_by_its_code() {
    let long = REQUEST.replace("name: example", &format!("name: {}", "x".repeat(64)));
    let case = Case::stage("true").file("test/a/input/object.yaml", &long);
    let case = case.file("test/a/kratix-test.yaml", "expect: {findings: [KT145]}\n");
    case.run(&["run"]).exits(0);
    let other = case.edit("test/a/input/object.yaml", "replicas: 2", "replicas: two");
    other.run(&["run"]).exits(1).says("Too long").says("spec.replicas");
}

#[test]
fn what_is_wrong_with_the_promise_is_said_once_and_fails_every_test() {
    let case = Case::stage("true").test("a").test("b").file("test/a/output/.gitkeep", "");
    let case = case.edit("promise.yaml", "- name: stage", "- name: reader");
    let ran = case.run(&["run"]).exits(1).says("FAIL  a").says("FAIL  b").says("2 failed");
    assert_eq!(ran.stderr.matches("error KT129 ").count(), 1, "{}", ran.stderr);
    assert_eq!(ran.stdout.matches("the platform refuses the Promise: KT129 (see above)").count(), 2);
    // A test may see it otherwise than the others.
    let case = case.file("test/a/kratix-test.yaml", "findings: {KT129: allow}\n");
    case.run(&["run"]).exits(1).says("PASS  a").says("FAIL  b");
}
