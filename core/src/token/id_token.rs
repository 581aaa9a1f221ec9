//! ID tokens (OpenID Connect Core 1.0 §2): they tell a client who signed in. They have the key of access tokens, and another
//! type and audience, so that no resource takes one for an access token.

use crate::jose::{Members, Signer, SigningFailed, jwt};
use crate::ports::Timestamp;
use crate::protocol::{ClientId, Digest, Subject};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::time::Duration;

/// The `typ` header. Verifiers of ID tokens know this one or none (RFC 7519 §5.1); access tokens have `at+jwt` (RFC 9068
/// §2.1), and a verifier of theirs refuses any other (§4).
const TYPE: &str = "JWT";
/// How long an ID token counts. Its client reads it at once.
const LIFETIME: Duration = Duration::from_secs(300);
/// About the length of the claims, in bytes.
const CLAIMS: usize = 512;

/// The claims of an ID token. What is known about the user besides is at the `UserInfo` endpoint (§5.4).
pub(crate) struct IdToken<'a> {
    /// The issuer.
    pub(crate) iss: &'a str,
    /// The user.
    pub(crate) sub: &'a Subject,
    /// The audience: the client.
    pub(crate) aud: &'a ClientId,
    /// When the token is issued.
    pub(crate) iat: Timestamp,
    /// When the user signed in.
    pub(crate) auth_time: Timestamp,
    /// The `nonce` of the authorization request.
    pub(crate) nonce: Option<&'a str>,
    /// The access token beside it.
    pub(crate) access_token: &'a str,
}

impl IdToken<'_> {
    /// Signs the token.
    ///
    /// # Errors
    /// [`SigningFailed`] if the signer fails.
    pub(crate) fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailed> {
        let claims = Members::with_capacity(CLAIMS)
            .text("iss", self.iss)
            .text("sub", &self.sub.as_text())
            .text("aud", &self.aud.0)
            .number("iat", self.iat.0)
            .number("exp", self.iat.after(LIFETIME).0)
            .number("auth_time", self.auth_time.0);
        let claims = match self.nonce {
            Some(nonce) => claims.text("nonce", nonce),
            None => claims,
        };
        jwt::sign(signer, TYPE, &claims.text("at_hash", &at_hash(self.access_token)).end())
    }
}

/// The left half of the digest of the access token (§3.1.3.6). With ES256 the digest is SHA-256.
fn at_hash(access_token: &str) -> String {
    let Digest(digest) = Digest::of(access_token);
    URL_SAFE_NO_PAD.encode(&digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::PublicKey;
    use crate::token::fixed_signer::Fixed;

    fn parts(nonce: Option<&str>) -> Vec<String> {
        let token = IdToken {
            iss: "https://as.example",
            sub: &Subject::parse("Zoë").unwrap(),
            aud: &ClientId("client\\1".into()),
            iat: Timestamp(1000),
            auth_time: Timestamp(7),
            nonce,
            access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
        };
        let signed = token.sign(&Fixed(PublicKey::new([4; 65]))).unwrap();
        let decoded = signed.split('.').take(2).map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
        decoded.map(|part| String::from_utf8(part).unwrap()).collect()
    }

    #[test]
    fn a_token_has_the_claims_of_the_sign_in() {
        let header = r#"{"alg":"ES256","typ":"JWT","kid":"gSwIcyfvaCeRFdnVlr0jgD2s8gsbhtmfcfTF46NE6q4"}"#;
        // The access token and its hash are those of OpenID Connect Core 1.0, appendix A.3.
        let claims = |nonce: &str| {
            format!(
                r#"{{"iss":"https://as.example","sub":"Zoë","aud":"client\\1","iat":1000,"exp":1300,"auth_time":7,{nonce}"at_hash":"77QmUPtjPfzWtF2AnpK9RQ"}}"#
            )
        };
        assert_eq!(parts(Some("n\"1")), [header.to_owned(), claims(r#""nonce":"n\"1","#)]);
        assert_eq!(parts(None), [header.to_owned(), claims("")]);
    }
}
