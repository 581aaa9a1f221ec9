//! Keys by kind: one secret per kind of thing that holders carry, derived from one root secret (RFC 5869).

use ring::hkdf;
use serde::{Serialize, de::DeserializeOwned};
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

/// A kind of thing that we make and recognise again.
pub trait Kind {
    /// What values begin with; distinct for every kind, so that leaked ones can be scanned for.
    const PREFIX: &'static str;
    /// Changes when the content's fields do: an old value is then refused instead of misread.
    const VERSION: u8;
}

/// A kind of which every value carries its content.
pub trait Carried: Kind + Serialize + DeserializeOwned {}

/// Tells which key of a ring made a value, without trying them all.
pub(crate) type KeyId = [u8; 4];

/// A key for exactly one kind of carried thing.
pub(crate) struct Key<T> {
    pub(crate) id: KeyId,
    pub(crate) secret: Zeroizing<[u8; 32]>,
    kind: PhantomData<fn() -> T>,
}

impl<T: Kind> Key<T> {
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

impl<T: Kind> Ring<T> {
    /// Derives the keys of this kind; what `older` secrets made is still accepted.
    pub fn derive(newest: &RootSecret, older: &[RootSecret]) -> Self {
        Self { newest: Key::derive(newest), older: older.iter().map(Key::derive).collect() }
    }

    pub(crate) fn newest(&self) -> &Key<T> {
        &self.newest
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Key<T>> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}
