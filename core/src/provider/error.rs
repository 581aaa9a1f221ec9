//! Errors of a sign-in at the provider.

use crate::ports::NoTimeLeft;
use crate::protocol::Refusal;
use thiserror::Error;

/// Why the provider did not identify a user. The text is for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub(crate) enum ProviderError {
    /// The provider did not answer, or asked to try later.
    Unavailable(String),
    /// The provider rejects the code: it was spent before, or issued to another client.
    CodeRejected(String),
    /// The response breaks the protocol, or the provider does not know this server. The operator must fix it.
    Invalid(String),
}

impl From<NoTimeLeft> for ProviderError {
    fn from(error: NoTimeLeft) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ProviderError> for Refusal {
    fn from(error: ProviderError) -> Self {
        Self::temporarily_unavailable(&error)
    }
}
