//! The client credentials grant (OAuth 2.1 §4.2): a client acts for itself, with the scopes that an operator
//! allowed. So does a workload, whose token is its authentication or its grant.

use super::issue::{Contents, event, issue};
use crate::client::{Target, target};
use crate::endpoint::authentication::Claimant;
use crate::endpoint::caller::Caller;
use crate::endpoint::trusted::replayed;
use crate::endpoint::workload::as_authentication;
use crate::ports::{CLOCK_SKEW, Timestamp, draw};
use crate::protocol::{GrantId, GrantedScope, Parameters, Profile, ProtectedResource, Refusal, Subject};
use crate::provider::Workload;
use crate::rules;
use crate::server::Server;
use crate::store::{Grant, Opened, State};
use crate::wire::{Event, EventKind, Events, Response};

/// A token request of a client for itself. The client is not authenticated yet.
pub(super) struct ClientCredentialsRequest {
    claimant: Claimant,
    form: Parameters,
}

/// A valid request of an authenticated client for itself.
pub(super) struct ClientCredentialsGrant {
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
        match self.claimant.authenticate(server).await {
            Ok(caller) => {
                let replayed = || as_authentication(replayed());
                ClientCredentialsGrant::answer(server, caller, &self.form, replayed, now).await
            }
            Err(refusal) => refusal.json(server),
        }
    }
}

impl ClientCredentialsGrant {
    /// Answers the request of an authenticated client. `replayed` refuses the token of a workload that was used before.
    pub(super) async fn answer(
        server: &Server,
        caller: Caller,
        form: &Parameters,
        replayed: fn() -> Refusal,
        now: Timestamp,
    ) -> Response {
        let id = caller.id.clone();
        let mut response = match Self::admitted(server, caller, form, now).await {
            Ok(grant) => grant.run(server, replayed, now).await,
            Err(refusal) => refusal.json(server),
        };
        Events::complete(&mut response, |event| event.client = Some(id.clone()));
        response
    }

    async fn admitted(
        server: &Server,
        caller: Caller,
        form: &Parameters,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        server.admit(&caller.id, now).await?;
        Self::of(server, caller, form)
    }

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
    async fn run(self, server: &Server, replayed: fn() -> Refusal, now: Timestamp) -> Response {
        let once = self.caller.workload().and_then(|workload| workload.once);
        // The write that opens the grant of a token of a workload is the check for a replay of that token.
        if once.is_none()
            && let Err(refusal) = self.caller.settle(server).await
        {
            return refusal.json(server);
        }
        let grant = self.grant(once.unwrap_or_else(|| GrantId(draw(&*server.entropy))), server, now);
        let (scope, signed_in_at) = (grant.scope.clone(), Some(grant.signed_in_at));
        let contents = Contents { scope, signed_in_at, refresh_token: None };
        let issued = match issue(server, &grant, contents, now) {
            Ok(issued) => issued,
            Err(failed) => return Refusal::temporarily_unavailable(&failed).json(server),
        };
        match server.stores.grants().open(grant.clone()).await {
            Ok(Opened::Already(_)) if once.is_some() => {
                let why = format!("the token of the workload was already used (replay): {}", self.reason());
                replayed().for_operator(&why).json(server)
            }
            // The id has 128 random bits. So `Already` means that the store's response to our first attempt was
            // lost.
            Ok(Opened::New | Opened::Already(_)) => {
                let event = event(EventKind::IssuedToClient, &self.caller, grant.id);
                Event { reason: Some(self.reason()).filter(|said| !said.is_empty()), ..event }
                    .beside(issued.response())
            }
            Err(error) => Refusal::temporarily_unavailable(&error).json(server),
        }
    }

    fn grant(&self, id: GrantId, server: &Server, now: Timestamp) -> Grant {
        let workload = self.caller.workload();
        let longest = server.config.lifetimes().access_token;
        let expires_at =
            workload.map_or_else(|| now.after(longest), |workload| workload.ends_at(longest, now));
        let replayed_until = workload.map_or(expires_at, |workload| workload.expires_at);
        Grant {
            id,
            client: self.caller.id.clone(),
            client_name: None,
            installation: None,
            subject: self.subject.clone(),
            scope: self.granted.scope.clone(),
            resource: self.resource.resource.clone(),
            signed_in_at: now,
            opened_at: now,
            expires_at,
            kept_until: expires_at.max(replayed_until).after(CLOCK_SKEW),
            state: State::opened(now),
            profile: Profile::default(),
            issuer: workload.map(|workload| workload.issuer.clone()),
        }
    }

    /// For the log: what the platform says about the workload, and the scopes that were dropped.
    fn reason(&self) -> String {
        let of_platform = self.caller.workload().map(|Workload { issuer, subject, id, .. }| {
            format!("{issuer}; sub is {subject}; jti is {}", id.as_deref().unwrap_or("none"))
        });
        of_platform.into_iter().chain(self.granted.note()).collect::<Vec<_>>().join("; ")
    }
}
