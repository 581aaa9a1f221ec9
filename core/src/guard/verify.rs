//! How a guard verifies a token.

use crate::config::Config;
use crate::jose::PublicKey;
use crate::ports::{Deadline, Timestamp};
use crate::protocol::{Challenge, ClientId, GrantId, Issuer, Resource, Scope, Subject, Unreadable};
use crate::store::{Grants, connections};
use crate::token::{
    AccessToken, Active, Introspect, Introspection, IntrospectionUnavailable, RemoteKeys, Verifier,
};
use std::sync::Arc;

/// The method of token verification.
#[derive(Clone)]
pub enum Verify {
    /// By the signature, with the issuer's public keys. No request is sent. A revoked grant's token works until it
    /// expires.
    Signed(Arc<Verifier>),
    /// By the signature, and then by the grant in the store. A revoked grant is refused at once.
    Store(Arc<Verifier>, Arc<dyn Grants>),
    /// By the signature, with the keys that the issuer publishes. They are fetched when needed. A revoked grant's
    /// token works until it expires.
    Remote(Arc<RemoteKeys>),
    /// By introspection at the issuer, for every request. A revoked grant is refused at once.
    Introspection(Arc<dyn Introspect>),
}

impl Verify {
    /// The verification for a guard that has access to the store of this configuration.
    pub fn of(config: &Config, keys: Vec<PublicKey>, store: Arc<dyn Grants>) -> Self {
        if config.immediate_revocation() {
            Self::stored(config.issuer().clone(), keys, store)
        } else {
            Self::signed(config.issuer().clone(), keys)
        }
    }

    /// Verification by signatures that `issuer` made with one of `keys`.
    pub fn signed(issuer: Issuer, keys: Vec<PublicKey>) -> Self {
        Self::Signed(Arc::new(Verifier::new(issuer, keys)))
    }

    /// Verification by signatures, and by the grants in `store`.
    pub fn stored(issuer: Issuer, keys: Vec<PublicKey>, store: Arc<dyn Grants>) -> Self {
        Self::Store(Arc::new(Verifier::new(issuer, keys)), store)
    }

    /// The token, if it is valid now.
    pub(super) async fn verify(
        &self,
        token: &str,
        now: Timestamp,
        deadline: &Deadline,
    ) -> Result<Verified, GuardError> {
        match self {
            Self::Signed(verifier) => signed(verifier, token, now).map(Verified::Signed),
            Self::Remote(keys) => {
                let verifier = keys.verifier(token, deadline).await.map_err(GuardError::Unavailable)?;
                signed(&verifier, token, now).map(Verified::Signed)
            }
            Self::Store(verifier, store) => {
                let token = signed(verifier, token, now)?;
                let holds = match token.grant() {
                    Some(grant) => connections::holds(&**store, grant, now).await,
                    None => Ok(false),
                };
                let holds = holds
                    .map_err(|error| GuardError::Unavailable(IntrospectionUnavailable(error.to_string())))?;
                let active = holds.then_some(Verified::Signed(token));
                active.ok_or_else(|| Challenge::InvalidToken("is not active").into())
            }
            Self::Introspection(issuer) => {
                let limit = deadline.step().map_err(|error| IntrospectionUnavailable(error.to_string()));
                let limit = limit.map_err(GuardError::Unavailable)?;
                let answer = issuer.introspect(token, limit).await.map_err(GuardError::Unavailable)?;
                let active = match answer {
                    Introspection::Active(token) if now < token.exp => Some(Verified::Introspected(token)),
                    Introspection::Active(_) | Introspection::Inactive => None,
                };
                active.ok_or_else(|| Challenge::InvalidToken("is not active").into())
            }
        }
    }
}

/// The claims of a token.
pub(super) enum Verified {
    /// Of a signed token.
    Signed(Arc<AccessToken>),
    /// As the issuer says.
    Introspected(Box<Active>),
}

/// The claims that a guard needs.
pub(super) struct Claims<'a> {
    pub(super) audience: &'a Resource,
    pub(super) subject: &'a Subject,
    pub(super) client: &'a ClientId,
    pub(super) scope: &'a Scope,
    /// The grant. An introspection does not say it.
    pub(super) grant: Option<GrantId>,
    pub(super) signed_in_at: Option<Timestamp>,
    pub(super) expires_at: Timestamp,
}

impl Verified {
    pub(super) fn claims(&self) -> Claims<'_> {
        match self {
            Self::Signed(token) => Claims {
                audience: &token.aud,
                subject: &token.sub,
                client: &token.client_id,
                scope: &token.scope,
                grant: token.grant(),
                signed_in_at: token.auth_time,
                expires_at: token.exp,
            },
            Self::Introspected(token) => Claims {
                audience: &token.aud,
                subject: &token.sub,
                client: &token.client_id,
                scope: &token.scope,
                grant: None,
                signed_in_at: token.auth_time,
                expires_at: token.exp,
            },
        }
    }
}

fn signed(verifier: &Verifier, token: &str, now: Timestamp) -> Result<Arc<AccessToken>, GuardError> {
    verifier.verify(token, now).map_err(|invalid| Challenge::InvalidToken(invalid.why).into())
}

/// The reason why a request is not admitted.
pub(super) enum GuardError {
    /// The client must send another token, or another request.
    Challenge(Challenge),
    /// The issuer or the store did not answer. The client did nothing wrong and must not start a new sign-in.
    Unavailable(IntrospectionUnavailable),
    /// The user of this token may not use the resource.
    Excluded(Box<Verified>),
    /// The token lacks a scope that the call needs.
    Lacking(Box<Lacking>),
    /// The message may be read differently behind the guard.
    Message(Unreadable),
}

/// A token that is not enough: whose it is, its scopes, and the scopes that the call needs.
pub(super) struct Lacking {
    pub(super) subject: Subject,
    pub(super) client: ClientId,
    pub(super) grant: Option<GrantId>,
    pub(super) held: Scope,
    pub(super) needed: Scope,
}

impl From<Unreadable> for GuardError {
    fn from(why: Unreadable) -> Self {
        Self::Message(why)
    }
}

impl From<Challenge> for GuardError {
    fn from(challenge: Challenge) -> Self {
        Self::Challenge(challenge)
    }
}
