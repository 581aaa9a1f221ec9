//! ID tokens beside the tokens of a code (OpenID Connect Core 1.0 §3.1.3.3), and what a client asks with them: `nonce` and
//! `max_age` (§3.1.2.1).

use crate::userinfo::{EVERYTHING, asks, redeem, refused, test};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::Clock;
use doorward::protocol::{Digest, paths};
use harness::client::{Client, Tokens, tool_call};
use harness::counting::Count;
use harness::person::sent_on;
use harness::provider::Provider;
use harness::test_server::{get, header, json, parameter, post, secret_of, sound, text};
use harness::{Person, TestServer};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json as object};
use std::time::Duration;

/// The claims of an ID token, whose signature, issuer, audience and end are validated as a client does it. The clock of the test
/// is not that of the library.
async fn validated(test: &TestServer, client: &Client, token: &str) -> Value {
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::ES256, Some("JWT")));
    let keys: JwkSet = serde_json::from_value(json(&test.send(get(paths::JWKS)).await)).unwrap();
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_issuer(&["https://auth.example"]);
    rules.set_audience(&[&client.id]);
    rules.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    rules.validate_exp = false;
    jsonwebtoken::decode::<Value>(token, &key, &rules).unwrap().claims
}

fn id_token(redeemed: &doorward::wire::Response) -> String {
    json(redeemed)["id_token"].as_str().unwrap_or_else(|| panic!("{}", text(redeemed))).to_owned()
}

#[tokio::test]
async fn a_code_with_openid_is_redeemed_for_an_id_token_too() {
    let test = test().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    let asked = [("scope", EVERYTHING), ("nonce", "n-0S6 \"_Wz\u{e9}")];
    let back = alice.let_in(&test, &client.url_with(&asked)).await;
    let signed_in_at = test.clock.now().0;
    test.clock.pass(Duration::from_secs(7));
    test.store.take();
    let redeemed = test.send(client.redeems(&parameter(&back, "code").unwrap())).await;
    assert_eq!(test.store.take(), Count { reads: 1, writes: 1 }, "as without it");
    let claims = validated(&test, &client, &id_token(&redeemed)).await;
    let access = Tokens::of(&redeemed).access;
    let expected = object!({
        "iss": "https://auth.example",
        "sub": "alice",
        "aud": client.id,
        "iat": signed_in_at + 7,
        "exp": signed_in_at + 307,
        "auth_time": signed_in_at,
        "nonce": "n-0S6 \"_Wz\u{e9}",
        "at_hash": URL_SAFE_NO_PAD.encode(&Digest::of(&access).0[..16]),
    });
    assert_eq!(claims, expected);
    let without = redeem(&test, &client, &mut alice, &[("scope", "openid")]).await;
    assert_eq!(validated(&test, &client, &id_token(&without)).await.get("nonce"), None);
    let none = redeem(&test, &client, &mut alice, &[("scope", "user email"), ("nonce", "n")]).await;
    assert_eq!(json(&none).get("id_token"), None, "openid was not asked for");
}

/// An ID token can only be read: it opens nothing.
#[tokio::test]
async fn an_id_token_is_no_access_token() {
    let test = test().await;
    let client = Client::register(&test).await;
    let token = id_token(&redeem(&test, &client, &mut Person::alice(), &[("scope", EVERYTHING)]).await);
    let (status, challenge, error) = refused(&test, asks(&token)).await;
    assert_eq!((status, error), (401, "invalid_token".into()), "{challenge}");
    let called = test.call(tool_call(Some(&token), "current")).await;
    assert_eq!(called.status(), 401, "{}", text(&called));
    let mcp = "https://mcp.example/mcp";
    let asked = [("token", token.as_str()), ("client_id", mcp), ("client_secret", &secret_of(mcp))];
    assert_eq!(json(&test.send(post(paths::INTROSPECT, &asked)).await), object!({ "active": false }));
    let assertion = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &token),
    ];
    assert_eq!(test.send(post(paths::TOKEN, &assertion)).await.status(), 401);
}

#[tokio::test]
async fn a_sign_in_older_than_max_age_is_repeated_once() {
    let test = TestServer::new().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    client.obtain_code(&test, &mut alice).await;
    test.clock.pass(Duration::from_secs(100));
    let asks_for_password = |page: &doorward::wire::Response| text(page).contains("type=\"password\"");
    for (max_age, asks) in [("100", false), ("99", true), ("0", true), ("99999999999999999999999", false)] {
        let page = alice.open(&test, &client.url_with(&[("max_age", max_age)])).await;
        assert_eq!(asks_for_password(&page), asks, "{max_age}");
    }
    let silent = client.url_with(&[("max_age", "99"), ("prompt", "none")]);
    let refused = alice.open(&test, &silent).await;
    assert_eq!(parameter(header(&refused, "location"), "error").as_deref(), Some("login_required"));
    let url = client.url_with(&[("max_age", "0"), ("scope", "openid")]);
    let page = alice.open(&test, &url).await;
    let signed_in = alice.submit(&test, &page, "").await;
    test.clock.pass(Duration::from_secs(3));
    let consent = alice.open(&test, header(&signed_in, "location")).await;
    assert!(!asks_for_password(&consent), "not asked for ever");
    let back = alice.submit(&test, &consent, "allow").await;
    let redeemed = test.send(client.redeems(&parameter(sent_on(&back), "code").unwrap())).await;
    let claims = validated(&test, &client, &id_token(&redeemed)).await;
    assert_eq!(claims["auth_time"], test.clock.now().0 - 3);
}

#[tokio::test]
async fn a_provider_is_told_that_the_sign_in_has_to_be_new() {
    let provider = Provider::start().await;
    let test = TestServer::of(sound().provider(provider.settings("anyone"))).await;
    let client = Client::register(&test).await;
    for (changes, prompt) in [(&[("max_age", "60")][..], Some("login")), (&[], None)] {
        let page = Person::new("", "").open(&test, &client.url_with(changes)).await;
        let link = crate::provider::link(&page, provider.issuer());
        assert_eq!(parameter(&link, "prompt").as_deref(), prompt);
    }
}
