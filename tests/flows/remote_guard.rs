//! A guard with the keys that the issuer publishes: discovery, key rotation, outages.

use async_trait::async_trait;
use doorward::client::FetchError;
use doorward::guard::Guard;
use doorward::protocol::{Issuer, paths};
use doorward::wire::{HttpClient, Request, Response, Unreachable};
use harness::client::tool_call;
use harness::fakes::TestWeb;
use harness::test_server::{get, json};
use harness::{Client, Person, TestServer};
use serde_json::{Value, json};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

const METADATA: &str = "https://auth.example/.well-known/oauth-authorization-server";
const JWKS: &str = "https://auth.example/oauth/jwks";

/// An MCP server that knows its issuer's URL, and what that issuer publishes.
struct Remote {
    guard: Guard,
    web: Arc<TestWeb>,
}

/// Other requests run before a response arrives.
struct Slow(Arc<TestWeb>);

#[async_trait]
impl HttpClient for Slow {
    async fn send(&self, request: Request, limit: Duration) -> Result<Response, Unreachable> {
        tokio::task::yield_now().await;
        self.0.send(request, limit).await
    }
}

impl Remote {
    async fn of(test: &TestServer) -> Self {
        let web = Arc::new(TestWeb::default());
        let resource = test.server.config.resources().default().clone();
        let issuer = Issuer::parse("https://auth.example").unwrap();
        let remote = Self {
            guard: Guard::remote(resource, issuer, Arc::new(Slow(web.clone())), test.clock.clone()),
            web,
        };
        remote.publish(test).await;
        remote
    }

    /// Publishes the metadata and the keys that the server has now.
    async fn publish(&self, test: &TestServer) {
        self.web.publish(METADATA, &json(&test.send(get(paths::METADATA)).await));
        self.web.publish(JWKS, &json(&test.send(get(paths::JWKS)).await));
    }

    async fn status(&self, token: &str) -> u16 {
        let (head, body) = tool_call(Some(token), "current").into_parts();
        self.guard.admit(&head, &body).await.map_or_else(|refused| refused.status().as_u16(), |_| 200)
    }

    /// Publishes metadata with a change.
    async fn change(&self, test: &TestServer, name: &str, value: Value) {
        let mut metadata = json(&test.send(get(paths::METADATA)).await);
        metadata[name] = value;
        self.web.publish(METADATA, &metadata);
    }
}

/// Begins a request and cancels it before it ends.
async fn begin(request: impl Future<Output = u16>) {
    let mut request = pin!(request);
    let is_pending = poll_fn(|context| Poll::Ready(request.as_mut().poll(context).is_pending())).await;
    assert!(is_pending);
}

async fn token(test: &TestServer) -> String {
    Client::register(test).await.obtain_token(test, &mut Person::alice()).await
}

#[tokio::test]
async fn keys_are_discovered_at_the_first_token_and_then_cached() {
    let test = TestServer::new().await;
    let (remote, token) = (Remote::of(&test).await, token(&test).await);
    assert_eq!((remote.status(&token).await, remote.web.take()), (200, 2));
    assert_eq!((remote.status(&token).await, remote.web.take()), (200, 0));
    test.clock.pass(Duration::from_secs(600));
    assert_eq!((remote.status(&token).await, remote.web.take()), (200, 2));
}

#[tokio::test]
async fn concurrent_requests_cause_one_fetch() {
    let test = TestServer::new().await;
    let (remote, token) = (Remote::of(&test).await, token(&test).await);
    assert_eq!(remote.status(&token).await, 200);
    remote.web.take();
    test.clock.pass(Duration::from_secs(600));
    let (one, two, three) = tokio::join!(remote.status(&token), remote.status(&token), remote.status(&token));
    assert_eq!((one, two, three, remote.web.take()), (200, 200, 200, 2));
}

#[tokio::test]
async fn concurrent_first_requests_wait_for_one_fetch() {
    let test = TestServer::new().await;
    let (remote, token) = (Remote::of(&test).await, token(&test).await);
    let (one, two, three) = tokio::join!(remote.status(&token), remote.status(&token), remote.status(&token));
    assert_eq!((one, two, three, remote.web.take()), (200, 200, 200, 2));
}

#[tokio::test]
async fn a_fetch_that_is_cancelled_is_repeated_by_the_next_request() {
    let test = TestServer::new().await;
    let (remote, token) = (Remote::of(&test).await, token(&test).await);
    begin(remote.status(&token)).await;
    assert_eq!(remote.status(&token).await, 200);
    test.clock.pass(Duration::from_secs(600));
    begin(remote.status(&token)).await;
    remote.web.take();
    assert_eq!((remote.status(&token).await, remote.web.take()), (200, 2));
}

#[tokio::test]
async fn metadata_that_is_an_array_is_not_used() {
    let test = TestServer::new().await;
    let (remote, token) = (Remote::of(&test).await, token(&test).await);
    remote.web.publish(METADATA, &json!(["https://auth.example", JWKS]));
    assert_eq!(remote.status(&token).await, 503);
}

#[tokio::test]
async fn a_token_without_a_key_id_causes_no_fetch() {
    let test = TestServer::new().await;
    let remote = Remote::of(&test).await;
    remote.web.take();
    assert_eq!((remote.status("x").await, remote.web.take()), (401, 0));
}

#[tokio::test]
async fn in_an_outage_a_token_with_an_unknown_key_gets_503() {
    let test = TestServer::new().await;
    let (remote, old) = (Remote::of(&test).await, token(&test).await);
    assert_eq!(remote.status(&old).await, 200);
    let test = test.with_secrets(&[8, 7]).await;
    let new = token(&test).await;
    remote.web.fail(METADATA, FetchError::Unavailable("down".to_owned()));
    test.clock.pass(Duration::from_secs(10));
    assert_eq!((remote.status(&new).await, remote.status(&new).await), (503, 503));
    assert_eq!(remote.status(&old).await, 200);
}

#[tokio::test]
async fn after_a_key_rotation_a_new_token_is_accepted_without_a_restart() {
    let test = TestServer::new().await;
    let (remote, old) = (Remote::of(&test).await, token(&test).await);
    assert_eq!(remote.status(&old).await, 200);
    let test = test.with_secrets(&[8, 7]).await;
    remote.publish(&test).await;
    test.clock.pass(Duration::from_secs(10));
    assert_eq!((remote.status(&token(&test).await).await, remote.status(&old).await), (200, 200));
}

#[tokio::test]
async fn unknown_keys_cause_one_request_in_ten_seconds() {
    let test = TestServer::new().await;
    let (remote, known) = (Remote::of(&test).await, token(&test).await);
    assert_eq!(remote.status(&known).await, 200);
    remote.web.take();
    let foreign = token(&test.clone().with_secrets(&[9, 7]).await).await;
    for _ in 0..20 {
        assert_eq!(remote.status(&foreign).await, 401);
    }
    assert_eq!(remote.web.take(), 0);
    test.clock.pass(Duration::from_secs(10));
    for _ in 0..20 {
        assert_eq!(remote.status(&foreign).await, 401);
    }
    assert_eq!(remote.web.take(), 2);
}

#[tokio::test]
async fn a_removed_key_is_refused_within_ten_minutes() {
    let test = TestServer::new().await;
    let (remote, old) = (Remote::of(&test).await, token(&test).await);
    assert_eq!(remote.status(&old).await, 200);
    remote.publish(&test.clone().with_secrets(&[8]).await).await;
    test.clock.pass(Duration::from_secs(600));
    assert_eq!(remote.status(&old).await, 401);
}

#[tokio::test]
async fn in_an_outage_the_old_keys_stay_in_use_for_an_hour() {
    let test = TestServer::new().await;
    let (remote, token) = (Remote::of(&test).await, token(&test).await);
    assert_eq!(remote.status(&token).await, 200);
    remote.web.fail(METADATA, FetchError::Unavailable("down".to_owned()));
    test.clock.pass(Duration::from_secs(3000));
    remote.web.take();
    for _ in 0..20 {
        assert_eq!(remote.status(&token).await, 200);
    }
    assert_eq!(remote.web.take(), 1, "a failure is cached for two seconds");
    test.clock.pass(Duration::from_secs(1200));
    assert_eq!(remote.status(&token).await, 503, "an hour after the keys had to be fetched again");
}

#[tokio::test]
async fn without_any_keys_a_request_gets_503_and_then_recovers() {
    let test = TestServer::new().await;
    let (remote, token) = (Remote::of(&test).await, token(&test).await);
    remote.web.answer(METADATA, 500, &[], "");
    assert_eq!(remote.status(&token).await, 503);
    remote.publish(&test).await;
    test.clock.pass(Duration::from_secs(2));
    assert_eq!(remote.status(&token).await, 200);
}

#[tokio::test]
async fn metadata_of_another_issuer_or_without_https_keys_is_refused() {
    let test = TestServer::new().await;
    let (remote, token) = (Remote::of(&test).await, token(&test).await);
    for (name, value) in [("issuer", "https://other.example"), ("jwks_uri", "http://auth.example/jwks")] {
        remote.change(&test, name, json!(value)).await;
        test.clock.pass(Duration::from_secs(2));
        assert_eq!(remote.status(&token).await, 503, "{name}");
    }
    remote.publish(&test).await;
    for keys in [json!({}), json!({ "keys": [{ "kty": "RSA", "kid": "1" }] })] {
        remote.web.publish(JWKS, &keys);
        test.clock.pass(Duration::from_secs(2));
        assert_eq!(remote.status(&token).await, 503, "{keys}");
    }
}
