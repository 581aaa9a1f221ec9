//! Signed JWTs in JWS compact serialization (RFC 7515 §3.1). This server signs its own tokens with ES256 (RFC 7518
//! §3.4).

use crate::jose::jwk::PublicKey;
use crate::jose::jwk_set::JwkSet;
use crate::jose::members::Members;
use crate::jose::object::Object;
use crate::jose::signer::{Signer, SigningFailed};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
    /// Critical extensions (RFC 7515 §4.1.11). None is supported, so a token that has this member is refused.
    crit: Option<serde_json::Value>,
}

/// Signs `claims`, a JSON object, as a token with the `typ` header `typ`.
///
/// # Errors
/// [`SigningFailed`] if the signer fails.
pub(crate) fn sign(signer: &dyn Signer, typ: &str, claims: &str) -> Result<String, SigningFailed> {
    let header = Members::with_capacity(HEADER).text("alg", "ES256").text("typ", typ);
    let header = header.text("kid", signer.public_key().id()).end();
    // Of three bytes, base64url makes four characters.
    let mut token = String::with_capacity((header.len() + claims.len() + SIGNATURE) * 4 / 3 + 8);
    URL_SAFE_NO_PAD.encode_string(header, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// About the length of a header, in bytes.
const HEADER: usize = 128;
/// The length of a signature, in bytes (RFC 7518 §3.4).
const SIGNATURE: usize = 64;

/// Reads a token of type `typ` that was signed with one of `keys`; `None` otherwise. The server sets the algorithm
/// (RFC 8725 §3.1) and the type (§3.11). The token's header cannot choose them.
pub fn verify<T: DeserializeOwned>(keys: &[PublicKey], typ: &str, token: &str) -> Option<T> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let header: Header = decode(header)?;
    if header.alg != "ES256" || !is_type(&header.typ, typ) || header.crit.is_some() {
        return None;
    }
    let key = keys.iter().find(|key| key.id() == header.kid)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !key.verifies(message.as_bytes(), &signature) {
        return None;
    }
    decode(claims)
}

/// The `kid` of a token whose signature is not verified yet. `None` if the text is not a token, or names no key.
pub(crate) fn key_id(token: &str) -> Option<String> {
    let header: Header = decode(token.split('.').next()?)?;
    Some(header.kid)
}

/// A token of another issuer, with any algorithm. Its signature is not verified yet: see [`Foreign::is_signed_by`].
#[derive(Clone, Debug)]
pub struct Foreign<T> {
    header: ForeignHeader,
    pub(crate) claims: T,
    message: String,
    signature: Vec<u8>,
}

#[derive(Clone, Debug, Deserialize)]
struct ForeignHeader {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

impl<T: DeserializeOwned> Foreign<T> {
    /// Reads a token without verifying it.
    pub fn parse(text: &str) -> Option<Self> {
        let (message, signature) = text.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let (header, claims): (ForeignHeader, T) = (decode(header)?, decode(claims)?);
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        header.crit.is_none().then(|| Self { header, claims, message: message.to_owned(), signature })
    }
}

impl<T> Foreign<T> {
    /// The `kid` in the token's header.
    pub fn key(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The `typ` in the token's header.
    pub fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    /// Whether the token has the type `typ`, which is lower case. The prefix `application/` may be omitted (RFC 7515 §4.1.9).
    pub fn is_type(&self, typ: &str) -> bool {
        self.typ().is_some_and(|sent| is_type(sent, typ))
    }

    /// The `alg` in the token's header.
    pub fn algorithm(&self) -> &str {
        &self.header.alg
    }

    /// Whether the token was signed with one of these keys.
    pub fn is_signed_by(&self, keys: &JwkSet) -> bool {
        keys.verify(&self.header.alg, self.key(), self.message.as_bytes(), &self.signature)
    }
}

/// Whether the header value `sent` is the type `typ`. The prefix `application/` may be omitted (RFC 7515 §4.1.9).
fn is_type(sent: &str, typ: &str) -> bool {
    let sent = sent.to_ascii_lowercase();
    sent.strip_prefix("application/").unwrap_or(&sent) == typ
}

/// Decodes one part of a token: base64url, then a JSON object (RFC 7519 §7.2).
pub(crate) fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    Object::read(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_panics_or_passes_without_a_key(text in "([A-Za-z0-9_-]{0,20}\\.){0,4}\\PC{0,20}") {
            let keys = [PublicKey::new([4; 65])];
            prop_assert_eq!(verify::<serde_json::Value>(&keys, "at+jwt", &text), None);
            prop_assert!(Foreign::<serde_json::Value>::parse(&text).is_none());
        }
    }
}
