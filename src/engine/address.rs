//! Where the container engine is: found as the docker command finds it, and at the usual sockets beyond that.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::EngineError;
use crate::tree::plain;

/// An engine's address, and why it is this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub endpoint: Endpoint,
    pub why: Why,
}

/// What decided where the engine is. Messages put it in brackets: `from DOCKER_HOST`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// The command line.
    Asked,
    DockerHost,
    /// A docker context, and who chose it if the command line did not.
    Context {
        name: String,
        by: Option<&'static str>,
    },
    /// Nothing: a socket is where one usually is.
    Usual(&'static str),
}

/// What to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Unix(PathBuf),
    /// `host:port`, and the certificates to use for TLS.
    Tcp {
        host: String,
        tls: Option<Tls>,
    },
    /// Everything after `ssh://`.
    Ssh(String),
}

/// Certificates in PEM form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    pub ca: PathBuf,
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// What the user asked for on the command line.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Choice<'a> {
    pub host: Option<&'a str>,
    /// The name of a docker context.
    pub context: Option<&'a str>,
}

/// What decides where an engine is, when the user does not.
pub(crate) struct Surroundings<'a> {
    /// An environment variable's value.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    pub home: Option<PathBuf>,
    /// Whether a socket is there.
    pub exists: &'a dyn Fn(&Path) -> bool,
}

const ASKED: &str = "as asked for";
const DEFAULT_CONTEXT: &str = "default";
const PODMAN: &str = "Podman's socket";
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// Finds the engine: the choice, `DOCKER_HOST`, a docker context, and only then the usual sockets.
pub(crate) fn find(choice: Choice<'_>, around: &Surroundings<'_>) -> Result<Address, EngineError> {
    if let Some(host) = choice.host {
        return address(host, Why::Asked, around);
    }
    let named = match choice.context {
        Some(name) => Some((name.to_owned(), None)),
        None if around.set("DOCKER_HOST").is_some() => None,
        None => chosen_context(around)?.map(|(name, by)| (name, Some(by))),
    };
    if let Some((name, by)) = named.filter(|(name, _)| name != DEFAULT_CONTEXT) {
        return context(name, by, around);
    }
    match around.set("DOCKER_HOST") {
        Some(host) => address(&host, Why::DockerHost, around),
        None => usual_socket(around),
    }
}

/// The address of Podman's service, as its own client would find it.
pub(crate) fn podman(around: &Surroundings<'_>) -> Result<String, EngineError> {
    if let Some(host) = around.set("CONTAINER_HOST") {
        return Ok(host);
    }
    let sockets: Vec<PathBuf> = usual_sockets(around)
        .into_iter()
        .filter(|(_, why)| *why == PODMAN)
        .map(|(socket, _)| socket)
        .collect();
    if let Some(socket) = sockets.iter().find(|socket| (around.exists)(socket)) {
        return Ok(format!("unix://{}", socket.display()));
    }
    let tried: Vec<String> = sockets.iter().map(|socket| socket.display().to_string()).collect();
    Err(EngineError::Unreachable {
        message: format!(
            "Podman's service is not found: CONTAINER_HOST is not set, and there is no socket at {}",
            tried.join(", ")
        ),
        hint: "systemctl --user start podman.socket, or set CONTAINER_HOST".to_owned(),
    })
}

/// The docker context that would be used, were it not for `--host`, `--context` or `DOCKER_HOST`.
pub(crate) fn default_context(around: &Surroundings<'_>) -> Option<String> {
    let (name, _) = chosen_context(around).ok().flatten()?;
    (name != DEFAULT_CONTEXT).then_some(name)
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Asked => f.write_str(ASKED),
            Self::DockerHost => f.write_str("from DOCKER_HOST"),
            Self::Context { name, by: None } => write!(f, "docker context {name:?}"),
            Self::Context { name, by: Some(by) } => write!(f, "docker context {name:?}, {by}"),
            Self::Usual(socket) => f.write_str(socket),
        }
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, .. } => write!(f, "tcp://{host}"),
            Self::Ssh(host) => write!(f, "ssh://{host}"),
        }
    }
}

impl Surroundings<'_> {
    /// A variable that is set to something; docker takes an empty one for unset.
    fn set(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// Docker's own settings.
    pub(crate) fn config_folder(&self) -> Option<PathBuf> {
        let folder = self.set("DOCKER_CONFIG").map(PathBuf::from);
        folder.or_else(|| self.home.as_ref().map(|home| home.join(".docker")))
    }
}

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "currentContext", default)]
    current_context: String,
}

/// The context that the environment or docker's settings name, and which of them.
fn chosen_context(around: &Surroundings<'_>) -> Result<Option<(String, &'static str)>, EngineError> {
    if let Some(name) = around.set("DOCKER_CONTEXT") {
        return Ok(Some((name, "from DOCKER_CONTEXT")));
    }
    let Some(path) = around.config_folder().map(|folder| folder.join("config.json")) else {
        return Ok(None);
    };
    let config: Option<Config> = read_json(&path, "docker's settings")?;
    let name = config.map(|config| config.current_context).filter(|name| !name.is_empty());
    Ok(name.map(|name| (name, "docker's current context")))
}

#[derive(Deserialize)]
struct ContextFile {
    #[serde(rename = "Endpoints")]
    endpoints: ContextEndpoints,
}

#[derive(Deserialize)]
struct ContextEndpoints {
    docker: ContextEndpoint,
}

#[derive(Deserialize)]
struct ContextEndpoint {
    #[serde(rename = "Host", default)]
    host: String,
    #[serde(rename = "SkipTLSVerify", default)]
    skip_tls_verify: bool,
}

/// The engine of a docker context, which docker keeps under the hash of its name.
fn context(
    name: String,
    by: Option<&'static str>,
    around: &Surroundings<'_>,
) -> Result<Address, EngineError> {
    let unknown = || EngineError::Unreachable {
        message: format!("there is no docker context {name:?} ({})", by.unwrap_or(ASKED)),
        hint: "`docker context ls` lists them".to_owned(),
    };
    let folder = around.config_folder().ok_or_else(unknown)?.join("contexts");
    let hash = hex(&Sha256::digest(&name));
    let what = format!("docker context {name:?}");
    let file: Option<ContextFile> = read_json(&folder.join("meta").join(&hash).join("meta.json"), &what)?;
    let endpoint = file.ok_or_else(unknown)?.endpoints.docker;
    let certificates = folder.join("tls").join(&hash).join("docker");
    let tls = if endpoint.skip_tls_verify {
        Security::Unverified
    } else if certificates.is_dir() {
        Security::Tls(certificates)
    } else {
        Security::None
    };
    let why = Why::Context { name, by };
    Ok(Address { endpoint: parse(&endpoint.host, tls, &why)?, why })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Reads a file of docker's, if it is there.
fn read_json<T: serde::de::DeserializeOwned>(path: &Path, what: &str) -> Result<Option<T>, EngineError> {
    let broken = |reason: String| EngineError::Unreachable {
        message: format!("{what} cannot be read: {}: {reason}", path.display()),
        hint: "mend or remove that file, or say where the engine is with DOCKER_HOST".to_owned(),
    };
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| broken(error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(broken(plain(&error))),
    }
}

/// How a tcp address is secured.
enum Security {
    None,
    /// With the certificates in this folder.
    Tls(PathBuf),
    Unverified,
}

/// A host as the user wrote it, secured as docker's variables say.
fn address(host: &str, why: Why, around: &Surroundings<'_>) -> Result<Address, EngineError> {
    let folder = around.set("DOCKER_CERT_PATH").map(PathBuf::from).or_else(|| around.config_folder());
    let verify = around.set("DOCKER_TLS_VERIFY").is_some() || host.starts_with("https://");
    let security = match folder {
        Some(folder) if verify => Security::Tls(folder),
        None if verify => Security::Tls(PathBuf::new()),
        _ if around.set("DOCKER_TLS").is_some() => Security::Unverified,
        _ => Security::None,
    };
    Ok(Address { endpoint: parse(host, security, &why)?, why })
}

fn parse(host: &str, security: Security, why: &Why) -> Result<Endpoint, EngineError> {
    let host = host.trim();
    let (scheme, rest) = match host.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None if host.is_empty() || host.starts_with('/') => ("unix", host),
        None => ("tcp", host),
    };
    match scheme {
        "unix" if rest.is_empty() => Ok(Endpoint::Unix(PathBuf::from(DEFAULT_SOCKET))),
        "unix" => Ok(Endpoint::Unix(PathBuf::from(rest))),
        "tcp" | "http" | "https" => tcp(rest, security, host, why),
        "ssh" => Ok(Endpoint::Ssh(rest.to_owned())),
        _ => Err(EngineError::Unreachable {
            message: format!("{host} ({why}) is not an address of a container engine"),
            hint: "addresses begin with unix://, tcp:// or ssh://".to_owned(),
        }),
    }
}

/// Completes host and port as docker does; a path after them has no meaning here.
fn tcp(rest: &str, security: Security, written: &str, why: &Why) -> Result<Endpoint, EngineError> {
    let tls = match security {
        Security::None => None,
        Security::Tls(folder) => Some(Tls {
            ca: folder.join("ca.pem"),
            cert: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        }),
        Security::Unverified => {
            return Err(EngineError::Unreachable {
                message: format!("{written} ({why}) is to be used without verifying its certificate"),
                hint: "set DOCKER_TLS_VERIFY=1 and give the engine's ca.pem, in DOCKER_CERT_PATH or the docker context"
                    .to_owned(),
            });
        }
    };
    let host = rest.split('/').next().unwrap_or_default();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, ""),
    };
    let name = if name.is_empty() { "127.0.0.1" } else { name };
    let port = match port {
        "" if tls.is_some() => "2376",
        "" => "2375",
        port => port,
    };
    Ok(Endpoint::Tcp { host: format!("{name}:{port}"), tls })
}

/// The first socket that is there, when nothing says which.
fn usual_socket(around: &Surroundings<'_>) -> Result<Address, EngineError> {
    let sockets = usual_sockets(around);
    for (socket, why) in &sockets {
        if (around.exists)(socket) {
            return Ok(Address { endpoint: Endpoint::Unix(socket.clone()), why: Why::Usual(why) });
        }
    }
    let tried: Vec<_> = sockets.iter().map(|(socket, _)| socket.display().to_string()).collect();
    Err(EngineError::Unreachable {
        message: format!(
            "no container engine is found: neither DOCKER_HOST nor a docker context is set, and there is no socket at {}",
            tried.join(", ")
        ),
        hint: super::START_AN_ENGINE.to_owned(),
    })
}

fn usual_sockets(around: &Surroundings<'_>) -> Vec<(PathBuf, &'static str)> {
    let runtime = around.set("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = |socket: &str| runtime.as_ref().map(|folder| folder.join(socket));
    let home = |socket: &str| around.home.as_ref().map(|folder| folder.join(socket));
    let sockets = [
        (Some(PathBuf::from(DEFAULT_SOCKET)), "the default"),
        (runtime("docker.sock"), "rootless Docker's socket"),
        (home(".docker/run/docker.sock"), "Docker Desktop's socket"),
        (home(".docker/desktop/docker.sock"), "Docker Desktop's socket"),
        (runtime("podman/podman.sock"), PODMAN),
        (Some(PathBuf::from("/run/podman/podman.sock")), PODMAN),
        (home(".local/share/containers/podman/machine/podman.sock"), PODMAN),
        (home(".colima/default/docker.sock"), "Colima's socket"),
        (home(".rd/docker.sock"), "Rancher Desktop's socket"),
    ];
    sockets.into_iter().filter_map(|(socket, why)| Some((socket?, why))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Docker's folder and the variables of one test; nothing of the real ones.
    struct World {
        home: tempfile::TempDir,
        variables: Vec<(&'static str, String)>,
        sockets: Vec<PathBuf>,
    }

    impl World {
        fn new() -> Self {
            Self { home: tempfile::tempdir().unwrap(), variables: Vec::new(), sockets: Vec::new() }
        }

        fn set(mut self, name: &'static str, value: &str) -> Self {
            self.variables.push((name, value.to_owned()));
            self
        }

        fn socket(mut self, path: &str) -> Self {
            self.sockets.push(PathBuf::from(path));
            self
        }

        fn file(self, path: &str, text: &str) -> Self {
            let path = self.home.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            self
        }

        /// The context `far`, whose hash is written out here so that the hashing is tested too.
        fn far(self, endpoint: &str) -> Self {
            let meta = format!(r#"{{"Name":"far","Metadata":{{}},"Endpoints":{{"docker":{endpoint}}}}}"#);
            self.file(&format!(".docker/contexts/meta/{FAR}/meta.json"), &meta)
        }

        fn find(&self, choice: Choice<'_>) -> Result<Address, EngineError> {
            self.around(|around| find(choice, around))
        }

        fn around<T>(&self, ask: impl FnOnce(&Surroundings<'_>) -> T) -> T {
            let variable = |name: &str| {
                self.variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
            };
            let exists = |path: &Path| self.sockets.iter().any(|socket| socket == path);
            let home = Some(self.home.path().to_owned());
            ask(&Surroundings { variable: &variable, home, exists: &exists })
        }

        fn found(&self) -> String {
            shown(self.find(Choice::default()))
        }
    }

    /// printf far | sha256sum
    const FAR: &str = "512eea46ceb3921dff4363c7069d89d4964d1d9fccaa0f411851a7aa60a5c868";

    fn shown(found: Result<Address, EngineError>) -> String {
        match found {
            Ok(address) => format!("{} ({})", address.endpoint, address.why),
            Err(error) => error.to_string(),
        }
    }

    fn context(name: &str) -> Choice<'_> {
        Choice { context: Some(name), ..Choice::default() }
    }

    fn host(host: &str) -> Choice<'_> {
        Choice { host: Some(host), ..Choice::default() }
    }

    #[test]
    fn podman_is_found_by_its_own_variable_or_at_its_own_sockets() {
        let world = World::new().set("DOCKER_HOST", "tcp://other").socket(DEFAULT_SOCKET);
        let error = world.around(podman).expect_err("no Podman").to_string();
        assert!(
            error.contains("CONTAINER_HOST is not set, and there is no socket at /run/podman/podman.sock"),
            "{error}"
        );
        let world = world.set("XDG_RUNTIME_DIR", "/run/user/7").socket("/run/user/7/podman/podman.sock");
        assert_eq!(world.around(podman).expect("Podman"), "unix:///run/user/7/podman/podman.sock");
        let world = world.set("CONTAINER_HOST", "tcp://elsewhere:8080");
        assert_eq!(world.around(podman).expect("Podman"), "tcp://elsewhere:8080");
    }

    #[test]
    fn a_host_that_is_asked_for_wins() {
        let world = World::new().set("DOCKER_HOST", "tcp://other").socket(DEFAULT_SOCKET);
        assert_eq!(shown(world.find(host("unix:///x.sock"))), "unix:///x.sock (as asked for)");
    }

    #[test]
    fn docker_host_wins_over_contexts() {
        let world = World::new()
            .set("DOCKER_HOST", "tcp://other:1")
            .set("DOCKER_CONTEXT", "far")
            .file(".docker/config.json", r#"{"currentContext":"far"}"#);
        assert_eq!(world.found(), "tcp://other:1 (from DOCKER_HOST)");
    }

    #[test]
    fn a_context_that_is_asked_for_wins_over_docker_host() {
        let world = World::new().set("DOCKER_HOST", "tcp://x").far(r#"{"Host":"unix:///far.sock"}"#);
        assert_eq!(shown(world.find(context("far"))), r#"unix:///far.sock (docker context "far")"#);
    }

    #[test]
    fn the_default_context_is_docker_host_or_the_default_socket() {
        let world = World::new().set("DOCKER_HOST", "tcp://x:1");
        assert_eq!(shown(world.find(context("default"))), "tcp://x:1 (from DOCKER_HOST)");
        let world = World::new().set("DOCKER_CONTEXT", "default").socket(DEFAULT_SOCKET);
        assert_eq!(world.found(), "unix:///var/run/docker.sock (the default)");
    }

    #[test]
    fn docker_context_wins_over_the_current_one() {
        let world = World::new()
            .set("DOCKER_CONTEXT", "far")
            .file(".docker/config.json", r#"{"currentContext":"near"}"#)
            .far(r#"{"Host":"unix:///far.sock"}"#);
        assert_eq!(world.found(), r#"unix:///far.sock (docker context "far", from DOCKER_CONTEXT)"#);
    }

    #[test]
    fn the_current_context_is_read_from_dockers_settings() {
        let world = World::new()
            .file(".docker/config.json", r#"{"auths":{},"currentContext":"far"}"#)
            .far(r#"{"Host":"ssh://me@far"}"#);
        assert_eq!(world.found(), r#"ssh://me@far (docker context "far", docker's current context)"#);
    }

    #[test]
    fn docker_config_moves_the_settings() {
        let mut world = World::new().file("moved/config.json", r#"{"currentContext":"gone"}"#);
        let moved = world.home.path().join("moved").display().to_string();
        world = world.set("DOCKER_CONFIG", &moved);
        assert_eq!(world.found(), r#"there is no docker context "gone" (docker's current context)"#);
    }

    #[test]
    fn a_context_brings_its_certificates() {
        let world = World::new()
            .far(r#"{"Host":"tcp://far:2376","SkipTLSVerify":false}"#)
            .file(&format!(".docker/contexts/tls/{FAR}/docker/ca.pem"), "");
        let Endpoint::Tcp { tls: Some(tls), .. } = world.find(context("far")).unwrap().endpoint else {
            panic!("no certificates");
        };
        let folder = world.home.path().join(".docker/contexts/tls").join(FAR).join("docker");
        assert_eq!(tls.ca, folder.join("ca.pem"));
        assert_eq!(tls.key, folder.join("key.pem"));
    }

    #[test]
    fn a_context_without_certificates_is_plain_tcp() {
        let world = World::new().far(r#"{"Host":"tcp://far"}"#);
        let expected = Endpoint::Tcp { host: "far:2375".to_owned(), tls: None };
        assert_eq!(world.find(context("far")).unwrap().endpoint, expected);
    }

    #[test]
    fn certificates_that_are_not_to_be_verified_are_refused() {
        let world = World::new().far(r#"{"Host":"tcp://far","SkipTLSVerify":true}"#);
        assert!(shown(world.find(context("far"))).contains("without verifying"));
        let world = World::new().set("DOCKER_HOST", "tcp://far").set("DOCKER_TLS", "1");
        assert!(world.found().contains("without verifying"));
    }

    #[test]
    fn docker_tls_verify_secures_tcp_with_the_certificates_of_docker_cert_path() {
        let world = World::new()
            .set("DOCKER_HOST", "tcp://far")
            .set("DOCKER_TLS_VERIFY", "1")
            .set("DOCKER_CERT_PATH", "/certs");
        let Endpoint::Tcp { host, tls: Some(tls) } = world.find(Choice::default()).unwrap().endpoint else {
            panic!("no certificates");
        };
        assert_eq!((host.as_str(), tls.cert), ("far:2376", PathBuf::from("/certs/cert.pem")));
    }

    #[test]
    fn hosts_are_completed_as_docker_does() {
        for (written, expected) in [
            ("unix://", "unix:///var/run/docker.sock"),
            ("far", "tcp://far:2375"),
            ("far:99", "tcp://far:99"),
            ("tcp://:99", "tcp://127.0.0.1:99"),
            ("tcp://far:99/path", "tcp://far:99"),
            ("tcp://[::1]", "tcp://[::1]:2375"),
            ("tcp://[::1]:99", "tcp://[::1]:99"),
            (" tcp://far ", "tcp://far:2375"),
            ("/x.sock", "unix:///x.sock"),
        ] {
            assert_eq!(shown(World::new().find(host(written))), format!("{expected} (as asked for)"));
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        let refused = World::new().find(host("npipe:////./pipe/docker_engine")).unwrap_err();
        assert!(refused.to_string().ends_with("(as asked for) is not an address of a container engine"));
    }

    #[test]
    fn the_usual_sockets_are_tried_in_order_when_nothing_is_set() {
        let world = World::new().set("XDG_RUNTIME_DIR", "/run/user/7");
        let world = world.socket("/run/podman/podman.sock").socket("/run/user/7/podman/podman.sock");
        assert_eq!(world.found(), "unix:///run/user/7/podman/podman.sock (Podman's socket)");
    }

    #[test]
    fn without_any_socket_the_message_lists_what_was_tried() {
        let message = World::new().found();
        assert!(message.starts_with("no container engine is found: neither DOCKER_HOST"), "{message}");
        assert!(message.contains("at /var/run/docker.sock, ") && message.ends_with("/.rd/docker.sock"));
    }

    #[test]
    fn settings_that_are_no_json_are_named() {
        let message = World::new().file(".docker/config.json", "{").found();
        assert!(message.starts_with("docker's settings cannot be read: "), "{message}");
        assert!(message.contains("/.docker/config.json: "), "{message}");
    }
}
