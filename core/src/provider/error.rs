//! Errors of a sign-in at the provider.

use crate::protocol::Refusal;
use std::fmt;

/// Why the provider did not identify a user. The text is for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProviderError {
    /// The provider did not answer, or asked to try later.
    Unavailable(String),
    /// The provider rejects the code: it was spent before, or issued to another client.
    CodeRejected(String),
    /// The response breaks the protocol, or the provider does not know this server. The operator must fix it.
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
