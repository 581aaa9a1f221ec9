//! The client credentials grant (OAuth 2.1 §4.2): a client acts for itself, with the scopes that an operator
//! allowed.

use super::issue::{Contents, event, issue};
use crate::client::{Target, target};
use crate::endpoint::authentication::{Caller, Claimant};
use crate::ports::{CLOCK_SKEW, Timestamp, draw};
use crate::protocol::{GrantId, GrantedScope, Parameters, Profile, ProtectedResource, Refusal, Subject};
use crate::rules;
use crate::server::Server;
use crate::store::{Grant, Opened, State};
use crate::wire::{Event, EventKind, Response};

/// A token request of a client for itself. The client is not authenticated yet.
pub(super) struct ClientCredentialsRequest {
    claimant: Claimant,
    form: Parameters,
}

/// A valid request of an authenticated client for itself.
struct ClientCredentialsGrant {
    caller: Caller,
    /// The subject of the access token.
    subject: Subject,
    granted: GrantedScope,
    resource: ProtectedResource,
}

impl ClientCredentialsRequest {
    pub(super) fn parse(server: &Server, claimant: Claimant, form: Parameters) -> Result<Self, Refusal> {
        claimant.may_act_alone(server)?;
        Ok(Self { claimant, form })
    }

    pub(super) async fn run(self, server: &Server, now: Timestamp) -> Response {
        match self.grant(server, now).await {
            Ok(grant) => grant.run(server, now).await,
            Err(refusal) => refusal.json(server),
        }
    }

    async fn grant(self, server: &Server, now: Timestamp) -> Result<ClientCredentialsGrant, Refusal> {
        let caller = self.claimant.authenticate(server).await?;
        server.admit(&caller.id, now).await?;
        ClientCredentialsGrant::of(server, caller, &self.form)
    }
}

impl ClientCredentialsGrant {
    fn of(server: &Server, caller: Caller, form: &Parameters) -> Result<Self, Refusal> {
        let may_not =
            || rules::CREDENTIALS_NOT_ALLOWED.refuse("the client has no scope for client_credentials");
        let subject = Subject::of_client(&caller.id).filter(|_| !caller.own_scope.is_empty());
        let subject = subject.ok_or_else(may_not)?;
        let config = &server.config;
        let Target { resource, .. } = target(form, config.resources(), config.require_resource())?;
        let scope = caller.own_scope.intersection(&resource.scope());
        if scope.is_empty() {
            return Err(rules::SCOPE_NOT_HERE.refuse(format!(
                "the client has no scope for client_credentials at {}: it has {}, and the resource offers {}",
                resource.resource,
                caller.own_scope,
                resource.scope()
            )));
        }
        let granted = scope.granted_to(form.once("scope")?)?;
        Ok(Self { caller, subject, granted, resource: resource.clone() })
    }

    /// Opens a grant for the token, which ends with it, so that the token can be introspected and revoked.
    async fn run(self, server: &Server, now: Timestamp) -> Response {
        if let Err(refusal) = self.caller.settle(server).await {
            return refusal.json(server);
        }
        let grant = self.grant(server, now);
        let (scope, signed_in_at) = (grant.scope.clone(), Some(grant.signed_in_at));
        let contents = Contents { scope, signed_in_at, refresh_token: None };
        let issued = match issue(server, &grant, contents, now) {
            Ok(issued) => issued,
            Err(failed) => return Refusal::temporarily_unavailable(&failed).json(server),
        };
        match server.stores.grants().open(grant.clone()).await {
            // The id has 128 random bits. So `Already` means that the store's response to our first attempt was
            // lost.
            Ok(Opened::New | Opened::Already(_)) => {
                let event = event(EventKind::IssuedToClient, &self.caller, grant.id);
                Event { reason: self.granted.note(), ..event }.beside(issued.response())
            }
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    fn grant(&self, server: &Server, now: Timestamp) -> Grant {
        let expires_at = now.after(server.config.lifetimes().access_token);
        Grant {
            id: GrantId(draw(&*server.entropy)),
            client: self.caller.id.clone(),
            client_name: None,
            installation: None,
            subject: self.subject.clone(),
            scope: self.granted.scope.clone(),
            resource: self.resource.resource.clone(),
            signed_in_at: now,
            opened_at: now,
            expires_at,
            kept_until: expires_at.after(CLOCK_SKEW),
            state: State::opened(now),
            profile: Profile::default(),
            issuer: None,
        }
    }
}
