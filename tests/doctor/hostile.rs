//! Servers that try to hold the doctor, to fill its memory, or to write to its terminal.

use crate::script::{Asked, member, start};
use crate::{rules, user};
use doorward_local::doctor::report::Report;
use doorward_local::doctor::{Limits, Options, examine};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SHORT: Limits = Limits {
    request: Duration::from_millis(200),
    refresh: Duration::from_millis(200),
    total: Duration::from_secs(2),
    bytes: 64 * 1024,
};
/// How long an examination with these limits may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

async fn hurried(url: &str) -> Report {
    let started = Instant::now();
    let report = examine(url, Options { limits: SHORT, ..Options::usual(user()) }).await.unwrap();
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    report
}

/// A server that reads a head and then does what the test says.
async fn raw<F: Future<Output = ()> + Send + 'static>(answer: fn(TcpStream) -> F) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                answer(stream).await;
            });
        }
    });
    url
}

/// Writes until the other side has enough.
async fn repeat(mut stream: TcpStream, begin: &str, piece: String) {
    let mut next = begin.as_bytes();
    while stream.write_all(next).await.is_ok() {
        next = piece.as_bytes();
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_ends_at_the_limits() {
    let url = raw(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    });
    let report = hurried(&url.await).await;
    assert_eq!(rules(&report)[0], "deadline", "{report}");
    assert_eq!(report.not_tried[0].1, "the MCP server does not answer");
    assert!(report.stops_clients());
}

#[tokio::test]
async fn a_slow_head_ends_at_the_limits() {
    let url = raw(|mut stream| async move {
        for letter in b"HTTP/1.1 401 Unauthorized\r\n".iter().cycle() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if stream.write_all(&[*letter]).await.is_err() {
                return;
            }
        }
    });
    let report = hurried(&url.await).await;
    assert_eq!(rules(&report)[0], "deadline", "{report}");
}

#[tokio::test]
async fn an_endless_body_is_not_kept() {
    const HEAD: &str = "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n";
    let url = raw(|stream| repeat(stream, HEAD, format!("2000\r\n{}\r\n", "a".repeat(0x2000)))).await;
    let report = hurried(&url).await;
    assert_eq!(rules(&report)[0], "broken-response", "{report}");
    assert!(report.findings[0].seen.contains("longer than 65536 bytes"), "{report}");
}

#[tokio::test]
async fn an_endless_head_is_not_kept() {
    const HEAD: &str = "HTTP/1.1 401 Unauthorized\r\n";
    let url = raw(|stream| repeat(stream, HEAD, format!("x-a: {}\r\n", "a".repeat(8000)))).await;
    let report = hurried(&url).await;
    assert_eq!(rules(&report)[0], "broken-response", "{report}");
}

#[tokio::test]
async fn what_is_not_http_is_said() {
    let url = raw(|mut stream| async move {
        let _ = stream.write_all(b"220 mail ready\r\n").await;
    });
    let report = hurried(&url.await).await;
    assert_eq!(rules(&report)[0], "broken-response", "{report}");
}

#[tokio::test]
async fn redirects_that_go_round_end() {
    let counted = Arc::new(AtomicUsize::new(0));
    let count = counted.clone();
    let url = start(move |asked, answer| {
        if asked.path.starts_with("/.well-known") {
            count.fetch_add(1, Ordering::Relaxed);
            *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
            answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static("?again"));
        }
    });
    let report = hurried(&url.await).await;
    assert!(rules(&report).contains(&"server-metadata-missing"), "{report}");
    // Two documents of the resource and two of the server, each with five redirects.
    assert_eq!(counted.load(Ordering::Relaxed), 4 * 6);
}

fn is_metadata(asked: &Asked) -> bool {
    asked.path.starts_with("/.well-known/oauth-authorization-server")
}

#[tokio::test]
async fn deep_json_is_no_document() {
    let url = start(|asked, answer| {
        if is_metadata(asked) {
            *answer.body_mut() = format!(r#"{{"issuer":{}"#, "[".repeat(60_000));
        }
    });
    let report = hurried(&url.await).await;
    assert!(rules(&report).contains(&"metadata-content-type"), "{report}");
    assert!(rules(&report).contains(&"server-metadata-only-openid"), "{report}");
}

#[tokio::test]
async fn members_of_other_types_are_said_and_are_no_terminal_control() {
    let url = start(|asked, answer| {
        if is_metadata(asked) {
            member(answer, "token_endpoint", Some(json!({ "a": ["\u{1b}[2J\u{202e}"] })));
            member(answer, "scopes_supported", Some(json!("user")));
        }
        if asked.path == "/mcp" {
            answer.headers_mut().insert("x-note", HeaderValue::from_bytes(b"\xff\xfe").unwrap());
        }
    });
    let report = hurried(&url.await).await;
    for rule in ["server-metadata-type", "endpoint-missing"] {
        assert!(rules(&report).contains(&rule), "{report}");
    }
    let (text, json) = (report.to_string(), report.json().to_string());
    assert!(!text.contains(['\u{1b}', '\u{202e}']) && !json.contains(['\u{1b}', '\u{202e}']), "{text:?}");
}
