//! Exceptions to OAuth 2.1, for a tutorial on loopback.

/// Exceptions to OAuth 2.1, for a tutorial. By default there are none. [`Config::builder`](crate::Config::builder)
/// refuses every exception unless the issuer is on loopback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    pub(crate) missing_pkce: bool,
    pub(crate) credentials_in_query: bool,
    pub(crate) anonymous_introspection: bool,
}

impl Allowances {
    /// The exceptions that the tutorial's programs need: an authorization request without PKCE, a name and password
    /// with `approve=true` in its query, and introspection without client authentication. The adapter that binds the
    /// listener must refuse every address except loopback.
    pub const TUTORIAL: Self =
        Self { missing_pkce: true, credentials_in_query: true, anonymous_introspection: true };

    pub(super) fn is_any(self) -> bool {
        self != Self::default()
    }
}
