//! What a program sends besides its answers.

use crate::bridge::{Bridge, messages, next, request, type_of};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

const ALICE: (&str, &str) = ("alice", "app");

fn methods(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["method"].as_str().unwrap_or("response")).collect()
}

#[tokio::test]
async fn an_answer_is_json_or_an_event_stream_if_the_program_sends_more() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let alone = session.call("count", json!({ "count": 0 })).await.unwrap();
    assert_eq!(type_of(&alone), "application/json");
    let token = json!({ "count": 3, "_meta": { "progressToken": "mine" } });
    let more = session.call("count", token).await.unwrap();
    assert_eq!(type_of(&more), "text/event-stream");
    let more = messages(more).await;
    let progress = "notifications/progress";
    assert_eq!(methods(&more), [progress, progress, progress, "response"]);
    assert_eq!((&more[0]["params"]["progressToken"], &more[3]["id"]), (&json!("mine"), &json!(1)));
    assert_eq!(
        methods(&messages(session.call("remark", json!({})).await.unwrap()).await),
        ["notifications/message", "response"]
    );
}

#[tokio::test]
async fn progress_goes_to_its_own_request() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let mut calls = Vec::new();
    // All have the same token, and the server answers them in the order in which they came.
    for number in 1..=5 {
        let params = json!({ "count": number, "_meta": { "progressToken": 0 } });
        calls.push(session.post(&request(number, "count", params)).await.unwrap());
    }
    for (call, count) in calls.into_iter().zip(1..) {
        let heard = messages(call).await;
        assert_eq!((heard.len(), &heard[0]["params"]["progressToken"]), (count + 1, &json!(0)));
    }
}

#[tokio::test]
async fn a_client_without_event_streams_gets_only_the_response() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let answer = session.alone("remark", json!({ "count": 2 })).await;
    assert_eq!(type_of(&answer), "application/json");
    assert_eq!(messages(answer).await.len(), 1);
    let mut stream = session.stream().await;
    assert_eq!(next(&mut stream).await.unwrap()["params"]["number"], 1, "the rest waits for the stream");
}

#[tokio::test]
async fn a_question_of_the_program_is_answered_by_the_client() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let mut answer = session.call("ask", json!({})).await.unwrap().into_body();
    let question = next(&mut answer).await.unwrap();
    assert_eq!((&question["method"], &question["id"]), (&json!("roots/list"), &json!("question-0")));
    let reply = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "roots": [] } });
    assert_eq!(session.post(&reply.to_string()).await.unwrap().status(), 202);
    let answered = next(&mut answer).await.unwrap();
    assert_eq!((&answered["id"], &answered["result"]["heard"]["roots"]), (&json!(1), &json!([])));
    assert!(answer.frame().await.is_none());
}

#[tokio::test]
async fn unasked_messages_go_to_the_stream_of_their_session_or_wait_for_it() {
    let bridge = Bridge::to(&[]);
    let (alice, bob) = (bridge.session(ALICE).await, bridge.session(("bob", "app")).await);
    alice.result("remark_later", json!({ "count": 2 })).await;
    alice.alone("echo", json!({})).await;
    let mut stream = alice.stream().await;
    for number in 1..=2 {
        assert_eq!(next(&mut stream).await.unwrap()["params"]["number"], number);
    }
    alice.result("remark_later", json!({})).await;
    assert_eq!(next(&mut stream).await.unwrap()["params"]["number"], 1);
    let mut of_bob = bob.stream().await;
    assert!(tokio::time::timeout(Duration::from_millis(50), of_bob.frame()).await.is_err());
}

#[tokio::test]
async fn of_unasked_messages_256_wait_and_the_oldest_are_dropped_with_one_line_in_the_log() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    session.result("remark_later", json!({ "count": 1000 })).await;
    session.alone("echo", json!({})).await;
    let mut stream = session.stream().await;
    for number in 745..=1000 {
        assert_eq!(next(&mut stream).await.unwrap()["params"]["number"], number);
    }
    assert_eq!(bridge.log().matches("dropped").count(), 1, "{}", bridge.log());
}

#[tokio::test]
async fn of_unasked_messages_16_mebibytes_wait() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    session.result("remark_later", json!({ "count": 40, "size": 1 << 20 })).await;
    // This answer needs memory too.
    session.alone("echo", json!({})).await;
    let mut stream = session.stream().await;
    for number in 26..=40 {
        assert_eq!(next(&mut stream).await.unwrap()["params"]["number"], number);
    }
}

#[tokio::test]
async fn progress_after_the_answer_goes_to_the_stream_of_the_session() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    session.result("count_later", json!({ "_meta": { "progressToken": "mine" } })).await;
    let heard = next(&mut session.stream().await).await.unwrap();
    assert_eq!(
        (&heard["method"], &heard["params"]["progressToken"]),
        (&json!("notifications/progress"), &json!("mine"))
    );
}

#[tokio::test]
async fn what_names_none_of_several_requests_goes_to_the_stream_or_else_to_the_last() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    // This answer begins, and stays open.
    let mut asking = session.call("ask", json!({})).await.unwrap().into_body();
    next(&mut asking).await.unwrap();
    assert_eq!(messages(session.call("remark", json!({})).await.unwrap()).await.len(), 2);
    let mut stream = session.stream().await;
    assert_eq!(messages(session.call("remark", json!({})).await.unwrap()).await.len(), 1);
    assert_eq!(next(&mut stream).await.unwrap()["method"], "notifications/message");
}

#[tokio::test]
async fn a_flood_to_a_slow_client_loses_nothing_and_holds_the_program_back() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let params = json!({ "count": 20_000, "_meta": { "progressToken": 1 } });
    let heard = messages(session.call("count", params).await.unwrap()).await;
    assert_eq!(heard.len(), 20_001);
    for (message, number) in heard.iter().zip(1..=20_000) {
        assert_eq!(message["params"]["progress"], number);
    }
    let mut stream = session.stream().await;
    session.result("remark_later", json!({ "count": 5_000 })).await;
    for number in 1..=5_000 {
        assert_eq!(next(&mut stream).await.unwrap()["params"]["number"], number);
    }
}

#[tokio::test]
async fn a_second_stream_of_a_session_takes_the_place_of_the_first() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let mut first = session.stream().await;
    let mut second = session.stream().await;
    assert!(next(&mut first).await.is_none());
    drop(first);
    session.result("remark_later", json!({})).await;
    assert!(next(&mut second).await.is_some());
}

/// A slow tool does not keep the client waiting for the head: comments of the gateway keep the stream open then.
#[tokio::test]
async fn after_ten_seconds_of_silence_the_answer_begins_as_an_event_stream() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    tokio::time::pause();
    let began = Instant::now();
    let answer = session.call("hold", json!({})).await.unwrap();
    assert_eq!((type_of(&answer), began.elapsed().as_secs()), ("text/event-stream", 10));
    tokio::time::resume();
    session.post(r#"{"jsonrpc":"2.0","method":"release"}"#).await.unwrap();
    assert_eq!(methods(&messages(answer).await), ["response"]);
}

#[tokio::test]
async fn a_crash_inside_an_event_stream_is_its_last_event() {
    let bridge = Bridge::to(&[]);
    let session = bridge.session(ALICE).await;
    let mut answer = session.call("ask", json!({})).await.unwrap().into_body();
    next(&mut answer).await.unwrap();
    assert!(session.call("crash", json!({})).await.is_err());
    let last = next(&mut answer).await.unwrap();
    assert_eq!((&last["id"], &last["error"]["code"]), (&json!(1), &json!(-32603)));
    assert_eq!(last["error"]["data"]["correlation"], "c0ffee");
    assert!(answer.frame().await.is_none());
}
