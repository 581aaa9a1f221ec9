//! Upstreams that fail: what the client hears, within which time, and what the log says.

use crate::client::Answer;
use crate::running::Running;
use crate::upstream::{Connection, EVENTS, Upstream, answer, json};
use crate::{PING, PONG, soon};
use doorward_settings::{UPSTREAM, UPSTREAM_SECONDS};
use std::time::{Duration, Instant};

/// Posts one message to an upstream that does this after it has read the request.
async fn post_to<S>(script: impl Fn(Connection) -> S + Send + Sync + Clone + 'static) -> (Running, Answer)
where
    S: Future<Output = ()> + Send + 'static,
{
    let upstream = Upstream::start(move |mut connection| {
        let script = script.clone();
        async move {
            if connection.request().await.is_some() {
                script(connection).await;
            }
        }
    })
    .await;
    let gateway = Running::with(&[(&UPSTREAM, &upstream.url()), (&UPSTREAM_SECONDS, "2")]).await;
    let answer = gateway.post(PING).await;
    (gateway, answer)
}

#[tokio::test]
async fn an_absent_upstream_is_502() {
    let port = crate::running::free_port();
    let gateway = Running::with(&[(&UPSTREAM, &format!("http://127.0.0.1:{port}/mcp"))]).await;
    gateway.refused("absent", &gateway.post(PING).await, 502, "error upstream_failed code=unreachable");
}

/// A 404 passes, and the log says that the URL may be wrong. With JSON it may also be the answer to an unknown method.
#[tokio::test]
async fn a_404_at_a_wrong_url_is_in_the_log() {
    const INITIALIZE: &[u8] = br#"{"jsonrpc":"2.0","id":7,"method":"initialize","params":{}}"#;
    let logged = "error upstream_failed code=unusable rule=upstream-unusable";
    for (row, headers, message, is_logged) in [
        ("text", "Content-Type: text/plain\r\n", PING, true),
        ("no type", "", PING, true),
        ("JSON to initialize", "Content-Type: application/json\r\n", INITIALIZE, true),
        ("JSON", "Content-Type: application/json\r\n", PING, false),
    ] {
        let upstream = Upstream::answering(answer("404 Not Found", headers, b"\"Not Found\"")).await;
        let gateway = Running::before(&upstream).await;
        let heard = gateway.post(message).await;
        assert_eq!(heard.status(), 404, "{row}: {heard:?}");
        let correlation = format!("correlation={}", heard.head.get("doorward-correlation"));
        let log = gateway.log.text();
        let is_it = |line: &str| line.contains(logged) && line.contains("404") && line.contains(&correlation);
        assert_eq!(log.lines().any(is_it), is_logged, "{row}: {log}");
    }
}

#[tokio::test]
async fn a_silent_upstream_is_504() {
    let begun = Instant::now();
    let (gateway, answer) = post_to(|mut connection| async move { connection.closed().await }).await;
    gateway.refused("silent", &answer, 504, "error upstream_failed code=late");
    assert!(begun.elapsed() >= Duration::from_secs(2));
}

/// The time is that of the whole head, so bytes that come slowly do not extend it.
#[tokio::test]
async fn a_head_that_comes_a_byte_at_a_time_is_504() {
    let script = |mut connection: Connection| async move {
        for byte in json(PONG).chunks(1) {
            if !connection.send(byte).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let (gateway, answer) = post_to(script).await;
    gateway.refused("a byte at a time", &answer, 504, "upstream_failed code=late");
}

/// Only the head has a time limit: a tool may take long for its answer.
#[tokio::test]
async fn a_body_that_comes_a_byte_at_a_time_passes() {
    let script = |mut connection: Connection| async move {
        let answer = json(PONG);
        let (head, body) = answer.split_at(answer.len() - PONG.len());
        assert!(connection.send(head).await);
        for byte in body.chunks(1) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(connection.send(byte).await);
        }
    };
    let (_gateway, answer) = post_to(script).await;
    assert_eq!((answer.status(), answer.body.as_slice(), answer.is_whole), (200, PONG, true));
}

#[tokio::test]
async fn a_connection_that_ends_before_the_head_is_502() {
    let closed = post_to(|connection| async move { drop(connection) }).await;
    let reset = post_to(|connection| async move { connection.reset() }).await;
    let half = post_to(|mut connection| async move {
        connection.send("HTTP/1.1 200 OK\r\nContent-Ty").await;
        connection.reset();
    });
    for (row, (gateway, answer)) in [("closed", closed), ("reset", reset), ("half a head", half.await)] {
        gateway.refused(row, &answer, 502, "upstream_failed code=unreachable");
    }
}

/// The body is cut, not ended, so the client does not take it for whole.
#[tokio::test]
async fn a_connection_that_ends_in_a_body_cuts_that_of_the_client() {
    let document = json(PONG);
    let chunked =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"jso";
    let events = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n\
        A\r\ndata: 1\n\nd\r\n";
    let with_the_connection = [EVENTS, b"data: 1\n\nd"].concat();
    for (row, sent, resets) in [
        ("closed after the head", &document[..document.len() - PONG.len()], false),
        ("reset after the head", &document[..document.len() - PONG.len()], true),
        ("closed in a document", &document[..document.len() - 5], false),
        ("closed in a chunk", chunked, false),
        ("reset in an event", events, true),
        ("closed in an event", events, false),
        ("reset in a stream that the connection ends", &with_the_connection, true),
    ] {
        let sent = sent.to_vec();
        let (_gateway, answer) = post_to(move |mut connection: Connection| {
            let sent = sent.clone();
            async move {
                connection.send(sent).await;
                // What was sent is read before the reset comes.
                tokio::time::sleep(Duration::from_millis(200)).await;
                if resets {
                    connection.reset();
                }
            }
        })
        .await;
        assert_eq!((answer.status(), answer.is_whole), (200, false), "{row}: {answer:?}");
        if row.contains("event") {
            assert_eq!(answer.body, b"data: 1\n\nd", "{row}");
        }
    }
}

#[tokio::test]
async fn what_is_no_http_is_502() {
    let large =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nA: {}\r\n\r\n", "a".repeat(200_000));
    let many: String = (0..200).map(|number| format!("a{number}: a\r\n")).collect();
    let many = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{many}\r\n");
    for (row, sent) in [
        ("an SSH server", "SSH-2.0-OpenSSH_9.9\r\n"),
        ("zeros", "\0\0\0\0\0\0\0\0\r\n\r\n"),
        ("a head that is too large", &large),
        ("too many headers", &many),
        (
            "two lengths",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        ),
        (
            "a length that is no number",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: x\r\n\r\n{}",
        ),
        ("TLS", "\x15\x03\x01\x00\x02\x02\x50"),
    ] {
        let sent = sent.as_bytes().to_vec();
        let script = move |mut connection: Connection| {
            let sent = sent.clone();
            async move {
                connection.send(sent).await;
                connection.closed().await;
            }
        };
        let (gateway, answer) = post_to(script).await;
        gateway.refused(row, &answer, 502, "upstream_failed code=unreachable");
    }
}

/// A head without an end does not fill the memory, and does not take longer than other failures.
#[tokio::test]
async fn an_endless_head_is_502() {
    let script = |mut connection: Connection| async move {
        connection.send("HTTP/1.1 200 OK\r\n").await;
        while connection.send("A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").await {}
    };
    let (gateway, answer) = post_to(script).await;
    gateway.refused("endless head", &answer, 502, "upstream_failed code=unreachable");
}

/// A body without an end passes as it comes. When the client leaves, the upstream hears it.
#[tokio::test]
async fn an_endless_body_passes_until_the_client_leaves() {
    let (left, mut told) = tokio::sync::watch::channel(false);
    let upstream = Upstream::start(move |mut connection| {
        let left = left.clone();
        async move {
            if connection.request().await.is_none() {
                return;
            }
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n").await;
            while connection.send([b' '; 1000]).await {}
            left.send(true).unwrap();
        }
    })
    .await;
    let gateway = Running::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(gateway.request("POST", "", PING)).await;
    assert_eq!(client.head().await.status, 200);
    let mut length = 0;
    while length < 1_000_000 {
        length += soon("a chunk", client.chunk()).await.unwrap().len();
    }
    drop(client);
    soon("the end of the upstream's connection", told.wait_for(|left| *left)).await.unwrap();
}

/// The answer to a notification has no content. A body without an end must not keep it from the client.
#[tokio::test]
async fn an_answer_without_content_does_not_wait_for_the_end_of_its_body() {
    let notification = br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    for head in [
        "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nAcc",
        "HTTP/1.1 202 Accepted\r\n\r\n",
    ] {
        let upstream = Upstream::start(move |mut connection| async move {
            if connection.request().await.is_some() {
                connection.send(head).await;
                connection.closed().await;
            }
        })
        .await;
        let gateway = Running::before(&upstream).await;
        let begun = Instant::now();
        let answer = gateway.post(notification).await;
        assert_eq!((answer.status(), answer.body.len(), answer.is_whole), (202, 0, true), "{head}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{head}");
    }
}
