//! The introspection endpoint (RFC 7662): a resource server asks whether an access token is active.

use crate::client::{ClientCredentials, ClientProof};
use crate::ports::Timestamp;
use crate::protocol::{DocumentUrl, GrantId, Refusal, Resource, without_secrets};
use crate::rules;
use crate::server::Server;
use crate::store::{StoreError, connections};
use crate::token::{AccessToken, Introspection};
use crate::wire::{self, Event, EventKind, Request, Response};
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

/// Why a token is not active for its caller, for the log. The response does not say it (RFC 7662 §2.2).
struct Inactive {
    reason: String,
    /// The token, if it is genuine.
    token: Option<Arc<AccessToken>>,
}

impl IntrospectionCaller {
    /// Refuses a token that is for another resource.
    fn check(&self, token: &Arc<AccessToken>) -> Result<(), Inactive> {
        match self {
            Self::Resource(resource) if token.aud != *resource => {
                let reason = format!("was issued for {}, but {resource} asks", token.aud);
                Err(Inactive { reason, token: Some(token.clone()) })
            }
            Self::Resource(_) | Self::Anybody => Ok(()),
        }
    }
}

impl Inactive {
    fn event(self) -> Event {
        let client = self.token.as_ref().map(|token| token.client_id.clone());
        let grant = self.token.and_then(|token| token.grant());
        let reason = Some(format!("the access token {}", self.reason));
        Event { client, grant, reason, ..Event::new(EventKind::TokenInactive) }
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
            Ok(Ok(token)) => wire::json_text(StatusCode::OK, Introspection::response(Some(&token))),
            Ok(Err(inactive)) => {
                let response = wire::json_text(StatusCode::OK, Introspection::response(None));
                inactive.event().beside(response)
            }
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    /// The token, if it is active: it is genuine, for the caller's resource, not expired, and its grant is open.
    /// The signature is verified before the store is read.
    async fn look_up(
        &self,
        server: &Server,
        now: Timestamp,
    ) -> Result<Result<Arc<AccessToken>, Inactive>, StoreError> {
        let (token, grant) = match self.verify(server, now) {
            Ok(verified) => verified,
            Err(inactive) => return Ok(Err(inactive)),
        };
        if server.is_client_blocked(&token.client_id, now).await? {
            let reason = "is of a client that the operator has blocked".to_owned();
            return Ok(Err(Inactive { reason, token: Some(token) }));
        }
        if server.config.excludes(&token.sub, &token.aud) {
            let reason = format!("is of a user whom no rule of resource-people for {} names", token.aud);
            return Ok(Err(Inactive { reason, token: Some(token) }));
        }
        let holds = connections::holds(&**server.stores.grants(), grant, now).await?;
        let closed =
            || Inactive { reason: "is of a grant that is closed".to_owned(), token: Some(token.clone()) };
        Ok(if holds { Ok(token) } else { Err(closed()) })
    }

    fn verify(&self, server: &Server, now: Timestamp) -> Result<(Arc<AccessToken>, GrantId), Inactive> {
        let token = server.verifier().verify(&self.token, now);
        let token = token.map_err(|invalid| Inactive { reason: invalid.to_string(), token: None })?;
        self.caller.check(&token)?;
        let none = || Inactive { reason: "has no grant".to_owned(), token: Some(token.clone()) };
        let grant = token.grant().ok_or_else(none)?;
        Ok((token, grant))
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
        // Another text may be a secret in the wrong field.
        let sent = match (caller, DocumentUrl::is_meant_by(&said.id)) {
            (Some(caller), _) => format!("the secret of {} is wrong", caller.resource),
            (None, true) => format!("no resource has the id {}", without_secrets(&said.id)),
            (None, false) => "no resource has the id that was sent, which is no URL".to_owned(),
        };
        rules::INTROSPECTION_CALLER
            .refuse("introspection needs the id and the secret of a resource server")
            .for_operator(&format!("{sent}; known: {}", server.config.resources().names()))
    })?;
    Ok(caller.resource.clone())
}
