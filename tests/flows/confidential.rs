//! Confidential clients that get a secret from dynamic client registration (RFC 7591 §3.2.1; RFC 6749 §2.3.1).

use crate::NOTHING;
use crate::checks::ignored;
use base64::{Engine, engine::general_purpose::STANDARD};
use doorward::protocol::paths;
use doorward::wire::Response;
use harness::client::Tokens;
use harness::test_server::{json, post_json};
use harness::{Client, Person, TestServer};
use serde_json::Value;

const REDIRECT: &str = "https://c.example/callback";

async fn register(test: &TestServer, method: &str) -> Value {
    let metadata = serde_json::json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": method });
    let response = test.send(post_json(paths::REGISTER, &metadata.to_string())).await;
    assert_eq!(response.status(), 201, "{response:?}");
    json(&response)
}

fn client(registered: &Value) -> (Client, String) {
    let id = registered["client_id"].as_str().unwrap().to_owned();
    let secret = registered["client_secret"].as_str().unwrap().to_owned();
    (Client { id, redirect_uri: REDIRECT.into() }, secret)
}

async fn redeem_with_basic(test: &TestServer, client: &Client, code: &str, secret: &str) -> Response {
    let mut request = client.redeems_with(code, &[("client_id", "")]);
    let basic = STANDARD.encode(format!("{}:{secret}", client.id));
    request.headers_mut().insert("authorization", format!("Basic {basic}").parse().unwrap());
    test.send(request).await
}

#[tokio::test]
async fn a_secret_never_expires_and_costs_no_store_access() {
    let test = TestServer::new().await;
    for method in ["client_secret_basic", "client_secret_post"] {
        let registered = register(&test, method).await;
        assert_eq!(registered["token_endpoint_auth_method"], method);
        assert_eq!(registered["client_secret_expires_at"], 0);
        assert!(registered["client_secret"].as_str().unwrap().starts_with("dw_secret_"));
    }
    assert_eq!(test.store.take(), NOTHING);
}

#[tokio::test]
async fn registering_the_same_metadata_again_gives_another_client_and_secret() {
    let test = TestServer::new().await;
    let (one, other) =
        (register(&test, "client_secret_post").await, register(&test, "client_secret_post").await);
    assert_ne!(one["client_id"], other["client_id"]);
    assert_ne!(one["client_secret"], other["client_secret"]);
}

#[tokio::test]
async fn a_client_that_asks_for_no_secret_is_registered_without_one() {
    let test = TestServer::new().await;
    let silent =
        test.send(post_json(paths::REGISTER, r#"{"redirect_uris":["https://c.example/callback"]}"#)).await;
    for registered in [json(&silent), register(&test, "none").await] {
        assert_eq!(registered["token_endpoint_auth_method"], "none");
        assert!(
            registered.get("client_secret").is_none() && registered.get("client_secret_expires_at").is_none()
        );
    }
}

#[tokio::test]
async fn the_secret_is_accepted_in_header_or_body_and_required_for_refresh_and_revocation() {
    let test = TestServer::new().await;
    let mut alice = Person::alice();
    for method in ["client_secret_basic", "client_secret_post"] {
        let (client, secret) = client(&register(&test, method).await);
        let code = client.obtain_code(&test, &mut alice).await;
        Tokens::of(&redeem_with_basic(&test, &client, &code, &secret).await);
        let code = client.obtain_code(&test, &mut alice).await;
        let tokens = Tokens::of(&test.send(client.redeems_with(&code, &[("client_secret", &secret)])).await);
        assert_eq!(test.send(client.refreshes(&tokens.refresh)).await.status(), 401, "no secret");
        assert_eq!(test.send(client.revokes(&tokens.refresh)).await.status(), 401, "no secret");
        Tokens::of(&test.send(client.refreshes_with(&tokens.refresh, &[("client_secret", &secret)])).await);
    }
}

#[tokio::test]
async fn a_wrong_secret_does_not_spend_the_code() {
    let test = TestServer::new().await;
    let (client, secret) = client(&register(&test, "client_secret_basic").await);
    let (_, of_another) = self::client(&register(&test, "client_secret_basic").await);
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    test.store.take();
    for wrong in [of_another.as_str(), "dw_secret_AAAA", ""] {
        let refused = redeem_with_basic(&test, &client, &code, wrong).await;
        assert_eq!((refused.status().as_u16(), &json(&refused)["error"]), (401, &"invalid_client".into()));
    }
    assert_eq!(test.store.take(), NOTHING);
    Tokens::of(&redeem_with_basic(&test, &client, &code, &secret).await);
}

/// Some clients fill in a secret that no server gave them.
#[tokio::test]
async fn a_filled_in_secret_of_a_public_client_is_ignored_and_in_the_event() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let filled_in = [("client_secret", "x")];
    let code = client.obtain_code(&test, &mut alice).await;
    let in_header = redeem_with_basic(&test, &client, &code, "x").await;
    let code = client.obtain_code(&test, &mut alice).await;
    let in_body = test.send(client.redeems_with(&code, &filled_in)).await;
    let refreshed = test.send(client.refreshes_with(&Tokens::of(&in_body).refresh, &filled_in)).await;
    let tokens = Tokens::of(&refreshed);
    let revoked = test.send(client.revokes_with(&tokens.refresh, &filled_in)).await;
    for answer in [&in_header, &in_body, &refreshed, &revoked] {
        assert_eq!((answer.status().as_u16(), ignored(answer)), (200, Some("client_secret")));
    }
    let without = client.obtain_code(&test, &mut alice).await;
    assert_eq!(ignored(&test.send(client.redeems(&without)).await), None);
}
