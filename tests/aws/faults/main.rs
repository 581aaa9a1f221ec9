//! Fault injection at every call to the services: no code is spent twice, no grant is lost, and an honest client that
//! tries again is not signed out.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

#[cfg(not(feature = "binaries"))]
mod clocks;

use async_trait::async_trait;
use doorward::protocol::paths;
use doorward::wire::{Request, Response};
use harness::client::{Tokens, tool_call};
use harness::test_server::{Standing, Transport, get, header, json, post, secret_of};
use harness::{Client, Fault, Person, TestServer};
use http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const HOUR: Duration = Duration::from_secs(3600);

/// How often an honest client tries. This is more than the number of faults in a row, because all functions of a test
/// are in one process and share the SDK's retry quota.
const TRIES: usize = 8;

/// Transport of an honest client, which tries again if there is no response, or a 503.
struct AskedAgain(TestServer);

#[async_trait]
impl Transport for AskedAgain {
    async fn send(&self, request: Request) -> Response {
        for _ in 0..TRIES {
            let answer = tokio::select! {
                answer = self.0.send(request.clone()) => answer,
                // The function was killed, so there is no response.
                () = self.0.emulator.killed() => continue,
            };
            if answer.status() != StatusCode::SERVICE_UNAVAILABLE {
                return answer;
            }
            assert_eq!(header(&answer, "retry-after"), "2");
        }
        panic!("no answer to {request:?}")
    }

    async fn call(&self, request: Request) -> Response {
        self.0.call(request).await
    }
}

fn asked_again(test: &TestServer) -> Standing {
    let place = Arc::new(AskedAgain(test.clone()));
    let (clock, store, web) = (test.clock.clone(), test.store.clone(), test.web.clone());
    Standing::standing(place, test.server.clone(), clock, store, web, test.passwords.clone())
}

async fn is_active(test: &Standing, token: &str) -> bool {
    let mcp = "https://mcp.example/mcp";
    let asks = [("token", token), ("client_id", mcp), ("client_secret", &secret_of(mcp))];
    json(&test.send(post(paths::INTROSPECT, &asks)).await)["active"].as_bool().unwrap()
}

/// Redeems a code. If the response is lost, the code is refused from then on, and the user allows again.
async fn redeem(test: &Standing, client: &Client, alice: &mut Person) -> Tokens {
    for _ in 0..2 {
        let code = client.obtain_code(test, alice).await;
        let answer = test.send(client.redeems(&code)).await;
        if answer.status() == StatusCode::OK {
            let again = test.send(client.redeems(&code)).await;
            assert_eq!(json(&again)["error"], "invalid_grant", "a code is spent once");
            return Tokens::of(&answer);
        }
        assert_eq!(json(&answer)["error"], "invalid_grant");
    }
    panic!("two codes were refused")
}

/// Runs everything that an honest client does, from registration to revocation.
async fn live(test: &Standing) {
    let client = Client::register(test).await;
    let mut tokens = redeem(test, &client, &mut Person::alice()).await;
    for _ in 0..3 {
        assert!(is_active(test, &tokens.access).await, "the grant is there");
        let call = test.call(tool_call(Some(&tokens.access), "current"));
        assert_eq!(call.await.status(), StatusCode::OK);
        tokens = Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    }
    tokens = come_late(test, &client, tokens).await;
    assert_eq!(test.send(client.revokes(&tokens.refresh)).await.status(), StatusCode::OK);
    assert!(!is_active(test, &tokens.access).await, "a revoked grant stays revoked");
    assert!(is_refused(test, &client, &tokens).await);
}

/// A response is lost for an hour, a stale token is presented, and the user signs in again.
async fn come_late(test: &Standing, client: &Client, first: Tokens) -> Tokens {
    let lost = Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
    test.clock.pass(HOUR);
    let late = Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
    assert_eq!(late.refresh, lost.refresh, "a late token gets the head");
    let head = Tokens::of(&test.send(client.refreshes(&late.refresh)).await);
    test.clock.pass(HOUR);
    assert!(is_refused(test, client, &first).await, "a stale token is refused");
    let head = Tokens::of(&test.send(client.refreshes(&head.refresh)).await);
    let again = redeem(test, client, &mut Person::alice()).await;
    assert!(!is_active(test, &head.access).await, "the grant was in doubt");
    assert!(is_refused(test, client, &head).await);
    again
}

async fn is_refused(test: &Standing, client: &Client, tokens: &Tokens) -> bool {
    json(&test.send(client.refreshes(&tokens.refresh)).await)["error"] == "invalid_grant"
}

/// A test server whose functions have loaded their keys, so that faults hit only calls to the table.
async fn warm() -> TestServer {
    let test = TestServer::new().await;
    for path in [paths::REGISTER, paths::AUTHORIZE, paths::TOKEN, paths::INTROSPECT, paths::REVOKE] {
        test.send(get(path)).await;
    }
    test.call(tool_call(None, "current")).await;
    test.emulator.calls();
    test
}

/// Runs an honest client with this fault, `times` in a row, at each of its calls in turn.
async fn with_fault(fault: Fault, times: usize) {
    let undisturbed = warm().await;
    live(&asked_again(&undisturbed)).await;
    let questions = undisturbed.emulator.calls().len();
    // Sign-ins and codes: 12, refreshes: 18, introspections: 7, revocation: 1, the list of blocked
    // clients: 4, and 3 when the functions started, before. The rest reads keys again after an hour.
    assert_eq!(questions, 47);
    let mut lives = JoinSet::new();
    for place in 0..questions {
        lives.spawn(async move {
            let test = warm().await;
            test.emulator.set_faults([Fault::None].repeat(place));
            test.emulator.set_faults([fault].repeat(times));
            live(&asked_again(&test)).await;
        });
    }
    lives.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_client_survives_a_function_killed_at_any_store_call() {
    with_fault(Fault::KilledBefore, 1).await;
    with_fault(Fault::KilledAfter, 1).await;
    with_fault(Fault::KilledAfter, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_client_survives_lost_answers() {
    with_fault(Fault::Lost, 1).await;
    with_fault(Fault::Lost, 3).await;
    with_fault(Fault::Lost, 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_client_survives_a_throttled_or_broken_table() {
    with_fault(Fault::Throttled, 7).await;
    with_fault(Fault::Down, 7).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_client_survives_a_slow_answer() {
    with_fault(Fault::Slow, 1).await;
}
