//! The ID token, in which an identity provider identifies a user (OpenID Connect Core 1.0 §2, §3.1.3.7).

use crate::jose::JwkSet;
use crate::jose::jwt::Foreign;
use crate::ports::{CLOCK_SKEW, Timestamp};
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

/// The claims of a provider about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    /// The user's id at this provider, which never changes (§2).
    pub(crate) subject: String,
    others: Map<String, Value>,
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
        Ok(Claims { subject, others: claims })
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

impl Claims {
    /// Adds the claims of the provider's `UserInfo` endpoint that the token does not have. Claims about another
    /// user are refused (§5.3.2).
    ///
    /// # Errors
    /// A text that says that the claims are about another user.
    pub(crate) fn complete(&mut self, userinfo: Map<String, Value>) -> Result<(), &'static str> {
        if userinfo.get("sub").and_then(Value::as_str) != Some(&self.subject) {
            return Err("the sub of the provider's UserInfo response differs from the ID token");
        }
        for (name, value) in userinfo {
            self.others.entry(name).or_insert(value);
        }
        Ok(())
    }

    /// Whether there is a claim with this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.others.contains_key(name)
    }

    /// The value of a claim that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.others.get(name).and_then(Value::as_str)
    }

    /// The values of a claim that is one text or a list of texts.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let value = self.others.get(name);
        let list = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        value.and_then(Value::as_str).into_iter().chain(list.iter().filter_map(Value::as_str))
    }

    /// The domain of an email address that the provider has verified. Some providers send `email_verified` as text,
    /// such as Cognito.
    pub(crate) fn verified_domain(&self) -> Option<&str> {
        let verified = match self.others.get("email_verified") {
            Some(Value::Bool(verified)) => *verified,
            Some(Value::String(text)) => text == "true",
            _ => false,
        };
        self.text("email").filter(|_| verified)?.rsplit_once('@').map(|(_, domain)| domain)
    }

    /// The user's name for our pages.
    pub(crate) fn name(&self) -> Option<&str> {
        let sound = |name: &&str| {
            !name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control)
        };
        NAMES.iter().find_map(|claim| self.text(claim).map(str::trim).filter(sound))
    }
}

/// The claims that may hold a name, the best first.
const NAMES: [&str; 3] = ["email", "preferred_username", "name"];
const MAX_NAME: usize = 100;

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

    #[test]
    fn what_userinfo_says_fills_gaps_and_is_of_the_same_person() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let mut claims = validated(&json!({ "email": "a@token.example" })).unwrap();
        assert!(claims.complete(object(json!({ "sub": "124", "name": "B" }))).is_err());
        assert!(claims.complete(object(json!({ "name": "B" }))).is_err());
        let more = json!({ "sub": "123", "email": "a@info.example", "groups": ["x", 1], "role": "y" });
        claims.complete(object(more)).unwrap();
        assert_eq!(claims.text("email"), Some("a@token.example"));
        assert_eq!(claims.texts("groups").collect::<Vec<_>>(), ["x"]);
        assert_eq!(claims.texts("role").collect::<Vec<_>>(), ["y"]);
        assert_eq!(claims.texts("name").count(), 0);
    }

    #[test]
    fn an_address_counts_when_the_provider_has_verified_it() {
        for (claims, domain) in [
            (json!({ "email": "a@b.example", "email_verified": true }), Some("b.example")),
            (json!({ "email": "a@b.example", "email_verified": "true" }), Some("b.example")),
            (json!({ "email": "\"a@x\"@b.example", "email_verified": true }), Some("b.example")),
            (json!({ "email": "a@b.example", "email_verified": false }), None),
            (json!({ "email": "a@b.example", "email_verified": 1 }), None),
            (json!({ "email": "a@b.example" }), None),
            (json!({ "email": "a", "email_verified": true }), None),
        ] {
            assert_eq!(validated(&claims).unwrap().verified_domain(), domain, "{claims}");
        }
    }

    #[test]
    fn a_person_is_called_by_what_tells_most() {
        for (claims, name) in [
            (json!({ "name": "A", "email": "a@b.example", "preferred_username": "aa" }), Some("a@b.example")),
            (json!({ "name": "A", "preferred_username": "aa" }), Some("aa")),
            (json!({ "name": "A", "email": "a\u{7}" }), Some("A")),
            (json!({ "name": "x".repeat(101) }), None),
        ] {
            assert_eq!(validated(&claims).unwrap().name(), name, "{claims}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([A-Za-z0-9_-]{0,20}\\.){0,4}\\PC{0,20}") {
            prop_assert!(IdToken::parse(&text).is_none());
        }
    }
}
