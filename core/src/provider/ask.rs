//! How the server talks to an OpenID provider: over whatever the adapter brings.

use crate::wire::{Request, Response};
use async_trait::async_trait;

/// Asks a provider. It follows no redirect, and ends within seconds.
#[async_trait]
pub trait ProviderTransport: Send + Sync {
    /// Whatever is answered, of no more than 64 KiB.
    ///
    /// # Errors
    /// [`ProviderUnreachable`] when there is no answer.
    async fn ask(&self, request: Request) -> Result<Response, ProviderUnreachable>;
}

/// Nobody answered; why is for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderUnreachable(pub String);
