//! Revocation (RFC 7009): a client gives its grant back, by any token of it.

use crate::authentication::{self, Caller};
use crate::clock::Timestamp;
use crate::event::{Event, What};
use crate::protocol::grant_id::GrantId;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::store::{Closed, Why};
use crate::wire::{self, Request, Response};
use http::StatusCode;

/// Answers a revocation request.
pub async fn revoke(server: Server, request: Request) -> Response {
    match Revocation::parse(&server, &request).await {
        Ok(revocation) => revocation.close(&server).await,
        Err(refusal) => refusal.json(&server),
    }
}

/// What a client gives back. The hint about its kind is not needed: a token says itself what it is.
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

    /// A token that is not this client's, or not one at all, needs no closing and is no error (RFC 7009 §2.2).
    async fn close(&self, server: &Server) -> Response {
        let now = server.clock.now();
        let done = wire::respond(StatusCode::OK, "text/plain", Vec::new());
        let Some(grant) = self.grant(server, now).await else { return done };
        match server.store.close(grant, now, Why::Revoked).await {
            Ok(Closed::Now) => {
                let client = Some(self.caller.id.clone());
                Event { client, grant: Some(grant), ..Event::new(What::Revoked) }.beside(done)
            }
            Ok(Closed::Already | Closed::Unknown) => done,
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    /// The grant that the token comes from, if it is this client's.
    async fn grant(&self, server: &Server, now: Timestamp) -> Option<GrantId> {
        if let Some(token) = server.keys.refresh_tokens.verify(&self.token) {
            let is_theirs =
                token.client == self.caller.digest() && self.caller.may_be(token.confidential).is_ok();
            return is_theirs.then_some(token.grant);
        }
        let token = server.verifier().verify(&self.token, now).ok()?;
        let is_theirs =
            token.client_id == self.caller.id && authentication::suffices(server, &self.caller).await;
        token.grant().filter(|_| is_theirs)
    }
}
