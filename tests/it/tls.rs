//! Certificates as docker wants them, made for one test.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// Who signed the certificates of an engine and of its client.
pub(crate) struct Authority {
    folder: TempDir,
}

/// Makes `ca.pem`, the client's `cert.pem` and `key.pem`, and the engine's in `engine/`.
const MAKE: &str = r#"
    mkdir engine
    key() { openssl ecparam -genkey -name prime256v1 -noout | openssl pkcs8 -topk8 -nocrypt -out "$1"; }
    sign() {
        openssl req -new -key "$1/key.pem" -subj "/CN=$2" |
            openssl x509 -req -CA ca.pem -CAkey ca-key.pem -set_serial "$3" -days 2 -extfile "$4" -out "$1/cert.pem"
    }
    key ca-key.pem; key key.pem; key engine/key.pem
    openssl req -x509 -new -key ca-key.pem -subj "/CN=test authority" -days 2 -out ca.pem
    echo "subjectAltName=IP:127.0.0.1" > engine.ext
    echo "extendedKeyUsage=clientAuth" > client.ext
    sign engine engine 1 engine.ext; sign . client 2 client.ext
"#;

impl Authority {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let made =
            Command::new("sh").args(["-ec", MAKE]).current_dir(folder.path()).output().expect("a shell");
        let said = String::from_utf8_lossy(&made.stderr);
        let there =
            folder.path().join("engine/cert.pem").is_file() && folder.path().join("cert.pem").is_file();
        assert!(there, "no certificates: is openssl installed (apt-get install openssl)? {said}");
        Self { folder }
    }

    /// The folder with the client's.
    pub(crate) fn certificates(&self) -> &Path {
        self.folder.path()
    }

    /// The engine's side, which lets nobody in whom the authority does not know.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let file = |name: &str| fs::read(self.folder.path().join(name)).expect("a file");
        let certificate = |name| CertificateDer::from_pem_slice(&file(name)).expect("a certificate");
        let mut roots = RootCertStore::empty();
        roots.add(certificate("ca.pem")).expect("a root");
        let clients = WebPkiClientVerifier::builder(Arc::new(roots)).build().expect("a verifier");
        let key = PrivateKeyDer::from_pem_slice(&file("engine/key.pem")).expect("a key");
        let config = ServerConfig::builder()
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate("engine/cert.pem")], key);
        TlsAcceptor::from(Arc::new(config.expect("a configuration")))
    }
}
