//! HTTP client trait: sends the core's requests to other servers. An adapter implements it.

use crate::ports::NoTimeLeft;
use crate::protocol::Refusal;
use crate::wire::message::{Request, Response};
use async_trait::async_trait;
use std::time::Duration;
use thiserror::Error;

/// Sends requests to servers that the operator has chosen. An implementation follows no redirect.
#[async_trait]
pub trait HttpClient: Send + Sync {
    /// Sends a request. Returns the response, whatever its status, with its headers and a body of at most 64 KiB. The whole exchange ends
    /// after `limit` at the latest. An implementation may have a shorter limit of its own.
    ///
    /// # Errors
    /// [`Unreachable`] if there is no response in that time.
    async fn send(&self, request: Request, limit: Duration) -> Result<Response, Unreachable>;
}

/// There was no response. The reason is for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

impl From<NoTimeLeft> for Unreachable {
    fn from(error: NoTimeLeft) -> Self {
        Self(error.to_string())
    }
}

impl From<Unreachable> for Refusal {
    fn from(error: Unreachable) -> Self {
        Self::temporarily_unavailable(&error)
    }
}
