//! Whether a program is in use, and since when it is not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Counts the requests and streams of a program.
#[derive(Clone)]
pub(super) struct Uses(Arc<Mutex<State>>);

struct State {
    count: usize,
    /// When the last use ended.
    since: Instant,
    is_over: bool,
}

/// A request or a stream.
pub(super) struct Use(Uses);

impl Uses {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { count: 0, since: Instant::now(), is_over: false })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a use. `None` after the end.
    pub(super) fn begin(&self) -> Option<Use> {
        let mut state = self.state();
        if state.is_over {
            return None;
        }
        state.count += 1;
        Some(Use(self.clone()))
    }

    /// How long there has been no use. `None` during one.
    pub(super) fn idle_for(&self) -> Option<Duration> {
        let state = self.state();
        (state.count == 0).then(|| state.since.elapsed())
    }

    /// No further use begins.
    pub(super) fn end(&self) {
        self.state().is_over = true;
    }

    /// Returns when there has been no use for this time. No further one begins then.
    pub(super) async fn idle(&self, time: Duration) {
        loop {
            let rest = {
                let mut state = self.state();
                let rest = if state.count > 0 { time } else { time.saturating_sub(state.since.elapsed()) };
                if rest.is_zero() {
                    state.is_over = true;
                    return;
                }
                rest
            };
            sleep(rest).await;
        }
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.count -= 1;
        state.since = Instant::now();
    }
}
