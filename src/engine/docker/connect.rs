//! Reaching the engine, and what is learnt of it on the way.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use bollard::errors::Error;
use bollard::{API_DEFAULT_VERSION, Docker as Api};

use super::facts::Facts;
use super::reason::{io_error, is_refusal, reason};
use super::{Patience, ssh, ssh_destination};
use crate::engine::address::{Address, Endpoint, Tls};
use crate::engine::{EngineError, START_AN_ENGINE};

/// For the first answer: after this nobody is there. Behind ssh there is a second machine to reach.
const GREETING: Duration = Duration::from_secs(10);
const GREETING_BY_SSH: Duration = Duration::from_secs(60);
/// For requests that the engine answers at once, however busy it is.
const PROMPT: u64 = 120;
/// How long to pause between two tries.
const PAUSE: Duration = Duration::from_millis(200);

/// An engine that answers.
pub(super) struct Connection {
    pub(super) api: Api,
    pub(super) facts: Facts,
}

/// Connects to an engine; one that does not answer yet is waited for as long as `patience` says.
pub(super) async fn connect(address: &Address, patience: &Patience<'_>) -> Result<Connection, EngineError> {
    let start = Instant::now();
    let mut said = false;
    loop {
        let left = (!patience.limit.is_zero()).then(|| patience.limit.saturating_sub(start.elapsed()));
        match greet(&address.endpoint, longest(&address.endpoint, left)).await {
            Ok(connection) => return connection.facts.check(address).map(|()| connection),
            Err(error) if may_come(address, &error) && start.elapsed() < patience.limit => {
                if !said {
                    let Address { endpoint, why } = address;
                    let seconds = patience.limit.as_secs();
                    (patience.on_wait)(&format!(
                        "Waiting up to {seconds}s for the engine at {endpoint} ({why})"
                    ));
                }
                said = true;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(unreachable(address, &error)),
        }
    }
}

/// Whether this is what an engine that is being started looks like.
fn may_come(address: &Address, error: &Error) -> bool {
    !matches!(address.endpoint, Endpoint::Ssh(_)) && !is_refusal(error) && !is_denied(error)
}

/// How long one try may take, given how much patience is left where there is some.
fn longest(endpoint: &Endpoint, left: Option<Duration>) -> Duration {
    match (endpoint, left) {
        (Endpoint::Ssh(_), _) => GREETING_BY_SSH,
        (_, None) => GREETING,
        (_, Some(left)) => left.clamp(PAUSE, GREETING),
    }
}

/// Agrees on a version and asks what the engine is, all at once.
async fn greet(endpoint: &Endpoint, limit: Duration) -> Result<Connection, Error> {
    let api = client(endpoint)?;
    let greeting = async { tokio::try_join!(api.clone().negotiate_version(), api.version(), api.info()) };
    let answer = tokio::time::timeout(limit, greeting).await;
    let (api, version, info) = answer.unwrap_or(Err(Error::RequestTimeoutError))?;
    Ok(Connection { api, facts: Facts::new(&version, &info) })
}

fn client(endpoint: &Endpoint) -> Result<Api, Error> {
    match endpoint {
        Endpoint::Unix(path) => Api::connect_with_unix(&path.to_string_lossy(), PROMPT, API_DEFAULT_VERSION),
        Endpoint::Tcp { host, tls: None } => Api::connect_with_http(host, PROMPT, API_DEFAULT_VERSION),
        Endpoint::Tcp { host, tls: Some(Tls { ca, cert, key }) } => {
            Api::connect_with_ssl(host, key, cert, ca, PROMPT, API_DEFAULT_VERSION)
        }
        Endpoint::Ssh(destination) => ssh::client(destination, PROMPT),
    }
}

/// One sentence on what was tried, and what to do about it.
fn unreachable(address: &Address, error: &Error) -> EngineError {
    let Address { endpoint, why } = address;
    if let Endpoint::Ssh(destination) = endpoint {
        let reason = reason(error);
        let hint = ssh_destination::hint(destination, &reason);
        let message = format!("no container engine answers at {endpoint} ({why}): {reason}");
        return EngineError::Unreachable { message, hint };
    }
    let (reason, hint) = match (endpoint, error) {
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
    use std::cell::Cell;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    use super::*;
    use crate::engine::address::Why;

    async fn refused(endpoint: Endpoint) -> (String, String) {
        let address = Address { endpoint, why: Why::Usual("the default") };
        match connect(&address, &Patience::NONE).await.err().unwrap() {
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
    async fn an_address_for_ssh_that_is_none_is_said() {
        let (message, hint) = refused(Endpoint::Ssh("me:secret@far".to_owned())).await;
        assert!(message.ends_with(": a password cannot be part of the address"), "{message}");
        assert_eq!(hint, "an address is ssh://[USER@]HOST[:PORT]");
    }

    #[tokio::test]
    async fn an_engine_that_is_being_started_is_waited_for_and_that_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let endpoint = Endpoint::Unix(folder.path().join("s"));
        let address = Address { endpoint, why: Why::DockerHost };
        let said = Cell::new(0);
        let limit = Duration::from_millis(700);
        let on_wait = |_: &str| said.set(said.get() + 1);
        let start = Instant::now();
        let never = connect(&address, &Patience { limit, on_wait: &on_wait }).await;
        assert!(never.is_err() && start.elapsed() >= limit);
        assert_eq!(said.get(), 1);
    }

    #[test]
    fn only_what_may_change_by_itself_is_waited_for() {
        let io = |kind: io::ErrorKind| Error::IOError { err: io::Error::from(kind) };
        let endpoint = Endpoint::Tcp { host: "docker:2375".to_owned(), tls: None };
        let address = Address { endpoint, why: Why::DockerHost };
        assert!(may_come(&address, &io(io::ErrorKind::ConnectionRefused)));
        assert!(!may_come(&address, &io(io::ErrorKind::PermissionDenied)));
        let answered = Error::DockerResponseServerError { status_code: 403, message: String::new() };
        assert!(!may_come(&address, &answered));
    }

    #[tokio::test]
    async fn a_socket_that_we_may_not_use_names_the_group() {
        let denied = Error::IOError { err: io::Error::from(io::ErrorKind::PermissionDenied) };
        let endpoint = Endpoint::Unix(PathBuf::from("/var/run/docker.sock"));
        let address = Address { endpoint, why: Why::Usual("the default") };
        let EngineError::Unreachable { message, hint } = unreachable(&address, &denied) else {
            panic!("another error");
        };
        assert!(message.ends_with(": permission denied"), "{message}");
        assert!(hint.contains("usermod -aG docker"));
    }
}
