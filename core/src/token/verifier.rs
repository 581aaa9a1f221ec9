//! Access token verifier with a cache. It verifies a token's signature once; later checks cost one SHA-256 digest.

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
    verified: Cache<Digest, AccessToken, Infallible>,
}

/// The maximum number of cached tokens, of about 1 KB each.
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
        let digest = Digest::of(token);
        if let Some(known) = self.verified.get(&digest, now).found {
            return Ok(known.value);
        }
        let verified = Arc::new(AccessToken::verify(token, &self.keys, self.issuer.as_str(), now)?);
        self.remember(digest, &verified, now);
        Ok(verified)
    }

    /// Whether the verifier has the key with this id.
    pub(crate) fn has_key(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id() == id)
    }

    /// Whether the verifier has exactly these keys.
    pub(crate) fn has_keys(&self, keys: &[PublicKey]) -> bool {
        self.keys == keys
    }

    fn remember(&self, digest: Digest, token: &Arc<AccessToken>, now: Timestamp) {
        self.verified.put(digest, Found::until(token.clone(), now, token.exp), now);
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
            auth_time: Timestamp(0),
            jti: String::new(),
            gid: String::new(),
        })
    }

    #[test]
    fn a_token_is_remembered_until_it_ends_and_no_other_for_it() {
        let verifier = verifier();
        verifier.remember(Digest::of("token"), &token(10), Timestamp(0));
        // The verifier has no key, so only the cache can accept the token.
        assert!(verifier.verify("token", Timestamp(9)).is_ok());
        assert!(verifier.verify("token", Timestamp(10)).is_err());
        assert!(verifier.verify("Token", Timestamp(9)).is_err());
    }
}
