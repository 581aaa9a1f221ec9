//! Public keys that are published before anything is signed with them (key rotation). Other servers cache published keys, and
//! have these when the first signature arrives.

use crate::jose::jwk::PublicKey;
use std::sync::{PoisonError, RwLock};

/// The keys with which the next process of a server will sign.
#[derive(Default)]
pub struct AnnouncedKeys(RwLock<Vec<Pair>>);

struct Pair {
    of_tokens: PublicKey,
    of_identities: PublicKey,
}

impl AnnouncedKeys {
    /// Publishes the keys of access tokens and of identities that belong to a new root secret.
    pub fn add(&self, of_tokens: PublicKey, of_identities: PublicKey) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(Pair { of_tokens, of_identities });
    }

    /// These keys of access tokens, and the announced ones.
    pub(crate) fn beside_tokens(&self, keys: &[PublicKey]) -> Vec<PublicKey> {
        self.beside(keys, |pair| &pair.of_tokens)
    }

    /// These keys of identities, and the announced ones.
    pub(crate) fn beside_identities(&self, keys: &[PublicKey]) -> Vec<PublicKey> {
        self.beside(keys, |pair| &pair.of_identities)
    }

    fn beside(&self, keys: &[PublicKey], of: impl Fn(&Pair) -> &PublicKey) -> Vec<PublicKey> {
        let announced = self.0.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().chain(announced.iter().map(of)).cloned().collect()
    }
}
