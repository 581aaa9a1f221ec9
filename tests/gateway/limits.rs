//! What a process takes at once: beyond it, the answer is 503.

use crate::client::Client;
use crate::running::Running;
use crate::upstream::{Upstream, json};
use crate::{PING, PONG, soon};
use std::time::Duration;

const MIB: usize = 1024 * 1024;

/// A client that declares 4 MiB, and sends this many bytes of them.
async fn declaring(gateway: &Running, sent: usize) -> Client {
    let mut client = gateway.connect().await;
    client.send(gateway.request("POST", &format!("Content-Length: {}\r\n", 4 * MIB), b"")).await;
    client.send(" ".repeat(sent)).await;
    client
}

/// Otherwise a few clients that send nothing would take the room of all others.
#[tokio::test]
async fn a_message_that_does_not_come_takes_no_room() {
    let upstream = Upstream::answering(json(PONG)).await;
    let gateway = Running::before(&upstream).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(declaring(&gateway, 1).await);
    }
    for _ in 0..20 {
        assert_eq!(gateway.post(PING).await.status(), 200);
    }
}

/// Bodies of 64 MiB are in flight at most.
#[tokio::test]
async fn more_than_64_mib_of_messages_are_503() {
    let upstream = Upstream::answering(json(PONG)).await;
    let gateway = Running::before(&upstream).await;
    // 16 of them fill the budget. A message that passes meanwhile can take the last room of one, so there are more.
    let mut sending = Vec::new();
    for _ in 0..24 {
        sending.push(declaring(&gateway, 4 * MIB - 1).await);
    }
    let busy = soon("the first 503", async {
        loop {
            let answer = gateway.post(PING).await;
            if answer.status() != 200 {
                break answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let body = busy.json();
    assert_eq!((busy.status(), busy.head.get("retry-after")), (503, "2"), "{body}");
    assert_eq!((&body["id"], &body["error"]["code"]), (&serde_json::Value::Null, &(-32603).into()), "{body}");
    assert!(gateway.log.text().contains("upstream_failed code=busy"), "{}", gateway.log.text());
    // The whole body of a refused message is read: the client gets the answer, and may go on with the connection.
    let before = upstream.count();
    let mut client = gateway.connect().await;
    client.send(gateway.request("POST", "", &b" ".repeat(3 * MIB))).await;
    assert_eq!(client.answer().await.status(), 503);
    assert_eq!(upstream.count(), before, "none reached the upstream");
    drop(sending);
    soon("room for a message", async {
        loop {
            client.send(gateway.request("POST", "", PING)).await;
            if client.answer().await.status() == 200 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}
