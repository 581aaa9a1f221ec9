//! A store that fails, and one that is slow.

use crate::running::Running;
use crate::sample::Samples;
use doorward::store::{MemoryStore, Stores};
use doorward_local::metrics::Metrics;
use harness::client::{Client, Tokens};
use harness::counting::{Counting, Watched};
use harness::person::Person;
use harness::test_server::{NAME, PASSWORD, TestServer};
use harness::upstream::soon;
use std::sync::Arc;

#[tokio::test]
async fn a_store_that_fails_is_counted_by_operation() {
    let metrics = Metrics::new(&[]);
    let store = Arc::new(Counting::of(MemoryStore::default()));
    let watched = Arc::new(metrics.watch(store.clone()));
    let test = TestServer::new().await.with_stores(|_| Stores::of(watched));
    test.introduce(NAME, PASSWORD).await;
    let client = Client::register(&test).await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    store.set_broken(true);
    for _ in 0..3 {
        assert_eq!(test.send(client.refreshes(&tokens.refresh)).await.status(), 503);
    }
    let mut person = Person::alice();
    let page = person.open(&test, &client.url()).await;
    assert_eq!(person.submit(&test, &page, "").await.status(), 503);
    store.set_broken(false);
    let _ = Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    let now = Samples::read(&metrics.text());
    now.assert_counted(
        "doorward_store_errors_total",
        &[("operation=grants_rotate", 3), ("operation=sign_ins_find", 1)],
    );
    assert_eq!(now.value("doorward_store_seconds_count{operation=\"grants_rotate\"}"), 4.0);
    now.assert_counted("doorward_rotations_total", &[("outcome=next", 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scrape_is_answered_while_writes_wait_for_the_disk() {
    let running = Running::start().await;
    let client = Client::register(&running.test).await;
    let tokens = client.obtain_tokens(&running.test, &mut Person::alice()).await;
    // The first write waits for this lock, the others for the first.
    let other = running.other_program();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut refreshes = Vec::new();
    let waiting = async {
        while running.scrape().await.value("doorward_store_queue") < 1.0 {
            let (test, request) = (running.test.clone(), client.refreshes(&tokens.refresh));
            refreshes.push(tokio::spawn(async move { test.send(request).await.status() }));
        }
    };
    soon("a write that waits", waiting).await;
    let behind = u32::try_from(refreshes.len()).unwrap() - 1;
    other.execute_batch("ROLLBACK").unwrap();
    for refresh in refreshes {
        assert_eq!(refresh.await.unwrap(), 200);
    }
    let now = running.scrape().await;
    now.assert_counted("doorward_rotations_total", &[("outcome=behind", behind), ("outcome=next", 1)]);
    assert_eq!(now.value("doorward_store_queue"), 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_another_program_is_a_failed_write() {
    let running = Running::start().await;
    let client = Client::register(&running.test).await;
    let tokens = client.obtain_tokens(&running.test, &mut Person::alice()).await;
    let other = running.other_program();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = running.test.send(client.refreshes(&tokens.refresh)).await;
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(refused.status(), 503);
    let now = running.scrape().await;
    assert_eq!(now.value("doorward_store_errors_total{operation=\"grants_rotate\"}"), 1.0);
    assert!(now.value("doorward_write_failures_total{reason=\"busy\"}") >= 1.0);
    assert_eq!(now.value("doorward_refusals_total{code=\"temporarily_unavailable\"}"), 1.0);
}
