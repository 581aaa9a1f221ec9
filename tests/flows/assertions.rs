//! Client authentication with `private_key_jwt`: each signed assertion is accepted once (replay protection).

use crate::checks::ignored;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use harness::client::{Client, Tokens};
use harness::counting::Count;
use harness::keyed::{DOCUMENT, KeyPair, client, document, shown, token_endpoint};
use harness::test_server::json;
use harness::{Person, TestServer};
use http::Request;
use serde_json::{Value, json as object};

const KEYS: &str = "https://app.example/keys.json";

/// A test server, and a client that publishes its keys at a `jwks_uri`.
pub(crate) async fn published(methods: &Value) -> (TestServer, Client, KeyPair) {
    let (test, key) = (TestServer::new().await, KeyPair::new(11));
    let mut members = object!({ "jwks_uri": KEYS });
    members.as_object_mut().unwrap().extend(methods.as_object().unwrap().clone());
    test.web.publish(DOCUMENT, &document(&members));
    test.web.publish(KEYS, &object!({ "keys": [key.jwk()] }));
    (test, client(), key)
}

pub(crate) fn must_sign() -> Value {
    object!({ "token_endpoint_auth_method": "private_key_jwt" })
}

pub(crate) async fn error(test: &TestServer, request: Request<Bytes>) -> (u16, String) {
    let answer = test.send(request).await;
    (answer.status().as_u16(), json(&answer)["error"].as_str().unwrap_or("none").to_owned())
}

pub(crate) fn unauthenticated() -> (u16, String) {
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

/// The id is a URL, with colons that not every client encodes in the header (RFC 6749 §2.3.1).
#[tokio::test]
async fn a_filled_in_secret_of_a_client_with_a_document_is_ignored_too() {
    let test = TestServer::new().await;
    test.web.publish(DOCUMENT, &document(&object!({})));
    let client = client();
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let mut request = client.redeems_with(&code, &[("client_id", "")]);
    let basic = STANDARD.encode(format!("{}:x", client.id));
    request.headers_mut().insert("authorization", format!("Basic {basic}").parse().unwrap());
    let in_header = test.send(request).await;
    assert_eq!((in_header.status().as_u16(), ignored(&in_header)), (200, Some("client_secret")));
}
