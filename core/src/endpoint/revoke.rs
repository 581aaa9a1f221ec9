//! The revocation endpoint (RFC 7009): a client closes its grant with any token of it.

use crate::endpoint::authentication::{self, Caller};
use crate::ports::Timestamp;
use crate::protocol::{GrantId, Refusal};
use crate::server::Server;
use crate::store::{CloseReason, Closed};
use crate::wire::{self, Actor, Event, EventKind, Request, Response};
use http::StatusCode;

/// Answers a revocation request.
pub(super) async fn revoke(server: Server, request: Request) -> Response {
    match Revocation::parse(&server, &request).await {
        Ok(revocation) => revocation.close(&server).await,
        Err(refusal) => refusal.json(&server),
    }
}

/// A revocation request. `token_type_hint` is ignored, because the server recognizes the kind of a token by itself.
struct Revocation {
    caller: Caller,
    token: String,
}

impl Revocation {
    async fn parse(server: &Server, request: &Request) -> Result<Self, Refusal> {
        let form = wire::form(request)?;
        let caller = authentication::client(server, request, &form).await?;
        Ok(Self { caller, token: form.required("token")?.to_owned() })
    }

    /// Closes the grant of the token. A token of another client, or an invalid token, is no error (RFC 7009 §2.2).
    async fn close(&self, server: &Server) -> Response {
        let now = server.clock.now();
        match self.grant(server, now).await {
            Ok(None) => done(),
            Ok(Some(grant)) => self.close_grant(server, grant, now).await,
            Err(refusal) => refusal.json(server),
        }
    }

    async fn close_grant(&self, server: &Server, grant: GrantId, now: Timestamp) -> Response {
        if let Err(refusal) = self.caller.settle(server).await {
            return refusal.json(server);
        }
        match server.stores.grants().close(grant, now, CloseReason::Revoked).await {
            Ok(Closed::Now) => {
                let (client, by) = (Some(self.caller.id.clone()), Some(Actor::Client));
                Event { client, by, grant: Some(grant), ..Event::new(EventKind::Revoked) }.beside(done())
            }
            Ok(Closed::Already | Closed::Unknown) => done(),
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    /// The grant of the token, if the token is this client's. A confidential client that did not authenticate gets
    /// an error (§2.1), but only for its own token.
    async fn grant(&self, server: &Server, now: Timestamp) -> Result<Option<GrantId>, Refusal> {
        if let Some(token) = server.keys.refresh_tokens.verify(&self.token) {
            if token.client != self.caller.digest() {
                return Ok(None);
            }
            return self.caller.may_be(token.confidential).map(|()| Some(token.grant));
        }
        let token = server.verifier().verify(&self.token, now);
        let Some(token) = token.ok().filter(|token| token.client_id == self.caller.id) else {
            return Ok(None);
        };
        authentication::suffices(server, &self.caller).await.map(|()| token.grant())
    }
}

fn done() -> Response {
    wire::respond(StatusCode::OK, "text/plain", Vec::new())
}
