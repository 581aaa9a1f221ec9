//! Rules of OAuth 2.1 that are loosened for a tutorial.

/// Rules of OAuth 2.1 that are loosened for a tutorial; none by default.
/// [`Config::builder`](crate::Config::builder) refuses any of them unless the issuer is on loopback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    pub(crate) missing_pkce: bool,
    pub(crate) credentials_in_query: bool,
    pub(crate) anonymous_introspection: bool,
}

impl Allowances {
    /// What the tutorial's programs need: an authorization request without PKCE, a name and password with
    /// `approve=true` in its query, and introspection without client authentication. The adapter that binds the
    /// listener has to refuse every address beyond loopback.
    pub const TUTORIAL: Self =
        Self { missing_pkce: true, credentials_in_query: true, anonymous_introspection: true };

    pub(super) fn is_any(self) -> bool {
        self != Self::default()
    }
}
