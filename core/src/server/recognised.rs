//! The client that a refused request names, for the log. Nothing is fetched, and no store is asked.

use super::{ClientPlace, Server};
use crate::protocol::{ClientId, DocumentUrl};
use crate::wire::{Events, Response};

impl Server {
    /// Adds the client to the events of a refusal, if its id is genuine. What an event says already stays. The caller of a
    /// refused request is not authenticated: it may name the client of another. `named` reads the id from the request, and is
    /// not called for any other response.
    pub(crate) fn name_client(&self, response: &mut Response, named: impl FnOnce() -> Option<String>) {
        let events = response.extensions().get::<Events>();
        if !events.is_some_and(|events| events.0.iter().any(|event| event.rule.is_some())) {
            return;
        }
        let Some((id, name)) = named().and_then(|id| self.recognise(id)) else { return };
        Events::complete(response, |event| {
            if event.rule.is_some() {
                event.client.get_or_insert_with(|| id.clone());
                event.client_name = event.client_name.take().or_else(|| name.clone());
            }
        });
    }

    /// The client with this id, and its name. The name of a client that is in the store alone is not known here.
    fn recognise(&self, id: String) -> Option<(ClientId, Option<String>)> {
        let name = match self.locate(&id).ok()? {
            ClientPlace::Here(known) => known.client.name_in_log(),
            ClientPlace::Document(url) => Some(self.name_of_document(&url)),
            ClientPlace::Stored(_) => None,
        };
        Some((ClientId(id), name))
    }

    /// The name in a document and its host, or the host alone if this process has not read the document.
    fn name_of_document(&self, url: &DocumentUrl) -> String {
        let document = self.documents.known(url, self.clock.now());
        let named = document.and_then(|document| document.client(url).name_in_log());
        named.unwrap_or_else(|| url.authority().to_owned())
    }
}
