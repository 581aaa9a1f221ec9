//! The client credentials grant: clients that act for themselves, with scopes that the operator allowed.

use crate::checks::reason;
use crate::operator::order;
use doorward::protocol::paths;
use doorward::wire::{EventKind, Response};
use harness::TestServer;
use harness::client::tool_call;
use harness::counting::Count;
use harness::keyed::{KeyPair, shown};
use harness::test_server::{json, post, secret_of, text};
use serde_json::{Value, json as object};

const MCP: &str = "https://mcp.example/mcp";

/// Adds a client that may have these scopes for itself, and returns its id and secret.
async fn machine(test: &TestServer, own_scope: &str) -> (String, String) {
    let command = object!({
        "command": "add-client", "own_scope": own_scope, "token_endpoint_auth_method": "client_secret_post",
    });
    let answer = order(test, command).await.unwrap().0;
    test.store.take();
    (answer["client_id"].as_str().unwrap().to_owned(), answer["client_secret"].as_str().unwrap().to_owned())
}

async fn send(test: &TestServer, (id, secret): &(String, String), more: &[(&str, &str)]) -> Response {
    let mut fields = vec![("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    fields.extend(more);
    test.send(post(paths::TOKEN, &fields)).await
}

async fn ask(test: &TestServer, machine: &(String, String), more: &[(&str, &str)]) -> (u16, Value) {
    let answer = send(test, machine, more).await;
    (answer.status().as_u16(), json(&answer))
}

async fn introspect(test: &TestServer, token: &Value) -> Value {
    let asks = [("token", token.as_str().unwrap()), ("client_id", MCP), ("client_secret", &secret_of(MCP))];
    json(&test.send(post(paths::INTROSPECT, &asks)).await)
}

#[tokio::test]
async fn a_machine_client_gets_its_own_scopes_and_no_refresh_token() {
    let test = TestServer::new().await;
    let machine = machine(&test, "user other").await;
    let (status, tokens) = ask(&test, &machine, &[("resource", MCP)]).await;
    assert_eq!((status, &tokens["scope"]), (200, &"user".into()), "{tokens}");
    assert_eq!(test.store.take(), Count { reads: 1, writes: 1 });
    assert_eq!(tokens["refresh_token"], Value::Null);
    assert!(!tokens.as_object().unwrap().contains_key("refresh_token"));
    let answer = test.call(tool_call(tokens["access_token"].as_str(), "current")).await;
    assert_eq!(answer.status(), 200);
    assert!(text(&answer).contains(&format!("client:{}", machine.0)), "{}", text(&answer));
    let (_, elsewhere) = ask(&test, &machine, &[("resource", "https://other.example")]).await;
    assert_eq!(elsewhere["scope"], "other");
    let refused = test.call(tool_call(elsewhere["access_token"].as_str(), "current")).await;
    assert_eq!(refused.status(), 401, "the token is for another resource");
}

#[tokio::test]
async fn a_machine_clients_token_can_be_introspected_and_revoked() {
    let test = TestServer::new().await;
    let machine = machine(&test, "user").await;
    let (_, tokens) = ask(&test, &machine, &[]).await;
    let known = introspect(&test, &tokens["access_token"]).await;
    assert_eq!(
        (&known["active"], &known["client_id"]),
        (&true.into(), &machine.0.as_str().into()),
        "{known}"
    );
    assert_eq!(known["sub"], format!("client:{}", machine.0));
    let listed = order(&test, object!({ "command": "list-grants", "person": known["sub"] })).await.unwrap().0;
    let (grant, closed) = (listed["grants"][0]["grant"].clone(), listed["grants"][0]["closed"].clone());
    assert_eq!(closed, Value::Null);
    order(&test, object!({ "command": "revoke-grant", "grant": grant })).await.unwrap();
    assert_eq!(introspect(&test, &tokens["access_token"]).await["active"], false);
    let (_, tokens) = ask(&test, &machine, &[]).await;
    let token = tokens["access_token"].as_str().unwrap();
    let gives_back = [("token", token), ("client_id", &machine.0), ("client_secret", &machine.1)];
    assert_eq!(test.send(post(paths::REVOKE, &gives_back)).await.status(), 200);
    assert_eq!(introspect(&test, &tokens["access_token"]).await["active"], false);
    order(&test, object!({ "command": "block-client", "client_id": machine.0 })).await.unwrap();
    assert_eq!(ask(&test, &machine, &[]).await.0, 401);
}

#[tokio::test]
async fn a_machine_client_that_asks_for_unknown_scopes_gets_its_own() {
    let test = TestServer::new().await;
    let ours = machine(&test, "user").await;
    for (asked, dropped) in [("files", "files"), ("openid", "openid"), ("user files", "files")] {
        let answer = send(&test, &ours, &[("scope", asked)]).await;
        assert_eq!((answer.status().as_u16(), &json(&answer)["scope"]), (200, &"user".into()), "{asked}");
        assert_eq!(reason(&answer), Some(format!("dropped scopes: {dropped}")));
    }
}

#[tokio::test]
async fn a_machine_client_must_name_a_server_where_the_operator_requires_it() {
    let test = TestServer::of(harness::test_server::sound().require_resource(true)).await;
    let ours = machine(&test, "user").await;
    let (status, refused) = ask(&test, &ours, &[]).await;
    assert_eq!((status, &refused["error"]), (400, &"invalid_target".into()), "{refused}");
    assert_eq!(ask(&test, &ours, &[("resource", MCP)]).await.0, 200);
}

#[tokio::test]
async fn an_unauthorized_machine_request_is_refused_without_a_store_write() {
    let test = TestServer::new().await;
    let (ours, others) = (machine(&test, "user").await, machine(&test, "other").await);
    let wrong = (ours.0.clone(), "dw_secret_x".to_owned());
    for (machine, more, expected) in [
        (&ours, ("scope", "\""), (400, "invalid_scope")),
        (&ours, ("resource", "https://other.example"), (400, "invalid_target")),
        (&ours, ("resource", "https://evil.example"), (400, "invalid_target")),
        (&others, ("scope", ""), (400, "invalid_target")),
        (&wrong, ("scope", ""), (401, "invalid_client")),
    ] {
        let (status, body) = ask(&test, machine, &[more]).await;
        assert_eq!((status, body["error"].as_str().unwrap()), expected, "{more:?}");
    }
    let registration =
        r#"{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"client_secret_post"}"#;
    let registered = json(&test.send(harness::test_server::post_json(paths::REGISTER, registration)).await);
    let member = |name: &str| registered[name].as_str().unwrap().to_owned();
    let self_registered = (member("client_id"), member("client_secret"));
    let (status, body) = ask(&test, &self_registered, &[]).await;
    assert_eq!(
        (status, &body["error"]),
        (400, &"unauthorized_client".into()),
        "registration allows no client credentials"
    );
    assert_eq!(test.store.take().writes, 0);
}

#[tokio::test]
async fn a_machine_client_needs_credentials_and_users_cannot_take_a_client_name() {
    let test = TestServer::new().await;
    for (command, why) in [
        (object!({ "command": "add-client", "own_scope": "user" }), "must authenticate"),
        (
            object!({ "command": "add-client", "own_scope": "user", "token_endpoint_auth_method": "private_key_jwt" }),
            "jwks",
        ),
        (
            object!({ "command": "add-client", "own_scope": "user", "jwks": { "keys": [] } }),
            "private_key_jwt",
        ),
        (object!({ "command": "add-client" }), "needs redirect_uris, own_scope, or credentials"),
    ] {
        let refused = order(&test, command.clone()).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{command}: {refused}");
    }
    let command = object!({ "command": "add-person", "name": "client:robot" });
    let refused = serde_json::from_value::<doorward::operator::Command>(command).map(drop).unwrap_err();
    assert!(refused.to_string().contains("does not begin with client:"), "{refused}");
}

#[tokio::test]
async fn a_machine_client_may_use_private_key_jwt() {
    let (test, key) = (TestServer::new().await, KeyPair::new(11));
    let command = object!({
        "command": "add-client", "own_scope": "user", "token_endpoint_auth_method": "private_key_jwt",
        "jwks": { "keys": [key.jwk()] },
    });
    let answer = order(&test, command).await.unwrap().0;
    assert_eq!(answer["client_secret"], Value::Null);
    let id = answer["client_id"].as_str().unwrap();
    let ask = |assertion: &str| {
        let [kind, assertion] = shown(assertion);
        post(paths::TOKEN, &[("grant_type", "client_credentials"), kind, assertion])
    };
    let assertion = key.signs(&test, id, &object!({}));
    assert_eq!(json(&test.send(ask(&assertion)).await)["scope"], "user");
    assert_eq!(json(&test.send(ask(&assertion)).await)["error"], "invalid_client", "a replay");
    let other = KeyPair::new(12).signs(&test, id, &object!({}));
    assert_eq!(json(&test.send(ask(&other)).await)["error"], "invalid_client");
}

#[tokio::test]
async fn issuing_a_token_to_a_machine_client_is_an_audit_event() {
    let test = TestServer::new().await;
    let (id, secret) = machine(&test, "user").await;
    let fields = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    let answer = test.send(post(paths::TOKEN, &fields)).await;
    assert_eq!(crate::events(&answer), [EventKind::IssuedToClient]);
}

/// There is no user of whom it could tell.
#[tokio::test]
async fn a_machine_client_never_gets_scopes_about_a_user() {
    let test = TestServer::new().await;
    let machine = machine(&test, "user openid email").await;
    let (status, tokens) = ask(&test, &machine, &[("resource", MCP), ("scope", "user openid email")]).await;
    assert_eq!((status, &tokens["scope"]), (200, &"user".into()), "{tokens}");
    assert_eq!(tokens["id_token"], Value::Null);
    let mut request = harness::test_server::get(paths::USERINFO);
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    let refused = test.send(request).await;
    assert_eq!((refused.status().as_u16(), &json(&refused)["error"]), (403, &"insufficient_scope".into()));
}
