//! A real ssh server on a port of this machine, with keys made for one test.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::case::Case;

const SSHD: &str = "/usr/sbin/sshd";

/// The server; it ends with the test.
pub(crate) struct Sshd {
    folder: TempDir,
    server: Child,
}

impl Sshd {
    /// Starts a server that lets this user in: with one key as they are, with another to where there is no docker.
    pub(crate) fn start() -> Self {
        assert!(
            Path::new(SSHD).is_file(),
            "there is no {SSHD}: apt-get install openssh-server (it does not have to run)"
        );
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        for name in ["host", "user", "bare", "unknown"] {
            key(&path.join(name));
        }
        let public = |name: &str| fs::read_to_string(path.join(format!("{name}.pub"))).expect("a key");
        let bare = r#"command="PATH=/nowhere; echo 'sh: 1: docker: not found' >&2; exit 127" "#;
        write(path, "authorized", &format!("{}{bare}{}", public("user"), public("bare")));
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let shown = path.display();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {shown}/host\nAuthorizedKeysFile {shown}/authorized\n\
             StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin prohibit-password\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        );
        write(path, "sshd_config", &config);
        write(path, "known", &format!("[127.0.0.1]:{port} {}", public("host")));
        write(path, "nobody", "");
        write(path, "config", &client_config(path, port));
        // Debian's service makes it; the server wants it even where it needs no other user.
        let _ = fs::create_dir_all("/run/sshd");
        let server = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(path.join("sshd_config"))
            .stderr(fs::File::create(path.join("log")).expect("a log"))
            .stdin(Stdio::null())
            .spawn()
            .expect("sshd starts");
        let sshd = Self { folder, server };
        sshd.wait_for(port);
        sshd
    }

    /// Gives a case an ssh client with settings that know the server under some names.
    pub(crate) fn client(&self, case: Case) -> Case {
        let config = self.folder.path().join("config");
        let ssh = format!("#!/bin/sh\nexec /usr/bin/ssh -F {} \"$@\"\n", config.display());
        let case = case.file("bin/ssh", &ssh).executable("bin/ssh");
        let path = format!("{}/bin:{}", case.path().display(), std::env::var("PATH").unwrap_or_default());
        case.env("PATH", &path)
    }

    fn wait_for(&self, port: u16) {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(20), "sshd does not answer: {log}");
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// `engine` works; nobody knows the `stranger`'s key, `locked` is asked with a key that it does not know, and `bare` has
/// no docker.
fn client_config(path: &Path, port: u16) -> String {
    let host = |name: &str, key: &str, known: &str| {
        let path = path.display();
        format!(
            "Host {name}\n  IdentityFile {path}/{key}\n  UserKnownHostsFile {path}/{known}\n  HostName 127.0.0.1\n  \
             Port {port}\n"
        )
    };
    let hosts = [
        host("engine", "user", "known"),
        host("stranger", "user", "nobody"),
        host("locked", "unknown", "known"),
        host("bare", "bare", "known"),
    ];
    let all = "Host *\n  IdentitiesOnly yes\n  StrictHostKeyChecking yes\n  GlobalKnownHostsFile /dev/null\n";
    hosts.concat() + all
}

fn key(file: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(file).status();
    let made = made.expect("ssh-keygen starts: apt-get install openssh-client");
    assert!(made.success());
}

fn write(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::write(&file, text).expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
}
