//! The clients that are known by their id alone, so that the MAC of an id is checked once, and not at each request.

use crate::client::Client;
use crate::ports::Timestamp;
use crate::protocol::ClientDigest;
use crate::wire::{Cache, Found};
use std::convert::Infallible;
use std::sync::Arc;

/// A client that was found without I/O: in its signed id, or in the configuration.
pub(crate) struct KnownClient {
    pub(crate) client: Client,
    /// The digest of its id.
    pub(crate) digest: ClientDigest,
}

/// Clients by id. Keys and configuration stay the same as long as the server, so what is known of an id does too.
pub(super) struct KnownClients(Cache<String, KnownClient, Infallible>);

/// The maximum number of clients, of less than 1 KB each as a rule. Clients with equal metadata have one id.
const MAX_KNOWN: usize = 1024;
/// The maximum length of an id that is kept, in bytes. A client decides how long its id is, up to 8 KiB.
const MAX_ID: usize = 1024;

impl Default for KnownClients {
    fn default() -> Self {
        Self(Cache::new(MAX_KNOWN))
    }
}

impl KnownClients {
    /// The client with this id. `find` looks for a client that is not known yet.
    pub(super) fn find(&self, id: &str, find: impl FnOnce() -> Option<Client>) -> Option<Arc<KnownClient>> {
        let (now, end) = (Timestamp(0), Timestamp(u64::MAX));
        if let Some(known) = self.0.get(id, now).found {
            return Some(known.value);
        }
        let client = find()?;
        let known = Arc::new(KnownClient { digest: ClientDigest::of(client.id()), client });
        if id.len() <= MAX_ID {
            self.0.put(id.to_owned(), Found::until(known.clone(), now, end), now);
        }
        Some(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ClientId, ClientMetadata};
    use crate::sealed::Registration;

    fn client(id: &str) -> Client {
        let metadata = ClientMetadata::parse(br#"{"redirect_uris":["https://a.example/cb"]}"#).unwrap();
        Client::registered(id, Registration::of(&metadata, || [0; 16]))
    }

    #[test]
    fn a_client_is_looked_for_once_and_an_unknown_id_each_time() {
        let known = KnownClients::default();
        assert!(known.find("a", || None).is_none());
        let found = known.find("a", || Some(client("a"))).unwrap();
        assert_eq!((&found.client, found.digest), (&client("a"), ClientDigest::of(&ClientId("a".into()))));
        assert_eq!(known.find("a", || None).unwrap().client, client("a"));
        assert!(known.find("A", || None).is_none());
    }

    #[test]
    fn a_long_id_is_not_kept() {
        let known = KnownClients::default();
        for (length, is_kept) in [(MAX_ID, true), (MAX_ID + 1, false)] {
            let id = "x".repeat(length);
            assert!(known.find(&id, || Some(client(&id))).is_some());
            assert_eq!(known.find(&id, || None).is_some(), is_kept, "{length}");
        }
    }
}
