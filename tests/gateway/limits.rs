//! What a process takes at once: beyond it, the answer is 503.

use crate::client::{Answer, Client};
use crate::running::Running;
use crate::upstream::{Upstream, json};
use crate::{PING, PONG, soon};
use std::time::Duration;

const MIB: usize = 1024 * 1024;

/// Otherwise a few clients that send nothing would take the room of all others.
#[tokio::test]
async fn a_message_that_does_not_come_takes_no_room() {
    let upstream = Upstream::answering(json(PONG)).await;
    let gateway = Running::before(&upstream).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        let mut client = gateway.connect().await;
        client.send(gateway.request("POST", &format!("Content-Length: {}\r\n", 4 * MIB), b"")).await;
        client.send(" ").await;
        silent.push(client);
    }
    for _ in 0..20 {
        assert_eq!(gateway.post(PING).await.status(), 200);
    }
}

/// An upstream that never answers a message of 4 MiB.
async fn silent_to_long() -> Upstream {
    Upstream::start(|mut connection| async move {
        while let Some(request) = connection.request().await {
            if request.body.len() == 4 * MIB {
                std::future::pending::<()>().await;
            }
            connection.send(json(PONG)).await;
        }
    })
    .await
}

/// Sends a message of 4 MiB, which is in flight until the client is dropped.
async fn in_flight(gateway: &Running, upstream: &Upstream, user: &str) -> Client {
    let message = format!(r#"{{"jsonrpc":"2.0","method":"{}"}}"#, "a".repeat(4 * MIB - 29));
    let (before, mut client) = (upstream.count(), gateway.connect().await);
    client.send(gateway.request_with(&gateway.token_of(user, "app"), "POST", "", message.as_bytes())).await;
    soon("the message", async {
        while upstream.count() == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    client
}

async fn post(gateway: &Running, user: &str, message: &[u8]) -> Answer {
    gateway.exchange(gateway.request_with(&gateway.token_of(user, "app"), "POST", "", message)).await
}

/// Waits until a message of this user passes.
async fn passes(gateway: &Running, user: &str) {
    soon("room for a message", async {
        while post(gateway, user, PING).await.status() != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn more_than_64_mib_of_messages_are_503() {
    let upstream = silent_to_long().await;
    let gateway = Running::before(&upstream).await;
    let mut sending = Vec::new();
    for number in 0..16 {
        sending.push(in_flight(&gateway, &upstream, &format!("user{}", number / 4)).await);
    }
    let busy = gateway.post(PING).await;
    let body = busy.json();
    assert_eq!((busy.status(), busy.head.get("retry-after")), (503, "2"), "{body}");
    assert_eq!((&body["id"], &body["error"]["code"]), (&serde_json::Value::Null, &(-32603).into()), "{body}");
    assert!(gateway.log.text().contains("upstream_failed code=busy"), "{}", gateway.log.text());
    // The whole body of a refused message is read: the client gets the answer, and may go on with the connection.
    let mut client = gateway.connect().await;
    client.send(gateway.request("POST", "", &b" ".repeat(3 * MIB))).await;
    assert_eq!(client.answer().await.status(), 503);
    assert_eq!(upstream.count(), 16, "none reached the upstream");
    drop(sending);
    passes(&gateway, "alice").await;
    client.send(gateway.request("POST", "", PING)).await;
    assert_eq!(client.answer().await.status(), 200);
}

/// One user leaves room for the others.
#[tokio::test]
async fn more_than_16_mib_of_messages_of_one_user_are_503() {
    let upstream = silent_to_long().await;
    let gateway = Running::before(&upstream).await;
    let mut sending = Vec::new();
    for _ in 0..4 {
        sending.push(in_flight(&gateway, &upstream, "alice").await);
    }
    for _ in 0..2 {
        let busy = post(&gateway, "alice", PING).await;
        assert_eq!((busy.status(), busy.head.get("retry-after")), (503, "2"), "{busy:?}");
        assert_eq!(post(&gateway, "bob", PING).await.status(), 200);
    }
    let log = gateway.log.text();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("upstream_failed code=busy")).collect();
    assert!(lines.len() == 1 && lines[0].contains("person=alice") && lines[0].contains("16 MiB"), "{log}");
    drop(sending);
    passes(&gateway, "alice").await;
}

/// A user whose calls do not end leaves places at the upstream to the others.
#[tokio::test]
async fn more_than_256_requests_of_one_user_are_503() {
    let upstream = Upstream::start(|mut connection| async move {
        while let Some(request) = connection.request().await {
            if request.body != PING {
                std::future::pending::<()>().await;
            }
            connection.send(json(PONG)).await;
        }
    })
    .await;
    let gateway = Running::before(&upstream).await;
    let mut running = Vec::new();
    for number in 0..256 {
        let mut client = gateway.connect().await;
        let token = gateway.token_of("alice", &format!("app{}", number % 5));
        client
            .send(gateway.request_with(&token, "POST", "", br#"{"jsonrpc":"2.0","id":1,"method":"wait"}"#))
            .await;
        running.push(client);
    }
    soon("all requests", async {
        while upstream.count() < 256 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    for _ in 0..2 {
        let busy = post(&gateway, "alice", PING).await;
        assert_eq!((busy.status(), busy.head.get("retry-after")), (503, "2"), "{busy:?}");
        assert_eq!(busy.json()["id"], 7);
        assert_eq!(post(&gateway, "bob", PING).await.status(), 200);
    }
    let log = gateway.log.text();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("upstream_failed code=busy")).collect();
    assert!(
        lines.len() == 1 && lines[0].contains("person=alice") && lines[0].contains("256 requests"),
        "{log}"
    );
    running.pop();
    passes(&gateway, "alice").await;
}
