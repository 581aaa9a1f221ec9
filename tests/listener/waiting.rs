//! How long a connection may wait: silent, with half a head, half a body, a late answer, idle, or with a client that does not
//! read.

use super::pipes::{Running, SLOW};
use doorward_local::serve::listener::Limits;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

#[tokio::test(start_paused = true)]
async fn a_silent_connection_ends_after_10_seconds() {
    let running = Running::new(Limits::default());
    assert_eq!(running.connect().stays_open().await, 10);
}

#[tokio::test(start_paused = true)]
async fn half_a_head_ends_after_10_seconds_however_it_trickles() {
    let running = Running::new(Limits::default());
    let mut client = running.connect();
    let begun = Instant::now();
    for byte in ["G", "E", "T", " "] {
        client.send(byte).await;
        sleep(Duration::from_secs(2)).await;
    }
    client.stays_open().await;
    assert_eq!(begun.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends_after_150_seconds() {
    let running = Running::new(Limits::default());
    let mut client = running.connect();
    assert_eq!(client.get("/").await, 200);
    sleep(Duration::from_secs(149)).await;
    assert_eq!(client.get("/").await, 200, "a proxy may use its connection again");
    assert_eq!(client.stays_open().await, 150);
}

#[tokio::test(start_paused = true)]
async fn a_later_head_has_10_seconds_from_its_first_byte() {
    let running = Running::new(Limits::default());
    let mut client = running.connect();
    assert_eq!(client.get("/").await, 200);
    sleep(Duration::from_secs(100)).await;
    client.send("GET / HT").await;
    assert_eq!(client.stays_open().await, 10);
}

#[tokio::test(start_paused = true)]
async fn half_a_body_is_answered_with_408_after_10_seconds() {
    let running = Running::new(Limits::default());
    for body in ["Content-Length: 4\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"] {
        let mut client = running.connect();
        let begun = Instant::now();
        client.send(&format!("POST /body HTTP/1.1\r\nHost: a\r\n{body}")).await;
        assert_eq!((client.status().await, begun.elapsed().as_secs()), (408, 10));
        assert_eq!(client.stays_open().await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_arrives_in_time_is_read() {
    let running = Running::new(Limits::default());
    let mut client = running.connect();
    client.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab").await;
    sleep(Duration::from_secs(9)).await;
    client.send("cd").await;
    assert_eq!(client.status().await, 200);
    assert_eq!(client.get("/slow").await, 200, "the connection is used again");
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_503_after_30_seconds_unless_the_service_has_a_limit_of_its_own() {
    let running = Running::new(Limits::default());
    let begun = Instant::now();
    assert_eq!(running.connect().get("/never").await, 503);
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert_eq!(running.reports(), ["/never was not answered within 30 seconds"]);
    let short = Limits { answer: Some(SLOW / 2), ..Limits::default() };
    assert_eq!(Running::new(short).connect().get("/slow").await, 503);
    let unlimited = Limits { answer: None, ..short };
    assert_eq!(Running::new(unlimited).connect().get("/slow").await, 200);
}

#[tokio::test(start_paused = true)]
async fn the_30_seconds_of_an_answer_begin_at_the_end_of_the_body() {
    let running = Running::new(Limits::default());
    let mut client = running.connect();
    let begun = Instant::now();
    client.send("POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab").await;
    sleep(Duration::from_secs(5)).await;
    client.send("cd").await;
    assert_eq!((client.status().await, begun.elapsed().as_secs()), (503, 35));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut_after_150_seconds() {
    let running = Running::new(Limits { connections: 4, ..Limits::default() });
    let mut deaf = Vec::new();
    for _ in 0..4 {
        let mut client = running.connect();
        client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
        deaf.push(client);
    }
    let begun = Instant::now();
    assert_eq!(running.connect().get("/").await, 200, "there is a place again");
    assert_eq!(begun.elapsed().as_secs(), 150);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stalls_is_cut_after_150_seconds() {
    let running = Running::new(Limits { answer: None, ..Limits::default() });
    let mut client = running.connect();
    assert_eq!(client.get("/stalled").await, 200);
    assert_eq!(client.stays_open().await, 150);
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_parts_follow_each_other_in_time_is_not_cut() {
    let idle = Duration::from_secs(10);
    let running = Running::new(Limits { idle, ..Limits::default() });
    let mut client = running.connect();
    assert_eq!(client.get("/slow-parts").await, 200);
    assert_eq!(client.stays_open().await, (3 * SLOW + idle).as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_stream_stays_open() {
    let running = Running::new(Limits::default());
    let mut client = running.connect();
    assert_eq!(client.get("/stream").await, 200);
    assert!(timeout(Duration::from_secs(24 * 3600), client.end()).await.is_err(), "it is open after a day");
    drop(running);
    assert_eq!(client.stays_open().await, 0, "until the listener ends");
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_client_does_not_read_is_cut_after_150_seconds() {
    let running = Running::new(Limits { connections: 1, ..Limits::default() });
    let mut deaf = running.connect();
    assert_eq!(deaf.get("/large-stream").await, 200);
    let begun = Instant::now();
    assert_eq!(running.connect().get("/").await, 200, "there is a place again");
    assert_eq!(begun.elapsed().as_secs(), 150);
}
