//! Origin secret: proof that a request came through the front (CloudFront).
//!
//! A function URL is public. Without the secret, an attacker could call it directly, and bypass the firewall and its
//! rate limit.

use doorward::protocol::Digest;
use http::HeaderMap;
use subtle::ConstantTimeEq;

/// The request header that holds the secret.
const HEADER: &str = "doorward-door";

/// Which callers are allowed.
pub(crate) enum OriginSecret {
    /// Every caller: there is no front.
    NotRequired,
    /// Only callers that send the secret with this digest. The comparison is in constant time.
    Required(Digest),
}

impl OriginSecret {
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::NotRequired => true,
            Self::Required(digest) => headers
                .get(HEADER)
                .is_some_and(|secret| bool::from(Digest::of(secret.as_bytes()).0.ct_eq(&digest.0))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_opens() {
        let headers =
            |secret: &str| HeaderMap::from_iter([(HEADER.parse().unwrap(), secret.parse().unwrap())]);
        let origin_secret = OriginSecret::Required(Digest::of("a secret"));
        assert!(origin_secret.admits(&headers("a secret")));
        assert!(!origin_secret.admits(&headers("another")) && !origin_secret.admits(&HeaderMap::new()));
        assert!(OriginSecret::NotRequired.admits(&HeaderMap::new()));
    }
}
