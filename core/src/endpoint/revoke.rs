//! The revocation endpoint (RFC 7009): a client closes its grant with any token of it.

use crate::endpoint::authentication::{Claimant, named_client};
use crate::endpoint::caller::Caller;
use crate::ports::Timestamp;
use crate::protocol::{GrantId, Refusal};
use crate::server::Server;
use crate::store::{CloseReason, Closed};
use crate::wire::{self, Actor, Event, EventKind, Request, Response};
use http::StatusCode;

/// Answers a revocation request.
pub(super) async fn revoke(server: Server, request: Request) -> Response {
    let mut response = match Revocation::parse(&server, &request) {
        Ok(revocation) => revocation.answer(&server).await,
        Err(refusal) => refusal.json(&server),
    };
    server.name_client(&mut response, || named_client(&server, &request));
    response
}

/// A revocation request. `token_type_hint` is ignored, because the server recognizes the kind of a token by itself.
struct Revocation {
    claimant: Claimant,
    token: String,
}

/// A genuine token of the client that the request names.
struct OwnToken {
    grant: GrantId,
    /// Whether its client must authenticate. An access token does not say it.
    confidential: Option<bool>,
}

impl Revocation {
    fn parse(server: &Server, request: &Request) -> Result<Self, Refusal> {
        let form = wire::form(request)?;
        let claimant = Claimant::read(server, request, &form)?;
        Ok(Self { claimant, token: form.required("token")?.to_owned() })
    }

    /// Closes the grant of the token. A token of another client, or an invalid token, is no error (RFC 7009 §2.2). The
    /// client is looked up for its own token only.
    async fn answer(self, server: &Server) -> Response {
        let now = server.clock.now();
        let Some(token) = self.own_token(server, now) else {
            return self
                .claimant
                .verify_workload(server)
                .await
                .map_or_else(|refusal| refusal.json(server), |()| done());
        };
        match self.authenticate(server, &token).await {
            Ok(caller) => close(server, &caller, token.grant, now).await,
            Err(refusal) => refusal.json(server),
        }
    }

    fn own_token(&self, server: &Server, now: Timestamp) -> Option<OwnToken> {
        if let Some(token) = server.keys.refresh_tokens.verify(&self.token) {
            let own = OwnToken { grant: token.grant, confidential: Some(token.confidential) };
            return (token.client == self.claimant.digest()).then_some(own);
        }
        let token = server.verifier().verify(&self.token, now).ok()?;
        let grant = token.grant().filter(|_| token.client_id == self.claimant.id)?;
        Some(OwnToken { grant, confidential: None })
    }

    /// A confidential client that did not authenticate gets an error (§2.1).
    async fn authenticate(self, server: &Server, token: &OwnToken) -> Result<Caller, Refusal> {
        let caller = match token.confidential {
            Some(confidential) => self.claimant.authenticate_for(server, confidential).await?,
            None => self.claimant.authenticate(server).await?,
        };
        caller.settle(server).await?;
        Ok(caller)
    }
}

async fn close(server: &Server, caller: &Caller, grant: GrantId, now: Timestamp) -> Response {
    match server.stores.grants().close(grant, now, CloseReason::Revoked).await {
        Ok(Closed::Now) => {
            let (client, by, ignored) = (Some(caller.id.clone()), Some(Actor::Client), caller.ignored);
            Event { client, by, grant: Some(grant), ignored, ..Event::new(EventKind::Revoked) }.beside(done())
        }
        Ok(Closed::Already | Closed::Unknown) => done(),
        Err(error) => Refusal::temporarily_unavailable(&error).json(server),
    }
}

fn done() -> Response {
    wire::respond(StatusCode::OK, "text/plain", Vec::new())
}
