//! Which claims meet which rules.

use super::*;
use crate::config::{Allowed, ProviderSettings};
use serde_json::{Map, Value, json};

const THERE: &str = "https://idp.example";

fn settings(issuer: &str, rules: &str) -> PeopleRules {
    let settings = ProviderSettings::new(issuer, "us", Allowed::parse(rules).unwrap());
    settings.unwrap().registration.people
}

fn claims(token: &Value) -> Claims {
    let members: Map<_, _> = token.as_object().unwrap().clone();
    Claims::new("1".to_owned(), members)
}

fn verified(email: &str) -> Value {
    json!({ "email": email, "email_verified": true })
}

#[test]
fn a_user_who_matches_one_rule_is_admitted() {
    for (issuer, rules, held, admitted) in [
        (THERE, "anyone", json!({}), true),
        (THERE, "domain:a.example", verified("x@A.example"), true),
        (THERE, "domain:a.example", verified("\"a@x\"@a.example"), true),
        (THERE, "domain:a.example", verified("a.example"), false),
        (THERE, "domain:a.example", verified("x@b.a.example"), false),
        (THERE, "domain:a.example", verified("x@a.example.evil"), false),
        (THERE, "domain:b.example, domain:a.example", verified("x@a.example"), true),
        (THERE, "domain:a.example", json!({ "hd": "a.example" }), false),
        (GOOGLE, "domain:a.example", json!({ "hd": "a.example" }), true),
        (GOOGLE, "domain:a.example", verified("x@a.example"), false),
        (THERE, "group:staff", json!({ "groups": ["all", "staff"] }), true),
        (THERE, "group:staff", json!({ "groups": "staff" }), true),
        (THERE, "group:staff", json!({ "groups": ["Staff"] }), false),
        (THERE, "group:staff", json!({ "roles": ["staff"] }), false),
        (THERE, "domain:a.example, group:staff", json!({ "groups": ["staff"] }), true),
        (THERE, "domain:a.example, group:staff", json!({}), false),
    ] {
        let admits = settings(issuer, rules).admit(&claims(&held)).is_ok();
        assert_eq!(admits, admitted, "{issuer} {rules:?} {held}");
    }
}

#[test]
fn clients_are_told_verified_addresses_only() {
    let named = |mut claims: Value| {
        claims["name"] = json!("Alice \u{202E}A");
        claims
    };
    for (issuer, held, email) in [
        (THERE, verified("alice@a.example"), Some("alice@a.example")),
        (THERE, json!({ "email": "alice@a.example", "email_verified": false }), None),
        (THERE, json!({ "email": "alice@a.example" }), None),
        (THERE, json!({ "email_verified": true }), None),
        (THERE, verified("alice@a.example\n"), None),
        (THERE, verified(&format!("alice@{}.example", "a".repeat(300))), None),
        (GOOGLE, verified("alice@a.example"), None),
        (GOOGLE, verified("alice@GMAIL.com"), Some("alice@GMAIL.com")),
        (GOOGLE, verified("alice@evil-gmail.com"), None),
        (
            GOOGLE,
            json!({ "email": "a@a.example", "email_verified": true, "hd": "a.example" }),
            Some("a@a.example"),
        ),
    ] {
        let profile = settings(issuer, "anyone").profile(&claims(&named(held.clone())));
        assert_eq!(profile.email.as_ref().map(EmailAddress::as_str), email, "{issuer} {held}");
        assert_eq!(profile.name.unwrap().as_str(), "Alice A");
    }
    assert_eq!(settings(THERE, "anyone").profile(&claims(&json!({}))), Profile::default());
}

#[test]
fn every_cause_of_a_refusal_has_a_sentence_of_its_own() {
    let mut reasons = std::collections::BTreeSet::new();
    for (issuer, rules, held, why) in [
        (THERE, "domain:a.example", json!({}), "no email;"),
        (THERE, "domain:a.example", json!({ "email": "x@a.example" }), "without email_verified"),
        (
            THERE,
            "domain:a.example",
            json!({ "email": "x@a.example", "email_verified": false }),
            "is \"false\": the provider has not verified",
        ),
        (THERE, "domain:a.example", verified("x@b\n.example"), "\"b\\n.example\", which"),
        (GOOGLE, "domain:a.example", json!({}), "no hd"),
        (GOOGLE, "domain:a.example", json!({ "hd": "b.example" }), "hd of the account is \"b.example\""),
        (THERE, "group:staff", json!({}), "no groups in the claim groups"),
        (THERE, "group:staff", json!({ "groups": [] }), "an empty list of groups in the claim groups"),
        (THERE, "group:staff", json!({ "_claim_names": { "groups": "src1" } }), "left out"),
        (
            THERE,
            "group:staff",
            json!({ "groups": ["a", "b", "c", "d", "e", "f", "g"] }),
            "are \"a\", \"b\", \"c\", \"d\", \"e\" and 2 more",
        ),
    ] {
        let refused = settings(issuer, rules).admit(&claims(&held)).unwrap_err();
        let [mismatch] = &refused[..] else { panic!("{held}: {refused:?}") };
        assert!(mismatch.to_string().contains(why), "{held}: {mismatch}");
        assert!(reasons.insert(mismatch.to_string()), "{mismatch}");
    }
    let both = settings(THERE, "domain:a.example,group:staff,domain:b.example").admit(&claims(&json!({})));
    assert_eq!(both, Err(vec![Mismatch::NoEmail, Mismatch::NoGroups("groups".to_owned())]));
}
