//! JWK Sets of clients and identity providers, with RSA, P-256 and Ed25519 keys (RFC 7517; RFC 7518 §3.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Value, json};
use thiserror::Error;

/// The signature algorithms accepted from clients and identity providers (RFC 7518 §3.1; RFC 8037 §3.1), as the
/// metadata lists them.
pub const ALGORITHMS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// The public keys of a client or an identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwkSet(Vec<Jwk>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Jwk {
    id: Option<String>,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl JwkSet {
    const MAX_KEYS: usize = 32;

    /// Reads a JWK Set (RFC 7517 §5). Skips keys of unsupported types, and keys that are not for signing.
    ///
    /// # Errors
    /// [`InvalidJwkSet`] if `set` is not a JWK Set, has more than 32 keys, or contains a private key.
    pub fn parse(set: &Value) -> Result<Self, InvalidJwkSet> {
        let keys = set["keys"].as_array().filter(|keys| keys.len() <= Self::MAX_KEYS);
        let keys = keys.ok_or(InvalidJwkSet("jwks must be a JWK Set of at most 32 keys"))?;
        if keys.iter().any(|key| ["d", "k"].iter().any(|private| !key[private].is_null())) {
            return Err(InvalidJwkSet("jwks contains a private key; publish public keys only"));
        }
        Ok(Self(keys.iter().filter_map(Jwk::parse).collect()))
    }

    /// The set as JSON, in the form that [`Self::parse`] reads.
    pub fn json(&self) -> Value {
        json!({ "keys": self.0.iter().map(Jwk::json).collect::<Vec<_>>() })
    }

    /// Whether there is no key that this server can use.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether signatures of this algorithm can be verified, with a key of the right type.
    pub fn supports(algorithm: &str) -> bool {
        ALGORITHMS.contains(&algorithm) || algorithm == "Ed25519"
    }

    /// Whether `signature` is a signature of `message` by one of the keys, with this algorithm. If `id` is given,
    /// only keys with this `kid`, and keys without a `kid`, are tried.
    pub fn verify(&self, algorithm: &str, id: Option<&str>, message: &[u8], signature: &[u8]) -> bool {
        let named = |key: &&Jwk| id.is_none() || key.id.is_none() || key.id.as_deref() == id;
        self.0.iter().filter(named).any(|key| key.material.verifies(algorithm, message, signature))
    }
}

/// The error of [`JwkSet::parse`]: why the JSON is not a set of public keys.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvalidJwkSet(pub &'static str);

impl Jwk {
    fn parse(key: &Value) -> Option<Self> {
        let bytes = |member: &str| URL_SAFE_NO_PAD.decode(key[member].as_str()?).ok();
        if key["use"].as_str().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let material = match (key["kty"].as_str()?, key["crv"].as_str()) {
            ("RSA", None) => Material::Rsa { n: bytes("n")?, e: bytes("e")? },
            ("EC", Some("P-256")) => Material::P256(point(&bytes("x")?, &bytes("y")?)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes("x")?),
            _ => return None,
        };
        Some(Self { id: key["kid"].as_str().map(str::to_owned), material })
    }

    fn json(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut key = match &self.material {
            Material::Rsa { n, e } => json!({ "kty": "RSA", "n": text(n), "e": text(e) }),
            Material::P256(point) => {
                let (x, y) = point[1..].split_at((point.len() - 1) / 2);
                json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) })
            }
            Material::Ed25519(x) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(x) }),
        };
        if let Some(id) = &self.id {
            key["kid"] = json!(id);
        }
        key
    }
}

/// An uncompressed point (SEC 1 §2.3.3). Each coordinate must have exactly 32 bytes (RFC 7518 §6.2.1.2).
fn point(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    (x.len() == 32 && y.len() == 32).then(|| [&[4], x, y].concat())
}

impl Material {
    /// Whether the signature is valid. The algorithm must match the type of the key (RFC 8725 §3.1).
    fn verifies(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        let rsa = |n: &Vec<u8>, e: &Vec<u8>, how: &'static RsaParameters| {
            RsaPublicKeyComponents { n, e }.verify(how, message, signature).is_ok()
        };
        match (self, algorithm) {
            (Self::Rsa { n, e }, "RS256") => rsa(n, e, &RSA_PKCS1_2048_8192_SHA256),
            (Self::Rsa { n, e }, "PS256") => rsa(n, e, &RSA_PSS_2048_8192_SHA256),
            (Self::P256(point), "ES256") => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            (Self::Ed25519(key), "EdDSA" | "Ed25519") => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const CLAIMS: &str =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    fn keys() -> JwkSet {
        let keys = json!({ "keys": [
            { "kty": "RSA", "kid": "rsa", "n": N, "e": "AQAB" },
            { "kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig",
              "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" },
            { "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
            { "kty": "RSA", "kid": "for encryption", "use": "enc", "n": N, "e": "AQAB" },
            { "kty": "of an unknown kind" },
        ] });
        JwkSet::parse(&keys).unwrap()
    }

    #[test]
    fn the_examples_of_the_rfcs_hold() {
        for (algorithm, id, message, signature) in [
            // Test vectors: RFC 7515, appendix A.2 and A.3; RFC 8037, appendix A.4.
            (
                "RS256",
                "rsa",
                format!("eyJhbGciOiJSUzI1NiJ9.{CLAIMS}"),
                "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
            ),
            (
                "ES256",
                "ec",
                format!("eyJhbGciOiJFUzI1NiJ9.{CLAIMS}"),
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
            ),
            (
                "EdDSA",
                "any",
                "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".to_owned(),
                "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
            ),
        ] {
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            let verify =
                |algorithm, id, message: &str| keys().verify(algorithm, id, message.as_bytes(), &signature);
            assert!(
                verify(algorithm, Some(id), &message) && verify(algorithm, None, &message),
                "{algorithm}"
            );
            assert!(!verify(algorithm, Some(id), &format!("{message}x")), "{algorithm}");
            for other in
                ALGORITHMS.into_iter().chain(["none", "HS256", ""]).filter(|other| *other != algorithm)
            {
                assert!(!verify(other, None, &message), "{algorithm} as {other}");
            }
        }
    }

    #[test]
    fn every_algorithm_that_verifies_is_supported_and_no_other() {
        assert!(ALGORITHMS.into_iter().chain(["Ed25519"]).all(JwkSet::supports));
        assert!(!["none", "HS256", "RS512", "ES384", "rs256", ""].into_iter().any(JwkSet::supports));
    }

    #[test]
    fn what_is_printed_is_read_back() {
        assert_eq!(JwkSet::parse(&keys().json()), Ok(keys()));
    }

    #[test]
    fn a_key_for_another_use_or_of_another_kind_is_left_out() {
        let ids: Vec<_> = keys().0.into_iter().map(|key| key.id).collect();
        assert_eq!(ids, [Some("rsa".to_owned()), Some("ec".to_owned()), None]);
    }

    #[test]
    fn what_is_no_set_of_public_keys_is_refused() {
        let many = vec![json!({}); 33];
        for wrong in [
            json!({}),
            json!([]),
            json!({ "keys": {} }),
            json!({ "keys": many }),
            json!({ "keys": [{ "kty": "RSA", "n": N, "e": "AQAB", "d": "x" }] }),
            json!({ "keys": [{ "kty": "oct", "k": "x" }] }),
        ] {
            assert!(JwkSet::parse(&wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_key_panics(n in "[A-Za-z0-9_-]{0,20}", e in "[A-Za-z0-9_-]{0,8}", signature: Vec<u8>) {
            let keys = json!({ "keys": [
                { "kty": "RSA", "n": n, "e": e }, { "kty": "EC", "crv": "P-256", "x": n, "y": e },
                { "kty": "OKP", "crv": "Ed25519", "x": n },
            ] });
            let keys = JwkSet::parse(&keys).unwrap();
            for algorithm in ALGORITHMS {
                prop_assert!(!keys.verify(algorithm, None, b"message", &signature));
            }
        }
    }
}
