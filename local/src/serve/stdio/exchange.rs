//! A request that a program was asked, and what comes back.

use super::connection::Connection;
use super::requests::{Era, Heard};
use super::uses::Use;
use doorward::gateway::UpstreamFailure;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// A request in flight.
pub(super) struct Exchange {
    pub(super) connection: Arc<Connection>,
    pub(super) number: u64,
    pub(super) receiver: mpsc::Receiver<Heard>,
    /// The id, as the client wrote it.
    pub(super) id: String,
    pub(super) is_answered: bool,
    /// The program is in use as long as the answer is awaited or read.
    pub(super) _use: Use,
}

impl Exchange {
    /// The next message.
    ///
    /// # Errors
    /// [`UpstreamFailure`] if the program ended.
    pub(super) async fn next(&mut self) -> Result<Heard, UpstreamFailure> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Heard, UpstreamFailure>> {
        self.receiver.poll_recv(context).map(|heard| {
            self.is_answered = !matches!(heard, Some(Heard::Message(_)));
            heard.ok_or_else(|| self.connection.failure())
        })
    }
}

impl Drop for Exchange {
    /// A client of a stateless revision that goes away cancels its request (MCP 2026-07-28, Streamable HTTP, Cancellation).
    /// One with a session does not (MCP 2025-11-25, Transports, Sending Messages to the Server): it may still send a
    /// cancellation, which has to find the request.
    fn drop(&mut self) {
        if !self.is_answered && self.connection.era == Era::Stateless {
            self.connection.cancel(self.number);
        }
    }
}
