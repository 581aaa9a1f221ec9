//! Step-up authorization: a tool needs more scopes than the client has; the challenge names them with the granted ones.

use doorward::protocol::{Digest, ProtectedResource, Scope, ScopeHierarchy, paths};
use harness::client::{Client, Tokens, call, tool_call};
use harness::test_server::{
    guard, header, json as json_of, parameter, post, read_out, secret_of, sound, text,
};
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
async fn a_call_that_hides_its_tool_does_not_avoid_its_scope() {
    let test = test().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    let tokens = obtain(&test, &client, &mut alice, "user").await;
    let call_of =
        |tool| json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": tool } });
    let (list, tool) =
        (json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }), call_of("get_user_data"));
    let plain = [("content-type", "application/json")];
    for (hidden, headers, expected) in [
        (json!([list, tool]).to_string(), plain, 400),
        (json!([null, tool]).to_string(), plain, 400),
        (json!(["2.0", "tools/call", { "name": "get_user_data" }, 1]).to_string(), plain, 400),
        (tool.to_string().replace("method", "Method"), plain, 400),
        (tool.to_string().replace("params", "param\u{17f}"), plain, 400),
        (tool.to_string().replace("\"name\"", "\"name\":\"x\",\"name\""), plain, 400),
        (tool.to_string().replace("\"method\"", "\"method\":\"tools/list\",\"method\""), plain, 400),
        (tool.to_string().replace("tools/call", "Tools/Call"), plain, 400),
        (
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": ["get_user_data"] })
                .to_string(),
            plain,
            400,
        ),
        (format!("\u{feff}{tool}"), plain, 400),
        (format!("{list}{tool}"), plain, 400),
        (list.to_string(), [("content-type", "application/json; charset=utf-16")], 415),
        (list.to_string(), [("content-encoding", "deflate")], 415),
        (tool.to_string().replace("tools/call", "tools\\u002fcall"), plain, 403),
        (tool.to_string().replace("get_user_data", "get\\u005fuser_data"), plain, 403),
        (call_of("Get_User_Data").to_string(), plain, 403),
        (call_of("another").to_string(), plain, 200),
        (list.to_string(), plain, 200),
    ] {
        let mut request = call(Some(&tokens.access), &list);
        *request.body_mut() = hidden.clone().into();
        request.headers_mut().remove("content-length");
        for (name, value) in headers {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let response = test.call(request).await;
        assert_eq!(response.status(), expected, "{hidden}: {}", text(&response));
        let code = json_of(&response)["error"]["code"].as_i64();
        assert!(
            !matches!(expected, 400 | 415) || matches!(code, Some(-32700 | -32600)),
            "{hidden}: {code:?}"
        );
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

/// A test server where `admin` implies `files`, which implies `user`.
async fn hierarchical() -> TestServer {
    let scope = |text| Scope::parse(text).unwrap();
    let mut resource = ProtectedResource::parse("https://mcp.example/mcp", "user files admin more").unwrap();
    resource.tools.insert("get_user_data".to_owned(), scope("files"));
    resource.tools.insert("wipe".to_owned(), scope("more"));
    resource.implied =
        ScopeHierarchy::new([(scope("admin"), scope("files")), (scope("files"), scope("user"))]).unwrap();
    resource.secret = Some(Digest::of(secret_of("https://mcp.example/mcp")));
    TestServer::of(sound().resources(vec![resource])).await
}

/// A scope that implies others passes where they are needed; what was granted stays what tokens say.
#[tokio::test]
async fn a_scope_holds_those_that_it_implies() {
    let test = hierarchical().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    let page = text(&alice.reach_consent(&test, &client.url_with(&[("scope", "admin")])).await).to_owned();
    for (name, is_named) in [("admin", true), ("files", true), ("more", false)] {
        assert_eq!(page.contains(&format!("use the permission “{name}”")), is_named, "{name}: {page}");
    }
    let tokens = obtain(&test, &client, &mut alice, "admin").await;
    assert_eq!(test.call(tool_call(Some(&tokens.access), "current")).await.status(), 200);
    let secret = secret_of("https://mcp.example/mcp");
    let fields =
        [("token", &*tokens.access), ("client_id", "https://mcp.example/mcp"), ("client_secret", &secret)];
    assert_eq!(json_of(&test.send(post(paths::INTROSPECT, &fields)).await)["scope"], "admin");
    let wipe = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "wipe" } });
    let refused = test.call(call(Some(&tokens.access), &wipe)).await;
    assert_eq!(
        (refused.status().as_u16(), challenged(header(&refused, "www-authenticate"))),
        (403, "admin more user")
    );
    let narrow = obtain(&test, &client, &mut alice, "more").await;
    assert_eq!(
        test.call(tool_call(Some(&narrow.access), "current")).await.status(),
        403,
        "more implies nothing"
    );
}

#[tokio::test]
async fn an_admitted_request_has_its_scopes_as_granted_and_with_those_that_they_imply() {
    let test = hierarchical().await;
    let client = Client::register(&test).await;
    let tokens = obtain(&test, &client, &mut Person::alice(), "admin").await;
    let (head, body) = tool_call(Some(&tokens.access), "current").into_parts();
    let access = guard(&test.server, 0).admit(&head, &body).await.unwrap();
    assert_eq!(
        (access.scope.to_string().as_str(), access.effective_scope.to_string().as_str()),
        ("admin", "admin files user")
    );
}

#[tokio::test]
async fn the_account_page_names_the_implied_scopes_too() {
    let test = hierarchical().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    obtain(&test, &client, &mut alice, "admin").await;
    let page = alice.open(&test, paths::ACCOUNT).await;
    let shown = read_out(&page);
    for part in ["“admin”", "“files”", "see who you are"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("“more”"), "{shown}");
}

/// What a token may read about the user goes through a step-up, and no challenge asks for it by itself.
#[tokio::test]
async fn scopes_about_the_user_are_kept_and_never_asked_for() {
    let test = test().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    let first = test.call(tool_call(None, "current")).await;
    assert_eq!(challenged(header(&first, "www-authenticate")), "user");
    let token = obtain(&test, &client, &mut alice, "openid profile user").await;
    let refused = test.call(tool_call(Some(&token.access), "current")).await;
    let challenge = header(&refused, "www-authenticate").to_owned();
    assert_eq!((refused.status().as_u16(), challenged(&challenge)), (403, "files openid profile user"));
    let second = obtain(&test, &client, &mut alice, challenged(&challenge)).await;
    assert_eq!(test.call(tool_call(Some(&second.access), "current")).await.status(), 200);
    let mut request = harness::test_server::get(paths::USERINFO);
    request.headers_mut().insert("authorization", format!("Bearer {}", second.access).parse().unwrap());
    assert_eq!(json_of(&test.send(request).await), json!({ "sub": "alice", "name": "alice" }));
    // They open nothing at the MCP server.
    let only = obtain(&test, &client, &mut alice, "openid more").await;
    let refused = test.call(tool_call(Some(&only.access), "current")).await;
    assert_eq!(challenged(header(&refused, "www-authenticate")), "more openid user");
}
