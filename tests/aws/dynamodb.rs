//! Tests of the DynamoDB store: the store contract, and faults of the service and the network.

#[path = "dynamodb/lost_answers.rs"]
mod lost_answers;
#[path = "dynamodb/sizes.rs"]
mod sizes;

use doorward::ports::Timestamp;
use doorward::store::{
    Added, AttemptKey, AttemptSource, Change, CloseReason, Excuse, Grant, Opened, Rotated, State, StoreError,
    Stores, UseOutcome,
};
use harness::{Emulator, Fault};
use local_harness::contract::{assertion, client, grant, person};
use std::sync::Arc;

local_harness::keeps_the_contract!(Emulator::start().await.store().await);

/// A store with one grant and one user.
async fn test() -> (Emulator, Stores) {
    let emulator = Emulator::start().await;
    let stores = Stores::of(Arc::new(emulator.store().await));
    assert_eq!(stores.grants().open(grant(1, 10)).await.expect("an answer"), Opened::New);
    assert_eq!(stores.people().add(person("alice", 2)).await.expect("an answer"), Added::New);
    emulator.calls();
    (emulator, stores)
}

async fn known(stores: &Stores) -> Grant {
    stores.grants().find(grant(1, 10).id).await.expect("an answer").expect("a grant")
}

fn excuse(head: u32) -> Excuse {
    Excuse { head, at: Timestamp(25) }
}

/// The state of the grant of `test` after one refresh at this time.
fn rotated_at(at: u64) -> State {
    let mut state = State::opened(Timestamp(10));
    assert_eq!(state.rotate(0, Timestamp(at)), UseOutcome::Next);
    state
}

fn attempt_key(from: AttemptSource) -> AttemptKey {
    AttemptKey { name: 7, from, hour: 100 }
}

/// Calls every operation of the store once.
async fn ask_everything(stores: &Stores) -> Vec<(&'static str, Result<(), StoreError>)> {
    let (id, alice, app) = (grant(1, 10).id, person("alice", 2).id, client("app", 2).id);
    vec![
        ("open", stores.grants().open(grant(3, 10)).await.map(drop)),
        ("rotate", stores.grants().rotate(id, 0, Timestamp(20)).await.map(drop)),
        ("excuse", stores.grants().excuse(id, excuse(1), Timestamp(0)).await.map(drop)),
        ("doubt", stores.grants().doubt(id, Timestamp(20)).await),
        ("close", stores.grants().close(id, Timestamp(20), CloseReason::Revoked).await.map(drop)),
        ("grant", stores.grants().find(id).await.map(drop)),
        ("grants_of", stores.grants().list_of(&alice.clone().into(), None).await.map(drop)),
        ("introduce", stores.people().add(person("carol", 2)).await.map(drop)),
        ("person", stores.people().find(&alice).await.map(drop)),
        (
            "for_sign_in",
            stores
                .sign_ins()
                .find(
                    &alice,
                    [attempt_key(AttemptSource::UnknownBrowser), attempt_key(AttemptSource::KnownBrowser)],
                )
                .await
                .map(drop),
        ),
        ("reserve", stores.attempts().reserve(attempt_key(AttemptSource::KnownBrowser), 10).await.map(drop)),
        ("give_back", stores.attempts().give_back(attempt_key(AttemptSource::KnownBrowser)).await),
        ("reset", stores.attempts().reset(attempt_key(AttemptSource::KnownBrowser)).await),
        ("change", stores.people().change(&alice, Change::SignOut).await.map(drop)),
        ("people", stores.people().list(None).await.map(drop)),
        ("enroll", stores.clients().add(client("app", 2)).await.map(drop)),
        ("client", stores.clients().find(&app).await.map(drop)),
        ("block", stores.clients().block(&app, true).await.map(drop)),
        ("clients", stores.clients().list(None).await.map(drop)),
        ("remove", stores.clients().remove(&app).await.map(drop)),
        ("accept", stores.assertions().accept(assertion("one")).await.map(drop)),
    ]
}

#[tokio::test]
async fn a_throttled_or_broken_service_is_an_error_and_changes_nothing() {
    for fault in [Fault::Throttled, Fault::Down] {
        let (emulator, stores) = test().await;
        emulator.set_fault_for_all(Some(fault));
        for (question, answer) in ask_everything(&stores).await {
            assert!(answer.is_err(), "{question}: {fault:?}");
        }
        // Three tries each, as long as the SDK's retry quota lasts. All tests of a process share one quota.
        let asked = emulator.calls().len();
        assert!((2 * 21 + 1..=3 * 21).contains(&asked), "{asked}");
        emulator.set_fault_for_all(None);
        assert_eq!(known(&stores).await, grant(1, 10));
        let alice = stores.people().find(&person("alice", 2).id).await.expect("an answer");
        assert_eq!(alice, Some(person("alice", 2)));
    }
}

#[tokio::test]
async fn a_transient_fault_is_retried() {
    for fault in [Fault::Throttled, Fault::Down] {
        let (emulator, stores) = test().await;
        emulator.set_faults([Fault::None, fault].repeat(15).into_iter().skip(1));
        for (question, answer) in ask_everything(&stores).await {
            assert!(answer.is_ok(), "{question}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_write_without_any_answer_is_an_error_and_is_applied_once() {
    let (emulator, stores) = test().await;
    emulator.set_fault_for_all(Some(Fault::Lost));
    assert!(stores.grants().rotate(grant(1, 10).id, 0, Timestamp(20)).await.is_err());
    emulator.set_fault_for_all(None);
    assert_eq!(known(&stores).await.state, rotated_at(20));
    let again = stores.grants().rotate(grant(1, 10).id, 0, Timestamp(30)).await.expect("an answer");
    assert!(
        matches!(&again, Rotated::Behind { chain, .. } if chain.steps.succeeded(1) == Some(Timestamp(20))),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_slow_answer_is_retried() {
    let (emulator, stores) = test().await;
    emulator.set_faults([Fault::Slow]);
    assert_eq!(stores.grants().open(grant(2, 10)).await.expect("an answer"), Opened::New);
    assert_eq!(emulator.calls().len(), 2);
}

#[tokio::test]
async fn each_operation_is_one_request_and_a_list_of_grants_or_users_is_two() {
    let (emulator, stores) = test().await;
    for (question, answer) in ask_everything(&stores).await {
        assert!(answer.is_ok(), "{question}: {answer:?}");
    }
    let asked: Vec<_> = emulator.calls().into_iter().map(|call| call.action).collect();
    let expected = [
        "PutItem",
        "UpdateItem",
        "UpdateItem",
        "UpdateItem",
        "UpdateItem",
        "GetItem",
        "Query",
        "BatchGetItem",
        "PutItem",
        "GetItem",
        "BatchGetItem",
        "UpdateItem",
        "UpdateItem",
        "DeleteItem",
        "UpdateItem",
        "Query",
        "BatchGetItem",
        "PutItem",
        "GetItem",
        "UpdateItem",
        "Query",
        "DeleteItem",
        "PutItem",
    ];
    assert_eq!(asked, expected.map(|operation| format!("dynamodb:{operation}")));
}

#[tokio::test]
async fn reads_that_decide_are_consistent() {
    let (emulator, stores) = test().await;
    known(&stores).await;
    assert!(stores.people().find(&person("alice", 2).id).await.is_ok());
    assert!(stores.clients().find(&client("app", 2).id).await.is_ok());
    let calls = emulator.calls();
    assert_eq!(calls.len(), 3);
    for call in calls {
        assert_eq!(call.body["ConsistentRead"], true, "{call:?}");
    }
    assert_eq!(stores.grants().list_of(&grant(1, 10).subject, None).await.expect("an answer").len(), 1);
    let found = emulator.calls().remove(1).body;
    assert_eq!(found["RequestItems"][&emulator.table]["ConsistentRead"], true, "{found}");
}

#[tokio::test]
async fn the_ttl_of_a_grant_is_after_its_end_and_the_end_of_its_code() {
    let (emulator, stores) = test().await;
    for (number, issuer, least) in [(2, None, 3600), (3, Some("https://idp.example".to_owned()), 600)] {
        let grant = Grant { issuer, ..grant(number, 10) };
        emulator.calls();
        assert_eq!(stores.grants().open(grant.clone()).await.expect("an answer"), Opened::New);
        let put = emulator.calls().remove(0).body;
        let gone_after: u64 =
            put["Item"]["gone_after"]["N"].as_str().and_then(|text| text.parse().ok()).expect("a time");
        let slack = gone_after - grant.kept_until.0.max(grant.expires_at.0);
        // A client gets many grants with one token a day: they go soon.
        assert!(slack >= least && (grant.issuer.is_none() || slack < 3600), "{slack}");
    }
}
