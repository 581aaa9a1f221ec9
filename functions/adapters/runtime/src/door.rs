//! Who may call a function: anybody, or only what stands before it and shows a secret. A function URL is open to the
//! world, which would otherwise walk around the firewall.

use doorward::protocol::Digest;
use http::HeaderMap;
use subtle::ConstantTimeEq;

/// The header in which the secret is shown.
const HEADER: &str = "doorward-door";

/// Who may call.
pub(crate) enum Door {
    /// Anybody.
    Open,
    /// Whoever shows the secret of this digest.
    Shown(Digest),
}

impl Door {
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Open => true,
            Self::Shown(digest) => headers
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
        let door = Door::Shown(Digest::of("a secret"));
        assert!(door.admits(&headers("a secret")));
        assert!(!door.admits(&headers("another")) && !door.admits(&HeaderMap::new()));
        assert!(Door::Open.admits(&HeaderMap::new()));
    }
}
