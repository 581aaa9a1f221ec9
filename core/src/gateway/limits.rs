//! Limits for each user in one process, in memory: how many calls a minute, and how many requests and streams at a time.

use super::recent::Recent;
use crate::guard::Access;
use crate::ports::{Clock, Timestamp};
use crate::protocol::Digest;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most requests of one user that run at a time: a quarter of those that an upstream gets.
pub(super) const MAX_REQUESTS: usize = 256;
/// The most streams of one user that are open at a time.
pub(super) const MAX_STREAMS: usize = 32;
/// The most users, or users with a client, that are counted.
const MAX_COUNTED: usize = 10_000;
/// How many times the calls of one client a user may make with all clients. Otherwise a user who registers many of them would
/// have no limit.
const CLIENTS: u64 = 4;
/// How long no further refusal of a user is reported.
const REPORTS: Duration = Duration::from_secs(60);

/// The limits of all gateways of one process.
pub struct UserLimits {
    calls_per_minute: u32,
    clock: Arc<dyn Clock>,
    /// Its key is secret, so no user can choose a name with the hash of another.
    hasher: RandomState,
    counts: Mutex<Counts>,
}

struct Counts {
    /// By the hash of user and client.
    calls: Recent<u64, Bucket>,
    /// By the hash of the user.
    calls_of_users: Recent<u64, Bucket>,
    /// By the hash of the user. It has no user without a request.
    open: HashMap<u64, Open>,
    /// When a refusal of a user was reported, by user.
    reports: Recent<Digest, Option<Timestamp>>,
}

/// What one user has open.
#[derive(Clone, Copy, Default)]
struct Open {
    requests: usize,
    /// Those of the requests that are streams.
    streams: usize,
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Over {
    /// In how many seconds another request may be accepted.
    pub(super) retry_after: u64,
    /// Whether the refusal belongs in the log. Of a flood, one a minute does.
    pub(super) is_reported: bool,
}

/// Too many calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyCalls {
    pub(super) over: Over,
    /// How many calls a minute there may be.
    pub(super) rate: u64,
    /// Whether they are those with all clients, and not with this one.
    pub(super) is_of_all: bool,
}

/// Too much is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooManyOpen {
    Requests(Over),
    Streams(Over),
}

/// The place of one request among those of its user. It is free again when it is dropped.
pub struct RequestPlace {
    limits: Arc<UserLimits>,
    user: u64,
    is_stream: bool,
}

impl UserLimits {
    /// Limits with this many calls a minute for each user and client, and four times as many for a user with all clients. Zero is
    /// no limit.
    pub fn new(calls_per_minute: u32, clock: Arc<dyn Clock>) -> Self {
        let counts = Counts {
            calls: Recent::new(MAX_COUNTED),
            calls_of_users: Recent::new(MAX_COUNTED),
            open: HashMap::new(),
            reports: Recent::new(MAX_COUNTED),
        };
        Self { calls_per_minute, clock, hasher: RandomState::new(), counts: Mutex::new(counts) }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// [`TooManyCalls`] if this user made too many with this client, or with all clients.
    pub(super) fn call(&self, access: &Access) -> Result<(), TooManyCalls> {
        if self.calls_per_minute == 0 {
            return Ok(());
        }
        let (rate, now) = (u64::from(self.calls_per_minute), self.clock.now());
        let client = self.hasher.hash_one((&access.subject, &access.client));
        let user = self.hasher.hash_one(&access.subject);
        let mut counts = self.counts();
        // First the client: calls that it may not make take none from the others.
        let taken = counts.calls.entry(client, || Bucket::full(rate, now)).take(rate, now);
        let taken = taken.map_err(|retry_after| (retry_after, rate, false)).and_then(|()| {
            let rate = rate * CLIENTS;
            let bucket = counts.calls_of_users.entry(user, || Bucket::full(rate, now));
            bucket.take(rate, now).map_err(|retry_after| (retry_after, rate, true))
        });
        taken.map_err(|(retry_after, rate, is_of_all)| TooManyCalls {
            over: counts.over(Digest::of(access.subject.to_string()), retry_after, now),
            rate,
            is_of_all,
        })
    }

    /// Whether a refusal of this user belongs in the log now.
    pub(super) fn is_reported(&self, access: &Access) -> bool {
        let user = Digest::of(access.subject.to_string());
        self.counts().is_reported(user, self.clock.now())
    }

    /// Counts a request until its place is dropped.
    ///
    /// # Errors
    /// [`TooManyOpen`] if this user has too many, or too many streams.
    pub(super) fn place(
        self: &Arc<Self>,
        access: &Access,
        is_stream: bool,
    ) -> Result<RequestPlace, TooManyOpen> {
        let user = self.hasher.hash_one(&access.subject);
        let mut counts = self.counts();
        let open = counts.open.get(&user).copied().unwrap_or_default();
        let has_streams = is_stream && open.streams >= MAX_STREAMS;
        if has_streams || open.requests >= MAX_REQUESTS {
            let mut over = |retry_after| {
                counts.over(Digest::of(access.subject.to_string()), retry_after, self.clock.now())
            };
            return Err(if has_streams {
                TooManyOpen::Streams(over(30))
            } else {
                TooManyOpen::Requests(over(2))
            });
        }
        let open = Open { requests: open.requests + 1, streams: open.streams + usize::from(is_stream) };
        counts.open.insert(user, open);
        Ok(RequestPlace { limits: self.clone(), user, is_stream })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn over(&mut self, user: Digest, retry_after: u64, now: Timestamp) -> Over {
        Over { retry_after, is_reported: self.is_reported(user, now) }
    }

    fn is_reported(&mut self, user: Digest, now: Timestamp) -> bool {
        let reported = self.reports.entry(user, || None);
        let is_reported = reported.is_none_or(|before| before.after(REPORTS) <= now);
        if is_reported {
            *reported = Some(now);
        }
        is_reported
    }
}

impl Drop for RequestPlace {
    fn drop(&mut self) {
        let mut counts = self.limits.counts();
        let left = counts.open.get_mut(&self.user).map(|open| {
            open.requests -= 1;
            open.streams -= usize::from(self.is_stream);
            open.requests
        });
        if left == Some(0) {
            counts.open.remove(&self.user);
        }
    }
}

/// A token bucket: calls that may be made at once. It fills in a minute.
struct Bucket {
    /// In sixtieths of a call: so a rate in calls a minute fills it by whole numbers each second.
    credit: u64,
    at: Timestamp,
}

/// One call.
const CALL: u64 = 60;

impl Bucket {
    fn full(rate: u64, now: Timestamp) -> Self {
        Self { credit: CALL * rate, at: now }
    }

    /// Takes one call.
    ///
    /// # Errors
    /// The seconds until there is one.
    fn take(&mut self, rate: u64, now: Timestamp) -> Result<(), u64> {
        let filled = now.0.saturating_sub(self.at.0).saturating_mul(rate);
        self.credit = self.credit.saturating_add(filled).min(CALL * rate);
        // After a step back of the clock, time counts from there.
        self.at = now;
        match self.credit.checked_sub(CALL) {
            Some(left) => {
                self.credit = left;
                Ok(())
            }
            None => Err((CALL - self.credit).div_ceil(rate)),
        }
    }
}

#[cfg(test)]
mod tests;
