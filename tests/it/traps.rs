//! The traps of a pipeline that has run: each with something that falls into it and something that only nearly does.

use crate::case::{Case, Ran};

impl From<&str> for Case {
    /// A Promise whose only stage runs this.
    fn from(script: &str) -> Self {
        Self::stage(script)
    }
}

/// The platform refuses what the pipelines leave, with these words about this place.
#[track_caller]
pub(crate) fn refused(case: impl Into<Case>, code: &str, text: &str, place: &str) -> Ran {
    case.into().run(&["run"]).exits(1).says(&format!("error {code} ")).says(text).says(place)
}

/// The platform does something otherwise than the author means, which fails nothing.
#[track_caller]
pub(crate) fn warned(case: impl Into<Case>, code: &str, text: &str, place: &str) -> Ran {
    case.into().run(&["run"]).exits(0).says(&format!("warning {code} ")).says(text).says(place)
}

/// All is well, so far as this code goes.
#[track_caller]
pub(crate) fn silent(case: impl Into<Case>, code: &str) -> Ran {
    case.into().run(&["run"]).exits(0).does_not_say(code)
}

/// Two pipelines of resource/configure.
pub(crate) fn two(first: &str, second: &str) -> Case {
    Case::pipelines(&[("resource/configure", &[("first", first), ("second", second)])])
}

#[test]
fn every_trap_has_a_test() {
    let sources = [
        include_str!("traps.rs"),
        include_str!("traps_admission.rs"),
        include_str!("traps_status.rs"),
        include_str!("traps_work.rs"),
    ];
    for number in 1..=48 {
        let name = format!("\nfn t{number}_");
        assert!(sources.iter().any(|source| source.contains(&name)), "T{number}");
    }
}

#[test]
fn t8_files_of_another_pipeline() {
    let leave = "echo secret > /kratix/metadata/state.txt";
    let read = "cat /kratix/metadata/state.txt";
    two(leave, read)
        .run(&["run"])
        .exits(1)
        .says("second/stage exited with code 1")
        .says("warning KT108 ")
        .says("can't open '/kratix/metadata/state.txt'")
        .says("promise.yaml:");
    // A second container of the same pipeline finds them.
    silent(Case::stage(leave).then("second", read), "KT108");
    // What the first pipeline misses is no other's.
    Case::stage(read).run(&["run"]).exits(1).does_not_say("KT108");
}

#[test]
fn t18_writing_to_the_input() {
    let text = "sed: can't create temp file '/kratix/input/object.yaml";
    Case::stage("sed -i s/small/large/ /kratix/input/object.yaml")
        .run(&["run"])
        .exits(1)
        .says("warning KT118 ")
        .says(text)
        .says("Read-only file system")
        .says("promise.yaml:38:13");
    silent("cp /kratix/input/object.yaml /tmp; sed -i s/small/large/ /tmp/object.yaml", "KT118");
}

#[test]
fn t19_more_memory_than_the_limit() {
    let greedy = "dd if=/dev/zero of=/dev/null bs=300M count=1";
    let ran = Case::stage(greedy).run(&["run"]).exits(1);
    ran.says("warning KT119 OOMKilled").says("promise.yaml:38:13").says("its limit, 256 MiB");
    // Also where the stage gets over it: Kubernetes fails such a container all the same.
    Case::stage(&format!("{greedy} || true")).run(&["run"]).exits(1).says("warning KT119 OOMKilled");
    let enough = "image: busybox:1.36\n            resources: {limits: {memory: 512Mi}}";
    silent(Case::stage(greedy).edit("promise.yaml", "image: busybox:1.36", enough), "KT119");
}

#[test]
fn t20_root_where_the_platform_forbids_it() {
    let with = |context: &str| {
        let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kratix}\ndata:\n  config: |\n    workflows:\n      \
                      defaultContainerSecurityContext: ";
        Case::stage("true")
            .file("kratix-config.txt", &format!("{config}{context}\n"))
            .file("kratix-test.yaml", "kratix-config: kratix-config.txt\n")
    };
    let text = "Error: container has runAsNonRoot and image will run as root";
    warned(with("{runAsNonRoot: true}"), "KT120", text, "promise.yaml:38:13");
    silent(with("{runAsNonRoot: true, runAsUser: 1000}"), "KT120");
    silent(with("{runAsNonRoot: false}"), "KT120");
}

#[test]
fn t32_the_kubernetes_api_without_permissions() {
    let kubectl = "echo 'The connection to the server localhost:8080 was refused - did you specify the right host?'; exit 1";
    Case::stage(kubectl)
        .run(&["run"])
        .exits(1)
        .says("warning KT132 The connection to the server localhost:8080 was refused")
        .says("promise.yaml:38:13");
    let rules =
        "rbac: {permissions: [{apiGroups: [''], resources: [secrets], verbs: [get]}]}\n          containers:";
    let case = Case::stage(kubectl).edit("promise.yaml", "containers:", rules);
    case.run(&["run"]).exits(1).does_not_say("KT132");
}

#[test]
fn t35_a_request_is_pruned_and_defaulted() {
    let case = Case::stage("cp /kratix/input/object.yaml /kratix/output").test("a");
    let case = case.edit("test/a/input/object.yaml", "  replicas: 2", "  replicas: 2\n  colour: red");
    case.run(&["run", "--update"]).exits(0).says("warning KT135 ").says("test/a/input/object.yaml:7:3");
    let object = case.read("test/a/output/object.yaml");
    assert!(object.contains("spec:\n  replicas: 2\n  size: small\nstatus:"), "{object}");
}

#[test]
fn t41_a_second_run_that_leaves_something_else() {
    let twice = |script: &str| Case::stage(script).run(&["run", "--idempotent"]);
    let once = "grep -q '^  made: ' /kratix/input/object.yaml || echo 'a: 1' > /kratix/output/a.yaml
echo 'made: true' > /kratix/metadata/status.yaml";
    twice(once).exits(1).says("second run").says("output/a.yaml");
    twice("cut -d' ' -f1 /proc/uptime > /kratix/output/a.yaml")
        .exits(1)
        .says("second run")
        .says("output/a.yaml");
    twice("echo 'a: 1' > /kratix/output/a.yaml").exits(0).does_not_say("second run");
}
