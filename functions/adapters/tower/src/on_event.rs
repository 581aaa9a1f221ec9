//! What an application does with events.

use doorward::wire::{Event, Events};
use http::Response;
use std::sync::Arc;

/// Is called with each event.
#[derive(Clone)]
pub(crate) struct OnEvent(Arc<dyn Fn(&Event) + Send + Sync>);

impl OnEvent {
    pub(crate) fn new(on_event: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(on_event))
    }

    /// Calls it with the events of a response.
    pub(crate) fn report<B>(&self, response: &Response<B>) {
        for event in response.extensions().get::<Events>().into_iter().flat_map(|events| &events.0) {
            (self.0)(event);
        }
    }
}

impl Default for OnEvent {
    fn default() -> Self {
        Self::new(|_| ())
    }
}
