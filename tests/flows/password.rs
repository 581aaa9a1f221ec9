//! The change of the password on the account page.

use crate::account::{press, visit};
use crate::attempts::{LIMIT, guess, press_sign_out};
use crate::events;
use crate::provider::{ada, sign_in_at_provider};
use doorward::config::Lifetimes;
use doorward::protocol::paths::ACCOUNT;
use doorward::wire::{Actor, EventKind, Events, Response};
use harness::client::Tokens;
use harness::counting::Count;
use harness::person::fields;
use harness::provider::Provider;
use harness::test_server::{NAME, PASSWORD, header, post, text};
use harness::{Client, Person, TestServer};

/// The page with the form.
pub(crate) const PAGE: &str = "/account?show=password";
pub(crate) const NEW: &str = "three white mice";
const OTHER: &str = "four yellow birds";

/// The fields of the form on this page, with these passwords.
fn filled(page: &Response, current: &str, new: &str) -> Vec<(String, String)> {
    let value = |name: &str, there: String| match name {
        "current" => current.to_owned(),
        "new" | "again" => new.to_owned(),
        _ => there,
    };
    let sent = fields(page, "set-password").into_iter();
    sent.map(|(name, there)| (name.clone(), value(&name, there))).collect()
}

/// Submits the form on this page.
pub(crate) async fn submit(
    test: &TestServer,
    person: &mut Person,
    page: &Response,
    current: &str,
    new: &str,
) -> Response {
    let fields = filled(page, current, new);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(fields.contains(&("wish", "set-password")), "no form on {}", text(page));
    person.send(test, post(PAGE, &fields)).await
}

/// Opens the form and submits it.
async fn change(test: &TestServer, person: &mut Person, current: &str, new: &str) -> Response {
    let page = person.open(test, PAGE).await;
    submit(test, person, &page, current, new).await
}

pub(crate) async fn signed_in(test: &TestServer) -> Person {
    let mut alice = Person::alice();
    visit(test, &mut alice).await;
    test.store.take();
    alice
}

fn is_form(page: &Response) -> bool {
    text(page).contains("name=\"current\"")
}

/// Whether this browser is signed in.
pub(crate) async fn is_in(test: &TestServer, person: &mut Person) -> bool {
    text(&person.open(test, ACCOUNT).await).contains("Your connections")
}

pub(crate) async fn opens(test: &TestServer, password: &str) -> bool {
    guess(test, &mut Person::alice(), NAME, password).await.status() == 303
}

#[tokio::test]
async fn a_changed_password_ends_all_other_sessions_and_no_connection() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let (mut here, mut there) = (signed_in(&test).await, Person::alice());
    let tokens = client.obtain_tokens(&test, &mut there).await;
    let code = client.obtain_code(&test, &mut there).await;
    test.store.take();
    let account = text(&here.open(&test, ACCOUNT).await);
    assert!(account.contains("href=\"?show=password\">Change your password<"), "{account}");
    test.store.take();
    let page = here.open(&test, PAGE).await;
    assert!(is_form(&page) && text(&page).contains("value=\"alice\" hidden"), "{}", text(&page));
    assert_eq!(test.store.take(), Count { reads: 1, writes: 0 });
    let changed = submit(&test, &mut here, &page, PASSWORD, NEW).await;
    assert_eq!(test.store.take(), Count { reads: 1, writes: 1 });
    assert_eq!((changed.status().as_u16(), events(&changed)), (200, vec![EventKind::PasswordSet]));
    let event = changed.extensions().get::<Events>().unwrap().0[0].clone();
    assert_eq!((event.by, event.person.unwrap().as_str()), (Some(Actor::Person), NAME));
    let said = text(&changed);
    assert!(said.contains("stay connected") && said.contains("href=\"/account\""), "{said}");
    assert!(!said.contains("<form") && !said.contains(NEW) && !said.contains(PASSWORD), "{said}");
    assert!(is_in(&test, &mut here).await && !is_in(&test, &mut there).await);
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    assert_eq!(test.send(client.redeems(&code)).await.status(), 400, "a code of a session that has ended");
    assert!(!opens(&test, PASSWORD).await && opens(&test, NEW).await);
    assert_eq!(change(&test, &mut here, NEW, OTHER).await.status(), 200, "the new session can do it again");
    assert!(opens(&test, OTHER).await);
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing_and_is_counted() {
    let test = TestServer::new().await;
    let mut alice = signed_in(&test).await;
    let page = alice.open(&test, PAGE).await;
    test.store.take();
    let refused = submit(&test, &mut alice, &page, "guess", NEW).await;
    assert_eq!(test.store.take(), Count { reads: 1, writes: 1 });
    assert_eq!((refused.status().as_u16(), events(&refused)), (403, vec![EventKind::SignInFailed]));
    let event = refused.extensions().get::<Events>().unwrap().0[0].to_string();
    assert!(event.contains("person=alice") && event.contains("current password did not match"), "{event}");
    assert!(text(&refused).contains("The current password is wrong") && is_form(&refused));
    assert!(!text(&refused).contains("guess") && !text(&refused).contains(NEW));
    assert!(is_in(&test, &mut alice).await && opens(&test, PASSWORD).await && !opens(&test, NEW).await);
    let page = alice.open(&test, PAGE).await;
    assert_eq!(submit(&test, &mut alice, &page, PASSWORD, NEW).await.status(), 200, "the second try");
}

#[tokio::test]
async fn guesses_at_the_current_password_and_at_a_sign_in_have_one_limit() {
    let test = TestServer::new().await;
    let mut alice = signed_in(&test).await;
    let mut other = alice.clone();
    press_sign_out(&test, &mut other).await;
    for number in 0..LIMIT {
        let answer = match number % 2 {
            0 => change(&test, &mut alice, "guess", NEW).await,
            _ => guess(&test, &mut other, NAME, "guess").await,
        };
        assert_eq!(answer.status(), 403, "{number}");
    }
    let late = change(&test, &mut alice, PASSWORD, NEW).await;
    assert_eq!((late.status().as_u16(), events(&late)), (429, vec![EventKind::SignInFailed]));
    let seconds: u64 = header(&late, "retry-after").parse().unwrap();
    assert!((1..=3600).contains(&seconds) && text(&late).contains("too many wrong passwords"));
    assert!(is_in(&test, &mut alice).await && is_form(&late));
    assert_eq!(guess(&test, &mut other, NAME, PASSWORD).await.status(), 429);
    test.clock.pass(std::time::Duration::from_secs(seconds));
    assert_eq!(change(&test, &mut alice, PASSWORD, NEW).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_at_the_same_time_one_succeeds() {
    let test = TestServer::new().await;
    let other = test.clone().with_secrets(&[7]).await;
    let mut alice = signed_in(&test).await;
    let page = alice.open(&test, PAGE).await;
    let (mut one, mut two) = (alice.clone(), alice);
    let (here, there) = tokio::join!(
        submit(&test, &mut one, &page, PASSWORD, NEW),
        submit(&other, &mut two, &page, PASSWORD, OTHER)
    );
    let mut statuses = [here.status().as_u16(), there.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403]);
    let (lost, new, old) = if here.status() == 200 { (&there, NEW, OTHER) } else { (&here, OTHER, NEW) };
    assert!(text(lost).contains("password was changed in the meantime"), "{}", text(lost));
    assert!(opens(&test, new).await && !opens(&test, old).await && !opens(&test, PASSWORD).await);
    let mut in_order = [is_in(&test, &mut one).await, is_in(&test, &mut two).await];
    in_order.sort_unstable();
    assert_eq!(in_order, [false, true]);
}

/// A double click, or a reload of the answer: the second form comes with the cookies of the first.
#[tokio::test]
async fn a_form_that_is_sent_twice_counts_no_wrong_password() {
    let test = TestServer::new().await;
    let mut alice = signed_in(&test).await;
    let page = alice.open(&test, PAGE).await;
    let mut before = alice.clone();
    assert_eq!(submit(&test, &mut alice, &page, PASSWORD, NEW).await.status(), 200);
    test.store.take();
    let again = submit(&test, &mut before, &page, PASSWORD, NEW).await;
    assert_eq!(test.store.take(), Count { reads: 1, writes: 0 });
    assert_eq!((again.status().as_u16(), events(&again)), (403, vec![EventKind::Refused]));
    assert!(text(&again).contains("name=\"username\"") && !is_form(&again), "the sign-in page");
    assert!(is_in(&test, &mut alice).await && !is_in(&test, &mut before).await);
}

#[tokio::test]
async fn a_session_that_has_ended_before_cannot_change_the_password() {
    let test = TestServer::new().await;
    let (mut here, mut there) = (signed_in(&test).await, signed_in(&test).await);
    let page = here.open(&test, PAGE).await;
    press(&test, &mut there, "sign-out-everywhere").await;
    let refused = submit(&test, &mut here, &page, PASSWORD, NEW).await;
    assert_eq!((refused.status().as_u16(), events(&refused)), (403, vec![EventKind::Refused]));
    assert!(opens(&test, PASSWORD).await);
}

#[tokio::test]
async fn the_form_of_another_user_changes_no_password() {
    let test = TestServer::new().await;
    test.introduce("bob", PASSWORD).await;
    let (mut alice, mut bob) = (signed_in(&test).await, Person::new("bob", PASSWORD));
    visit(&test, &mut bob).await;
    let page = bob.open(&test, PAGE).await;
    let elsewhere = submit(&test, &mut alice, &page, PASSWORD, NEW).await;
    assert_eq!((elsewhere.status().as_u16(), events(&elsewhere)), (403, vec![EventKind::Refused]));
    press_sign_out(&test, &mut bob).await;
    (bob.name, bob.password) = (NAME.to_owned(), PASSWORD.to_owned());
    visit(&test, &mut bob).await;
    let switched = submit(&test, &mut bob, &page, PASSWORD, NEW).await;
    assert_eq!((switched.status().as_u16(), is_form(&switched)), (403, true), "alice sees the form anew");
    assert!(opens(&test, PASSWORD).await);
    assert_eq!(guess(&test, &mut Person::alice(), "bob", PASSWORD).await.status(), 303);
}

#[tokio::test]
async fn an_expired_form_is_shown_again_and_a_sign_in_leads_back_to_it() {
    let test = TestServer::new().await;
    let mut alice = signed_in(&test).await;
    let page = alice.open(&test, PAGE).await;
    test.clock.pass(Lifetimes::default().form);
    let expired = submit(&test, &mut alice, &page, PASSWORD, NEW).await;
    assert_eq!((expired.status().as_u16(), is_form(&expired)), (403, true));
    assert_eq!(submit(&test, &mut alice, &expired, PASSWORD, NEW).await.status(), 200);
    press_sign_out(&test, &mut alice).await;
    let sign_in = alice.open(&test, PAGE).await;
    alice.password = NEW.to_owned();
    let back = alice.submit_at(&test, PAGE, &sign_in, "").await;
    assert_eq!((back.status().as_u16(), header(&back, "location")), (303, PAGE));
    assert!(is_form(&alice.open(&test, PAGE).await));
}

#[tokio::test]
async fn a_user_of_a_provider_has_no_password_to_change() {
    let provider = Provider::start().await;
    let test = crate::provider::test(&provider, "anyone").await;
    let mut person = crate::provider::browser();
    let back = sign_in_at_provider(&test, &provider, &mut person, ACCOUNT, &ada()).await;
    person.open(&test, &back).await;
    let page = person.open(&test, PAGE).await;
    let shown = text(&page);
    assert!(shown.contains("Your connections") && !shown.contains("password"), "{shown}");
    let form = fields(&page, "").into_iter().find(|(name, _)| name == "form").unwrap().1;
    let sent = [("form", form.as_str()), ("current", "x"), ("new", NEW), ("again", NEW)];
    let sent: Vec<_> = sent.into_iter().chain([("wish", "set-password")]).collect();
    test.store.take();
    let refused = person.send(&test, post(PAGE, &sent)).await;
    assert_eq!((refused.status().as_u16(), events(&refused)), (403, vec![EventKind::Refused]));
    assert_eq!(test.store.take().writes, 0);
}

#[tokio::test]
async fn a_store_that_does_not_answer_changes_nothing() {
    let test = TestServer::new().await;
    let mut alice = signed_in(&test).await;
    let page = alice.open(&test, PAGE).await;
    test.store.set_broken(true);
    assert_eq!(submit(&test, &mut alice, &page, PASSWORD, NEW).await.status(), 503);
    test.store.set_broken(false);
    assert!(is_in(&test, &mut alice).await && opens(&test, PASSWORD).await);
}
