//! One key per kind of thing that holders carry, all derived from one root secret (RFC 5869).

use crate::protocol::{
    authorization_code::AuthorizationCode, form::Form, registration::Registration, session::Session,
};
use crate::seal::Carried;
use ring::hkdf;
use std::{fmt, marker::PhantomData};
use zeroize::Zeroizing;

/// The secret from which every other key is derived: who holds it can forge everything.
#[derive(Clone)]
pub struct RootSecret(Zeroizing<[u8; 32]>);

impl RootSecret {
    /// Takes 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Derives 32 bytes for one purpose; different purposes give unrelated bytes.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(expand(&self.0[..], purpose))
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootSecret(…)")
    }
}

/// HKDF-SHA256 with the purpose as `info`.
fn expand<const N: usize>(secret: &[u8], purpose: &str) -> [u8; N] {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = [0; N];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"doorward")
        .extract(secret)
        .expand(&[purpose.as_bytes()], Length(N))
        .and_then(|okm| okm.fill(&mut out))
        .expect("HKDF-SHA256 yields up to 8160 bytes");
    out
}

/// Tells which key of a ring made a value, without trying them all.
pub(crate) type KeyId = [u8; 4];

/// A key for exactly one kind of carried thing.
pub(crate) struct Key<T> {
    pub(crate) id: KeyId,
    pub(crate) secret: Zeroizing<[u8; 32]>,
    kind: PhantomData<fn() -> T>,
}

impl<T: Carried> Key<T> {
    fn derive(root: &RootSecret) -> Self {
        Self {
            id: expand(&root.0[..], &format!("key id {}", T::PREFIX)),
            secret: root.derive(&format!("key {}", T::PREFIX)),
            kind: PhantomData,
        }
    }
}

/// The keys for one kind of thing: the newest makes, all are accepted, so that a rotation signs nobody out.
pub struct Ring<T> {
    newest: Key<T>,
    older: Vec<Key<T>>,
}

impl<T: Carried> Ring<T> {
    fn derive(newest: &RootSecret, older: &[RootSecret]) -> Self {
        Self { newest: Key::derive(newest), older: older.iter().map(Key::derive).collect() }
    }

    pub(crate) fn newest(&self) -> &Key<T> {
        &self.newest
    }

    pub(crate) fn find(&self, id: KeyId) -> Option<&Key<T>> {
        std::iter::once(&self.newest).chain(&self.older).find(|key| key.id == id)
    }
}

/// Every key of the authorization server, by what it makes.
pub struct Keys {
    /// Signs the metadata that is a dynamic client's `client_id`.
    pub client_ids: Ring<Registration>,
    /// Seals authorization codes.
    pub codes: Ring<AuthorizationCode>,
    /// Seals sign-in sessions into cookies.
    pub sessions: Ring<Session>,
    /// Seals the tokens that bind a form to a browser and to a request.
    pub forms: Ring<Form>,
}

impl Keys {
    /// Derives all keys; what `older` secrets made is still accepted.
    pub fn derive(newest: &RootSecret, older: &[RootSecret]) -> Self {
        Self {
            client_ids: Ring::derive(newest, older),
            codes: Ring::derive(newest, older),
            sessions: Ring::derive(newest, older),
            forms: Ring::derive(newest, older),
        }
    }
}
