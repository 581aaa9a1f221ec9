//! Which accounts of the provider may sign in: the operator's rules, applied to a provider's claims.

use crate::config::{ProviderSettings, Rule};
use crate::provider::id_token::Claims;

/// Any user can have a Google account, even with the email address of a company that they have left. Only the `hd`
/// claim says which organization the account belongs to.
const GOOGLE: &str = "https://accounts.google.com";
const HOSTED_DOMAIN: &str = "hd";

impl ProviderSettings {
    /// Whether a user with these claims may sign in.
    pub(crate) fn admits(&self, claims: &Claims) -> bool {
        self.allowed.0.iter().any(|rule| match rule {
            Rule::Anyone => true,
            Rule::Domain(domain) => {
                self.domain(claims).is_some_and(|theirs| theirs.eq_ignore_ascii_case(domain))
            }
            Rule::Group(group) => claims.texts(&self.groups_claim).any(|theirs| theirs == group),
        })
    }

    fn domain<'a>(&self, claims: &'a Claims) -> Option<&'a str> {
        if self.issuer == GOOGLE { claims.text(HOSTED_DOMAIN) } else { claims.verified_domain() }
    }

    /// Whether these claims lack something that the rules need, or the name of the user.
    pub(crate) fn lacks(&self, claims: &Claims) -> bool {
        let lacked = |rule: &Rule| match rule {
            Rule::Anyone => false,
            Rule::Domain(_) => self.issuer != GOOGLE && !claims.has("email"),
            Rule::Group(_) => !claims.has(&self.groups_claim),
        };
        claims.name().is_none() || self.allowed.0.iter().any(lacked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Allowed;
    use crate::ports::Timestamp;
    use crate::provider::id_token::{Expected, IdToken};
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    fn settings(issuer: &str, rules: &str) -> ProviderSettings {
        ProviderSettings::new(issuer, "us", Allowed::parse(rules).unwrap()).unwrap()
    }

    fn claims(issuer: &str, changes: &Value) -> Claims {
        let mut claims = json!({ "iss": issuer, "sub": "1", "aud": "us", "exp": 2, "nonce": "n" });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}.AAAA", part(&json!({ "alg": "RS256" })), part(&claims));
        let expected = Expected { issuer, client_id: "us", nonce: "n", now: Timestamp(1) };
        IdToken::parse(&text).unwrap().validate(expected).unwrap()
    }

    #[test]
    fn whoever_meets_one_rule_comes_in() {
        let there = "https://idp.example";
        let verified = |email: &str| json!({ "email": email, "email_verified": true });
        for (issuer, rules, held, admitted) in [
            (there, "anyone", json!({}), true),
            (there, "domain:a.example", verified("x@A.example"), true),
            (there, "domain:a.example", verified("x@b.a.example"), false),
            (there, "domain:a.example", verified("x@a.example.evil"), false),
            (there, "domain:a.example", json!({ "email": "x@a.example" }), false),
            (there, "domain:a.example", json!({ "hd": "a.example" }), false),
            (GOOGLE, "domain:a.example", json!({ "hd": "a.example" }), true),
            (GOOGLE, "domain:a.example", verified("x@a.example"), false),
            (there, "group:staff", json!({ "groups": ["all", "staff"] }), true),
            (there, "group:staff", json!({ "groups": "staff" }), true),
            (there, "group:staff", json!({ "groups": ["Staff"] }), false),
            (there, "group:staff", json!({ "roles": ["staff"] }), false),
            (there, "domain:a.example, group:staff", json!({ "groups": ["staff"] }), true),
            (there, "domain:a.example, group:staff", json!({}), false),
        ] {
            let admits = settings(issuer, rules).admits(&claims(issuer, &held));
            assert_eq!(admits, admitted, "{issuer} {rules:?} {held}");
        }
    }

    #[test]
    fn more_is_asked_where_a_rule_or_a_name_needs_it() {
        let there = "https://idp.example";
        for (rules, held, lacks) in [
            ("anyone", json!({ "name": "A" }), false),
            ("anyone", json!({}), true),
            ("domain:a.example", json!({ "name": "A" }), true),
            ("domain:a.example", json!({ "email": "x@a.example" }), false),
            ("group:staff", json!({ "email": "x@a.example" }), true),
            ("group:staff", json!({ "name": "A", "groups": [] }), false),
        ] {
            assert_eq!(settings(there, rules).lacks(&claims(there, &held)), lacks, "{rules:?} {held}");
        }
    }
}
