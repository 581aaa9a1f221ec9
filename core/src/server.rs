//! The server: the one thing that every endpoint is handed.

use crate::clock::Clock;
use crate::config::Config;
use crate::entropy::Entropy;
use crate::keys::Keys;
use crate::passwords::Passwords;
use crate::protocol::client::{Client, ClientId};
use crate::protocol::jwk::PublicKey;
use crate::signer::Signer;
use crate::store::{Store, StoreError};
use crate::verifier::Verifier;
use std::{ops::Deref, sync::Arc};

/// What the core touches the world through. A clone is one reference count.
#[derive(Clone)]
pub struct Server(Arc<Whole>);

struct Whole {
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
    /// Who signs access tokens.
    pub signer: Arc<dyn Signer>,
    /// Every key that verifies access tokens: the signer's, and others' that did before it or will after it.
    pub public_keys: Vec<PublicKey>,
    /// Who checks passwords.
    pub passwords: Arc<dyn Passwords>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where chance comes from.
    pub entropy: Arc<dyn Entropy>,
}

impl Server {
    /// Puts a server together.
    pub fn new(parts: Parts) -> Self {
        let verifier = Verifier::new(parts.config.issuer.clone(), parts.public_keys.clone());
        Self(Arc::new(Whole { parts, verifier }))
    }

    /// Verifies the access tokens that this server issued.
    pub(crate) fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// The client with this id. The store is asked for one that an operator made known, and for nothing made up.
    pub(crate) async fn client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        if let Some(registration) = self.keys.client_ids.verify(id) {
            return Ok(Some(Client::registered(id, registration)));
        }
        if let Some(configured) = self.config.clients.find(id) {
            return Ok(Some(Client::configured(configured)));
        }
        if self.keys.known_clients.verify(id).is_none() {
            return Ok(None);
        }
        let known = self.store.client(&ClientId(id.to_owned())).await?;
        Ok(known.filter(|known| !known.blocked).map(Client::known))
    }
}

impl Deref for Server {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}
