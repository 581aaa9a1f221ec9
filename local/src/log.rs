//! The operator's log, with one line per event: time, level, event, and for refusals the client's address.

use doorward::ports::{Clock, Timestamp};
use doorward::wire::{Event, EventKind, Events};
use doorward_signing::SystemClock;
use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The output of the log. Clones write to the same output.
#[derive(Clone)]
pub struct Log {
    out: Arc<Mutex<dyn Write + Send>>,
    clock: Arc<dyn Clock>,
}

/// How much attention a line needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// What the server is for, and requests for paths that do not exist, such as health checks.
    Info,
    /// What was refused, and what may be an attack.
    Warn,
    /// What failed at this server, or at a server that it needs.
    Error,
}

impl Level {
    fn of(event: &Event) -> Self {
        match (event.kind, event.code) {
            (EventKind::Refused, Some("not_found")) => Self::Info,
            (EventKind::Refused, Some("temporarily_unavailable" | "server_error"))
            | (EventKind::UpstreamFailed | EventKind::UpstreamRefused, _) => Self::Error,
            (
                EventKind::Refused
                | EventKind::SignInFailed
                | EventKind::CodeReplayed
                | EventKind::RefreshReused
                | EventKind::RefreshedLate
                | EventKind::Superseded,
                _,
            ) => Self::Warn,
            _ => Self::Info,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

impl Log {
    /// A log that writes to `out`, with the time of this machine.
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self::with_clock(out, Arc::new(SystemClock))
    }

    /// A log that writes to `out`, with the time of `clock`.
    pub fn with_clock(out: impl Write + Send + 'static, clock: Arc<dyn Clock>) -> Self {
        Self { out: Arc::new(Mutex::new(out)), clock }
    }

    /// Writes a sentence about the listener.
    pub(crate) fn trouble(&self, sentence: &str) {
        self.line(Level::Warn, &format_args!("listener reason={sentence:?}"));
    }

    /// Writes that the store is broken, and why.
    pub(crate) fn store_broken(&self, damage: &str) {
        self.line(Level::Error, &format_args!("store_broken reason={damage:?}"));
    }

    /// Writes that the health of the store has changed. Without a reason, it is healthy again.
    pub(crate) fn store_health(&self, reason: &str) {
        match reason {
            "" => self.line(Level::Info, &"store_healthy"),
            reason => self.line(Level::Error, &format_args!("store_unhealthy reason={reason:?}")),
        }
    }

    /// Writes a sentence about a program behind a gateway.
    pub(crate) fn program_trouble(&self, resource: &str, sentence: &str) {
        self.line(Level::Warn, &format_args!("program resource={resource} reason={sentence:?}"));
    }

    /// Writes a line that a program behind a gateway wrote to its standard error.
    pub(crate) fn program_line(&self, resource: &str, line: &str) {
        self.line(Level::Info, &format_args!("program resource={resource} stderr={line:?}"));
    }

    /// Writes the events of a response. A refusal has the address of the client's end of the connection.
    pub(crate) fn write_all<B>(&self, response: &http::Response<B>, peer: Option<SocketAddr>) {
        for event in response.extensions().get::<Events>().into_iter().flat_map(|events| &events.0) {
            match (Level::of(event), peer) {
                (level @ (Level::Warn | Level::Error), Some(SocketAddr::V4(peer))) => {
                    self.line(level, &format_args!("{event} peer={peer}"));
                }
                (level @ (Level::Warn | Level::Error), Some(peer)) => {
                    self.line(level, &format_args!("{event} peer=\"{peer}\""));
                }
                (level, _) => self.line(level, event),
            }
        }
    }

    /// Writes an event that is of no response.
    pub(crate) fn write(&self, event: &Event) {
        self.line(Level::of(event), event);
    }

    /// Writes one line. A write error is ignored, because the server must continue to serve.
    fn line(&self, level: Level, text: &dyn fmt::Display) {
        let line = format!("{} {level} {text}\n", Utc(self.clock.now()));
        let _ = self.out.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }
}

/// A time as RFC 3339 §5.6 writes it, in UTC, with seconds.
struct Utc(Timestamp);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds) = (self.0.0 / 86_400, self.0.0 % 86_400);
        // Days from 0000-03-01, in cycles of 400 years: the leap day is the last day of such a year.
        let days = days + 719_468;
        let (cycle, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        // Months from March have 31, 30, 31, 30, 31 days, again and again: 153 in five months.
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (year, month) = (cycle * 400 + year + month / 10, (month + 2) % 12 + 1);
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{:02}Z", seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_says() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Utc(Timestamp(seconds)).to_string(), expected);
        }
    }

    #[test]
    fn the_level_follows_from_the_event() {
        let refused = |code| Event { code: Some(code), ..Event::new(EventKind::Refused) };
        for (event, level) in [
            (Event::new(EventKind::SignedIn), Level::Info),
            (Event::new(EventKind::RefreshReused), Level::Warn),
            (refused("invalid_grant"), Level::Warn),
            (refused("not_found"), Level::Info),
            (refused("temporarily_unavailable"), Level::Error),
        ] {
            assert_eq!(Level::of(&event), level, "{event}");
        }
    }
}
