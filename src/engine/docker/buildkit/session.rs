//! The session of a build: what BuildKit may ask of us while it builds. We are the server, on a connection that we open.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bollard_buildkit_proto::health::health_check_response::ServingStatus;
use bollard_buildkit_proto::health::health_server::{Health, HealthServer};
use bollard_buildkit_proto::health::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
};
use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::{Secrets, SecretsServer};
use bollard_buildkit_proto::moby::buildkit::secrets::v1::{GetSecretRequest, GetSecretResponse};
use bollard_buildkit_proto::moby::filesync::v1::auth_server::{Auth, AuthServer};
use bollard_buildkit_proto::moby::filesync::v1::file_sync_server::FileSyncServer;
use bollard_buildkit_proto::moby::filesync::v1::{
    CredentialsRequest, CredentialsResponse, FetchTokenRequest, FetchTokenResponse, GetTokenAuthorityRequest,
    GetTokenAuthorityResponse, VerifyTokenAuthorityRequest, VerifyTokenAuthorityResponse,
};
use futures_util::stream::Empty;
use hyper::server::conn::http2;
use hyper_util::rt::TokioExecutor;
use hyper_util::service::TowerToHyperService;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use super::files::Files;
use crate::engine::Secret;
use crate::engine::address::Endpoint;
use crate::engine::credentials::Credentials;
use crate::engine::docker::wire::{NoWire, upgrade};
use crate::tree::context::Context;

/// What BuildKit may call.
const METHODS: [&str; 4] = [
    "/grpc.health.v1.Health/Check",
    "/moby.filesync.v1.FileSync/DiffCopy",
    "/moby.filesync.v1.Auth/Credentials",
    "/moby.buildkit.secrets.v1.Secrets/GetSecret",
];

/// What a build may ask for.
pub(super) struct Session {
    pub(super) id: String,
    /// The same for builds of one folder: BuildKit then asks only for the files that changed.
    pub(super) shared: String,
    pub(super) context: Arc<Context>,
    pub(super) secrets: HashMap<String, Secret>,
    pub(super) credentials: Credentials,
    /// What went wrong while looking for credentials, for messages.
    pub(super) troubles: Troubles,
}

/// Complaints of helpers: nobody need hear of them while the build succeeds.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubles(Arc<Mutex<Vec<String>>>);

impl Troubles {
    fn add(&self, trouble: String) {
        let mut troubles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !troubles.contains(&trouble) {
            troubles.push(trouble);
        }
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A session that is open, served while this is awaited; it ends when this is dropped.
pub(super) type Served = std::pin::Pin<Box<dyn Future<Output = io::Error> + Send>>;

impl Session {
    pub(super) async fn open(self, endpoint: &Endpoint) -> Result<Served, NoWire> {
        let mut headers = vec![
            ("X-Docker-Expose-Session-Uuid", self.id.clone()),
            ("X-Docker-Expose-Session-Name", "kratix-test".to_owned()),
            ("X-Docker-Expose-Session-Sharedkey", self.shared.clone()),
        ];
        headers.extend(METHODS.map(|method| ("X-Docker-Expose-Session-Grpc-Method", method.to_owned())));
        let wire = upgrade(endpoint, "/session", &headers).await?;
        let services = Routes::new(HealthServer::new(Alive))
            .add_service(FileSyncServer::new(Files(self.context)))
            .add_service(SecretsServer::new(Known(self.secrets)))
            .add_service(AuthServer::new(Logins { credentials: self.credentials, troubles: self.troubles }))
            .prepare();
        let server = http2::Builder::new(TokioExecutor::new());
        let connection = server.serve_connection(wire, TowerToHyperService::new(services));
        Ok(Box::pin(async {
            match connection.await {
                Ok(()) => io::Error::from(io::ErrorKind::ConnectionAborted),
                Err(error) => io::Error::other(error),
            }
        }))
    }
}

/// BuildKit asks every few seconds whether we are still there.
struct Alive;

#[tonic::async_trait]
impl Health for Alive {
    type WatchStream = Empty<Result<HealthCheckResponse, Status>>;

    async fn check(&self, _: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() }))
    }

    async fn list(&self, _: Request<HealthListRequest>) -> Result<Response<HealthListResponse>, Status> {
        Err(Status::unimplemented("nothing is listed"))
    }

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("nothing is watched"))
    }
}

/// The secrets that a build may read.
struct Known(HashMap<String, Secret>);

#[tonic::async_trait]
impl Secrets for Known {
    async fn get_secret(
        &self,
        request: Request<GetSecretRequest>,
    ) -> Result<Response<GetSecretResponse>, Status> {
        let id = request.into_inner().id;
        let secret =
            self.0.get(&id).ok_or_else(|| Status::not_found(format!("secret {id} was not given")))?;
        Ok(Response::new(GetSecretResponse { data: secret.value().to_vec() }))
    }
}

/// Who we are to the registries that base images and caches come from.
struct Logins {
    credentials: Credentials,
    troubles: Troubles,
}

#[tonic::async_trait]
impl Auth for Logins {
    async fn credentials(
        &self,
        request: Request<CredentialsRequest>,
    ) -> Result<Response<CredentialsResponse>, Status> {
        let found = self.credentials.for_registry(&request.into_inner().host).await;
        let login = found.unwrap_or_else(|trouble| {
            self.troubles.add(trouble);
            None
        });
        let answer = login.map(|login| CredentialsResponse { username: login.user, secret: login.secret });
        Ok(Response::new(answer.unwrap_or_default()))
    }

    // BuildKit fetches tokens itself from where these are not offered.

    async fn fetch_token(
        &self,
        _: Request<FetchTokenRequest>,
    ) -> Result<Response<FetchTokenResponse>, Status> {
        Err(Status::unimplemented("tokens are not fetched here"))
    }

    async fn get_token_authority(
        &self,
        _: Request<GetTokenAuthorityRequest>,
    ) -> Result<Response<GetTokenAuthorityResponse>, Status> {
        Err(Status::unimplemented("tokens are not fetched here"))
    }

    async fn verify_token_authority(
        &self,
        _: Request<VerifyTokenAuthorityRequest>,
    ) -> Result<Response<VerifyTokenAuthorityResponse>, Status> {
        Err(Status::unimplemented("tokens are not fetched here"))
    }
}
