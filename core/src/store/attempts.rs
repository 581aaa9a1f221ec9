//! The rate limit for sign-in: wrong passwords counted by the hour. It makes brute force take longer than a
//! password stays in use.

use crate::ports::Timestamp;
use crate::protocol::PersonId;
use crate::sealed::{AttemptBucket, Keys};
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

const HOUR: u64 = 3600;

impl AttemptKey {
    /// The two counters of a name in the hour of `now`: of unknown browsers, and of known browsers.
    pub fn both(keys: &Keys, name: &PersonId, now: Timestamp) -> [Self; 2] {
        let bucket = AttemptBucket::number(&keys.attempts.derive_for(name.as_str()));
        let of = |from| Self { name: bucket, from, hour: now.0 / HOUR };
        [of(AttemptSource::UnknownBrowser), of(AttemptSource::KnownBrowser)]
    }

    /// When its hour ends.
    pub fn over_at(&self) -> Timestamp {
        Timestamp((self.hour + 1) * HOUR)
    }
}

/// The result of [`Attempts::reserve`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The attempt is counted, and may be checked.
    Yes,
    /// The limit is reached. Nothing was counted.
    Full,
}

/// Counts wrong passwords.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// Counts one more if fewer than `limit` are counted, in **one step**: of any number of concurrent callers, no
    /// more than `limit` get [`Reserved::Yes`]. After a lost response the attempt may be counted twice, which makes
    /// the limit stricter.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer. The attempt may be counted.
    async fn reserve(&self, key: AttemptKey, limit: u32) -> Result<Reserved, StoreError>;

    /// Takes back one attempt that the caller has reserved under this key. A counter never falls below zero.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer. The attempt may still be counted.
    async fn give_back(&self, key: AttemptKey) -> Result<(), StoreError>;

    /// Sets a counter to zero.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn reset(&self, key: AttemptKey) -> Result<(), StoreError>;

    /// Reads a counter with strong consistency. A counter that does not exist is zero.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn read(&self, key: AttemptKey) -> Result<u32, StoreError>;
}
