//! Sessions of the upstream: a session id opens for its user, client and resource, and for no other.

use crate::client::Answer;
use crate::running::{Running, free_port};
use crate::upstream::{Upstream, answer};
use crate::{PING, PONG};
use doorward::protocol::Resource;
use doorward_settings::{ISSUER, MCP_PORT, RESOURCE, SECRET_FILE, UPSTREAM};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// An upstream that gives the session `abc.1` with each answer.
async fn upstream() -> Upstream {
    let headers = "Content-Type: application/json\r\nMcp-Session-Id: abc.1\r\n";
    Upstream::answering(answer("200 OK", headers, PONG)).await
}

async fn call(gateway: &Running, token: &str, headers: &str) -> Answer {
    gateway.exchange(gateway.request_with(token, "POST", headers, PING)).await
}

async fn session(gateway: &Running) -> String {
    let heard = call(gateway, &gateway.token(), "").await;
    let session = heard.head.get("mcp-session-id").to_owned();
    assert!(session.starts_with("dws_") && session.ends_with("_abc.1"), "{session}");
    session
}

/// Checks that an answer says that the session does not exist, and nothing that begins a sign-in.
fn unknown(row: &str, heard: &Answer) {
    let body = heard.json();
    assert_eq!((heard.status(), &body["error"]["code"]), (404, &(-32001).into()), "{row}: {body}");
    assert_eq!((&body["id"], heard.head.get("www-authenticate")), (&7.into(), ""), "{row}");
}

#[tokio::test]
async fn a_session_opens_for_its_owner_only() {
    let upstream = upstream().await;
    let gateway = Running::before(&upstream).await;
    let session = session(&gateway).await;
    for method in ["POST", "GET", "DELETE"] {
        let header = format!("Mcp-Session-Id: {session}\r\n");
        let body = if method == "POST" { PING } else { b"" };
        gateway.exchange(gateway.request(method, &header, body)).await;
        assert_eq!(upstream.last().all("mcp-session-id"), ["abc.1"], "{method}");
    }
    let before = upstream.count();
    let (mac, _) = session.split_at(session.len() - 6);
    let another_mac = mac.replacen(&mac[4..5], if &mac[4..5] == "A" { "B" } else { "A" }, 1);
    let alice = gateway.token();
    for (row, token, sent) in [
        ("another user", gateway.token_of("bob", "app"), session.clone()),
        ("another client", gateway.token_of("alice", "app2"), session.clone()),
        ("an edited id", alice.clone(), session.replace("abc.1", "abc.2")),
        ("a longer id", alice.clone(), format!("{session}1")),
        ("an edited MAC", alice.clone(), format!("{another_mac}_abc.1")),
        ("without the prefix", alice.clone(), session.trim_start_matches("dws_").to_owned()),
        ("the upstream's own id", alice.clone(), "abc.1".to_owned()),
        ("without a MAC", alice.clone(), "dws__abc.1".to_owned()),
        ("without an id", alice.clone(), mac.to_owned()),
        ("empty", alice.clone(), String::new()),
        ("twice", alice.clone(), format!("{session}\r\nMcp-Session-Id: {session}")),
        ("two, the first good", alice.clone(), format!("{session}\r\nMcp-Session-Id: abc.1")),
        ("not ASCII", alice.clone(), format!("{session}\u{e9}")),
    ] {
        unknown(row, &call(&gateway, &token, &format!("Mcp-Session-Id: {sent}\r\n")).await);
    }
    assert_eq!(upstream.count(), before, "none reached the upstream");
    assert_eq!(call(&gateway, &alice, &format!("Mcp-Session-Id: {session}\r\n")).await.status(), 200);
}

/// Ids of events are unique in a session only (MCP 2025-11-25, Transports, Resumability and Redelivery).
#[tokio::test]
async fn an_event_id_passes_with_a_session_only() {
    let upstream = upstream().await;
    let gateway = Running::before(&upstream).await;
    let session = session(&gateway).await;
    let last = |headers: String| {
        let (gateway, upstream) = (&gateway, &upstream);
        async move {
            gateway.exchange(gateway.request("GET", &(headers + "Last-Event-ID: 5\r\n"), b"")).await;
            upstream.last().all("last-event-id").concat()
        }
    };
    assert_eq!(last(String::new()).await, "");
    assert_eq!(last(format!("Mcp-Session-Id: {session}\r\n")).await, "5");
}

#[tokio::test]
async fn a_session_of_another_resource_is_unknown() {
    let (notes, git) = (upstream().await, upstream().await);
    let port = free_port();
    let url = |name: &str| format!("http://127.0.0.1:{port}/{name}");
    let settings = [
        (&MCP_PORT, port.clone()),
        (&RESOURCE, format!("{}=user", url("notes"))),
        (&RESOURCE, format!("{}=user", url("git"))),
        (&UPSTREAM, format!("{}={}", url("notes"), notes.url())),
        (&UPSTREAM, format!("{}={}", url("git"), git.url())),
    ];
    let gateway =
        Running::with(&settings.each_ref().map(|(setting, value)| (*setting, value.as_str()))).await;
    let session = format!("Mcp-Session-Id: {}\r\n", session(&gateway).await);
    let other = Resource::parse(&url("git")).unwrap();
    let token = gateway.token_for(&other, "alice", "app", HOUR);
    let at_git = |token: &str, headers: &str| {
        let request = gateway.request_with(token, "POST", headers, PING);
        String::from_utf8(request).unwrap().replacen("/notes", "/git", 1)
    };
    unknown("another resource", &gateway.exchange(at_git(&token, &session)).await);
    assert_eq!(
        gateway.exchange(at_git(&gateway.token(), "")).await.status(),
        401,
        "the token of the other resource"
    );
    assert_eq!(git.count(), 0);
    assert_eq!(gateway.exchange(at_git(&token, "")).await.status(), 200);
    assert_eq!((notes.count(), git.count()), (1, 1));
}

/// Two processes with the same secrets are one gateway, and so is a process after a restart.
#[tokio::test]
async fn a_session_goes_on_in_another_process_and_after_a_restart() {
    let upstream = upstream().await;
    let file = std::env::temp_dir().join(format!("doorward-gateway-sessions-{}", std::process::id()));
    let start = || {
        let settings = [
            (&MCP_PORT, free_port()),
            (&ISSUER, "https://auth.example".to_owned()),
            (&RESOURCE, "https://mcp.example/mcp=user".to_owned()),
            (&UPSTREAM, upstream.url()),
            (&SECRET_FILE, file.display().to_string()),
        ];
        async move { Running::with(&settings.each_ref().map(|(setting, value)| (*setting, value.as_str()))).await }
    };
    let first = start().await;
    let (session, token) = (format!("Mcp-Session-Id: {}\r\n", session(&first).await), first.token());
    let beside = start().await;
    assert_eq!(call(&beside, &token, &session).await.status(), 200, "a process beside it");
    drop((first, beside));
    assert_eq!(call(&start().await, &token, &session).await.status(), 200, "a restart");
    assert_eq!(upstream.requests()[2].all("mcp-session-id"), ["abc.1"]);
    let secret = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{}\n{secret}", "A".repeat(43))).unwrap();
    let rotated = start().await;
    assert_eq!(call(&rotated, &token, &session).await.status(), 200, "a new secret before the old one");
    std::fs::write(&file, format!("{}\n", "A".repeat(43))).unwrap();
    let other = start().await;
    unknown("other secrets", &call(&other, &other.token(), &session).await);
    std::fs::remove_file(file).unwrap();
}
