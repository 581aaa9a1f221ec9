//! Tokens with which `UserInfo` answers nothing.

use crate::operator::order;
use crate::userinfo::{access, asks, claims, redeem, refused, test};
use crate::{NOTHING, events};
use doorward::client::Block;
use doorward::protocol::paths;
use doorward::wire::EventKind;
use harness::Person;
use harness::client::{Client, Tokens, tool_call};
use harness::test_server::{header, text};
use serde_json::json as object;
use std::time::Duration;

#[tokio::test]
async fn a_token_that_ended_reads_nothing() {
    let test = test().await;
    let client = Client::register(&test).await;
    let invalid =
        "Bearer error=\"invalid_token\", error_description=\"the access token is of a grant that is closed\"";
    let revoked = Tokens::of(&redeem(&test, &client, &mut Person::alice(), &[("scope", "openid")]).await);
    test.send(client.revokes(&revoked.refresh)).await;
    let answer = test.send(asks(&revoked.access)).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "www-authenticate")), (401, invalid));
    assert_eq!(events(&answer), [EventKind::Refused]);
    let disabled = access(&test, &client, "openid email").await;
    order(&test, object!({ "command": "disable-person", "name": "alice" })).await.unwrap();
    assert_eq!(refused(&test, asks(&disabled)).await, (401, invalid.to_owned(), "invalid_token".into()));
    order(&test, object!({ "command": "enable-person", "name": "alice" })).await.unwrap();
    let expired = access(&test, &client, "openid").await;
    test.clock.pass(Duration::from_secs(3600));
    test.store.take();
    let (status, challenge, _) = refused(&test, asks(&expired)).await;
    assert_eq!((status, challenge.contains("has expired")), (401, true), "{challenge}");
    assert_eq!(test.store.take(), NOTHING);
}

#[tokio::test]
async fn the_token_of_a_blocked_client_reads_nothing() {
    let test = test().await;
    let client = Client::register(&test).await;
    let token = access(&test, &client, "openid").await;
    let block = Block::parse(&client.id).unwrap();
    for (blocked, status) in [(true, 401), (false, 200)] {
        test.server.stores.blocks().set(&block, blocked).await.unwrap();
        test.clock.pass(Duration::from_secs(46));
        assert_eq!(test.send(asks(&token)).await.status(), status, "{blocked}");
    }
}

#[tokio::test]
async fn the_token_of_any_resource_is_accepted() {
    let test = test().await;
    let client = Client::register(&test).await;
    let changes = [("scope", "openid other"), ("resource", "https://other.example")];
    let token = Tokens::of(&redeem(&test, &client, &mut Person::alice(), &changes).await).access;
    assert_eq!(claims(&test, &token).await, object!({ "sub": "alice" }));
    let refused = test.call(tool_call(Some(&token), "current")).await;
    assert_eq!(refused.status(), 401, "and at its own resource only: {}", text(&refused));
}

/// A store that does not answer is no reason to sign in again.
#[tokio::test]
async fn a_store_that_is_away_is_not_the_fault_of_the_token() {
    let test = test().await;
    let client = Client::register(&test).await;
    let token = access(&test, &client, "openid").await;
    test.store.set_broken(true);
    let answer = test.send(asks(&token)).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "www-authenticate")), (503, ""));
    assert!(!header(&answer, "retry-after").is_empty());
    test.store.set_broken(false);
    assert_eq!(test.send(asks(&token)).await.status(), 200);
}

#[tokio::test]
async fn a_page_of_another_origin_reads_with_its_token_and_without_cookies() {
    let test = test().await;
    let client = Client::register(&test).await;
    let token = access(&test, &client, "openid").await;
    let mut request = asks(&token);
    request.headers_mut().insert("origin", "https://app.example".parse().unwrap());
    let answer = test.send(request).await;
    assert_eq!(header(&answer, "access-control-allow-origin"), "https://app.example");
    assert_eq!(header(&answer, "access-control-allow-credentials"), "");
    let mut alice = Person::alice();
    client.obtain_code(&test, &mut alice).await;
    assert_eq!(alice.open(&test, paths::USERINFO).await.status(), 401, "a session is no token");
}
