//! Reads bodies of requests whole, within a budget of bytes for all that are in flight, of which each user has a share.

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A budget of bytes for the bodies of requests that are in flight. A clone has the same budget.
#[derive(Clone, Debug)]
pub struct InFlight(Arc<Budget>);

#[derive(Debug)]
struct Budget {
    /// How many bytes there are for all, and for one user.
    all: usize,
    share: usize,
    taken: Mutex<Taken>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// By the hash of the user. It has no user without bytes.
    of_users: HashMap<u64, usize>,
}

/// How reading a body ended.
#[derive(Debug)]
#[must_use]
pub enum Read {
    /// The whole body. Its bytes count in the budget until the last clone of them is dropped.
    Whole(Bytes),
    /// The body is longer than allowed: 413 (RFC 9110 §15.5.14).
    TooLarge,
    /// The client broke off the body.
    Broken,
    /// The budget of all is used up: 503 (RFC 9110 §15.6.4).
    Busy,
    /// The share of the user is used up: 503.
    Share,
}

impl InFlight {
    /// The budget of one process.
    pub const BUDGET: usize = 64 * 1024 * 1024;
    /// The share of one user.
    pub const SHARE: usize = Self::BUDGET / 4;
    /// The longest body of one request.
    pub const MAX_BODY: usize = 4 * 1024 * 1024;

    /// A budget of this many bytes for all, and for each user.
    pub fn new(all: usize, share: usize) -> Self {
        Self(Arc::new(Budget { all, share, taken: Mutex::default(), hasher: RandomState::new() }))
    }

    /// Reads a body of this user whole. It takes from the budget what comes, not what is declared: a client that declares and
    /// sends nothing would take the room of others. A body that is declared too long is not read.
    pub async fn read<B: Body<Data = Bytes>>(&self, user: impl Hash, body: B, max: usize) -> Read {
        let user = self.0.hasher.hash_one(user);
        let mut body = pin!(body);
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if declared > max {
            return Read::TooLarge;
        }
        let mut held = Held { bytes: BytesMut::new(), user, taken: 0, budget: self.0.clone() };
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return Read::Broken };
            let Ok(data) = frame.into_data() else { continue };
            if held.bytes.len() + data.len() > max {
                return Read::TooLarge;
            }
            if let Err(busy) = held.add(&data) {
                return busy;
            }
        }
        Read::Whole(Bytes::from_owner(held))
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self::new(Self::BUDGET, Self::SHARE)
    }
}

impl Budget {
    fn take(&self, user: u64, count: usize) -> Result<(), Read> {
        let mut taken = self.taken();
        let of_user = taken.of_users.get(&user).copied().unwrap_or_default() + count;
        if of_user > self.share {
            return Err(Read::Share);
        }
        if taken.all + count > self.all {
            return Err(Read::Busy);
        }
        taken.all += count;
        taken.of_users.insert(user, of_user);
        Ok(())
    }

    fn give_back(&self, user: u64, count: usize) {
        let mut taken = self.taken();
        taken.all -= count;
        let left = taken.of_users.get_mut(&user).map(|of_user| {
            *of_user -= count;
            *of_user
        });
        if left == Some(0) {
            taken.of_users.remove(&user);
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes, with their place in the budget.
struct Held {
    bytes: BytesMut,
    user: u64,
    taken: usize,
    budget: Arc<Budget>,
}

impl Held {
    fn add(&mut self, data: &[u8]) -> Result<(), Read> {
        if !data.is_empty() {
            self.budget.take(self.user, data.len())?;
            self.taken += data.len();
            self.bytes.extend_from_slice(data);
        }
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.give_back(self.user, self.taken);
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests;
