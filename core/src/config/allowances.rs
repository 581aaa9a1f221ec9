//! Which rules of OAuth 2.1 are loosened, for a tutorial on one machine.

use crate::protocol::Issuer;

/// Rules of OAuth 2.1 that are loosened for a tutorial; none, unless everybody concerned is on one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    pub(crate) missing_pkce: bool,
    pub(crate) credentials_in_query: bool,
    pub(crate) anonymous_introspection: bool,
}

impl Allowances {
    /// What the tutorial's programs need: an authorization request without PKCE, a name and password with
    /// `approve=true` in its query, and introspection by anybody. Nothing if the issuer is not on this machine; that
    /// the server listens nowhere else is for whoever binds it to see to.
    pub fn tutorial(issuer: &Issuer) -> Option<Self> {
        issuer.is_loopback().then_some(Self {
            missing_pkce: true,
            credentials_in_query: true,
            anonymous_introspection: true,
        })
    }
}
