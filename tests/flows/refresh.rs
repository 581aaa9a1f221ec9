//! Refresh token rotation: a first use, a retry within the window, and reuse.

use crate::{NOTHING, events};
use doorward::config::Lifetimes;
use doorward::protocol::{ClientDigest, ClientId, Resource, Scope};
use doorward::sealed::RefreshToken;
use doorward::wire::{EventKind, Response};
use harness::client::{Tokens, tool_call};
use harness::counting::Count;
use harness::test_server::{header, json, sound};
use harness::{Client, Person, TestServer};
use std::time::Duration;

const ONE_WRITE: Count = Count { reads: 0, writes: 1 };

/// Whether a stale token was refused, and its reuse logged.
pub(crate) fn is_reuse(answer: &Response) -> bool {
    (answer.status().as_u16(), &json(answer)["error"]) == (400, &"invalid_grant".into())
        && events(answer) == [EventKind::Refused, EventKind::RefreshReused]
}

/// A test server, a client, and its first tokens.
pub(crate) async fn signed_in() -> (TestServer, Client, Tokens) {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    test.store.take();
    (test, client, tokens)
}

#[tokio::test]
async fn a_refresh_costs_one_store_write_and_gives_valid_tokens() {
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
async fn a_retry_after_a_lost_answer_gets_the_same_refresh_token() {
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
async fn concurrent_refreshes_get_the_same_successor() {
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
async fn a_process_generations_behind_gets_the_head_within_the_window_of_its_own_token() {
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

/// More generations than are remembered, within the window. Honest processes do not refresh that often.
#[tokio::test]
async fn a_token_older_than_the_remembered_generations_is_reuse_even_within_the_window() {
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
async fn a_refresh_with_fewer_scopes_does_not_narrow_the_next() {
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
async fn a_refused_refresh_does_not_spend_the_token() {
    let (test, client, first) = signed_in().await;
    for wrong in [[("scope", "\"")], [("resource", "https://other.example")], [("client_id", "x")]] {
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
async fn no_token_outlives_the_grant() {
    let lifetimes = Lifetimes { grant: Duration::from_secs(5400), ..Lifetimes::default() };
    let test = TestServer::with(lifetimes).await;
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
async fn a_scope_that_is_no_longer_offered_is_not_granted_again() {
    let (test, client, tokens) = signed_in().await;
    let mut resources: Vec<_> = test.server.config.resources().iter().cloned().collect();
    resources[0].scopes.retain(|offered| offered.scope.to_string() != "user");
    let later = TestServer::of(sound().resources(resources)).await;
    let refused = later.send(client.refreshes(&tokens.refresh)).await;
    assert_eq!((refused.status().as_u16(), &json(&refused)["error"]), (400, &"invalid_grant".into()));
}

/// A token with this grant and this content, made with the key of refresh tokens: by an attacker who has the key.
fn forged(test: &TestServer, genuine: &str, change: impl FnOnce(&mut RefreshToken)) -> String {
    let keys = &test.server.keys.refresh_tokens;
    let mut token = keys.verify(genuine).unwrap();
    change(&mut token);
    keys.sign(&token)
}

#[tokio::test]
async fn a_forged_refresh_token_gets_no_more_scope_than_its_grant() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    let scope = |text: &str| Scope::parse(text).unwrap();
    let wide = forged(&test, &tokens.refresh, |token| token.scope = scope("user files"));
    let refreshed = test.send(client.refreshes(&wide)).await;
    assert_eq!(json(&refreshed)["scope"], "user", "the grant is for user alone");
    let head = Tokens::of(&refreshed).refresh;
    assert_eq!(test.server.keys.refresh_tokens.verify(&head).unwrap().scope, scope("user"));
    let other = forged(&test, &head, |token| token.scope = scope("files"));
    assert_eq!(json(&test.send(client.refreshes(&other)).await)["error"], "invalid_grant");
}

#[tokio::test]
async fn a_forged_refresh_token_of_another_client_or_resource_is_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let other = Client::register_at(&test, "https://other.example/callback").await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    let digest = ClientDigest::of(&ClientId(other.id.clone()));
    let stolen = forged(&test, &tokens.refresh, |token| token.client = digest);
    let refused = test.send(other.refreshes(&stolen)).await;
    assert_eq!(
        (&json(&refused)["error"], events(&refused)),
        (&"invalid_grant".into(), vec![EventKind::Refused])
    );
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    let elsewhere = forged(&test, &tokens.refresh, |token| {
        token.resource = Resource::parse("https://other.example").unwrap();
        token.scope = Scope::parse("other user").unwrap();
    });
    assert_eq!(json(&test.send(client.refreshes(&elsewhere)).await)["error"], "invalid_grant");
}
