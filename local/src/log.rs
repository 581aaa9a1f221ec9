//! The operator's log, with one line per event.

use doorward::wire::Events;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// The output of the log. Clones write to the same output.
#[derive(Clone)]
pub struct Log(Arc<Mutex<dyn Write + Send>>);

impl Log {
    /// A log that writes to `out`.
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(out)))
    }

    /// Writes the events of a response. A write error is ignored, because the server must continue to serve.
    pub(crate) fn write<B>(&self, response: &http::Response<B>) {
        let Some(Events(events)) = response.extensions().get() else { return };
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            let _ = writeln!(out, "{event}");
        }
    }
}
