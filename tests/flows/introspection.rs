//! Token introspection by a resource server (RFC 7662).

use crate::NOTHING;
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use doorward::guard::{Guard, Verify};
use doorward::ports::Clock;
use doorward::protocol::paths;
use doorward::token::{Introspect, Introspection, IntrospectionUnavailable};
use doorward::wire::{EventKind, Events, Request};
use harness::client::tool_call;
use harness::counting::Count;
use harness::test_server::{json, post, secret_of, text};
use harness::{Client, Person, TestServer};
use std::sync::Arc;
use std::time::Duration;

const MCP: &str = "https://mcp.example/mcp";

fn asks(resource: &str, token: &str) -> Request {
    post(
        paths::INTROSPECT,
        &[("client_id", resource), ("client_secret", &secret_of(resource)), ("token", token)],
    )
}

#[tokio::test]
async fn introspection_returns_all_claims_with_one_read() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    test.store.take();
    let answer = json(&test.send(asks(MCP, &tokens.access)).await);
    assert_eq!(test.store.take(), Count { reads: 1, writes: 0 });
    for (member, value) in [
        ("active", true.into()),
        ("sub", "alice".into()),
        ("aud", MCP.into()),
        ("iss", "https://auth.example".into()),
        ("scope", "user".into()),
        ("client_id", client.id.as_str().into()),
        ("token_type", "Bearer".into()),
    ] as [(&str, serde_json::Value); 7]
    {
        assert_eq!(answer[member], value, "{member}");
    }
    assert_eq!(answer["exp"].as_u64(), answer["iat"].as_u64().map(|iat| iat + 3600));
}

#[tokio::test]
async fn introspection_accepts_credentials_in_the_authorization_header() {
    let test = TestServer::new().await;
    let tokens = Client::register(&test).await.obtain_tokens(&test, &mut Person::alice()).await;
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = STANDARD.encode(format!("{}:{}", encode(MCP), encode(&secret_of(MCP))));
    let mut request = post(paths::INTROSPECT, &[("token", &tokens.access)]);
    request.headers_mut().insert("authorization", format!("Basic {basic}").parse().unwrap());
    assert_eq!(json(&test.send(request).await)["active"], true);
}

#[tokio::test]
async fn the_token_of_a_closed_grant_and_an_expired_token_are_inactive() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let revoked = client.obtain_tokens(&test, &mut alice).await;
    test.send(client.revokes(&revoked.refresh)).await;
    assert_eq!(text(&test.send(asks(MCP, &revoked.access)).await), r#"{"active":false}"#);
    let expired = client.obtain_tokens(&test, &mut alice).await;
    test.clock.pass(Duration::from_secs(3600));
    test.store.take();
    assert_eq!(text(&test.send(asks(MCP, &expired.access)).await), r#"{"active":false}"#);
    assert_eq!(test.store.take(), NOTHING, "an expired token costs no store access");
}

#[tokio::test]
async fn a_token_for_another_resource_or_of_another_kind_is_inactive() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let code = client.obtain_code(&test, &mut alice).await;
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    test.store.take();
    for (asker, token) in [
        ("https://other.example", tokens.access.as_str()),
        (MCP, &tokens.refresh),
        (MCP, &code),
        (MCP, &client.id),
        (MCP, "made up"),
    ] {
        assert_eq!(text(&test.send(asks(asker, token)).await), r#"{"active":false}"#, "{token}");
    }
    assert_eq!(test.store.take(), NOTHING);
}

/// The response says nothing, so the log says which value does not fit.
#[tokio::test]
async fn an_inactive_answer_leaves_a_line_with_both_values() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let (tokens, revoked) =
        (client.obtain_tokens(&test, &mut alice).await, client.obtain_tokens(&test, &mut alice).await);
    test.send(client.revokes(&revoked.refresh)).await;
    let line = async |resource: &str, token: &str| {
        let answer = test.send(asks(resource, token)).await;
        assert_eq!(text(&answer), r#"{"active":false}"#);
        assert_eq!(crate::events(&answer), [EventKind::TokenInactive]);
        answer.extensions().get::<Events>().unwrap().0[0].to_string()
    };
    let id = &client.id[client.id.len() - 12..];
    for (resource, token, said, genuine) in [
        (
            "https://other.example",
            &tokens.access,
            "was issued for https://mcp.example/mcp, but https://other.example asks",
            true,
        ),
        (MCP, &revoked.access, "is of a grant that is closed", true),
        (MCP, &tokens.refresh, "is not signed with a key of the authorization server", false),
    ] {
        let line = line(resource, token).await;
        assert!(
            line.contains(said) && line.contains(id) == genuine && line.contains("grant=") == genuine,
            "{line}"
        );
    }
    let before = test.clock.now().0;
    test.clock.pass(Duration::from_secs(7200));
    let line = line(MCP, &tokens.access).await;
    let (exp, now) = (before + 3600, before + 7200);
    assert!(line.contains(&format!("has expired: exp is {exp}, and it is {now} here")), "{line}");
}

/// An issuer that always gives the same answer.
struct Constant(Introspection);

#[async_trait]
impl Introspect for Constant {
    async fn introspect(&self, _: &str, _: Duration) -> Result<Introspection, IntrospectionUnavailable> {
        Ok(self.0.clone())
    }
}

#[tokio::test]
async fn a_guard_that_asks_the_issuer_refuses_inactive_and_expired_tokens() {
    let test = TestServer::new().await;
    let tokens = Client::register(&test).await.obtain_tokens(&test, &mut Person::alice()).await;
    let active = serde_json::from_slice(test.send(asks(MCP, &tokens.access)).await.body()).unwrap();
    let guard = |answer| {
        let config = &test.server.config;
        let verify = Verify::Introspection(Arc::new(Constant(answer)));
        Guard::new(config.resources().default().clone(), config.issuer().clone(), verify, test.clock.clone())
    };
    let (head, body) = tool_call(Some(&tokens.access), "current").into_parts();
    assert_eq!(guard(Introspection::Inactive).admit(&head, &body).await.unwrap_err().status(), 401);
    let guard = guard(active);
    test.clock.pass(Duration::from_secs(3599));
    assert!(guard.admit(&head, &body).await.is_ok());
    test.clock.pass(Duration::from_secs(1));
    assert_eq!(guard.admit(&head, &body).await.unwrap_err().status(), 401);
}
