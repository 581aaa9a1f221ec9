//! Accepted client assertions: each is accepted once (replay; RFC 7523 §3, `jti`).

use crate::client::AssertionId;
use crate::store::error::StoreError;
use async_trait::async_trait;

/// The result of [`Assertions::accept`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// The assertion is new.
    Now,
    /// The assertion was accepted before: this is a replay.
    Already,
}

/// Stores accepted assertions until they expire.
#[async_trait]
pub trait Assertions: Send + Sync {
    /// Accepts an assertion, **once**: of any number of callers with the same assertion, exactly one gets
    /// [`Accepted::Now`].
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn accept(&self, assertion: AssertionId) -> Result<Accepted, StoreError>;
}
