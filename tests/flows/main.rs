//! Whole stories, from a client's first question to a tool's answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod code;
mod confidential;
mod cors;
mod discovery;
mod introspection;
mod keys;
mod mcp;
mod pages;
mod refresh;
mod revocation;
mod tutorial;

use doorward::event::{Events, What};
use doorward::wire::Response;
use harness::counting::Count;

/// The store was not asked at all.
const NOTHING: Count = Count { reads: 0, writes: 0 };

/// What happened.
fn events(response: &Response) -> Vec<What> {
    let events = response.extensions().get::<Events>();
    events.map(|events| events.0.iter().map(|event| event.what).collect()).unwrap_or_default()
}
