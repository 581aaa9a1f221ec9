//! One program for each session of the revisions up to 2025-11-25.

use crate::bridge::{Bridge, Failed, initialize, messages, request, type_of};
use crate::processes::gone;
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

const ALICE: (&str, &str) = ("alice", "app");

#[tokio::test]
async fn a_line_has_the_bytes_of_the_message_but_for_its_id() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let sent = "{ \"params\" : {\"n\":1.50,\r\n\"s\":\"\\n\\u00e9é\", \"id\":7},\n \"id\": \"a b\", \"method\":\"echo\",\"jsonrpc\":\"2.0\" }";
    let response = session.post(sent).await.unwrap();
    assert_eq!((response.status().as_u16(), type_of(&response)), (200, "application/json"));
    let answer = messages(response).await.remove(0);
    assert_eq!(answer["id"], "a b", "{answer}");
    let line = answer["result"]["line"].as_str().unwrap();
    assert_eq!(line, sent.replace(['\n', '\r'], " ").replace("\"a b\"", "2"));
}

#[tokio::test]
async fn ids_of_a_hundred_requests_in_flight_do_not_collide() {
    let bridge: &Bridge = Box::leak(Box::new(Bridge::to(&[])));
    let session = bridge.session(ALICE).await;
    let id = session.id.clone();
    let mut calls = JoinSet::new();
    // Ten clients with the same ten ids, of two types.
    for number in 0..100 {
        let id = id.clone();
        let own = if number % 2 == 0 { json!(number / 10) } else { json!((number / 10).to_string()) };
        calls.spawn(async move {
            let headers = [("mcp-session-id", id.as_str())];
            let body = request(own.clone(), "hold", json!({}));
            let response = bridge.send(ALICE, Method::POST, &headers, &body).await.unwrap();
            (own, messages(response).await.remove(0))
        });
    }
    let held = async || session.result("cancellations", json!({})).await["held"].as_array().unwrap().len();
    while held().await < 100 {
        tokio::task::yield_now().await;
    }
    session.post(r#"{"jsonrpc":"2.0","method":"release"}"#).await.unwrap();
    let mut numbers = BTreeSet::new();
    while let Some(called) = calls.join_next().await {
        let (own, answer) = called.unwrap();
        assert_eq!(answer["id"], own);
        numbers.insert(answer["result"]["was"].as_u64().unwrap());
    }
    assert_eq!(numbers.len(), 100);
}

#[tokio::test]
async fn two_users_and_two_clients_never_share_a_program() {
    let bridge = Bridge::to(&[]);
    let (alice, bob) = (bridge.session(ALICE).await, bridge.session(("bob", "app")).await);
    let other_client = bridge.session(("alice", "other")).await;
    let processes = [alice.process().await, bob.process().await, other_client.process().await];
    assert_eq!(BTreeSet::from(processes).len(), 3);
    let headers = [("mcp-session-id", alice.id.as_str())];
    for stranger in [("bob", "app"), ("alice", "other")] {
        for method in [Method::POST, Method::GET, Method::DELETE] {
            let refused =
                bridge.send(stranger, method, &headers, &request(1, "echo", json!({}))).await.unwrap();
            assert_eq!(refused.status(), 404);
        }
    }
    assert_eq!(alice.process().await, processes[0], "nothing of a stranger ended the session");
}

#[tokio::test]
async fn a_session_ends_with_delete_and_is_unknown_then() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let process = session.process().await;
    assert_eq!(session.send(Method::DELETE, "").await.unwrap().status(), 204);
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let refused = session.send(method.clone(), &request("x", "echo", json!({}))).await.unwrap();
        assert_eq!(refused.status(), 404);
        let refused = messages(refused).await.remove(0);
        let id = if method == Method::POST { json!("x") } else { Value::Null };
        assert_eq!((&refused["error"]["code"], &refused["id"]), (&json!(-32001), &id), "{refused}");
    }
    gone(process).await;
}

#[tokio::test]
async fn without_a_session_only_initialize_is_answered() {
    let bridge = Bridge::to(&[]);
    let refused = bridge.send(ALICE, Method::POST, &[], &request(1, "echo", json!({}))).await.unwrap();
    assert_eq!(refused.status(), 400);
    for method in [Method::GET, Method::DELETE] {
        let refused = bridge.send(ALICE, method, &[], "").await.unwrap();
        assert_eq!((refused.status().as_u16(), refused.headers()["allow"].to_str().unwrap()), (405, "POST"));
    }
}

#[tokio::test]
async fn a_crash_fails_the_requests_in_flight_and_the_next_initialize_starts_anew() {
    let bridge: &Bridge = Box::leak(Box::new(Bridge::to(&[])));
    let session = bridge.session(ALICE).await;
    let process = session.process().await;
    let id = session.id.clone();
    let held = tokio::spawn(async move {
        let headers = [("mcp-session-id", id.as_str())];
        bridge.send(ALICE, Method::POST, &headers, &request(1, "hold", json!({}))).await.map(|_| ())
    });
    while session.result("cancellations", json!({})).await["held"] == json!([]) {
        tokio::task::yield_now().await;
    }
    let crashed = session.call("crash", json!({})).await.map(|_| ());
    for failed in [crashed, held.await.unwrap()] {
        let failed = failed.unwrap_err();
        assert!(matches!(&failed, Failed::Unreachable(why) if why.contains("exit status: 3")), "{failed}");
    }
    assert_eq!(session.call("echo", json!({})).await.unwrap().status(), 404);
    assert!(bridge.log().contains("exit status: 3"), "{}", bridge.log());
    gone(process).await;
    assert_ne!(bridge.session(ALICE).await.process().await, process);
}

#[tokio::test]
async fn a_refused_initialize_leaves_no_session_and_no_program() {
    let bridge = Bridge::to(&["--refusing"]);
    let refused = bridge.send(ALICE, Method::POST, &[], &initialize()).await.unwrap();
    assert!(!refused.headers().contains_key("mcp-session-id"));
    assert_eq!(messages(refused).await[0]["error"]["code"], -32602);
    bridge.programs.end().await;
}

#[tokio::test]
async fn a_cancellation_names_the_request_as_the_program_knows_it() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let cancel = |id: Value| {
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } })
            .to_string()
    };
    let body = request("mine", "hold", json!({}));
    let held = session.post(&body);
    // The client goes away, which is no cancellation in this revision.
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), held).await.is_err());
    let seen = session.result("cancellations", json!({})).await;
    assert_eq!(seen["cancelled"], json!([]));
    session.post(&cancel(seen["held"][0].clone())).await.unwrap();
    session.post(&cancel(json!("mine"))).await.unwrap();
    let seen = session.result("cancellations", json!({})).await;
    assert_eq!(
        seen["cancelled"], seen["held"],
        "only the request of the client, and no number that it guessed"
    );
}
