//! HTTP+SSE (MCP 2024-11-05, Transports) through the gateway, over real sockets: a scripted server, and clients of several
//! users.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod running;
mod upstream;

use running::{ENDED, Gateway};
use std::time::Duration;
use upstream::Upstream;

const PING: &str = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;
const EVENTS: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const ENDPOINT: &str = "event: endpoint\r\ndata: /messages/?session_id=5e55\r\n\r\n";

#[tokio::test]
async fn a_client_gets_an_endpoint_at_the_resource_and_its_messages_reach_that_of_the_upstream() {
    let upstream = Upstream::start(format!("{EVENTS}{ENDPOINT}data: 1\n\n")).await;
    let gateway = Gateway::before(&upstream).await;
    let opened = gateway.send("alice", "app", "GET", "", "").await;
    let endpoint = named(&opened);
    assert!(endpoint.starts_with("/mcp?doorward=dwe_") && !opened.contains("5e55"), "{opened}");
    assert!(opened.ends_with(&format!("\r\n\r\ndata: 1\n\n{ENDED}")), "{opened}");
    let query = endpoint.strip_prefix("/mcp").unwrap();
    let accepted = gateway.send("alice", "app", "POST", query, PING).await;
    assert!(accepted.starts_with("HTTP/1.1 202 ") && !accepted.contains("Accepted\n"), "{accepted}");
    let request = upstream.last();
    assert!(request.starts_with("POST /messages/?session_id=5e55 HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with(PING) && !request.to_ascii_lowercase().contains("authorization"), "{request}");
    assert!(!request.contains("dwe_") && request.contains(&upstream.authority), "{request}");
}

#[tokio::test]
async fn an_endpoint_of_another_user_client_or_resource_is_not_found() {
    let upstream = Upstream::start(format!("{EVENTS}{ENDPOINT}")).await;
    let gateway = Gateway::before(&upstream).await;
    let query = named(&gateway.send("alice", "app", "GET", "", "").await).replacen("/mcp", "", 1);
    let seen = upstream.count();
    let (edited, twice) = (format!("{query}A"), format!("{query}&{}", &query[1..]));
    for (user, client, path, query) in [
        ("bob", "app", "/mcp", &query),
        ("alice", "other", "/mcp", &query),
        ("alice", "app", "/notes", &query),
        ("alice", "app", "/mcp", &edited),
        ("alice", "app", "/mcp", &twice),
        ("alice", "app", "/mcp", &"?doorward=".to_owned()),
        ("alice", "app", "/mcp", &"?doorward=/messages/".to_owned()),
    ] {
        let refused = gateway.send_to(path, (user, client), "POST", query, PING).await;
        assert!(refused.starts_with("HTTP/1.1 404 "), "{user} {client} {path} {query}: {refused}");
        assert!(refused.contains(r#""id":7,"error":{"code":-32001"#), "{refused}");
    }
    assert_eq!(upstream.count(), seen, "nothing reached the upstream");
    let good = gateway.send("alice", "app", "POST", &query, PING).await;
    assert!(good.starts_with("HTTP/1.1 202 "), "{good}");
}

#[tokio::test]
async fn an_endpoint_is_a_path_or_at_the_upstreams_own_origin() {
    let upstream = Upstream::start(String::new()).await;
    let gateway = Gateway::before(&upstream).await;
    let absolute = format!("http://{}/m?a=b", upstream.authority);
    let by_resource = format!("http://{}/m", gateway.resource.authority());
    for (data, path) in [
        ("/m", "/m"),
        ("m?a", "/m?a"),
        ("../m", "/m"),
        ("?id=1", "/sse?id=1"),
        (absolute.as_str(), "/m?a=b"),
        (by_resource.as_str(), "/m"),
        ("/m/%2e%2E/x?a=%0D", "/x?a=%0D"),
    ] {
        upstream.now_answers(format!("{EVENTS}event: endpoint\ndata: {data}\n\n"));
        let opened = gateway.send("alice", "app", "GET", "", "").await;
        let query = named(&opened).replacen("/mcp", "", 1);
        let accepted = gateway.send("alice", "app", "POST", &query, PING).await;
        assert!(accepted.starts_with("HTTP/1.1 200 ") && !accepted.contains("Accepted"), "{accepted}");
        assert!(
            upstream.last().starts_with(&format!("POST {path} HTTP/1.1\r\n")),
            "{data}: {}",
            upstream.last()
        );
    }
    let port = format!("http://{}1/m", upstream.authority);
    let user = format!("http://me@{}/m", upstream.authority);
    let long = format!("/{}", "x".repeat(4096));
    for data in [
        "https://elsewhere.example/m",
        "//elsewhere.example/m",
        &port,
        &user,
        "file:///m",
        "/m m",
        "/mé",
        "\\\\e/m",
        &long,
    ] {
        upstream.now_answers(format!("{EVENTS}: hello\n\nevent: endpoint\ndata: {data}\n\n"));
        let refused = gateway.send("alice", "app", "GET", "", "").await;
        assert!(refused.starts_with("HTTP/1.1 502 ") && !refused.contains("elsewhere"), "{data}: {refused}");
        let log = gateway.log.text();
        assert!(log.lines().last().unwrap().contains("error upstream_failed code=unusable"), "{log}");
    }
}

/// A stream that began cannot get another status.
#[tokio::test]
async fn a_late_endpoint_of_another_origin_cuts_the_stream() {
    let upstream = Upstream::start(EVENTS.to_owned()).await;
    upstream.then(Duration::from_millis(1500), "event: endpoint\ndata: https://elsewhere.example/m\n\n");
    let gateway = Gateway::before(&upstream).await;
    let opened = gateway.send("alice", "app", "GET", "", "").await;
    assert!(opened.starts_with("HTTP/1.1 200 ") && !opened.contains("elsewhere"), "{opened}");
    assert!(!opened.contains(ENDED), "the body is cut: {opened}");
}

#[tokio::test]
async fn a_stream_that_is_silent_begins_and_one_with_other_events_passes() {
    let upstream = Upstream::start(EVENTS.to_owned()).await;
    upstream.then(Duration::from_millis(1500), "data: {}\n\nevent: endpoints\ndata: /m\n\n");
    let gateway = Gateway::before(&upstream).await;
    let opened = gateway.send("alice", "app", "GET", "", "").await;
    assert!(opened.ends_with(&format!("data: {{}}\n\nevent: endpoints\ndata: /m\n\n{ENDED}")), "{opened}");
}

/// Only the first event may name the endpoint. Clients would post their messages, with their token, where a later one says.
#[tokio::test]
async fn a_stream_that_names_an_endpoint_later_is_cut() {
    let upstream = Upstream::start(String::new()).await;
    let gateway = Gateway::before(&upstream).await;
    let long = "x".repeat(5000);
    for later in [
        "event: endpoint\ndata: /messages/?session_id=5e55\n\n".to_owned(),
        "event: endpoint\ndata: https://elsewhere.example/m\n\n".to_owned(),
        "data: /oauth/token\r\nevent:endpoint\r\n\r\n".to_owned(),
        format!("data: {long}\ndata: /m\nevent: endpoint\n\n"),
        format!("event: endpoint\ndata: /m?{long}\n\n"),
        // Some clients remove all spaces around the type.
        "event: \t endpoint \ndata: /m\n\n".to_owned(),
    ] {
        for before in [ENDPOINT, "data: 1\n\n"] {
            // The later event comes alone: what comes before it has passed.
            upstream.now_answers(format!("{EVENTS}{before}"));
            upstream.then(Duration::from_millis(200), &later);
            let opened = gateway.send("alice", "app", "GET", "", "").await;
            assert!(opened.starts_with("HTTP/1.1 200 ") && !opened.contains(ENDED), "{later}: {opened}");
            assert_eq!(
                opened.matches("event: endpoint").count(),
                before.matches("endpoint").count(),
                "{opened}"
            );
            // With the first event it is no stream yet.
            upstream.now_answers(format!("{EVENTS}{before}{later}"));
            let refused = gateway.send("alice", "app", "GET", "", "").await;
            assert!(
                refused.starts_with("HTTP/1.1 502 ") && !refused.contains("endpoint"),
                "{later}: {refused}"
            );
        }
    }
}

/// In another character set, clients could read other events than the gateway.
#[tokio::test]
async fn a_stream_that_may_name_an_endpoint_is_in_utf_8() {
    let utf_7 = EVENTS.replacen("event-stream", "event-stream; charset=utf-7", 1);
    let upstream = Upstream::start(format!("{utf_7}+AGUAdg-ent: endpoint\ndata: /m\n\n")).await;
    let gateway = Gateway::before(&upstream).await;
    let refused = gateway.send("alice", "app", "GET", "", "").await;
    assert!(refused.starts_with("HTTP/1.1 502 "), "{refused}");
}

/// The place of a stream is free again when its client has gone.
#[tokio::test]
async fn a_user_has_32_open_streams() {
    let upstream = Upstream::start(format!("{EVENTS}{ENDPOINT}")).await;
    upstream.then(Duration::from_secs(60), "");
    let gateway = Gateway::before(&upstream).await;
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(gateway.open("alice").await.unwrap());
    }
    let refused = gateway.open("alice").await.unwrap_err();
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("retry-after: 30"), "{refused}");
    assert!(gateway.open("bob").await.is_ok());
    open.pop();
    let again = async { while gateway.open("alice").await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(20), again).await.unwrap();
}

/// Clients that try Streamable HTTP first ask for the stream after 405 (MCP 2025-11-25, Transports, Backward Compatibility).
#[tokio::test]
async fn a_message_at_the_stream_of_an_older_server_is_405() {
    let upstream = Upstream::start(format!("{EVENTS}{ENDPOINT}")).await;
    let gateway = Gateway::before(&upstream).await;
    let refused = gateway.send("alice", "app", "POST", "", PING).await;
    assert!(refused.starts_with("HTTP/1.1 405 ") && refused.contains("allow: GET\r\n"), "{refused}");
    assert!(refused.contains(r#""id":7"#) && !refused.contains("<p/>"), "{refused}");
    assert!(gateway.log.text().contains("upstream speaks HTTP+SSE"), "{}", gateway.log.text());
}

/// The endpoint that a stream names.
fn named(opened: &str) -> String {
    let data = opened.lines().find_map(|line| line.strip_prefix("data: "));
    data.unwrap_or_else(|| panic!("{opened}")).to_owned()
}
