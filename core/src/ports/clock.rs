//! Time is handed in, so that the core is pure and no test sleeps.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Seconds since 1970-01-01T00:00:00Z, the `NumericDate` of RFC 7519 §2 without fractions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The moment `span` later; fractions of a second are dropped.
    #[must_use]
    pub const fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_secs()))
    }

    /// The moment `span` earlier; fractions of a second are dropped.
    #[must_use]
    pub const fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_secs()))
    }
}

/// By how much the clocks of two processes of one deployment may differ. Where one judges what the other has dated, it is
/// given this much longer.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Where the core learns what time it is; each request asks once.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}
