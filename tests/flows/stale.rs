//! Refreshing late: whom it is given to all the same, and what becomes of a grant whose old token somebody brings.

use crate::events;
use crate::refresh::{is_reuse, signed_in};
use doorward::config::{Config, Lifetimes, StaleRefresh};
use doorward::ports::CLOCK_SKEW;
use doorward::protocol::paths;
use doorward::wire::EventKind;
use harness::client::Tokens;
use harness::counting::Count;
use harness::test_server::{json, parameter, post, post_json, secret_of};
use harness::{Client, Person, TestServer};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// Just longer than a token can be used again as a matter of course.
fn window() -> Duration {
    Lifetimes::default().refresh_window + CLOCK_SKEW + Duration::from_secs(1)
}

/// A refresh that is given, long after the last.
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
async fn a_laptop_that_slept_over_a_lost_answer_goes_on() {
    let (test, client, first) = signed_in().await;
    let lost = go_on(&test, &client, &first).await;
    test.clock.pass(16 * HOUR);
    test.store.take();
    let late = test.send(client.refreshes(&first.refresh)).await;
    assert_eq!(
        (test.store.take(), events(&late)),
        (Count { reads: 0, writes: 2 }, vec![EventKind::RefreshedLate])
    );
    assert_eq!(Tokens::of(&late).refresh, lost.refresh, "it is the one that was lost");
    let other = test.send(client.refreshes(&first.refresh)).await;
    assert_eq!(test.store.take(), Count { reads: 0, writes: 1 }, "another process that slept as well");
    go_on(&test, &client, &Tokens::of(&other)).await;
}

/// Two who share a chain by turns would be late all the time; and whoever has the head can make generations for nothing.
#[tokio::test]
async fn nobody_is_late_twice_within_a_day_whatever_the_generation() {
    for generations in [1, 9] {
        let (test, client, first) = signed_in().await;
        let head = go_on(&test, &client, &first).await;
        test.clock.pass(window());
        let mut head_of_both = Tokens::of(&test.send(client.refreshes(&first.refresh)).await);
        assert_eq!(head_of_both.refresh, head.refresh);
        for _ in 1..generations {
            head_of_both = Tokens::of(&test.send(client.refreshes(&head_of_both.refresh)).await);
        }
        go_on(&test, &client, &head_of_both).await;
        test.clock.pass(window());
        assert!(is_reuse(&test.send(client.refreshes(&head_of_both.refresh)).await), "{generations}");
    }
}

#[tokio::test]
async fn a_day_later_somebody_may_be_late_again() {
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

/// A thief who was quicker by one refresh looks like a laptop that slept, once; the next time it does not.
#[tokio::test]
async fn a_thief_who_was_quicker_is_detected_at_the_second_meeting() {
    let (test, client, stolen) = signed_in().await;
    go_on(&test, &client, &stolen).await;
    test.clock.pass(HOUR / 2);
    let honest = test.send(client.refreshes(&stolen.refresh)).await;
    assert_eq!(events(&honest), [EventKind::RefreshedLate], "it is written down");
    let shared = Tokens::of(&honest);
    go_on(&test, &client, &shared).await;
    test.clock.pass(HOUR / 2);
    assert!(is_reuse(&test.send(client.refreshes(&shared.refresh)).await));
}

#[tokio::test]
async fn nobody_is_late_for_a_grant_in_doubt() {
    let (test, client, first) = signed_in().await;
    let before = go_on(&test, &client, &first).await;
    let before = go_on(&test, &client, &before).await;
    assert!(is_reuse(&test.send(client.refreshes(&first.refresh)).await));
    go_on(&test, &client, &before).await;
    test.clock.pass(window());
    assert!(is_reuse(&test.send(client.refreshes(&before.refresh)).await));
}

#[tokio::test]
async fn a_process_that_slept_through_five_generations_is_refused_and_harms_nobody() {
    let (test, client, first) = signed_in().await;
    let mut awake = first.clone();
    for _ in 0..5 {
        awake = go_on(&test, &client, &awake).await;
    }
    for _ in 0..3 {
        test.store.take();
        assert!(is_reuse(&test.send(client.refreshes(&first.refresh)).await));
    }
    assert_eq!(test.store.take().writes, 1, "it is in doubt already");
    for _ in 0..3 {
        awake = go_on(&test, &client, &awake).await;
    }
    assert!(is_active(&test, &awake.access).await);
}

/// A thief was quicker, and the honest client is the one whose token is stale: the person signs in again.
#[tokio::test]
async fn a_thief_goes_on_until_the_person_signs_in_again() {
    let (test, client, stolen) = signed_in().await;
    let mut thiefs = stolen.clone();
    for _ in 0..2 {
        thiefs = go_on(&test, &client, &thiefs).await;
    }
    assert!(is_reuse(&test.send(client.refreshes(&stolen.refresh)).await));
    thiefs = go_on(&test, &client, &thiefs).await;
    let honest = client.obtain_tokens(&test, &mut Person::alice()).await;
    assert!(!is_active(&test, &thiefs.access).await, "introspection says so at once");
    let ended = test.send(client.refreshes(&thiefs.refresh)).await;
    assert_eq!(events(&ended), [EventKind::Refused, EventKind::Superseded]);
    let again = test.send(client.refreshes(&thiefs.refresh)).await;
    assert_eq!((&json(&again)["error"], events(&again)), (&"invalid_grant".into(), vec![EventKind::Refused]));
    assert!(is_active(&test, &honest.access).await);
    go_on(&test, &client, &honest).await;
}

#[tokio::test]
async fn a_sign_in_elsewhere_ends_no_doubt() {
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
        "before it, by another person, at another client, for another resource"
    );
}

#[tokio::test]
async fn where_it_is_so_configured_a_stale_token_closes_the_grant_at_once() {
    let config = TestServer::new().await.server.config.clone();
    let test = TestServer::of(Config { stale_refresh: StaleRefresh::Close, ..config }).await;
    let client = Client::register(&test).await;
    let first = client.obtain_tokens(&test, &mut Person::alice()).await;
    let head = go_on(&test, &client, &first).await;
    test.clock.pass(window());
    assert!(is_reuse(&test.send(client.refreshes(&first.refresh)).await));
    let closed = test.send(client.refreshes(&head.refresh)).await;
    assert_eq!(json(&closed)["error"], "invalid_grant", "the head is closed with it");
    assert!(!is_active(&test, &head.access).await);
}

/// A token alone is worth nothing there: whoever brings an old one has the secret as well, and is no thief of tokens.
#[tokio::test]
async fn a_stale_token_of_an_authenticated_client_is_refused_and_puts_nothing_in_doubt() {
    let config = TestServer::new().await.server.config.clone();
    for stale_refresh in [StaleRefresh::Doubt, StaleRefresh::Close] {
        let test = TestServer::of(Config { stale_refresh, ..config.clone() }).await;
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
async fn a_grant_that_nobody_refreshes_ends() {
    let lifetimes = Lifetimes { idle: 24 * HOUR, ..Lifetimes::default() };
    let test = TestServer::with("https://auth.example", "https://mcp.example/mcp", lifetimes).await;
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
