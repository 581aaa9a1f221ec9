//! Access token verifier with a cache. It verifies a token's signature once; later checks cost one SHA-256 digest.

use crate::jose::PublicKey;
use crate::ports::Timestamp;
use crate::protocol::{Digest, Issuer};
use crate::token::access_token::{AccessToken, InvalidToken};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Verifies the access tokens of one issuer. The cache belongs to the verifier: after a change of keys, a new verifier
/// starts with an empty cache.
pub struct Verifier {
    issuer: Issuer,
    keys: Vec<PublicKey>,
    verified: Mutex<HashMap<Digest, Arc<AccessToken>>>,
}

/// The maximum number of cached tokens, of about 1 KB each.
const MAX_VERIFIED: usize = 4096;

impl Verifier {
    /// Creates a verifier for tokens that `issuer` signed with one of `keys`.
    pub fn new(issuer: Issuer, keys: Vec<PublicKey>) -> Self {
        Self { issuer, keys, verified: Mutex::default() }
    }

    /// Reads a token of this issuer that has not expired. The caller must check the audience.
    ///
    /// # Errors
    /// [`InvalidToken`], with the rule that the token breaks.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<AccessToken>, InvalidToken> {
        let digest = Digest::of(token);
        let known = self.verified().get(&digest).cloned();
        if let Some(known) = known.filter(|known| now < known.exp) {
            return Ok(known);
        }
        let verified = Arc::new(AccessToken::verify(token, &self.keys, self.issuer.as_str(), now)?);
        self.remember(digest, &verified, now);
        Ok(verified)
    }

    /// Adds a token to the cache. If the cache is full, first removes expired tokens. If it is still full, clears it,
    /// since the cache only saves work.
    fn remember(&self, digest: Digest, token: &Arc<AccessToken>, now: Timestamp) {
        let mut verified = self.verified();
        if verified.len() >= MAX_VERIFIED {
            verified.retain(|_, token| now < token.exp);
        }
        if verified.len() >= MAX_VERIFIED {
            verified.clear();
        }
        verified.insert(digest, token.clone());
    }

    /// Locks the cache. A poisoned lock is no problem: a panic cannot leave the map half changed.
    fn verified(&self) -> MutexGuard<'_, HashMap<Digest, Arc<AccessToken>>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn memory_is_bounded_and_forgets_what_has_ended_first() {
        let verifier = verifier();
        verifier.remember(Digest::of("lasting"), &token(1000), Timestamp(0));
        for number in 0..MAX_VERIFIED {
            verifier.remember(Digest::of(number.to_string()), &token(10), Timestamp(10));
        }
        assert!(verifier.verified().len() <= MAX_VERIFIED);
        assert!(verifier.verify("lasting", Timestamp(11)).is_ok());
        for number in 0..=MAX_VERIFIED {
            verifier.remember(Digest::of(number.to_string()), &token(1000), Timestamp(11));
        }
        assert!(verifier.verified().len() <= MAX_VERIFIED);
    }
}
