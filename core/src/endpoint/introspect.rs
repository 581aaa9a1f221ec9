//! The introspection endpoint (RFC 7662): a resource server asks whether an access token is active.

use crate::client::{ClientCredentials, ClientProof};
use crate::ports::Timestamp;
use crate::protocol::{Refusal, Resource};
use crate::server::Server;
use crate::store::{StoreError, connections};
use crate::token::{AccessToken, Introspection};
use crate::wire::{self, Request, Response};
use http::{StatusCode, header::AUTHORIZATION};
use std::sync::Arc;

/// Answers an introspection request.
pub(super) async fn introspect(server: Server, request: Request) -> Response {
    match Question::parse(&server, &request) {
        Ok(question) => question.answer(&server).await,
        Err(refusal) => refusal.json(&server),
    }
}

/// The caller of the introspection endpoint.
enum IntrospectionCaller {
    /// An authenticated resource server. It gets answers only about tokens for itself.
    Resource(Resource),
    /// An unauthenticated caller, where [`crate::config::Allowances`] allow it.
    Anybody,
}

/// The caller and the token.
struct Question {
    caller: IntrospectionCaller,
    token: String,
}

impl IntrospectionCaller {
    fn may_know(&self, token: &AccessToken) -> bool {
        match self {
            Self::Resource(resource) => token.aud == *resource,
            Self::Anybody => true,
        }
    }
}

impl Question {
    fn parse(server: &Server, request: &Request) -> Result<Self, Refusal> {
        let form = wire::form(request)?;
        let silent = request.headers().get(AUTHORIZATION).is_none() && form.once("client_id")?.is_none();
        let caller = if silent && server.config.allowances().anonymous_introspection {
            IntrospectionCaller::Anybody
        } else {
            IntrospectionCaller::Resource(authenticate(
                server,
                &ClientCredentials::read(request.headers(), &form, |id| {
                    server.config.resources().called(id).is_some()
                })?,
            )?)
        };
        Ok(Self { caller, token: form.required("token")?.to_owned() })
    }

    async fn answer(&self, server: &Server) -> Response {
        match self.look_up(server, server.clock.now()).await {
            Ok(token) => wire::json(
                StatusCode::OK,
                &token.map_or(Introspection::Inactive, |token| (*token).clone().into()),
            ),
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    /// The token, if it is active: it is genuine, for the caller's resource, not expired, and its grant is open.
    /// The signature is verified before the store is read.
    async fn look_up(&self, server: &Server, now: Timestamp) -> Result<Option<Arc<AccessToken>>, StoreError> {
        let token = server.verifier().verify(&self.token, now);
        let Some(token) = token.ok().filter(|token| self.caller.may_know(token)) else { return Ok(None) };
        let Some(grant) = token.grant() else { return Ok(None) };
        let holds = connections::holds(&**server.stores.grants(), grant, now).await?;
        Ok(holds.then_some(token))
    }
}

/// Authenticates a resource server: its id is the resource identifier or its short id, and its secret is in the configuration.
fn authenticate(server: &Server, said: &ClientCredentials) -> Result<Resource, Refusal> {
    let caller = server.config.resources().called(&said.id);
    let genuine = match &said.proof {
        ClientProof::Secret(secret) => caller.filter(|caller| secret.is(|text| caller.is_secret(text))),
        ClientProof::None | ClientProof::Assertion(_) => None,
    };
    let caller = genuine.ok_or_else(|| {
        Refusal::invalid_client("introspection needs the id and the secret of a resource server")
    })?;
    Ok(caller.resource.clone())
}
