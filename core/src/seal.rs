//! What holders carry: a prefix that says what it is, then base64url of version, key id and content.
//!
//! *Sealed* things are secret and encrypted (XChaCha20-Poly1305: its 192-bit nonces may be drawn at random by
//! any number of processes). *Signed* things may be read by anybody (HMAC-SHA256, cut to 128 bits). The prefix,
//! the version and the key id are authenticated with the content, and every kind has a key of its own: a cookie
//! is never accepted as a code.

use crate::entropy::{Entropy, draw};
use crate::keys::{Key, KeyId, Ring};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce, aead::Aead, aead::Payload};
use ring::hmac;
use serde::{Serialize, de::DeserializeOwned};

/// A kind of thing that its holder carries.
pub trait Carried: Serialize + DeserializeOwned {
    /// What values begin with; distinct for every kind, so that leaked ones can be scanned for.
    const PREFIX: &'static str;
    /// Changes when the content's fields do: an old value is then refused instead of misread.
    const VERSION: u8;
}

/// A kind whose content is secret.
pub trait Sealed: Carried {}

/// A kind whose content anybody may read, but only we can make.
pub trait Signed: Carried {}

/// 128 bits: forging one needs 2^127 tries against a live server.
const MAC_LENGTH: usize = 16;
const NONCE_LENGTH: usize = 24;
/// Longer values were not made here; refused before any work is done on them.
const MAX_TEXT: usize = 8 * 1024;
const HEADER_LENGTH: usize = 1 + size_of::<KeyId>();

impl<T: Sealed> Ring<T> {
    /// Encrypts `value` with the newest key.
    pub fn seal(&self, value: &T, entropy: &dyn Entropy) -> String {
        let key = self.newest();
        let nonce: [u8; NONCE_LENGTH] = draw(entropy);
        let header = header::<T>(key);
        let plain = encode(value);
        let payload = Payload { msg: &plain, aad: &authenticated::<T>(&header) };
        let sealed = cipher(key)
            .encrypt(&XNonce::from(nonce), payload)
            .expect("the content is far shorter than XChaCha20-Poly1305's limit");
        print::<T>(&[&header, &nonce, &sealed])
    }

    /// Decrypts a value of this kind; nothing if it was not made by one of these keys, for this kind, unchanged.
    pub fn open(&self, text: &str) -> Option<T> {
        let (key, bytes) = self.parse(text)?;
        let (header, rest) = bytes.split_at(HEADER_LENGTH);
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LENGTH>()?;
        let payload = Payload { msg: sealed, aad: &authenticated::<T>(header) };
        let plain = cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()?;
        postcard::from_bytes(&plain).ok()
    }
}

impl<T: Signed> Ring<T> {
    /// Signs `value` with the newest key: equal values give equal texts.
    pub fn sign(&self, value: &T) -> String {
        let key = self.newest();
        let header = header::<T>(key);
        let content = encode(value);
        let mac = mac(key, &header, &content);
        print::<T>(&[&header, &content, &mac])
    }

    /// Reads a signed value; nothing if it was not made by one of these keys, for this kind, unchanged.
    pub fn verify(&self, text: &str) -> Option<T> {
        let (key, bytes) = self.parse(text)?;
        let (header, rest) = bytes.split_at(HEADER_LENGTH);
        let (content, given) = rest.split_last_chunk::<MAC_LENGTH>()?;
        let genuine = subtle::ConstantTimeEq::ct_eq(&mac(key, header, content)[..], &given[..]);
        if !bool::from(genuine) {
            return None;
        }
        postcard::from_bytes(content).ok()
    }
}

impl<T: Carried> Ring<T> {
    /// Finds the key that a text names, and the bytes behind its prefix, at least a whole header.
    fn parse(&self, text: &str) -> Option<(&Key<T>, Vec<u8>)> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(T::PREFIX)?).ok()?;
        let (header, _) = bytes.split_first_chunk::<HEADER_LENGTH>()?;
        let [version, id @ ..] = *header;
        let key = self.find(id).filter(|_| version == T::VERSION)?;
        Some((key, bytes))
    }
}

fn encode<T: Carried>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("carried content is plain data")
}

fn header<T: Carried>(key: &Key<T>) -> [u8; HEADER_LENGTH] {
    let [a, b, c, d] = key.id;
    [T::VERSION, a, b, c, d]
}

fn authenticated<T: Carried>(header: &[u8]) -> Vec<u8> {
    [T::PREFIX.as_bytes(), header].concat()
}

fn print<T: Carried>(parts: &[&[u8]]) -> String {
    let mut text = T::PREFIX.to_owned();
    URL_SAFE_NO_PAD.encode_string(parts.concat(), &mut text);
    text
}

fn cipher<T>(key: &Key<T>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key.secret).into())
}

fn mac<T: Carried>(key: &Key<T>, header: &[u8], content: &[u8]) -> [u8; MAC_LENGTH] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key.secret[..]);
    let mut context = hmac::Context::with_key(&key);
    context.update(&authenticated::<T>(header));
    context.update(content);
    let (mac, _) = context
        .sign()
        .as_ref()
        .split_first_chunk()
        .map(|(mac, rest)| (*mac, rest))
        .expect("HMAC-SHA256 is 32 bytes");
    mac
}
