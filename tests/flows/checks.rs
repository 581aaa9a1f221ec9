//! Checks that the flow tests share: the events of an answer, and the absence of store access.

use doorward::wire::{EventKind, Events, Response};
use harness::counting::Count;

/// No store read and no store write.
pub(crate) const NOTHING: Count = Count { reads: 0, writes: 0 };

/// The reason of the only audit event of an answer.
pub(crate) fn reason(response: &Response) -> Option<String> {
    let events = &response.extensions().get::<Events>().expect("an event").0;
    assert_eq!(events.len(), 1, "{events:?}");
    events[0].reason.clone()
}

/// The kinds of the audit events of an answer.
pub(crate) fn events(response: &Response) -> Vec<EventKind> {
    let events = response.extensions().get::<Events>();
    events.map(|events| events.0.iter().map(|event| event.kind).collect()).unwrap_or_default()
}

/// The parameter that the first audit event of an answer says was ignored.
pub(crate) fn ignored(response: &Response) -> Option<&'static str> {
    response.extensions().get::<Events>().and_then(|events| events.0.first()?.ignored)
}
