//! Sign-in at an OpenID provider: the keys of ID tokens, and how they change.

use crate::events;
use crate::provider::{ada, browser, go, sign_in_at_provider, test};
use crate::provider_claims::{object, reason};
use doorward::config::{Allowed, IdentityIssuer, TrustedIssuer};
use doorward::protocol::Resource;
use doorward::wire::EventKind;
use harness::identity::{ClientWithSecret, Company, MCP};
use harness::provider::{Faults, Provider};
use harness::test_server::{sound, text};
use harness::{Client, TestServer};
use serde_json::{Value, json};
use std::time::Duration;

/// Signs a user in. Returns the status, and how often the keys were fetched.
async fn sign_in(test: &TestServer, provider: &Provider, client: &Client) -> (u16, usize) {
    provider.take();
    let came = go(test, provider, &mut browser(), &client.url(), &ada()).await;
    let fetched = provider.take().iter().filter(|path| *path == "/jwks").count();
    (came.status().as_u16(), fetched)
}

fn faults(header: &Value, jwk: &Value, rotated: bool) -> Faults {
    Faults { header: object(header), jwk: object(jwk), rotated, ..Faults::default() }
}

#[tokio::test]
async fn a_key_that_changes_under_its_kid_or_without_one_is_fetched_again() {
    let (same, none) = (json!({ "kid": "1" }), json!({ "kid": null }));
    for (header, jwk) in [(&same, &same), (&none, &same), (&none, &none), (&json!({}), &json!({}))] {
        let provider = Provider::start().await;
        let test = test(&provider, "anyone").await;
        let client = Client::register(&test).await;
        provider.set_faults(faults(header, jwk, false));
        assert_eq!(sign_in(&test, &provider, &client).await, (303, 1), "{header}");
        provider.set_faults(faults(header, jwk, true));
        test.clock.pass(Duration::from_secs(59));
        assert_eq!(sign_in(&test, &provider, &client).await, (503, 0), "{header}: fetched a moment ago");
        test.clock.pass(Duration::from_secs(1));
        assert_eq!(sign_in(&test, &provider, &client).await, (303, 1), "{header}");
        test.clock.pass(Duration::from_secs(3599));
        assert_eq!(sign_in(&test, &provider, &client).await, (303, 0), "{header}");
    }
}

#[tokio::test]
async fn tokens_that_no_key_verifies_cause_one_fetch_a_minute() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    assert_eq!(sign_in(&test, &provider, &client).await, (303, 1));
    test.clock.pass(Duration::from_secs(61));
    let mut waiting = Vec::new();
    for _ in 0..8 {
        let mut person = browser();
        let back = sign_in_at_provider(&test, &provider, &mut person, &client.url(), &ada()).await;
        waiting.push((person, back));
    }
    provider.take();
    provider.set_faults(Faults { key: true, ..Faults::default() });
    let opened = waiting.into_iter().map(|(mut person, back)| {
        let test = test.clone();
        tokio::spawn(async move { person.open(&test, &back).await })
    });
    let opened: Vec<_> = opened.collect();
    for answer in opened {
        let answer = answer.await.unwrap();
        assert_eq!((answer.status().as_u16(), events(&answer)), (502, vec![EventKind::Refused]));
        assert!(reason(&answer).contains("no key that the provider publishes"), "{}", reason(&answer));
    }
    assert_eq!(provider.take().iter().filter(|path| *path == "/jwks").count(), 1, "at the same time");
    for second in 1..60 {
        test.clock.pass(Duration::from_secs(1));
        if second % 20 == 0 {
            assert_eq!(sign_in(&test, &provider, &client).await, (503, 0), "after {second} s");
        }
    }
    test.clock.pass(Duration::from_secs(1));
    assert_eq!(sign_in(&test, &provider, &client).await, (502, 1));
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_again_are_asked_for_once_a_minute() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    assert_eq!(sign_in(&test, &provider, &client).await, (303, 1));
    let gone = json!({ "jwks_uri": format!("{}/gone", provider.issuer()) });
    provider.set_faults(Faults { metadata: object(&gone), ..Faults::default() });
    test.clock.pass(Duration::from_secs(3600));
    // The metadata is fetched again, and names a place without keys. The old keys go on.
    let came = go(&test, &provider, &mut browser(), &client.url(), &ada()).await;
    assert_eq!(events(&came), [EventKind::SignedIn]);
    provider.set_faults(Faults { metadata: object(&gone), rotated: true, ..Faults::default() });
    test.clock.pass(Duration::from_secs(30));
    let came = go(&test, &provider, &mut browser(), &client.url(), &ada()).await;
    assert_eq!(came.status(), 503);
    let why = reason(&came);
    assert!(
        why.contains("are 3630 s old") && why.contains("the last fetch failed") && why.contains("404"),
        "{why}"
    );
    let asked = provider.take();
    assert_eq!(asked.iter().filter(|path| *path == "/gone").count(), 1, "{asked:?}");
}

#[tokio::test]
async fn an_unsupported_algorithm_is_named() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let long = "x".repeat(1000);
    for (alg, quoted) in [
        ("HS256", "alg is \"HS256\""),
        ("none", "alg is \"none\""),
        ("RS512\n", "\"RS512\\n\""),
        (&long, "xxx\";"),
    ] {
        provider.set_faults(faults(&json!({ "alg": alg }), &json!({}), false));
        let came = go(&test, &provider, &mut browser(), &client.url(), &ada()).await;
        assert_eq!((came.status().as_u16(), events(&came)), (502, vec![EventKind::Refused]), "{alg}");
        let why = reason(&came);
        assert!(
            why.contains(quoted) && why.contains("RS256, PS256, ES256, EdDSA") && why.len() < 500,
            "{why}"
        );
        assert!(alg == "none" || !text(&came).contains(alg), "the page does not repeat it");
    }
}

#[tokio::test]
async fn an_issuer_with_other_keys_for_assertions_than_for_sign_ins_has_each_for_its_own() {
    let (company, elsewhere) = (Company::start().await, Provider::start().await);
    elsewhere.set_faults(Faults { rotated: true, ..Faults::default() });
    let issuer = TrustedIssuer::new(company.provider.issuer()).unwrap();
    let issuer = issuer.with_keys_url(&format!("{}/jwks", elsewhere.issuer())).unwrap();
    let issuer = IdentityIssuer::new(issuer, Allowed::parse("anyone").unwrap()).unwrap();
    let issuer = issuer.with_resources(vec![Resource::parse(MCP).unwrap()]);
    let config = sound().identity_issuer(issuer).provider(company.provider.settings("anyone"));
    let test = TestServer::of(config).await;
    let (client, robot) = (Client::register(&test).await, ClientWithSecret::register(&test).await);
    let exchanges = || async {
        let assertion = company.assertion(&test, &robot.id, &json!({}));
        robot.exchanges(&test, &assertion).await.status().as_u16()
    };
    assert_eq!(sign_in(&test, &company.provider, &client).await, (303, 1));
    assert_eq!(exchanges().await, 400, "the key of ID tokens signs no assertion");
    company.provider.set_faults(Faults { rotated: true, ..Faults::default() });
    assert_eq!(exchanges().await, 200, "the key elsewhere does");
    company.provider.set_faults(Faults::default());
    assert_eq!(sign_in(&test, &company.provider, &client).await, (303, 0), "its keys are still known");
}
