//! The machine's clock.

use doorward::clock::{Clock, Timestamp};
use std::time::{SystemTime, UNIX_EPOCH};

/// The time that the operating system keeps.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp(since.map_or(0, |since| since.as_secs()))
    }
}
