//! The memory that the messages of one program may take until their clients have read them.

use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes of all messages of a program that wait. Four of the longest.
const BUDGET: usize = 16 * 1024 * 1024;

/// A message of a program, with its place in the budget. The place is free again when the message is dropped.
pub(super) struct Message {
    pub(super) json: Bytes,
    _place: OwnedSemaphorePermit,
}

/// The budget of a program.
pub(super) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(BUDGET)))
    }

    /// A place for this message, if there is one now.
    pub(super) fn try_place(&self, json: &Bytes) -> Option<Message> {
        let place = self.0.clone().try_acquire_many_owned(size(json)).ok()?;
        Some(Message { json: json.clone(), _place: place })
    }

    /// Waits for a place for this message.
    pub(super) async fn place(&self, json: &Bytes) -> Message {
        let place = self.0.clone().acquire_many_owned(size(json)).await;
        Message { json: json.clone(), _place: place.expect("the semaphore is never closed") }
    }
}

/// The size of a message. A small one counts as more, for what is kept beside it.
fn size(json: &Bytes) -> u32 {
    u32::try_from(json.len().clamp(256, BUDGET)).expect("less than the budget")
}
