//! Clients that speak for themselves: no person let them in, an operator did.

use crate::operator::order;
use doorward::protocol::paths;
use doorward::wire::What;
use harness::House;
use harness::client::tool_call;
use harness::counting::Count;
use harness::house::{json, post, secret_of, text};
use harness::keyed::{KeyPair, shown};
use serde_json::{Value, json as object};

const MCP: &str = "https://mcp.example/mcp";

/// A client that may have these scopes for itself, and its secret.
async fn machine(house: &House, own_scope: &str) -> (String, String) {
    let command = object!({
        "command": "add-client", "own_scope": own_scope, "token_endpoint_auth_method": "client_secret_post",
    });
    let answer = order(house, command).await.unwrap().0;
    house.store.take();
    (answer["client_id"].as_str().unwrap().to_owned(), answer["client_secret"].as_str().unwrap().to_owned())
}

async fn ask(house: &House, (id, secret): &(String, String), more: &[(&str, &str)]) -> (u16, Value) {
    let mut fields = vec![("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    fields.extend(more);
    let answer = house.send(post(paths::TOKEN, &fields)).await;
    (answer.status().as_u16(), json(&answer))
}

async fn introspect(house: &House, token: &Value) -> Value {
    let asks = [("token", token.as_str().unwrap()), ("client_id", MCP), ("client_secret", &secret_of(MCP))];
    json(&house.send(post(paths::INTROSPECT, &asks)).await)
}

#[tokio::test]
async fn a_machine_is_given_what_it_may_have_and_nothing_to_refresh() {
    let house = House::new().await;
    let machine = machine(&house, "user other").await;
    let (status, tokens) = ask(&house, &machine, &[("resource", MCP)]).await;
    assert_eq!((status, &tokens["scope"]), (200, &"user".into()), "{tokens}");
    assert_eq!(house.store.take(), Count { reads: 1, writes: 1 });
    assert_eq!(tokens["refresh_token"], Value::Null);
    assert!(!tokens.as_object().unwrap().contains_key("refresh_token"));
    let answer = house.call(tool_call(tokens["access_token"].as_str(), "current")).await;
    assert_eq!(answer.status(), 200);
    assert!(text(&answer).contains(&format!("client:{}", machine.0)), "{}", text(&answer));
    let (_, elsewhere) = ask(&house, &machine, &[("resource", "https://other.example")]).await;
    assert_eq!(elsewhere["scope"], "other");
    let refused = house.call(tool_call(elsewhere["access_token"].as_str(), "current")).await;
    assert_eq!(refused.status(), 401, "it is for another resource");
}

#[tokio::test]
async fn what_a_machine_has_can_be_looked_up_and_taken_back() {
    let house = House::new().await;
    let machine = machine(&house, "user").await;
    let (_, tokens) = ask(&house, &machine, &[]).await;
    let known = introspect(&house, &tokens["access_token"]).await;
    assert_eq!(
        (&known["active"], &known["client_id"]),
        (&true.into(), &machine.0.as_str().into()),
        "{known}"
    );
    assert_eq!(known["sub"], format!("client:{}", machine.0));
    let listed =
        order(&house, object!({ "command": "list-grants", "person": known["sub"] })).await.unwrap().0;
    let (grant, closed) = (listed["grants"][0]["grant"].clone(), listed["grants"][0]["closed"].clone());
    assert_eq!(closed, Value::Null);
    order(&house, object!({ "command": "revoke-grant", "grant": grant })).await.unwrap();
    assert_eq!(introspect(&house, &tokens["access_token"]).await["active"], false);
    let (_, tokens) = ask(&house, &machine, &[]).await;
    let token = tokens["access_token"].as_str().unwrap();
    let gives_back = [("token", token), ("client_id", &machine.0), ("client_secret", &machine.1)];
    assert_eq!(house.send(post(paths::REVOKE, &gives_back)).await.status(), 200);
    assert_eq!(introspect(&house, &tokens["access_token"]).await["active"], false);
    order(&house, object!({ "command": "block-client", "client_id": machine.0 })).await.unwrap();
    assert_eq!(ask(&house, &machine, &[]).await.0, 401);
}

#[tokio::test]
async fn who_may_have_nothing_or_asks_for_something_else_is_refused_and_costs_no_write() {
    let house = House::new().await;
    let (ours, others) = (machine(&house, "user").await, machine(&house, "other").await);
    let wrong = (ours.0.clone(), "dw_secret_x".to_owned());
    for (machine, more, expected) in [
        (&ours, ("scope", "files"), (400, "invalid_scope")),
        (&ours, ("resource", "https://other.example"), (400, "invalid_target")),
        (&ours, ("resource", "https://evil.example"), (400, "invalid_target")),
        (&others, ("scope", ""), (400, "invalid_target")),
        (&wrong, ("scope", ""), (401, "invalid_client")),
    ] {
        let (status, body) = ask(&house, machine, &[more]).await;
        assert_eq!((status, body["error"].as_str().unwrap()), expected, "{more:?}");
    }
    let registration =
        r#"{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"client_secret_post"}"#;
    let registered = json(&house.send(harness::house::post_json(paths::REGISTER, registration)).await);
    let member = |name: &str| registered[name].as_str().unwrap().to_owned();
    let anybody = (member("client_id"), member("client_secret"));
    let (status, body) = ask(&house, &anybody, &[]).await;
    assert_eq!(
        (status, &body["error"]),
        (400, &"unauthorized_client".into()),
        "registering is no way to a token"
    );
    assert_eq!(house.store.take().writes, 0);
}

#[tokio::test]
async fn a_machine_needs_a_secret_and_no_person_is_called_like_one() {
    let house = House::new().await;
    for (command, why) in [
        (object!({ "command": "add-client", "own_scope": "user" }), "needs a secret or keys"),
        (
            object!({ "command": "add-client", "own_scope": "user", "token_endpoint_auth_method": "private_key_jwt" }),
            "jwks",
        ),
        (
            object!({ "command": "add-client", "own_scope": "user", "jwks": { "keys": [] } }),
            "private_key_jwt",
        ),
        (object!({ "command": "add-client" }), "no scope of its own"),
        (object!({ "command": "add-person", "name": "client:robot" }), "clients'"),
    ] {
        let refused = order(&house, command.clone()).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{command}: {refused}");
    }
}

#[tokio::test]
async fn a_machine_may_sign_instead_of_keeping_a_secret() {
    let (house, key) = (House::new().await, KeyPair::new(11));
    let command = object!({
        "command": "add-client", "own_scope": "user", "token_endpoint_auth_method": "private_key_jwt",
        "jwks": { "keys": [key.jwk()] },
    });
    let answer = order(&house, command).await.unwrap().0;
    assert_eq!(answer["client_secret"], Value::Null);
    let id = answer["client_id"].as_str().unwrap();
    let ask = |assertion: &str| {
        let [kind, assertion] = shown(assertion);
        post(paths::TOKEN, &[("grant_type", "client_credentials"), kind, assertion])
    };
    let assertion = key.signs(&house, id, &object!({}));
    assert_eq!(json(&house.send(ask(&assertion)).await)["scope"], "user");
    assert_eq!(json(&house.send(ask(&assertion)).await)["error"], "invalid_client", "it counts once");
    let other = KeyPair::new(12).signs(&house, id, &object!({}));
    assert_eq!(json(&house.send(ask(&other)).await)["error"], "invalid_client");
}

#[tokio::test]
async fn it_is_written_down() {
    let house = House::new().await;
    let (id, secret) = machine(&house, "user").await;
    let fields = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    let answer = house.send(post(paths::TOKEN, &fields)).await;
    assert_eq!(crate::events(&answer), [What::IssuedToClient]);
}
