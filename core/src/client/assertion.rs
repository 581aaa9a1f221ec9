//! Client assertions: a client authenticates with a JWT that it signed (RFC 7523 §2.2, §3; OpenID Connect Core 1.0
//! §9).

use crate::jose::JwkSet;
use crate::jose::jwt::Foreign;
use crate::ports::{CLOCK_SKEW, Timestamp};
use crate::protocol::{ClientId, Digest, Issuer};
use serde::Deserialize;
use std::time::Duration;

/// The value of `client_assertion_type` (RFC 7523 §2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The longest accepted lifetime: 1 hour. Until an assertion expires, the store remembers its `jti` (replay).
const MAX_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A client assertion whose signature is not verified yet.
#[derive(Clone, Debug)]
pub struct ClientAssertion(Foreign<Claims>);

#[derive(Clone, Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
    jti: String,
}

/// The `aud` claim: one recipient, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// The identity of an assertion, by which the store detects a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssertionId {
    /// A digest of the client's id and the `jti`.
    pub digest: Digest,
    /// When the assertion expires. From then on it is refused anyway.
    pub expires_at: Timestamp,
}

impl ClientAssertion {
    /// Parses an assertion.
    pub fn parse(text: &str) -> Option<Self> {
        Foreign::parse(text).map(Self)
    }

    /// The client that it claims to be from (`sub`).
    pub fn client(&self) -> &str {
        &self.0.claims.sub
    }

    /// The id of the key that it claims to be signed with (`kid`).
    pub fn key(&self) -> Option<&str> {
        self.0.key()
    }

    /// Checks everything except the signature (RFC 7523 §3).
    ///
    /// # Errors
    /// The rule that was broken.
    pub fn validate(
        &self,
        client: &ClientId,
        issuer: &Issuer,
        token_endpoint: &str,
        now: Timestamp,
    ) -> Result<AssertionId, &'static str> {
        let Claims { iss, sub, aud, exp, nbf, jti } = &self.0.claims;
        let (now, skew) = (now.0 as f64, CLOCK_SKEW.as_secs() as f64);
        if *iss != client.0 || *sub != client.0 {
            return Err("must have the client_id as iss and as sub");
        }
        if !aud.names(issuer, token_endpoint) {
            return Err("must have the issuer or the token endpoint as its only aud");
        }
        if *exp <= now {
            return Err("has expired");
        }
        if *exp > now + MAX_LIFETIME.as_secs() as f64 + skew {
            return Err("is valid for longer than one hour; use an earlier exp");
        }
        if nbf.is_some_and(|begin| begin > now + skew) {
            return Err("is not valid yet: nbf is in the future");
        }
        if jti.is_empty() || jti.len() > 256 {
            return Err("must have a jti of 1 to 256 bytes");
        }
        let digest = Digest::of(format!("{}\n{jti}", client.0));
        Ok(AssertionId { digest, expires_at: Timestamp(exp.ceil() as u64) })
    }

    /// Whether one of the client's keys signed it.
    pub fn is_signed_by(&self, keys: &JwkSet) -> bool {
        self.0.is_signed_by(keys)
    }
}

impl Audience {
    /// Newer specifications ask for the issuer only. Older clients send the URL of the token endpoint.
    fn names(&self, issuer: &Issuer, token_endpoint: &str) -> bool {
        let is_ours = |one: &String| *one == issuer.as_str() || one == token_endpoint;
        match self {
            Self::One(one) => is_ours(one),
            // An assertion with a second recipient could be replayed here by that recipient.
            Self::Several(several) => matches!(&several[..], [one] if is_ours(one)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const NOW: u64 = 1_790_000_000;

    fn validated(changes: &Value) -> Result<AssertionId, &'static str> {
        let mut claims = json!({
            "iss": "app", "sub": "app", "aud": "https://as.example", "exp": NOW + 60, "jti": "one",
        });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}.AAAA", part(&json!({ "alg": "ES256" })), part(&claims));
        let assertion = ClientAssertion::parse(&text).ok_or("is none")?;
        let issuer = Issuer::parse("https://as.example").unwrap();
        assertion.validate(&ClientId("app".into()), &issuer, "https://as.example/oauth/token", Timestamp(NOW))
    }

    #[test]
    fn an_assertion_names_its_client_its_reader_and_itself_and_ends_soon() {
        for right in [
            json!({}),
            json!({ "aud": "https://as.example/oauth/token" }),
            json!({ "aud": ["https://as.example"] }),
            json!({ "exp": NOW as f64 + 0.5 }),
            json!({ "nbf": NOW + 30, "iat": NOW + 30 }),
        ] {
            assert!(validated(&right).is_ok(), "{right}");
        }
        for (wrong, why) in [
            (json!({ "iss": "other" }), "iss"),
            (json!({ "sub": "other" }), "iss"),
            (json!({ "aud": "https://other.example" }), "aud"),
            (json!({ "aud": [] }), "aud"),
            (json!({ "aud": ["https://other.example", "https://as.example"] }), "aud"),
            (json!({ "aud": "https://as.example/" }), "aud"),
            (json!({ "exp": NOW }), "expired"),
            (json!({ "exp": NOW + 4000 }), "longer"),
            (json!({ "exp": 1e300 }), "longer"),
            (json!({ "nbf": NOW + 100 }), "not valid yet"),
            (json!({ "jti": "" }), "jti"),
            (json!({ "jti": "x".repeat(257) }), "jti"),
            (json!({ "jti": null }), "is none"),
            (json!({ "exp": null }), "is none"),
        ] {
            let refused = validated(&wrong).unwrap_err();
            assert!(refused.contains(why), "{wrong}: {refused}");
        }
    }

    #[test]
    fn names_are_each_clients_own() {
        let one = validated(&json!({})).unwrap();
        assert_eq!(validated(&json!({ "exp": NOW + 61 })).unwrap().digest, one.digest);
        assert_ne!(validated(&json!({ "jti": "two" })).unwrap().digest, one.digest);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([A-Za-z0-9_-]{0,20}\\.){0,4}\\PC{0,20}") {
            prop_assert!(ClientAssertion::parse(&text).is_none());
        }
    }
}
