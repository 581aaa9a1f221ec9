//! Stale refresh tokens: when a late refresh is still accepted, and what happens to the grant when it is not.

use crate::events;
use crate::refresh::{is_reuse, signed_in};
use doorward::config::{Lifetimes, StaleRefresh};
use doorward::ports::CLOCK_SKEW;
use doorward::protocol::paths;
use doorward::wire::EventKind;
use harness::client::Tokens;
use harness::counting::Count;
use harness::test_server::{json, parameter, post, post_json, secret_of, sound};
use harness::{Client, Person, TestServer};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// One second longer than the refresh window plus clock skew.
fn window() -> Duration {
    Lifetimes::default().refresh_window + CLOCK_SKEW + Duration::from_secs(1)
}

/// Refreshes successfully, one hour after the last refresh.
async fn go_on(test: &TestServer, client: &Client, tokens: &Tokens) -> Tokens {
    test.clock.pass(HOUR);
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await)
}

async fn is_active(test: &TestServer, token: &str) -> bool {
    let mcp = "https://mcp.example/mcp";
    let asks = [("token", token), ("client_id", mcp), ("client_secret", &secret_of(mcp))];
    json(&test.send(post(paths::INTROSPECT, &asks)).await)["active"] == true
}

#[tokio::test]
async fn a_laptop_that_slept_after_a_lost_answer_may_refresh_late() {
    let (test, client, first) = signed_in().await;
    let lost = go_on(&test, &client, &first).await;
    test.clock.pass(16 * HOUR);
    test.store.take();
    let late = test.send(client.refreshes(&first.refresh)).await;
    assert_eq!(
        (test.store.take(), events(&late)),
        (Count { reads: 0, writes: 2 }, vec![EventKind::RefreshedLate])
    );
    assert_eq!(Tokens::of(&late).refresh, lost.refresh, "the successor that was lost");
    let other = test.send(client.refreshes(&first.refresh)).await;
    assert_eq!(test.store.take(), Count { reads: 0, writes: 1 }, "another process that slept too");
    go_on(&test, &client, &Tokens::of(&other)).await;
}

/// Two clients that take turns on one chain would be late again and again, and a client with the head can create new
/// generations freely. So the excuse is limited by time, not by generation.
#[tokio::test]
async fn a_second_late_refresh_within_a_day_is_refused_in_any_generation() {
    for (generations, pause) in [(1, window()), (9, 23 * HOUR - Duration::from_secs(1))] {
        let (test, client, first) = signed_in().await;
        let head = go_on(&test, &client, &first).await;
        test.clock.pass(window());
        let mut head_of_both = Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
        assert_eq!(head_of_both.refresh, head.refresh);
        for _ in 1..generations {
            head_of_both = Tokens::of(&test.send(client.refreshes(&head_of_both.refresh)).await);
        }
        go_on(&test, &client, &head_of_both).await;
        test.clock.pass(pause);
        assert!(is_reuse(&test.send(client.refreshes(&head_of_both.refresh)).await), "{generations}");
    }
}

#[tokio::test]
async fn a_late_refresh_is_accepted_again_after_a_day() {
    let (test, client, first) = signed_in().await;
    let mut before = first;
    for _ in 0..3 {
        let head = go_on(&test, &client, &before).await;
        test.clock.pass(24 * HOUR);
        let late = test.send(client.refreshes(&before.refresh)).await;
        assert_eq!(
            (Tokens::of(&late).refresh, events(&late)),
            (head.refresh.clone(), vec![EventKind::RefreshedLate])
        );
        before = head;
    }
}

/// A thief who refreshes first looks like a laptop that slept. The second late refresh shows the difference.
#[tokio::test]
async fn a_thief_who_refreshes_first_is_detected_at_the_second_late_refresh() {
    let (test, client, stolen) = signed_in().await;
    go_on(&test, &client, &stolen).await;
    test.clock.pass(HOUR / 2);
    let honest = test.send(client.refreshes(&stolen.refresh)).await;
    assert_eq!(events(&honest), [EventKind::RefreshedLate], "it is logged");
    let shared = Tokens::of(&honest);
    go_on(&test, &client, &shared).await;
    test.clock.pass(HOUR / 2);
    assert!(is_reuse(&test.send(client.refreshes(&shared.refresh)).await));
}

#[tokio::test]
async fn a_late_refresh_of_a_grant_in_doubt_is_refused() {
    let (test, client, first) = signed_in().await;
    let before = go_on(&test, &client, &first).await;
    let before = go_on(&test, &client, &before).await;
    assert!(is_reuse(&test.send(client.refreshes(&first.refresh)).await));
    go_on(&test, &client, &before).await;
    test.clock.pass(window());
    assert!(is_reuse(&test.send(client.refreshes(&before.refresh)).await));
}

#[tokio::test]
async fn a_process_five_generations_behind_is_refused_and_the_others_go_on() {
    let (test, client, first) = signed_in().await;
    let mut awake = first.clone();
    for _ in 0..5 {
        awake = go_on(&test, &client, &awake).await;
    }
    for _ in 0..3 {
        test.store.take();
        assert!(is_reuse(&test.send(client.refreshes(&first.refresh)).await));
    }
    assert_eq!(test.store.take().writes, 1, "the grant is in doubt already");
    for _ in 0..3 {
        awake = go_on(&test, &client, &awake).await;
    }
    assert!(is_active(&test, &awake.access).await);
}

/// The thief refreshed first, so the honest client's token is stale, and the user signs in again.
#[tokio::test]
async fn a_thief_can_refresh_until_the_user_signs_in_again() {
    let (test, client, stolen) = signed_in().await;
    let mut thiefs = stolen.clone();
    for _ in 0..2 {
        thiefs = go_on(&test, &client, &thiefs).await;
    }
    assert!(is_reuse(&test.send(client.refreshes(&stolen.refresh)).await));
    thiefs = go_on(&test, &client, &thiefs).await;
    let honest = client.obtain_tokens(&test, &mut Person::alice()).await;
    assert!(!is_active(&test, &thiefs.access).await, "introspection shows it at once");
    let ended = test.send(client.refreshes(&thiefs.refresh)).await;
    assert_eq!(events(&ended), [EventKind::Refused, EventKind::Superseded]);
    let again = test.send(client.refreshes(&thiefs.refresh)).await;
    assert_eq!((&json(&again)["error"], events(&again)), (&"invalid_grant".into(), vec![EventKind::Refused]));
    assert!(is_active(&test, &honest.access).await);
    go_on(&test, &client, &honest).await;
}

#[tokio::test]
async fn an_unrelated_sign_in_does_not_close_a_grant_in_doubt() {
    let (test, client, first) = signed_in().await;
    let before = go_on(&test, &client, &first).await;
    let mut head = go_on(&test, &client, &before).await;
    client.obtain_tokens(&test, &mut Person::alice()).await;
    test.clock.pass(window());
    assert!(is_reuse(&test.send(client.refreshes(&first.refresh)).await));
    test.introduce("bob", "bob's").await;
    client.obtain_tokens(&test, &mut Person::new("bob", "bob's")).await;
    let other = Client::register_at(&test, "https://other.example/callback").await;
    other.obtain_tokens(&test, &mut Person::alice()).await;
    let there = client.url_with(&[("resource", "https://other.example"), ("scope", "other")]);
    let code = parameter(&Person::alice().let_in(&test, &there).await, "code").unwrap();
    Tokens::of(&test.send(client.redeems(&code)).await);
    head = go_on(&test, &client, &head).await;
    assert!(
        is_active(&test, &head.access).await,
        "sign-ins before the doubt, of another user, client or resource"
    );
}

#[tokio::test]
async fn with_stale_refresh_close_a_stale_token_closes_the_grant_at_once() {
    let test = TestServer::of(sound().stale_refresh(StaleRefresh::Close)).await;
    let client = Client::register(&test).await;
    let first = client.obtain_tokens(&test, &mut Person::alice()).await;
    let head = go_on(&test, &client, &first).await;
    test.clock.pass(window());
    assert!(is_reuse(&test.send(client.refreshes(&first.refresh)).await));
    let closed = test.send(client.refreshes(&head.refresh)).await;
    assert_eq!(json(&closed)["error"], "invalid_grant", "the head is refused too");
    assert!(!is_active(&test, &head.access).await);
}

/// A refresh token alone is useless here. A client that sends a stale one also has the secret, so it is no token thief.
#[tokio::test]
async fn a_stale_token_of_an_authenticated_client_is_refused_and_causes_no_doubt() {
    for stale_refresh in [StaleRefresh::Doubt, StaleRefresh::Close] {
        let test = TestServer::of(sound().stale_refresh(stale_refresh)).await;
        let metadata = r#"{"redirect_uris":["https://c.example/callback"],"token_endpoint_auth_method":"client_secret_post"}"#;
        let registered = json(&test.send(post_json(paths::REGISTER, metadata)).await);
        let text = |name: &str| registered[name].as_str().unwrap().to_owned();
        let (secret, redirect_uri) = (text("client_secret"), "https://c.example/callback".to_owned());
        let client = Client { id: text("client_id"), redirect_uri };
        let shown = [("client_secret", secret.as_str())];
        let code = client.obtain_code(&test, &mut Person::alice()).await;
        let first = Tokens::of(&test.send(client.redeems_with(&code, &shown)).await);
        let mut head = first.clone();
        for _ in 0..2 {
            test.clock.pass(HOUR);
            head = Tokens::of(&test.send(client.refreshes_with(&head.refresh, &shown)).await);
        }
        test.store.take();
        assert!(is_reuse(&test.send(client.refreshes_with(&first.refresh, &shown)).await));
        assert_eq!(test.store.take(), Count { reads: 0, writes: 1 });
        Tokens::of(&test.send(client.refreshes_with(&head.refresh, &shown)).await);
    }
}

#[tokio::test]
async fn an_idle_grant_expires() {
    let lifetimes = Lifetimes { idle: 24 * HOUR, ..Lifetimes::default() };
    let test = TestServer::with(lifetimes).await;
    let client = Client::register(&test).await;
    let first = client.obtain_tokens(&test, &mut Person::alice()).await;
    test.clock.pass(23 * HOUR);
    let second = go_on_at_once(&test, &client, &first).await;
    test.clock.pass(23 * HOUR);
    let third = go_on_at_once(&test, &client, &second).await;
    test.clock.pass(24 * HOUR);
    test.store.take();
    let idle = test.send(client.refreshes(&third.refresh)).await;
    assert_eq!((&json(&idle)["error"], test.store.take()), (&"invalid_grant".into(), crate::NOTHING));
}

async fn go_on_at_once(test: &TestServer, client: &Client, tokens: &Tokens) -> Tokens {
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await)
}
