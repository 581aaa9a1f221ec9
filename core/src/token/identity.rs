//! The identity of a caller, which the gateway signs for the MCP server behind it.

use crate::jose::{Members, Signer, SigningFailed, jwt};
use crate::ports::Timestamp;
use crate::protocol::{ClientId, Resource, Scope, Subject};

/// The `typ` header. It differs from that of access tokens (RFC 8725 §3.11).
const TYPE: &str = "doorward-identity+jwt";

/// About the length of the claims, in bytes.
const CLAIMS: usize = 512;

/// The claims of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The issuer.
    pub iss: String,
    /// The user, or a client that acts for itself.
    pub sub: Subject,
    /// The resource. Identities for different resources differ, so an upstream cannot use one at another upstream.
    pub aud: Resource,
    /// The client.
    pub client_id: ClientId,
    /// The scopes of the access token.
    pub scope: Scope,
    /// When the user signed in, if that is known.
    pub auth_time: Option<Timestamp>,
    /// The id of the grant, if it is known.
    pub gid: Option<String>,
    /// When the identity was signed.
    pub iat: Timestamp,
    /// When it expires: with the access token at the latest.
    pub exp: Timestamp,
}

impl Identity {
    /// Signs the identity.
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
            .number_if_there("auth_time", self.auth_time.map(|at| at.0));
        let claims = match &self.gid {
            Some(gid) => claims.text("gid", gid),
            None => claims,
        };
        jwt::sign(signer, TYPE, &claims.number("iat", self.iat.0).number("exp", self.exp.0).end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::PublicKey;
    use crate::token::fixed_signer::Fixed;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    #[test]
    fn an_identity_has_the_grant_if_it_is_known() {
        let client = ClientId("robot".into());
        let known = Identity {
            iss: "https://as.example".into(),
            sub: Subject::Client(client.clone()),
            aud: Resource::parse("https://mcp.example/mcp").unwrap(),
            client_id: client,
            scope: Scope::parse("user files").unwrap(),
            auth_time: Some(Timestamp(0)),
            gid: Some("g".into()),
            iat: Timestamp(1),
            exp: Timestamp(60),
        };
        let claims = |identity: &Identity| {
            let signed = identity.sign(&Fixed(PublicKey::new([4; 65]))).unwrap();
            String::from_utf8(URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap()).unwrap()
        };
        let expected = |gid: &str| {
            let before = r#"{"iss":"https://as.example","sub":"client:robot","aud":"https://mcp.example/mcp","client_id":"robot""#;
            format!(r#"{before},"scope":"files user","auth_time":0,{gid}"iat":1,"exp":60}}"#)
        };
        assert_eq!(claims(&known), expected(r#""gid":"g","#));
        assert_eq!(claims(&Identity { gid: None, ..known }), expected(""));
    }
}
