//! Token introspection (RFC 7662): the response, and a trait for the request, which an adapter sends.

use crate::ports::Timestamp;
use crate::protocol::{ClientId, Resource, Scope, Subject};
use crate::token::access_token::AccessToken;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;

/// The introspection response. For an inactive token, it has only the member `active`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Members", into = "Members")]
pub enum Introspection {
    /// The token is not active. The response says nothing else about it (RFC 7662 §2.2).
    Inactive,
    /// The token is active, and has these claims.
    Active(Box<Active>),
}

/// The members of the response on the wire.
#[derive(Serialize, Deserialize)]
struct Members {
    active: bool,
    #[serde(flatten)]
    token: Option<Active>,
}

/// The claims of an active token. `exp` is always present, as an integer: several resource servers refuse a token
/// without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// The issuer.
    pub iss: String,
    /// The subject: the user, or a client that acts for itself.
    pub sub: Subject,
    /// The audience, one string: the resource at which the token may be used.
    pub aud: Resource,
    /// The client that the token was issued to.
    pub client_id: ClientId,
    /// The scopes of the token.
    pub scope: Scope,
    /// When the token was issued.
    pub iat: Timestamp,
    /// When the token expires.
    pub exp: Timestamp,
    /// When the user signed in.
    pub auth_time: Timestamp,
    /// The unique id of the token.
    pub jti: String,
    /// The token type, `Bearer` (RFC 6750).
    pub token_type: String,
}

impl From<Members> for Introspection {
    fn from(members: Members) -> Self {
        match members {
            Members { active: true, token: Some(token) } => Self::Active(Box::new(token)),
            Members { .. } => Self::Inactive,
        }
    }
}

impl From<Introspection> for Members {
    fn from(introspection: Introspection) -> Self {
        match introspection {
            Introspection::Inactive => Self { active: false, token: None },
            Introspection::Active(token) => Self { active: true, token: Some(*token) },
        }
    }
}

impl From<AccessToken> for Active {
    fn from(token: AccessToken) -> Self {
        let AccessToken { iss, sub, aud, client_id, scope, iat, exp, auth_time, jti, gid: _ } = token;
        Self { iss, sub, aud, client_id, scope, iat, exp, auth_time, jti, token_type: "Bearer".into() }
    }
}

impl From<AccessToken> for Introspection {
    fn from(token: AccessToken) -> Self {
        Self::Active(Box::new(token.into()))
    }
}

/// Sends introspection requests to an authorization server (RFC 7662 §2.1).
#[async_trait]
pub trait Introspect: Send + Sync {
    /// Asks the authorization server whether `token` is active. The whole exchange ends after `limit` at the latest. An
    /// implementation may have a shorter limit of its own.
    ///
    /// # Errors
    /// [`IntrospectionUnavailable`] if there is no response, or the response cannot be read.
    async fn introspect(
        &self,
        token: &str,
        limit: Duration,
    ) -> Result<Introspection, IntrospectionUnavailable>;
}

/// The authorization server did not answer. The reason is for the operator's log.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the authorization server did not answer: {0}")]
pub struct IntrospectionUnavailable(pub String);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::Object;

    #[test]
    fn a_response_is_an_object() {
        let inactive = Object::read(br#"{"active":false}"#).ok();
        assert_eq!(inactive, Some(Introspection::Inactive));
        for wrong in [&br#"[false]"#[..], br#"[true,null]"#, b"[]", b"true"] {
            assert!(Object::<Introspection>::read(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }
}
