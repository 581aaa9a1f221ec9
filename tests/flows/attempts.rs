//! Brute force protection: the rate limit for wrong passwords, and sign-in from a known browser during an attack.

use crate::events;
use doorward::protocol::paths::ACCOUNT;
use doorward::wire::{EventKind, Events, Response};
use harness::counting::Count;
use harness::test_server::{NAME, PASSWORD, header, text};
use harness::{Client, Person, TestServer};
use std::time::Duration;

/// The number of wrong passwords that are checked per hour before the rate limit answers 429.
pub(crate) const LIMIT: usize = 10;

/// Submits a name and a password on the sign-in page in this browser.
pub(crate) async fn guess(test: &TestServer, browser: &mut Person, name: &str, password: &str) -> Response {
    let page = browser.open(test, ACCOUNT).await;
    (browser.name, browser.password) = (name.to_owned(), password.to_owned());
    browser.submit_at(test, ACCOUNT, &page, "").await
}

/// Submits `times` wrong passwords, each from a new browser, and returns the statuses.
async fn wrong(test: &TestServer, name: &str, times: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for number in 0..times {
        let answer = guess(test, &mut Person::alice(), name, &format!("guess {number}")).await;
        statuses.push(answer.status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn after_ten_wrong_passwords_the_correct_one_is_refused_for_an_hour() {
    let test = TestServer::new().await;
    assert_eq!(wrong(&test, NAME, LIMIT).await, [403; LIMIT]);
    let late = guess(&test, &mut Person::alice(), NAME, PASSWORD).await;
    assert_eq!((late.status().as_u16(), events(&late)), (429, vec![EventKind::SignInFailed]));
    let seconds: u64 = header(&late, "retry-after").parse().unwrap();
    assert!((1..=3600).contains(&seconds) && text(&late).contains("too many wrong passwords"), "{seconds}");
    let event = late.extensions().get::<Events>().unwrap().0[0].to_string();
    assert!(event.contains("too many wrong passwords for this name"), "{event}");
    test.clock.pass(Duration::from_secs(seconds));
    assert_eq!(guess(&test, &mut Person::alice(), NAME, PASSWORD).await.status(), 303);
}

/// User enumeration: the statuses and the store access of an unknown name are those of a known one.
#[tokio::test]
async fn known_and_unknown_names_get_the_same_answers() {
    let test = TestServer::new().await;
    let known = wrong(&test, NAME, LIMIT + 3).await;
    assert_eq!(known[LIMIT - 1..], [403, 429, 429, 429]);
    assert_eq!(wrong(&test, "unknown", LIMIT + 3).await, known);
    test.introduce("bob", "bob's").await;
    test.store.take();
    for (names, cost) in [
        ([NAME, "unknown"], Count { reads: 1, writes: 0 }),
        (["bob", "another unknown"], Count { reads: 1, writes: 1 }),
    ] {
        for name in names {
            wrong(&test, name, 1).await;
            assert_eq!(test.store.take(), cost, "{name}");
        }
    }
}

#[tokio::test]
async fn wrong_passwords_on_both_sign_in_pages_count_together() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    for number in 0..LIMIT {
        let mut browser = Person::new(NAME, "wrong");
        if number % 2 == 0 {
            let page = browser.open(&test, &url).await;
            assert_eq!(browser.submit(&test, &page, "").await.status(), 403);
        } else {
            assert_eq!(guess(&test, &mut browser, NAME, "wrong").await.status(), 403);
        }
    }
    let mut browser = Person::alice();
    let page = browser.open(&test, &url).await;
    let late = browser.submit(&test, &page, "").await;
    assert_eq!((late.status().as_u16(), events(&late)), (429, vec![EventKind::SignInFailed]));
}

#[tokio::test]
async fn a_user_signs_in_from_a_known_browser_during_a_brute_force_attack() {
    let test = TestServer::new().await;
    let mut home = Person::alice();
    assert_eq!(guess(&test, &mut home, NAME, PASSWORD).await.status(), 303);
    assert_eq!(test.store.take(), Count { reads: 1, writes: 2 }, "reserved, and given back");
    test.clock.pass(Duration::from_secs(20 * 24 * 3600));
    wrong(&test, NAME, LIMIT).await;
    assert_eq!(guess(&test, &mut Person::alice(), NAME, PASSWORD).await.status(), 429, "new browser");
    test.store.take();
    assert_eq!(guess(&test, &mut home, NAME, PASSWORD).await.status(), 303, "known browser");
    assert_eq!(test.store.take(), Count { reads: 1, writes: 0 });
    for _ in 0..LIMIT {
        press_sign_out(&test, &mut home).await;
        assert_eq!(
            guess(&test, &mut home, NAME, "wrong").await.status(),
            403,
            "ten from a known browser too"
        );
    }
    assert_eq!(guess(&test, &mut home, NAME, PASSWORD).await.status(), 429);
}

#[tokio::test]
async fn a_browser_is_known_only_for_the_user_who_signed_in_there() {
    let test = TestServer::new().await;
    test.introduce("bob", "bob's").await;
    let mut bobs = Person::alice();
    assert_eq!(guess(&test, &mut bobs, "bob", "bob's").await.status(), 303);
    wrong(&test, NAME, LIMIT).await;
    press_sign_out(&test, &mut bobs).await;
    assert_eq!(guess(&test, &mut bobs, NAME, PASSWORD).await.status(), 429);
}

pub(crate) async fn press_sign_out(test: &TestServer, browser: &mut Person) {
    let page = browser.open(test, ACCOUNT).await;
    if !text(&page).contains("type=\"password\"") {
        browser.submit_at(test, ACCOUNT, &page, "sign-out").await;
    }
}

#[tokio::test]
async fn signing_out_everywhere_makes_known_browsers_unknown() {
    let test = TestServer::new().await;
    let mut home = Person::alice();
    guess(&test, &mut home, NAME, PASSWORD).await;
    let page = home.open(&test, ACCOUNT).await;
    home.submit_at(&test, ACCOUNT, &page, "sign-out-everywhere").await;
    wrong(&test, NAME, LIMIT).await;
    assert_eq!(guess(&test, &mut home, NAME, PASSWORD).await.status(), 429);
}

/// Sign-ins from new browsers, more than the limit allows wrong passwords.
#[tokio::test]
async fn a_correct_password_does_not_count() {
    let test = TestServer::new().await;
    wrong(&test, NAME, LIMIT - 1).await;
    for _ in 0..LIMIT {
        assert_eq!(guess(&test, &mut Person::alice(), NAME, PASSWORD).await.status(), 303);
    }
    assert_eq!(wrong(&test, NAME, 2).await, [403, 429]);
}
