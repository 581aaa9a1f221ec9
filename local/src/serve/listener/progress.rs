//! How far a connection is, and until when it may stay there.

use super::Limits;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// What a connection waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The rest of a request's head.
    Head,
    /// The head of the answer, or the next part of an event stream.
    Answer,
    /// The next part of any other answer.
    Body,
    /// The next request.
    Idle,
}

/// The progress of one connection. Only the task of the connection uses it, so the lock is always free.
#[derive(Clone)]
pub(super) struct Progress(Arc<Mutex<State>>);

struct State {
    phase: Phase,
    since: Instant,
    /// Since when the client takes no byte, while there are bytes to send.
    blocked: Option<Instant>,
}

impl Progress {
    /// A new connection. Its first head begins now.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { phase: Phase::Head, since: Instant::now(), blocked: None })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, phase: Phase, now: Instant) {
        let mut state = self.state();
        (state.phase, state.since) = (phase, now);
    }

    /// The head is complete.
    pub(super) fn answering(&self, now: Instant) {
        self.begin(Phase::Answer, now);
    }

    /// A part of the answer was given, and another may follow.
    pub(super) fn sending(&self) {
        self.begin(Phase::Body, Instant::now());
    }

    /// The answer has been given.
    pub(super) fn answered(&self) {
        self.begin(Phase::Idle, Instant::now());
    }

    /// Whether the connection waits for its next request, and the answer before has been written.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.state();
        state.phase == Phase::Idle && state.blocked.is_none()
    }

    /// Bytes of the client arrived.
    fn arrived(&self) {
        if self.is_idle() {
            self.begin(Phase::Head, Instant::now());
        }
    }

    fn sent(&self, is_blocked: bool) {
        let mut state = self.state();
        state.blocked = is_blocked.then(|| state.blocked.unwrap_or_else(Instant::now));
    }

    /// When the connection is closed, if nothing happens.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let state = self.state();
        let phase = match state.phase {
            Phase::Head => Some(state.since + limits.head),
            Phase::Answer => None,
            Phase::Body | Phase::Idle => Some(state.since + limits.idle),
        };
        let blocked = state.blocked.map(|since| since + limits.idle);
        phase.into_iter().chain(blocked).min()
    }
}

/// A connection whose reads and writes are noted in its progress.
pub(super) struct Watched<T> {
    pub(super) io: T,
    pub(super) progress: Progress,
}

impl<T> Watched<T> {
    fn noting<R>(&self, written: Poll<R>) -> Poll<R> {
        self.progress.sent(written.is_pending());
        written
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.progress.arrived();
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.noting(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.io).poll_shutdown(context);
        self.noting(shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, bytes);
        self.noting(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
