//! Measures how long nothing comes.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// Measures silence. It begins when the reader waits, so a reader that does not read causes none.
pub(crate) struct Silence {
    limit: Duration,
    end: Pin<Box<Sleep>>,
    begun: bool,
}

impl Silence {
    /// A silence of this length.
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, end: Box::pin(sleep(limit)), begun: false }
    }

    /// Ends the silence.
    pub(crate) fn heard(&mut self) {
        self.begun = false;
    }

    /// Ready when the silence has lasted its whole length. The next one begins then.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.begun {
            self.begun = true;
            self.end.as_mut().reset(Instant::now() + self.limit);
        }
        let lasted = self.end.as_mut().poll(cx);
        self.begun = lasted.is_pending();
        lasted
    }
}
