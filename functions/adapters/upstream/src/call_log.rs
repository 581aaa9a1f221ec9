//! The log of calls: one event for each call of a tool that went to an upstream, also if the client left before its answer.

use doorward::gateway::{Gateway, Sent};
use doorward::wire::Event;
use http::StatusCode;
use std::sync::Arc;
use tokio::time::Instant;

/// Receives the event of a call.
pub type CallLog = Arc<dyn Fn(&Event) + Send + Sync>;

/// The status in the log of a call whose client left. No response has it.
const CLIENT_LEFT: u16 = 499;

/// A call that went to the upstream. Dropped without an answer, it is logged as one whose client left.
pub(crate) struct Call<'a> {
    log: Option<&'a CallLog>,
    gateway: &'a Gateway,
    sent: &'a Sent,
    began: Instant,
}

impl<'a> Call<'a> {
    pub(crate) fn begin(log: Option<&'a CallLog>, gateway: &'a Gateway, sent: &'a Sent) -> Self {
        Self { log, gateway, sent, began: Instant::now() }
    }

    /// The answer has begun.
    pub(crate) fn answered(mut self, status: StatusCode) {
        self.write(status);
        self.log = None;
    }

    /// The upstream did not take the call: it is sent again.
    pub(crate) fn sent_again(mut self) {
        self.log = None;
    }

    fn write(&self, status: StatusCode) {
        let Some(log) = self.log else { return };
        let event = self.gateway.tool_called(self.sent, status, self.began.elapsed());
        event.iter().for_each(|event| log(event));
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Ok(status) = StatusCode::from_u16(CLIENT_LEFT) {
            self.write(status);
        }
    }
}
