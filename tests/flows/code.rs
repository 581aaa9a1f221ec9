//! The authorization code exchange: from a code to an access token.

use crate::{NOTHING, events};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::config::Lifetimes;
use doorward::protocol::{GrantId, paths};
use doorward::wire::{EventKind, Events};
use harness::Client;
use harness::Person;
use harness::TestServer;
use harness::client::VERIFIER;
use harness::client::access_token;
use harness::client::tool_call;
use harness::counting::Count;
use harness::test_server::get;
use harness::test_server::header;
use harness::test_server::json;
use harness::test_server::parameter;
use harness::test_server::text;
use std::time::Duration;

#[tokio::test]
async fn a_sign_in_from_registration_to_tokens_costs_two_reads_and_three_writes() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    assert_eq!(test.store.take(), NOTHING, "registration");
    let mut alice = Person::alice();
    client.obtain_code(&test, &mut alice).await;
    assert_eq!(test.store.take(), Count { reads: 1, writes: 2 }, "sign-in and consent in a new browser");
    test.clock.pass(Duration::from_secs(12 * 3600));
    let code = client.obtain_code(&test, &mut alice).await;
    assert_eq!(
        test.store.take(),
        Count { reads: 1, writes: 0 },
        "in a browser that the user has used before"
    );
    let token = access_token(&test.send(client.redeems(&code)).await);
    assert_eq!(test.store.take(), Count { reads: 1, writes: 1 }, "token");
    let answer = test.call(tool_call(Some(&token), "current")).await;
    assert_eq!(answer.status(), 200);
    assert!(text(&answer).contains("alice"), "{}", text(&answer));
    assert_eq!(test.store.take(), NOTHING, "MCP call");
}

#[tokio::test]
async fn an_independent_library_verifies_the_access_token() {
    let test = TestServer::new().await;
    let token = Client::register(&test).await.obtain_token(&test, &mut Person::alice()).await;
    let keys: jsonwebtoken::jwk::JwkSet =
        serde_json::from_value(json(&test.send(get(paths::JWKS)).await)).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    rules.set_issuer(&["https://auth.example"]);
    rules.set_audience(&["https://mcp.example/mcp"]);
    // The test server's clock is not the real time, which this library would compare with `exp`.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &rules).unwrap().claims;
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["scope"], "user");
    assert_eq!(claims["exp"].as_u64(), claims["iat"].as_u64().map(|iat| iat + 3600));
}

#[tokio::test]
async fn a_code_is_spent_once() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let first = test.send(client.redeems(&code)).await;
    assert_eq!((first.status().as_u16(), events(&first)), (200, vec![EventKind::CodeSpent]));
    let second = test.send(client.redeems(&code)).await;
    assert_eq!((second.status().as_u16(), &json(&second)["error"]), (400, &"invalid_grant".into()));
    assert_eq!(events(&second), [EventKind::Refused, EventKind::CodeReplayed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_fifty_concurrent_exchanges_of_a_code_gets_tokens() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (test, redeems) = (test.clone(), client.redeems(&code));
        racers.spawn(async move { test.send(redeems).await });
    }
    let answers = racers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| json(answer)["error"] == "invalid_grant").count(), 49);
}

#[tokio::test]
async fn a_grant_outlives_the_code_that_opened_it() {
    let lifetimes = Lifetimes { grant: Duration::from_secs(5), ..Lifetimes::default() };
    let test = TestServer::with(lifetimes).await;
    let client = Client::register(&test).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    test.clock.pass(Duration::from_secs(59));
    let token = access_token(&test.send(client.redeems(&code)).await);
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    let grant = GrantId::parse(claims["gid"].as_str().unwrap()).unwrap();
    let grant = test.server.stores.grants().find(grant).await.unwrap().unwrap();
    assert_eq!(
        grant.kept_until,
        grant.opened_at.after(Duration::from_secs(1 + 60)),
        "the end of the code, plus clock skew"
    );
}

#[tokio::test]
async fn a_store_outage_does_not_spend_the_code() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let code = client.obtain_code(&test, &mut alice).await;
    test.store.set_broken(true);
    let refused = test.send(client.redeems(&code)).await;
    assert_eq!(
        (refused.status().as_u16(), &json(&refused)["error"]),
        (503, &"temporarily_unavailable".into())
    );
    assert_eq!(header(&refused, "retry-after"), "2");
    assert!(!text(&refused).contains("broken by the test"), "the cause is not shown");
    let page = Person::alice().open(&test, &client.url()).await;
    let mut other = Person::alice();
    other.cookies.clear();
    let page_of_other = other.open(&test, &client.url()).await;
    assert_eq!(page.status(), 200, "a page needs no store");
    assert_eq!(other.submit(&test, &page_of_other, "").await.status(), 503);
    test.store.set_broken(false);
    access_token(&test.send(client.redeems(&code)).await);
}

#[tokio::test]
async fn scopes_that_are_not_offered_are_left_out() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    for (asked, granted) in [(" user  claudeai offline_access", "user"), ("", "files user")] {
        let url = client.url_with(&[("scope", asked)]);
        let code = parameter(&Person::alice().let_in(&test, &url).await, "code").unwrap();
        assert_eq!(json(&test.send(client.redeems(&code)).await)["scope"], granted);
    }
}

#[tokio::test]
async fn the_same_metadata_gives_the_same_client_id_whatever_the_loopback_port() {
    let test = TestServer::new().await;
    let one = Client::register_at(&test, "http://localhost:3118/callback").await;
    let other = Client::register_at(&test, "http://localhost:49152/callback").await;
    assert_eq!(one.id, other.id);
    let client = Client { redirect_uri: "http://localhost:50000/callback".into(), ..one };
    let back = Person::alice().let_in(&test, &client.url()).await;
    assert!(back.starts_with("http://localhost:50000/callback?code="), "{back}");
    access_token(&test.send(client.redeems(&parameter(&back, "code").unwrap())).await);
}

#[tokio::test]
async fn a_wrong_verifier_does_not_spend_the_code() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    test.store.take();
    let wrong = VERIFIER.replace('0', "1");
    let refused = test.send(client.redeems_with(&code, &[("code_verifier", &wrong)])).await;
    assert_eq!(json(&refused)["error"], "invalid_grant");
    assert_eq!(test.store.take().writes, 0, "no store write");
    access_token(&test.send(client.redeems(&code)).await);
}

#[tokio::test]
async fn invalid_target_names_what_was_sent_and_what_is_known() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let code = client.obtain_code(&test, &mut alice).await;
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    let both = "https://mcp.example/mcp, https://other.example";
    for (sent, said) in [
        ("https://evil.example", vec!["no tokens for https://evil.example;", both]),
        ("Call 555-0100", vec!["not a URL", both]),
        (
            "https://other.example",
            vec!["resource is https://other.example, but https://mcp.example/mcp was granted"],
        ),
    ] {
        let resource = [("resource", sent)];
        for request in
            [client.redeems_with(&code, &resource), client.refreshes_with(&tokens.refresh, &resource)]
        {
            let refused = test.send(request).await;
            assert_eq!(json(&refused)["error"], "invalid_target");
            let description = json(&refused)["error_description"].as_str().unwrap().to_owned();
            assert!(said.iter().all(|said| description.contains(said)), "{description}");
            assert!(!description.contains("555"), "{description}");
            let line = refused.extensions().get::<Events>().unwrap().0[0].to_string();
            assert!(line.contains(sent), "{line}");
        }
    }
}
