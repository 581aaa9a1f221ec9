//! The server: the one thing that every endpoint is handed.

use crate::client::{Client, Documents, FetchError, PublishedKeys};
use crate::config::{Config, ProviderSecret};
use crate::jose::{JwkSet, PublicKey, Signer};
use crate::ports::{Clock, Entropy, Passwords, Timestamp};
use crate::protocol::{ClientId, DocumentUrl, InvalidDocumentUrl, Refusal, paths};
use crate::provider::{Provider, Upstream};
use crate::sealed::Keys;
use crate::store::{PreRegisteredClient, Store, StoreError};
use crate::token::Verifier;
use std::{ops::Deref, sync::Arc};

/// What the core touches the world through. A clone is one reference count.
#[derive(Clone)]
pub struct Server(Arc<Inner>);

struct Inner {
    parts: Parts,
    verifier: Verifier,
}

/// The parts of a server.
pub struct Parts {
    /// What the operator decided.
    pub config: Config,
    /// What seals and signs the things that holders carry.
    pub keys: Keys,
    /// What must happen once, or be taken back.
    pub store: Arc<dyn Store>,
    /// What clients publish.
    pub documents: Arc<Documents>,
    /// Who signs access tokens.
    pub signer: Arc<dyn Signer>,
    /// Every key that verifies access tokens: the signer's, and others' that did before it or will after it.
    pub public_keys: Vec<PublicKey>,
    /// Who checks passwords.
    pub passwords: Arc<dyn Passwords>,
    /// The way to where people sign in, if that is not here.
    pub provider: Arc<Provider>,
    /// The secret with which codes are redeemed there.
    pub provider_secret: Option<ProviderSecret>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where chance comes from.
    pub entropy: Arc<dyn Entropy>,
}

impl Server {
    /// Puts a server together.
    pub fn new(parts: Parts) -> Self {
        let verifier = Verifier::new(parts.config.issuer.clone(), parts.public_keys.clone());
        Self(Arc::new(Inner { parts, verifier }))
    }

    /// Verifies the access tokens that this server issued.
    pub(crate) fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// Where people sign in, if that is not here.
    pub(crate) fn upstream(&self) -> Option<Upstream<'_>> {
        let Parts { config, keys, provider, provider_secret, entropy, .. } = &**self;
        let settings = config.provider.as_ref()?;
        Some(Upstream {
            settings,
            secret: provider_secret.as_ref(),
            provider,
            states: &keys.provider_states,
            entropy: &**entropy,
            state_lifetime: config.lifetimes.provider_state,
            callback: config.issuer.url(paths::CALLBACK),
        })
    }

    /// The client with this id. The store is asked for one that an operator made known, and for nothing made up; a
    /// client that is called by a URL is asked there.
    pub(crate) async fn client(&self, id: &str) -> Result<Client, ClientLookupError> {
        if let Some(registration) = self.keys.client_ids.verify(id) {
            return Ok(Client::registered(id, registration));
        }
        if let Some(configured) = self.config.clients.find(id) {
            return Ok(configured.client());
        }
        if DocumentUrl::is_meant_by(id) {
            return self.published(id).await;
        }
        if self.keys.pre_registered_clients.verify(id).is_none() {
            return Err(ClientLookupError::Unknown);
        }
        let known =
            self.store.client(&ClientId(id.to_owned())).await.map_err(ClientLookupError::Unanswered)?;
        known
            .filter(|known| !known.blocked)
            .map(PreRegisteredClient::client)
            .ok_or(ClientLookupError::Unknown)
    }

    async fn published(&self, id: &str) -> Result<Client, ClientLookupError> {
        let unusable =
            |error: InvalidDocumentUrl| ClientLookupError::FetchError(FetchError::Invalid(error.to_string()));
        let url = DocumentUrl::parse(id).map_err(unusable)?;
        self.may_fetch(&url).map_err(ClientLookupError::FetchError)?;
        let document =
            self.documents.client(&url, self.clock.now()).await.map_err(ClientLookupError::FetchError)?;
        Ok(document.client(&url))
    }

    /// Nothing is fetched from this server itself, which would be asked to fetch in turn.
    fn may_fetch(&self, url: &DocumentUrl) -> Result<(), FetchError> {
        let ours = self.config.is_ours(url);
        (!ours).then_some(()).ok_or_else(|| FetchError::Invalid("its host is this server's own".to_owned()))
    }

    /// A client's keys; should none have this id, they are looked for again.
    pub(crate) async fn keys_of(
        &self,
        published: &PublishedKeys,
        id: Option<&str>,
        now: Timestamp,
    ) -> Result<Arc<JwkSet>, FetchError> {
        if let PublishedKeys::At(url) = published {
            self.may_fetch(url)?;
        }
        self.documents.keys(published, id, now).await
    }
}

/// Why there is no client to an id.
#[derive(Debug)]
pub(crate) enum ClientLookupError {
    /// Nobody made it.
    Unknown,
    /// It is called by a URL, and its document is not to be had.
    FetchError(FetchError),
    /// The store was asked, and did not answer.
    Unanswered(StoreError),
}

impl ClientLookupError {
    /// As a client is told that calls an endpoint.
    pub(crate) fn to_client(&self) -> Refusal {
        self.refusal(|| Refusal::invalid_client("this server does not know the client; register again"))
    }

    /// As a person is told at the browser.
    pub(crate) fn to_person(&self) -> Refusal {
        let what_to_do = "this server does not know the client; remove the connection there and add it again";
        self.refusal(|| Refusal::unknown_client(what_to_do)).told_to_a_person()
    }

    fn refusal(&self, unknown: impl Fn() -> Refusal) -> Refusal {
        match self {
            Self::Unknown => unknown(),
            Self::FetchError(fetch_error) => fetch_error.refusal("the client's document"),
            Self::Unanswered(error) => Refusal::temporarily_unavailable(error),
        }
    }
}

impl Deref for Server {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}
