//! Measures how long nothing comes.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// Measures silence. It begins when the reader waits, so a reader that does not read causes none.
pub(crate) struct Silence {
    limit: Duration,
    /// The timer, from the first silence on: most answers come whole.
    end: Option<Pin<Box<Sleep>>>,
    begun: bool,
}

impl Silence {
    /// A silence of this length.
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, end: None, begun: false }
    }

    /// Ends the silence.
    pub(crate) fn heard(&mut self) {
        self.begun = false;
    }

    /// Ready when the silence has lasted its whole length. The next one begins then.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(self.limit)));
        if !self.begun {
            self.begun = true;
            end.as_mut().reset(Instant::now() + self.limit);
        }
        let lasted = end.as_mut().poll(cx);
        self.begun = lasted.is_pending();
        lasted
    }
}
