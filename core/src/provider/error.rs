//! Why a sign-in at the provider did not succeed.

use crate::protocol::Refusal;
use std::fmt;

/// Why nobody knows who somebody is; the sentence is for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProviderError {
    /// The provider did not answer.
    Unavailable(String),
    /// It does not take the code: it was spent before, or given to somebody else.
    CodeRejected(String),
    /// It answers what it must not, or does not know this server: for the operator to mend.
    Invalid(String),
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Unavailable(why) | Self::CodeRejected(why) | Self::Invalid(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for ProviderError {}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        Self::temporarily_unavailable(&error)
    }
}
