//! The operator's log, with one line per event.

use doorward::wire::{Event, Events};
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

    /// Writes an event. A write error is ignored, because the server must continue to serve.
    pub(crate) fn write(&self, event: &Event) {
        let _ = writeln!(self.0.lock().unwrap_or_else(PoisonError::into_inner), "{event}");
    }

    /// Writes a sentence about the process itself.
    pub(crate) fn trouble(&self, sentence: &str) {
        let _ = writeln!(self.0.lock().unwrap_or_else(PoisonError::into_inner), "doorward: {sentence}");
    }

    /// Writes the events of a response.
    pub(crate) fn write_all<B>(&self, response: &http::Response<B>) {
        for event in response.extensions().get::<Events>().into_iter().flat_map(|events| &events.0) {
            self.write(event);
        }
    }
}
