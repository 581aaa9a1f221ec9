//! Which client an id means, what it publishes, and whether the operator has blocked it.

use super::Server;
use super::client_place::{ClientLookupError, ClientPlace};
use super::unknown_client::UnknownClient;
use crate::client::{BlockList, Client, FetchError, PublishedKeys};
use crate::config::ConfiguredClient;
use crate::jose::JwkSet;
use crate::ports::Timestamp;
use crate::protocol::{ClientId, DocumentUrl, InvalidDocumentUrl, Refusal};
use crate::rules;
use crate::store::{PreRegisteredClient, StoreError};
use std::borrow::Cow;
use std::sync::Arc;

impl Server {
    /// Where the client with this id is. The form of the id decides: a signed id of dynamic client registration, a
    /// client of the configuration, the URL of a Client ID Metadata Document (CIMD), or a pre-registered client in the
    /// store. This checks all that can be checked without I/O, so a forged id costs no fetch and no store operation.
    pub(crate) fn locate(&self, id: &str) -> Result<ClientPlace, ClientLookupError> {
        let registered = || self.keys.client_ids.verify(id).map(|content| Client::registered(id, content));
        let configured = || self.config.clients().find(id).map(ConfiguredClient::client);
        if let Some(known) = self.inner.known_clients.find(id, || registered().or_else(configured)) {
            return Ok(ClientPlace::Here(known));
        }
        if DocumentUrl::is_meant_by(id) {
            let unusable = |error: InvalidDocumentUrl| FetchError::Invalid(error.to_string());
            let url = DocumentUrl::parse(id).map_err(unusable).map_err(ClientLookupError::FetchError)?;
            self.may_fetch(&url).map_err(ClientLookupError::FetchError)?;
            return Ok(ClientPlace::Document(url));
        }
        let genuine = self.keys.pre_registered_clients.verify(id);
        genuine
            .map(|_| ClientPlace::Stored(ClientId(id.to_owned())))
            .ok_or_else(|| ClientLookupError::Unknown(UnknownClient::of(id)))
    }

    /// Looks the client up: fetches its document, or reads the store.
    pub(crate) async fn look_up<'a>(
        &self,
        place: &'a ClientPlace,
    ) -> Result<Cow<'a, Client>, ClientLookupError> {
        match place {
            ClientPlace::Here(known) => Ok(Cow::Borrowed(&known.client)),
            ClientPlace::Document(url) => {
                let document = self.documents.client(url, self.clock.now(), self.deadline()).await;
                Ok(Cow::Owned(document.map_err(ClientLookupError::FetchError)?.client(url)))
            }
            ClientPlace::Stored(id) => {
                let known = self.stores.clients().find(id).await.map_err(ClientLookupError::Unanswered)?;
                let known = known.filter(|known| !known.blocked).map(PreRegisteredClient::client);
                known.map(Cow::Owned).ok_or(ClientLookupError::Unknown(UnknownClient::Removed))
            }
        }
    }

    /// Refuses the client with this genuine id if it is blocked. Its grants are refused, and not closed: when the operator
    /// unblocks it, they are as before.
    pub(crate) async fn admit(&self, id: &ClientId, now: Timestamp) -> Result<(), Refusal> {
        refuse(self.is_blocked(now, |list| list.blocks_id(id)).await)
    }

    /// The same for a client whose redirect URIs are all known.
    pub(crate) async fn admit_client(&self, client: &Client, now: Timestamp) -> Result<(), Refusal> {
        refuse(self.is_blocked(now, |list| list.blocks(client)).await)
    }

    /// Whether a list has the client: that of the configuration, or that of the store.
    pub(crate) async fn is_blocked(
        &self,
        now: Timestamp,
        has: impl Fn(&BlockList) -> bool + Send,
    ) -> Result<bool, StoreError> {
        Ok(has(self.config.blocked_clients())
            || has(&*self.stores.blocked_clients().list(&**self.stores.blocks(), now).await?))
    }

    /// Whether the operator has blocked the client of a token, by all that is known of it without I/O.
    pub(crate) async fn is_client_blocked(&self, id: &ClientId, now: Timestamp) -> Result<bool, StoreError> {
        let configured = self.config.clients().find(&id.0).map(ConfiguredClient::client);
        let is_on = |list: &BlockList| match &configured {
            Some(client) => list.blocks(client),
            None => list.blocks_id(id),
        };
        self.is_blocked(now, is_on).await
    }

    /// Like [`Server::look_up`], for a page: while the server of a document does not answer, a copy of the document serves.
    pub(crate) async fn look_up_for_page(&self, place: &ClientPlace) -> Result<Client, ClientLookupError> {
        let looked_up = self.look_up(place).await.map(Cow::into_owned);
        let (Err(ClientLookupError::FetchError(FetchError::Unavailable(_))), ClientPlace::Document(url)) =
            (&looked_up, place)
        else {
            return looked_up;
        };
        let copies = &**self.stores.document_copies();
        let kept = self.stores.kept_documents().find(copies, url, self.clock.now()).await;
        kept.map_or(looked_up, |document| Ok(document.client(url)))
    }

    /// Keeps a copy of the document of a client that a user has allowed. Without it, only a later outage is felt, so a
    /// fault of the store is no fault of the request.
    pub(crate) async fn keep_document(&self, client: &Client, now: Timestamp) {
        let Ok(url) = DocumentUrl::parse(&client.id().0) else { return };
        if let Some(document) = self.documents.known(&url, now) {
            let copies = &**self.stores.document_copies();
            let _ = self.stores.kept_documents().keep(copies, &url, &document, now).await;
        }
    }

    /// Refuses a URL on this server's own hosts (SSRF). Otherwise this server would send a request to itself, and
    /// fetch again to answer it.
    fn may_fetch(&self, url: &DocumentUrl) -> Result<(), FetchError> {
        let ours = self.config.is_ours(url);
        (!ours).then_some(()).ok_or_else(|| FetchError::Invalid("its host is this server's own".to_owned()))
    }

    /// A client's keys. `doubted` says that the known keys do not verify a signature, and asks for newer ones.
    pub(crate) async fn keys_of(
        &self,
        published: &PublishedKeys,
        doubted: bool,
        now: Timestamp,
    ) -> Result<Arc<JwkSet>, FetchError> {
        if let PublishedKeys::At(url) = published {
            self.may_fetch(url)?;
        }
        self.documents.keys(published, doubted, now, self.deadline()).await
    }
}

fn refuse(blocked: Result<bool, StoreError>) -> Result<(), Refusal> {
    match blocked {
        Ok(false) => Ok(()),
        Ok(true) => Err(rules::CLIENT_BLOCKED.refuse("the operator of this server has blocked the client")),
        Err(error) => Err(Refusal::temporarily_unavailable(&error)),
    }
}
