//! Engines elsewhere: behind a port, TLS or ssh, and without any folder in common.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use crate::case::{Case, Ran, program};
use crate::proxy::{Proxy, engine_socket};
use crate::sshd::Sshd;
use crate::tls::Authority;

/// Runs the program in a folder that the engine cannot see: another file system is mounted over it, for this process
/// alone. What is in `.kratix-test` is brought out afterwards.
pub(crate) fn run_unseen(case: &Case, arguments: &[&str]) -> Ran {
    let outside = tempfile::tempdir().expect("a folder");
    let script = "set -e
        cp -a . \"$1\"/before; mount -t tmpfs tmpfs \"$PWD\"; cd \"$PWD\"; cp -a \"$1\"/before/. .
        outside=$1; shift; code=0; \"$@\" || code=$?
        if [ -d .kratix-test ]; then cp -a .kratix-test \"$outside\"/after; fi; exit $code";
    let command = case.command(&[]);
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "sh", "-c", script, "sh"]).arg(outside.path()).arg(program()).args(arguments);
    unshare.current_dir(case.path()).env_clear();
    unshare.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = unshare.output().expect("unshare starts: it is in Debian's util-linux");
    let after = outside.path().join("after");
    if after.is_dir() {
        let kept = case.path().join(".kratix-test");
        fs::create_dir_all(&kept).expect("a folder");
        crate::case::copy(&after, &kept);
    }
    case.ran(&output)
}

#[test]
fn an_engine_behind_a_port_that_sees_no_folder_of_ours_runs_a_promise() {
    let host = format!("tcp://127.0.0.1:{}", Proxy::tcp(None));
    let case = Case::fixture("elastic-cloud").env("DOCKER_HOST", &host);
    run_unseen(&case, &["run"]).exits(0).says("2 tests: 2 passed");
    assert!(case.read(".kratix-test/results/without/output/kibana.yaml").contains("30658"));
    run_unseen(&case, &["doctor"])
        .exits(0)
        .says("files      through the engine's API, a little slower: the engine");
}

#[test]
fn whether_folders_are_shared_is_found_out_and_not_told_by_the_address() {
    // A socket of this machine may lead to another one.
    let case = Case::stage("echo a > /kratix/output/a").test("a");
    run_unseen(&case, &["run", "--update"]).exits(0);
    assert_eq!(case.read(".kratix-test/results/a/output/a"), "a\n");
    // And a port may be of this machine.
    let host = format!("tcp://127.0.0.1:{}", Proxy::tcp(None));
    let case = Case::empty();
    case.run(&["doctor", "--host", &host]).says("the engine shares our file system");
    assert_eq!(fs::read_dir(case.path()).expect("a folder").count(), 0, "nothing is left of looking");
}

#[test]
fn an_engine_behind_tls_and_its_client_know_each_other_by_certificates() {
    let authority = Authority::new();
    let host = format!("tcp://127.0.0.1:{}", Proxy::tcp(Some(authority.acceptor())));
    let case = Case::fixture("elastic-cloud").env("DOCKER_HOST", &host).env("DOCKER_TLS_VERIFY", "1");
    let case = case.env("DOCKER_CERT_PATH", &authority.certificates().display().to_string());
    case.run(&["run"]).exits(0).says("2 tests: 2 passed");
}

#[test]
fn a_docker_context_brings_its_certificates() {
    let authority = Authority::new();
    let host = format!("tcp://127.0.0.1:{}", Proxy::tcp(Some(authority.acceptor())));
    let case = Case::stage("true").test("a").env("DOCKER_HOST", "");
    let config = case.path().join("docker");
    let far = sha256("far");
    let meta =
        format!(r#"{{"Name":"far","Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":false}}}}}}"#);
    let tls = config.join("contexts/tls").join(&far).join("docker");
    fs::create_dir_all(&tls).expect("a folder");
    crate::case::copy(authority.certificates(), &tls);
    let case = case.file(&format!("docker/contexts/meta/{far}/meta.json"), &meta);
    let case = case.env("DOCKER_CONFIG", &config.display().to_string());
    case.run(&["run", "--context", "far", "--update"]).exits(0);
    case.run(&["doctor", "--context", "far"]).exits(0).says(r#"(docker context "far")"#);
}

#[test]
fn strangers_are_told_so_on_both_sides_of_tls() {
    let (authority, other) = (Authority::new(), Authority::new());
    let host = format!("tcp://127.0.0.1:{}", Proxy::tcp(Some(authority.acceptor())));
    let case = Case::stage("true").test("a").env("DOCKER_HOST", &host).env("DOCKER_TLS_VERIFY", "1");
    let strange = case.env("DOCKER_CERT_PATH", &other.certificates().display().to_string());
    strange
        .run(&["run"])
        .exits(3)
        .says("invalid peer certificate")
        .says("hint: DOCKER_CERT_PATH or the docker context says where ca.pem, cert.pem and key.pem are");
    // Who trusts the engine still has to be known to it.
    fs::copy(authority.certificates().join("ca.pem"), other.certificates().join("ca.pem")).expect("a copy");
    strange
        .run(&["run"])
        .exits(3)
        .says("no container engine answers at tcp://")
        .says("hint: DOCKER_CERT_PATH");
}

/// What docker names the folders of a context by.
fn sha256(name: &str) -> String {
    let output = Command::new("sh").args(["-c", &format!("printf {name} | sha256sum")]).output();
    let sum = String::from_utf8(output.expect("sha256sum").stdout).expect("hexadecimal digits");
    sum.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn an_engine_behind_ssh_runs_a_promise() {
    let sshd = Sshd::start();
    let case = sshd.client(Case::fixture("elastic-cloud")).env("DOCKER_HOST", "ssh://engine");
    run_unseen(&case, &["run"]).exits(0).says("2 tests: 2 passed");
    // The user's settings count, and so does the socket that the address names.
    let host = format!("ssh://engine{}", engine_socket().display());
    let case = sshd.client(Case::stage("echo out; exit 3").test("a"));
    case.run(&["run", "--host", &host]).exits(1).says("exited with code 3").says("out");
}

#[test]
fn what_ssh_says_is_told_with_what_to_do() {
    let sshd = Sshd::start();
    let case = sshd.client(Case::stage("true").test("a"));
    let refused =
        |host: &str| case.run(&["run", "--host", host]).exits(3).says("no container engine answers at");
    refused("ssh://stranger").says("Host key verification failed.").says("`ssh stranger` once by hand");
    refused("ssh://locked").says("Permission denied").says("`ssh locked` has to work without a password");
    refused("ssh://bare").says("docker: not found").says("hint: install docker there");
    refused("ssh://engine/nowhere.sock").says("dial unix /nowhere.sock").says("hint: start the engine there");
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    refused(&format!("ssh://127.0.0.1:{port}"))
        .says("Connection refused")
        .says("docker version` has to work");
}
