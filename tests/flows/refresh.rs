//! Refreshing: what a token is worth the second time.

use crate::{NOTHING, events};
use doorward::config::{Config, Lifetimes};
use doorward::protocol::Resources;
use doorward::wire::{EventKind, Response};
use harness::client::{Tokens, tool_call};
use harness::counting::Count;
use harness::test_server::{header, json};
use harness::{Client, Person, TestServer};
use std::time::Duration;

const ONE_WRITE: Count = Count { reads: 0, writes: 1 };

/// Whether a stale token was refused, and written down.
pub(crate) fn is_reuse(answer: &Response) -> bool {
    (answer.status().as_u16(), &json(answer)["error"]) == (400, &"invalid_grant".into())
        && events(answer) == [EventKind::Refused, EventKind::RefreshReused]
}

/// A house, a client, and its first tokens.
pub(crate) async fn signed_in() -> (TestServer, Client, Tokens) {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    test.store.take();
    (test, client, tokens)
}

#[tokio::test]
async fn a_refresh_is_one_write_and_gives_tokens_that_work() {
    let (test, client, first) = signed_in().await;
    test.clock.pass(Duration::from_secs(3600));
    let answer = test.send(client.refreshes(&first.refresh)).await;
    assert_eq!((test.store.take(), events(&answer)), (ONE_WRITE, vec![EventKind::Refreshed]));
    let second = Tokens::of(&answer);
    assert_ne!(first, second);
    assert_eq!(json(&answer)["expires_in"], 3600);
    assert_eq!(test.call(tool_call(Some(&second.access), "current")).await.status(), 200);
    assert_eq!(test.store.take(), NOTHING);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_is_the_same() {
    let (test, client, first) = signed_in().await;
    let lost = Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
    test.clock.pass(Lifetimes::default().refresh_window);
    test.store.take();
    let again = Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
    assert_eq!(test.store.take(), ONE_WRITE);
    assert_eq!(again.refresh, lost.refresh, "the successor is derived");
    Tokens::of(&test.send(client.refreshes(&again.refresh)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn racers_all_end_up_with_the_same_successor() {
    let (test, client, first) = signed_in().await;
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (test, refreshes) = (test.clone(), client.refreshes(&first.refresh));
        racers.spawn(async move { test.send(refreshes).await });
    }
    let mut successors: Vec<_> =
        racers.join_all().await.iter().map(|answer| Tokens::of(answer).refresh).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    Tokens::of(&test.send(client.refreshes(&successors[0])).await);
}

#[tokio::test]
async fn a_process_that_is_generations_behind_has_the_head_within_the_window_of_its_own_token() {
    let (test, client, first) = signed_in().await;
    let second = Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
    test.clock.pass(Duration::from_secs(300));
    let third = Tokens::of(&test.send(client.refreshes(&second.refresh)).await);
    test.clock.pass(Duration::from_secs(360));
    for late in [&first, &second] {
        let caught_up = Tokens::of(&test.send(client.refreshes(&late.refresh)).await);
        assert_eq!(caught_up.refresh, third.refresh);
    }
    test.clock.pass(Duration::from_secs(1));
    assert!(is_reuse(&test.send(client.refreshes(&first.refresh)).await));
}

/// More refreshes than are remembered, in no time: no honest processes do that.
#[tokio::test]
async fn a_token_whose_successors_are_forgotten_is_reuse_however_soon() {
    let (test, client, first) = signed_in().await;
    let mut head = first.refresh.clone();
    for _ in 0..8 {
        head = Tokens::of(&test.send(client.refreshes(&head)).await).refresh;
    }
    assert_eq!(Tokens::of(&test.send(client.refreshes(&first.refresh)).await).refresh, head);
    Tokens::of(&test.send(client.refreshes(&head)).await);
    assert!(is_reuse(&test.send(client.refreshes(&first.refresh)).await));
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_the_next_has_all_again() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let url = client.url_with(&[("scope", "user files")]);
    let code = harness::test_server::parameter(&Person::alice().let_in(&test, &url).await, "code").unwrap();
    let first = Tokens::of(&test.send(client.redeems(&code)).await);
    let less =
        test.send(client.refreshes_with(&first.refresh, &[("scope", "user offline_access other")])).await;
    assert_eq!(json(&less)["scope"], "user");
    let all = test.send(client.refreshes(&Tokens::of(&less).refresh)).await;
    assert_eq!(json(&all)["scope"], "files user");
}

#[tokio::test]
async fn a_refused_refresh_uses_nothing_up() {
    let (test, client, first) = signed_in().await;
    for wrong in [[("scope", "other")], [("resource", "https://other.example")], [("client_id", "x")]] {
        assert_ne!(test.send(client.refreshes_with(&first.refresh, &wrong)).await.status(), 200);
    }
    assert_eq!(test.store.take(), NOTHING);
    test.store.set_broken(true);
    let unavailable = test.send(client.refreshes(&first.refresh)).await;
    assert_eq!((unavailable.status().as_u16(), header(&unavailable, "retry-after")), (503, "2"));
    test.store.set_broken(false);
    test.clock.pass(Duration::from_secs(24 * 3600));
    Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
}

#[tokio::test]
async fn nothing_goes_beyond_the_end_of_the_grant() {
    let lifetimes = Lifetimes { grant: Duration::from_secs(5400), ..Lifetimes::default() };
    let test = TestServer::with("https://auth.example", "https://mcp.example/mcp", lifetimes).await;
    let client = Client::register(&test).await;
    let first = client.obtain_tokens(&test, &mut Person::alice()).await;
    test.clock.pass(Duration::from_secs(3600));
    let answer = test.send(client.refreshes(&first.refresh)).await;
    assert_eq!(json(&answer)["expires_in"], 1800);
    let second = Tokens::of(&answer);
    test.clock.pass(Duration::from_secs(1800));
    assert_eq!(json(&test.send(client.refreshes(&second.refresh)).await)["error"], "invalid_grant");
}

#[tokio::test]
async fn a_new_sign_in_does_not_end_another_installation() {
    let (test, client, first) = signed_in().await;
    client.obtain_tokens(&test, &mut Person::alice()).await;
    Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
}

#[tokio::test]
async fn scopes_that_are_no_more_are_not_given_any_more() {
    let (test, client, tokens) = signed_in().await;
    let config = test.server.config.clone();
    let mut resources: Vec<_> = config.resources.iter().cloned().collect();
    resources[0].scopes.retain(|offered| offered.scope.to_string() != "user");
    let later = TestServer::of(Config { resources: Resources::new(resources).unwrap(), ..config }).await;
    let refused = later.send(client.refreshes(&tokens.refresh)).await;
    assert_eq!((refused.status().as_u16(), &json(&refused)["error"]), (400, &"invalid_grant".into()));
}
