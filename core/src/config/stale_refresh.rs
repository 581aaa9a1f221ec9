//! The setting for the reuse of refresh tokens: what a stale token does to its grant (OAuth 2.1 §4.3.1;
//! RFC 9700 §4.14.2).

/// What happens to a grant when a stale refresh token is presented. The token itself is refused in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StaleRefresh {
    /// The grant is in doubt. Its head continues to work until the user signs in at the same client again; then it
    /// is closed.
    #[default]
    Doubt,
    /// The grant is closed at once. Every process that holds a token of it needs a new sign-in.
    Close,
}

impl StaleRefresh {
    /// All values.
    pub const ALL: [Self; 2] = [Self::Doubt, Self::Close];

    /// The value's name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Doubt => "doubt",
            Self::Close => "close",
        }
    }
}
