//! Fake of a request's deadline: time passes only when a test or a slow server lets it pass.

use doorward::ports::{Countdown, Deadline};
use doorward::wire::Request;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A countdown in milliseconds. Clones share it.
#[derive(Clone)]
pub struct TestCountdown(Arc<AtomicU64>);

impl TestCountdown {
    /// A countdown that begins at this time.
    pub fn from(left: Duration) -> Self {
        Self(Arc::new(AtomicU64::new(millis(left))))
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        let less = |left: u64| left.saturating_sub(millis(time));
        self.0.update(Ordering::SeqCst, Ordering::SeqCst, less);
    }

    /// The request with this countdown as its deadline.
    pub fn on(&self, mut request: Request) -> Request {
        request.extensions_mut().insert(Deadline::new(self.clone()));
        request
    }
}

impl Countdown for TestCountdown {
    fn left(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("a time of this century")
}
