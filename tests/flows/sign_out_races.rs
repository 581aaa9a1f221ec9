//! What happens to the user between the two store operations of a redemption: the grant is opened, then the user is
//! read.

use crate::events;
use crate::operator::order;
use async_trait::async_trait;
use doorward::ports::PasswordHash;
use doorward::protocol::{PersonId, Subject};
use doorward::store::{
    Added, Change, Changed, CloseReason, Grant, People, Person as Record, Replaced, State, StoreError,
};
use doorward::wire::EventKind;
use harness::client::Tokens;
use harness::test_server::json;
use harness::{Client, Person, TestServer};
use serde_json::json;
use std::sync::{Arc, Mutex};

/// What happens at the next read of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AtRead {
    /// The user is signed out everywhere before the read.
    SignOutBefore,
    /// The user is signed out everywhere after the read.
    SignOutAfter,
    /// The store does not answer.
    NoAnswer,
}

/// Users of a test server. Something happens at their next read.
struct Interrupted {
    test: TestServer,
    next: Mutex<Option<AtRead>>,
}

impl Interrupted {
    async fn sign_out(&self) {
        order(&self.test, json!({ "command": "sign-out", "name": "alice" })).await.unwrap();
    }
}

#[async_trait]
impl People for Interrupted {
    async fn add(&self, person: Record) -> Result<Added, StoreError> {
        self.test.server.stores.people().add(person).await
    }

    async fn find(&self, id: &PersonId) -> Result<Option<Record>, StoreError> {
        let next = self.next.lock().unwrap().take();
        match next {
            Some(AtRead::NoAnswer) => return Err(StoreError::new("broken by the test")),
            Some(AtRead::SignOutBefore) => self.sign_out().await,
            Some(AtRead::SignOutAfter) | None => {}
        }
        let found = self.test.server.stores.people().find(id).await;
        if next == Some(AtRead::SignOutAfter) {
            self.sign_out().await;
        }
        found
    }

    async fn change(&self, id: &PersonId, change: Change) -> Result<Changed, StoreError> {
        self.test.server.stores.people().change(id, change).await
    }

    async fn replace_password(
        &self,
        id: &PersonId,
        epoch: u64,
        password: PasswordHash,
    ) -> Result<Replaced, StoreError> {
        self.test.server.stores.people().replace_password(id, epoch, password).await
    }

    async fn list(&self, after: Option<&PersonId>) -> Result<Vec<Record>, StoreError> {
        self.test.server.stores.people().list(after).await
    }
}

/// A code of alice, and a server at which this happens when the code is redeemed.
async fn prepare(what: AtRead) -> (TestServer, Client, String) {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let people = Interrupted { test: test.clone(), next: Mutex::new(Some(what)) };
    (test.with_stores(|stores| stores.with_people(Arc::new(people))), client, code)
}

async fn only_grant(test: &TestServer) -> Grant {
    let alice = Subject::from(PersonId::parse("alice").unwrap());
    let mut grants = test.server.stores.grants().list_of(&alice, None).await.unwrap();
    assert_eq!(grants.len(), 1);
    grants.remove(0)
}

async fn close_reason(test: &TestServer) -> Option<CloseReason> {
    match only_grant(test).await.state {
        State::Open(_) => None,
        State::Closed { why, .. } => Some(why),
    }
}

/// If the user were read before the grant is opened, a sign-out after the read would not find the grant, which would
/// stay open.
#[tokio::test]
async fn a_sign_out_on_either_side_of_the_read_closes_the_grant() {
    for what in [AtRead::SignOutBefore, AtRead::SignOutAfter] {
        let (test, client, code) = prepare(what).await;
        let redeemed = test.send(client.redeems(&code)).await;
        assert_eq!(close_reason(&test).await, Some(CloseReason::SignedOut), "{what:?}");
        if what == AtRead::SignOutBefore {
            assert_eq!(json(&redeemed)["error"], "invalid_grant");
        } else {
            let refused = test.send(client.refreshes(&Tokens::of(&redeemed).refresh)).await;
            assert_eq!(json(&refused)["error"], "invalid_grant");
        }
    }
}

#[tokio::test]
async fn a_user_who_cannot_be_read_gets_no_tokens_and_a_second_try_is_no_replay() {
    let (test, client, code) = prepare(AtRead::NoAnswer).await;
    let unanswered = test.send(client.redeems(&code)).await;
    assert_eq!(unanswered.status(), 503);
    let said = json(&unanswered)["error_description"].as_str().unwrap().to_owned();
    assert!(said.contains("the code is spent") && !said.contains("broken by the test"), "{said}");
    let line = unanswered.extensions().get::<doorward::wire::Events>().unwrap().0[0].to_string();
    assert!(line.contains("broken by the test") && line.contains("person=alice"), "{line}");
    assert_eq!(close_reason(&test).await, Some(CloseReason::Unconfirmed));
    let again = test.send(client.redeems(&code)).await;
    assert_eq!((again.status().as_u16(), events(&again)), (400, vec![EventKind::Refused]));
    assert_eq!(json(&again)["error"], "invalid_grant", "clients then start a new sign-in");
    client.obtain_tokens(&test, &mut Person::alice()).await;
}
