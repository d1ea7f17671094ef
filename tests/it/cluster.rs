//! Clusters for tests: stand-ins for nodes, each a real containerd, with the labels of the tool that would have made them.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::case::root;

/// A cluster of which no other test knows; removed at the end.
pub(crate) struct Cluster {
    /// What its tool calls it.
    pub(crate) name: String,
    pub(crate) nodes: Vec<String>,
}

/// An image of the engine that no other test knows; removed at the end.
pub(crate) struct Image {
    pub(crate) reference: String,
    /// With `sha256:`.
    pub(crate) id: String,
}

impl Cluster {
    /// A cluster of kind, as many nodes as wanted.
    pub(crate) fn kind(nodes: usize) -> Self {
        let mut cluster = Self::empty();
        for _ in 0..nodes {
            let label = format!("io.x-k8s.kind.cluster={}", cluster.name);
            cluster.add(&["--label", &label, "--label", "io.x-k8s.kind.role=worker"], &[]);
        }
        cluster
    }

    /// A server of k3d, with the load balancer that k3d puts before it.
    pub(crate) fn k3d() -> Self {
        let mut cluster = Self::empty();
        let label = format!("k3d.cluster={}", cluster.name);
        for role in ["k3d.role=server", "k3d.role=loadbalancer"] {
            cluster.add(&["--label", "app=k3d", "--label", &label, "--label", role], &[]);
        }
        cluster
    }

    /// A cluster of minikube, whose kubelet uses the runtime behind a socket.
    pub(crate) fn minikube(socket: &str) -> Self {
        let mut cluster = Self::empty();
        let label = format!("name.minikube.sigs.k8s.io={}", cluster.name);
        cluster.add(&["--label", &label], &[]);
        let settings = format!("runtime-endpoint: unix://{socket}\nimage-endpoint: unix://{socket}\n");
        cluster.write(0, "/etc/crictl.yaml", &settings);
        cluster
    }

    pub(crate) fn empty() -> Self {
        Self { name: unique(), nodes: Vec::new() }
    }

    /// Starts one more node, and waits until its containerd answers.
    pub(crate) fn add(&mut self, labels: &[&str], command: &[&str]) {
        static MADE: Once = Once::new();
        MADE.call_once(|| {
            let made = Command::new(root().join("fixtures/cluster-node")).status().expect("a script");
            assert!(made.success(), "fixtures/cluster-node failed");
        });
        let name = format!("{}-{}", self.name, self.nodes.len());
        let run = ["run", "--detach", "--cap-add", "SYS_ADMIN", "--name", &name];
        docker(&[&run, labels, &["kratix-test-fixtures/node:1"], command].concat());
        self.nodes.push(name.clone());
        wait_for(|| try_docker(&["exec", &name, "ctr", "version"]).status.success());
    }

    /// Makes a node's ctr take its time before it reads an archive, and tell when it begins.
    pub(crate) fn slow_down(&self, node: usize) {
        docker(&["exec", &self.nodes[node], "cp", "/bin/ctr", "/bin/ctr.real"]);
        let script = "#!/bin/sh\n\
            case \"$*\" in\n\
            *import*) touch /begun; (sleep 4; cat) | /bin/ctr.real \"$@\" ;;\n\
            *) exec /bin/ctr.real \"$@\" ;;\n\
            esac\n";
        self.write(node, "/bin/ctr", script);
    }

    /// Waits until a slow import has begun.
    pub(crate) fn wait_for_import(&self, node: usize) {
        wait_for(|| try_docker(&["exec", &self.nodes[node], "test", "-e", "/begun"]).status.success());
    }

    /// Writes an executable file into a node.
    pub(crate) fn write(&self, node: usize, path: &str, text: &str) {
        let node = &self.nodes[node];
        let script = format!("cat >{path}; chmod 755 {path}");
        let mut child = Command::new("docker")
            .args(["exec", "--interactive", node, "sh", "-c", &script])
            .stdin(Stdio::piped())
            .spawn()
            .expect("docker");
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
        assert!(child.wait().expect("an end").success());
    }

    /// The id that a reference has in a node, as the kubelet would see it; empty where it has none.
    pub(crate) fn id(&self, node: usize, reference: &str) -> String {
        let listing = docker(&["exec", &self.nodes[node], "ctr", "--namespace=k8s.io", "images", "ls"]);
        let rows: Vec<(&str, &str)> = listing
            .lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                Some((words.next()?, words.nth(1)?))
            })
            .collect();
        let Some((_, manifest)) = rows.iter().find(|(name, _)| *name == reference) else {
            return String::new();
        };
        let get = ["exec", &self.nodes[node], "ctr", "--namespace=k8s.io", "content", "get", manifest];
        let manifest: serde_json::Value = serde_json::from_str(&docker(&get)).expect("a manifest");
        manifest["config"]["digest"].as_str().expect("an id").to_owned()
    }

    /// The processes of a node.
    pub(crate) fn processes(&self, node: usize) -> String {
        docker(&["top", &self.nodes[node]])
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &self.nodes {
            try_docker(&["rm", "--force", "--volumes", node]);
        }
    }
}

impl Image {
    pub(crate) fn new() -> Self {
        Self::named(&format!("kratix-test-it/{}:1", unique()))
    }

    /// A fresh image under a name that may be another image's by now.
    pub(crate) fn named(reference: &str) -> Self {
        let mut child = Command::new("docker")
            .args(["build", "--quiet", "--tag", reference, "-"])
            .env("DOCKER_BUILDKIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("docker");
        let dockerfile = format!("FROM busybox:1.36\nLABEL unique={}\n", unique());
        child.stdin.take().expect("a pipe").write_all(dockerfile.as_bytes()).expect("written");
        assert!(child.wait().expect("an end").success(), "docker build failed");
        let id = docker(&["image", "inspect", "--format", "{{.Id}}", reference]);
        Self { reference: reference.to_owned(), id: id.trim().to_owned() }
    }

    /// What containerd calls it.
    pub(crate) fn full(&self) -> String {
        format!("docker.io/{}", self.reference)
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        try_docker(&["rmi", "--force", &self.reference, &self.id]);
    }
}

/// A name for one test of one run.
fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("kt-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// What docker prints.
#[track_caller]
pub(crate) fn docker(arguments: &[&str]) -> String {
    let output = try_docker(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "docker {arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

pub(crate) fn try_docker(arguments: &[&str]) -> Output {
    Command::new("docker").args(arguments).stdin(Stdio::null()).output().expect("docker")
}

#[track_caller]
pub(crate) fn wait_for(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(60), "it never happened");
        sleep(Duration::from_millis(50));
    }
}
