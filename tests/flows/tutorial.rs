//! The tutorial's requests, as its client and its resource server send them, and their refusal outside tutorial mode.

use doorward::config::{Allowances, ConfigError};
use doorward::protocol::{ProtectedResource, UserRules, paths};
use doorward::wire::Request;
use harness::client::access_token;
use harness::test_server::{NAME, PASSWORD, config, get, header, json, parameter, post, post_json, text};
use harness::{Client, TestServer};

const REDIRECT: &str = "http://127.0.0.1:8000/callback";

/// Registers like the tutorial's client.
async fn register(test: &TestServer) -> Client {
    let metadata = serde_json::json!({ "client_name": "MCP OAuth 客户端", "redirect_uris": [REDIRECT] });
    let registered = test.send(post_json(paths::REGISTER, &metadata.to_string())).await;
    assert_eq!(registered.status(), 201);
    Client { id: json(&registered)["client_id"].as_str().unwrap().into(), redirect_uri: REDIRECT.into() }
}

fn asks(client: &Client, more: &[(&str, &str)]) -> Request {
    let none = [("code_challenge", ""), ("code_challenge_method", "")];
    get(&client.url_with(&[&none, more].concat()))
}

fn signs_in(password: &str) -> [(&str, &str); 3] {
    [("username", NAME), ("password", password), ("approve", "true")]
}

/// Redeems a code like the tutorial's client: without a verifier.
fn redeems(client: &Client, code: &str) -> Request {
    client.redeems_with(code, &[("code_verifier", "")])
}

#[tokio::test]
async fn credentials_in_the_query_give_a_token_and_introspection_needs_no_secret() {
    let test = TestServer::tutorial().await;
    let client = register(&test).await;
    let answer = test.send(asks(&client, &signs_in(PASSWORD))).await;
    let back = header(&answer, "location");
    assert!(answer.status() == 303 && back.starts_with(REDIRECT), "{back}");
    assert!(parameter(back, "state").is_some() && parameter(back, "iss").is_some(), "{back}");
    let token = access_token(&test.send(redeems(&client, &parameter(back, "code").unwrap())).await);
    let told = json(&test.send(post(paths::INTROSPECT, &[("token", &token)])).await);
    assert_eq!((&told["active"], &told["sub"], &told["scope"]), (&true.into(), &NAME.into(), &"user".into()));
    assert_eq!(told["aud"], "http://127.0.0.1:8000/mcp");
    assert!(told["exp"].is_u64());
    let dead = test.send(post(paths::INTROSPECT, &[("token", "x")])).await;
    assert_eq!((dead.status().as_u16(), text(&dead).as_str()), (200, r#"{"active":false}"#));
}

/// The sign-in by query skips the page that would tell the user.
#[tokio::test]
async fn a_user_who_may_not_use_the_resource_gets_an_error_and_no_code() {
    let (issuer, mcp) = ("http://127.0.0.1:9000", "http://127.0.0.1:8000/mcp");
    let users = UserRules::parse("user:bob").unwrap();
    let resource = ProtectedResource { users, ..ProtectedResource::parse(mcp, "user").unwrap() };
    let config = config(issuer, mcp).resources(vec![resource]).allowances(Allowances::TUTORIAL);
    let test = TestServer::of(config).await;
    let client = register(&test).await;
    let told = test.send(asks(&client, &signs_in(PASSWORD))).await;
    assert_eq!((told.status().as_u16(), &json(&told)["error"]), (403, &"access_denied".into()));
    assert_eq!(header(&told, "location"), "");
}

#[tokio::test]
async fn incomplete_credentials_give_a_program_an_error_and_a_browser_a_page() {
    let test = TestServer::tutorial().await;
    let client = register(&test).await;
    for incomplete in [&signs_in(PASSWORD)[..2], &signs_in("")[..], &[]] {
        let told = test.send(asks(&client, incomplete)).await;
        assert_eq!((told.status().as_u16(), &json(&told)["error"]), (400, &"interaction_required".into()));
        let mut from_browser = asks(&client, incomplete);
        from_browser.headers_mut().insert("accept", "text/html,*/*;q=0.8".parse().unwrap());
        let shown = test.send(from_browser).await;
        assert!(shown.status() == 200 && text(&shown).contains("type=\"password\""));
    }
    let wrong = test.send(asks(&client, &signs_in("wrong"))).await;
    assert_eq!((wrong.status().as_u16(), &json(&wrong)["error"]), (401, &"access_denied".into()));
}

#[tokio::test]
async fn replaying_a_code_without_pkce_closes_its_grant() {
    let test = TestServer::tutorial().await;
    let client = register(&test).await;
    let answer = test.send(asks(&client, &signs_in(PASSWORD))).await;
    let code = parameter(header(&answer, "location"), "code").unwrap();
    let with_verifier = test.send(client.redeems(&code)).await;
    assert_eq!(json(&with_verifier)["error"], "invalid_request", "there was no challenge");
    let token = access_token(&test.send(redeems(&client, &code)).await);
    assert_eq!(json(&test.send(redeems(&client, &code)).await)["error"], "invalid_grant");
    let told = json(&test.send(post(paths::INTROSPECT, &[("token", &token)])).await);
    assert_eq!(told["active"], false);
}

#[tokio::test]
async fn no_code_is_sent_beyond_loopback_without_the_user() {
    let test = TestServer::tutorial().await;
    let client = Client::register_at(&test, "https://evil.example/callback").await;
    let answer = test.send(asks(&client, &signs_in(PASSWORD))).await;
    assert!(answer.status() == 200 && text(&answer).contains("type=\"password\""), "{answer:?}");
}

#[tokio::test]
async fn a_client_that_sent_a_challenge_must_send_the_verifier() {
    let test = TestServer::tutorial().await;
    let client = register(&test).await;
    let answer = test.send(get(&client.url_with(&signs_in(PASSWORD)))).await;
    let code = parameter(header(&answer, "location"), "code").unwrap();
    assert_eq!(json(&test.send(redeems(&client, &code)).await)["error"], "invalid_request");
    access_token(&test.send(client.redeems(&code)).await);
}

/// Only a caller that names no client is anonymous.
#[tokio::test]
async fn wrong_credentials_at_introspection_are_refused_where_none_are_needed() {
    let test = TestServer::tutorial().await;
    let ask = |fields: &[(&str, &str)]| post(paths::INTROSPECT, &[&[("token", "x")], fields].concat());
    assert_eq!(test.send(ask(&[])).await.status(), 200);
    let mut in_header = ask(&[]);
    in_header.headers_mut().insert("authorization", "Basic eDp4".parse().unwrap());
    let in_form = ask(&[("client_id", "x"), ("client_secret", "x")]);
    for request in [in_header, in_form] {
        assert_eq!(test.send(request).await.status(), 401);
    }
}

#[tokio::test]
async fn the_tutorials_requests_are_refused_without_the_allowances() {
    let test = TestServer::at("http://127.0.0.1:9000", "http://127.0.0.1:8000/mcp").await;
    let client = register(&test).await;
    let no_pkce = test.send(asks(&client, &signs_in(PASSWORD))).await;
    assert_eq!(parameter(header(&no_pkce, "location"), "error").as_deref(), Some("invalid_request"));
    let with_pkce = test.send(get(&client.url_with(&signs_in(PASSWORD)))).await;
    assert!(
        with_pkce.status() == 200 && text(&with_pkce).contains("type=\"password\""),
        "credentials in the query are ignored"
    );
    let anonymous = test.send(post(paths::INTROSPECT, &[("token", "x")])).await;
    assert_eq!(anonymous.status(), 401);
}

#[test]
fn allowances_beyond_loopback_are_refused() {
    for issuer in ["https://auth.example", "https://127.0.0.1.example", "https://localhost.example:9000"] {
        let refused = config(issuer, "https://mcp.example/mcp").allowances(Allowances::TUTORIAL).build();
        assert!(matches!(refused, Err(ConfigError::AllowancesBeyondLoopback(_))), "{issuer}");
    }
}
