//! Reads bodies of requests whole, within a budget of bytes for all that are in flight.

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A budget of bytes for the bodies of requests that are in flight. A clone has the same budget.
#[derive(Clone, Debug)]
pub struct InFlight(Arc<Semaphore>);

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
    /// The budget is used up: 503 (RFC 9110 §15.6.4).
    Busy,
}

impl InFlight {
    /// The budget of one process.
    pub const BUDGET: usize = 64 * 1024 * 1024;
    /// The longest body of one request.
    pub const MAX_BODY: usize = 4 * 1024 * 1024;

    /// A budget of this many bytes.
    pub fn new(budget: usize) -> Self {
        Self(Arc::new(Semaphore::new(budget.min(Semaphore::MAX_PERMITS))))
    }

    /// Reads a body whole. It takes from the budget what comes, not what is declared: a client that declares and sends nothing
    /// would take the room of others. A body that is declared too long is not read.
    pub async fn read<B: Body<Data = Bytes>>(&self, body: B, max: usize) -> Read {
        let mut body = pin!(body);
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if declared > max {
            return Read::TooLarge;
        }
        let Some(mut held) = self.hold() else { return Read::Busy };
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return Read::Broken };
            let Ok(data) = frame.into_data() else { continue };
            let length = held.bytes.len() + data.len();
            if length > max {
                return Read::TooLarge;
            }
            if !self.grow(&mut held, length) {
                return Read::Busy;
            }
            held.bytes.extend_from_slice(&data);
        }
        Read::Whole(Bytes::from_owner(held))
    }

    fn hold(&self) -> Option<Held> {
        let permit = self.0.clone().try_acquire_many_owned(0).ok()?;
        Some(Held { bytes: BytesMut::new(), permit })
    }

    fn grow(&self, held: &mut Held, length: usize) -> bool {
        let missing = length.saturating_sub(held.permit.num_permits());
        let Ok(missing) = u32::try_from(missing) else { return false };
        let permit = self.0.clone().try_acquire_many_owned(missing);
        permit.map(|permit| held.permit.merge(permit)).is_ok()
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self::new(Self::BUDGET)
    }
}

/// Bytes, with their place in the budget.
struct Held {
    bytes: BytesMut,
    permit: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests;
