//! Token introspection (RFC 7662): the request, over whatever the adapter brings, and the answer.

use crate::ports::Timestamp;
use crate::protocol::{ClientId, PersonId, Resource, Scope};
use crate::token::access_token::AccessToken;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The answer: either nothing but that the token is not active, or all of this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introspection {
    /// Whether the token is worth anything.
    pub active: bool,
    /// What there is to know of one that is.
    #[serde(flatten)]
    pub token: Option<Active>,
}

/// An active token. `exp` is always there, an integer: several resource servers refuse a token without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// Who issued it.
    pub iss: String,
    /// For whom it speaks.
    pub sub: PersonId,
    /// Where it may be used; one, and a string.
    pub aud: Resource,
    /// Who may use it.
    pub client_id: ClientId,
    /// For what.
    pub scope: Scope,
    /// Since when.
    pub iat: Timestamp,
    /// Until when.
    pub exp: Timestamp,
    /// When the person signed in.
    pub auth_time: Timestamp,
    /// Which token it is.
    pub jti: String,
    /// RFC 6750.
    pub token_type: String,
}

impl Introspection {
    /// Nothing more is said of a token that is worth nothing (RFC 7662 §2.2).
    pub const INACTIVE: Self = Self { active: false, token: None };
}

impl From<AccessToken> for Active {
    fn from(token: AccessToken) -> Self {
        let AccessToken { iss, sub, aud, client_id, scope, iat, exp, auth_time, jti, gid: _ } = token;
        Self { iss, sub, aud, client_id, scope, iat, exp, auth_time, jti, token_type: "Bearer".into() }
    }
}

impl From<AccessToken> for Introspection {
    fn from(token: AccessToken) -> Self {
        Self { active: true, token: Some(token.into()) }
    }
}

/// Asks an authorization server about a token (RFC 7662 §2.1).
#[async_trait]
pub trait Introspect: Send + Sync {
    /// What the authorization server says of `token`.
    ///
    /// # Errors
    /// [`IntrospectionUnavailable`] when there is no answer, or none that can be read.
    async fn introspect(&self, token: &str) -> Result<Introspection, IntrospectionUnavailable>;
}

/// The authorization server did not answer; the reason is for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntrospectionUnavailable(pub String);

impl fmt::Display for IntrospectionUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the authorization server did not answer: {}", self.0)
    }
}

impl std::error::Error for IntrospectionUnavailable {}
