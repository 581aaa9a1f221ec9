//! The authorization server with its configured users.

use super::listener::Received;
use super::people::People;
use super::secret::Secrets;
use crate::Failure;
use bytes::Bytes;
use doorward::client::Fetch;
use doorward::config::Config;
use doorward::endpoint::{self, Endpoint};
use doorward::language::Language;
use doorward::protocol::Refusal;
use doorward::store::{Store, Stores};
use doorward_tower::AuthorizationServer;
use http::{Request, Response};
use http_body_util::Full;
use std::sync::Arc;

/// The endpoints with a sign-in page.
const SIGN_IN: [&Endpoint; 2] = [&endpoint::AUTHORIZE, &endpoint::ACCOUNT];

/// The authorization server with its configured users. A clone shares everything.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) auth: AuthorizationServer,
    pub(super) people: Arc<People>,
}

impl Served {
    /// Answers a request. Configured users are added to the store at the first request for a sign-in page, because
    /// hashing their passwords takes long.
    pub(super) async fn answer(&self, request: Request<Received>) -> Response<Full<Bytes>> {
        let server = self.auth.server();
        let (paths, path) = (server.config.paths(), request.uri().path());
        let is_sign_in =
            SIGN_IN.iter().any(|endpoint| endpoint.route.paths(paths).any(|known| known == path));
        if is_sign_in && let Err(error) = self.people.add_to_store(server).await {
            let language = Language::of(request.headers());
            return Refusal::temporarily_unavailable(&error).page(server, language).map(Full::new);
        }
        self.auth.answer(request).await
    }
}

/// Builds the server over this store and this source of documents.
pub(super) fn build(
    config: Config,
    secrets: Secrets,
    store: Arc<dyn Store>,
    fetch: Arc<dyn Fetch>,
) -> Result<AuthorizationServer, Failure> {
    let builder = AuthorizationServer::builder(config, secrets.newest).older_secrets(secrets.older);
    builder.stores(Stores::of(store)).fetch(fetch).build().map_err(|error| Failure(error.to_string()))
}
