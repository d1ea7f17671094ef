//! Reaching the engine, and what is learnt of it on the way.

use std::io;
use std::path::Path;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::SystemInfo;
use bollard::{API_DEFAULT_VERSION, Docker as Api};

use super::reason::{io_error, reason};
use crate::engine::address::{Address, Endpoint, Tls};
use crate::engine::{EngineError, START_AN_ENGINE};

/// For the first answer: after this nobody is there.
const GREETING: Duration = Duration::from_secs(10);
/// For requests that the engine answers at once, however busy it is.
const PROMPT: u64 = 120;

/// An engine that answers.
pub(super) struct Connection {
    pub(super) api: Api,
    pub(super) facts: Facts,
}

/// What a run needs to know of its engine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) processors: usize,
    /// Whether binding a folder of this machine can do: the engine is here and changes neither owners nor labels.
    pub(super) may_bind: bool,
    /// Docker Desktop takes every path to bind for one of the user's machine, even one of its own volumes.
    pub(super) is_desktop: bool,
}

/// Connects, agrees on a version and asks what the engine is, both at once.
pub(super) async fn connect(address: &Address) -> Result<Connection, EngineError> {
    let api = client(&address.endpoint).map_err(|error| unreachable(address, &error))?;
    let greeting = async { tokio::try_join!(api.clone().negotiate_version(), api.info()) };
    let answer = tokio::time::timeout(GREETING, greeting).await;
    let (api, info) =
        answer.unwrap_or(Err(Error::RequestTimeoutError)).map_err(|error| unreachable(address, &error))?;
    let facts = facts(&address.endpoint, &info);
    Ok(Connection { api, facts })
}

fn client(endpoint: &Endpoint) -> Result<Api, Error> {
    match endpoint {
        Endpoint::Unix(path) => Api::connect_with_unix(&path.to_string_lossy(), PROMPT, API_DEFAULT_VERSION),
        Endpoint::Tcp { host, tls: None } => Api::connect_with_http(host, PROMPT, API_DEFAULT_VERSION),
        Endpoint::Tcp { host, tls: Some(Tls { ca, cert, key }) } => {
            Api::connect_with_ssl(host, key, cert, ca, PROMPT, API_DEFAULT_VERSION)
        }
        Endpoint::Ssh(_) => Err(Error::UnsupportedURISchemeError { uri: endpoint.to_string() }),
    }
}

fn facts(endpoint: &Endpoint, info: &SystemInfo) -> Facts {
    let security = info.security_options.as_deref().unwrap_or_default();
    let has = |option: &str| security.iter().any(|entry| entry.split(',').any(|part| part == option));
    let plain = !has("name=rootless") && !has("name=userns") && !has("name=selinux");
    let system = info.operating_system.as_deref().unwrap_or_default();
    Facts {
        processors: info.ncpu.and_then(|count| usize::try_from(count).ok()).unwrap_or(1).max(1),
        may_bind: plain && matches!(endpoint, Endpoint::Unix(_)),
        is_desktop: system.contains("Docker Desktop"),
    }
}

/// One sentence on what was tried, and what to do about it.
fn unreachable(address: &Address, error: &Error) -> EngineError {
    let Address { endpoint, why } = address;
    let (reason, hint) = match (endpoint, error) {
        (Endpoint::Ssh(_), _) => (
            "connections over ssh are not supported yet".to_owned(),
            "forward the socket, as in `ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST`, \
             and set DOCKER_HOST=unix:///tmp/docker.sock",
        ),
        (_, Error::SocketNotFoundError(path)) => socket_not_found(Path::new(path)),
        (_, Error::CertPathError { path } | Error::CertParseError { path }) => {
            (format!("{} is not there, or not a certificate", path.display()), CERTIFICATES)
        }
        (Endpoint::Tcp { tls: Some(_), .. }, error) if is_tls(error) => (reason(error), CERTIFICATES),
        _ if is_denied(error) => ("permission denied".to_owned(), JOIN_THE_GROUP),
        _ => (reason(error), START_AN_ENGINE),
    };
    let message = format!("no container engine answers at {endpoint} ({why}): {reason}");
    EngineError::Unreachable { message, hint: hint.to_owned() }
}

const JOIN_THE_GROUP: &str =
    "join the group that may use it, as in `sudo usermod -aG docker $USER`, and log in again";

const CERTIFICATES: &str =
    "DOCKER_CERT_PATH or the docker context says where ca.pem, cert.pem and key.pem are";

/// Whether the other side is there, but the two do not trust each other.
fn is_tls(error: &Error) -> bool {
    let broken = [io::ErrorKind::InvalidData, io::ErrorKind::UnexpectedEof, io::ErrorKind::Other];
    io_error(error).is_some_and(|error| broken.contains(&error.kind()))
}

fn is_denied(error: &Error) -> bool {
    io_error(error).is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

/// The client only says that it cannot see the socket; the folder above it may be closed to us.
fn socket_not_found(path: &Path) -> (String, &'static str) {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            ("permission denied".to_owned(), JOIN_THE_GROUP)
        }
        _ => ("no such socket".to_owned(), START_AN_ENGINE),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    use super::*;

    async fn refused(endpoint: Endpoint) -> (String, String) {
        let address = Address { endpoint, why: "the default".to_owned() };
        match connect(&address).await.err().unwrap() {
            EngineError::Unreachable { message, hint } => (message, hint),
            other => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn a_socket_that_is_not_there_is_said_so() {
        let (message, hint) = refused(Endpoint::Unix(PathBuf::from("/nowhere/docker.sock"))).await;
        assert_eq!(
            message,
            "no container engine answers at unix:///nowhere/docker.sock (the default): no such socket"
        );
        assert!(hint.starts_with("start one"));
    }

    #[tokio::test]
    async fn a_socket_without_an_engine_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        let (message, _) = refused(Endpoint::Unix(path)).await;
        assert!(message.ends_with("(the default): connection refused"), "{message}");
    }

    #[tokio::test]
    async fn a_port_without_an_engine_is_refused() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (message, _) = refused(Endpoint::Tcp { host: format!("127.0.0.1:{port}"), tls: None }).await;
        assert_eq!(
            message,
            format!(
                "no container engine answers at tcp://127.0.0.1:{port} (the default): connection refused"
            )
        );
    }

    #[tokio::test]
    async fn a_host_that_is_not_known_is_said_so() {
        let (message, _) =
            refused(Endpoint::Tcp { host: "no-such-host.invalid:1".to_owned(), tls: None }).await;
        assert!(message.contains("(the default): failed to lookup address information"), "{message}");
    }

    #[tokio::test]
    async fn certificates_that_are_not_there_are_named() {
        let file = |name: &str| PathBuf::from("/nowhere").join(name);
        let tls = Some(Tls { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem") });
        let (message, _) = refused(Endpoint::Tcp { host: "127.0.0.1:1".to_owned(), tls }).await;
        assert!(message.ends_with(": /nowhere/ca.pem is not there, or not a certificate"), "{message}");
    }

    #[tokio::test]
    async fn ssh_is_said_not_to_be_supported() {
        let (message, hint) = refused(Endpoint::Ssh("me@far".to_owned())).await;
        assert_eq!(
            message,
            "no container engine answers at ssh://me@far (the default): connections over ssh are not supported yet"
        );
        assert!(hint.contains("ssh -NL"));
    }

    #[tokio::test]
    async fn a_socket_that_we_may_not_use_names_the_group() {
        let denied = Error::IOError { err: io::Error::from(io::ErrorKind::PermissionDenied) };
        let endpoint = Endpoint::Unix(PathBuf::from("/var/run/docker.sock"));
        let address = Address { endpoint, why: "the default".to_owned() };
        let EngineError::Unreachable { message, hint } = unreachable(&address, &denied) else {
            panic!("another error");
        };
        assert!(message.ends_with(": permission denied"), "{message}");
        assert!(hint.contains("usermod -aG docker"));
    }

    #[test]
    fn only_an_engine_here_that_keeps_owners_may_bind() {
        let here = Endpoint::Unix(PathBuf::new());
        let info = |option: &str| SystemInfo {
            security_options: Some(vec!["name=seccomp,profile=default".to_owned(), option.to_owned()]),
            ..SystemInfo::default()
        };
        assert!(facts(&here, &info("name=cgroupns")).may_bind);
        for option in ["name=rootless", "name=userns", "name=selinux"] {
            assert!(!facts(&here, &info(option)).may_bind, "{option}");
        }
        let far = Endpoint::Tcp { host: String::new(), tls: None };
        assert!(!facts(&far, &info("name=cgroupns")).may_bind);
    }
}
