//! A client brings a refresh token (OAuth 2.1 §4.3): it is used once, and its successor is derived.

use super::{all_are, event, issue, resources};
use crate::authentication::Caller;
use crate::clock::{CLOCK_SKEW, Timestamp};
use crate::event::{Event, What};
use crate::protocol::parameters::Parameters;
use crate::protocol::protected_resource::ProtectedResource;
use crate::protocol::refresh_token::RefreshToken;
use crate::protocol::scope::Scope;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::store::{Closed, Grant, Rotated, Why};
use crate::wire::{self, Response};
use http::StatusCode;

/// What it brings.
pub(super) struct Refresh {
    caller: Caller,
    token: String,
    /// Less than the grant is for, for the next access token (OAuth 2.1 §4.3.1).
    scope: Option<String>,
    resources: Vec<String>,
}

impl Refresh {
    pub(super) fn parse(caller: Caller, form: &Parameters) -> Result<Self, Refusal> {
        let token = form.required("refresh_token")?.to_owned();
        Ok(Self { caller, token, scope: form.once("scope")?.map(str::to_owned), resources: resources(form) })
    }

    /// The token is judged before the store is asked, so that a refused refresh uses nothing up.
    pub(super) async fn refresh(self, server: &Server, now: Timestamp) -> Response {
        let (token, scope) = match self.judge(server, now) {
            Ok(judged) => judged,
            Err(refusal) => return refusal.json(server),
        };
        match self.caller.settle(server).await {
            Ok(()) => self.rotate(server, &token, scope, now).await,
            Err(refusal) => refusal.json(server),
        }
    }

    /// A dead token is always `invalid_grant`, whatever it died of: clients sign in again on that, and on nothing else.
    fn judge(&self, server: &Server, now: Timestamp) -> Result<(RefreshToken, Scope), Refusal> {
        let token = server.keys.refresh_tokens.verify(&self.token);
        let token = token
            .ok_or_else(|| Refusal::invalid_grant("the refresh token is not one that this server made"))?;
        if token.client != self.caller.digest() {
            return Err(Refusal::invalid_grant("the refresh token was issued to another client"));
        }
        self.caller.may_be(token.confidential)?;
        if token.expires_at <= now {
            return Err(Refusal::invalid_grant("the refresh token has expired"));
        }
        if !all_are(server, std::slice::from_ref(&token.resource.to_string()), &token.resource) {
            return Err(Refusal::invalid_grant("the resource that the refresh token is for is no more"));
        }
        if !all_are(server, &self.resources, &token.resource) {
            return Err(Refusal::invalid_target("resource is not the one that was granted"));
        }
        let offered = server.config.resources.meant_by(token.resource.as_str()).map(ProtectedResource::scope);
        let left = token.scope.intersection(&offered.unwrap_or_default());
        if left.is_empty() {
            return Err(Refusal::invalid_grant("the scopes that the refresh token is for are no more"));
        }
        let scope = left.granted_to(self.scope.as_deref())?;
        Ok((token, scope))
    }

    async fn rotate(&self, server: &Server, token: &RefreshToken, scope: Scope, now: Timestamp) -> Response {
        let dead = |why: &'static str| Refusal::invalid_grant(why).json(server);
        let window = server.config.lifetimes.refresh_window + CLOCK_SKEW;
        let recent = |succeeded: Option<Timestamp>| succeeded.is_some_and(|at| now <= at.after(window));
        match server.store.rotate(token.grant, token.generation, now).await {
            Ok(Rotated::Next { grant, head }) => self.succeed(server, &grant, scope, &token.at(head), now),
            // Soon after its successor was given out: an answer was lost, or processes raced, however many and often.
            Ok(Rotated::Behind { grant, head, succeeded }) if recent(succeeded) => {
                self.succeed(server, &grant, scope, &token.at(head), now)
            }
            Ok(Rotated::Behind { grant, .. }) => self.stop(server, &grant, now).await,
            // A backup that was restored sets heads back: nobody did anything wrong.
            Ok(Rotated::Ahead) => dead("the refresh token is newer than this server remembers"),
            Ok(Rotated::Closed) => dead("the connection was closed"),
            Ok(Rotated::Unknown) => dead("this server does not know the connection any more"),
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    /// Gives the head out: to whoever moved it there, and to everybody who asks again in time.
    fn succeed(
        &self,
        server: &Server,
        grant: &Grant,
        scope: Scope,
        head: &RefreshToken,
        now: Timestamp,
    ) -> Response {
        match issue(server, grant, scope, Some(head), now) {
            Ok(issued) => self.event(What::Refreshed, grant).beside(wire::json(StatusCode::OK, &issued)),
            Err(failed) => Refusal::temporarily_unavailable(&failed).json(server),
        }
    }

    /// Somebody uses a token long after its successor was given out: the client and a thief cannot be told apart, and
    /// neither goes on (OAuth 2.1 §4.3.1).
    async fn stop(&self, server: &Server, grant: &Grant, now: Timestamp) -> Response {
        match server.store.close(grant.id, now, Why::Reuse).await {
            Ok(Closed::Now | Closed::Already | Closed::Unknown) => {
                let refused = Refusal::invalid_grant(
                    "the refresh token was used already, and the connection is closed",
                );
                self.event(What::RefreshReused, grant).beside(refused.json(server))
            }
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    fn event(&self, what: What, grant: &Grant) -> Event {
        Event { person: Some(grant.person.clone()), ..event(what, &self.caller, grant.id) }
    }
}
