//! Who may call a function: anybody, or only what stands before it and shows a secret. A function URL is open to the
//! world, which would otherwise walk around the firewall.

use doorward::protocol::Digest;
use http::HeaderMap;
use subtle::ConstantTimeEq;

/// The header in which the secret is shown.
const HEADER: &str = "doorward-door";

/// Who may call.
pub(crate) enum OriginSecret {
    /// Anybody.
    Open,
    /// Whoever shows the secret of this digest.
    ClientProof(Digest),
}

impl OriginSecret {
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Open => true,
            Self::ClientProof(digest) => headers
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
        let origin_secret = OriginSecret::ClientProof(Digest::of("a secret"));
        assert!(origin_secret.admits(&headers("a secret")));
        assert!(!origin_secret.admits(&headers("another")) && !origin_secret.admits(&HeaderMap::new()));
        assert!(OriginSecret::Open.admits(&HeaderMap::new()));
    }
}
