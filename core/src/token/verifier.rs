//! Access token verifier with a cache. It verifies a token's signature once. Later checks cost a SHA-256 digest of the
//! signature, and a comparison of the rest.

use crate::jose::PublicKey;
use crate::ports::Timestamp;
use crate::protocol::{Digest, Issuer};
use crate::token::access_token::{AccessToken, InvalidToken};
use crate::wire::{Cache, Found};
use std::convert::Infallible;
use std::sync::Arc;

/// Verifies the access tokens of one issuer. The cache belongs to the verifier: after a change of keys, a new verifier
/// starts with an empty cache.
pub struct Verifier {
    issuer: Issuer,
    keys: Vec<PublicKey>,
    /// By the digest of the signature, which is the secret part of a token. So no comparison tells how much of a guessed
    /// signature is right.
    verified: Cache<Digest, VerifiedToken, Infallible>,
}

/// A token whose signature was verified.
struct VerifiedToken {
    /// Header and claims, as they were signed.
    message: String,
    claims: Arc<AccessToken>,
}

/// The maximum number of cached tokens, of about 2 KB each.
const MAX_VERIFIED: usize = 4096;

impl Verifier {
    /// Creates a verifier for tokens that `issuer` signed with one of `keys`.
    pub fn new(issuer: Issuer, keys: Vec<PublicKey>) -> Self {
        Self { issuer, keys, verified: Cache::new(MAX_VERIFIED) }
    }

    /// Reads a token of this issuer that has not expired. The caller must check the audience.
    ///
    /// # Errors
    /// [`InvalidToken`], with the rule that the token breaks.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<AccessToken>, InvalidToken> {
        let (message, signature) = token.rsplit_once('.').unwrap_or_default();
        let digest = Digest::of(signature);
        let known = self.verified.get(&digest, now).found.map(|known| known.value);
        if let Some(known) = known.filter(|known| known.message == message) {
            return Ok(known.claims.clone());
        }
        let claims = Arc::new(AccessToken::verify(token, &self.keys, self.issuer.as_str(), now)?);
        self.remember(digest, message, &claims, now);
        Ok(claims)
    }

    /// Whether the verifier has the key with this id.
    pub(crate) fn has_key(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id() == id)
    }

    /// Whether the verifier has exactly these keys.
    pub(crate) fn has_keys(&self, keys: &[PublicKey]) -> bool {
        self.keys == keys
    }

    fn remember(&self, signature: Digest, message: &str, claims: &Arc<AccessToken>, now: Timestamp) {
        let verified = VerifiedToken { message: message.to_owned(), claims: claims.clone() };
        self.verified.put(signature, Found::until(Arc::new(verified), now, claims.exp), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ClientId, Resource, Scope, Subject};

    fn verifier() -> Verifier {
        Verifier::new(Issuer::parse("https://as.example").unwrap(), vec![])
    }

    fn token(exp: u64) -> Arc<AccessToken> {
        Arc::new(AccessToken {
            iss: "https://as.example".into(),
            sub: Subject::parse("alice").unwrap(),
            aud: Resource::parse("https://mcp.example").unwrap(),
            client_id: ClientId("client".into()),
            scope: Scope::parse("user").unwrap(),
            iat: Timestamp(0),
            exp: Timestamp(exp),
            auth_time: Some(Timestamp(0)),
            jti: String::new(),
            gid: String::new(),
        })
    }

    #[test]
    fn a_token_is_remembered_until_it_ends_and_no_other_for_it() {
        let verifier = verifier();
        verifier.remember(Digest::of("signature"), "header.claims", &token(10), Timestamp(0));
        // The verifier has no key, so only the cache can accept a token.
        assert!(verifier.verify("header.claims.signature", Timestamp(9)).is_ok());
        assert!(verifier.verify("header.claims.signature", Timestamp(10)).is_err());
        for other in [
            "header.claims.Signature",
            "header.Claims.signature",
            "Header.claims.signature",
            "headerclaims.signature",
            "header.claims.signature.",
            ".signature",
            "signature",
            "",
        ] {
            assert!(verifier.verify(other, Timestamp(9)).is_err(), "{other}");
        }
    }
}
