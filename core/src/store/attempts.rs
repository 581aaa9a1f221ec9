//! The rate limit for sign-in: wrong passwords counted by the hour. It makes brute force take longer than a
//! password stays in use.

use crate::ports::Timestamp;
use crate::store::error::StoreError;
use async_trait::async_trait;

/// The key of one counter of wrong passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptKey {
    /// The bucket of the name. A keyed hash maps every name to one of a fixed number of buckets, whether or not a
    /// user has that name. So the counters reveal no names (user enumeration), and an attacker cannot create more
    /// records than there are buckets.
    pub name: u16,
    /// The kind of browser that the attempt came from.
    pub from: AttemptSource,
    /// The hour, counted from 1970.
    pub hour: u64,
}

/// The kind of browser that an attempt comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptSource {
    /// A browser in which the user with that name has not signed in before.
    UnknownBrowser,
    /// A browser in which that user has signed in before.
    KnownBrowser,
}

impl AttemptKey {
    /// When its hour ends.
    pub fn over_at(&self) -> Timestamp {
        Timestamp((self.hour + 1) * 3600)
    }
}

/// Counts wrong passwords.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// Counts one more, **each at least once**, and returns the new count.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn count(&self, key: AttemptKey) -> Result<u32, StoreError>;

    /// Reads a counter with strong consistency. A counter that does not exist is zero.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn read(&self, key: AttemptKey) -> Result<u32, StoreError>;
}
