//! Answers of the upstream: which pass, with which headers, and what takes the place of the others.

use crate::running::Running;
use crate::upstream::{EVENTS, Upstream, answer, json};
use crate::{PING, PONG};

/// Headers that an upstream must not set at this origin.
const FOREIGN: &str = "Set-Cookie: a=b\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n\
    Location: https://evil.example/\r\nWWW-Authenticate: Bearer realm=\"x\"\r\nServer: nginx\r\nAlt-Svc: h3=\":443\"\r\n\
    Link: </x>; rel=preload\r\nClear-Site-Data: \"*\"\r\nDoorward-Correlation: forged\r\nRefresh: 0;url=https://evil.example/\r\n\
    Strict-Transport-Security: max-age=1\r\nContent-Security-Policy: default-src *\r\nX-Powered-By: PHP\r\n\
    Connection: traceresponse\r\ntraceresponse: 00-1-1-00\r\n";

#[tokio::test]
async fn only_listed_headers_of_an_answer_pass() {
    let passing = "Cache-Control: no-cache\r\nRetry-After: 3\r\nMcp-Protocol-Version: 2025-11-25\r\n";
    let headers = format!("Content-Type: application/json\r\n{FOREIGN}{passing}");
    let upstream = Upstream::answering(answer("200 OK", &headers, PONG)).await;
    let gateway = Running::before(&upstream).await;
    let heard = gateway.post(PING).await;
    assert_eq!((heard.status(), heard.body.as_slice()), (200, PONG));
    let expected = [
        "access-control-expose-headers",
        "cache-control",
        "content-length",
        "content-type",
        "date",
        "doorward-correlation",
        "mcp-protocol-version",
        "retry-after",
        "vary",
        "x-content-type-options",
    ];
    let names: Vec<_> = heard.head.names();
    let unexpected: Vec<_> = names.iter().filter(|name| !expected.contains(*name)).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
    for name in ["cache-control", "retry-after", "mcp-protocol-version", "x-content-type-options"] {
        assert!(names.contains(&name), "{name} is missing: {names:?}");
    }
    assert_ne!(heard.head.get("doorward-correlation"), "forged");
}

/// A cache of several users, such as a proxy in front, would give the answer for one to another.
#[tokio::test]
async fn no_answer_is_for_a_shared_cache() {
    for (given, told) in [
        ("public, max-age=60", "no-store"),
        ("max-age=60, S-MaxAge=60", "no-store"),
        ("max-age=60, must-revalidate", "no-store"),
        ("max-age=60\r\nCache-Control: Public", "no-store"),
        ("private, max-age=60", "private, max-age=60"),
        ("no-cache, no-transform", "no-cache, no-transform"),
    ] {
        let headers = format!("Content-Type: text/event-stream\r\nCache-Control: {given}\r\n");
        let upstream = Upstream::answering(answer("200 OK", &headers, b"data: 1\n\n")).await;
        let gateway = Running::before(&upstream).await;
        assert_eq!(gateway.get().await.head.get("cache-control"), told, "{given}");
    }
}

/// One row for each answer: its name, its status line, its header lines and its body, and what the client hears.
#[tokio::test]
async fn an_answer_passes_or_is_replaced() {
    const JSON: &str = "Content-Type: application/json\r\n";
    const HTML: &str = "Content-Type: text/html\r\n";
    const TEXT: &str = "Content-Type: text/plain; charset=utf-8\r\n";
    let passes: &[(&str, &str, &str)] = &[
        ("JSON", "200 OK", JSON),
        ("JSON with a character set", "200 OK", "content-type: Application/JSON; charset=utf-8\r\n"),
        ("400", "400 Bad Request", JSON),
        ("404", "404 Not Found", JSON),
        ("405", "405 Method Not Allowed", JSON),
        ("406", "406 Not Acceptable", JSON),
        ("409", "409 Conflict", JSON),
        ("413", "413 Content Too Large", JSON),
        ("415", "415 Unsupported Media Type", JSON),
        ("429", "429 Too Many Requests", JSON),
        ("500", "500 Internal Server Error", JSON),
        ("503", "503 Service Unavailable", JSON),
        ("text from 400 on", "400 Bad Request", TEXT),
        ("text from 500 on", "500 Internal Server Error", TEXT),
    ];
    for (row, status, headers) in passes {
        let upstream = Upstream::answering(answer(status, headers, PONG)).await;
        let gateway = Running::before(&upstream).await;
        let heard = gateway.post(PING).await;
        assert!(status.starts_with(&heard.status().to_string()), "{row}: {heard:?}");
        assert_eq!((heard.body.as_slice(), heard.is_whole), (PONG, true), "{row}");
        assert!(!gateway.log.text().contains("upstream_"), "{row}: {}", gateway.log.text());
    }
    let unusable = "error upstream_failed code=unusable";
    let refused = "error upstream_refused";
    let challenge = "WWW-Authenticate: Bearer realm=\"inside\"\r\n";
    let with_challenge = format!("{JSON}{challenge}");
    let twice = format!("{JSON}{HTML}");
    let named = format!("{JSON}Connection: close, Content-Type\r\n");
    let replaced: &[(&str, &str, &str, &str)] = &[
        ("HTML", "200 OK", HTML, unusable),
        ("HTML of an error", "500 Internal Server Error", HTML, unusable),
        ("XHTML", "200 OK", "Content-Type: application/xhtml+xml\r\n", unusable),
        ("SVG", "200 OK", "Content-Type: image/svg+xml\r\n", unusable),
        ("text", "200 OK", TEXT, unusable),
        ("no type", "200 OK", "", unusable),
        ("two types", "200 OK", &twice, unusable),
        ("two types in one header", "200 OK", "Content-Type: application/json;a=b, text/html\r\n", unusable),
        ("a type that Connection names", "200 OK", &named, unusable),
        ("401", "401 Unauthorized", &with_challenge, refused),
        ("403", "403 Forbidden", JSON, refused),
        ("407", "407 Proxy Authentication Required", JSON, refused),
        ("421", "421 Misdirected Request", JSON, "set upstream-host"),
        ("302", "302 Found", "Location: https://login.example/\r\n", "https://login.example/"),
        ("303", "303 See Other", "Location: /mcp/\r\n", unusable),
        ("304", "304 Not Modified", "", unusable),
        ("300", "300 Multiple Choices", JSON, unusable),
    ];
    for (row, status, headers, logged) in replaced {
        let upstream = Upstream::answering(answer(status, headers, PONG)).await;
        let gateway = Running::before(&upstream).await;
        let heard = gateway.post(PING).await;
        gateway.refused(row, &heard, 502, logged);
        assert_eq!(heard.head.get("content-type"), "application/json", "{row}");
        for name in ["www-authenticate", "location"] {
            assert_eq!(heard.head.get(name), "", "{row}");
        }
        assert_eq!(
            gateway.log.text().contains("inside"),
            *row == "401",
            "{row}: the challenge is in the log"
        );
    }
}

/// 101 would turn the connection of the client into another protocol.
#[tokio::test]
async fn an_upstream_cannot_switch_protocols() {
    let switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    let upstream = Upstream::answering(switching).await;
    let gateway = Running::before(&upstream).await;
    for headers in ["", "Connection: upgrade\r\nUpgrade: websocket\r\n"] {
        let heard = gateway.exchange(gateway.request("POST", headers, PING)).await;
        gateway.refused(headers, &heard, 502, "upstream_failed");
    }
}

/// Interim answers are of the connection to the upstream (RFC 9110 §15.2).
#[tokio::test]
async fn interim_answers_do_not_pass() {
    let early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n";
    let upstream = Upstream::answering([early, json(PONG).as_slice()].concat()).await;
    let gateway = Running::before(&upstream).await;
    let heard = gateway.post(PING).await;
    assert_eq!((heard.status(), heard.body.as_slice(), heard.head.get("link")), (200, PONG, ""));
}

#[tokio::test]
async fn trailers_do_not_pass() {
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: Set-Cookie\r\n\r\n\
         {:x}\r\n{}\r\n0\r\nSet-Cookie: a=b\r\n\r\n",
        PONG.len(),
        str::from_utf8(PONG).unwrap()
    );
    let upstream = Upstream::answering(chunked).await;
    let gateway = Running::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(gateway.request("POST", "TE: trailers\r\nConnection: close, TE\r\n", PING)).await;
    let head = client.head().await;
    assert_eq!((head.status, head.get("trailer")), (200, ""));
    let rest = String::from_utf8(client.closed().await).unwrap();
    assert!(rest.ends_with("\r\n0\r\n\r\n"), "{rest}");
}

/// The gateway asks for no encoding. Some servers encode nevertheless.
#[tokio::test]
async fn a_compressed_answer_passes_with_its_encoding() {
    let compressed = b"\x1f\x8b\x08\x00not really";
    let encoding = "Content-Encoding: gzip\r\n";
    let document = answer("200 OK", &format!("Content-Type: application/json\r\n{encoding}"), compressed);
    let events = answer("200 OK", &format!("Content-Type: text/event-stream\r\n{encoding}"), compressed);
    for (row, sent) in [("JSON", document), ("events", events)] {
        let upstream = Upstream::answering(sent).await;
        let gateway = Running::before(&upstream).await;
        let heard = gateway.post(PING).await;
        assert_eq!((heard.status(), heard.head.get("content-encoding")), (200, "gzip"), "{row}");
        assert_eq!(heard.body, compressed, "{row}");
        assert_eq!(upstream.request().all("accept-encoding"), ["identity"], "{row}");
    }
}

/// Clients take 405 for a server without such a stream, and go on (MCP 2025-11-25, Transports).
#[tokio::test]
async fn a_get_without_an_event_stream_is_405() {
    let page = |status| answer(status, "Content-Type: text/html\r\n", b"<p>");
    let rows = [
        ("JSON", json(PONG)),
        ("a page", page("200 OK")),
        ("404 with a page", page("404 Not Found")),
        ("405 with a page", page("405 Method Not Allowed")),
        ("empty", answer("200 OK", "", b"")),
        ("204", b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
    ];
    for (row, sent) in rows {
        let upstream = Upstream::answering(sent).await;
        let gateway = Running::before(&upstream).await;
        let heard = gateway.get().await;
        assert_eq!((heard.status(), heard.head.get("allow")), (405, "POST, DELETE"), "{row}: {heard:?}");
    }
}

#[tokio::test]
async fn a_get_with_another_answer_passes() {
    let json = |status| answer(status, "Content-Type: application/json\r\nAllow: POST\r\n", PONG);
    for (row, sent, status, allow) in [
        ("404 of a session that has ended", json("404 Not Found"), 404, ""),
        ("405", json("405 Method Not Allowed"), 405, "POST"),
        ("406", json("406 Not Acceptable"), 406, ""),
    ] {
        let upstream = Upstream::answering(sent).await;
        let gateway = Running::before(&upstream).await;
        let heard = gateway.get().await;
        assert_eq!((heard.status(), heard.head.get("allow")), (status, allow), "{row}");
        assert_eq!(heard.body, PONG, "{row}");
    }
    let upstream = Upstream::start(|mut connection| async move {
        if connection.request().await.is_some() {
            connection.send([EVENTS, b"data: 1\n\n"].concat()).await;
        }
    })
    .await;
    let gateway = Running::before(&upstream).await;
    let heard = gateway.get().await;
    assert_eq!((heard.status(), heard.body.as_slice()), (200, b"data: 1\n\n".as_slice()));
    assert_eq!(heard.head.get("x-accel-buffering"), "no");
    assert_eq!(heard.head.get("cache-control"), "no-store");
}

#[tokio::test]
async fn an_answer_that_no_client_reads_has_no_body() {
    let text = "Content-Type: text/html\r\n";
    for (row, method, sent, status) in [
        ("202 with a text", "POST", answer("202 Accepted", text, b"Accepted"), 202),
        ("202 without one", "POST", answer("202 Accepted", "", b""), 202),
        ("204", "POST", b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), 204),
        ("the end of a session", "DELETE", answer("200 OK", text, b"bye"), 200),
        ("DELETE is not allowed", "DELETE", answer("405 Method Not Allowed", "", b"no"), 405),
    ] {
        let upstream = Upstream::answering(sent).await;
        let gateway = Running::before(&upstream).await;
        let body = if method == "POST" { PING } else { b"" };
        let heard = gateway.exchange(gateway.request(method, "", body)).await;
        assert_eq!((heard.status(), heard.body.len(), heard.is_whole), (status, 0, true), "{row}: {heard:?}");
        assert_eq!(heard.head.get("content-type"), "", "{row}");
    }
}

#[tokio::test]
async fn a_session_id_that_is_none_is_502() {
    let session = |line: &str| format!("Content-Type: application/json\r\n{line}");
    let long = format!("Mcp-Session-Id: {}\r\n", "a".repeat(1025));
    for (row, line) in [
        ("too long", long.as_str()),
        ("a space", "Mcp-Session-Id: a b\r\n"),
        ("empty", "Mcp-Session-Id: \r\n"),
        ("not ASCII", "Mcp-Session-Id: \u{e9}\r\n"),
        ("a tab", "Mcp-Session-Id: a\tb\r\n"),
        ("twice", "Mcp-Session-Id: a\r\nMcp-Session-Id: a\r\n"),
    ] {
        let upstream = Upstream::answering(answer("200 OK", &session(line), PONG)).await;
        let gateway = Running::before(&upstream).await;
        let heard = gateway.post(PING).await;
        gateway.refused(row, &heard, 502, "upstream_failed code=unusable");
        assert_eq!(heard.head.get("mcp-session-id"), "", "{row}");
    }
}

/// A server may refuse a request by its head. The client hears that, and not that the connection broke.
#[tokio::test]
async fn an_answer_before_the_end_of_the_request_passes() {
    let upstream = Upstream::start(|mut connection| async move {
        if connection.head().await.is_some() {
            connection
                .send(answer("413 Content Too Large", "Content-Type: application/json\r\n", PONG))
                .await;
            connection.closed().await;
        }
    })
    .await;
    let gateway = Running::before(&upstream).await;
    let long = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{}"}}"#, "a".repeat(3_000_000));
    let heard = gateway.post(long.as_bytes()).await;
    assert_eq!((heard.status(), heard.body.as_slice()), (413, PONG));
}
