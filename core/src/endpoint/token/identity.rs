//! The grant for identity assertions (ID-JAG; draft-ietf-oauth-identity-assertion-authz-grant-03 §4.4; RFC 7523 §2.1): an
//! issuer that the operator trusts states which user acts through which client. The user gives no consent here.
//!
//! The checks are in the order of their costs.

use super::identity_target::IdentityTarget;
use crate::config::IdentityIssuer;
use crate::endpoint::authentication::Claimant;
use crate::endpoint::caller::Caller;
use crate::endpoint::trusted::{untrusted, verify};
use crate::ports::{CLOCK_SKEW, Timestamp};
use crate::protocol::{GrantId, Parameters, PersonId, Profile, Refusal};
use crate::provider::{Admission, Assertion, Expected, IdentityAssertion, Statement};
use crate::rules;
use crate::server::Server;
use crate::store::{Grant, State};
use crate::wire::Response;

/// A token request with an identity assertion. Its client is not authenticated yet.
pub(super) struct IdentityRequest<'a> {
    claimant: Claimant,
    issuer: &'a IdentityIssuer,
    assertion: IdentityAssertion,
    form: Parameters,
}

/// A request whose assertion holds, of an authenticated client. The store was not asked yet.
pub(super) struct IdentityGrant<'a> {
    pub(super) issuer: &'a IdentityIssuer,
    pub(super) caller: Caller,
    pub(super) statement: Statement,
    pub(super) person: PersonId,
    pub(super) admission: Admission,
    pub(super) target: IdentityTarget<'a>,
    pub(super) now: Timestamp,
}

impl<'a> IdentityRequest<'a> {
    /// Reads the client after the assertion, so that one that is not trusted costs nothing.
    pub(super) fn parse(
        server: &'a Server,
        form: Parameters,
        assertion: Assertion,
        claimant: impl FnOnce(&Parameters) -> Result<Claimant, Refusal>,
    ) -> Result<Self, Refusal> {
        let assertion = IdentityAssertion::of(assertion).map_err(|why| untrusted(&why))?;
        let issuer = assertion.issuer(server.config.identity_issuers()).map_err(|why| untrusted(&why))?;
        Ok(Self { claimant: claimant(&form)?, issuer, assertion, form })
    }

    pub(super) async fn run(self, server: &'a Server, now: Timestamp) -> Response {
        match self.validate(server, now).await {
            Ok(grant) => grant.open(server).await,
            Err(refusal) => refusal.json(server),
        }
    }

    /// All checks that need no store, except that a pre-registered client of the store is looked up, and that the list of blocked
    /// clients is read once a minute.
    async fn validate(self, server: &'a Server, now: Timestamp) -> Result<IdentityGrant<'a>, Refusal> {
        let Self { claimant, issuer, assertion, form } = self;
        let caller = authenticate(&claimant, issuer, server).await?;
        verify(assertion.token(), issuer.issuer(), server, now).await?;
        let audience = server.config.issuer();
        let statement = assertion.validate(Expected { audience, client: &caller.id, issuer, now })?;
        let target = IdentityTarget::of(&server.config, issuer, &statement, &form)?;
        let person = issuer.person(&statement.claims).map_err(|why| not_allowed(&why))?;
        let admission = issuer.judge(&statement.claims, &person, target.resource);
        let admission = admission.map_err(|why| not_allowed(&why))?;
        claimant.admit(server, now).await?;
        Ok(IdentityGrant { issuer, caller, statement, person, admission, target, now })
    }
}

/// Authenticates the client. One without credentials may bring an assertion only if it is called by the URL of its metadata
/// document, and the operator names it. One that is called by a URL and not named is refused unread: otherwise a forged
/// assertion would cause a fetch (SSRF).
async fn authenticate(
    claimant: &Claimant,
    issuer: &IdentityIssuer,
    server: &Server,
) -> Result<Caller, Refusal> {
    claimant.verify_workload(server).await?;
    let is_document = claimant.is_document();
    if !issuer.admits(&claimant.id) || is_document && !issuer.lists(&claimant.id) {
        return Err(may_not(
            "the operator does not name the client for this issuer; add it to clients in trust",
        ));
    }
    claimant.may_be_genuine(server)?;
    let caller = claimant.authenticate_with_keys_if_any(server).await?;
    if caller.is_authenticated() || is_document {
        Ok(caller)
    } else {
        Err(may_not("the client has no credentials; use a secret or keys"))
    }
}

fn may_not(reason: &str) -> Refusal {
    rules::IDENTITY_CLIENT.refuse("the client may not bring assertions of this issuer").for_operator(reason)
}

pub(super) fn not_allowed(why: &str) -> Refusal {
    let told = "no rule of the operator admits the user of the assertion";
    rules::IDENTITY_USER_NOT_ALLOWED.refuse(told).for_operator(why)
}

impl IdentityGrant<'_> {
    /// The grant. Its id follows from the assertion, so that it can be opened once (replay).
    pub(super) fn grant(&self, server: &Server) -> Grant {
        let (lifetimes, now) = (server.config.lifetimes(), self.now);
        let expires_at = now.after(lifetimes.identity.min(lifetimes.access_token));
        Grant {
            id: self.id(),
            client: self.caller.id.clone(),
            client_name: self.caller.name.clone(),
            installation: None,
            subject: self.person.clone().into(),
            scope: self.target.scope.clone(),
            resource: self.target.resource.resource.clone(),
            signed_in_at: self.statement.signed_in_at.unwrap_or(now),
            opened_at: now,
            expires_at,
            kept_until: expires_at.max(self.statement.expires_at).after(CLOCK_SKEW),
            profile: Profile::default(),
            issuer: Some(self.issuer.issuer().url().to_owned()),
            state: State::opened(now),
        }
    }

    /// No two assertions of an issuer have the same id.
    fn id(&self) -> GrantId {
        let (issuer, subject) = (self.issuer.issuer().url(), &self.statement.claims.subject);
        GrantId::of_assertion("id-jag", issuer, subject, &self.statement.id)
    }
}
