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
    ran.says("error KT119 OOMKilled").says("promise.yaml:38:13").says("its limit, 256 MiB");
    // Also where the stage gets over it: Kubernetes fails such a container all the same.
    Case::stage(&format!("{greedy} || true")).run(&["run"]).exits(1).says("error KT119 OOMKilled");
    let enough = "image: busybox:1.36\n            resources: {limits: {memory: 512Mi}}";
    silent(Case::stage(greedy).edit("promise.yaml", "image: busybox:1.36", enough), "KT119");
}

#[test]
fn t19_more_disk_than_the_limit() {
    let text = "error KT119 Pod ephemeral local storage usage exceeds the total limit of containers ";
    let fill = "head -c 260m /dev/zero >/tmp/big";
    let ran = Case::stage(fill).run(&["run"]).exits(1).says(&format!("{text}256Mi\n"));
    ran.says("promise.yaml:38:13").says("stage ends with 260 MiB in").says("ephemeral-storage: 1Gi");
    let small = "image: busybox:1.36\n            resources: {limits: {ephemeral-storage: 8Mi}}";
    let case = |script: &str| Case::stage(script).edit("promise.yaml", "image: busybox:1.36", small);
    let exceeds = |case: Case| case.run(&["run"]).exits(1).says(&format!("{text}8Mi\n"));
    for place in ["/tmp", "/kratix/metadata", "/kratix/output"] {
        // Together, and not each by itself.
        exceeds(case(&format!("head -c 4m /dev/zero >/big; head -c 5m /dev/zero >{place}/x")));
    }
    exceeds(case("yes | head -c 9m"));
    // What is not on our own disk is known in the end.
    let output = "head -c 9m /dev/zero >/kratix/output/x";
    exceeds(case(output).env("KRATIX_TEST_FILES", "volume"));
    // A small file takes a block of the disk.
    exceeds(case("mkdir /many; cd /many; seq 2500 | xargs touch; for f in *; do echo >$f; done"));
    case(output).file("kratix-test.yaml", "limits: none\n").run(&["run"]).does_not_say("KT119");
    let expected = "expect: {findings: [KT119]}\n";
    case(fill).test("a").file("test/a/kratix-test.yaml", expected).run(&["run"]).exits(0);
}

#[test]
fn t19_disk_enough_for_every_stage() {
    let small = "image: busybox:1.36\n            resources: {limits: {ephemeral-storage: 8Mi}}";
    let case = |script: &str| Case::stage(script).edit("promise.yaml", "image: busybox:1.36", small);
    let fill = "head -c 6m /dev/zero >/big";
    // What a container writes outside of the folders goes with it; the pod has the largest limit of its containers.
    silent(case(fill).then("second", fill), "KT119");
    silent(case("head -c 9m /dev/zero >/big").then("second", "true"), "KT119");
    silent(case("head -c 9m /dev/zero >/dev/shm/big"), "KT119");
    let volume = |medium: &str| {
        let promise = case("head -c 9m /dev/zero >/work/big").read("promise.yaml");
        let mount = format!("{small}\n            volumeMounts: [{{name: work, mountPath: /work}}]");
        let volumes = format!("          volumes: [{{name: work, emptyDir: {{{medium}}}}}]\n");
        case("true").file("promise.yaml", &(promise.replace(small, &mount) + &volumes))
    };
    volume("").run(&["run"]).exits(1).says("KT119");
    silent(volume("medium: Memory"), "KT119");
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
    // Where the Promise itself demands it, the pod starts nowhere.
    let own = |context: &str| {
        let field = format!("image: busybox:1.36\n            securityContext: {context}");
        Case::stage("true").edit("promise.yaml", "image: busybox:1.36", &field)
    };
    refused(own("{runAsNonRoot: true}"), "KT120", text, "promise.yaml:");
    refused(own("{runAsNonRoot: true, runAsUser: 0}"), "KT120", "runAsNonRoot", "promise.yaml:");
    silent(own("{runAsNonRoot: true, runAsUser: 1000}"), "KT120");
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
