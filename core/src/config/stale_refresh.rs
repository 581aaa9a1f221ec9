//! The setting for the reuse of refresh tokens: what a stale token does to its grant (OAuth 2.1 §4.3.1;
//! RFC 9700 §4.14.2).

use strum::{IntoStaticStr, VariantArray};

/// What happens to a grant when a stale refresh token is presented. The token itself is refused in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
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
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The value's name in the settings, from the variant.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
