//! Assertions that were taken: each counts once (RFC 7523 §3, `jti`).

use crate::client::AssertionId;
use crate::store::error::StoreError;
use async_trait::async_trait;

/// What came of [`Assertions::accept`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It was never taken before.
    Now,
    /// It was taken, and is a replay.
    Already,
}

/// Remembers assertions for as long as anybody would take them.
#[async_trait]
pub trait Assertions: Send + Sync {
    /// Takes an assertion, **once**: of any number of callers with the same one, a single one hears
    /// [`Accepted::Now`].
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn accept(&self, assertion: AssertionId) -> Result<Accepted, StoreError>;
}
