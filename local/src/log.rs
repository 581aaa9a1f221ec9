//! The operator's log, with one line per event: time, level, event, and for refusals the client's address.

mod discoveries;
mod format;
mod queue;
mod recent;
pub(crate) mod utc;

use crate::metrics;
use doorward::ports::Clock;
use doorward::wire::FieldValue::{Sentence, Text};
use doorward::wire::{Event, EventKind, Events, Field};
use doorward_signing::SystemClock;
use http::StatusCode;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use discoveries::{Discovery, DiscoveryRequest, DiscoveryStep};
pub use format::LogFormat;
pub use queue::Queue;
pub(crate) use recent::{ATTEMPT, Kept, Recent};
pub(crate) use utc::Utc;

/// The output of the log. Clones write to the same output.
#[derive(Clone)]
pub struct Log {
    out: Arc<dyn Output>,
    clock: Arc<dyn Clock>,
    format: LogFormat,
    counts: Option<metrics::Events>,
    recent: Option<Recent>,
}

/// What takes the lines.
trait Output: Send + Sync {
    /// Takes a line, with its end. A write error is ignored, because the server must continue to serve.
    fn write(&self, line: &[u8]);
}

/// The line is written before the call returns.
impl<W: Write + Send> Output for Mutex<W> {
    fn write(&self, line: &[u8]) {
        let _ = self.lock().unwrap_or_else(PoisonError::into_inner).write_all(line);
    }
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
        match (event.kind, event.code()) {
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

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

impl Log {
    /// A log that writes to `out`, with the time of this machine.
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self::with_clock(out, Arc::new(SystemClock))
    }

    /// A log that writes to `out`, with the time of `clock`.
    pub fn with_clock(out: impl Write + Send + 'static, clock: Arc<dyn Clock>) -> Self {
        Self { out: Arc::new(Mutex::new(out)), clock, format: LogFormat::Text, counts: None, recent: None }
    }

    /// A log whose lines are written by the thread of a queue, with the time of this machine.
    pub fn through(queue: &Queue) -> Self {
        let out = queue.waiting.clone();
        Self { out, clock: Arc::new(SystemClock), format: LogFormat::Text, counts: None, recent: None }
    }

    /// The same log, with lines of this form.
    #[must_use]
    pub fn in_format(self, format: LogFormat) -> Self {
        Self { format, ..self }
    }

    /// The same log. Its events are counted.
    pub(crate) fn counted_by(self, counts: metrics::Events) -> Self {
        Self { counts: Some(counts), ..self }
    }

    /// The same log. Its last events are kept in memory.
    pub(crate) fn kept_in(self, recent: Recent) -> Self {
        Self { recent: Some(recent), ..self }
    }

    /// Writes a sentence about the listener.
    pub(crate) fn trouble(&self, sentence: &str) {
        self.line(Level::Warn, "listener", [("reason", Sentence(sentence))]);
    }

    /// Writes that the store is broken, and why.
    pub(crate) fn store_broken(&self, damage: &str) {
        self.line(Level::Error, "store_broken", [("reason", Sentence(damage))]);
    }

    /// Writes that the health of the store has changed. Without a reason, it is healthy again.
    pub(crate) fn store_health(&self, reason: &str) {
        match reason {
            "" => self.line(Level::Info, "store_healthy", []),
            reason => self.line(Level::Error, "store_unhealthy", [("reason", Sentence(reason))]),
        }
    }

    /// Writes a sentence about a program behind a gateway.
    pub(crate) fn program_trouble(&self, resource: &str, sentence: &str) {
        let fields = [("resource", Text(resource.into())), ("reason", Sentence(sentence))];
        self.line(Level::Warn, "program", fields);
    }

    /// Writes a line that a program behind a gateway wrote to its standard error.
    pub(crate) fn program_line(&self, resource: &str, line: &str) {
        let fields = [("resource", Text(resource.into())), ("stderr", Sentence(line))];
        self.line(Level::Info, "program", fields);
    }

    /// Writes the events of a response. A refusal has the address of the client's end of the connection.
    pub(crate) fn write_all<B>(&self, response: &http::Response<B>, peer: Option<SocketAddr>) {
        for event in response.extensions().get::<Events>().into_iter().flat_map(|events| &events.0) {
            self.note(event, peer);
            let level = Level::of(event);
            let peer = peer.filter(|_| level != Level::Info);
            let peer = peer.map(|peer| ("peer", Text(peer.to_string().into())));
            self.line(level, event.kind.name(), event.fields().chain(peer));
        }
    }

    /// Keeps a step of a client's discovery in memory. It has no line.
    pub(crate) fn discovered(
        &self,
        request: &DiscoveryRequest,
        status: StatusCode,
        peer: Option<SocketAddr>,
    ) {
        // Calls come here too. One that was let in costs neither the clock nor the lock.
        let address = peer.map(|peer| peer.ip());
        if let Some(recent) = &self.recent
            && let Some(step) = request.answered(status, address, || self.clock.now())
        {
            recent.discovered(step);
        }
    }

    /// Writes an event that is of no response.
    pub(crate) fn write(&self, event: &Event) {
        self.note(event, None);
        self.line(Level::of(event), event.kind.name(), event.fields());
    }

    /// Counts the event, and keeps it in memory.
    fn note(&self, event: &Event, peer: Option<SocketAddr>) {
        if let Some(counts) = &self.counts {
            counts.count(event);
        }
        if let Some(recent) = &self.recent {
            recent.keep(Kept::new(self.clock.now(), event.clone(), peer));
        }
    }

    /// Writes one line.
    fn line<'a>(&self, level: Level, event: &str, fields: impl IntoIterator<Item = Field<'a>>) {
        let line = self.format.line(self.clock.now(), level, event, fields);
        self.out.write(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward::rules;

    #[test]
    fn the_level_follows_from_the_event() {
        let refused = |rule| Event::refused(rule, "");
        for (event, level) in [
            (Event::new(EventKind::SignedIn), Level::Info),
            (Event::new(EventKind::RefreshReused), Level::Warn),
            (refused(&rules::CODE_EXPIRED), Level::Warn),
            (refused(&rules::NO_ENDPOINT), Level::Info),
            (refused(&rules::SERVER_AWAY), Level::Error),
        ] {
            assert_eq!(Level::of(&event), level, "{event}");
        }
    }
}
