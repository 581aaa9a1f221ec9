//! Encoding of sealed, signed and derived values.
//!
//! A value is a prefix that names its kind, then base64url of version, key id and content.
//!
//! *Sealed* values are encrypted (XChaCha20-Poly1305: any number of processes may draw its 192-bit nonces at random).
//! *Signed* values are readable, with a MAC (HMAC-SHA256, truncated to 128 bits). *Derived* values are only such a MAC.
//! Prefix, version and key id are authenticated together with the content, and every kind has its own key. So the
//! server never accepts a cookie as a code.

use crate::ports::{Entropy, draw};
use crate::sealed::cipher::{self, NONCE_LENGTH, TAG_LENGTH};
use crate::sealed::content::encode;
use crate::sealed::keyring::{Carried, Key, KeyId, Kind, Ring};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use subtle::ConstantTimeEq;

/// A kind of value whose content is secret (encrypted).
pub trait Sealed: Carried {}

/// A kind of value whose content is readable, but which only this server can create.
pub trait Signed: Carried {}

/// A kind of value without content. Each value belongs to a name, and can be derived from it again.
pub trait Derived: Kind {}

/// Length of a MAC in bytes. To forge a MAC of 128 bits takes 2^127 attempts against a running server (brute force).
const MAC_LENGTH: usize = 16;
/// The maximum length of a value, in bytes. This server makes none longer. Longer ones are refused before any further
/// work.
const MAX_TEXT: usize = 8 * 1024;
const HEADER_LENGTH: usize = 1 + size_of::<KeyId>();

impl<T: Sealed> Ring<T> {
    /// Encrypts `value` with the newest key.
    pub fn seal(&self, value: &T, entropy: &dyn Entropy) -> String {
        self.encrypt(&encode(value), entropy)
    }

    pub(super) fn encrypt(&self, content: &[u8], entropy: &dyn Entropy) -> String {
        let key = self.newest();
        let nonce: [u8; NONCE_LENGTH] = draw(entropy);
        let header = header::<T>(key);
        let mut value = Vec::with_capacity(HEADER_LENGTH + NONCE_LENGTH + content.len() + TAG_LENGTH);
        value.extend_from_slice(&header);
        value.extend_from_slice(&nonce);
        value.extend_from_slice(content);
        let place = &mut value[HEADER_LENGTH + NONCE_LENGTH..];
        let tag = cipher::encrypt(&key.secret, &nonce, &authenticated::<T>(&header), place)
            .expect("the content is far shorter than XChaCha20-Poly1305's limit");
        value.extend_from_slice(&tag);
        print::<T>(&value)
    }

    /// Decrypts a value of this kind. `None` if it was changed, is of another kind, or was not sealed with one of
    /// these keys.
    pub fn open(&self, text: &str) -> Option<T> {
        postcard::from_bytes(&self.decrypt(text)?).ok()
    }

    /// The content of a value of this kind, before it is read.
    pub(super) fn decrypt(&self, text: &str) -> Option<Vec<u8>> {
        let Encoded { header, id, bytes } = decode::<T>(text)?;
        let (nonce, sealed) = bytes[HEADER_LENGTH..].split_first_chunk()?;
        let aad = authenticated::<T>(&header);
        let open = |key: &Key<T>| {
            cipher::decrypt(&key.secret, nonce, &aad, &mut sealed.to_vec()).map(|content| content.to_vec())
        };
        self.with_id(id).find_map(open)
    }
}

impl<T: Signed> Ring<T> {
    /// Signs `value` with the newest key. Equal values give equal texts.
    pub fn sign(&self, value: &T) -> String {
        self.authenticate(&encode(value))
    }

    pub(super) fn authenticate(&self, content: &[u8]) -> String {
        let key = self.newest();
        let mut value = Vec::with_capacity(HEADER_LENGTH + content.len() + MAC_LENGTH);
        value.extend_from_slice(&header::<T>(key));
        value.extend_from_slice(content);
        value.extend_from_slice(&mac(key, &[&value]));
        print::<T>(&value)
    }

    /// Reads a signed value. `None` if it was changed, is of another kind, or was not signed with one of these keys.
    /// The MAC is compared in constant time.
    pub fn verify(&self, text: &str) -> Option<T> {
        postcard::from_bytes(&self.authentic(text)?).ok()
    }

    /// The content of a value of this kind, before it is read.
    pub(super) fn authentic(&self, text: &str) -> Option<Vec<u8>> {
        let Encoded { id, mut bytes, .. } = decode::<T>(text)?;
        let (signed, given) = bytes.split_last_chunk::<MAC_LENGTH>()?;
        let length = signed.len().checked_sub(HEADER_LENGTH)?;
        if !self.with_id(id).any(|key| mac(key, &[signed]).ct_eq(given).into()) {
            return None;
        }
        bytes.drain(..HEADER_LENGTH);
        bytes.truncate(length);
        Some(bytes)
    }
}

impl<T: Derived> Ring<T> {
    /// Derives the value of `name` with the newest key. Equal names give equal values.
    pub fn derive_for(&self, name: &str) -> String {
        derived(self.newest(), name)
    }

    /// Whether `value` is the derived value of `name` under any of these keys. Compares in constant time.
    pub fn belongs(&self, name: &str, value: &str) -> bool {
        self.all().any(|key| derived(key, name).as_bytes().ct_eq(value.as_bytes()).into())
    }
}

/// A decoded text: its bytes after the prefix, which begin with a complete header, and the key that this header names.
struct Encoded {
    header: [u8; HEADER_LENGTH],
    id: KeyId,
    bytes: Vec<u8>,
}

fn decode<T: Kind>(text: &str) -> Option<Encoded> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(T::PREFIX)?).ok()?;
    let header = *bytes.first_chunk::<HEADER_LENGTH>()?;
    let [version, id @ ..] = header;
    (version == T::VERSION).then_some(Encoded { header, id, bytes })
}

/// The content of a value of this kind whose MAC is not verified, for a value that something else has vouched for.
pub(super) fn unverified<T: Signed>(text: &str) -> Option<T> {
    let Encoded { bytes, .. } = decode::<T>(text)?;
    let (signed, _) = bytes.split_last_chunk::<MAC_LENGTH>()?;
    postcard::from_bytes(signed.get(HEADER_LENGTH..)?).ok()
}

fn derived<T: Kind>(key: &Key<T>, name: &str) -> String {
    print::<T>(&mac(key, &[&header::<T>(key), name.as_bytes()]))
}

fn header<T: Kind>(key: &Key<T>) -> [u8; HEADER_LENGTH] {
    let [a, b, c, d] = key.id;
    [T::VERSION, a, b, c, d]
}

fn authenticated<T: Kind>(header: &[u8]) -> Vec<u8> {
    [T::PREFIX.as_bytes(), header].concat()
}

fn print<T: Kind>(value: &[u8]) -> String {
    // Of three bytes, base64url makes four characters.
    let mut text = String::with_capacity(T::PREFIX.len() + value.len() * 4 / 3 + 2);
    text.push_str(T::PREFIX);
    URL_SAFE_NO_PAD.encode_string(value, &mut text);
    text
}

/// The MAC of a kind's prefix and these parts, the first of which begins with the header.
fn mac<T: Kind>(key: &Key<T>, parts: &[&[u8]]) -> [u8; MAC_LENGTH] {
    let mut context = hmac::Context::with_key(key.mac());
    context.update(T::PREFIX.as_bytes());
    parts.iter().for_each(|part| context.update(part));
    *context.sign().as_ref().first_chunk().expect("HMAC-SHA256 is 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Timestamp;
    use crate::protocol::{ClientMetadata, PersonId, Profile};
    use crate::sealed::keyring::RootSecret;
    use crate::sealed::keys::Keys;
    use crate::sealed::registration::Registration;
    use crate::sealed::session::Session;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    #[derive(Default)]
    struct Counting(AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::SeqCst));
        }
    }

    fn keys(newest: u8, older: &[u8]) -> Keys {
        let older: Vec<_> = older.iter().map(|byte| RootSecret::new([*byte; 32])).collect();
        Keys::derive(&RootSecret::new([newest; 32]), &older)
    }

    fn session() -> Session {
        let person = PersonId::parse("alice").unwrap();
        let (verdicts, profile) = (Vec::new(), Profile::default());
        Session { person, called: None, epoch: 3, signed_in_at: Timestamp(7), verdicts, profile }
    }

    fn registration() -> Registration {
        let metadata = br#"{"redirect_uris":["https://a.example/cb"],"client_name":"A"}"#;
        Registration::of(&ClientMetadata::parse(metadata).unwrap(), || [0; 16])
    }

    #[test]
    fn what_is_sealed_is_opened_and_never_looks_the_same() {
        let (keys, entropy) = (keys(1, &[]), Counting::default());
        let [one, other] = [(); 2].map(|()| keys.sessions.seal(&session(), &entropy));
        assert_ne!(one, other);
        assert!(one.starts_with("dw_session_") && !one.contains("alice"));
        assert_eq!(keys.sessions.open(&one), Some(session()));
    }

    #[test]
    fn what_is_signed_is_read_and_always_looks_the_same() {
        let keys = keys(1, &[]);
        let signed = keys.client_ids.sign(&registration());
        assert_eq!(signed, keys.client_ids.sign(&registration()));
        assert_eq!(keys.client_ids.verify(&signed), Some(registration()));
    }

    /// A deployment of two versions at the same time reads the values of both.
    #[test]
    fn a_value_is_the_same_text_in_every_version() {
        let keys = keys(1, &[]);
        let sealed = "dw_session_Arn9UfAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAR0PeHyLygeyb4TC85iYYBOY4ARY60I5W_pA";
        assert_eq!(keys.sessions.open(sealed), Some(session()), "a session without the newest field");
        let sealed =
            "dw_session_Arn9UfAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAR0PeHyLygeyb4B5wm3N5OQV5U0_EYQ6B09KO5";
        assert_eq!(keys.sessions.seal(&session(), &Counting::default()), sealed);
        let signed = "dw_client_AYr1MWYBFGh0dHBzOi8vYS5leGFtcGxlL2NiAQFBANT3gVDAv3rh7IDWBAXvIh0";
        assert_eq!(keys.client_ids.sign(&registration()), signed);
        assert_eq!(keys.client_secrets.derive_for("name"), "dw_secret_rcVdt_CgwIrtg9-nH8ya2w");
    }

    #[test]
    fn a_rotation_signs_nobody_out_and_a_removed_key_does() {
        let entropy = Counting::default();
        let (sealed, signed) =
            (keys(1, &[]).sessions.seal(&session(), &entropy), keys(1, &[]).client_ids.sign(&registration()));
        let rotated = keys(2, &[1]);
        assert_eq!(rotated.sessions.open(&sealed), Some(session()));
        assert_eq!(rotated.client_ids.verify(&signed), Some(registration()));
        assert_ne!(rotated.client_ids.sign(&registration()), signed);
        assert_eq!(keys(2, &[]).sessions.open(&sealed), None);
        assert_eq!(keys(2, &[]).client_ids.verify(&signed), None);
    }

    #[test]
    fn keys_with_the_same_id_are_all_tried() {
        let sealed = keys(1, &[]).sessions.with_one_id().seal(&session(), &Counting::default());
        assert_eq!(keys(2, &[1]).sessions.with_one_id().open(&sealed), Some(session()));
        let signed = keys(1, &[]).client_ids.with_one_id().sign(&registration());
        assert_eq!(keys(2, &[1]).client_ids.with_one_id().verify(&signed), Some(registration()));
    }

    proptest! {
        #[test]
        fn no_text_panics_or_passes(text in "(dw_(client|session|code|form)_)?[A-Za-z0-9_-]{0,200}|\\PC{0,60}") {
            let keys = keys(1, &[]);
            prop_assert_eq!(keys.sessions.open(&text), None);
            prop_assert_eq!(keys.codes.open(&text), None);
            prop_assert_eq!(keys.forms.open(&text), None);
            prop_assert_eq!(keys.client_ids.verify(&text), None);
        }

        #[test]
        fn a_change_of_any_bit_is_seen(at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let keys = keys(1, &[]);
            let flip = |text: &str, prefix: &str| {
                let mut bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(prefix).unwrap()).unwrap();
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
                format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
            };
            let sealed = keys.sessions.seal(&session(), &Counting::default());
            prop_assert_eq!(keys.sessions.open(&flip(&sealed, "dw_session_")), None);
            let signed = keys.client_ids.sign(&registration());
            prop_assert_eq!(keys.client_ids.verify(&flip(&signed, "dw_client_")), None);
        }
    }
}
