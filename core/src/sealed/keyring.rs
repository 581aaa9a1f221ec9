//! Key derivation: one secret for each purpose, derived from one root secret with HKDF (RFC 5869).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{hkdf, hmac};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt, marker::PhantomData, sync::OnceLock};
use strum::{IntoStaticStr, VariantArray};
use thiserror::Error;
use zeroize::Zeroizing;

/// The root secret, from which all other keys are derived. An attacker who has it can forge every value.
#[derive(Clone)]
pub struct RootSecret(Zeroizing<[u8; 32]>);

/// The text is no root secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a root secret is 32 bytes in base64url without padding, which is 43 characters")]
pub struct InvalidSecret;

/// The purpose of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Purpose {
    /// Signs `client_id`s: of dynamic client registration, and of pre-registered clients.
    ClientIds,
    /// Derives the secrets of confidential clients.
    ClientSecrets,
    /// Signs refresh tokens.
    RefreshTokens,
    /// Seals authorization codes.
    Codes,
    /// Seals sign-in sessions and the cookies of known browsers. Derives rate limit buckets.
    Sessions,
    /// Seals CSRF tokens, and the `state` of a sign-in at the identity provider.
    Forms,
    /// Binds session ids of MCP servers behind the gateway, and seals their endpoints of HTTP+SSE.
    UpstreamSessions,
    /// Signs what the gateway tells an upstream of its caller. Upstreams know the public key.
    Identities,
    /// Signs access tokens. Other servers know the public key.
    AccessTokens,
}

/// The secret for one purpose. An attacker who has it can forge the values of this purpose, but no others.
#[derive(Clone)]
pub struct PurposeSecret(Zeroizing<[u8; 32]>);

/// All secrets for one purpose (key rotation). The newest creates new values. Values from the others are accepted.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// The secret that creates new values.
    pub newest: PurposeSecret,
    /// The secrets whose values are also accepted.
    pub others: Vec<PurposeSecret>,
}

impl Purpose {
    /// All purposes.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The name of the purpose, from the variant. Keys are derived from the name, so a variant must never be renamed.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl RootSecret {
    /// Creates a root secret from 32 random bytes.
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

    /// Derives the secret for one purpose. It reveals neither the root secret nor the secret of another purpose.
    pub fn derive(&self, purpose: Purpose) -> PurposeSecret {
        PurposeSecret(Zeroizing::new(expand(&self.0[..], purpose.name())))
    }

    /// A text that tells this secret from others and reveals nothing of it, in base64url. A store notes it, to refuse another
    /// secret.
    pub fn fingerprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(expand::<16>(&self.0[..], "fingerprint"))
    }
}

impl PurposeSecret {
    /// Creates the secret from 32 bytes that another process derived.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes of the secret, for transfer to another process.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Derives 32 bytes for a part of the purpose. Different labels give unrelated bytes.
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

/// A kind of value that this server creates and later recognizes.
pub trait Kind {
    /// The purpose of the keys for this kind.
    const PURPOSE: Purpose;
    /// The prefix of every value. It is different for every kind, so that a secret scanner can find leaked values.
    const PREFIX: &'static str;
    /// The version of the content. It changes when the fields change, so that an old value is refused, not misread.
    const VERSION: u8;
    /// How the key of this kind is derived.
    const DERIVATION: Derivation = Derivation::Purpose;
}

/// How the key of a kind is derived from the secret of its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// The kind uses the key of the purpose itself. At most one kind of each purpose may do that.
    Purpose,
    /// The key is derived with the kind's prefix as the label. Values from the key of the purpose itself are accepted
    /// too, because version 0.1 created them with it.
    Prefix,
    /// The key is derived with the kind's prefix as the label, and no other key is accepted. For kinds that version 0.1 did
    /// not have.
    Own,
}

/// A kind whose values carry their content.
pub trait Carried: Kind + Serialize + DeserializeOwned {}

/// The id of a key. A value contains it, so that the server finds the right key without trying all.
pub(crate) type KeyId = [u8; 4];

/// A key for exactly one kind of value.
pub(crate) struct Key<T> {
    pub(crate) id: KeyId,
    pub(crate) secret: Zeroizing<[u8; 32]>,
    mac: OnceLock<hmac::Key>,
    kind: PhantomData<fn() -> T>,
}

impl<T: Kind> Key<T> {
    fn of(secret: &PurposeSecret) -> Self {
        Self {
            id: expand(&secret.0[..], "id"),
            secret: secret.derive("key"),
            mac: OnceLock::new(),
            kind: PhantomData,
        }
    }
}

impl<T> Key<T> {
    /// The key of the HMAC. To prepare it takes as long as to use it, so it is prepared once.
    pub(crate) fn mac(&self) -> &hmac::Key {
        self.mac.get_or_init(|| hmac::Key::new(hmac::HMAC_SHA256, &self.secret[..]))
    }
}

/// The keys for one kind of value. The newest creates values, and values from all keys are accepted. So key rotation
/// does not sign users out.
pub struct Ring<T> {
    newest: Key<T>,
    others: Vec<Key<T>>,
}

impl<T: Kind> Ring<T> {
    /// Derives the keys of this kind from the secrets of its purpose.
    pub(crate) fn of(secrets: impl FnOnce(Purpose) -> Secrets) -> Self {
        let Secrets { newest, others } = secrets(T::PURPOSE);
        let key = |secret: &PurposeSecret| match T::DERIVATION {
            Derivation::Purpose => Key::of(secret),
            Derivation::Prefix | Derivation::Own => Key::of(&PurposeSecret(secret.derive(T::PREFIX))),
        };
        let mut accepted: Vec<_> = others.iter().map(key).collect();
        if T::DERIVATION == Derivation::Prefix {
            accepted.extend(std::iter::once(&newest).chain(&others).map(Key::of));
        }
        Self { newest: key(&newest), others: accepted }
    }

    /// The same keys, all with one id: a collision of 32 bits.
    #[cfg(test)]
    pub(crate) fn with_one_id(mut self) -> Self {
        for key in std::iter::once(&mut self.newest).chain(&mut self.others) {
            key.id = [7; 4];
        }
        self
    }

    /// A ring of one key with this secret, which has all these ids.
    #[cfg(test)]
    pub(crate) fn with_secret(secret: [u8; 32], ids: &[KeyId]) -> Self {
        let key = |id: &KeyId| Key {
            id: *id,
            secret: Zeroizing::new(secret),
            mac: OnceLock::new(),
            kind: PhantomData,
        };
        let (newest, others) = ids.split_first().expect("a ring has a key");
        Self { newest: key(newest), others: others.iter().map(key).collect() }
    }

    pub(crate) fn newest(&self) -> &Key<T> {
        &self.newest
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Key<T>> {
        std::iter::once(&self.newest).chain(&self.others)
    }

    /// The keys with this id. An id has only 32 bits, so two keys may have the same id.
    pub(crate) fn with_id(&self, id: KeyId) -> impl Iterator<Item = &Key<T>> {
        self.all().filter(move |key| key.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed::{Form, LegacyEndpoint, ProviderState, UpstreamSession};

    fn secrets(purpose: Purpose) -> Secrets {
        let of = |byte| RootSecret::new([byte; 32]).derive(purpose);
        Secrets { newest: of(1), others: vec![of(2)] }
    }

    #[test]
    fn a_kind_with_a_key_of_its_own_also_accepts_the_key_of_its_purpose() {
        let (own, of_purpose) = (Ring::<ProviderState>::of(secrets), Ring::<Form>::of(secrets));
        let ids = |id: KeyId, ids: Vec<KeyId>| ids.iter().filter(|one| **one == id).count();
        let all: Vec<_> = own.all().map(|key| key.id).collect();
        assert_eq!((all.len(), of_purpose.all().count()), (4, 2));
        for key in of_purpose.all() {
            assert_eq!(ids(key.id, all.clone()), 1, "the keys of version 0.1 are accepted");
            assert_ne!(own.newest().id, key.id);
        }
    }

    #[test]
    fn a_kind_that_version_0_1_did_not_have_accepts_its_own_keys_alone() {
        let (own, of_purpose) = (Ring::<LegacyEndpoint>::of(secrets), Ring::<UpstreamSession>::of(secrets));
        assert_eq!((own.all().count(), of_purpose.all().count()), (2, 2));
        for key in of_purpose.all() {
            assert!(own.all().all(|other| other.id != key.id && other.secret != key.secret));
        }
    }

    #[test]
    fn a_secret_is_read_back_and_never_shown() {
        let text = URL_SAFE_NO_PAD.encode([7; 32]);
        let root = RootSecret::parse(&format!(" {text}\n")).unwrap();
        let purpose = root.derive(Purpose::Codes);
        assert_eq!(PurposeSecret::new([7; 32]).as_bytes(), &[7; 32]);
        assert_eq!(RootSecret::new([7; 32]).derive(Purpose::Codes).as_bytes(), purpose.as_bytes());
        assert_ne!(root.derive(Purpose::Forms).as_bytes(), purpose.as_bytes());
        assert_eq!(format!("{root:?} {purpose:?}"), "RootSecret(…) PurposeSecret(…)");
        for wrong in ["", "short", &text[1..], &format!("{text}="), &format!("{text}AAAA")] {
            assert!(RootSecret::parse(wrong).is_err(), "{wrong}");
        }
    }
}
