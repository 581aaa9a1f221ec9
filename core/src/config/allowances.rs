//! Exceptions from OAuth 2.1 for a tutorial on one machine.

use crate::protocol::Issuer;

/// Exceptions from OAuth 2.1 for a tutorial. The default is none. They are safe only if all parties are on one
/// machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    pub(crate) missing_pkce: bool,
    pub(crate) credentials_in_query: bool,
    pub(crate) anonymous_introspection: bool,
}

impl Allowances {
    /// The exceptions that the tutorial's programs need: an authorization request without PKCE, a name and password
    /// with `approve=true` in its query, and introspection without authentication. `None` if the issuer is not a
    /// loopback address. The caller must also bind the server to a loopback address only.
    pub fn tutorial(issuer: &Issuer) -> Option<Self> {
        issuer.is_loopback().then_some(Self {
            missing_pkce: true,
            credentials_in_query: true,
            anonymous_introspection: true,
        })
    }
}
