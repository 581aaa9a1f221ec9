//! What an authorization server says of a token (RFC 7662 §2.2).

use crate::clock::Timestamp;
use crate::protocol::access_token::AccessToken;
use crate::protocol::client::ClientId;
use crate::protocol::person_id::PersonId;
use crate::protocol::resource::Resource;
use crate::protocol::scope::Scope;
use serde::{Deserialize, Serialize};

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
