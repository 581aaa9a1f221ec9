//! Client authentication with `private_key_jwt`: each signed assertion is accepted once (replay protection).

use crate::operator::order;
use bytes::Bytes;
use doorward::config::AssertionAudience;
use doorward::protocol::paths;
use harness::client::{Client, Tokens};
use harness::counting::Count;
use harness::keyed::{DOCUMENT, KeyPair, client, document, shown, token_endpoint};
use harness::test_server::{json, post, sound};
use harness::{Person, TestServer};
use http::Request;
use serde_json::{Value, json as object};

const KEYS: &str = "https://app.example/keys.json";

/// A test server, and a client that publishes its keys at a `jwks_uri`.
async fn published(methods: &Value) -> (TestServer, Client, KeyPair) {
    let (test, key) = (TestServer::new().await, KeyPair::new(11));
    let mut members = object!({ "jwks_uri": KEYS });
    members.as_object_mut().unwrap().extend(methods.as_object().unwrap().clone());
    test.web.publish(DOCUMENT, &document(&members));
    test.web.publish(KEYS, &object!({ "keys": [key.jwk()] }));
    (test, client(), key)
}

fn must_sign() -> Value {
    object!({ "token_endpoint_auth_method": "private_key_jwt" })
}

async fn error(test: &TestServer, request: Request<Bytes>) -> (u16, String) {
    let answer = test.send(request).await;
    (answer.status().as_u16(), json(&answer)["error"].as_str().unwrap_or("none").to_owned())
}

fn unauthenticated() -> (u16, String) {
    (401, "invalid_client".to_owned())
}

#[tokio::test]
async fn a_client_signs_for_code_refresh_and_revocation() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    assert_eq!(error(&test, client.redeems(&code)).await, unauthenticated(), "the code requires a signature");
    test.store.take();
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    let tokens = Tokens::of(&test.send(client.redeems_with(&code, &shown(&assertion))).await);
    assert_eq!(
        test.store.take(),
        Count { reads: 1, writes: 2 },
        "one write for the assertion, one for the code"
    );
    assert_eq!(error(&test, client.refreshes(&tokens.refresh)).await, unauthenticated());
    let assertion = key.signs(&test, DOCUMENT, &object!({ "aud": [test.server.config.issuer().as_str()] }));
    let tokens = Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
    assert_eq!(error(&test, client.revokes(&tokens.refresh)).await, unauthenticated());
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
}

#[tokio::test]
async fn revocation_by_access_token_requires_a_signature_too() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    let tokens = Tokens::of(&test.send(client.redeems_with(&code, &shown(&assertion))).await);
    assert_eq!(error(&test, client.revokes(&tokens.access)).await, unauthenticated());
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    let tokens = Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    test.send(client.revokes_with(&tokens.access, &shown(&assertion))).await;
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    let refused = client.refreshes_with(&tokens.refresh, &shown(&assertion));
    assert_eq!(error(&test, refused).await, (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn a_replayed_assertion_is_refused_in_any_request() {
    let (test, client, key) = published(&must_sign()).await;
    let tokens = {
        let code = client.obtain_code(&test, &mut Person::alice()).await;
        let assertion = key.signs(&test, DOCUMENT, &object!({ "jti": "the same" }));
        Tokens::of(&test.send(client.redeems_with(&code, &shown(&assertion))).await)
    };
    let again = key.signs(&test, DOCUMENT, &object!({ "jti": "the same" }));
    let replay = client.refreshes_with(&tokens.refresh, &shown(&again));
    assert_eq!(error(&test, replay).await, unauthenticated());
    let fresh = key.signs(&test, DOCUMENT, &object!({}));
    Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&fresh))).await);
}

#[tokio::test]
async fn a_client_that_lists_both_methods_may_use_either() {
    let choices = object!({ "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"] });
    let (test, client, key) = published(&choices).await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
}

#[tokio::test]
async fn an_assertion_identifies_the_client_when_client_id_is_missing() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    let [kind, assertion] = shown(&assertion);
    Tokens::of(&test.send(client.redeems_with(&code, &[("client_id", ""), kind, assertion])).await);
}

#[tokio::test]
async fn an_invalid_assertion_is_refused_and_does_not_spend_the_code() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    test.store.take();
    let other = KeyPair::new(12);
    let sound = key.signs(&test, DOCUMENT, &object!({}));
    let (message, signature) = sound.rsplit_once('.').unwrap();
    for wrong in [
        other.signs(&test, DOCUMENT, &object!({})),
        key.signs(&test, "https://other.example/client.json", &object!({})),
        key.signs(&test, DOCUMENT, &object!({ "aud": "https://other.example" })),
        key.signs(&test, DOCUMENT, &object!({ "aud": token_endpoint(&test) })),
        key.signs(&test, DOCUMENT, &object!({ "exp": 1 })),
        key.signs(&test, DOCUMENT, &object!({ "jti": null })),
        format!("{message}."),
        format!("{message}.{}", signature.chars().rev().collect::<String>()),
        "x".to_owned(),
    ] {
        let request = client.redeems_with(&code, &shown(&wrong));
        assert_eq!(error(&test, request).await, unauthenticated(), "{wrong}");
    }
    assert_eq!(test.store.take(), crate::NOTHING);
    Tokens::of(&test.send(client.redeems_with(&code, &shown(&sound))).await);
}

#[tokio::test]
async fn a_rotated_key_is_fetched_at_its_first_use_and_unknown_keys_are_not_fetched_each_time() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    let tokens = Tokens::of(&test.send(client.redeems_with(&code, &shown(&assertion))).await);
    let new = KeyPair::new(13);
    test.web.publish(KEYS, &object!({ "keys": [new.jwk()] }));
    test.clock.pass(std::time::Duration::from_secs(10));
    test.web.take();
    let assertion = new.signs(&test, DOCUMENT, &object!({}));
    Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
    for forged in [20, 21] {
        let assertion = KeyPair::new(forged).signs(&test, DOCUMENT, &object!({}));
        let request = client.refreshes_with(&tokens.refresh, &shown(&assertion));
        assert_eq!(error(&test, request).await, unauthenticated());
    }
    assert_eq!(test.web.take(), 1);
}

#[tokio::test]
async fn a_key_that_changes_under_its_kid_or_without_one_is_fetched_again() {
    for id in [Some("1"), None] {
        let (test, client, _) = published(&must_sign()).await;
        let [old, new, forged] = [11, 13, 20].map(|byte| KeyPair::new(byte).with_id(id));
        test.web.publish(KEYS, &object!({ "keys": [old.jwk()] }));
        let code = client.obtain_code(&test, &mut Person::alice()).await;
        let assertion = old.signs(&test, DOCUMENT, &object!({}));
        let tokens = Tokens::of(&test.send(client.redeems_with(&code, &shown(&assertion))).await);
        test.web.publish(KEYS, &object!({ "keys": [new.jwk()] }));
        test.clock.pass(std::time::Duration::from_secs(10));
        test.web.take();
        let assertion = new.signs(&test, DOCUMENT, &object!({}));
        Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
        assert_eq!(test.web.take(), 1, "{id:?}");
        for _ in 0..3 {
            let assertion = forged.signs(&test, DOCUMENT, &object!({}));
            let request = client.refreshes_with(&tokens.refresh, &shown(&assertion));
            assert_eq!(error(&test, request).await, unauthenticated(), "{id:?}");
        }
        assert_eq!(test.web.take(), 0, "{id:?}: they were fetched a moment ago");
    }
}

/// An attacker can have a key too. So an assertion is recorded only when the rest of the request is valid. A request
/// that fails for another reason costs no store access.
#[tokio::test]
async fn an_assertion_is_recorded_last() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    test.store.take();
    let sign = || key.signs(&test, DOCUMENT, &object!({}));
    for request in [
        client.redeems_with("x", &shown(&sign())),
        client.redeems_with(&code, &[shown(&sign()).as_slice(), &[("code_verifier", "")]].concat()),
        client.refreshes_with("x", &shown(&sign())),
        client.revokes_with("x", &shown(&sign())),
    ] {
        test.send(request).await;
    }
    assert_eq!(test.store.take(), crate::NOTHING);
    let assertion = sign();
    for expected in [200, 401] {
        let answer = test.send(client.redeems_with(&code, &shown(&assertion))).await;
        assert_eq!(answer.status(), expected);
    }
}

#[tokio::test]
async fn a_failed_fetch_for_an_unknown_key_keeps_the_cached_keys() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let tokens = Tokens::of(
        &test.send(client.redeems_with(&code, &shown(&key.signs(&test, DOCUMENT, &object!({}))))).await,
    );
    test.web.answer(KEYS, 404, &[], "");
    test.clock.pass(std::time::Duration::from_secs(10));
    let forged = KeyPair::new(20).signs(&test, DOCUMENT, &object!({}));
    assert_eq!(
        error(&test, client.refreshes_with(&tokens.refresh, &shown(&forged))).await,
        unauthenticated()
    );
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
}

#[tokio::test]
async fn without_the_clients_keys_the_answer_is_a_503() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    test.web.answer(KEYS, 502, &[], "");
    let request = || client.redeems_with(&code, &shown(&key.signs(&test, DOCUMENT, &object!({}))));
    assert_eq!(error(&test, request()).await, (503, "temporarily_unavailable".to_owned()));
    test.web.publish(KEYS, &object!({ "keys": [key.jwk()] }));
    test.clock.pass(std::time::Duration::from_secs(10));
    Tokens::of(&test.send(request()).await);
}

/// A malicious server can name this token endpoint as its own, and collect assertions for it.
#[tokio::test]
async fn the_token_endpoint_is_an_audience_for_known_clients_only_if_the_operator_allows_it() {
    for (audience, allowed) in [(AssertionAudience::Issuer, false), (AssertionAudience::TokenEndpoint, true)]
    {
        let (test, key) = (TestServer::of(sound().assertion_audience(audience)).await, KeyPair::new(11));
        let command = object!({
            "command": "add-client", "own_scope": "user", "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": [key.jwk()] },
        });
        let known = order(&test, command).await.unwrap().0["client_id"].as_str().unwrap().to_owned();
        let ask = async |changes: Value| {
            let assertion = key.signs(&test, &known, &changes);
            let fields = [[("grant_type", "client_credentials")].as_slice(), &shown(&assertion)].concat();
            test.send(post(paths::TOKEN, &fields)).await
        };
        let endpoint = token_endpoint(&test);
        let answer = ask(object!({ "aud": endpoint })).await;
        assert_eq!(answer.status() == 200, allowed, "{audience:?}: {}", json(&answer));
        let said = json(&answer)["error_description"].as_str().unwrap_or_default().to_owned();
        assert!(
            allowed || said.contains(&endpoint) && said.contains("it must be https://auth.example, alone"),
            "{said}"
        );
        assert_eq!(ask(object!({})).await.status(), 200, "{audience:?}");
        assert_eq!(
            ask(object!({ "aud": [endpoint, "https://auth.example"] })).await.status(),
            401,
            "{audience:?}"
        );
    }
}

#[tokio::test]
async fn the_token_endpoint_is_no_audience_for_a_client_with_a_document() {
    let (test, key) = (
        TestServer::of(sound().assertion_audience(AssertionAudience::TokenEndpoint)).await,
        KeyPair::new(11),
    );
    let mut members = must_sign();
    members["jwks"] = object!({ "keys": [key.jwk()] });
    test.web.publish(DOCUMENT, &document(&members));
    let (client, aud) = (client(), token_endpoint(&test));
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let sign = |aud: &str| key.signs(&test, DOCUMENT, &object!({ "aud": aud }));
    let refused = test.send(client.redeems_with(&code, &shown(&sign(&aud)))).await;
    assert_eq!(refused.status(), 401);
    let said = json(&refused)["error_description"].as_str().unwrap().to_owned();
    assert!(said.contains(&aud) && said.contains("it must be https://auth.example, alone"), "{said}");
    let tokens =
        Tokens::of(&test.send(client.redeems_with(&code, &shown(&sign("https://auth.example")))).await);
    for token in [&tokens.refresh, &tokens.access] {
        assert_eq!(error(&test, client.revokes_with(token, &shown(&sign(&aud)))).await, unauthenticated());
    }
}

/// The document of a well-known hosted client has both methods, and it signs for the token endpoint. Nothing is proven by that, and nothing needs
/// to be: neither its keys are fetched, nor is the assertion recorded.
#[tokio::test]
async fn an_assertion_for_the_token_endpoint_is_ignored_where_none_is_allowed() {
    let both = object!({
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
    });
    let (test, client, key) = published(&both).await;
    let aud = token_endpoint(&test);
    let sign = || key.signs(&test, DOCUMENT, &object!({ "aud": aud }));
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    test.web.take();
    test.store.take();
    let redeemed = test.send(client.redeems_with(&code, &shown(&sign()))).await;
    let refreshed = test.send(client.refreshes_with(&Tokens::of(&redeemed).refresh, &shown(&sign()))).await;
    let tokens = Tokens::of(&refreshed);
    assert_eq!((test.web.take(), test.store.take().writes), (0, 2));
    let revoked = test.send(client.revokes_with(&tokens.access, &shown(&sign()))).await;
    for answer in [&redeemed, &refreshed, &revoked] {
        assert_eq!(
            (answer.status().as_u16(), crate::checks::ignored(answer)),
            (200, Some("client_assertion"))
        );
    }
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    for wrong in [
        object!({ "aud": aud, "exp": 1 }),
        object!({ "aud": aud, "iss": "x" }),
        object!({ "aud": [aud, "x"] }),
    ] {
        let assertion = key.signs(&test, DOCUMENT, &wrong);
        assert_eq!(
            error(&test, client.redeems_with(&code, &shown(&assertion))).await,
            unauthenticated(),
            "{wrong}"
        );
    }
}
