//! Step-up authorization: a tool needs more scopes than the client has; the challenge names them with the granted ones.

use doorward::protocol::{ProtectedResource, Scope};
use harness::client::{Client, Tokens, call, tool_call};
use harness::test_server::{header, parameter, sound};
use harness::{Person, TestServer};
use serde_json::json;

/// A test server whose tool needs `files` besides `user`, and whose resource also offers `more`.
async fn test() -> TestServer {
    let files = Scope::parse("files").unwrap();
    let mut resource = ProtectedResource::parse("https://mcp.example/mcp", "user files more").unwrap();
    resource.tools.insert("get_user_data".to_owned(), files);
    TestServer::of(sound().resources(vec![resource])).await
}

/// Obtains tokens with this scope.
async fn obtain(test: &TestServer, client: &Client, alice: &mut Person, scope: &str) -> Tokens {
    let back = alice.let_in(test, &client.url_with(&[("scope", scope)])).await;
    Tokens::of(&test.send(client.redeems(&parameter(&back, "code").unwrap())).await)
}

/// The scopes that a challenge names.
fn challenged(challenge: &str) -> &str {
    challenge.split_once("scope=\"").unwrap().1.strip_suffix('"').unwrap()
}

#[tokio::test]
async fn following_the_challenge_adds_the_missing_scope_and_keeps_the_granted_ones() {
    let test = test().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    let first = obtain(&test, &client, &mut alice, "user more").await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/list", "params": {} });
    assert_eq!(test.call(call(Some(&first.access), &list)).await.status(), 200, "only the tool needs more");
    let refused = test.call(tool_call(Some(&first.access), "current")).await;
    assert_eq!(refused.status(), 403);
    let challenge = header(&refused, "www-authenticate");
    assert!(challenge.contains("error=\"insufficient_scope\""), "{challenge}");
    assert!(challenge.contains("resource_metadata=\"https://mcp.example/.well-known/"), "{challenge}");
    assert_eq!(challenged(challenge), "files more user");
    let second = obtain(&test, &client, &mut alice, challenged(challenge)).await;
    assert_eq!(test.call(tool_call(Some(&second.access), "current")).await.status(), 200);
}

#[tokio::test]
async fn a_call_that_hides_its_tool_name_needs_the_scopes_of_all_tools() {
    let test = test().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    let tokens = obtain(&test, &client, &mut alice, "user").await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let tool =
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "get_user_data" } });
    for hidden in [
        json!([list, tool]).to_string(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","name":"get_user_data"}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"get_user_data"}}"#.to_owned(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools\u002fcall","params":{"name":"get\u005fuser_data"}}"#.to_owned(),
    ] {
        let mut request = call(Some(&tokens.access), &list);
        *request.body_mut() = hidden.clone().into();
        request.headers_mut().remove("content-length");
        assert_eq!(test.call(request).await.status(), 403, "{hidden}");
    }
}

#[tokio::test]
async fn a_client_that_requests_no_scope_gets_all_and_needs_no_step_up() {
    let test = test().await;
    let client = Client::register(&test).await;
    let tokens = obtain(&test, &client, &mut Person::alice(), "").await;
    assert_eq!(test.call(tool_call(Some(&tokens.access), "current")).await.status(), 200);
}

/// GET and DELETE call no tool. Clients send them to look for a stream, and expect a 405.
#[tokio::test]
async fn a_request_that_calls_no_tool_needs_no_extra_scope() {
    let test = test().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    let tokens = obtain(&test, &client, &mut alice, "user").await;
    for method in [http::Method::GET, http::Method::DELETE] {
        let mut request = call(Some(&tokens.access), &json!({}));
        *request.method_mut() = method;
        *request.body_mut() = bytes::Bytes::new();
        assert_eq!(test.call(request).await.status(), 405);
    }
}
