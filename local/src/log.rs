//! The operator's log: a line on standard error for everything that happened.

use doorward::event::Events;
use doorward::wire::Response;
use std::io::Write;

/// Writes down what happened. A closed standard error is no reason to stop serving.
pub(crate) fn write(response: &Response) {
    let mut log = std::io::stderr().lock();
    for event in response.extensions().get::<Events>().iter().flat_map(|events| &events.0) {
        let _ = writeln!(log, "{event}");
    }
}
