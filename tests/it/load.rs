//! `load`: images into the nodes of clusters, each a real containerd.

use rustix::process::{Pid, Signal, kill_process};

use crate::case::Case;
use crate::cluster::{Cluster, Image, docker, wait_for};

#[test]
fn every_node_gets_the_image_under_its_reference_and_only_once() {
    let (cluster, image) = (Cluster::kind(2), Image::new());
    let [one, two] = &cluster.nodes[..] else { panic!("two nodes") };
    let target = format!("kind:{}", cluster.name);
    let load = || Case::empty().run(&["load", &target, &image.reference]).exits(0);
    let ran = load();
    for node in [one, two] {
        assert!(ran.stdout.contains(&format!("Loaded {} into {node} (2 MiB in [TIME])", image.reference)));
    }
    assert_eq!([cluster.id(0, &image.full()), cluster.id(1, &image.full())], [&*image.id, &*image.id]);
    let unpacked = ["exec", one, "ctr", "--namespace=k8s.io", "snapshots", "--snapshotter=native", "ls"];
    assert!(docker(&unpacked).contains("sha256:"), "it is unpacked for the snapshotter that the node uses");
    let there = |node: &str| format!("{} is already in {node}\n", image.reference);
    assert_eq!(load().stdout, there(one) + &there(two));
}

#[test]
fn a_reference_that_has_moved_is_loaded_again_and_no_name_in_the_engine_is_touched() {
    let cluster = Cluster::kind(1);
    let old = Image::new();
    let target = format!("kind:{}", cluster.name);
    let load = |reference: &str| Case::empty().run(&["load", &target, reference]).exits(0);
    load(&old.reference).says("Loaded");
    let new = Image::named(&old.reference);
    load(&old.reference).says("Loaded");
    assert_eq!(cluster.id(0, &old.full()), new.id);
    docker(&["tag", &old.id, &old.reference]);
    load(&old.reference).says("Loaded");
    assert_eq!(cluster.id(0, &old.full()), old.id);
    let named = docker(&["image", "inspect", "--format", "{{.Id}} {{.RepoTags}}", &old.reference]);
    assert_eq!(named.trim(), format!("{} [{}]", old.id, old.reference));
}

#[test]
fn without_an_image_all_those_of_the_promise_are_built_and_loaded() {
    let (cluster, image) = (Cluster::kind(1), Image::new());
    let target = format!("kind:{}", cluster.name);
    let case = Case::script("true").edit("promise.yaml", "kratix-test-it/thing:dev", &image.reference);
    let case = case.then("other", "true");
    // What is built stands in for what the engine has under the name, whose it stays.
    case.run(&["load", &target]).exits(0).says(&format!("Built {}", image.reference));
    let built = case.run(&["build", "--load", &target]).exits(0).says("is already in");
    let ours = built.stdout.lines().find_map(|line| line.strip_prefix(&format!("{} ", image.reference)));
    let ours = docker(&["image", "inspect", "--format", "{{.Id}}", ours.expect("its name")]);
    assert_eq!(cluster.id(0, &image.full()), ours.trim());
    assert_ne!(ours.trim(), image.id);
    assert_ne!(cluster.id(0, "docker.io/library/busybox:1.36"), "");
    case.run(&["clean"]).exits(0);
    let case = case.edit("promise.yaml", "busybox:1.36", "ghcr.io/acme/elsewhere:1");
    let case = case.file("kratix-test.yaml", "images: {'ghcr.io/acme/elsewhere:1': pull}\n");
    case.run(&["load", &target])
        .exits(3)
        .says("image ghcr.io/acme/elsewhere:1 is not in the engine and cannot be pulled")
        // The engine's cache may well give it the id that the node has already.
        .says(&format!("Built {}", image.reference))
        .says(&cluster.nodes[0]);
    case.run(&["build", "--load", "kind:no-such"]).exits(4).does_not_say("Built").says("no-such");
    case.run(&["build", "--load", "swarm"]).exits(2).says("--load: ").says("kind[:NAME]");
    case.run(&["clean"]).exits(0);
}

#[test]
fn an_image_that_stands_in_for_another_is_loaded_as_that() {
    let (cluster, image) = (Cluster::kind(1), Image::new());
    let settings = format!("images: {{kratix-test-it/thing:dev: {}}}\n", image.reference);
    let case = Case::script("true").file("kratix-test.yaml", &settings);
    case.run(&["load", &format!("kind:{}", cluster.name)]).exits(0).says("Loaded kratix-test-it/thing:dev");
    assert_eq!(cluster.id(0, "docker.io/kratix-test-it/thing:dev"), image.id);
    assert_eq!(cluster.id(0, &image.full()), "");
}

#[test]
fn a_reference_by_digest_is_what_the_node_knows_it_by() {
    let (cluster, image) = (Cluster::kind(1), Image::new());
    let by_digest = format!("ghcr.io/acme/x:1@sha256:{}", "0".repeat(64));
    let settings = format!("images: {{'{by_digest}': {}}}\n", image.reference);
    let case = Case::script("true").edit("promise.yaml", "kratix-test-it/thing:dev", &by_digest);
    let case = case.file("kratix-test.yaml", &settings);
    let target = format!("kind:{}", cluster.name);
    case.run(&["load", &target]).exits(0).says("Loaded");
    assert_eq!(cluster.id(0, &format!("ghcr.io/acme/x@sha256:{}", "0".repeat(64))), image.id);
    case.run(&["load", &target]).exits(0).says("is already in");
}

#[test]
fn an_unknown_cluster_exits_4_and_an_unclear_one_2() {
    let clusters = [Cluster::kind(1), Cluster::kind(1)];
    let case = Case::empty();
    let mut ran = case.run(&["load", "kind:no-such", "busybox:1.36"]).exits(4);
    ran = ran.says("error: the engine has no kind cluster named no-such").says("hint: there is ");
    for cluster in &clusters {
        ran = ran.says(&format!("kind:{}", cluster.name));
    }
    case.run(&["load", "kind", "busybox:1.36"]).exits(2).says("several kind clusters").says("say which: ");
    case.run(&["load", "k3d:no-such", "busybox:1.36"]).exits(4).says("no k3d cluster named no-such");
    case.run(&["load", "docker-desktop", "busybox:1.36"]).exits(2).says("kind[:NAME]");
    case.run(&["load"]).exits(2).says("--from-archive");
}

#[test]
fn an_image_that_the_engine_lacks_exits_4() {
    let cluster = Cluster::kind(1);
    let ran = Case::empty().run(&["load", &format!("kind:{}", cluster.name), "no-such/image:1"]).exits(4);
    ran.says("error: the engine has no image no-such/image:1").says("hint: ");
}

#[test]
fn a_node_that_does_not_run_is_said_and_the_others_are_loaded() {
    let (cluster, image) = (Cluster::kind(3), Image::new());
    docker(&["kill", &cluster.nodes[0]]);
    docker(&["pause", &cluster.nodes[1]]);
    let ran = Case::empty().run(&["load", &format!("kind:{}", cluster.name), &image.reference]).exits(3);
    ran.says(&format!(
        "error: nothing was loaded into {0}: it is exited, so it takes no images: `docker start {0}`",
        cluster.nodes[0]
    ))
    .says(&format!("it is paused, so it takes no images: `docker unpause {}`", cluster.nodes[1]));
    assert_eq!(cluster.id(2, &image.full()), image.id);
}

#[test]
fn a_node_without_ctr_or_with_one_that_fails_is_said_with_what_it_printed() {
    let (cluster, image) = (Cluster::kind(2), Image::new());
    docker(&["exec", &cluster.nodes[0], "rm", "/bin/ctr"]);
    let script = "#!/bin/sh\n[ \"$3\" = ls ] || { cat >/dev/null; echo no space left >&2; exit 7; }\n";
    cluster.write(1, "/bin/ctr", script);
    let ran = Case::empty().run(&["load", &format!("kind:{}", cluster.name), &image.reference]).exits(3);
    ran.says(&format!("nothing was loaded into {}: there is no `ctr` in it", cluster.nodes[0]))
        .says(&format!(
            "{} was not loaded into {}: `ctr` failed there with exit code 7\n  | no space left\n",
            image.reference, cluster.nodes[1]
        ))
        .does_not_say("Loaded");
}

#[test]
fn a_node_that_stops_in_the_middle_is_said_and_the_others_are_loaded() {
    let (cluster, image) = (Cluster::kind(3), Image::new());
    cluster.slow_down(0);
    cluster.slow_down(1);
    let case = Case::empty();
    let child = case.start(&["load", &format!("kind:{}", cluster.name), &image.reference]);
    cluster.wait_for_import(0);
    cluster.wait_for_import(1);
    docker(&["kill", &cluster.nodes[0]]);
    docker(&["pause", &cluster.nodes[1]]);
    let ran = case.ran(&child.wait_with_output().expect("an end")).exits(3);
    ran.says(&format!(
        "{} was not loaded into {}: the node stopped running in the middle: it is exited now",
        image.reference, cluster.nodes[0]
    ))
    .says("the node stopped running in the middle: it is paused now");
    assert_eq!(cluster.id(2, &image.full()), image.id);
}

#[test]
fn an_interrupt_leaves_nothing_in_the_node_and_exits_130() {
    let (cluster, image) = (Cluster::kind(1), Image::new());
    cluster.slow_down(0);
    let case = Case::empty();
    let child = case.start(&["load", &format!("kind:{}", cluster.name), &image.reference]);
    cluster.wait_for_import(0);
    let pid = Pid::from_raw(child.id().cast_signed()).expect("a process");
    kill_process(pid, Signal::INT).expect("a signal");
    case.ran(&child.wait_with_output().expect("an end")).exits(130).does_not_say("Loaded");
    wait_for(|| !cluster.processes(0).contains("import"));
    assert_eq!(cluster.id(0, &image.full()), "");
    let named = docker(&["image", "inspect", "--format", "{{.RepoTags}}", &image.id]);
    assert_eq!(named.trim(), format!("[{}]", image.reference));
}

#[test]
fn what_a_node_has_is_known_without_the_kubelets_interface() {
    let mut cluster = Cluster::empty();
    let label = format!("io.x-k8s.kind.cluster={}", cluster.name);
    let settings = "printf 'version = 2\\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\\n' >/etc/containerd/config.toml";
    cluster.add(
        &["--label", &label, "--env", "CONTAINERD_SNAPSHOTTER=native"],
        &["sh", "-c", &format!("{settings}; exec containerd")],
    );
    let image = Image::new();
    let load = || Case::empty().run(&["load", &format!("kind:{}", cluster.name), &image.reference]).exits(0);
    load().says("Loaded");
    assert!(
        !docker(&["exec", &cluster.nodes[0], "ctr", "--namespace=k8s.io", "images", "ls", "-q"])
            .contains("sha256:")
    );
    load().says("is already in");
    let _new = Image::named(&image.reference);
    load().says("Loaded");
}

#[test]
fn the_nodes_of_k3d_get_the_image_and_its_load_balancer_does_not() {
    let (cluster, image) = (Cluster::k3d(), Image::new());
    let load = || Case::empty().run(&["load", &format!("k3d:{}", cluster.name), &image.reference]).exits(0);
    load().says(&format!("into {} (", cluster.nodes[0])).does_not_say(&cluster.nodes[1]);
    assert_eq!(cluster.id(0, &image.full()), image.id);
    load().says("is already in");
}

#[test]
fn minikube_with_containerd_gets_the_image() {
    let (cluster, image) = (Cluster::minikube("/run/containerd/containerd.sock"), Image::new());
    let load =
        || Case::empty().run(&["load", &format!("minikube:{}", cluster.name), &image.reference]).exits(0);
    load().says("Loaded");
    assert_eq!(cluster.id(0, &image.full()), image.id);
    load().says("is already in");
}

/// What a runtime would do that cannot run here: keep what it is given, and tell the id that it was told.
const RUNTIME: &str = "#!/bin/sh\n\
    case $1 in\n\
    load) cat >/loaded.tar ;;\n\
    image) [ -e /id ] || { echo no such image >&2; exit 1; }; cat /id ;;\n\
    esac\n";

#[test]
fn minikube_with_docker_or_cri_o_is_given_the_image_by_their_own_commands() {
    for (socket, command) in [("/var/run/cri-dockerd.sock", "docker"), ("/var/run/crio/crio.sock", "podman")]
    {
        let (cluster, image) = (Cluster::minikube(socket), Image::new());
        cluster.write(0, &format!("/bin/{command}"), RUNTIME);
        let target = format!("minikube:{}", cluster.name);
        let load = || Case::empty().run(&["load", &target, &image.reference]).exits(0);
        load().says("Loaded");
        let node = &cluster.nodes[0];
        let manifest = docker(&["exec", node, "tar", "-xOf", "/loaded.tar", "manifest.json"]);
        assert!(manifest.contains(&format!("\"RepoTags\":[\"{}\"]", image.full())), "{manifest}");
        cluster.write(0, "/id", "sha256:0123\n");
        load().says("Loaded");
        // podman leaves the kind of hash out.
        let id = if command == "docker" { image.id.as_str() } else { &image.id["sha256:".len()..] };
        cluster.write(0, "/id", id);
        load().says("is already in");
    }
}

#[test]
fn docker_in_a_node_takes_no_image_under_a_digest() {
    let (cluster, image) = (Cluster::minikube("/var/run/cri-dockerd.sock"), Image::new());
    cluster.write(0, "/bin/docker", RUNTIME);
    let by_digest = format!("ghcr.io/acme/x@sha256:{}", "0".repeat(64));
    let settings = format!("images: {{'{by_digest}': {}}}\n", image.reference);
    let case = Case::script("true").edit("promise.yaml", "kratix-test-it/thing:dev", &by_digest);
    let case = case.file("kratix-test.yaml", &settings);
    let ran = case.run(&["load", &format!("minikube:{}", cluster.name)]).exits(3);
    ran.says("its docker takes no image under a digest").does_not_say("Loaded");
}

#[test]
fn a_minikube_that_is_no_container_is_reached_by_its_command() {
    let image = Image::new();
    let script = "#!/bin/sh\necho \"$@\" >arguments; cat >archive.tar; [ ! -e fail ] || { echo no profile; exit 9; }\n";
    let case = Case::empty().file("bin/minikube", script).executable("bin/minikube");
    let path = format!("{}:{}", case.path().join("bin").display(), std::env::var("PATH").expect("a PATH"));
    let case = case.env("PATH", &path);
    let target = format!("minikube:{}", image.reference.replace(['/', ':'], "-"));
    case.run(&["load", &target, &image.reference]).exits(0).says("Loaded");
    assert_eq!(
        case.read("arguments"),
        format!("--profile {} image load -\n", target.replace("minikube:", ""))
    );
    let archive = case.path().join("archive.tar").display().to_string();
    docker(&["rmi", "--force", &image.reference]);
    docker(&["load", "--input", &archive]);
    docker(&["image", "inspect", &image.reference]);
    let case = case.file("fail", "");
    case.run(&["load", &target, &image.reference])
        .exits(3)
        .says("`minikube image load` failed")
        .says("| no profile");
    let case = Case::empty();
    case.run(&["load", &target, "busybox:1.36"]).exits(4).says("no minikube cluster named");
}
