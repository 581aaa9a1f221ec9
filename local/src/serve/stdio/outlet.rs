//! Messages of a program that belong to no request, on their way to the stream of their session.

use super::budget::Message;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::Notify;

/// The most messages that wait.
const MAX: usize = 256;

/// The queue of a session. One stream at a time reads it: the last that was opened.
#[derive(Default)]
pub(super) struct Outlet {
    state: Mutex<State>,
    /// A message was taken, or a reader has left.
    room: Notify,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Message>,
    /// How many readers there have been.
    readers: u64,
    /// Whether the last of them still reads.
    is_read: bool,
    waker: Option<Waker>,
    /// Whether messages were dropped since the last reader.
    has_dropped: bool,
    is_closed: bool,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Put {
    /// It waits, or is on its way.
    Kept,
    /// It waits. The first message since the last reader was dropped for it.
    FirstDropped,
}

impl Outlet {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each assignment leaves a complete state, so a panic elsewhere does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message at the end. While a stream reads, it waits for room. Without one the oldest message is dropped.
    pub(super) async fn put(&self, message: Message) -> Put {
        loop {
            let room = self.room.notified();
            {
                let mut state = self.state();
                let mut put = Put::Kept;
                if state.messages.len() >= MAX && !state.is_read {
                    put = state.drop_oldest();
                }
                if state.messages.len() < MAX {
                    state.messages.push_back(message);
                    state.wake();
                    return put;
                }
            }
            room.await;
        }
    }

    /// Whether a stream is open.
    pub(super) fn is_read(&self) -> bool {
        self.state().is_read
    }

    /// Drops the oldest message, if no stream reads. `None` if there is none to drop.
    pub(super) fn make_room(&self) -> Option<Put> {
        let mut state = self.state();
        (!state.is_read && !state.messages.is_empty()).then(|| state.drop_oldest())
    }

    /// Ready when a message was taken, or a reader has left.
    pub(super) fn room(&self) -> impl Future<Output = ()> {
        self.room.notified()
    }

    /// A new stream. The one before ends.
    pub(super) fn open(&self) -> u64 {
        let mut state = self.state();
        state.readers += 1;
        (state.is_read, state.has_dropped) = (true, false);
        state.wake();
        state.readers
    }

    /// The next message for a stream. `None` at its end.
    pub(super) fn poll_next(&self, reader: u64, context: &mut Context<'_>) -> Poll<Option<Message>> {
        let mut state = self.state();
        if state.readers != reader {
            return Poll::Ready(None);
        }
        if let Some(message) = state.messages.pop_front() {
            self.room.notify_waiters();
            return Poll::Ready(Some(message));
        }
        if state.is_closed {
            return Poll::Ready(None);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// A stream was closed. Its messages wait for the next one.
    pub(super) fn leave(&self, reader: u64) {
        let mut state = self.state();
        if state.readers == reader {
            state.is_read = false;
            self.room.notify_waiters();
        }
    }

    /// No further message comes.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.wake();
    }
}

impl State {
    fn drop_oldest(&mut self) -> Put {
        self.messages.pop_front();
        if std::mem::replace(&mut self.has_dropped, true) { Put::Kept } else { Put::FirstDropped }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}
