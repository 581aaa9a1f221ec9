//! P-256 public keys as JWKs (RFC 7517; RFC 7518 §6.2).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

/// A P-256 public key. Its `kid` is its thumbprint (RFC 7638).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    id: String,
    point: [u8; 65],
}

impl PublicKey {
    /// Creates a key from an uncompressed point (SEC 1 §2.3.3).
    pub fn new(point: [u8; 65]) -> Self {
        let (x, y) = coordinates(&point);
        // RFC 7638 §3.2 and §3.3: the required members, in this order, without white space.
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Self { id: URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes())), point }
    }

    /// Reads a P-256 public key for signatures from a JWK. `None` if it is another kind of key.
    pub fn parse(jwk: &Value) -> Option<Self> {
        let is_for_signatures = jwk["use"].as_str().is_none_or(|purpose| purpose == "sig");
        let is_p256 = (jwk["kty"].as_str(), jwk["crv"].as_str()) == (Some("EC"), Some("P-256"));
        let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok();
        let (x, y) = (coordinate("x")?, coordinate("y")?);
        let is_sound = is_for_signatures && is_p256 && x.len() == 32 && y.len() == 32;
        is_sound.then(|| [&[4], &x[..], &y[..]].concat().try_into().ok().map(Self::new))?
    }

    /// The `kid` of the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The uncompressed point, in the form of [`Self::new`].
    pub fn point(&self) -> &[u8; 65] {
        &self.point
    }

    /// Whether `signature` (`r` and `s`, 32 bytes each) is a signature of `message` by this key.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.point).verify(message, signature).is_ok()
    }

    /// The key as a JWK.
    pub fn jwk(&self) -> Value {
        let (x, y) = coordinates(&self.point);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": x, "y": y })
    }
}

fn coordinates(point: &[u8; 65]) -> (String, String) {
    (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]))
}
