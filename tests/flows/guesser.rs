//! Brute force with thousands of wrong passwords against processes in memory: the number that is checked.

use crate::attempts::{LIMIT, guess};
use crate::burst::{
    from_a_known_browser, guess_from_a_known_browser, guess_from_unknown_browsers, processes,
};
use harness::test_server::NAME;
use harness::{Person, TestServer};

/// Submits `attempts` wrong passwords for these names, every second one from a new browser. Returns how many were
/// checked (answered 403).
async fn checked_passwords(test: &TestServer, attempts: usize, name: impl Fn(usize) -> String) -> usize {
    let (mut browser, mut checked_passwords) = (Person::alice(), 0);
    for number in 0..attempts {
        let mut other = Person::alice();
        let from = if number % 2 == 0 { &mut other } else { &mut browser };
        let answer = guess(test, from, &name(number), &format!("guess {number}")).await;
        checked_passwords += usize::from(answer.status() == 403);
    }
    checked_passwords
}

#[tokio::test]
async fn of_ten_thousand_wrong_passwords_for_one_name_ten_are_checked() {
    let test = TestServer::new().await;
    assert_eq!(checked_passwords(&test, 10_000, |_| NAME.to_owned()).await, LIMIT);
    test.introduce("bob", "bob's").await;
    assert_eq!(guess(&test, &mut Person::alice(), "bob", "bob's").await.status(), 303, "others can sign in");
}

#[tokio::test]
async fn of_twenty_thousand_wrong_passwords_for_a_thousand_names_ten_each_are_checked() {
    let checked_passwords =
        checked_passwords(&TestServer::new().await, 20_000, |number| format!("person {}", number % 1000))
            .await;
    assert!(
        (9_500..=1000 * LIMIT).contains(&checked_passwords),
        "{checked_passwords}: names that share a counter share the limit of ten"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_guesses_at_once_no_more_than_the_limit_are_checked() {
    for count in [1, 4] {
        guess_from_unknown_browsers(&processes(count).await, 1000).await;
        let checked = guess_from_a_known_browser(&processes(count).await, 1000).await;
        assert!(from_a_known_browser(count).contains(&checked), "{checked} of {count} processes");
    }
}
