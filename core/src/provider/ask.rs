//! How the server talks to an OpenID provider: over whatever the adapter brings.

use crate::wire::{Request, Response};
use async_trait::async_trait;

/// Asks a provider. It follows no redirect, and ends within seconds.
#[async_trait]
pub trait Ask: Send + Sync {
    /// Whatever is answered, of no more than 64 KiB.
    ///
    /// # Errors
    /// [`Unreached`] when there is no answer.
    async fn ask(&self, request: Request) -> Result<Response, Unreached>;
}

/// Nobody answered; why is for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached(pub String);
