//! The metrics of the local server, over real sockets: exact counts, faults, load, and what the documents say of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod counts;
mod documents;
mod faults;
mod hostile;
mod listener;
mod over_http;
mod running;
mod sample;
