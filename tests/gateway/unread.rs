//! Bodies at the limits: the longest message, bodies without an end, and those of requests that are refused.

use crate::PING;
use crate::running::Running;
use crate::upstream::{Upstream, json};
use doorward_settings::{BODY, UPSTREAM};

/// The limit is exact: one byte less passes.
#[tokio::test]
async fn a_message_of_4_mib_passes() {
    let upstream = Upstream::answering(json(b"{}")).await;
    let gateway = Running::before(&upstream).await;
    let message = format!(r#"{{"jsonrpc":"2.0","method":"{}"}}"#, "a".repeat(4 * 1024 * 1024 - 29));
    assert_eq!(message.len(), 4 * 1024 * 1024);
    assert_eq!(gateway.post(message.as_bytes()).await.status(), 200);
    assert_eq!(upstream.request().body, message.as_bytes());
    let chunked = |length: usize| {
        let head =
            gateway.request("POST", "Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n", b"");
        let message = &message.as_bytes()[..length.min(message.len())];
        [
            &head,
            format!("{length:x}\r\n").as_bytes(),
            message,
            &b" ".repeat(length - message.len()),
            b"\r\n0\r\n\r\n",
        ]
        .concat()
    };
    assert_eq!(gateway.exchange(chunked(message.len())).await.status(), 200);
    assert_eq!(upstream.requests()[1].body, message.as_bytes());
    assert_eq!(
        upstream.requests()[1].all("content-length"),
        [message.len().to_string()],
        "the length is set anew"
    );
    let mut client = gateway.connect().await;
    client.send(chunked(message.len() + 1)).await;
    assert_eq!(client.answer().await.status(), 413);
    assert_eq!(upstream.count(), 2);
}

/// RFC 9110 §15.5.9.
#[tokio::test]
async fn a_body_without_an_end_is_408() {
    let upstream = Upstream::answering(json(b"{}")).await;
    let gateway = Running::with(&[(&UPSTREAM, &upstream.url()), (&BODY, "1")]).await;
    for (row, headers, part) in [
        ("chunked", "Transfer-Encoding: chunked\r\n", "5\r\n{\"jso\r\n"),
        ("with a length", "Content-Length: 100\r\n", "{\"jso"),
    ] {
        let request = [&gateway.request("POST", headers, b""), part.as_bytes()].concat();
        let heard = gateway.exchange(request).await;
        assert_eq!((heard.status(), heard.head.get("connection")), (408, "close"), "{row}");
    }
    assert_eq!(upstream.count(), 0);
}

/// A client that waits for 100 does not send the body of a request that is refused (RFC 9110 §10.1.1).
#[tokio::test]
async fn a_refused_head_gets_no_100() {
    let upstream = Upstream::answering(json(b"{}")).await;
    let gateway = Running::before(&upstream).await;
    for (length, token, path, status) in [
        (PING.len(), "wrong", "/mcp", 401),
        (PING.len(), &*gateway.token(), "/other", 404),
        (4 * 1024 * 1024 + 1, &*gateway.token(), "/mcp", 413),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nExpect: 100-continue\r\n\
             Content-Length: {length}\r\n\r\n",
            gateway.address
        );
        let mut client = gateway.connect().await;
        client.send(head).await;
        let heard = client.answer().await;
        assert_eq!((heard.status(), heard.head.get("connection")), (status, "close"), "{path}");
    }
    let head =
        gateway.request("POST", &format!("Expect: 100-continue\r\nContent-Length: {}\r\n", PING.len()), b"");
    let mut client = gateway.connect().await;
    client.send(head).await;
    assert_eq!(client.head().await.status, 100);
    client.send(PING).await;
    assert_eq!(client.answer().await.status(), 200);
    assert_eq!(upstream.request().all("expect"), [""; 0]);
}

/// The body of a refused request is not taken for the next request (request smuggling).
#[tokio::test]
async fn a_refused_body_is_no_request() {
    let upstream = Upstream::answering(json(b"{}")).await;
    let gateway = Running::before(&upstream).await;
    let inner = gateway.request("POST", "", PING);
    for (row, head, status) in [
        ("without a token", "POST /mcp", 401),
        ("another path", "POST /other", 404),
        ("another method", "PUT /mcp", 405),
    ] {
        let outer = format!(
            "{head} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n",
            gateway.address,
            inner.len()
        );
        let mut client = gateway.connect().await;
        client.send([outer.as_bytes(), &inner].concat()).await;
        assert_eq!(client.answer().await.status(), status, "{row}");
        client.send(gateway.request("POST", "Connection: close\r\n", PING)).await;
        assert_eq!(client.answer().await.status(), 200, "{row}");
        assert_eq!(client.closed().await, b"", "{row}");
    }
    assert_eq!(upstream.count(), 3);
    let both = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n\
         0\r\n\r\n",
        gateway.address,
        gateway.token()
    );
    let heard = gateway.exchange(both).await;
    assert_eq!(heard.status(), 400, "two lengths: {heard:?}");
    assert_eq!(upstream.count(), 3);
}
