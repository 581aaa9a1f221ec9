//! Keys by purpose: one secret per kind of thing that holders carry, derived from one root secret (RFC 5869).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hkdf;
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, marker::PhantomData};
use strum::{IntoStaticStr, VariantArray};
use thiserror::Error;
use zeroize::Zeroizing;

/// The secret from which every other key is derived: who holds it can forge everything.
#[derive(Clone)]
pub struct RootSecret(Zeroizing<[u8; 32]>);

/// The text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a root secret is 32 bytes in base64url without padding, which is 43 characters")]
pub struct InvalidSecret;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Purpose {
    /// Signing the metadata that is a dynamic client's `client_id`.
    ClientIds,
    /// Deriving the secrets of confidential clients.
    ClientSecrets,
    /// Signing refresh tokens.
    RefreshTokens,
    /// Sealing authorization codes.
    Codes,
    /// Sealing sign-in sessions.
    Sessions,
    /// Sealing what binds a form to a browser.
    Forms,
    /// Signing access tokens: the one purpose of which others know a public half.
    AccessTokens,
}

/// The secret for one purpose: who holds it can forge what it is for, and nothing else.
#[derive(Clone)]
pub struct PurposeSecret(Zeroizing<[u8; 32]>);

/// All secrets for one purpose: the newest makes what is new, and what the others made is accepted.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// The one that makes.
    pub newest: PurposeSecret,
    /// Those that are accepted beside it.
    pub others: Vec<PurposeSecret>,
}

impl Purpose {
    /// All of them.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Its name, from the variant. Keys are derived from it, so a variant must keep its name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl RootSecret {
    /// Takes 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Parses 32 bytes in base64url without padding, for example from an environment variable. Make one with
    /// `head -c 32 /dev/urandom | basenc --base64url | tr -d =`.
    ///
    /// # Errors
    /// [`InvalidSecret`] for any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| InvalidSecret)?);
        bytes.as_slice().try_into().map(Self::new).map_err(|_| InvalidSecret)
    }

    /// The secret for one purpose. From it neither the root nor another purpose's secret can be found.
    pub fn derive(&self, purpose: Purpose) -> PurposeSecret {
        PurposeSecret(Zeroizing::new(expand(&self.0[..], purpose.name())))
    }
}

impl PurposeSecret {
    /// Takes the bytes of one that was derived elsewhere.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Its bytes, for whoever hands it on.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Derives 32 bytes for a part of the purpose; different labels give unrelated bytes.
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(expand(&self.0[..], label))
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootSecret(…)")
    }
}

impl fmt::Debug for PurposeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PurposeSecret(…)")
    }
}

/// HKDF-SHA256 with the label as `info`.
fn expand<const N: usize>(secret: &[u8], label: &str) -> [u8; N] {
    struct Length(usize);
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = [0; N];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"doorward")
        .extract(secret)
        .expand(&[label.as_bytes()], Length(N))
        .and_then(|okm| okm.fill(&mut out))
        .expect("HKDF-SHA256 yields up to 8160 bytes");
    out
}

/// A kind of thing that we make and recognise again.
pub trait Kind {
    /// Which keys make it.
    const PURPOSE: Purpose;
    /// What values begin with; distinct for every kind, so that leaked ones can be scanned for.
    const PREFIX: &'static str;
    /// Changes when the content's fields do: an old value is then refused instead of misread.
    const VERSION: u8;
    /// How its key is derived.
    const DERIVATION: Derivation = Derivation::Purpose;
}

/// How the key of a kind is derived from the secret of its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// It is the key of the purpose. At most one kind of each purpose has it.
    Purpose,
    /// It is derived with the kind's prefix as the label. Values that the purpose's key made are accepted too: version
    /// 0.1 made them so.
    Prefix,
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
    fn of(secret: &PurposeSecret) -> Self {
        Self { id: expand(&secret.0[..], "id"), secret: secret.derive("key"), kind: PhantomData }
    }
}

/// The keys for one kind of thing: the newest makes, all are accepted, so that a rotation signs nobody out.
pub struct Ring<T> {
    newest: Key<T>,
    others: Vec<Key<T>>,
}

impl<T: Kind> Ring<T> {
    /// The keys of this kind, derived from the secrets of its purpose.
    pub(crate) fn of(secrets: impl FnOnce(Purpose) -> Secrets) -> Self {
        let Secrets { newest, others } = secrets(T::PURPOSE);
        let key = |secret: &PurposeSecret| match T::DERIVATION {
            Derivation::Purpose => Key::of(secret),
            Derivation::Prefix => Key::of(&PurposeSecret(secret.derive(T::PREFIX))),
        };
        let mut accepted: Vec<_> = others.iter().map(key).collect();
        if T::DERIVATION == Derivation::Prefix {
            accepted.extend(std::iter::once(&newest).chain(&others).map(Key::of));
        }
        Self { newest: key(&newest), others: accepted }
    }

    pub(crate) fn newest(&self) -> &Key<T> {
        &self.newest
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Key<T>> {
        std::iter::once(&self.newest).chain(&self.others)
    }

    /// The keys with this id. Ids are 32 bits of a digest, so that two keys may share one.
    pub(crate) fn with_id(&self, id: KeyId) -> impl Iterator<Item = &Key<T>> {
        self.all().filter(move |key| key.id == id)
    }
}
