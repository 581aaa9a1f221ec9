//! Deadline of a request: until when the caller waits for the response.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The time that stays reserved for what follows an outbound step: the store, the signature and the response.
const RESERVE: Duration = Duration::from_secs(3);
/// The shortest limit with which an outbound step begins. A shorter one would fail, and the failure would be cached for
/// other requests.
const SHORTEST: Duration = Duration::from_millis(500);

/// The time until the deadline. Unlike [`Clock`](crate::ports::Clock) it has milliseconds, and no change of the
/// machine's clock affects it.
pub trait Countdown: Send + Sync {
    /// The time that is left; zero after the deadline.
    fn left(&self) -> Duration;
}

/// The deadline of one request. The adapter puts it into the extensions of the request. Every outbound step gets what
/// is left of it, so that the waits of a request do not add up past the end of a function or the patience of a caller.
/// The default is no deadline.
#[derive(Clone, Default)]
pub struct Deadline(Option<Arc<dyn Countdown>>);

impl Deadline {
    /// A deadline that this countdown measures.
    pub fn new(countdown: impl Countdown + 'static) -> Self {
        Self(Some(Arc::new(countdown)))
    }

    /// The deadline of a request. A request without one has no deadline.
    pub fn of(extensions: &http::Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// The time that is left. [`Duration::MAX`] without a deadline.
    pub fn left(&self) -> Duration {
        self.0.as_ref().map_or(Duration::MAX, |countdown| countdown.left())
    }

    /// The limit for an outbound step that begins now: what is left, less 3 seconds for what follows it.
    ///
    /// # Errors
    /// [`NoTimeLeft`] when that is less than half a second. The step must not begin.
    pub fn step(&self) -> Result<Duration, NoTimeLeft> {
        let limit = self.left().saturating_sub(RESERVE);
        if limit < SHORTEST { Err(NoTimeLeft) } else { Ok(limit) }
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Deadline({:?} left)", self.left())
    }
}

/// Too little time is left before the deadline of the request for another outbound step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("earlier steps of this request took too long; no time is left for this one")]
pub struct NoTimeLeft;

#[cfg(test)]
mod tests {
    use super::*;

    struct Left(u64);

    impl Countdown for Left {
        fn left(&self) -> Duration {
            Duration::from_millis(self.0)
        }
    }

    #[test]
    fn a_step_gets_what_is_left_less_the_reserve() {
        for (left, limit) in [(0, None), (3_499, None), (3_500, Some(500)), (25_000, Some(22_000))] {
            let step = Deadline::new(Left(left)).step();
            assert_eq!(step, limit.map(Duration::from_millis).ok_or(NoTimeLeft), "{left} ms are left");
        }
        assert!(Deadline::default().step().unwrap() > Duration::from_secs(1_000_000));
    }
}
