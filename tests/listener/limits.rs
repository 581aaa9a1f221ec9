//! How many connections and streams there may be at once, how long a head may be, and what happens beyond.

use super::pipes::{Running, SLOW};
use doorward_local::serve::listener::Limits;
use std::io;
use std::time::Duration;
use tokio::time::Instant;

const FOUR: fn() -> Limits = || Limits { connections: 4, ..Limits::default() };

#[tokio::test(start_paused = true)]
async fn a_connection_beyond_the_limit_waits_for_a_place() {
    let running = Running::new(FOUR());
    let mut busy = Vec::new();
    for _ in 0..4 {
        let mut client = running.connect();
        client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
        busy.push(client);
    }
    let begun = Instant::now();
    assert_eq!(running.connect().get("/").await, 200);
    assert_eq!(begun.elapsed(), SLOW);
    for mut client in busy {
        assert_eq!(client.status().await, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_gives_its_place_away() {
    let running = Running::new(FOUR());
    let mut open = Vec::new();
    for path in ["/", "/stream", "/stream"] {
        let mut client = running.connect();
        assert_eq!(client.get(path).await, 200);
        open.push(client);
    }
    let mut busy = running.connect();
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let begun = Instant::now();
    assert_eq!(running.connect().get("/").await, 200);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(busy.status().await, 200, "a request that runs is answered");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_being_sent_is_not_cut_when_all_places_are_taken() {
    let running = Running::new(FOUR());
    let mut reading = Vec::new();
    for _ in 0..4 {
        let mut client = running.connect();
        client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let (status, length) = client.head().await;
        assert_eq!(status, 200);
        reading.push((client, length));
    }
    let mut waiting = running.connect();
    tokio::task::yield_now().await;
    for (mut client, length) in reading {
        client.body(length).await;
    }
    assert_eq!(waiting.get("/").await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_becomes_idle_while_a_client_waits_gives_its_place_away() {
    let running = Running::new(FOUR());
    let mut open = Vec::new();
    for path in ["/brief", "/stream", "/stream"] {
        let mut client = running.connect();
        assert_eq!(client.get(path).await, 200);
        open.push(client);
    }
    let mut busy = running.connect();
    busy.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let begun = Instant::now();
    assert_eq!(running.connect().get("/").await, 200);
    assert_eq!(begun.elapsed(), SLOW, "when the first stream has ended");
}

#[tokio::test(start_paused = true)]
async fn streams_leave_a_quarter_of_the_places_free() {
    let running = Running::new(Limits { connections: 8, ..Limits::default() });
    let mut streams = Vec::new();
    for _ in 0..6 {
        let mut client = running.connect();
        assert_eq!(client.get("/stream").await, 200);
        streams.push(client);
    }
    assert_eq!(running.connect().get("/stream").await, 503);
    assert_eq!(running.reports(), ["an event stream was refused: too many are open"]);
    assert_eq!(running.connect().get("/").await, 200);
    streams.pop();
    tokio::task::yield_now().await;
    assert_eq!(running.connect().get("/stream").await, 200, "a closed stream gives its place back");
}

/// A tool would have run in vain, and the client might call it again.
#[tokio::test(start_paused = true)]
async fn a_request_whose_answer_may_be_a_stream_has_its_place_before_it_runs() {
    const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json, text/event-stream\r\n\r\n";
    let running = Running::new(Limits { connections: 8, ..Limits::default() });
    let may_stream = async || {
        let mut client = running.connect();
        client.send(REQUEST).await;
        client.status().await
    };
    for _ in 0..20 {
        assert_eq!(may_stream().await, 200, "an answer that is no stream gives its place back");
    }
    let mut streams = Vec::new();
    for _ in 0..6 {
        let mut client = running.connect();
        assert_eq!(client.get("/stream").await, 200);
        streams.push(client);
    }
    assert_eq!(may_stream().await, 503, "the service would answer 200");
    assert_eq!(running.connect().get("/").await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_fit_into_16_kib_is_refused_with_431() {
    const KIB: usize = 1024;
    let running = Running::new(Limits::default());
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {}", "x".repeat(16 * KIB));
    let mut client = running.connect();
    client.send(&format!("{}\r\n\r\n", &head[..15 * KIB])).await;
    assert_eq!(client.status().await, 200);
    let mut client = running.connect();
    client.send(&head[..16 * KIB]).await;
    assert_eq!(client.status().await, 431);
}

#[tokio::test(start_paused = true)]
async fn without_file_descriptors_accepting_pauses_for_50_ms() {
    let running = Running::new(Limits::default());
    let begun = Instant::now();
    // EMFILE on Linux and macOS.
    (0..3).for_each(|_| running.fail(io::Error::from_raw_os_error(24)));
    assert_eq!(running.connect().get("/").await, 200);
    assert_eq!(begun.elapsed(), Duration::from_millis(150));
    assert_eq!(running.reports().len(), 1, "{:?}", running.reports());
    running.fail(io::ErrorKind::ConnectionAborted.into());
    assert_eq!(running.connect().get("/").await, 200);
    assert_eq!(begun.elapsed(), Duration::from_millis(150), "the client gave one connection up");
}
