//! Somebody who guesses passwords by the thousand, on one machine: how many are judged.

use crate::attempts::{LIMIT, guess};
use harness::test_server::NAME;
use harness::{Person, TestServer};

/// The answers to so many guesses, at these names in turns; every other comes from a browser of its own.
async fn judged(test: &TestServer, attempts: usize, name: impl Fn(usize) -> String) -> usize {
    let (mut browser, mut judged) = (Person::alice(), 0);
    for number in 0..attempts {
        let mut other = Person::alice();
        let from = if number % 2 == 0 { &mut other } else { &mut browser };
        let answer = guess(test, from, &name(number), &format!("guess {number}")).await;
        judged += usize::from(answer.status() == 403);
    }
    judged
}

#[tokio::test]
async fn of_ten_thousand_guesses_at_one_name_ten_are_judged() {
    let test = TestServer::new().await;
    assert_eq!(judged(&test, 10_000, |_| NAME.to_owned()).await, LIMIT);
    test.introduce("bob", "bob's").await;
    assert_eq!(guess(&test, &mut Person::alice(), "bob", "bob's").await.status(), 303, "others sign in");
}

#[tokio::test]
async fn of_twenty_thousand_guesses_at_a_thousand_names_ten_each_are_judged() {
    let judged = judged(&TestServer::new().await, 20_000, |number| format!("person {}", number % 1000)).await;
    assert!(
        (9_500..=1000 * LIMIT).contains(&judged),
        "{judged}: where two names share a place, ten for both"
    );
}
