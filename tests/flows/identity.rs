//! The identity that the gateway signs for the MCP server behind it.

use doorward::gateway::{Gateway, GatewayKeys, IdentityForm, Upstream};
use doorward::jose::{Signer, jwt};
use doorward::protocol::{UpstreamUrl, paths};
use doorward::sealed::Keys;
use harness::client::{access_token, call};
use harness::fakes::TestSigner;
use harness::test_server::{get, guard, json, parameter, root};
use harness::{Client, Person, TestServer};
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const TYPE: &str = "doorward-identity+jwt";

fn signer() -> Arc<TestSigner> {
    Arc::new(TestSigner::new(107))
}

pub(crate) fn gateway(test: &TestServer, form: IdentityForm) -> Gateway {
    let upstream = Upstream {
        url: UpstreamUrl::parse("http://127.0.0.1:3000/mcp").unwrap(),
        host: None,
        forward: Vec::new(),
        identity: form,
    };
    let Keys { upstream_sessions, legacy_endpoints, .. } = Keys::derive(&root(7), &[]);
    let keys = GatewayKeys {
        sessions: Arc::new(upstream_sessions),
        endpoints: Arc::new(legacy_endpoints),
        identities: signer(),
    };
    Gateway::new(
        guard(&test.server, 0),
        test.server.config.issuer(),
        upstream,
        keys,
        test.server.entropy.clone(),
    )
}

/// The headers that the upstream gets with a call.
async fn sent(gateway: &Gateway, token: &str) -> HeaderMap {
    let request = call(Some(token), &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    let (mut head, message) = request.into_parts();
    for made_up in ["doorward-identity", "doorward-person", "doorward-client", "doorward-scope"] {
        head.headers.insert(made_up, "mallory".parse().unwrap());
    }
    let entered = gateway.enter(&head).await.ok().unwrap();
    let (request, _) = gateway.forward(&entered, &head, &message).ok().unwrap().into_parts();
    request.headers().clone()
}

fn claims(identity: &str) -> Option<Value> {
    jwt::verify(&[signer().public_key().clone()], TYPE, identity)
}

pub(crate) async fn token(test: &TestServer, scope: &str) -> (Client, String) {
    let client = Client::register(test).await;
    let code = Person::alice().let_in(test, &client.url_with(&[("scope", scope)])).await;
    let answer = test.send(client.redeems(&parameter(&code, "code").unwrap())).await;
    (client, access_token(&answer))
}

#[tokio::test]
async fn an_upstream_gets_a_signed_identity_of_the_caller() {
    let test = TestServer::new().await;
    let (client, token) = token(&test, "user files").await;
    let headers = sent(&gateway(&test, IdentityForm::Signed), &token).await;
    let claims = claims(headers["doorward-identity"].to_str().unwrap()).unwrap();
    let now = 1_790_000_000;
    assert_eq!(claims["iss"], "https://auth.example");
    assert_eq!((&claims["sub"], &claims["aud"]), (&json!("alice"), &json!("https://mcp.example/mcp")));
    assert_eq!((&claims["client_id"], &claims["scope"]), (&json!(client.id), &json!("files user")));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 300)));
    let access: Value = jwt::verify(test.server.token_keys.public_keys(), "at+jwt", &token).unwrap();
    assert_eq!((&claims["gid"], &claims["auth_time"]), (&access["gid"], &access["auth_time"]));
    assert!(headers.get("authorization").is_none() && headers.get("doorward-person").is_none());
}

#[tokio::test]
async fn an_identity_is_no_access_token() {
    let test = TestServer::new().await;
    let (_, token) = token(&test, "user").await;
    let identity = sent(&gateway(&test, IdentityForm::Signed), &token).await["doorward-identity"].clone();
    let request =
        call(Some(identity.to_str().unwrap()), &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }));
    assert_eq!(test.call(request).await.status(), 401);
    let keys = async |path| json(&test.send(get(path)).await)["keys"].clone();
    let (identities, access) = (keys(paths::IDENTITY_JWKS).await, keys(paths::JWKS).await);
    let kid = |key: &Value| key["kid"].as_str().unwrap().to_owned();
    let known: Vec<_> = access.as_array().unwrap().iter().map(kid).collect();
    assert_eq!(identities.as_array().map(Vec::len), Some(1));
    assert!(identities.as_array().unwrap().iter().all(|key| !known.contains(&kid(key))), "{known:?}");
    assert!(!known.contains(&signer().public_key().id().to_owned()));
}

#[tokio::test]
async fn an_identity_is_signed_once_in_four_minutes_and_ends_with_the_token() {
    let test = TestServer::new().await;
    let (_, token) = token(&test, "user").await;
    let gateway = gateway(&test, IdentityForm::Signed);
    let identity = async || sent(&gateway, &token).await["doorward-identity"].clone();
    let first = identity().await;
    test.clock.pass(Duration::from_secs(239));
    assert_eq!(identity().await, first);
    test.clock.pass(Duration::from_secs(1));
    assert_ne!(identity().await, first);
    test.clock.pass(Duration::from_secs(3600 - 240 - 100));
    let last = claims(identity().await.to_str().unwrap()).unwrap();
    assert_eq!(last["exp"].as_u64().unwrap() - last["iat"].as_u64().unwrap(), 100);
}

#[tokio::test]
async fn the_operator_chooses_the_form() {
    let test = TestServer::new().await;
    let (client, token) = token(&test, "user").await;
    let bearer = sent(&gateway(&test, IdentityForm::Bearer), &token).await;
    let given = bearer["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    assert!(claims(given).is_some() && given != token && bearer.get("doorward-identity").is_none());
    let plain = sent(&gateway(&test, IdentityForm::Plain), &token).await;
    let values =
        ["doorward-person", "doorward-client", "doorward-scope"].map(|name| plain[name].to_str().unwrap());
    assert_eq!(values, ["alice", client.id.as_str(), "user"]);
    let none = sent(&gateway(&test, IdentityForm::None), &token).await;
    let about: Vec<_> = none.keys().filter(|name| name.as_str().starts_with("doorward-")).collect();
    assert_eq!(about, ["doorward-correlation"]);
}
