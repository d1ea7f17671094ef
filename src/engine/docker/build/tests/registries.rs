//! Who we are to registries, and engines that do not have all.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Builder;
use crate::engine::address::Endpoint;
use crate::engine::credentials::tests::Home;
use crate::engine::docker::tests::engine_address;
use crate::engine::docker::wire::dial;
use crate::engine::{Address, Build, Credentials, EngineError, Secret};

/// A registry that has nothing, and wants to know who asks.
struct Registry {
    host: String,
    logins: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("localhost:{}", listener.local_addr().unwrap().port());
        let logins = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&logins);
        // It ends with the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, seen) = (stream.unwrap(), Arc::clone(&seen));
                std::thread::spawn(move || answer(stream, &seen));
            }
        });
        Self { host, logins }
    }

    /// The logins of whoever asked since the last time.
    fn logins(&self) -> Vec<String> {
        let mut logins = std::mem::take(&mut *self.logins.lock().unwrap());
        logins.dedup();
        logins
    }
}

fn answer(mut stream: TcpStream, seen: &Mutex<Vec<String>>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let login = head.lines().find_map(|line| line.strip_prefix("Authorization: Basic "));
    let status = match login {
        Some(login) => {
            seen.lock().unwrap().push(login.to_owned());
            "404 Not Found"
        }
        None => "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"tests\"",
    };
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

/// `user:hidden`, as it goes over the wire.
const LOGIN: &str = "dXNlcjpoaWRkZW4=";

fn helper(registry: &Registry, script: &str) -> Home {
    Home::new(&format!(r#"{{"credHelpers": {{"{}": "tests"}}}}"#, registry.host)).helper("tests", script)
}

#[tokio::test]
async fn a_registry_is_told_who_asks_when_an_image_is_pulled_or_built_on() {
    let registry = Registry::start();
    let home = helper(&registry, r#"cat >/dev/null; echo '{"Username": "user", "Secret": "hidden"}'"#);
    let image = format!("{}/team/app:1", registry.host);
    for classic in [false, true] {
        let builder = Builder::start_with(classic, home.credentials(), &engine_address()).await;
        let mut context = builder.context(&format!("FROM {image}\n"));
        context.dockerfile.bases.push(image.clone());
        let (built, log) = builder.build(Build::new(context, &builder.tag)).await;
        let error = built.unwrap_err().to_string();
        assert_eq!(registry.logins(), [LOGIN], "{classic} {error}");
        assert!(!error.contains("hidden") && !log.contains("hidden"), "{error}\n{log}");
        let error = builder.docker.fetch(&image, "").await.unwrap_err().to_string();
        assert_eq!(registry.logins(), [LOGIN], "{error}");
    }
}

#[tokio::test]
async fn a_helper_that_fails_is_told_where_the_registry_refuses() {
    let registry = Registry::start();
    let home = helper(&registry, "echo 'the vault is locked' >&2; exit 1");
    let image = format!("{}/team/app:1", registry.host);
    let complaint = format!("docker-credential-tests failed about {}: the vault is locked", registry.host);
    for classic in [false, true] {
        let builder = Builder::start_with(classic, home.credentials(), &engine_address()).await;
        let mut context = builder.context(&format!("FROM {image}\n"));
        context.dockerfile.bases.push(image.clone());
        let failure = super::failed(builder.build(Build::new(context, &builder.tag)).await.0);
        assert_eq!(failure.hint.as_ref(), Some(&complaint), "{failure:?}");
        let error = builder.docker.fetch(&image, "").await.unwrap_err().to_string();
        assert!(error.ends_with(&format!("({complaint})")), "{error}");
    }
    assert!(registry.logins().is_empty());
}

#[tokio::test]
async fn a_helper_is_not_asked_for_what_the_engine_has() {
    let home = Home::new(r#"{"credsStore": "tests"}"#).helper("tests", r#"touch "$0.asked"; exit 1"#);
    for classic in [false, true] {
        let builder = Builder::start_with(classic, home.credentials(), &engine_address()).await;
        let mut context = builder.context("FROM busybox:1.36\n");
        context.dockerfile.bases.push("busybox:1.36".to_owned());
        builder.build(Build::new(context, &builder.tag)).await.0.unwrap();
        builder.remove(&builder.tag).await;
    }
    assert!(!home.asked("tests"));
}

/// An engine before which somebody stands who lets nothing through to its BuildKit.
fn without_buildkit(folder: &std::path::Path) -> Address {
    let path = folder.join("engine.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(pass_on(stream));
        }
    });
    Address { endpoint: Endpoint::Unix(path), why: crate::engine::Why::Asked }
}

/// The engine behind a port, as it is in many a CI job.
async fn over_tcp() -> Address {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut engine = dial(&engine_address().endpoint).await?;
                tokio::io::copy_bidirectional(&mut stream, &mut engine).await
            });
        }
    });
    Address { endpoint: Endpoint::Tcp { host, tls: None }, why: crate::engine::Why::Asked }
}

#[tokio::test]
async fn an_engine_behind_a_port_builds_with_buildkit() {
    let builder = Builder::start_with(false, Credentials::default(), &over_tcp().await).await;
    builder.write("file", "x");
    let context = builder.context("FROM busybox:1.36\nCOPY file /\n");
    let (image, log) = builder.build(Build::new(context, &builder.tag)).await;
    image.unwrap();
    builder.remove(&builder.tag).await;
    assert!(log.contains("[2/2] COPY file /"), "{log}");
}

async fn pass_on(mut stream: tokio::net::UnixStream) -> std::io::Result<()> {
    let mut head = vec![0; 4096];
    let length = stream.read(&mut head).await?;
    if head.starts_with(b"POST /grpc") || head.starts_with(b"POST /session") {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
    }
    let mut engine = dial(&engine_address().endpoint).await?;
    engine.write_all(&head[..length]).await?;
    tokio::io::copy_bidirectional(&mut stream, &mut engine).await.map(drop)
}

#[tokio::test]
async fn an_engine_that_offers_no_buildkit_builds_with_the_classic_builder() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Builder::start_with(false, Credentials::default(), &without_buildkit(folder.path())).await;
    let context = builder.context("FROM busybox:1.36\n");
    let (image, log) = builder.build(Build::new(context.clone(), &builder.tag)).await;
    image.unwrap();
    builder.remove(&builder.tag).await;
    assert!(log.contains(" : FROM busybox:1.36"), "{log}");
    let secrets = [Secret::new("token", "x")];
    let wanted = Build { secrets: &secrets, ..Build::new(context, &builder.tag) };
    let error: EngineError = builder.build(wanted).await.0.unwrap_err();
    assert!(error.to_string().contains("secrets need BuildKit"), "{error}");
}
