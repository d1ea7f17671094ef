//! Who we are to a registry: from docker's configuration, and the helpers that it names.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::{Mutex, OnceCell};

use crate::tree::plain;

/// What docker's configuration calls Docker Hub.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";
/// A helper may ask a cloud; one that waits for somebody to type waits for ever.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of what a helper complains about.
const LONGEST_COMPLAINT: usize = 300;

/// A name and what proves it. No output shows the proof.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Login {
    /// The registry, as docker's configuration calls it.
    pub registry: String,
    /// Empty where the secret is an identity token.
    pub user: String,
    pub secret: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("registry", &self.registry).finish_non_exhaustive()
    }
}

/// The logins that docker's configuration knows; each is looked up once, and not before it is needed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credentials {
    /// `config.json`.
    file: Option<PathBuf>,
    /// Where helpers are looked for.
    path: OsString,
    patience: Option<Duration>,
    found: Arc<Mutex<BTreeMap<String, Arc<Lookup>>>>,
}

/// A login that was looked up, or is being: none, or what went wrong.
type Lookup = OnceCell<Result<Option<Login>, String>>;

impl Credentials {
    /// Those of a docker configuration folder, with helpers that are on `path`, a list as in `$PATH`.
    pub(crate) fn new(folder: Option<&Path>, path: OsString) -> Self {
        Self { file: folder.map(|folder| folder.join("config.json")), path, ..Self::default() }
    }

    #[cfg(test)]
    pub(crate) fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// The login for an image's registry. The error says what went wrong, in a sentence.
    pub(crate) async fn for_image(&self, reference: &str) -> Result<Option<Login>, String> {
        self.for_registry(registry(reference)).await
    }

    /// The login for a registry, by its host.
    pub(crate) async fn for_registry(&self, host: &str) -> Result<Option<Login>, String> {
        let key = key(host);
        let cell = self.found.lock().await.entry(key.to_owned()).or_default().clone();
        cell.get_or_init(|| self.look_up(key)).await.clone()
    }

    async fn look_up(&self, key: &str) -> Result<Option<Login>, String> {
        let Some(file) = &self.file else { return Ok(None) };
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{} cannot be read: {}", file.display(), plain(&error))),
        };
        // The parser's own words would show what it read.
        let config: Config = serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!("{}:{line}:{column}: this is not docker's configuration", file.display())
        })?;
        match config.helper(key) {
            Some(helper) => self.ask(helper, key).await,
            None => config.login(key, file),
        }
    }

    /// Asks a helper, as docker does: the registry on stdin, JSON on stdout.
    async fn ask(&self, helper: &str, key: &str) -> Result<Option<Login>, String> {
        let name = format!("docker-credential-{helper}");
        let program = std::env::split_paths(&self.path)
            .map(|folder| folder.join(&name))
            .find(|program| program.is_file())
            .ok_or_else(|| format!("{name}, which docker's configuration names for {key}, is not on PATH"))?;
        let patience = self.patience.unwrap_or(PATIENCE);
        let asked = tokio::time::timeout(patience, run(&program, key)).await;
        let answered = asked
            .map_err(|_| format!("{name} did not answer within {} s about {key}", patience.as_secs()))?
            .map_err(|error| format!("{name} cannot be run: {}", plain(&error)))?;
        if !answered.status.success() {
            return refusal(&answered)
                .map_or(Ok(None), |why| Err(format!("{name} failed about {key}: {why}")));
        }
        let answer: Answer = serde_json::from_slice(&answered.stdout)
            .map_err(|_| format!("{name} gave an answer about {key} that is not a login"))?;
        Ok(answer.login(key))
    }
}

async fn run(program: &Path, key: &str) -> std::io::Result<std::process::Output> {
    let mut command = Command::new(program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read its question is judged by what it answers.
        let _ = stdin.write_all(key.as_bytes()).await;
    }
    child.wait_with_output().await
}

/// What a helper complains about; nothing if it just knows no login. Helpers complain on stdout.
fn refusal(output: &std::process::Output) -> Option<String> {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let said = said.iter().map(|said| said.trim()).find(|said| !said.is_empty()).unwrap_or_default();
    if said.contains("credentials not found") {
        return None;
    }
    // An answer in spite of the failure may hold the secret.
    if said.is_empty() || said.contains(['{', '}']) {
        return Some(output.status.to_string());
    }
    Some(said.chars().take(LONGEST_COMPLAINT).collect())
}

/// The part of docker's configuration that is about registries.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Config {
    auths: BTreeMap<String, Auth>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    /// `USER:PASSWORD` in base64.
    #[serde(rename = "auth")]
    encoded: String,
    username: String,
    password: String,
    identitytoken: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// A login that is not one.
struct Garbled;

impl Answer {
    fn login(self, key: &str) -> Option<Login> {
        let user = if self.username == "<token>" { String::new() } else { self.username };
        (!self.secret.is_empty()).then_some(Login { registry: key.to_owned(), user, secret: self.secret })
    }
}

impl Config {
    fn helper(&self, key: &str) -> Option<&str> {
        let own = self.cred_helpers.get(key).or_else(|| self.cred_helpers.get(host(key)));
        Some(own.unwrap_or(&self.creds_store).as_str()).filter(|helper| !helper.is_empty())
    }

    fn login(&self, key: &str, file: &Path) -> Result<Option<Login>, String> {
        let alike = || self.auths.iter().find(|(known, _)| host(known) == host(key)).map(|(_, auth)| auth);
        match self.auths.get(key).or_else(alike) {
            Some(auth) => auth.login(key).map_err(|Garbled| {
                format!("{}: the login for {key} cannot be decoded: log in again", file.display())
            }),
            None => Ok(None),
        }
    }
}

impl Auth {
    /// An empty one is none.
    fn login(&self, key: &str) -> Result<Option<Login>, Garbled> {
        let login = |user: &str, secret: &str| {
            let own = [key, user, secret].map(str::to_owned);
            let [registry, user, secret] = own;
            (!secret.is_empty()).then_some(Login { registry, user, secret })
        };
        if !self.identitytoken.is_empty() {
            return Ok(login("", &self.identitytoken));
        }
        if self.encoded.is_empty() {
            return Ok(login(&self.username, &self.password));
        }
        let forgiving = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let decoded =
            GeneralPurpose::new(&STANDARD, forgiving).decode(self.encoded.trim()).map_err(|_| Garbled)?;
        let text = String::from_utf8(decoded).map_err(|_| Garbled)?;
        let (user, secret) = text.split_once(':').ok_or(Garbled)?;
        Ok(login(user, secret.trim_end_matches('\0')))
    }
}

/// The registry of an image, as its reference has it.
fn registry(reference: &str) -> &str {
    match reference.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}

/// What docker's configuration calls a registry.
fn key(host: &str) -> &str {
    match host {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => DOCKER_HUB,
        host => host,
    }
}

/// The host of an entry, which may be written as a URL.
fn host(key: &str) -> &str {
    let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A configuration folder, and a folder of helpers beside it.
    pub(crate) struct Home {
        folder: tempfile::TempDir,
    }

    impl Home {
        pub(crate) fn new(config: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("config.json"), config).unwrap();
            Self { folder }
        }

        pub(crate) fn helper(self, name: &str, script: &str) -> Self {
            let file = self.folder.path().join(format!("docker-credential-{name}"));
            fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
            self
        }

        /// Whether a helper that leaves a note of it was asked.
        pub(crate) fn asked(&self, name: &str) -> bool {
            self.folder.path().join(format!("docker-credential-{name}.asked")).exists()
        }

        pub(crate) fn credentials(&self) -> Credentials {
            Credentials::new(Some(self.folder.path()), self.folder.path().into())
        }
    }

    fn login(registry: &str, user: &str, secret: &str) -> Login {
        let [registry, user, secret] = [registry, user, secret].map(str::to_owned);
        Login { registry, user, secret }
    }

    async fn of(home: &Home, image: &str) -> Result<Option<Login>, String> {
        home.credentials().for_image(image).await
    }

    #[tokio::test]
    async fn a_login_in_the_configuration_is_for_its_registry_alone() {
        // user:pass, and with a colon in the password, without padding.
        let config = r#"{"auths": {
            "https://index.docker.io/v1/": {"auth": "dXNlcjpwYXNz"},
            "https://quay.io/v2/": {"auth": "dTpwOnE"},
            "host:5000": {"username": "name", "password": "word"},
            "token.io": {"auth": "eDo=", "identitytoken": "tok"},
            "empty.io": {}
        }}"#;
        let home = Home::new(config);
        for image in ["busybox", "team/app:1", "docker.io/library/busybox", "registry-1.docker.io/a"] {
            assert_eq!(of(&home, image).await, Ok(Some(login(DOCKER_HUB, "user", "pass"))), "{image}");
        }
        assert_eq!(of(&home, "quay.io/a/b").await, Ok(Some(login("quay.io", "u", "p:q"))));
        assert_eq!(of(&home, "host:5000/a").await, Ok(Some(login("host:5000", "name", "word"))));
        assert_eq!(of(&home, "token.io/a").await, Ok(Some(login("token.io", "", "tok"))));
        for image in ["empty.io/a", "ghcr.io/a", "localhost/a", "host:5001/a"] {
            assert_eq!(of(&home, image).await, Ok(None), "{image}");
        }
    }

    #[tokio::test]
    async fn a_helper_is_asked_for_its_registry_and_the_store_for_all_others() {
        let home = Home::new(
            r#"{"credHelpers": {"ghcr.io": "own"}, "credsStore": "all", "auths": {"quay.io": {}}}"#,
        )
        .helper("own", r#"read host; echo "{\"Username\": \"$1-$host\", \"Secret\": \"s\"}""#)
        .helper("all", r#"read host; echo "{\"Username\": \"<token>\", \"Secret\": \"$host\"}""#);
        assert_eq!(of(&home, "ghcr.io/a").await, Ok(Some(login("ghcr.io", "get-ghcr.io", "s"))));
        assert_eq!(of(&home, "quay.io/a").await, Ok(Some(login("quay.io", "", "quay.io"))));
        assert_eq!(of(&home, "a").await, Ok(Some(login(DOCKER_HUB, "", DOCKER_HUB))));
    }

    #[tokio::test]
    async fn a_helper_is_asked_once() {
        let home = Home::new(r#"{"credsStore": "s"}"#)
            .helper("s", r#"cat >/dev/null; echo x >>"$0.asked"; echo '{"Username": "u", "Secret": "s"}'"#);
        let credentials = home.credentials();
        let both = futures_util::future::join(credentials.for_image("a"), credentials.for_image("b/c")).await;
        assert_eq!(both, (Ok(Some(login(DOCKER_HUB, "u", "s"))), Ok(Some(login(DOCKER_HUB, "u", "s")))));
        let asked = fs::read_to_string(home.folder.path().join("docker-credential-s.asked")).unwrap();
        assert_eq!(asked, "x\n");
    }

    #[tokio::test]
    async fn a_helper_that_fails_is_told_without_its_secrets() {
        let helper = |script: &str| Home::new(r#"{"credsStore": "s"}"#).helper("s", script);
        let failed = "docker-credential-s failed about ghcr.io: ";
        for (script, expected) in [
            ("echo 'credentials not found in native keychain'; exit 1", Ok(None)),
            ("echo 'not logged in' >&2; exit 1", Err(format!("{failed}not logged in"))),
            (r#"echo '{"Secret": "hidden"}'; exit 3"#, Err(format!("{failed}exit status: 3"))),
            (
                "echo hidden",
                Err("docker-credential-s gave an answer about ghcr.io that is not a login".to_owned()),
            ),
        ] {
            assert_eq!(of(&helper(script), "ghcr.io/a").await, expected, "{script}");
        }
    }

    #[tokio::test]
    async fn a_helper_that_hangs_or_is_not_there_is_told() {
        let home = Home::new(r#"{"credsStore": "s", "credHelpers": {"quay.io": "none"}}"#)
            .helper("s", "exec sleep 60");
        let hasty = home.credentials().with_patience(Duration::from_millis(50));
        assert_eq!(
            hasty.for_image("ghcr.io/a").await.unwrap_err(),
            "docker-credential-s did not answer within 0 s about ghcr.io"
        );
        assert_eq!(
            of(&home, "quay.io/a").await.unwrap_err(),
            "docker-credential-none, which docker's configuration names for quay.io, is not on PATH"
        );
    }

    #[tokio::test]
    async fn a_configuration_that_cannot_be_read_is_told_without_what_it_holds() {
        let error = of(&Home::new(r#"{"auths": {"a": {"auth": hidden"#), "a").await.unwrap_err();
        assert!(error.ends_with("config.json:1:26: this is not docker's configuration"), "{error}");
        let error = of(&Home::new(r#"{"auths": {"ghcr.io": {"auth": "hidden!"}}}"#), "ghcr.io/a").await;
        let error = error.unwrap_err();
        assert!(error.ends_with("the login for ghcr.io cannot be decoded: log in again"), "{error}");
        assert_eq!(Credentials::new(None, OsString::new()).for_image("a").await, Ok(None));
        assert_eq!(format!("{:?}", login("a", "u", "hidden")), "Login { registry: \"a\", .. }");
    }
}
