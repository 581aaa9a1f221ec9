//! Brute force with guesses that are sent at the same time, to one process and to several that share a store.

use crate::attempts::{LIMIT, guess, press_sign_out};
use doorward::ports::Clock;
use doorward::protocol::{PersonId, paths::ACCOUNT};
use doorward::store::AttemptKey;
use doorward::wire::Response;
use harness::test_server::{NAME, PASSWORD};
use harness::{Person, TestServer};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// The number of guesses at once, on functions too.
const AT_ONCE: usize = 60;

/// A sign-in page in a browser.
#[derive(Clone)]
struct SignInPage {
    browser: Person,
    page: Response,
}

impl SignInPage {
    async fn open(test: &TestServer, mut browser: Person) -> Self {
        let page = browser.open(test, ACCOUNT).await;
        Self { browser, page }
    }

    /// Prepares guesses, evenly for all processes, and sends them at the same time. Each answer is a status.
    fn send(&self, processes: &[TestServer], guesses: usize) -> JoinSet<u16> {
        let (mut sent, released) = (JoinSet::new(), Arc::new(Barrier::new(guesses)));
        for (number, test) in (0..guesses).zip(processes.iter().cycle()) {
            let Self { mut browser, page } = self.clone();
            let (test, released) = (test.clone(), released.clone());
            browser.password = format!("guess {number}");
            sent.spawn(async move {
                released.wait().await;
                browser.submit_at(&test, ACCOUNT, &page, "").await.status().as_u16()
            });
        }
        sent
    }
}

/// A server, and more processes of it with the same store.
pub(crate) async fn processes(count: usize) -> Vec<TestServer> {
    let mut all = vec![TestServer::new().await];
    while all.len() < count {
        all.push(all[0].clone().with_secrets(&[7]).await);
    }
    all
}

/// A browser in which the user has signed in and out again.
async fn known_browser(test: &TestServer) -> Person {
    let mut home = Person::alice();
    assert_eq!(guess(test, &mut home, NAME, PASSWORD).await.status(), 303);
    press_sign_out(test, &mut home).await;
    home
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|known| **known == status).count()
}

/// Sends guesses from unknown browsers, and meanwhile the right password: from another unknown browser, and by the
/// user from a known one.
pub(crate) async fn guess_from_unknown_browsers(processes: &[TestServer], guesses: usize) {
    let test = &processes[0];
    let (mut home, attacker) = (known_browser(test).await, SignInPage::open(test, Person::alice()).await);
    test.passwords.forget();
    let held = test.passwords.hold_wrong().await;
    let sent = attacker.send(processes, guesses);
    test.passwords.wait_for(LIMIT as u64).await;
    assert_eq!(guess(test, &mut Person::alice(), NAME, PASSWORD).await.status(), 429, "the attacker's");
    assert_eq!(guess(test, &mut home, NAME, PASSWORD).await.status(), 303, "the user's");
    drop(held);
    let statuses = sent.join_all().await;
    assert_eq!((count(&statuses, 403), count(&statuses, 429)), (LIMIT, guesses - LIMIT));
    assert_eq!(test.passwords.checked(), LIMIT as u64 + 1, "the user's was checked too");
}

/// Sends guesses from a known browser, and returns how many were checked.
pub(crate) async fn guess_from_a_known_browser(processes: &[TestServer], guesses: usize) -> u64 {
    let test = &processes[0];
    let mut home = known_browser(test).await;
    test.passwords.forget();
    let statuses = SignInPage::open(test, home.clone()).await.send(processes, guesses).join_all().await;
    let checked = test.passwords.checked();
    assert_eq!((count(&statuses, 403) as u64, statuses.len()), (checked, guesses));
    assert_eq!(guess(test, &mut home, NAME, PASSWORD).await.status(), 429);
    assert_eq!(guess(test, &mut Person::alice(), NAME, PASSWORD).await.status(), 303, "counted apart");
    checked
}

/// How many guesses from a known browser may be checked: each process may be checking one when the limit is reached.
pub(crate) fn from_a_known_browser(processes: usize) -> Range<u64> {
    LIMIT as u64..(LIMIT + processes) as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn of_guesses_at_once_from_unknown_browsers_ten_are_checked() {
    for count in [1, 4] {
        guess_from_unknown_browsers(&processes(count).await, AT_ONCE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_guesses_at_once_from_a_known_browser_ten_are_checked_and_one_more_for_each_further_process() {
    for count in [1, 4] {
        let checked = guess_from_a_known_browser(&processes(count).await, AT_ONCE).await;
        assert!(from_a_known_browser(count).contains(&checked), "{checked} of {count} processes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_is_taken_off_the_count_of_its_own_hour() {
    let test = TestServer::new().await;
    let began = test.clock.now();
    let held = test.passwords.hold_right().await;
    let signing_in = tokio::spawn({
        let test = test.clone();
        async move { guess(&test, &mut Person::alice(), NAME, PASSWORD).await.status() }
    });
    test.passwords.wait_for(1).await;
    test.clock.pass(Duration::from_secs(3600));
    guess(&test, &mut Person::alice(), NAME, "wrong").await;
    drop(held);
    assert_eq!(signing_in.await.unwrap(), 303);
    let alice = PersonId::parse(NAME).unwrap();
    for (then, count) in [(began, 0), (test.clock.now(), 1)] {
        let [key, _] = AttemptKey::both(&test.server.keys, &alice, then);
        assert_eq!(test.server.stores.attempts().read(key).await.unwrap(), count);
    }
}
