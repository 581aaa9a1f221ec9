//! Closing every grant of a user: grants that the list shows late, thousands of grants, and a store that stops answering.

use crate::account::{press, visit};
use crate::operator::{order, order_until};
use async_trait::async_trait;
use doorward::ports::{Deadline, Timestamp};
use doorward::protocol::paths::ACCOUNT;
use doorward::protocol::{GrantId, PersonId, Subject};
use doorward::store::{
    CloseReason, Closed, Excuse, Excused, Grant, Grants, Opened, Rotated, State, StoreError,
};
use doorward::wire::Events;
use harness::person::fields;
use harness::test_server::{json, post, text};
use harness::{Client, Person, TestCountdown, TestServer};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Grants of a test server, with an index that is behind, and slow closing.
struct Indexed {
    inner: Arc<dyn Grants>,
    /// The grants that the index does not show yet.
    hidden: Mutex<BTreeSet<GrantId>>,
    /// Passes 50 milliseconds for each closing.
    countdown: Mutex<TestCountdown>,
    closing: AtomicU32,
    /// The most closings at the same time.
    most: AtomicU32,
    /// How many closings the store answers.
    answers: AtomicU32,
}

#[async_trait]
impl Grants for Indexed {
    async fn open(&self, grant: Grant) -> Result<Opened, StoreError> {
        self.hidden.lock().unwrap().insert(grant.id);
        self.inner.open(grant).await
    }

    async fn rotate(&self, id: GrantId, generation: u32, at: Timestamp) -> Result<Rotated, StoreError> {
        self.inner.rotate(id, generation, at).await
    }

    async fn excuse(&self, id: GrantId, excuse: Excuse, since: Timestamp) -> Result<Excused, StoreError> {
        self.inner.excuse(id, excuse, since).await
    }

    async fn doubt(&self, id: GrantId, at: Timestamp) -> Result<(), StoreError> {
        self.inner.doubt(id, at).await
    }

    async fn close(&self, id: GrantId, at: Timestamp, why: CloseReason) -> Result<Closed, StoreError> {
        self.most.fetch_max(self.closing.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.closing.fetch_sub(1, Ordering::SeqCst);
        self.countdown.lock().unwrap().pass(Duration::from_millis(50));
        let left = self.answers.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map_err(|_| StoreError::new("broken by the test"))?;
        self.inner.close(id, at, why).await
    }

    async fn find(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.inner.find(id).await
    }

    async fn catch_up(&self) -> bool {
        self.hidden.lock().unwrap().clear();
        true
    }

    async fn list_of(&self, subject: &Subject, after: Option<GrantId>) -> Result<Vec<Grant>, StoreError> {
        let mut page = self.inner.list_of(subject, after).await?;
        let hidden = self.hidden.lock().unwrap();
        page.retain(|grant| !hidden.contains(&grant.id));
        Ok(page)
    }
}

/// A server whose grants are indexed late.
async fn indexed() -> (TestServer, Arc<Indexed>) {
    let test = TestServer::new().await;
    let indexed = Arc::new(Indexed {
        inner: test.server.stores.grants().clone(),
        hidden: Mutex::default(),
        countdown: Mutex::new(TestCountdown::from(Duration::ZERO)),
        closing: AtomicU32::default(),
        most: AtomicU32::default(),
        answers: AtomicU32::new(u32::MAX),
    });
    (test.with_stores(|stores| stores.with_grants(indexed.clone())), indexed)
}

/// Opens this many grants of alice, beside one of `client`.
async fn open_many(test: &TestServer, count: u16) {
    let client = Client::register(test).await;
    client.obtain_tokens(test, &mut Person::alice()).await;
    let grants = test.server.stores.grants();
    grants.catch_up().await;
    let known = grants.list_of(&alice(), None).await.unwrap().remove(0);
    for number in 0..count {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&number.to_be_bytes());
        assert_eq!(grants.open(Grant { id: GrantId(id), ..known.clone() }).await.unwrap(), Opened::New);
    }
    grants.catch_up().await;
}

fn alice() -> Subject {
    PersonId::parse("alice").unwrap().into()
}

async fn still_open(test: &TestServer) -> u64 {
    let (mut open, mut after) = (0, None);
    loop {
        let page = test.server.stores.grants().list_of(&alice(), after).await.unwrap();
        let Some(last) = page.last() else { return open };
        after = Some(last.id);
        open += page.iter().map(|grant| u64::from(matches!(grant.state, State::Open(_)))).sum::<u64>();
    }
}

#[tokio::test]
async fn a_grant_that_the_list_shows_late_is_closed_too() {
    for how in ["sign-out", "disable-person", "revoke-grants", "sign-out-everywhere", "revoke-all"] {
        let (test, _) = indexed().await;
        let (client, mut elsewhere) = (Client::register(&test).await, Person::alice());
        visit(&test, &mut elsewhere).await;
        let page = elsewhere.open(&test, ACCOUNT).await;
        let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
        assert_eq!(still_open(&test).await, 0, "the list does not show it");
        match how {
            "sign-out" | "disable-person" => {
                order(&test, json!({ "command": how, "name": "alice" })).await.unwrap();
            }
            "revoke-grants" => {
                order(&test, json!({ "command": how, "person": "alice" })).await.unwrap();
            }
            _ => {
                let (_, form) = fields(&page, how).into_iter().find(|(name, _)| name == "form").unwrap();
                elsewhere.send(&test, post(ACCOUNT, &[("form", &form), ("wish", how)])).await;
            }
        }
        let refused = test.send(client.refreshes(&tokens.refresh)).await;
        assert_eq!(json(&refused)["error"], "invalid_grant", "{how}");
    }
}

#[tokio::test]
async fn thousands_of_grants_are_closed_some_at_once_and_the_rest_at_the_next_call() {
    for (command, whom) in [("sign-out", "name"), ("disable-person", "name"), ("revoke-grants", "person")] {
        let (test, indexed) = indexed().await;
        open_many(&test, 299).await;
        let (mut closed, mut calls) = (0, 0);
        loop {
            let countdown = TestCountdown::from(Duration::from_secs(10));
            *indexed.countdown.lock().unwrap() = countdown.clone();
            let asked = json!({ "command": command, whom: "alice" });
            let (answer, event) = order_until(&test, asked, &Deadline::new(countdown.clone())).await.unwrap();
            let now = answer["grants_closed"].as_u64().unwrap();
            (closed, calls) = (closed + now, calls + 1);
            let reason = event.unwrap().reason.unwrap();
            assert!(reason.starts_with(&format!("{now} grant")), "{reason}");
            assert_eq!(still_open(&test).await, 300 - closed);
            let repeat = answer["repeat_now"]
                .as_str()
                .map(|why| (why.contains("no time"), reason.contains("repeat it")));
            match repeat {
                Some(said) => assert_eq!(said, (true, true), "{answer} {reason}"),
                None => break,
            }
        }
        assert_eq!((closed, calls), (300, 3), "{command}");
        assert_eq!(indexed.most.load(Ordering::SeqCst), 16, "at the same time");
    }
}

#[tokio::test]
async fn the_account_page_says_that_connections_are_left() {
    let (test, indexed) = indexed().await;
    open_many(&test, 199).await;
    let mut elsewhere = Person::alice();
    visit(&test, &mut elsewhere).await;
    for (wish, said) in
        [("revoke-all", "Disconnect all once more"), ("sign-out-everywhere", "sign out everywhere once more")]
    {
        let before = still_open(&test).await;
        let page = elsewhere.open(&test, ACCOUNT).await;
        let (_, form) = fields(&page, wish).into_iter().find(|(name, _)| name == "form").unwrap();
        let countdown = TestCountdown::from(Duration::from_millis(6_000));
        *indexed.countdown.lock().unwrap() = countdown.clone();
        let request = countdown.on(post(ACCOUNT, &[("form", &form), ("wish", wish)]));
        let answer = elsewhere.send(&test, request).await;
        assert_eq!(answer.status(), 200);
        assert!(text(&answer).contains(said), "{wish}: {}", text(&answer));
        let reason = answer.extensions().get::<Events>().unwrap().0[0].reason.clone().unwrap();
        assert!(reason.contains("repeat it"), "{reason}");
        let left = still_open(&test).await;
        assert!(0 < left && left < before, "{left} of {before}");
    }
    visit(&test, &mut elsewhere).await;
    press(&test, &mut elsewhere, "sign-out-everywhere").await;
    assert_eq!(still_open(&test).await, 0);
}

#[tokio::test]
async fn a_store_that_stops_answering_leaves_an_event_with_what_was_closed() {
    let (test, indexed) = indexed().await;
    open_many(&test, 39).await;
    indexed.answers.store(20, Ordering::SeqCst);
    let revoke = json!({ "command": "revoke-grants", "person": "alice" });
    let (answer, event) = order_until(&test, revoke, &Deadline::default()).await.unwrap();
    let closed = answer["grants_closed"].as_u64().unwrap();
    assert_eq!((closed, still_open(&test).await), (20, 20));
    assert!(answer["repeat_now"].as_str().unwrap().contains("did not answer"), "{answer}");
    assert!(event.unwrap().reason.unwrap().contains("20 grants; others may still be open"));
    indexed.answers.store(4, Ordering::SeqCst);
    let mut elsewhere = Person::alice();
    visit(&test, &mut elsewhere).await;
    let unanswered = press(&test, &mut elsewhere, "revoke-all").await;
    assert_eq!(unanswered.status(), 503);
    let events = unanswered.extensions().get::<Events>().unwrap().0.clone();
    assert!(
        events.iter().any(|event| event.to_string().contains("revoked reason=\"4 grants; others")),
        "{events:?}"
    );
    indexed.answers.store(u32::MAX, Ordering::SeqCst);
    order(&test, json!({ "command": "revoke-grants", "person": "alice" })).await.unwrap();
    assert_eq!(still_open(&test).await, 0);
}
