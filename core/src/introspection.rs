//! Asking an authorization server about a token (RFC 7662 §2), over whatever the adapter brings.

use crate::protocol::introspection::Introspection;
use async_trait::async_trait;
use std::fmt;

/// Asks.
#[async_trait]
pub trait Introspect: Send + Sync {
    /// What the authorization server says of `token`.
    ///
    /// # Errors
    /// [`Unanswered`] when it says nothing, or nothing that can be understood.
    async fn introspect(&self, token: &str) -> Result<Introspection, Unanswered>;
}

/// The authorization server did not answer; the reason is for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered(pub String);

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the authorization server did not answer: {}", self.0)
    }
}

impl std::error::Error for Unanswered {}
