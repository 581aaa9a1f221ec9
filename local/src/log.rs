//! The operator's log: a line for everything that happened.

use doorward::wire::Events;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Where lines go. A clone writes to the same place.
#[derive(Clone)]
pub struct Log(Arc<Mutex<dyn Write + Send>>);

impl Log {
    /// Writes to `out`.
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(out)))
    }

    /// Writes down what happened. A place that cannot be written to is no reason to stop serving.
    pub(crate) fn write<B>(&self, response: &http::Response<B>) {
        let Some(Events(events)) = response.extensions().get() else { return };
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            let _ = writeln!(out, "{event}");
        }
    }
}
