//! Engines that map owners, and users who are not root: what a run leaves is theirs to remove.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::case::{Case, program};

/// Leaves what only root can look into or remove.
const CLOSED: &str = "umask 077; mkdir -p /kratix/output/closed/deep; echo a > /kratix/output/closed/deep/a; \
                      chmod 700 /kratix/output/closed";

/// A second Docker Engine, whose root is nobody of this machine.
struct Remapped {
    folder: TempDir,
    engine: Child,
}

/// The ranges of ids are given in a mount namespace of its own, and an engine without a bridge removes `docker0` of its
/// network namespace: so nothing of this machine is changed.
const START: &str = r#"
    touch /etc/subuid /etc/subgid
    mount --bind "$1/ids" /etc/subuid; mount --bind "$1/ids" /etc/subgid
    exec dockerd --config-file "$1/none.json" --host "unix://$1/s" --data-root "$1/root" --exec-root "$1/exec" \
        --pidfile "$1/pid" --bridge none --iptables=false --storage-driver vfs --userns-remap nobody:nogroup
"#;

impl Remapped {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        fs::write(path.join("ids"), "nobody:200000:65536\nnogroup:200000:65536\n").expect("a file");
        fs::write(path.join("none.json"), "{}").expect("a file");
        let engine = Command::new("unshare")
            .args(["--mount", "--net", "sh", "-ec", START, "sh"])
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(path.join("log")).expect("a log"))
            .spawn()
            .expect("unshare starts");
        let remapped = Self { folder, engine };
        remapped.wait();
        let archive = remapped.folder.path().join("busybox.tar").display().to_string();
        for arguments in
            [&["save", "-o", &archive, "busybox:1.36"][..], &["-H", &remapped.host(), "load", "-i", &archive]]
        {
            let done = Command::new("docker").args(arguments).output().expect("docker");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
        remapped
    }

    fn host(&self) -> String {
        format!("unix://{}/s", self.folder.path().display())
    }

    fn wait(&self) {
        let start = Instant::now();
        let answers = || Command::new("docker").args(["-H", &self.host(), "version"]).output();
        while !answers().expect("docker").status.success() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(60), "dockerd does not answer: {log}");
            sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Remapped {
    /// Its containerd and mounts end with it, if it is asked kindly.
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.engine.id().cast_signed()) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.engine.wait();
    }
}

#[test]
fn an_engine_that_maps_owners_leaves_what_is_ours() {
    let engine = Remapped::start();
    let case = Case::stage(&format!("{CLOSED}; echo b > /kratix/output/b; chown 65532 /kratix/output/b"));
    let case = case.file("kratix-test.yaml", "network: none\nfindings: {KT116: allow}\n").test("a");
    let case = case.env("DOCKER_HOST", &engine.host());
    case.run(&["doctor"]).exits(0).says("a little slower: it maps owners");
    case.run(&["run", "--update"]).exits(0);
    let file = fs::metadata(case.path().join(".kratix-test/results/a/output/closed/deep/a")).expect("a file");
    assert_eq!(file.uid(), rustix::process::geteuid().as_raw());
    assert_eq!(case.read("test/a/output/closed/deep/a"), "a\n");
    // Owners are those that the stage saw, so that trap T16 is told from what is none.
    let readable =
        Case::stage("umask 077; echo b > /kratix/output/b; chown 65532 /kratix/output/b").test("a");
    let readable = readable.file("kratix-test.yaml", "network: none\n").env("DOCKER_HOST", &engine.host());
    readable.run(&["run", "--update"]).exits(0).does_not_say("KT116");
}

#[test]
fn a_user_in_the_docker_group_can_remove_all_that_a_run_left() {
    assert!(rustix::process::geteuid().is_root(), "this test needs root, to become somebody else");
    let case = Case::script(CLOSED).test("a").readable_or_not();
    fs::copy(program(), case.path().join("program")).expect("a copy");
    as_user(&case, &["chown", "-R", "12345:12345", "."], false);
    as_user(&case, &["./program", "run", "--update"], true);
    assert_eq!(case.read("test/a/output/closed/deep/a"), "a\n");
    for folder in [".kratix-test", "test"] {
        as_user(&case, &["rm", "-r", folder], true);
        assert!(!case.exists(folder), "{folder} is still there");
    }
}

/// Runs a command in a case's folder, as a user of the docker group or as ourselves.
#[track_caller]
fn as_user(case: &Case, command: &[&str], user: bool) {
    let group = fs::metadata(crate::proxy::engine_socket()).expect("the engine's socket").gid();
    let mut setpriv = Command::new("setpriv");
    if user {
        setpriv.args(["--reuid=12345", "--regid=12345", &format!("--groups={group}")]);
    }
    let done = setpriv.args(command).current_dir(case.path()).env("HOME", case.path()).output();
    let done = done.expect("setpriv starts: it is in Debian's util-linux");
    assert!(done.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&done.stderr));
}
