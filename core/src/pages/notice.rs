//! What a page says of what was sent.

use crate::language::Language;

/// What a page says of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// It is not who it says.
    NoMatch,
    /// Nobody finds out before so many seconds have passed.
    RateLimited(u64),
    /// The form was not made for this browser and request, or has expired.
    TooOld,
    /// It is not who was asked.
    UserChanged,
    /// None of the answers was chosen.
    Choose,
    /// Everything has ended.
    SignedOut,
}

impl Notice {
    pub(crate) fn say(&self, language: &Language) -> String {
        match self {
            Self::NoMatch => language.no_match.to_string(),
            Self::RateLimited(seconds) => {
                language.too_many_guesses.plain("minutes", &seconds.div_ceil(60).to_string())
            }
            Self::TooOld => language.too_old.to_string(),
            Self::UserChanged => language.user_changed.to_string(),
            Self::Choose => language.choose.to_string(),
            Self::SignedOut => language.signed_out.to_string(),
        }
    }
}
