//! Upstreams that close their connections: no call fails for it.

use crate::PING;
use crate::PONG;
use crate::running::Running;
use crate::upstream::{Upstream, answer, json};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Makes calls from several clients at once: `rounds` of them, each of 20 calls and a pause of the client. Checks that none
/// fails, and returns how many there were.
async fn call(gateway: &Running, clients: u64, rounds: u64, pause: impl Fn(u64, u64) -> Duration) -> usize {
    let mut calls = JoinSet::new();
    for client in 0..clients {
        let (mut connection, request) = (gateway.connect().await, gateway.request("POST", "", PING));
        let pauses: Vec<_> = (0..rounds).map(|round| pause(client, round)).collect();
        calls.spawn(async move {
            for pause in &pauses {
                for _ in 0..20 {
                    connection.send(&request).await;
                    let heard = connection.answer().await;
                    assert_eq!(
                        (heard.status(), heard.body.as_slice()),
                        (200, PONG),
                        "client {client}: {heard:?}"
                    );
                }
                tokio::time::sleep(*pause).await;
            }
            pauses.len() * 20
        });
    }
    calls.join_all().await.into_iter().sum()
}

/// Node.js and uvicorn close a connection 5 s after its last answer. A request that is sent at this moment is lost, so this
/// upstream loses each that comes 4.5 s after the answer before.
#[tokio::test]
async fn an_upstream_that_closes_idle_connections_fails_no_call() {
    let upstream = Upstream::start(|mut connection| async move {
        let mut answered = Instant::now();
        while let Ok(Some(_)) = timeout(Duration::from_secs(5), connection.request()).await {
            if answered.elapsed() > Duration::from_millis(4500) {
                return connection.reset();
            }
            connection.send(json(PONG)).await;
            answered = Instant::now();
        }
    })
    .await;
    let gateway = Running::before(&upstream).await;
    // Around the time of the gateway, and before and after that of the upstream.
    let pause = |client, round| {
        let begin = [2900, 4800, 0][usize::try_from(round).unwrap()];
        Duration::from_millis(begin + client * 12)
    };
    assert_eq!(call(&gateway, 20, 3, pause).await, 1200);
    assert!(upstream.connections().await > 2, "connections were closed");
    assert!(!gateway.log.text().contains("upstream_failed"), "{}", gateway.log.text());
}

/// Servers without persistent connections, with `Connection: close` and with HTTP/1.0.
#[tokio::test]
async fn an_upstream_that_closes_after_each_answer_fails_no_call() {
    let head = "Content-Type: application/json\r\nConnection: close\r\n";
    let old = [b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n", PONG].concat();
    for sent in [answer("200 OK", head, PONG), old] {
        let upstream = Upstream::start(move |mut connection| {
            let sent = sent.clone();
            async move {
                if connection.request().await.is_some() {
                    connection.send(sent).await;
                }
            }
        })
        .await;
        let gateway = Running::before(&upstream).await;
        assert_eq!(call(&gateway, 10, 5, |_, _| Duration::ZERO).await, 1000);
        assert_eq!(upstream.connections().await, 1001);
    }
}

/// One connection serves calls that follow each other.
#[tokio::test]
async fn connections_are_used_again() {
    let upstream = Upstream::answering(json(PONG)).await;
    let gateway = Running::before(&upstream).await;
    assert_eq!(call(&gateway, 1, 2, |_, _| Duration::ZERO).await, 40);
    assert_eq!(upstream.connections().await, 2);
}
