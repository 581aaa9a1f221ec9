//! Client assertions: a client authenticates with a JWT that it signed (RFC 7523 §2.2, §3; OpenID Connect Core 1.0
//! §9).

use crate::jose::JwkSet;
use crate::jose::jwt::Foreign;
use crate::ports::{CLOCK_SKEW, Timestamp};
use crate::protocol::{ClientId, Digest, Issuer, shortened};
use serde::Deserialize;
use std::fmt;
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

    /// Checks everything except the signature (RFC 7523 §3). The audience is the issuer (draft-ietf-oauth-rfc7523bis), or
    /// `other_audience`, for clients that may use it.
    ///
    /// # Errors
    /// The rule that was broken, with the value that was sent and the value that is expected.
    pub fn validate(
        &self,
        client: &ClientId,
        issuer: &Issuer,
        other_audience: Option<&str>,
        now: Timestamp,
    ) -> Result<AssertionId, String> {
        let Claims { iss, sub, aud, exp, nbf, jti } = &self.0.claims;
        let (now, skew) = (now.0 as f64, CLOCK_SKEW.as_secs() as f64);
        if *iss != client.0 || *sub != client.0 {
            let (iss, sub, id) = (shortened(iss), shortened(sub), shortened(&client.0));
            return Err(format!("has the iss {iss} and the sub {sub}; both must be the client_id, {id}"));
        }
        if !aud.is_only(issuer, other_audience) {
            let or = other_audience.map(|other| format!(" or {other}")).unwrap_or_default();
            return Err(format!("has the aud {aud}; it must be {issuer}{or}, alone"));
        }
        if *exp <= now {
            return Err(format!("has expired: exp is {}, and it is {now} here", seconds(*exp)));
        }
        if *exp > now + MAX_LIFETIME.as_secs() as f64 + skew {
            let why = "is valid for longer than one hour; use an earlier exp, or set the clock";
            return Err(format!("{why}: exp is {}, and it is {now} here", seconds(*exp)));
        }
        if let Some(begin) = nbf.filter(|begin| *begin > now + skew) {
            let begin = seconds(begin);
            return Err(format!("is not valid yet: nbf is {begin}, and it is {now} here"));
        }
        if jti.is_empty() || jti.len() > 256 {
            return Err(format!("must have a jti of 1 to 256 bytes, not {}", jti.len()));
        }
        let digest = Digest::of(format!("{}\n{jti}", client.0));
        Ok(AssertionId { digest, expires_at: Timestamp(exp.ceil() as u64) })
    }

    /// Whether one of the client's keys signed it.
    pub fn is_signed_by(&self, keys: &JwkSet) -> bool {
        self.0.is_signed_by(keys)
    }
}

/// A time in a claim. A sender may write any number.
fn seconds(at: f64) -> String {
    if at.abs() < 1e15 { at.to_string() } else { format!("{at:e}") }
}

impl Audience {
    fn is_only(&self, issuer: &Issuer, other: Option<&str>) -> bool {
        let is_ours = |one: &String| *one == issuer.as_str() || Some(one.as_str()) == other;
        match self {
            Self::One(one) => is_ours(one),
            // An assertion with a second recipient could be replayed here by that recipient.
            Self::Several(several) => matches!(&several[..], [one] if is_ours(one)),
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(one) => f.write_str(&shortened(one)),
            Self::Several(several) => write!(f, "[{}]", shortened(&several.join(", "))),
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

    fn validated(changes: &Value) -> Result<AssertionId, String> {
        validated_for(changes, None)
    }

    fn validated_for(changes: &Value, other_audience: Option<&str>) -> Result<AssertionId, String> {
        let mut claims = json!({
            "iss": "app", "sub": "app", "aud": "https://as.example", "exp": NOW + 60, "jti": "one",
        });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}.AAAA", part(&json!({ "alg": "ES256" })), part(&claims));
        let assertion = ClientAssertion::parse(&text).ok_or("is none")?;
        let issuer = Issuer::parse("https://as.example").unwrap();
        assertion.validate(&ClientId("app".into()), &issuer, other_audience, Timestamp(NOW))
    }

    #[test]
    fn an_assertion_names_its_client_its_reader_and_itself_and_ends_soon() {
        for right in [
            json!({}),
            json!({ "aud": ["https://as.example"] }),
            json!({ "exp": NOW as f64 + 0.5 }),
            json!({ "nbf": NOW + 30, "iat": NOW + 30 }),
        ] {
            assert!(validated(&right).is_ok(), "{right}");
        }
        for (wrong, why) in [
            (json!({ "iss": "other" }), "the iss other and the sub app; both must be the client_id, app"),
            (json!({ "sub": "other" }), "the iss app and the sub other"),
            (
                json!({ "aud": "https://other.example" }),
                "aud https://other.example; it must be https://as.example, alone",
            ),
            (json!({ "aud": "https://as.example/oauth/token" }), "it must be https://as.example, alone"),
            (json!({ "aud": [] }), "aud"),
            (json!({ "aud": ["https://other.example", "https://as.example"] }), "aud"),
            (json!({ "aud": "https://as.example/" }), "aud"),
            (json!({ "exp": NOW }), "exp is 1790000000, and it is 1790000000 here"),
            (json!({ "exp": NOW + 4000 }), "longer"),
            (json!({ "exp": 1e300 }), "exp is 1e300, and it is 1790000000 here"),
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
    fn the_token_endpoint_is_an_audience_only_where_it_is_allowed() {
        let endpoint = "https://as.example/oauth/token";
        for (aud, allowed) in [
            (json!(endpoint), true),
            (json!([endpoint]), true),
            (json!("https://as.example"), true),
            (json!([endpoint, "https://as.example"]), false),
            (json!("https://as.example/token"), false),
        ] {
            let sent = json!({ "aud": aud });
            assert_eq!(validated_for(&sent, Some(endpoint)).is_ok(), allowed, "{sent}");
            assert_eq!(validated(&sent).is_ok(), aud == "https://as.example", "{sent}");
        }
    }

    #[test]
    fn an_array_is_neither_header_nor_claims() {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "ES256" });
        let claims = json!({
            "iss": "app", "sub": "app", "aud": "https://as.example", "exp": NOW + 60, "jti": "one",
        });
        let read = |header: &Value, claims: &Value| {
            ClientAssertion::parse(&format!("{}.{}.AAAA", part(header), part(claims))).is_some()
        };
        assert!(read(&header, &claims));
        assert!(!read(&json!(["ES256", null, null]), &claims));
        assert!(!read(&header, &json!(["app", "app", "https://as.example", NOW + 60, null, "one"])));
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
