//! Wrong passwords, counted by the hour, so that guessing a person's takes longer than the password lasts.

use crate::ports::Timestamp;
use crate::store::error::StoreError;
use async_trait::async_trait;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptKey {
    /// For which name. There is a bounded number of these, which a secret spreads over names, whether somebody has them or
    /// not: who guesses names learns nothing from what is counted, and makes no more records than there are.
    pub name: u16,
    /// From where.
    pub from: AttemptSource,
    /// In which hour since 1970.
    pub hour: u64,
}

/// Who guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptSource {
    /// A browser in which the person of that name has not signed in before.
    UnknownBrowser,
    /// One in which they have.
    KnownBrowser,
}

impl AttemptKey {
    /// When its hour is over.
    pub fn over_at(&self) -> Timestamp {
        Timestamp((self.hour + 1) * 3600)
    }
}

/// Remembers how much was guessed.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// Counts one more, **each once at least**; how many there are with it.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn count(&self, attempt_key: AttemptKey) -> Result<u32, StoreError>;
}
