//! Requests that never reach the upstream, one table row each: what is sent, what comes back, and the section.

use crate::PING;
use crate::running::Running;
use crate::upstream::{Upstream, json};

/// The expected answer.
enum Told {
    /// This status, and JSON with this error.
    Json(u16, &'static str),
    /// This status, and a JSON-RPC error with this code and no id.
    JsonRpc(u16, i64),
    /// This status, and this value of `Allow`.
    Allow(u16, &'static str),
    /// This status, and a challenge that contains this text.
    Challenge(u16, &'static str),
}

/// A request that is refused.
struct Row {
    wrong: &'static str,
    section: &'static str,
    request: Vec<u8>,
    told: Told,
}

fn row(wrong: &'static str, section: &'static str, request: impl Into<Vec<u8>>, told: Told) -> Row {
    Row { wrong, section, request: request.into(), told }
}

/// Sends every row to a gateway whose upstream takes no connection. Checks the answer.
async fn check(rows: impl FnOnce(&Running) -> Vec<Row>) {
    let upstream = Upstream::answering(json(b"{}")).await;
    let gateway = Running::before(&upstream).await;
    assert_eq!(upstream.connections().await, 1, "that of the start");
    for Row { wrong, section, request, told } in rows(&gateway) {
        let heard = gateway.exchange(request).await;
        let about = format!("{wrong} ({section}): {heard:?}");
        let challenge = heard.head.get("www-authenticate");
        let is_challenge = matches!(told, Told::Challenge(..));
        match told {
            Told::Json(status, error) => {
                assert_eq!(
                    (heard.status(), heard.json()["error"].as_str()),
                    (status, Some(error)),
                    "{about}"
                );
            }
            Told::JsonRpc(status, code) => {
                let body = heard.json();
                assert_eq!((heard.status(), body["error"]["code"].as_i64()), (status, Some(code)), "{about}");
                assert_eq!(
                    (body["jsonrpc"].as_str(), &body["id"]),
                    (Some("2.0"), &serde_json::Value::Null),
                    "{about}"
                );
            }
            Told::Allow(status, allow) => {
                assert_eq!((heard.status(), heard.head.get("allow")), (status, allow), "{about}");
            }
            Told::Challenge(status, holds) => {
                assert_eq!(heard.status(), status, "{about}");
                assert!(challenge.contains(holds) && challenge.contains("resource_metadata=\""), "{about}");
            }
        }
        assert_eq!(is_challenge, !challenge.is_empty(), "{about}");
        assert_eq!(upstream.connections().await, 1, "{about}");
    }
}

#[tokio::test]
async fn bodies() {
    check(|gateway| {
        let post = |body: &[u8]| gateway.request("POST", "", body);
        let typed = |line: &str| {
            let plain = String::from_utf8(post(PING)).unwrap();
            plain.replacen("Content-Type: application/json\r\n", line, 1)
        };
        let long = |length: usize| {
            let filling = length - r#"{"jsonrpc":"2.0","method":""}"#.len();
            format!(r#"{{"jsonrpc":"2.0","method":"{}"}}"#, "a".repeat(filling)).into_bytes()
        };
        let deep = format!(r#"{{"jsonrpc":"2.0","method":"a","id":{}}}"#, "[".repeat(100_000));
        vec![
            row(
                "a batch",
                "MCP 2025-11-25, Transports",
                post(br#"[{"jsonrpc":"2.0","method":"a"}]"#),
                Told::JsonRpc(400, -32600),
            ),
            row("an array", "JSON-RPC 2.0 §4", post(b"[]"), Told::JsonRpc(400, -32600)),
            row("a text", "JSON-RPC 2.0 §4", post(b"\"a\""), Told::JsonRpc(400, -32600)),
            row("no version", "JSON-RPC 2.0 §4", post(br#"{"method":"a"}"#), Told::JsonRpc(400, -32600)),
            row(
                "two methods",
                "RFC 8259 §4",
                post(br#"{"jsonrpc":"2.0","method":"a","method":"b"}"#),
                Told::JsonRpc(400, -32600),
            ),
            row(
                "two tools",
                "RFC 8259 §4",
                post(br#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"a","name":"b"}}"#),
                Told::JsonRpc(400, -32600),
            ),
            row(
                "an escaped member again",
                "RFC 8259 §4",
                post(br#"{"jsonrpc":"2.0","method":"a","\u006dethod":"b"}"#),
                Told::JsonRpc(400, -32600),
            ),
            row(
                "a member in another case",
                "RFC 8259 §4",
                post(br#"{"jsonrpc":"2.0","method":"a","Method":"b"}"#),
                Told::JsonRpc(400, -32600),
            ),
            row("not JSON", "RFC 8259 §2", post(b"{"), Told::JsonRpc(400, -32700)),
            row("two documents", "RFC 8259 §2", post(&[PING, PING].concat()), Told::JsonRpc(400, -32700)),
            row(
                "deep nesting without an end",
                "RFC 8259 §9",
                post(deep.as_bytes()),
                Told::JsonRpc(400, -32700),
            ),
            row(
                "a byte order mark",
                "RFC 8259 §8.1",
                post(&[b"\xef\xbb\xbf", PING].concat()),
                Told::JsonRpc(400, -32700),
            ),
            row(
                "not UTF-8",
                "RFC 8259 §8.1",
                post(b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}"),
                Told::JsonRpc(400, -32700),
            ),
            row("empty", "RFC 8259 §2", post(b""), Told::JsonRpc(400, -32700)),
            row(
                "UTF-16",
                "RFC 8259 §8.1",
                typed("Content-Type: application/json; charset=utf-16\r\n"),
                Told::JsonRpc(415, -32700),
            ),
            row(
                "compressed",
                "RFC 9110 §8.4",
                typed("Content-Encoding: gzip\r\n"),
                Told::JsonRpc(415, -32700),
            ),
            row(
                "more than 4 MiB",
                "RFC 9110 §15.5.14",
                post(&long(4 * 1024 * 1024 + 1)),
                Told::JsonRpc(413, -32600),
            ),
        ]
    })
    .await;
}

#[tokio::test]
async fn heads() {
    check(|gateway| {
        let bearer = gateway.token();
        let plain = String::from_utf8(gateway.request_with(&bearer, "POST", "", PING)).unwrap();
        let method = |method: &str| gateway.request(method, "", b"");
        let token = format!("Authorization: Bearer {bearer}\r\n");
        let with = |line: &str| plain.replacen(&token, line, 1);
        let path = |path: &str| plain.replacen("/mcp", path, 1);
        let origin = |origin: &str| gateway.request("POST", &format!("Origin: {origin}\r\n"), PING);
        let connection = |options: &str| {
            gateway.request("POST", &format!("Connection: {options}\r\nMcp-Name: a\r\n"), PING)
        };
        let after_host = |line: &str| {
            let host = format!("Host: {}\r\n", gateway.address);
            plain.replacen(&host, &format!("{host}{line}"), 1)
        };
        let edited = bearer.replacen('.', ".A", 1);
        vec![
            row("no token", "RFC 6750 §3", with(""), Told::Challenge(401, "Bearer ")),
            row(
                "an edited token",
                "RFC 6750 §3.1",
                with(&format!("Authorization: Bearer {edited}\r\n")),
                Told::Challenge(401, "error=\"invalid_token\""),
            ),
            row(
                "a token in the query",
                "RFC 6750 §2.3",
                with("").replacen("/mcp", &format!("/mcp?access_token={}", gateway.token()), 1),
                Told::Challenge(401, "Bearer "),
            ),
            row(
                "Basic",
                "RFC 6750 §3",
                with("Authorization: Basic YTpi\r\n"),
                Told::Challenge(401, "Bearer "),
            ),
            row(
                "two tokens",
                "RFC 6750 §3.1",
                with(&format!("{token}{token}")),
                Told::Challenge(400, "error=\"invalid_request\""),
            ),
            row(
                "Content-Type of the connection",
                "RFC 9110 §7.6.1",
                connection("close, content-type"),
                Told::Json(400, "invalid_request"),
            ),
            row(
                "Accept of the connection",
                "RFC 9110 §7.6.1",
                connection("Accept"),
                Told::Json(400, "invalid_request"),
            ),
            row(
                "a header of MCP of the connection",
                "RFC 9110 §7.6.1",
                connection("x-hop ,\tMcp-Name"),
                Told::Json(400, "invalid_request"),
            ),
            row(
                "the session of the connection",
                "RFC 9110 §7.6.1",
                connection("close\r\nConnection: mcp-session-id"),
                Told::Json(400, "invalid_request"),
            ),
            row("PUT", "RFC 9110 §15.5.6", method("PUT"), Told::Allow(405, "POST, GET, DELETE")),
            row("PATCH", "RFC 9110 §15.5.6", method("PATCH"), Told::Allow(405, "POST, GET, DELETE")),
            row("TRACE", "RFC 9110 §15.5.6", method("TRACE"), Told::Allow(405, "POST, GET, DELETE")),
            row("another path", "RFC 9110 §15.5.5", path("/mcp/tools"), Told::Json(404, "not_found")),
            row("the root", "RFC 9110 §15.5.5", path("/"), Told::Json(404, "not_found")),
            row(
                "an encoded path",
                "RFC 9110 §15.5.5",
                path("/mcp%2f..%2fadmin"),
                Told::Json(404, "not_found"),
            ),
            row("a path above", "RFC 9110 §15.5.5", path("/mcp/../admin"), Told::Json(404, "not_found")),
            row("two slashes", "RFC 9110 §15.5.5", path("//mcp"), Told::Json(404, "not_found")),
            row(
                "a foreign page",
                "MCP 2025-11-25, Transports, Security Warning",
                origin("https://evil.example"),
                Told::Json(403, "access_denied"),
            ),
            row(
                "a page of no origin",
                "MCP 2025-11-25, Transports, Security Warning",
                origin("null"),
                Told::Json(403, "access_denied"),
            ),
            row(
                "a second page",
                "MCP 2025-11-25, Transports, Security Warning",
                origin(&format!("http://{}\r\nOrigin: https://evil.example", gateway.address)),
                Told::Json(403, "access_denied"),
            ),
            row(
                "a second host",
                "RFC 9112 §3.2",
                after_host("Host: evil.example\r\n"),
                Told::Json(400, "invalid_request"),
            ),
            row(
                "a foreign host in the target",
                "RFC 9112 §3.2.2",
                path("http://evil.example/mcp"),
                Told::Json(403, "access_denied"),
            ),
            row(
                "a foreign host",
                "MCP 2025-11-25, Transports, Security Warning",
                plain.replacen(&format!("Host: {}", gateway.address), "Host: evil.example", 1),
                Told::Json(403, "access_denied"),
            ),
        ]
    })
    .await;
}
