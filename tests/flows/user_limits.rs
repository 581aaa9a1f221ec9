//! What one user may do at the gateway: calls a minute, and open streams.

use crate::identity::{gateway, token};
use doorward::gateway::{Gateway, IdentityForm, Sent, UserLimits};
use doorward::wire::{EventKind, Events, Response};
use harness::TestServer;
use harness::client::call;
use harness::test_server::json;
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn limited(test: &TestServer, calls: u32) -> Gateway {
    let limits = UserLimits::new(calls, test.server.clock.clone());
    gateway(test, IdentityForm::None).limited_by(Arc::new(limits))
}

/// Sends a message, or asks for a stream.
async fn send(gateway: &Gateway, token: &str, method: Method, rpc: &str) -> Result<Sent, Response> {
    let request = call(Some(token), &json!({ "jsonrpc": "2.0", "id": "a", "method": rpc }));
    let (mut head, message) = request.into_parts();
    head.method = method;
    let entered = gateway.enter(&head).await?;
    gateway.forward(&entered, &head, &message).map(|forwarded| forwarded.into_parts().1)
}

fn events(response: &Response) -> usize {
    response.extensions().get::<Events>().map_or(0, |events| events.0.len())
}

fn retry_after(response: &Response) -> &str {
    response.headers()["retry-after"].to_str().unwrap()
}

#[tokio::test]
async fn calls_over_the_limit_are_429_and_one_a_minute_is_in_the_log() {
    let test = TestServer::new().await;
    let (_, token) = token(&test, "user").await;
    let gateway = limited(&test, 10);
    for _ in 0..10 {
        assert!(send(&gateway, &token, Method::POST, "tools/list").await.is_ok());
    }
    for logged in [1, 0, 0] {
        let refused = send(&gateway, &token, Method::POST, "tools/list").await.err().unwrap();
        assert_eq!((refused.status().as_u16(), retry_after(&refused), events(&refused)), (429, "6", logged));
        let body: Value = json(&refused);
        // Its body was not read.
        assert_eq!((&body["id"], &body["error"]["code"]), (&Value::Null, &json!(-32603)));
        let logged = refused.extensions().get::<Events>();
        for event in logged.iter().flat_map(|events| &events.0) {
            assert_eq!((event.kind, event.code()), (EventKind::Refused, Some("rate_limit")));
            assert_eq!(event.person.as_ref().map(ToString::to_string).as_deref(), Some("alice"));
        }
    }
    // A stream and the end of a session are no calls.
    for method in [Method::GET, Method::DELETE] {
        assert!(send(&gateway, &token, method, "").await.is_ok());
    }
    test.clock.pass(Duration::from_secs(6));
    assert!(send(&gateway, &token, Method::POST, "tools/list").await.is_ok());
}

#[tokio::test]
async fn streams_over_the_limit_are_503_until_one_is_closed() {
    let test = TestServer::new().await;
    let (_, token) = token(&test, "user").await;
    let gateway = limited(&test, 0);
    let mut open = Vec::new();
    for count in 0..32 {
        let (method, rpc) =
            if count % 2 == 0 { (Method::GET, "") } else { (Method::POST, "subscriptions/listen") };
        open.push(send(&gateway, &token, method, rpc).await.ok().unwrap());
    }
    for (method, rpc, id) in
        [(Method::GET, "", Value::Null), (Method::POST, "subscriptions/listen", json!("a"))]
    {
        let refused = send(&gateway, &token, method, rpc).await.err().unwrap();
        assert_eq!((refused.status().as_u16(), retry_after(&refused)), (503, "30"));
        assert_eq!(events(&refused), usize::from(rpc.is_empty()), "one line a minute");
        assert_eq!(json(&refused)["id"], id);
    }
    assert!(send(&gateway, &token, Method::POST, "tools/list").await.is_ok(), "a call is no stream");
    assert!(send(&gateway, &token, Method::DELETE, "").await.is_ok(), "a session can be ended");
    // The place is kept as long as any clone of what the adapter holds.
    let place = open.pop().unwrap().place();
    assert!(place.is_some() && send(&gateway, &token, Method::GET, "").await.is_err());
    drop(place);
    assert!(send(&gateway, &token, Method::GET, "").await.is_ok());
}
