//! What a stale refresh token does to its grant (OAuth 2.1 §4.3.1; RFC 9700 §4.14.2).

/// What becomes of a grant of which somebody brings a stale token. The token itself is refused in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StaleRefresh {
    /// The grant is doubted: the head goes on, until its person signs in at the same client again, which closes it.
    #[default]
    Doubt,
    /// The grant is closed at once, and everybody who holds a token of it has to sign in again.
    Close,
}

impl StaleRefresh {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Doubt, Self::Close];

    /// What settings call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Doubt => "doubt",
            Self::Close => "close",
        }
    }
}
