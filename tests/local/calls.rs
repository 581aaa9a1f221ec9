//! The log of calls (`audit-calls`), of the built-in MCP server and of a gateway.

use crate::{FREE_PORTS, connect};
use axum::Router;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::routing::post;
use doorward_local::log::Log;
use doorward_settings::{AUDIT_CALLS, Setting, UPSTREAM, USER, Values};
use harness::written::Written;
use serde_json::{Value, json};

const USERS: (&Setting, &str) = (&USER, "alice:open sesame");

/// The lines about calls after a run of the client with these settings.
async fn calls(settings: &[(&Setting, &str)]) -> Vec<String> {
    let settings = Values::of(FREE_PORTS.into_iter().chain([USERS]).chain(settings.iter().copied()));
    let written = Written::default();
    connect(&settings, Log::to(written.clone()), "alice", "open sesame").await.unwrap();
    let text = written.text();
    assert!(text.contains("signed_in person=alice"), "{text}");
    text.lines().filter(|line| line.contains("tool_called")).map(str::to_owned).collect()
}

fn assert_call(line: &str) {
    for part in [
        " info tool_called person=alice client=..",
        " grant=",
        " resource=http://127.0.0.1:",
        "/mcp tool=get_user_data status=200 ms=",
    ] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("user_id") && !line.contains("\"me\""), "no arguments: {line}");
}

#[tokio::test]
async fn each_call_of_a_tool_is_a_line_if_the_operator_wants_it() {
    assert_eq!(calls(&[]).await, Vec::<String>::new());
    let lines = calls(&[(&AUDIT_CALLS, "true")]).await;
    assert_eq!(lines.len(), 2, "before and after the refresh: {lines:?}");
    lines.iter().for_each(|line| assert_call(line));
}

fn answered(message: &Value) -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, "application/json")], message.to_string())
}

/// An MCP server with one tool, and nothing else. It refuses to list resources, as the official TypeScript SDK does.
async fn upstream() -> String {
    let answer = async |body: String| {
        let message: Value = serde_json::from_str(&body).unwrap();
        let (id, method) = (&message["id"], message["method"].as_str());
        let result = match method {
            Some("tools/call") => json!({ "content": [{ "type": "text", "text": "{}" }] }),
            Some("tools/list") => {
                json!({ "tools": [{ "name": "get_user_data", "inputSchema": { "type": "object" } }] })
            }
            Some("resources/list") => {
                let error = json!({ "code": -32601, "message": "Method not found" });
                return answered(&json!({ "jsonrpc": "2.0", "id": id, "error": error }));
            }
            _ => json!({
                "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
                "serverInfo": { "name": "a", "version": "1" },
            }),
        };
        answered(&json!({ "jsonrpc": "2.0", "id": id, "result": result }))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/mcp", post(answer))).await });
    url
}

#[tokio::test]
async fn calls_through_a_gateway_are_lines_too() {
    let url = upstream().await;
    let lines = calls(&[(&AUDIT_CALLS, "true"), (&UPSTREAM, &url)]).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    lines.iter().for_each(|line| assert_call(line));
    assert!(lines.iter().all(|line| line.contains(" correlation=")), "{lines:?}");
}

#[tokio::test]
async fn the_client_asks_a_server_only_for_what_it_has() {
    let url = upstream().await;
    let settings = Values::of(FREE_PORTS.into_iter().chain([USERS, (&UPSTREAM, url.as_str())]));
    connect(&settings, Log::to(Written::default()), "alice", "open sesame").await.unwrap();
}
