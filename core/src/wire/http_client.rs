//! HTTP client trait: sends the core's requests to other servers. An adapter implements it.

use crate::protocol::Refusal;
use crate::wire::message::{Request, Response};
use async_trait::async_trait;
use thiserror::Error;

/// Sends requests to servers that the operator has chosen. An implementation follows no redirect, and ends within
/// seconds.
#[async_trait]
pub trait HttpClient: Send + Sync {
    /// Sends a request. Returns the response, whatever its status, with a body of at most 64 KiB.
    ///
    /// # Errors
    /// [`Unreachable`] if there is no response.
    async fn send(&self, request: Request) -> Result<Response, Unreachable>;
}

/// There was no response. The reason is for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

impl From<Unreachable> for Refusal {
    fn from(error: Unreachable) -> Self {
        Self::temporarily_unavailable(&error)
    }
}
