//! Tests of the DynamoDB store: the store contract, and faults of the service and the network.

use doorward::ports::Timestamp;
use doorward::store::{
    Accepted, Assertions, AttemptKey, AttemptSource, Attempts, Blocked, Chain, Change, Changed, Clients,
    CloseReason, Closed, Enrolled, Excuse, Excused, Grant, Grants, Introduced, Opened, People, Rotated,
    State, Steps, StoreError, UseOutcome,
};
use doorward_dynamodb::DynamoStore;
use harness::{Emulator, Fault};
use local_harness::contract::{assertion, client, grant, person};

local_harness::keeps_the_contract!(Emulator::start().await.store().await);

/// A store with one grant and one user.
async fn test() -> (Emulator, DynamoStore) {
    let emulator = Emulator::start().await;
    let store = emulator.store().await;
    assert_eq!(store.open(grant(1, 10)).await.expect("an answer"), Opened::New);
    assert_eq!(store.introduce(person("alice", 2)).await.expect("an answer"), Introduced::New);
    emulator.calls();
    (emulator, store)
}

async fn known(store: &DynamoStore) -> Grant {
    store.grant(grant(1, 10).id).await.expect("an answer").expect("a grant")
}

#[tokio::test]
async fn an_open_whose_answer_was_lost_succeeds() {
    let (emulator, store) = test().await;
    emulator.spoil([Fault::Lost]);
    assert_eq!(store.open(grant(2, 10)).await.expect("an answer"), Opened::New);
    assert_eq!(emulator.calls().len(), 2, "the SDK retried");
    assert_eq!(store.open(grant(2, 20)).await.expect("an answer"), Opened::Already(Box::new(grant(2, 10))));
}

#[tokio::test]
async fn a_rotation_whose_answer_was_lost_succeeds() {
    let (emulator, store) = test().await;
    emulator.spoil([Fault::Lost, Fault::Down]);
    let rotated = store.rotate(grant(1, 10).id, 0, Timestamp(20)).await.expect("an answer");
    assert!(matches!(&rotated, Rotated::Next { chain, .. } if chain.head == 1), "{rotated:?}");
    assert_eq!(emulator.calls().len(), 3);
    let state = rotated_at(20);
    assert_eq!(known(&store).await.state, state, "it was used once");
}

#[tokio::test]
async fn a_close_whose_answer_was_lost_succeeds() {
    let (emulator, store) = test().await;
    emulator.spoil([Fault::Lost]);
    let closed = store.close(grant(1, 10).id, Timestamp(20), CloseReason::Reuse).await;
    assert_eq!(closed.expect("an answer"), Closed::Now);
}

#[tokio::test]
async fn an_excuse_or_a_doubt_whose_answer_was_lost_counts_once() {
    let (emulator, store) = test().await;
    let id = grant(1, 10).id;
    emulator.spoil([Fault::Lost]);
    assert_eq!(store.excuse(id, excuse(0), Timestamp(0)).await.expect("an answer"), Excused::Yes);
    emulator.spoil([Fault::Lost]);
    store.doubt(id, Timestamp(30)).await.expect("an answer");
    let steps = Steps::first(Timestamp(10));
    let chain = Chain { head: 0, steps, excused: Some(excuse(0)), doubted: Some(Timestamp(30)) };
    assert_eq!(known(&store).await.state, State::Open(chain));
}

#[tokio::test]
async fn an_introduction_whose_answer_was_lost_succeeds() {
    let (emulator, store) = test().await;
    emulator.spoil([Fault::Lost]);
    assert_eq!(store.introduce(person("bob", 2)).await.expect("an answer"), Introduced::New);
    assert_eq!(store.introduce(person("bob", 3)).await.expect("an answer"), Introduced::Already);
}

#[tokio::test]
async fn a_client_change_whose_answer_was_lost_succeeds() {
    let (emulator, store) = test().await;
    let id = client("app", 2).id;
    emulator.spoil([Fault::Lost]);
    assert_eq!(store.enroll(client("app", 2)).await.expect("an answer"), Enrolled::New);
    assert_eq!(store.enroll(client("app", 3)).await.expect("an answer"), Enrolled::Already);
    emulator.spoil([Fault::Lost]);
    assert_eq!(store.block(&id, true).await.expect("an answer"), Blocked::Now);
    assert_eq!(store.client(&id).await.expect("an answer").map(|known| known.blocked), Some(true));
    emulator.spoil([Fault::Lost]);
    assert!(store.remove(&id).await.is_ok());
    assert_eq!(store.client(&id).await.expect("an answer"), None);
}

#[tokio::test]
async fn an_assertion_whose_answer_was_lost_is_accepted_once() {
    let (emulator, store) = test().await;
    emulator.spoil([Fault::Lost]);
    assert_eq!(store.accept(assertion("one")).await.expect("an answer"), Accepted::Now);
    assert_eq!(store.accept(assertion("one")).await.expect("an answer"), Accepted::Already);
}

#[tokio::test]
async fn a_change_of_a_person_whose_answer_was_lost_succeeds() {
    let (emulator, store) = test().await;
    emulator.spoil([Fault::Lost]);
    let Changed::Now(changed) =
        store.change(&person("alice", 2).id, Change::Disable).await.expect("an answer")
    else {
        panic!("alice is known")
    };
    assert!(changed.disabled && changed.epoch > 2);
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
async fn ask_everything(store: &DynamoStore) -> Vec<(&'static str, Result<(), StoreError>)> {
    let (id, alice, app) = (grant(1, 10).id, person("alice", 2).id, client("app", 2).id);
    vec![
        ("open", store.open(grant(3, 10)).await.map(drop)),
        ("rotate", store.rotate(id, 0, Timestamp(20)).await.map(drop)),
        ("excuse", store.excuse(id, excuse(1), Timestamp(0)).await.map(drop)),
        ("doubt", store.doubt(id, Timestamp(20)).await),
        ("close", store.close(id, Timestamp(20), CloseReason::Revoked).await.map(drop)),
        ("grant", store.grant(id).await.map(drop)),
        ("grants_of", store.grants_of(&alice, None).await.map(drop)),
        ("introduce", store.introduce(person("carol", 2)).await.map(drop)),
        ("person", store.person(&alice).await.map(drop)),
        (
            "for_sign_in",
            store
                .for_sign_in(
                    &alice,
                    [attempt_key(AttemptSource::UnknownBrowser), attempt_key(AttemptSource::KnownBrowser)],
                )
                .await
                .map(drop),
        ),
        ("count", store.count(attempt_key(AttemptSource::KnownBrowser)).await.map(drop)),
        ("change", store.change(&alice, Change::SignOut).await.map(drop)),
        ("people", store.people(None).await.map(drop)),
        ("enroll", store.enroll(client("app", 2)).await.map(drop)),
        ("client", store.client(&app).await.map(drop)),
        ("block", store.block(&app, true).await.map(drop)),
        ("clients", store.clients(None).await.map(drop)),
        ("remove", store.remove(&app).await.map(drop)),
        ("accept", store.accept(assertion("one")).await.map(drop)),
    ]
}

#[tokio::test]
async fn a_throttled_or_broken_service_is_an_error_and_changes_nothing() {
    for fault in [Fault::Throttled, Fault::Down] {
        let (emulator, store) = test().await;
        emulator.spoil_all(Some(fault));
        for (question, answer) in ask_everything(&store).await {
            assert!(answer.is_err(), "{question}: {fault:?}");
        }
        // Three tries each, as long as the SDK's retry quota lasts. All tests of a process share one quota.
        let asked = emulator.calls().len();
        assert!((2 * 19 + 1..=3 * 19).contains(&asked), "{asked}");
        emulator.spoil_all(None);
        assert_eq!(known(&store).await, grant(1, 10));
        let alice = store.person(&person("alice", 2).id).await.expect("an answer");
        assert_eq!(alice, Some(person("alice", 2)));
    }
}

#[tokio::test]
async fn a_transient_fault_is_retried() {
    for fault in [Fault::Throttled, Fault::Down] {
        let (emulator, store) = test().await;
        emulator.spoil([Fault::None, fault].repeat(15).into_iter().skip(1));
        for (question, answer) in ask_everything(&store).await {
            assert!(answer.is_ok(), "{question}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_write_without_any_answer_is_an_error_and_is_applied_once() {
    let (emulator, store) = test().await;
    emulator.spoil_all(Some(Fault::Lost));
    assert!(store.rotate(grant(1, 10).id, 0, Timestamp(20)).await.is_err());
    emulator.spoil_all(None);
    assert_eq!(known(&store).await.state, rotated_at(20));
    let again = store.rotate(grant(1, 10).id, 0, Timestamp(30)).await.expect("an answer");
    assert!(
        matches!(&again, Rotated::Behind { chain, .. } if chain.steps.succeeded(1) == Some(Timestamp(20))),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_slow_answer_is_retried() {
    let (emulator, store) = test().await;
    emulator.spoil([Fault::Slow]);
    assert_eq!(store.open(grant(2, 10)).await.expect("an answer"), Opened::New);
    assert_eq!(emulator.calls().len(), 2);
}

#[tokio::test]
async fn each_operation_is_one_request_and_a_list_of_grants_is_two() {
    let (emulator, store) = test().await;
    for (question, answer) in ask_everything(&store).await {
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
        "Query",
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
    let (emulator, store) = test().await;
    known(&store).await;
    assert!(store.person(&person("alice", 2).id).await.is_ok());
    assert!(store.client(&client("app", 2).id).await.is_ok());
    let calls = emulator.calls();
    assert_eq!(calls.len(), 3);
    for call in calls {
        assert_eq!(call.body["ConsistentRead"], true, "{call:?}");
    }
    assert_eq!(store.grants_of(&grant(1, 10).person, None).await.expect("an answer").len(), 1);
    let found = emulator.calls().remove(1).body;
    assert_eq!(found["RequestItems"][&emulator.table]["ConsistentRead"], true, "{found}");
}

#[tokio::test]
async fn the_ttl_of_a_grant_is_after_its_end_and_the_end_of_its_code() {
    let (emulator, store) = test().await;
    assert_eq!(store.open(grant(2, 10)).await.expect("an answer"), Opened::New);
    let put = emulator.calls().remove(0).body;
    let gone_after: u64 =
        put["Item"]["gone_after"]["N"].as_str().and_then(|text| text.parse().ok()).expect("a time");
    assert!(gone_after >= grant(2, 10).kept_until.0.max(grant(2, 10).expires_at.0) + 3600);
}
