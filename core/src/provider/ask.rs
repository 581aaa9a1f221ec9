//! The transport to an OpenID provider, which an adapter implements.

use crate::wire::{Request, Response};
use async_trait::async_trait;

/// Sends requests to a provider. An implementation follows no redirect, and ends within seconds.
#[async_trait]
pub trait ProviderTransport: Send + Sync {
    /// Sends a request and returns the response, whatever its status. The response is at most 64 KiB.
    ///
    /// # Errors
    /// [`ProviderUnreachable`] when there is no response.
    async fn ask(&self, request: Request) -> Result<Response, ProviderUnreachable>;
}

/// There was no response. The text is for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderUnreachable(pub String);
