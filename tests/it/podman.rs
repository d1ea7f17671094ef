//! Podman's service, with a storage of its own.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::case::Case;
use crate::remote::run_unseen;

/// A service of its own, which ends with the test.
struct Podman {
    folder: TempDir,
    service: Child,
}

/// A machine of CI may neither raise limits nor have a cgroup version that crun works with.
const CONTAINERS: &str = r#"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
"#;

impl Podman {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        let shown = path.display();
        let storage =
            format!("[storage]\ndriver = \"vfs\"\ngraphroot = \"{shown}/root\"\nrunroot = \"{shown}/run\"\n");
        fs::write(path.join("containers.conf"), format!("{CONTAINERS}tmp_dir = \"{shown}/tmp\"\n"))
            .expect("a file");
        fs::write(path.join("storage.conf"), storage).expect("a file");
        // In a network namespace of its own, so that its bridge is not left on this machine.
        let service = command("unshare", path)
            .args(["--net", "podman", "system", "service", "--time", "0", &format!("unix://{shown}/s")])
            .stderr(fs::File::create(path.join("log")).expect("a log"))
            .stdin(Stdio::null())
            .spawn()
            .expect("unshare starts: it is in Debian's util-linux");
        let podman = Self { folder, service };
        podman.load_busybox();
        podman.wait();
        podman
    }

    /// No registry is asked: Docker has the image that the fixtures build on.
    fn load_busybox(&self) {
        let archive = self.folder.path().join("busybox.tar");
        let archive = archive.display().to_string();
        let saved =
            Command::new("docker").args(["save", "-o", &archive, "busybox:1.36"]).output().expect("docker");
        assert!(saved.status.success(), "{}", String::from_utf8_lossy(&saved.stderr));
        let loaded = command("podman", self.folder.path()).args(["load", "-i", &archive]).output();
        let loaded = loaded.expect("podman starts: apt-get install podman");
        assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    }

    fn wait(&self) {
        let start = Instant::now();
        while !self.folder.path().join("s").exists() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(30), "podman does not answer: {log}");
            sleep(Duration::from_millis(20));
        }
    }

    fn client(&self, case: Case) -> Case {
        case.env("DOCKER_HOST", &format!("unix://{}/s", self.folder.path().display()))
    }

    /// Containers and volumes, of which a run leaves none.
    fn left(&self) -> String {
        let list = |arguments: &[&str]| {
            let output = command("podman", self.folder.path()).args(arguments).output().expect("podman");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        list(&["ps", "--all", "--quiet"]) + &list(&["volume", "ls", "--quiet"])
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    // Its monitor leaves a file where it is started when a container runs out of memory.
    command.current_dir(folder);
    command.env("TMPDIR", folder);
    command.env("CONTAINERS_CONF", folder.join("containers.conf"));
    command.env("CONTAINERS_STORAGE_CONF", folder.join("storage.conf"));
    command
}

#[test]
fn podman_runs_promises_as_docker_does() {
    let podman = Podman::start();
    whole_fixture(&podman);
    ends(&podman);
    files(&podman);
    by_the_plugins_option(&podman);
    assert_eq!(podman.left(), "", "containers or volumes are left in Podman");
}

/// `-e podman` finds the service as Podman's own client does, whatever Docker's is.
fn by_the_plugins_option(podman: &Podman) {
    let case = Case::empty().file("in/object.yaml", crate::case::REQUEST).file("out/x", "");
    let socket = format!("unix://{}/s", podman.folder.path().display());
    let case = case.env("CONTAINER_HOST", &socket).env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let arguments = [
        "stage",
        "--image-tag",
        "busybox:1.36",
        "-i",
        "in",
        "-o",
        "out",
        "--command",
        "touch /kratix/output/x",
    ];
    case.run(&[&arguments[..], &["-e", "podman"]].concat()).exits(0).says("Success (1 assertion(s))");
    case.run(&arguments).exits(3);
}

/// Builds, runs and compares, with folders and through the archive API.
fn whole_fixture(podman: &Podman) {
    let case = podman.client(Case::fixture("elastic-cloud"));
    case.run(&["doctor"]).exits(0).says("Podman 4").says("Buildah").says("the engine shares our file system");
    case.run(&["run"]).exits(0).says("2 tests: 2 passed");
    let case = case.env("KRATIX_TEST_FILES", "volume");
    case.run(&["run"]).exits(0).says("2 tests: 2 passed");
    // Podman would make a folder that is to be mounted and is not there.
    let case = podman.client(Case::empty());
    run_unseen(&case, &["doctor"]).exits(0).says("a little slower: the engine");
    assert_eq!(
        fs::read_dir(case.path()).expect("a folder").count(),
        0,
        "something was made in Podman's own view"
    );
}

fn ends(podman: &Podman) {
    let stage = |script: &str| podman.client(Case::stage(script).test("a"));
    stage("echo out; echo err >&2; exit 7")
        .run(&["run"])
        .exits(1)
        .says("exited with code 7")
        .says("out")
        .says("err");
    stage("exec >/dev/null 2>&1; sleep 1; exit 3").run(&["run"]).exits(1).says("exited with code 3");
    stage("sleep 1000").run(&["run", "--timeout", "2s"]).exits(1).says("2s");
    // Podman does not say so by itself on cgroups of the first version.
    stage("exec dd if=/dev/zero of=/dev/null bs=600M count=1").run(&["run"]).exits(1).says("KT119");
    let case = podman.client(Case::stage("true").edit(
        "promise.yaml",
        "command: [sh, -ec, \"true\"]",
        "command: [nope]",
    ));
    case.test("a").run(&["run"]).exits(1).says("nope");
}

/// Trap T16 is about what the user 65532 can read, so that owners have to be the real ones.
fn files(podman: &Podman) {
    let script = "umask 077; echo a > /kratix/output/a; chown 65532 /kratix/output/a";
    let theirs = podman.client(Case::stage(script).test("a"));
    theirs.run(&["run", "--update"]).exits(0).does_not_say("KT116");
    let roots = podman.client(Case::stage("umask 077; echo a > /kratix/output/a").test("a"));
    roots.run(&["run"]).exits(1).says("KT116");
    let root = fs::metadata(roots.path().join(".kratix-test/results/a/output/a")).expect("a file");
    assert_eq!(root.uid(), rustix::process::geteuid().as_raw());
    // An archive of Podman's does not say whose a file is, and everything here is this user's.
    let script = "umask 077; echo a > /kratix/output/a";
    let nonroot = podman.client(Case::stage(script).test("a")).env("KRATIX_TEST_FILES", "volume");
    let container = "image: busybox:1.36\n            securityContext: {runAsUser: 65532}";
    let nonroot = nonroot.edit("promise.yaml", "image: busybox:1.36", container);
    nonroot.run(&["run", "--update"]).exits(0).does_not_say("KT116");
}
