//! Token introspection (RFC 7662): the response, and a trait for the request, which an adapter sends.

use crate::jose::Members;
use crate::ports::Timestamp;
use crate::protocol::{ClientId, Resource, Scope, Subject};
use crate::token::access_token::AccessToken;
use async_trait::async_trait;
use serde::Deserialize;
use std::time::Duration;
use thiserror::Error;

/// The introspection response. For an inactive token, it has only the member `active`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub enum Introspection {
    /// The token is not active. The response says nothing else about it (RFC 7662 §2.2).
    Inactive,
    /// The token is active, and has these claims.
    Active(Box<Active>),
}

/// The members of the response on the wire.
#[derive(Deserialize)]
struct Wire {
    active: bool,
    #[serde(flatten)]
    token: Option<Active>,
}

/// The claims of an active token. `exp` is always present, as an integer: several resource servers refuse a token
/// without it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
    /// When the user signed in, if that is known.
    pub auth_time: Option<Timestamp>,
    /// The unique id of the token.
    pub jti: String,
    /// The token type, `Bearer` (RFC 6750).
    pub token_type: String,
}

impl Introspection {
    /// The response for a token, as JSON: its claims if it is active, else `active` alone.
    pub fn response(active: Option<&AccessToken>) -> String {
        let members = Members::with_capacity(RESPONSE).truth("active", active.is_some());
        let Some(token) = active else { return members.end() };
        let members = members
            .text("iss", &token.iss)
            .text("sub", &token.sub.as_text())
            .text("aud", token.aud.as_str())
            .text("client_id", &token.client_id.0)
            .text("scope", token.scope.as_str())
            .number("iat", token.iat.0)
            .number("exp", token.exp.0)
            .number_if_there("auth_time", token.auth_time.map(|at| at.0))
            .text("jti", &token.jti);
        members.text("token_type", "Bearer").end()
    }
}

/// About the length of a response, in bytes.
const RESPONSE: usize = 640;

impl From<Wire> for Introspection {
    fn from(members: Wire) -> Self {
        match members {
            Wire { active: true, token: Some(token) } => Self::Active(Box::new(token)),
            Wire { .. } => Self::Inactive,
        }
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
    fn a_response_has_the_claims_of_an_active_token_and_else_nothing() {
        let token = AccessToken {
            iss: "https://as.example".into(),
            sub: Subject::parse("alice").unwrap(),
            aud: Resource::parse("https://mcp.example/mcp").unwrap(),
            client_id: ClientId("client".into()),
            scope: Scope::parse("user files").unwrap(),
            iat: Timestamp(1),
            exp: Timestamp(3600),
            auth_time: Some(Timestamp(0)),
            jti: "j".into(),
            gid: "g".into(),
        };
        let active = concat!(
            r#"{"active":true,"iss":"https://as.example","sub":"alice","aud":"https://mcp.example/mcp","client_id":"client","#,
            r#""scope":"files user","iat":1,"exp":3600,"auth_time":0,"jti":"j","token_type":"Bearer"}"#
        );
        assert_eq!(Introspection::response(Some(&token)), active);
        assert_eq!(Introspection::response(None), r#"{"active":false}"#);
    }

    #[test]
    fn a_response_is_an_object() {
        let inactive = Object::read(br#"{"active":false}"#).ok();
        assert_eq!(inactive, Some(Introspection::Inactive));
        for wrong in [&br#"[false]"#[..], br#"[true,null]"#, b"[]", b"true"] {
            assert!(Object::<Introspection>::read(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }
}
