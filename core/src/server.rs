//! The server: the configuration, keys, stores and ports that every endpoint receives.

use crate::client::{BlockList, Client, Documents, FetchError, PublishedKeys};
use crate::config::Config;
use crate::jose::{AnnouncedKeys, JwkSet, PublicKey, TokenKeys};
use crate::language::Language;
use crate::pages::Look;
use crate::ports::{Clock, Deadline, Entropy, Passwords, Timestamp};
use crate::protocol::{ClientId, DocumentUrl, InvalidDocumentUrl, Mount, PersonId, Refusal};
use crate::provider::{Provider, Upstream};
use crate::sealed::Keys;
use crate::store::{PreRegisteredClient, StoreError, Stores};
use crate::token::Verifier;
use crate::wire::Authenticator;
use async_lock::{Mutex, MutexGuard};
use std::{array, ops::Deref, sync::Arc};

/// The authorization server: the dependencies of every endpoint, and the deadline of the request that is being answered.
/// A clone shares the dependencies, and costs two reference counts.
#[derive(Clone)]
pub struct Server {
    inner: Arc<Inner>,
    deadline: Deadline,
}

struct Inner {
    parts: Parts,
    verifier: Verifier,
    announced: AnnouncedKeys,
    sign_in_turns: [Mutex<()>; TURNS],
}

/// The number of locks for [`Server::sign_in_turn`]. Names that share a lock wait for each other, and no more.
const TURNS: usize = 256;

/// The parts of a server.
pub struct Parts {
    /// The operator's configuration.
    pub config: Config,
    /// The keys that seal, sign and derive the values that clients and browsers carry.
    pub keys: Keys,
    /// The stores, for what must happen once or must be revocable.
    pub stores: Stores,
    /// The cache of what clients publish: Client ID Metadata Documents (CIMD) and keys.
    pub documents: Arc<Documents>,
    /// The keys that sign and verify access tokens.
    pub token_keys: TokenKeys,
    /// The public keys with which gateways of this issuer sign identities.
    pub identity_keys: Vec<PublicKey>,
    /// The password hasher.
    pub passwords: Arc<dyn Passwords>,
    /// The sign-in of the application that embeds this server. It replaces passwords and the OpenID provider.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// The connection to the OpenID provider. It is used only if the configuration names a provider.
    pub provider: Arc<Provider>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Server {
    /// Creates a server from its parts.
    pub fn new(parts: Parts) -> Self {
        let verifier = Verifier::new(parts.config.issuer().clone(), parts.token_keys.public_keys().to_vec());
        let sign_in_turns = array::from_fn(|_| Mutex::new(()));
        let inner = Inner { parts, verifier, announced: AnnouncedKeys::default(), sign_in_turns };
        Self { inner: Arc::new(inner), deadline: Deadline::default() }
    }

    /// The public keys that are published before this server signs with them (key rotation).
    pub fn announced(&self) -> &AnnouncedKeys {
        &self.inner.announced
    }

    /// This server, for one request with this deadline.
    #[must_use]
    pub fn until(self, deadline: Deadline) -> Self {
        Self { deadline, ..self }
    }

    /// The deadline of the request. Every outbound step gets what is left of it.
    pub(crate) fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// The path at which an endpoint is mounted.
    pub(crate) fn path(&self, mount: Mount) -> &str {
        self.config.paths().of(mount)
    }

    /// The URL of an endpoint.
    pub(crate) fn url(&self, mount: Mount) -> String {
        self.config.issuer().url(self.path(mount))
    }

    /// The language and branding of pages in this language.
    pub(crate) fn look(&self, language: &'static Language) -> Look<'_> {
        Look { language, branding: self.config.branding(), authenticator: self.authenticator.as_deref() }
    }

    /// The verifier of the access tokens that this server issued.
    pub(crate) fn verifier(&self) -> &Verifier {
        &self.inner.verifier
    }

    /// Waits until no other sign-in for the names of this bucket holds the guard, in this process.
    pub(crate) async fn sign_in_turn(&self, bucket: u16) -> MutexGuard<'_, ()> {
        self.inner.sign_in_turns[usize::from(bucket) % TURNS].lock().await
    }

    /// Whether users sign in with a password at this server.
    pub(crate) fn has_passwords(&self) -> bool {
        self.config.provider().is_none() && self.authenticator.is_none()
    }

    /// The OpenID provider at which users sign in. `None` if they sign in here or at the application.
    pub(crate) fn upstream(&self) -> Option<Upstream<'_>> {
        let Parts { config, keys, provider, entropy, .. } = &**self;
        let settings = config.provider().filter(|_| self.authenticator.is_none())?;
        Some(Upstream {
            settings,
            provider,
            deadline: self.deadline(),
            states: &keys.provider_states,
            entropy: &**entropy,
            state_lifetime: config.lifetimes().provider_state,
            callback: self.url(Mount::Callback),
        })
    }

    /// Whether a sign-in still counts: the user exists, is enabled, and has the epoch of the sign-in. Without an epoch
    /// (version 0.1) the first two decide. With an [`Authenticator`] there is no record of the user: the application
    /// decides who is signed in, at each request to a page.
    pub(crate) async fn is_signed_in(
        &self,
        person: &PersonId,
        epoch: Option<u64>,
    ) -> Result<bool, StoreError> {
        if self.authenticator.is_some() {
            return Ok(true);
        }
        let person = self.stores.people().find(person).await?;
        Ok(person.is_some_and(|person| !person.disabled && epoch.is_none_or(|epoch| epoch == person.epoch)))
    }

    /// Where the client with this id is. The form of the id decides: a signed id of dynamic client registration, a
    /// client of the configuration, the URL of a Client ID Metadata Document (CIMD), or a pre-registered client in the
    /// store. This checks all that can be checked without I/O, so a forged id costs no fetch and no store operation.
    pub(crate) fn locate(&self, id: &str) -> Result<ClientPlace, ClientLookupError> {
        if let Some(registration) = self.keys.client_ids.verify(id) {
            return Ok(ClientPlace::Here(Box::new(Client::registered(id, registration))));
        }
        if let Some(configured) = self.config.clients().find(id) {
            return Ok(ClientPlace::Here(Box::new(configured.client())));
        }
        if DocumentUrl::is_meant_by(id) {
            let unusable = |error: InvalidDocumentUrl| FetchError::Invalid(error.to_string());
            let url = DocumentUrl::parse(id).map_err(unusable).map_err(ClientLookupError::FetchError)?;
            self.may_fetch(&url).map_err(ClientLookupError::FetchError)?;
            return Ok(ClientPlace::Document(url));
        }
        let genuine = self.keys.pre_registered_clients.verify(id);
        genuine.map(|_| ClientPlace::Stored(ClientId(id.to_owned()))).ok_or(ClientLookupError::Unknown)
    }

    /// Looks the client up: fetches its document, or reads the store.
    pub(crate) async fn look_up(&self, place: &ClientPlace) -> Result<Client, ClientLookupError> {
        match place {
            ClientPlace::Here(client) => Ok((**client).clone()),
            ClientPlace::Document(url) => {
                let document = self.documents.client(url, self.clock.now(), self.deadline()).await;
                Ok(document.map_err(ClientLookupError::FetchError)?.client(url))
            }
            ClientPlace::Stored(id) => {
                let known = self.stores.clients().find(id).await.map_err(ClientLookupError::Unanswered)?;
                let known = known.filter(|known| !known.blocked);
                known.map(PreRegisteredClient::client).ok_or(ClientLookupError::Unknown)
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

    /// Like [`Server::look_up`], for a page: while the server of a document does not answer, a copy of the document serves.
    pub(crate) async fn look_up_for_page(&self, place: &ClientPlace) -> Result<Client, ClientLookupError> {
        let looked_up = self.look_up(place).await;
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
        Ok(true) => Err(Refusal::unauthorized_client("the operator of this server has blocked the client")),
        Err(error) => Err(Refusal::temporarily_unavailable(&error)),
    }
}

/// Where a client is, by its id.
pub(crate) enum ClientPlace {
    /// In its signed id, or in the configuration.
    Here(Box<Client>),
    /// In the Client ID Metadata Document (CIMD) at this URL.
    Document(DocumentUrl),
    /// In the store: a pre-registered client. The id is genuine.
    Stored(ClientId),
}

/// Why no client was found for an id.
#[derive(Debug)]
pub(crate) enum ClientLookupError {
    /// No client has this id, or the client is blocked.
    Unknown,
    /// The id is a URL, and the Client ID Metadata Document (CIMD) could not be fetched or used.
    FetchError(FetchError),
    /// The store did not answer.
    Unanswered(StoreError),
}

impl ClientLookupError {
    /// The refusal for a client that calls an endpoint.
    pub(crate) fn to_client(&self) -> Refusal {
        self.refusal(|| Refusal::invalid_client("this server does not know the client; register again"))
    }

    /// The refusal for a user, which the browser shows as a page.
    pub(crate) fn to_person(&self) -> Refusal {
        let what_to_do = "this server does not know the client; remove the connection there and add it again";
        self.refusal(|| Refusal::unknown_client(what_to_do)).for_page()
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
        &self.inner.parts
    }
}
