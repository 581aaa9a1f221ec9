//! Client with a Client ID Metadata Document and `private_key_jwt` assertions (RFC 7523 §2.2).

use crate::TestServer;
use crate::client::Client;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::client::ASSERTION_TYPE;
use doorward::jose::PublicKey;
use doorward::ports::Clock;
use doorward::protocol::paths;
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// The URL of the client's document, which is its client id.
pub const DOCUMENT: &str = "https://app.example/client.json";
/// The client's redirect URI.
pub const CALLBACK: &str = "https://app.example/callback";

/// A key pair of a client, with a counter of its signatures.
pub struct KeyPair {
    key: SigningKey,
    public: PublicKey,
    /// The `kid` in the JWK and in the header of assertions.
    id: Option<String>,
    signed: AtomicU64,
}

impl KeyPair {
    /// The key pair whose private key is one repeated byte.
    pub fn new(byte: u8) -> Self {
        let key = SigningKey::from_slice(&[byte; 32]).expect("a key");
        let point = key.verifying_key().to_sec1_point(false).as_bytes().try_into().expect("65 bytes");
        let public = PublicKey::new(point);
        Self { key, id: Some(public.id().to_owned()), public, signed: AtomicU64::new(0) }
    }

    /// The same key pair with this `kid`, or without one.
    #[must_use]
    pub fn with_id(self, id: Option<&str>) -> Self {
        Self { id: id.map(str::to_owned), ..self }
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.public.jwk();
        jwk["kid"] = json!(self.id);
        jwk
    }

    /// An assertion of this client for this server, with a new `jti` each time; `changes` replace claims.
    pub fn signs(&self, test: &TestServer, client: &str, changes: &Value) -> String {
        let issuer = test.server.config.issuer().as_str();
        let now = test.clock.now().0;
        let name = format!("{}-{}", self.public.id(), self.signed.fetch_add(1, Ordering::SeqCst));
        let mut claims =
            json!({ "iss": client, "sub": client, "aud": issuer, "iat": now, "exp": now + 60, "jti": name });
        claims.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&json!({ "alg": "ES256", "kid": self.id })), part(&claims));
        let signature: Signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

/// The form parameters that carry an assertion.
pub fn shown(assertion: &str) -> [(&str, &str); 2] {
    [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]
}

/// A client document for [`DOCUMENT`], with additional or changed `members`.
pub fn document(members: &Value) -> Value {
    let mut document = json!({
        "client_id": DOCUMENT, "client_name": "The app", "redirect_uris": [CALLBACK, "http://localhost:33418/callback"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
    });
    document.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
    document
}

/// The client of the document at [`DOCUMENT`].
pub fn client() -> Client {
    Client { id: DOCUMENT.to_owned(), redirect_uri: CALLBACK.to_owned() }
}

/// The URL of the token endpoint, which some clients use as the audience of an assertion.
pub fn token_endpoint(test: &TestServer) -> String {
    test.server.config.issuer().url(paths::TOKEN)
}
