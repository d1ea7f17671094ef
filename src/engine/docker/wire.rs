//! A connection of our own to the engine, turned from HTTP into bytes both ways. The client keeps its connections to
//! itself, and speaks only of what it knows.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::{Method, Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::ssh;
use crate::engine::address::{Endpoint, Tls};

/// The engine answered before: after this it does not any more.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Why there is no connection of ours.
#[derive(Debug)]
pub(super) enum NoWire {
    /// This engine, or what stands before it, does not offer it.
    NotOffered,
    Failed(io::Error),
}

impl From<io::Error> for NoWire {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::Unsupported => Self::NotOffered,
            _ => Self::Failed(error),
        }
    }
}

impl From<hyper::Error> for NoWire {
    fn from(error: hyper::Error) -> Self {
        Self::Failed(io::Error::other(error))
    }
}

/// Asks the engine to switch to HTTP/2 on one of its paths.
pub(super) async fn upgrade(
    endpoint: &Endpoint,
    path: &str,
    headers: &[(&str, String)],
) -> Result<hyper::upgrade::Upgraded, NoWire> {
    let asked = tokio::time::timeout(PATIENCE, ask(endpoint, path, headers)).await;
    asked.unwrap_or_else(|_| Err(NoWire::Failed(io::Error::from(io::ErrorKind::TimedOut))))
}

async fn ask(
    endpoint: &Endpoint,
    path: &str,
    headers: &[(&str, String)],
) -> Result<hyper::upgrade::Upgraded, NoWire> {
    let stream = dial(endpoint).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the connection, which ends when the sender, or what it was turned into, is dropped.
    tokio::spawn(connection.with_upgrades());
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, "engine")
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "h2c");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| io::Error::other(error.to_string()))?;
    let response = sender.send_request(request).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(NoWire::NotOffered);
    }
    Ok(hyper::upgrade::on(response).await?)
}

/// Connects to where the engine is.
pub(super) async fn dial(endpoint: &Endpoint) -> io::Result<Box<dyn Stream>> {
    Ok(match endpoint {
        Endpoint::Unix(path) => Box::new(UnixStream::connect(path).await?),
        Endpoint::Tcp { host, tls: None } => Box::new(tcp(host).await?),
        Endpoint::Tcp { host, tls: Some(tls) } => {
            let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
            let name =
                ServerName::try_from(name.trim_matches(['[', ']']).to_owned()).map_err(io::Error::other)?;
            Box::new(connector(tls)?.connect(name, tcp(host).await?).await?)
        }
        Endpoint::Ssh(destination) => Box::new(ssh::tunnel(destination).await?),
    })
}

async fn tcp(host: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn connector(tls: &Tls) -> io::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(&tls.ca)?);
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(io::Error::other)?;
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_client_auth_cert(certificates(&tls.cert)?, key)
        .map_err(io::Error::other)?;
    Ok(TlsConnector::from(Arc::new(config)))
}

fn certificates(file: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(file).map_err(io::Error::other)?;
    certificates.collect::<Result<_, _>>().map_err(io::Error::other)
}
