//! Refreshing late: whom it is given to all the same, and what becomes of a grant whose old token somebody brings.

use crate::events;
use crate::refresh::{is_reuse, signed_in};
use doorward::config::{Config, Lifetimes, StaleRefresh};
use doorward::ports::CLOCK_SKEW;
use doorward::protocol::paths;
use doorward::wire::What;
use harness::client::Tokens;
use harness::counting::Count;
use harness::house::{json, parameter, post, post_json, secret_of};
use harness::{Client, House, Person};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// Just longer than a token can be used again as a matter of course.
fn window() -> Duration {
    Lifetimes::default().refresh_window + CLOCK_SKEW + Duration::from_secs(1)
}

/// A refresh that is given, long after the last.
async fn go_on(house: &House, client: &Client, tokens: &Tokens) -> Tokens {
    house.clock.pass(HOUR);
    Tokens::of(&house.send(client.refreshes(&tokens.refresh)).await)
}

async fn is_active(house: &House, token: &str) -> bool {
    let mcp = "https://mcp.example/mcp";
    let asks = [("token", token), ("client_id", mcp), ("client_secret", &secret_of(mcp))];
    json(&house.send(post(paths::INTROSPECT, &asks)).await)["active"] == true
}

#[tokio::test]
async fn a_laptop_that_slept_over_a_lost_answer_goes_on() {
    let (house, client, first) = signed_in().await;
    let lost = go_on(&house, &client, &first).await;
    house.clock.pass(16 * HOUR);
    house.store.take();
    let late = house.send(client.refreshes(&first.refresh)).await;
    assert_eq!(
        (house.store.take(), events(&late)),
        (Count { reads: 0, writes: 2 }, vec![What::RefreshedLate])
    );
    assert_eq!(Tokens::of(&late).refresh, lost.refresh, "it is the one that was lost");
    let other = house.send(client.refreshes(&first.refresh)).await;
    assert_eq!(house.store.take(), Count { reads: 0, writes: 1 }, "another process that slept as well");
    go_on(&house, &client, &Tokens::of(&other)).await;
}

/// Two who share a chain by turns would be late all the time; and whoever has the head can make generations for nothing.
#[tokio::test]
async fn nobody_is_late_twice_within_a_day_whatever_the_generation() {
    for generations in [1, 9] {
        let (house, client, first) = signed_in().await;
        let head = go_on(&house, &client, &first).await;
        house.clock.pass(window());
        let mut head_of_both = Tokens::of(&house.send(client.refreshes(&first.refresh)).await);
        assert_eq!(head_of_both.refresh, head.refresh);
        for _ in 1..generations {
            head_of_both = Tokens::of(&house.send(client.refreshes(&head_of_both.refresh)).await);
        }
        go_on(&house, &client, &head_of_both).await;
        house.clock.pass(window());
        assert!(is_reuse(&house.send(client.refreshes(&head_of_both.refresh)).await), "{generations}");
    }
}

#[tokio::test]
async fn a_day_later_somebody_may_be_late_again() {
    let (house, client, first) = signed_in().await;
    let mut before = first;
    for _ in 0..3 {
        let head = go_on(&house, &client, &before).await;
        house.clock.pass(24 * HOUR);
        let late = house.send(client.refreshes(&before.refresh)).await;
        assert_eq!(
            (Tokens::of(&late).refresh, events(&late)),
            (head.refresh.clone(), vec![What::RefreshedLate])
        );
        before = head;
    }
}

/// A thief who was quicker by one refresh looks like a laptop that slept, once; the next time it does not.
#[tokio::test]
async fn a_thief_who_was_quicker_is_detected_at_the_second_meeting() {
    let (house, client, stolen) = signed_in().await;
    go_on(&house, &client, &stolen).await;
    house.clock.pass(HOUR / 2);
    let honest = house.send(client.refreshes(&stolen.refresh)).await;
    assert_eq!(events(&honest), [What::RefreshedLate], "it is written down");
    let shared = Tokens::of(&honest);
    go_on(&house, &client, &shared).await;
    house.clock.pass(HOUR / 2);
    assert!(is_reuse(&house.send(client.refreshes(&shared.refresh)).await));
}

#[tokio::test]
async fn nobody_is_late_for_a_grant_in_doubt() {
    let (house, client, first) = signed_in().await;
    let before = go_on(&house, &client, &first).await;
    let before = go_on(&house, &client, &before).await;
    assert!(is_reuse(&house.send(client.refreshes(&first.refresh)).await));
    go_on(&house, &client, &before).await;
    house.clock.pass(window());
    assert!(is_reuse(&house.send(client.refreshes(&before.refresh)).await));
}

#[tokio::test]
async fn a_process_that_slept_through_five_generations_is_refused_and_harms_nobody() {
    let (house, client, first) = signed_in().await;
    let mut awake = first.clone();
    for _ in 0..5 {
        awake = go_on(&house, &client, &awake).await;
    }
    for _ in 0..3 {
        house.store.take();
        assert!(is_reuse(&house.send(client.refreshes(&first.refresh)).await));
    }
    assert_eq!(house.store.take().writes, 1, "it is in doubt already");
    for _ in 0..3 {
        awake = go_on(&house, &client, &awake).await;
    }
    assert!(is_active(&house, &awake.access).await);
}

/// A thief was quicker, and the honest client is the one whose token is stale: the person signs in again.
#[tokio::test]
async fn a_thief_goes_on_until_the_person_signs_in_again() {
    let (house, client, stolen) = signed_in().await;
    let mut thiefs = stolen.clone();
    for _ in 0..2 {
        thiefs = go_on(&house, &client, &thiefs).await;
    }
    assert!(is_reuse(&house.send(client.refreshes(&stolen.refresh)).await));
    thiefs = go_on(&house, &client, &thiefs).await;
    let honest = client.obtain_tokens(&house, &mut Person::alice()).await;
    assert!(!is_active(&house, &thiefs.access).await, "introspection says so at once");
    let ended = house.send(client.refreshes(&thiefs.refresh)).await;
    assert_eq!(events(&ended), [What::Refused, What::Superseded]);
    let again = house.send(client.refreshes(&thiefs.refresh)).await;
    assert_eq!((&json(&again)["error"], events(&again)), (&"invalid_grant".into(), vec![What::Refused]));
    assert!(is_active(&house, &honest.access).await);
    go_on(&house, &client, &honest).await;
}

#[tokio::test]
async fn a_sign_in_elsewhere_ends_no_doubt() {
    let (house, client, first) = signed_in().await;
    let before = go_on(&house, &client, &first).await;
    let mut head = go_on(&house, &client, &before).await;
    client.obtain_tokens(&house, &mut Person::alice()).await;
    house.clock.pass(window());
    assert!(is_reuse(&house.send(client.refreshes(&first.refresh)).await));
    house.introduce("bob", "bob's").await;
    client.obtain_tokens(&house, &mut Person::new("bob", "bob's")).await;
    let other = Client::register_at(&house, "https://other.example/callback").await;
    other.obtain_tokens(&house, &mut Person::alice()).await;
    let there = client.url_with(&[("resource", "https://other.example"), ("scope", "other")]);
    let code = parameter(&Person::alice().let_in(&house, &there).await, "code").unwrap();
    Tokens::of(&house.send(client.redeems(&code)).await);
    head = go_on(&house, &client, &head).await;
    assert!(
        is_active(&house, &head.access).await,
        "before it, by another person, at another client, for another resource"
    );
}

#[tokio::test]
async fn where_it_is_so_configured_a_stale_token_closes_the_grant_at_once() {
    let config = House::new().await.server.config.clone();
    let house = House::of(Config { stale_refresh: StaleRefresh::Close, ..config }).await;
    let client = Client::register(&house).await;
    let first = client.obtain_tokens(&house, &mut Person::alice()).await;
    let head = go_on(&house, &client, &first).await;
    house.clock.pass(window());
    assert!(is_reuse(&house.send(client.refreshes(&first.refresh)).await));
    let closed = house.send(client.refreshes(&head.refresh)).await;
    assert_eq!(json(&closed)["error"], "invalid_grant", "the head is closed with it");
    assert!(!is_active(&house, &head.access).await);
}

/// A token alone is worth nothing there: whoever brings an old one has the secret as well, and is no thief of tokens.
#[tokio::test]
async fn a_stale_token_of_an_authenticated_client_is_refused_and_puts_nothing_in_doubt() {
    let config = House::new().await.server.config.clone();
    for stale_refresh in [StaleRefresh::Doubt, StaleRefresh::Close] {
        let house = House::of(Config { stale_refresh, ..config.clone() }).await;
        let metadata = r#"{"redirect_uris":["https://c.example/callback"],"token_endpoint_auth_method":"client_secret_post"}"#;
        let registered = json(&house.send(post_json(paths::REGISTER, metadata)).await);
        let text = |name: &str| registered[name].as_str().unwrap().to_owned();
        let (secret, redirect_uri) = (text("client_secret"), "https://c.example/callback".to_owned());
        let client = Client { id: text("client_id"), redirect_uri };
        let shown = [("client_secret", secret.as_str())];
        let code = client.obtain_code(&house, &mut Person::alice()).await;
        let first = Tokens::of(&house.send(client.redeems_with(&code, &shown)).await);
        let mut head = first.clone();
        for _ in 0..2 {
            house.clock.pass(HOUR);
            head = Tokens::of(&house.send(client.refreshes_with(&head.refresh, &shown)).await);
        }
        house.store.take();
        assert!(is_reuse(&house.send(client.refreshes_with(&first.refresh, &shown)).await));
        assert_eq!(house.store.take(), Count { reads: 0, writes: 1 });
        Tokens::of(&house.send(client.refreshes_with(&head.refresh, &shown)).await);
    }
}

#[tokio::test]
async fn a_grant_that_nobody_refreshes_ends() {
    let lifetimes = Lifetimes { idle: 24 * HOUR, ..Lifetimes::default() };
    let house = House::with("https://auth.example", "https://mcp.example/mcp", lifetimes).await;
    let client = Client::register(&house).await;
    let first = client.obtain_tokens(&house, &mut Person::alice()).await;
    house.clock.pass(23 * HOUR);
    let second = go_on_at_once(&house, &client, &first).await;
    house.clock.pass(23 * HOUR);
    let third = go_on_at_once(&house, &client, &second).await;
    house.clock.pass(24 * HOUR);
    house.store.take();
    let idle = house.send(client.refreshes(&third.refresh)).await;
    assert_eq!((&json(&idle)["error"], house.store.take()), (&"invalid_grant".into(), crate::NOTHING));
}

async fn go_on_at_once(house: &House, client: &Client, tokens: &Tokens) -> Tokens {
    Tokens::of(&house.send(client.refreshes(&tokens.refresh)).await)
}
