//! Changing the root secret.

use doorward::protocol::paths;
use harness::client::{Tokens, tool_call};
use harness::house::{get, json, parameter, text};
use harness::{Client, House, Person};

#[tokio::test]
async fn a_rotation_signs_nobody_out_and_loses_nothing_on_its_way() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(&house, &mut alice).await;
    let code = client.obtain_code(&house, &mut alice).await;
    let page = alice.open(&house, &client.url()).await;

    let house = house.with_secrets(&[8, 7]).await;
    assert_eq!(house.call(tool_call(Some(&tokens.access), "current")).await.status(), 200, "an access token");
    let next = Tokens::of(&house.send(client.refreshes(&tokens.refresh)).await);
    Tokens::of(&house.send(client.refreshes(&next.refresh)).await);
    Tokens::of(&house.send(client.redeems(&code)).await);
    let back = alice.submit(&house, &page, "allow").await;
    assert!(
        parameter(harness::house::header(&back, "location"), "code").is_some(),
        "an open page, and its session"
    );
    assert_ne!(Client::register(&house).await.id, client.id, "what is new is made by the new secret");
    assert_eq!(json(&house.send(get(paths::JWKS)).await)["keys"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn what_a_removed_secret_made_is_worth_nothing() {
    let house = House::new().await;
    let client = Client::register(&house).await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(&house, &mut alice).await;
    let house = house.with_secrets(&[8]).await;
    assert_eq!(house.call(tool_call(Some(&tokens.access), "current")).await.status(), 401);
    assert_eq!(json(&house.send(client.refreshes(&tokens.refresh)).await)["error"], "invalid_client");
    assert!(text(&alice.open(&house, &client.url()).await).contains("does not know the client"));
}
