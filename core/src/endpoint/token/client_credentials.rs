//! A client asks for itself, without any person (OAuth 2.1 §4.2): what it may have, an operator has said.

use super::issue::{event, issue};
use crate::client::resource;
use crate::endpoint::authentication::Caller;
use crate::ports::{CLOCK_SKEW, Timestamp, draw};
use crate::protocol::{GrantId, Parameters, PersonId, ProtectedResource, Refusal, Scope};
use crate::server::Server;
use crate::store::{Grant, Opened, State};
use crate::wire::{self, EventKind, Response};
use http::StatusCode;

/// What it asks for.
pub(super) struct ClientCredentialsGrant {
    caller: Caller,
    /// As whom it speaks.
    subject: PersonId,
    scope: Scope,
    resource: ProtectedResource,
}

impl ClientCredentialsGrant {
    pub(super) fn parse(server: &Server, caller: Caller, form: &Parameters) -> Result<Self, Refusal> {
        let may_not = || Refusal::unauthorized_client("the client may have nothing without a person");
        let subject = PersonId::of_client(&caller.id).filter(|_| !caller.own_scope.is_empty());
        let subject = subject.ok_or_else(may_not)?;
        let resource = resource(form, &server.config.resources)?.clone();
        let scope = caller.own_scope.intersection(&resource.scope());
        if scope.is_empty() {
            return Err(Refusal::invalid_target("the client may have nothing at this resource"));
        }
        let scope = scope.granted_to(form.once("scope")?)?;
        Ok(Self { caller, subject, scope, resource })
    }

    /// The token comes from a grant like any other, so that it can be looked up and taken back, and ends with it.
    pub(super) async fn run(self, server: &Server, now: Timestamp) -> Response {
        if let Err(refusal) = self.caller.settle(server).await {
            return refusal.json(server);
        }
        let grant = self.grant(server, now);
        let issued = match issue(server, &grant, self.scope.clone(), None, now) {
            Ok(issued) => issued,
            Err(failed) => return Refusal::temporarily_unavailable(&failed).json(server),
        };
        match server.store.open(grant.clone()).await {
            // Its id is drawn of 128 bits: that there is one already means that the answer to our own attempt was lost.
            Ok(Opened::New | Opened::Already(_)) => event(EventKind::IssuedToClient, &self.caller, grant.id)
                .beside(wire::json(StatusCode::OK, &issued)),
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    fn grant(&self, server: &Server, now: Timestamp) -> Grant {
        let expires_at = now.after(server.config.lifetimes.access_token);
        Grant {
            id: GrantId(draw(&*server.entropy)),
            client: self.caller.id.clone(),
            client_name: None,
            installation: None,
            person: self.subject.clone(),
            scope: self.scope.clone(),
            resource: self.resource.resource.clone(),
            signed_in_at: now,
            opened_at: now,
            expires_at,
            kept_until: expires_at.after(CLOCK_SKEW),
            state: State::opened(now),
        }
    }
}
