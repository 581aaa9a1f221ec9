//! One program for each user and client, from revision 2026-07-28 on.

use crate::bridge::{Bridge, Failed, messages, next, type_of};
use crate::processes::gone;
use doorward_local::serve::stdio::StdioBody;
use http::{Method, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ALICE: (&str, &str) = ("alice", "app");
const VERSION: &str = "2026-07-28";

fn message(id: &Value, method: &str, mut params: Value) -> String {
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(VERSION);
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

async fn call(
    bridge: &Bridge,
    who: (&str, &str),
    method: &str,
    params: Value,
) -> Result<Response<StdioBody>, Failed> {
    let headers = [("mcp-protocol-version", VERSION), ("mcp-method", method)];
    bridge.send(who, Method::POST, &headers, &message(&json!("mine"), method, params)).await
}

async fn result(bridge: &Bridge, who: (&str, &str), method: &str) -> Value {
    let response = call(bridge, who, method, json!({})).await.unwrap();
    messages(response).await.pop().unwrap()["result"].clone()
}

async fn process(bridge: &Bridge, who: (&str, &str)) -> u64 {
    result(bridge, who, "echo").await["pid"].as_u64().unwrap()
}

#[tokio::test]
async fn a_user_and_client_have_one_program_and_share_it_with_no_other() {
    let bridge = Bridge::to(&[]);
    let all = [ALICE, ("alice", "other"), ("bob", "app")];
    let mut processes = BTreeSet::new();
    for who in all {
        let (one, two) = tokio::join!(process(&bridge, who), process(&bridge, who));
        assert_eq!(one, two);
        processes.insert(one);
    }
    assert_eq!(processes.len(), 3);
    let found = call(&bridge, ALICE, "echo", json!({})).await.unwrap();
    assert!(!found.headers().contains_key("mcp-session-id"));
}

#[tokio::test]
async fn get_and_delete_are_not_allowed() {
    let bridge = Bridge::to(&[]);
    for method in [Method::GET, Method::DELETE] {
        let refused = bridge.send(ALICE, method, &[("mcp-protocol-version", VERSION)], "").await.unwrap();
        assert_eq!(refused.status(), 405);
    }
}

#[tokio::test]
async fn a_listening_request_hears_what_its_subscription_is_about() {
    let bridge = Bridge::to(&[]);
    let mut one = call(&bridge, ALICE, "subscriptions/listen", json!({})).await.unwrap().into_body();
    let mut two = call(&bridge, ALICE, "subscriptions/listen", json!({})).await.unwrap().into_body();
    // Nothing else goes there.
    assert_eq!(messages(call(&bridge, ALICE, "remark", json!({})).await.unwrap()).await.len(), 2);
    result(&bridge, ALICE, "change").await;
    for stream in [&mut one, &mut two] {
        for method in ["notifications/subscriptions/acknowledged", "notifications/tools/list_changed"] {
            let heard = next(stream).await.unwrap();
            let id = &heard["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
            assert_eq!((&heard["method"], id), (&json!(method), &json!("mine")));
        }
    }
    result(&bridge, ALICE, "close_streams").await;
    assert!(one.frame().await.is_none() && two.frame().await.is_none());
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_request() {
    let bridge = Bridge::to(&[]);
    let stream = call(&bridge, ALICE, "subscriptions/listen", json!({})).await.unwrap();
    drop(stream);
    let waiting = call(&bridge, ALICE, "hold", json!({}));
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), waiting).await.is_err());
    let held = result(&bridge, ALICE, "cancellations").await["held"][0].clone();
    let seen = loop {
        let seen = result(&bridge, ALICE, "cancellations").await["cancelled"].clone();
        if seen.as_array().unwrap().len() == 2 {
            break seen;
        }
    };
    assert_eq!(seen, json!([1, held]), "each with the number that the program knows");
}

#[tokio::test]
async fn after_a_crash_the_next_request_starts_the_program_anew() {
    let bridge = Bridge::to(&[]);
    let before = process(&bridge, ALICE).await;
    assert!(call(&bridge, ALICE, "crash", json!({})).await.is_err());
    gone(before).await;
    assert_ne!(process(&bridge, ALICE).await, before);
}

#[tokio::test]
async fn errors_have_the_status_of_the_revision() {
    let bridge = Bridge::to(&[]);
    let known = call(&bridge, ALICE, "server/discover", json!({})).await.unwrap();
    assert_eq!((known.status().as_u16(), type_of(&known)), (200, "application/json"));
    let unknown = call(&bridge, ALICE, "unknown", json!({})).await.unwrap();
    assert_eq!(unknown.status(), 404);
    assert_eq!(messages(unknown).await[0]["error"]["code"], -32601);
}

#[tokio::test]
async fn headers_have_to_say_the_same_as_the_message() {
    let bridge = Bridge::to(&[]);
    let body = message(&json!(1), "tools/call", json!({ "name": "grüß" }));
    let (method, name) = (("mcp-method", "tools/call"), ("mcp-name", "=?base64?Z3LDvMOf?="));
    let version = ("mcp-protocol-version", VERSION);
    let sent =
        async |headers: &[(&str, &str)]| bridge.send(ALICE, Method::POST, headers, &body).await.unwrap();
    assert_eq!(sent(&[version, method, name]).await.status(), 404, "the program knows no tool");
    for wrong in [
        &[version, name][..],
        &[version, method],
        &[version, method, ("mcp-name", "other")],
        &[version, ("mcp-method", "tools/list"), name],
        &[("mcp-protocol-version", "2027-01-01"), method, name],
    ] {
        let refused = sent(wrong).await;
        assert_eq!(refused.status(), 400, "{wrong:?}");
        assert_eq!(messages(refused).await[0]["error"]["code"], -32020);
    }
}

/// A client that is answered 400 without an error of a stateless revision initializes.
#[tokio::test]
async fn a_program_of_an_older_revision_is_found_out_and_ended() {
    for flag in ["--older", "--silent"] {
        let bridge = Bridge::to(&[flag]);
        tokio::time::pause();
        let refused = call(&bridge, ALICE, "server/discover", json!({})).await.unwrap();
        tokio::time::resume();
        assert_eq!(refused.status(), 400);
        assert_eq!(messages(refused).await[0]["error"]["code"], -32601);
        bridge.programs.end().await;
    }
}
