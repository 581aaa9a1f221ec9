//! Why a sign-in at the provider did not succeed.

use crate::protocol::Refusal;
use std::fmt;

/// Why nobody knows who somebody is; the sentence is for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unidentified {
    /// The provider did not answer.
    Unreached(String),
    /// It does not take the code: it was spent before, or given to somebody else.
    Spent(String),
    /// It answers what it must not, or does not know this server: for the operator to mend.
    Unusable(String),
}

impl fmt::Display for Unidentified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unreached(why) | Self::Spent(why) | Self::Unusable(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for Unidentified {}

impl From<Unidentified> for Refusal {
    fn from(error: Unidentified) -> Self {
        Self::temporarily_unavailable(&error)
    }
}
