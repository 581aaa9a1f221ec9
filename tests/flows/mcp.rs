//! Calling the MCP server with an access token.

use doorward_tools::Guarded;
use harness::Client;
use harness::Person;
use harness::TestServer;
use harness::client::access_token;
use harness::client::tool_call;
use harness::test_server::guard;
use harness::test_server::header;
use harness::test_server::json;
use harness::test_server::parameter;
use rmcp::model::{CallToolRequestParams, CallToolResponse, ErrorData};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use std::time::Duration;

#[tokio::test]
async fn a_code_expires_after_a_minute_and_a_token_after_an_hour() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let code = client.obtain_code(&test, &mut alice).await;
    test.clock.pass(Duration::from_secs(60));
    assert_eq!(json(&test.send(client.redeems(&code)).await)["error"], "invalid_grant");
    let token = client.obtain_token(&test, &mut alice).await;
    test.clock.pass(Duration::from_secs(3599));
    assert_eq!(test.call(tool_call(Some(&token), "current")).await.status(), 200);
    test.clock.pass(Duration::from_secs(1));
    let refused = test.call(tool_call(Some(&token), "current")).await;
    assert_eq!(refused.status(), 401);
    assert!(header(&refused, "www-authenticate").contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn a_token_for_one_resource_is_refused_by_another() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let url = client.url_with(&[("resource", "https://other.example/"), ("scope", "other")]);
    let code = parameter(&alice.let_in(&test, &url).await, "code").unwrap();
    let answer = test.send(client.redeems_with(&code, &[("resource", "https://other.example")])).await;
    let token = access_token(&answer);
    let request = tool_call(Some(&token), "current");
    let (mut at_other, _) = request.clone().into_parts();
    at_other.headers.insert("host", "other.example".parse().unwrap());
    assert!(guard(&test.server, 1).admit(&at_other, b"").await.is_ok());
    assert_eq!(test.call(request).await.status(), 401);
}

#[tokio::test]
async fn a_token_without_the_required_scopes_gets_insufficient_scope() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let url = client.url_with(&[("scope", "files")]);
    let code = parameter(&Person::alice().let_in(&test, &url).await, "code").unwrap();
    let token = access_token(&test.send(client.redeems(&code)).await);
    let refused = test.call(tool_call(Some(&token), "current")).await;
    assert_eq!(refused.status(), 403);
    let challenge = header(&refused, "www-authenticate");
    assert!(
        challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"files user\""),
        "{challenge}"
    );
}

#[tokio::test]
async fn the_tool_returns_only_the_callers_own_data() {
    let test = TestServer::new().await;
    let token = Client::register(&test).await.obtain_token(&test, &mut Person::alice()).await;
    for own in ["current", "alice"] {
        let answer = json(&test.call(tool_call(Some(&token), own)).await);
        assert_eq!(answer["result"]["structuredContent"]["user_id"], "alice", "{answer}");
    }
    let answer = json(&test.call(tool_call(Some(&token), "bob")).await);
    assert_eq!(answer["result"]["isError"], true, "{answer}");
}

#[tokio::test]
async fn on_loopback_every_loopback_host_is_accepted_and_no_other() {
    let test = TestServer::at("http://127.0.0.1:9000", "http://127.0.0.1:8000/mcp").await;
    for (host, status) in [
        ("127.0.0.1:8000", 401),
        ("localhost:8000", 401),
        ("[::1]:8000", 401),
        ("api.localhost:8000", 401),
        ("evil.example:8000", 403),
        ("evillocalhost:8000", 403),
    ] {
        let mut request = tool_call(None, "current");
        request.headers_mut().insert("host", host.parse().unwrap());
        assert_eq!(test.call(request).await.status(), status, "{host}");
    }
}

#[tokio::test]
async fn beyond_loopback_a_proxy_may_change_the_host() {
    let test = TestServer::new().await;
    let token = Client::register(&test).await.obtain_token(&test, &mut Person::alice()).await;
    let mut request = tool_call(Some(&token), "current");
    request.headers_mut().insert("host", "abc.lambda-url.eu-central-1.on.aws".parse().unwrap());
    assert_eq!(test.call(request).await.status(), 200);
}

/// An MCP server whose only tool panics.
#[derive(Clone)]
struct Panicking;

impl ServerHandler for Panicking {
    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        panic!("the tool's own fault")
    }
}

#[tokio::test]
async fn a_tool_that_panics_does_not_hang_its_caller() {
    let test = TestServer::new().await;
    let token = Client::register(&test).await.obtain_token(&test, &mut Person::alice()).await;
    let panicking = Guarded::with(guard(&test.server, 0), Panicking);
    tokio::time::pause();
    let answer = panicking.answer(tool_call(Some(&token), "current").map(http_body_util::Full::new)).await;
    assert_eq!(answer.status(), 504);
}
