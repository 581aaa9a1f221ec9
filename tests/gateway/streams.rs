//! Streams and their ends: the client leaves, reads slowly, its token expires, or the process ends.

use crate::running::Running;
use crate::upstream::{Connection, EVENTS, Upstream};
use crate::{PING, soon};
use doorward_local::serve::shutdown::Stage;
use doorward_settings::{AUDIT_CALLS, UPSTREAM};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpSocket;
use tokio::sync::watch;

/// The longest time until the upstream hears that a client has left.
const NOTICE: Duration = Duration::from_secs(1);

/// What an upstream does after it has read a request.
#[derive(Clone, Copy)]
enum Then {
    Nothing,
    OneEvent,
    HalfADocument,
}

/// An upstream that tells how many of its connections with a request were closed by the gateway.
async fn watching(then: Then) -> (Upstream, watch::Receiver<usize>) {
    let (closed, told) = watch::channel(0);
    let closed = Arc::new(closed);
    let upstream = Upstream::start(move |mut connection: Connection| {
        let closed = closed.clone();
        async move {
            if connection.request().await.is_none() {
                return;
            }
            match then {
                Then::Nothing => {}
                Then::OneEvent => assert!(connection.send([EVENTS, b"data: 1\n\n"].concat()).await),
                Then::HalfADocument => {
                    let half =
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"a";
                    assert!(connection.send(half).await);
                }
            }
            connection.closed().await;
            closed.send_modify(|count| *count += 1);
        }
    })
    .await;
    (upstream, told)
}

/// Waits until a request is at the upstream.
async fn request_at(upstream: &Upstream) {
    soon("the request", async {
        while upstream.count() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_is_gone_upstream_within_a_second() {
    for (row, method, then) in [
        ("before the head", "POST", Then::Nothing),
        ("before the head of GET", "GET", Then::Nothing),
        ("in a stream", "POST", Then::OneEvent),
        ("in a stream of GET", "GET", Then::OneEvent),
        ("in a document", "POST", Then::HalfADocument),
    ] {
        let (upstream, mut closed) = watching(then).await;
        let gateway = Running::before(&upstream).await;
        let mut client = gateway.connect().await;
        client.send(gateway.request(method, "", if method == "POST" { PING } else { b"" })).await;
        match then {
            Then::Nothing => request_at(&upstream).await,
            Then::OneEvent => {
                assert_eq!(client.head().await.status, 200, "{row}");
                assert_eq!(soon("the event", client.chunk()).await.unwrap(), b"data: 1\n\n", "{row}");
            }
            Then::HalfADocument => assert_eq!(client.head().await.status, 200, "{row}"),
        }
        let left = Instant::now();
        drop(client);
        soon(row, closed.wait_for(|count| *count == 1)).await.unwrap();
        assert!(left.elapsed() < NOTICE, "{row}: {:?}", left.elapsed());
    }
}

#[tokio::test]
async fn a_call_is_logged_also_if_its_client_leaves() {
    let (upstream, mut closed) = watching(Then::Nothing).await;
    let url = upstream.url();
    let gateway = Running::with(&[(&UPSTREAM, &url), (&AUDIT_CALLS, "true")]).await;
    let call = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wipe"}}"#;
    let mut client = gateway.connect().await;
    let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    client.send(gateway.request("POST", trace, call)).await;
    request_at(&upstream).await;
    drop(client);
    soon("the end", closed.wait_for(|count| *count == 1)).await.unwrap();
    let log = gateway.log.text();
    let line = log.lines().find(|line| line.contains("tool_called")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("tool=wipe status=499"), "{line}");
    assert!(line.ends_with(" trace=0af7651916cd43dd8448eb211c80319c"), "{line}");
}

#[tokio::test]
async fn a_client_that_leaves_in_its_body_never_reaches_the_upstream() {
    let (upstream, _) = watching(Then::Nothing).await;
    let gateway = Running::before(&upstream).await;
    let mut request = gateway.request("POST", "", PING);
    request.truncate(request.len() - 1);
    let mut client = gateway.connect().await;
    client.send(request).await;
    drop(client);
    // A later request of the same user goes through, and is the first that the upstream sees.
    let mut client = gateway.connect().await;
    client.send(gateway.request("GET", "", b"")).await;
    request_at(&upstream).await;
    assert!(upstream.request().request_line().starts_with("GET "));
    assert_eq!(upstream.connections().await, 2, "that of the start, and that of the GET");
}

/// Nothing is collected for a client that reads slowly: the upstream is held back.
#[tokio::test]
async fn a_slow_reader_holds_the_upstream_back() {
    const SIZE: usize = 100 * 1024 * 1024;
    /// The buffers of the kernel: at most 4 MiB to send and 6 MiB to receive, on either side of the gateway.
    const BUFFERS: usize = 24 * 1024 * 1024;
    let written = Arc::<AtomicUsize>::default();
    let count = written.clone();
    let upstream = Upstream::start(move |mut connection| {
        let count = count.clone();
        async move {
            if connection.request().await.is_none() {
                return;
            }
            assert!(connection.send(EVENTS).await);
            let event = format!("data: {}\n\n", "a".repeat(64 * 1024 - 8));
            while count.load(Ordering::Relaxed) < SIZE && connection.send(&event).await {
                count.fetch_add(event.len(), Ordering::Relaxed);
            }
        }
    })
    .await;
    let gateway = Running::before(&upstream).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    let stream = socket.connect(gateway.address.parse().unwrap()).await.unwrap();
    let mut client = crate::client::Client::new(stream);
    client.send(gateway.request("GET", "", b"")).await;
    assert_eq!(client.head().await.status, 200);
    let mut before = usize::MAX;
    soon("the upstream's rest", async {
        while before != written.load(Ordering::Relaxed) {
            before = written.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    })
    .await;
    assert!(before < BUFFERS, "{before} bytes were taken from the upstream");
    let mut read = 0;
    while read < 2 * BUFFERS {
        read += soon("a chunk", client.chunk()).await.unwrap().len();
    }
    assert!(written.load(Ordering::Relaxed) > before, "the upstream goes on when the client does");
}

/// A stream of GET ends with its token. The answer to a message may go on for a while.
#[tokio::test]
async fn a_stream_of_get_ends_with_its_token() {
    let (upstream, mut closed) = watching(Then::OneEvent).await;
    let gateway = Running::before(&upstream).await;
    let token = gateway.token_for(&gateway.resource, "alice", "app", Duration::from_secs(4));
    let mut call = gateway.connect().await;
    call.send(gateway.request_with(&token, "POST", "", PING)).await;
    assert_eq!(call.head().await.status, 200);
    assert_eq!(soon("the event", call.chunk()).await.unwrap(), b"data: 1\n\n");
    let begun = Instant::now();
    let answer = gateway.exchange(gateway.request_with(&token, "GET", "", b"")).await;
    assert_eq!(
        (answer.status(), answer.body.as_slice(), answer.is_whole),
        (200, b"data: 1\n\n".as_slice(), true)
    );
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    soon("the end at the upstream", closed.wait_for(|count| *count == 1)).await.unwrap();
    let listen = br#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen"}"#;
    let refused = gateway.exchange(gateway.request_with(&token, "POST", "", listen)).await;
    assert_eq!(refused.status(), 401, "the token has expired");
    let token = gateway.token_for(&gateway.resource, "alice", "app", Duration::from_secs(3));
    let answer = gateway.exchange(gateway.request_with(&token, "POST", "", listen)).await;
    assert_eq!((answer.status(), answer.is_whole), (200, true));
    soon("the end at the upstream", closed.wait_for(|count| *count == 2)).await.unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(200), call.chunk()).await;
    assert!(waited.is_err(), "the answer to the other message goes on");
    drop(call);
    soon("the end of the call", closed.wait_for(|count| *count == 3)).await.unwrap();
}

/// While the process ends, streams go on until the deadline. Then both sides are closed.
#[tokio::test]
async fn the_end_of_the_process_ends_streams() {
    let (upstream, mut closed) = watching(Then::OneEvent).await;
    let mut gateway = Running::before(&upstream).await;
    let mut client = gateway.connect().await;
    client.send(gateway.request("GET", "", b"")).await;
    assert_eq!(client.head().await.status, 200);
    assert_eq!(soon("the event", client.chunk()).await.unwrap(), b"data: 1\n\n");
    gateway.stage.send(Stage::Draining).unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(300), client.chunk()).await;
    assert!(waited.is_err(), "the stream goes on");
    assert!(!gateway.serving.is_finished());
    gateway.stage.send(Stage::Ended).unwrap();
    let ended = soon("the end of the process", &mut gateway.serving).await.unwrap();
    assert_eq!(ended, doorward_local::serve::Ended::Stopped);
    assert_eq!(client.closed().await, b"", "the stream is cut, not ended");
    soon("the end at the upstream", closed.wait_for(|count| *count == 1)).await.unwrap();
}
