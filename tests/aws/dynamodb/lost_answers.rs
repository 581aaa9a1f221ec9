//! Writes that were made, and whose answers were lost: the SDK retries, and the store knows its own write.

use super::{attempt_key, excuse, known, rotated_at, test};
use doorward::ports::{PasswordHash, Timestamp};
use doorward::store::{
    Accepted, Added, AttemptSource, Blocked, Chain, Change, Changed, CloseReason, Closed, Excused, Opened,
    Replaced, Reserved, Rotated, State, Steps,
};
use harness::Fault;
use local_harness::contract::{assertion, client, grant, person};

#[tokio::test]
async fn an_open_whose_answer_was_lost_succeeds() {
    let (emulator, stores) = test().await;
    emulator.set_faults([Fault::Lost]);
    assert_eq!(stores.grants().open(grant(2, 10)).await.expect("an answer"), Opened::New);
    assert_eq!(emulator.calls().len(), 2, "the SDK retried");
    assert_eq!(
        stores.grants().open(grant(2, 20)).await.expect("an answer"),
        Opened::Already(Box::new(grant(2, 10)))
    );
}

#[tokio::test]
async fn a_rotation_whose_answer_was_lost_succeeds() {
    let (emulator, stores) = test().await;
    emulator.set_faults([Fault::Lost, Fault::Down]);
    let rotated = stores.grants().rotate(grant(1, 10).id, 0, Timestamp(20)).await.expect("an answer");
    assert!(matches!(&rotated, Rotated::Next { chain, .. } if chain.head == 1), "{rotated:?}");
    assert_eq!(emulator.calls().len(), 3);
    let state = rotated_at(20);
    assert_eq!(known(&stores).await.state, state, "it was used once");
}

#[tokio::test]
async fn a_close_whose_answer_was_lost_succeeds() {
    let (emulator, stores) = test().await;
    emulator.set_faults([Fault::Lost]);
    let closed = stores.grants().close(grant(1, 10).id, Timestamp(20), CloseReason::Reuse).await;
    assert_eq!(closed.expect("an answer"), Closed::Now);
}

#[tokio::test]
async fn an_excuse_or_a_doubt_whose_answer_was_lost_counts_once() {
    let (emulator, stores) = test().await;
    let id = grant(1, 10).id;
    emulator.set_faults([Fault::Lost]);
    assert_eq!(stores.grants().excuse(id, excuse(0), Timestamp(0)).await.expect("an answer"), Excused::Yes);
    emulator.set_faults([Fault::Lost]);
    stores.grants().doubt(id, Timestamp(30)).await.expect("an answer");
    let steps = Steps::first(Timestamp(10));
    let chain = Chain { head: 0, steps, excused: Some(excuse(0)), doubted: Some(Timestamp(30)) };
    assert_eq!(known(&stores).await.state, State::Open(chain));
}

#[tokio::test]
async fn an_introduction_whose_answer_was_lost_succeeds() {
    let (emulator, stores) = test().await;
    emulator.set_faults([Fault::Lost]);
    assert_eq!(stores.people().add(person("bob", 2)).await.expect("an answer"), Added::New);
    assert_eq!(stores.people().add(person("bob", 3)).await.expect("an answer"), Added::Already);
}

#[tokio::test]
async fn a_client_change_whose_answer_was_lost_succeeds() {
    let (emulator, stores) = test().await;
    let id = client("app", 2).id;
    emulator.set_faults([Fault::Lost]);
    assert_eq!(stores.clients().add(client("app", 2)).await.expect("an answer"), Added::New);
    assert_eq!(stores.clients().add(client("app", 3)).await.expect("an answer"), Added::Already);
    emulator.set_faults([Fault::Lost]);
    assert_eq!(stores.clients().block(&id, true).await.expect("an answer"), Blocked::Now);
    assert_eq!(stores.clients().find(&id).await.expect("an answer").map(|known| known.blocked), Some(true));
    emulator.set_faults([Fault::Lost]);
    assert!(stores.clients().remove(&id).await.is_ok());
    assert_eq!(stores.clients().find(&id).await.expect("an answer"), None);
}

#[tokio::test]
async fn an_assertion_whose_answer_was_lost_is_accepted_once() {
    let (emulator, stores) = test().await;
    emulator.set_faults([Fault::Lost]);
    assert_eq!(stores.assertions().accept(assertion("one")).await.expect("an answer"), Accepted::Now);
    assert_eq!(stores.assertions().accept(assertion("one")).await.expect("an answer"), Accepted::Already);
}

#[tokio::test]
async fn a_change_of_a_person_whose_answer_was_lost_succeeds() {
    let (emulator, stores) = test().await;
    emulator.set_faults([Fault::Lost]);
    let Changed::Now(changed) =
        stores.people().change(&person("alice", 2).id, Change::Disable).await.expect("an answer")
    else {
        panic!("alice is known")
    };
    assert!(changed.disabled && changed.epoch > 2);
}

#[tokio::test]
async fn a_password_that_is_replaced_with_a_lost_answer_is_replaced_once() {
    let (emulator, stores) = test().await;
    let alice = person("alice", 2);
    let replace = async |epoch, hash: &str| {
        stores.people().replace_password(&alice.id, epoch, PasswordHash::new(hash)).await.expect("an answer")
    };
    emulator.set_faults([Fault::Lost]);
    assert_eq!(replace(2, "another hash").await, Replaced::Now);
    let found = stores.people().find(&alice.id).await.expect("an answer").expect("alice");
    assert_eq!((found.epoch, found.password()), (3, Some(&PasswordHash::new("another hash"))));
    emulator.set_faults([Fault::Lost]);
    assert_eq!(replace(2, "too late").await, Replaced::TooLate);
}

#[tokio::test]
async fn a_sign_in_attempt_whose_answer_was_lost_is_given_back_once() {
    let (emulator, stores) = test().await;
    let key = attempt_key(AttemptSource::UnknownBrowser);
    for _ in 0..3 {
        assert_eq!(stores.attempts().reserve(key, 10).await.expect("an answer"), Reserved::Yes);
    }
    emulator.set_faults([Fault::Lost]);
    assert!(stores.attempts().give_back(key).await.is_ok());
    assert_eq!(stores.attempts().read(key).await.expect("an answer"), 2);
    emulator.set_faults([Fault::Lost]);
    assert_eq!(stores.attempts().reserve(key, 10).await.expect("an answer"), Reserved::Yes);
    assert_eq!(stores.attempts().read(key).await.expect("an answer"), 4, "the limit is stricter");
}
