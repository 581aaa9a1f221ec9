//! Access tokens as JWTs (RFC 9068).

use crate::jose::{Members, PublicKey, Signer, SigningFailed, jwt};
use crate::ports::Timestamp;
use crate::protocol::{ClientId, GrantId, Resource, Scope, Subject};
use serde::Deserialize;
use std::fmt;

/// The `typ` header (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";
/// The maximum length of a token, in bytes. The server's own tokens are far shorter. Longer ones are refused before
/// any further work.
const MAX_BYTES: usize = 8 * 1024;
/// About the length of the claims, in bytes.
const CLAIMS: usize = 640;

/// The claims of an access token (RFC 9068 §2.2). The audience is one string.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AccessToken {
    /// The issuer.
    pub iss: String,
    /// The subject: the user, or a client that acts for itself.
    pub sub: Subject,
    /// The audience: the resource at which the token may be used.
    pub aud: Resource,
    /// The client that the token was issued to.
    pub client_id: ClientId,
    /// The scopes of the token.
    pub scope: Scope,
    /// When the token was issued.
    pub iat: Timestamp,
    /// When the token expires.
    pub exp: Timestamp,
    /// When the user signed in. `None` if an issuer stated who the user is, and not when they signed in.
    pub auth_time: Option<Timestamp>,
    /// The unique id of the token.
    pub jti: String,
    /// The id of the grant that the token belongs to: base64url of 128 bits.
    pub gid: String,
}

impl AccessToken {
    /// Signs the token.
    ///
    /// # Errors
    /// [`SigningFailed`] if the signer fails.
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailed> {
        let claims = Members::with_capacity(CLAIMS)
            .text("iss", &self.iss)
            .text("sub", &self.sub.as_text())
            .text("aud", self.aud.as_str())
            .text("client_id", &self.client_id.0)
            .text("scope", self.scope.as_str())
            .number("iat", self.iat.0)
            .number("exp", self.exp.0)
            .number_if_there("auth_time", self.auth_time.map(|at| at.0))
            .text("jti", &self.jti)
            .text("gid", &self.gid);
        jwt::sign(signer, TYPE, &claims.end())
    }

    /// Reads a token that `issuer` signed with one of `keys` and that has not expired (RFC 9068 §4). The caller must
    /// check the audience.
    ///
    /// # Errors
    /// [`InvalidToken`], with the rule that the token breaks.
    pub fn verify(
        token: &str,
        keys: &[PublicKey],
        issuer: &str,
        now: Timestamp,
    ) -> Result<Self, InvalidToken> {
        let sized = (token.len() <= MAX_BYTES)
            .then_some(token)
            .ok_or(InvalidToken::because("is longer than 8 KiB"))?;
        let claims: Self = jwt::verify(keys, TYPE, sized)
            .ok_or(InvalidToken::because("is not signed with a key of the authorization server"))?;
        if claims.iss != issuer {
            let values = format!("{}, not {issuer}", claims.iss);
            return Err(InvalidToken { values: Some(values), ..InvalidToken::because("has another issuer") });
        }
        if claims.exp <= now {
            let values = format!("exp is {}, and it is {} here", claims.exp.0, now.0);
            return Err(InvalidToken { values: Some(values), ..InvalidToken::because("has expired") });
        }
        Ok(claims)
    }

    /// The id of the grant that the token belongs to.
    pub fn grant(&self) -> Option<GrantId> {
        GrantId::parse(&self.gid)
    }
}

/// Why a token is not accepted. The text completes the sentence "the access token …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidToken {
    /// The rule, for the client.
    pub why: &'static str,
    /// The values that do not fit, for the operator's log.
    pub values: Option<String>,
}

impl InvalidToken {
    fn because(why: &'static str) -> Self {
        Self { why, values: None }
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.values {
            None => f.write_str(self.why),
            Some(values) => write!(f, "{}: {values}", self.why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::PersonId;
    use crate::token::fixed_signer::Fixed;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    #[test]
    fn a_token_is_its_header_its_claims_and_its_signature() {
        let token = AccessToken {
            iss: "https://as.example".into(),
            sub: PersonId::parse("Zoë \"A\"").unwrap().into(),
            aud: Resource::parse("https://mcp.example/mcp").unwrap(),
            client_id: ClientId("client\\1".into()),
            scope: Scope::parse("user files").unwrap(),
            iat: Timestamp(1),
            exp: Timestamp(3600),
            auth_time: Some(Timestamp(0)),
            jti: "j".into(),
            gid: "g".into(),
        };
        let signed = token.sign(&Fixed(PublicKey::new([4; 65]))).unwrap();
        let parts: Vec<_> = signed.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        let header = r#"{"alg":"ES256","typ":"at+jwt","kid":"gSwIcyfvaCeRFdnVlr0jgD2s8gsbhtmfcfTF46NE6q4"}"#;
        let claims = concat!(
            r#"{"iss":"https://as.example","sub":"Zoë \"A\"","aud":"https://mcp.example/mcp","#,
            r#""client_id":"client\\1","scope":"files user","iat":1,"exp":3600,"auth_time":0,"jti":"j","gid":"g"}"#
        );
        assert_eq!(parts, [header.as_bytes(), claims.as_bytes(), &[1; 64]]);
    }
}
