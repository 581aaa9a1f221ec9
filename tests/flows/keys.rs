//! Key rotation: a new root secret, and removal of the old one.

use doorward::protocol::paths;
use harness::client::{Tokens, tool_call};
use harness::person::sent_on;
use harness::test_server::{get, json, parameter, text};
use harness::{Client, Person, TestServer};

#[tokio::test]
async fn key_rotation_keeps_tokens_codes_sessions_and_open_pages_valid() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    let code = client.obtain_code(&test, &mut alice).await;
    let page = alice.open(&test, &client.url()).await;

    let test = test.with_secrets(&[8, 7]).await;
    assert_eq!(test.call(tool_call(Some(&tokens.access), "current")).await.status(), 200, "an access token");
    let next = Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    Tokens::of(&test.send(client.refreshes(&next.refresh)).await);
    Tokens::of(&test.send(client.redeems(&code)).await);
    let back = alice.submit(&test, &page, "allow").await;
    assert!(parameter(sent_on(&back), "code").is_some(), "an open page and its session");
    assert_ne!(Client::register(&test).await.id, client.id, "new client ids use the new secret");
    assert_eq!(json(&test.send(get(paths::JWKS)).await)["keys"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn tokens_and_client_ids_of_a_removed_secret_are_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    let test = test.with_secrets(&[8]).await;
    assert_eq!(test.call(tool_call(Some(&tokens.access), "current")).await.status(), 401);
    assert_eq!(json(&test.send(client.refreshes(&tokens.refresh)).await)["error"], "invalid_client");
    assert!(text(&alice.open(&test, &client.url()).await).contains("does not know the client"));
}
