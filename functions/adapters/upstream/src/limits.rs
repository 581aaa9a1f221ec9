//! Limits of the gateways of one process, and those of one request.

use doorward::ports::Deadline;
use http::Extensions;
use std::time::Duration;
use tokio::time::Instant;

/// The time before the deadline of a request at which the gateway itself answers, so that its caller gets a JSON-RPC error.
const MARGIN: Duration = Duration::from_millis(500);

/// The limits of all gateways of a process.
#[derive(Clone, Copy, Debug)]
pub struct GatewayLimits {
    /// How long an upstream may take until its answer begins.
    pub first_byte: Duration,
    /// After how long a silence an event stream gets a comment. `None`: never.
    pub keep_alive: Option<Duration>,
    /// How long a stream of `subscriptions/listen` is open. `None`: as long as its token is good.
    pub listen: Option<Duration>,
    /// The most bytes of an answer, as a JSON string, in a deployment that delivers answers only whole (buffered). `None`:
    /// answers stream.
    pub whole: Option<usize>,
}

impl GatewayLimits {
    /// The limits of a request with these extensions, which may hold its [`Deadline`].
    pub(crate) fn of(self, extensions: &Extensions) -> RequestLimits {
        RequestLimits { limits: self, deadline: Deadline::of(extensions) }
    }
}

/// The limits of one request.
pub(crate) struct RequestLimits {
    limits: GatewayLimits,
    deadline: Deadline,
}

impl RequestLimits {
    /// The time that is left for the answer.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.left().saturating_sub(MARGIN)
    }

    /// How long the upstream may take until its answer begins.
    pub(crate) fn first_byte(&self) -> Duration {
        self.limits.first_byte.min(self.left())
    }

    pub(crate) fn keep_alive(&self) -> Option<Duration> {
        self.limits.keep_alive
    }

    pub(crate) fn whole(&self) -> Option<usize> {
        self.limits.whole
    }

    /// When an answer ends: at `until`, or before. The answer to a message is delivered whole or not at all, so a
    /// deployment without streaming does not end it early. There, a stream that stays open ends while there is time to
    /// deliver it.
    pub(crate) fn end(&self, is_long: bool, until: Instant) -> Instant {
        let left = match (is_long, self.limits.whole) {
            (_, None) => self.left(),
            (true, Some(_)) => self.left().saturating_sub(MARGIN),
            (false, Some(_)) => Duration::MAX,
        };
        let listen = self.limits.listen.filter(|_| is_long).unwrap_or(Duration::MAX);
        let end = Instant::now().checked_add(listen.min(left));
        end.map_or(until, |end| end.min(until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward::ports::Countdown;

    struct Left(Duration);

    impl Countdown for Left {
        fn left(&self) -> Duration {
            self.0
        }
    }

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn limits(whole: Option<usize>, left: Option<Duration>) -> RequestLimits {
        let limits = GatewayLimits { first_byte: s(300), keep_alive: None, listen: Some(s(60)), whole };
        let mut extensions = Extensions::new();
        if let Some(left) = left {
            extensions.insert(Deadline::new(Left(left)));
        }
        limits.of(&extensions)
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_ends_before_its_deadline() {
        let now = Instant::now();
        let until = now + s(3600);
        for (whole, left, is_long, end) in [
            (None, None, false, s(3600)),
            (None, None, true, s(60)),
            (None, Some(s(28)), true, s(28) - MARGIN),
            (None, Some(s(900)), false, s(900) - MARGIN),
            (Some(1), Some(s(28)), true, s(28) - 2 * MARGIN),
            (Some(1), Some(s(28)), false, s(3600)),
        ] {
            let limits = limits(whole, left);
            assert_eq!(limits.end(is_long, until) - now, end, "{whole:?} {left:?} {is_long}");
        }
        assert_eq!(limits(None, None).end(true, now + s(1)), now + s(1));
        assert_eq!(limits(None, None).first_byte(), s(300));
        assert_eq!(limits(None, Some(s(28))).first_byte(), s(28) - MARGIN);
    }
}
