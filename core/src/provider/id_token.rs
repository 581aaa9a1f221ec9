//! The ID token, in which an identity provider identifies a user (OpenID Connect Core 1.0 §2, §3.1.3.7).

use crate::jose::JwkSet;
use crate::jose::jwt::Foreign;
use crate::ports::{CLOCK_SKEW, Timestamp};
use crate::provider::claims::Claims;
use serde_json::{Map, Value};

/// An ID token that is not verified yet.
#[derive(Clone, Debug)]
pub(crate) struct IdToken(Foreign<Map<String, Value>>);

/// The values that an ID token must have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    /// The provider.
    pub(crate) issuer: &'a str,
    /// This server's client id at the provider.
    pub(crate) client_id: &'a str,
    /// The nonce that was sent to the provider with this user.
    pub(crate) nonce: &'a str,
    /// The current time.
    pub(crate) now: Timestamp,
}

/// §2: at most 255 ASCII characters.
const MAX_SUBJECT: usize = 255;

impl IdToken {
    /// Parses a token.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Foreign::parse(text).map(Self)
    }

    /// The `kid` in the token's header: the id of the key that signed it.
    pub(crate) fn key(&self) -> Option<&str> {
        self.0.key()
    }

    /// The `alg` in the token's header.
    pub(crate) fn algorithm(&self) -> &str {
        self.0.algorithm()
    }

    /// Whether one of the provider's keys signed it.
    pub(crate) fn is_signed_by(&self, keys: &JwkSet) -> bool {
        self.0.is_signed_by(keys)
    }

    /// Checks everything except the signature (§3.1.3.7).
    ///
    /// # Errors
    /// The rule that was broken.
    pub(crate) fn validate(self, expected: Expected<'_>) -> Result<Claims, &'static str> {
        let claims = self.0.claims;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let Expected { issuer, client_id, nonce, now } = expected;
        if text("iss") != Some(issuer) {
            return Err("its iss is not the provider's issuer");
        }
        let audience = audience(claims.get("aud"));
        if !audience.contains(&client_id) {
            return Err("its aud is not this server's client id");
        }
        if (audience.len() > 1 || claims.contains_key("azp")) && text("azp") != Some(client_id) {
            return Err("its azp is not this server's client id");
        }
        let expires = claims.get("exp").and_then(Value::as_f64).ok_or("it has no exp")?;
        if expires + CLOCK_SKEW.as_secs() as f64 <= now.0 as f64 {
            return Err("it has expired");
        }
        if text("nonce") != Some(nonce) {
            return Err("its nonce differs from the nonce of the request");
        }
        let subject = text("sub").map(str::to_owned).ok_or("it has no sub")?;
        if !(1..=MAX_SUBJECT).contains(&subject.len()) || !subject.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err("its sub is empty, too long, or not plain ASCII");
        }
        Ok(Claims::new(subject, claims))
    }
}

/// The recipients: one or several.
fn audience(aud: Option<&Value>) -> Vec<&str> {
    match aud {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;
    use serde_json::json;

    const NOW: u64 = 1_790_000_000;

    fn validated(changes: &Value) -> Result<Claims, &'static str> {
        let mut claims = json!({
            "iss": "https://idp.example", "sub": "123", "aud": "us", "exp": NOW + 60, "nonce": "n",
        });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}.AAAA", part(&json!({ "alg": "RS256" })), part(&claims));
        let token = IdToken::parse(&text).ok_or("is none")?;
        token.validate(Expected {
            issuer: "https://idp.example",
            client_id: "us",
            nonce: "n",
            now: Timestamp(NOW),
        })
    }

    #[test]
    fn a_token_is_of_this_provider_for_us_and_for_this_visit() {
        for right in [
            json!({}),
            json!({ "aud": ["us"] }),
            json!({ "aud": ["us", "them"], "azp": "us" }),
            json!({ "exp": NOW - 30 }),
        ] {
            assert!(validated(&right).is_ok(), "{right}");
        }
        for (wrong, why) in [
            (json!({ "iss": "https://idp.example/" }), "iss"),
            (json!({ "iss": null }), "iss"),
            (json!({ "aud": "them" }), "aud"),
            (json!({ "aud": [] }), "aud"),
            (json!({ "aud": null }), "aud"),
            (json!({ "aud": ["us", "them"], "azp": "them" }), "azp"),
            (json!({ "aud": ["us", "them"] }), "azp"),
            (json!({ "azp": null }), "azp"),
            (json!({ "exp": NOW - 61 }), "expired"),
            (json!({ "exp": null }), "exp"),
            (json!({ "nonce": "m" }), "nonce"),
            (json!({ "nonce": null }), "nonce"),
            (json!({ "sub": "" }), "sub"),
            (json!({ "sub": 123 }), "sub"),
            (json!({ "sub": "ä" }), "sub"),
            (json!({ "sub": "x".repeat(256) }), "sub"),
        ] {
            let refused = validated(&wrong).unwrap_err();
            assert!(refused.contains(why), "{wrong}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([A-Za-z0-9_-]{0,20}\\.){0,4}\\PC{0,20}") {
            prop_assert!(IdToken::parse(&text).is_none());
        }
    }
}
