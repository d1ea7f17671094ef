//! Something between the program and the real engine: another address, TLS, or an engine of another age.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;

/// What the program connects to, and what it asked for there.
pub(crate) struct Proxy {
    requests: Arc<Mutex<Vec<String>>>,
}

/// The oldest and the newest version of the API that an engine speaks.
#[derive(Clone, Copy)]
pub(crate) struct Versions {
    pub(crate) oldest: (u32, u32),
    pub(crate) newest: (u32, u32),
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Proxy {
    /// The real engine at a port of this machine; the port is returned.
    pub(crate) fn tcp(tls: Option<TlsAcceptor>) -> u16 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        listener.set_nonblocking(true).expect("a listener");
        run(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((client, _)) = listener.accept().await {
                let tls = tls.clone();
                tokio::spawn(async move {
                    let Some(tls) = tls else { return forward(Box::new(client)).await };
                    // Strangers get no further.
                    if let Ok(client) = tls.accept(client).await {
                        forward(Box::new(client)).await;
                    }
                });
            }
        });
        port
    }

    /// The real engine at another socket, which pretends to speak other versions of the API.
    pub(crate) fn speaking(versions: Versions, socket: &Path) -> Self {
        let listener = std::os::unix::net::UnixListener::bind(socket).expect("a socket");
        listener.set_nonblocking(true).expect("a listener");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        run(async move {
            let listener = UnixListener::from_std(listener).expect("a listener");
            while let Ok((client, _)) = listener.accept().await {
                let log = Arc::clone(&log);
                tokio::spawn(async move { versions.serve(client, &log).await });
            }
        });
        Self { requests }
    }

    /// The first line of every request.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("requests").clone()
    }
}

/// Does something in the background for as long as the tests run.
fn run(work: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    thread::spawn(move || runtime.block_on(work));
}

/// The socket of the engine that the tests talk to.
pub(crate) fn engine_socket() -> PathBuf {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    PathBuf::from(host.strip_prefix("unix://").unwrap_or("/var/run/docker.sock"))
}

async fn forward(mut client: Box<dyn Stream>) {
    let mut engine = UnixStream::connect(engine_socket()).await.expect("the engine");
    let _ = copy_bidirectional(&mut client, &mut engine).await;
}

impl Versions {
    /// One request for each connection, so that every one of them is seen.
    async fn serve(self, mut client: UnixStream, log: &Mutex<Vec<String>>) {
        let Some((head, rest)) = read_head(&mut client).await else { return };
        let (line, headers) = head.split_once("\r\n").expect("a request line");
        log.lock().expect("requests").push(line.to_owned());
        let mut words = line.split(' ');
        let (method, target) = (words.next().expect("a method"), words.next().expect("a target"));
        let (version, path) = split_version(target);
        if let Some(refusal) = version.and_then(|version| self.refusal(version)) {
            return self.answer(&mut client, "400 Bad Request", &refusal).await;
        }
        if path == "/version" {
            return self.answer(&mut client, "200 OK", &self.description()).await;
        }
        let once = if headers.to_lowercase().contains("upgrade:") { "" } else { "Connection: close\r\n" };
        let head = format!("{method} {path} HTTP/1.1\r\n{once}{headers}");
        let mut engine = UnixStream::connect(engine_socket()).await.expect("the engine");
        engine.write_all(head.as_bytes()).await.expect("a request");
        engine.write_all(&rest).await.expect("a request");
        let _ = copy_bidirectional(&mut client, &mut engine).await;
    }

    /// What docker says to a version that it does not speak.
    fn refusal(self, version: (u32, u32)) -> Option<String> {
        let text = |(major, minor): (u32, u32)| format!("{major}.{minor}");
        if version < self.oldest {
            return Some(format!(
                r#"{{"message":"client version {} is too old. Minimum supported API version is {}, please upgrade your client to a newer version"}}"#,
                text(version),
                text(self.oldest)
            ));
        }
        (version > self.newest).then(|| {
            format!(
                r#"{{"message":"client version {} is too new. Maximum supported API version is {}"}}"#,
                text(version),
                text(self.newest)
            )
        })
    }

    fn description(self) -> String {
        let Self { oldest, newest } = self;
        format!(
            r#"{{"Version":"99.0","ApiVersion":"{}.{}","MinAPIVersion":"{}.{}","Os":"linux","Arch":"amd64"}}"#,
            newest.0, newest.1, oldest.0, oldest.1
        )
    }

    async fn answer(self, client: &mut UnixStream, status: &str, body: &str) {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\nApi-Version: {}.{}\r\n\
             Content-Length: {}\r\n\r\n",
            self.newest.0,
            self.newest.1,
            body.len()
        );
        let _ = client.write_all((head + body).as_bytes()).await;
    }
}

/// The head of a request, with its empty line, and what was read beyond it.
async fn read_head(client: &mut UnixStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Some((String::from_utf8(bytes).ok()?, rest));
        }
        if client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// `/v1.41/info` is `/info` of version 1.41.
fn split_version(target: &str) -> (Option<(u32, u32)>, &str) {
    let version = || {
        let (version, _) = target.strip_prefix("/v")?.split_once('/')?;
        let (major, minor) = version.split_once('.')?;
        Some(((major.parse().ok()?, minor.parse().ok()?), &target[2 + version.len()..]))
    };
    version().map_or((None, target), |(version, path)| (Some(version), path))
}
