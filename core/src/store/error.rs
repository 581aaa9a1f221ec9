//! The error of every store.

use crate::protocol::Refusal;
use std::error::Error;

/// The store did not answer. The change may have been applied or not.
#[derive(Debug, thiserror::Error)]
#[error("the store did not answer: {0}")]
pub struct StoreError(#[source] Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps the adapter's error, for the operator's log.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::temporarily_unavailable(&error)
    }
}
