//! The `resource` parameter (RFC 8707): a client that names no MCP server.

use crate::checks::reason;
use harness::person::sent_on;
use harness::test_server::{get, header, parameter, read_out, sound};
use harness::{Client, Person, TestServer};

const MCP: &str = "https://mcp.example/mcp";

/// A malicious MCP server may name this authorization server as its own. A client that sends no `resource` then gets a
/// token for the first resource here, and sends it to that server. The user is told which server it is for.
#[tokio::test]
async fn the_page_and_the_log_say_that_a_client_named_no_server() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    for (languages, says) in [
        ("en", "It did not say which server it wants to use. It will get access to mcp.example."),
        ("zh", "它没有说明要使用哪个服务器。它将获得对 mcp.example 的访问权限。"),
    ] {
        alice.languages = languages;
        let unnamed = alice.reach_consent(&test, &client.url()).await;
        assert!(read_out(&unnamed).contains(says), "{}", read_out(&unnamed));
        let decided = alice.submit(&test, &unnamed, "allow").await;
        assert_eq!(reason(&decided).unwrap(), "no resource was named; it is https://mcp.example/mcp");
        let named = alice.reach_consent(&test, &client.url_with(&[("resource", MCP)])).await;
        assert!(!read_out(&named).contains(says), "{}", read_out(&named));
        assert_eq!(reason(&alice.submit(&test, &named, "allow").await), None);
    }
    let both = alice.reach_consent(&test, &client.url_with(&[("scope", "user claudeai")])).await;
    let decided = alice.submit(&test, &both, "allow").await;
    let noted = "no resource was named; it is https://mcp.example/mcp; dropped scopes: claudeai";
    assert_eq!(reason(&decided).unwrap(), noted);
}

#[tokio::test]
async fn a_client_must_name_a_server_where_the_operator_requires_it() {
    let test = TestServer::of(sound().require_resource(true)).await;
    let client = Client::register(&test).await;
    let refused = test.send(get(&client.url())).await;
    let url = header(&refused, "location");
    assert_eq!(parameter(url, "error").as_deref(), Some("invalid_target"));
    let told = parameter(url, "error_description").unwrap();
    assert_eq!(told, "resource is missing; known: https://mcp.example/mcp, https://other.example");
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url_with(&[("resource", MCP)])).await;
    let decided = alice.submit(&test, &page, "allow").await;
    assert!(parameter(sent_on(&decided), "code").is_some());
}
