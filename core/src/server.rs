//! The server: the configuration, keys, stores and ports that every endpoint receives.

mod client_place;
mod clients;
mod known_clients;
mod recognised;
mod unknown_client;

use crate::client::Documents;
use crate::config::{Config, SignInProvider};
use crate::jose::{AnnouncedKeys, PublicKey, TokenKeys};
use crate::language::Language;
use crate::pages::{Look, Style};
use crate::ports::{Clock, Deadline, Entropy, Passwords};
use crate::protocol::{Mount, PersonId};
use crate::provider::{Provider, Upstream, Way};
use crate::sealed::Keys;
use crate::store::{StoreError, Stores};
use crate::token::Verifier;
use crate::wire::{Authenticator, Rendered};
use async_lock::{Mutex, MutexGuard};
use std::{array, ops::Deref, sync::Arc};

pub(crate) use client_place::ClientPlace;
use known_clients::KnownClients;

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
    published: Published,
    style: Style,
    known_clients: KnownClients,
    is_strictly_https: bool,
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
    /// The sign-in of the application that embeds this server. It replaces passwords and providers.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// The connection to the providers. It is used only if the configuration names one.
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
        let published = Published::of(&parts.config);
        let style = Style::of(parts.config.branding());
        let sign_in_turns = array::from_fn(|_| Mutex::new(()));
        let (announced, known_clients) = (AnnouncedKeys::default(), KnownClients::default());
        let is_strictly_https = parts.config.issuer().is_https() && !parts.config.issuer().is_loopback();
        let inner = Inner {
            parts,
            verifier,
            announced,
            published,
            style,
            known_clients,
            is_strictly_https,
            sign_in_turns,
        };
        Self { inner: Arc::new(inner), deadline: Deadline::default() }
    }

    /// The public keys that are published before this server signs with them (key rotation).
    pub fn announced(&self) -> &AnnouncedKeys {
        &self.inner.announced
    }

    /// The metadata documents, which follow from the configuration alone.
    pub(crate) fn published(&self) -> &Published {
        &self.inner.published
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

    /// Whether browsers shall use https for the issuer's host. They apply that to every port of a host, so it would break other
    /// servers on the user's own machine.
    pub(crate) fn is_strictly_https(&self) -> bool {
        self.inner.is_strictly_https
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
        let branding = self.config.branding();
        Look { language, branding, style: &self.inner.style, authenticator: self.authenticator.as_deref() }
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
        self.config.providers().is_empty() && self.authenticator.is_none()
    }

    /// The providers at which users sign in. None if they sign in here or at the application.
    pub(crate) fn providers(&self) -> &[SignInProvider] {
        if self.authenticator.is_some() { &[] } else { self.config.providers() }
    }

    /// The way to one of the providers.
    pub(crate) fn upstream<'a>(&'a self, provider: &'a SignInProvider) -> Upstream<'a> {
        let Parts { config, keys, provider: connections, entropy, .. } = &**self;
        let way = Way {
            issuer: provider.issuer(),
            connection: connections.of(provider.issuer()),
            resources: config.resources(),
            deadline: self.deadline(),
            states: &keys.provider_states,
            entropy: &**entropy,
            state_lifetime: config.lifetimes().provider_state,
            callback: config.issuer().url(&provider.callback_path(config.paths())),
        };
        Upstream { provider, way }
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
}

/// The metadata documents of a server.
pub(crate) struct Published {
    pub(crate) authorization_server: Rendered,
    /// One for each resource, in the order of the configuration.
    pub(crate) resources: Vec<Rendered>,
}

impl Published {
    fn of(config: &Config) -> Self {
        let resources = config.resources().iter().map(|_| Rendered::default()).collect();
        Self { authorization_server: Rendered::default(), resources }
    }
}

impl Deref for Server {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.inner.parts
    }
}
