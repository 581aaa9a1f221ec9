//! What a story looks at: the events of an answer, and that the store was not asked.

use doorward::wire::{EventKind, Events, Response};
use harness::counting::Count;

/// The store was not asked at all.
pub(crate) const NOTHING: Count = Count { reads: 0, writes: 0 };

/// What happened.
pub(crate) fn events(response: &Response) -> Vec<EventKind> {
    let events = response.extensions().get::<Events>();
    events.map(|events| events.0.iter().map(|event| event.kind).collect()).unwrap_or_default()
}
