//! Clients that sign (`private_key_jwt`): each assertion counts once.

use bytes::Bytes;
use harness::client::{Client, Tokens};
use harness::counting::Count;
use harness::keyed::{DOCUMENT, KeyPair, client, document, shown, token_endpoint};
use harness::test_server::json;
use harness::{Person, TestServer};
use http::Request;
use serde_json::{Value, json as object};

const KEYS: &str = "https://app.example/keys.json";

/// A house, and a client whose keys are at a URL of their own.
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
    assert_eq!(error(&test, client.redeems(&code)).await, unauthenticated(), "the code says that it must");
    test.store.take();
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    let tokens = Tokens::of(&test.send(client.redeems_with(&code, &shown(&assertion))).await);
    assert_eq!(test.store.take(), Count { reads: 0, writes: 2 }, "the assertion and the code");
    assert_eq!(error(&test, client.refreshes(&tokens.refresh)).await, unauthenticated());
    let assertion = key.signs(&test, DOCUMENT, &object!({ "aud": token_endpoint(&test) }));
    let tokens = Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
    assert_eq!(error(&test, client.revokes(&tokens.refresh)).await, unauthenticated());
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
}

#[tokio::test]
async fn by_an_access_token_too_who_must_sign_gives_nothing_back_unsigned() {
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
async fn an_assertion_is_taken_once_wherever_it_is_shown() {
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
async fn a_client_that_offers_both_ways_may_use_either() {
    let choices = object!({ "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"] });
    let (test, client, key) = published(&choices).await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
}

#[tokio::test]
async fn an_assertion_says_who_it_is_where_the_form_does_not() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    let [kind, assertion] = shown(&assertion);
    Tokens::of(&test.send(client.redeems_with(&code, &[("client_id", ""), kind, assertion])).await);
}

#[tokio::test]
async fn what_is_not_the_clients_own_fresh_word_is_refused_and_spends_nothing() {
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
async fn a_new_key_counts_as_soon_as_it_is_used_and_is_looked_for_no_more_than_now_and_then() {
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
    for generated_user in [20, 21] {
        let assertion = KeyPair::new(generated_user).signs(&test, DOCUMENT, &object!({}));
        let request = client.refreshes_with(&tokens.refresh, &shown(&assertion));
        assert_eq!(error(&test, request).await, unauthenticated());
    }
    assert_eq!(test.web.take(), 1);
}

/// Anybody can have a key: what it signs costs the store nothing until there is something to be done.
#[tokio::test]
async fn an_assertion_is_taken_last() {
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
async fn a_key_that_nobody_has_makes_nobody_forget_those_that_there_are() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let tokens = Tokens::of(
        &test.send(client.redeems_with(&code, &shown(&key.signs(&test, DOCUMENT, &object!({}))))).await,
    );
    test.web.answer(KEYS, 404, &[], "");
    test.clock.pass(std::time::Duration::from_secs(10));
    let generated_user = KeyPair::new(20).signs(&test, DOCUMENT, &object!({}));
    assert_eq!(
        error(&test, client.refreshes_with(&tokens.refresh, &shown(&generated_user))).await,
        unauthenticated()
    );
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &shown(&assertion))).await);
}

#[tokio::test]
async fn without_the_clients_keys_it_is_asked_to_come_again() {
    let (test, client, key) = published(&must_sign()).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    test.web.answer(KEYS, 502, &[], "");
    let request = || client.redeems_with(&code, &shown(&key.signs(&test, DOCUMENT, &object!({}))));
    assert_eq!(error(&test, request()).await, (503, "temporarily_unavailable".to_owned()));
    test.web.publish(KEYS, &object!({ "keys": [key.jwk()] }));
    test.clock.pass(std::time::Duration::from_secs(10));
    Tokens::of(&test.send(request()).await);
}
