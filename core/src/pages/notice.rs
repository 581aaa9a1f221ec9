//! What a page says of what was sent.

use crate::language::Language;

/// What a page says of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// It is not who it says.
    NoMatch,
    /// Nobody finds out before so many seconds have passed.
    NotNow(u64),
    /// The form was not made for this browser and request, or has expired.
    TooOld,
    /// It is not who was asked.
    SomebodyElse,
    /// None of the answers was chosen.
    Choose,
    /// Everything has ended.
    SignedOut,
}

impl Notice {
    pub(crate) fn say(&self, words: &Language) -> String {
        match self {
            Self::NoMatch => words.no_match.to_string(),
            Self::NotNow(seconds) => {
                words.too_many_guesses.plain("minutes", &seconds.div_ceil(60).to_string())
            }
            Self::TooOld => words.too_old.to_string(),
            Self::SomebodyElse => words.somebody_else.to_string(),
            Self::Choose => words.choose.to_string(),
            Self::SignedOut => words.signed_out.to_string(),
        }
    }
}
