//! Codes that were issued before the user's sign-in ended: signing out everywhere, a disabled user and another password
//! end them too. An attacker who gets a code every four minutes would otherwise have one at any time.

use crate::account::{press, visit};
use crate::events;
use crate::operator::order;
use doorward::protocol::{PersonId, Subject};
use doorward::store::{Grant, State};
use doorward::wire::{EventKind, Response};
use harness::client::Tokens;
use harness::counting::Count;
use harness::test_server::{header, json, parameter, text};
use harness::{Client, Person, TestServer};
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;

/// Less than the life of a code that is shown (5 minutes).
const FOUR_MINUTES: Duration = Duration::from_secs(240);

/// Allows the client, and has the code shown.
async fn shown_code(test: &TestServer, person: &mut Person, url: &str) -> String {
    let page = person.reach_consent(test, url).await;
    let shown = person.submit(test, &page, "show").await;
    assert_eq!(events(&shown), [EventKind::Consented]);
    let page = text(&shown);
    let address = page.split("6\">").nth(1).unwrap().split('<').next().unwrap().replace("&#38;", "&");
    parameter(&address, "code").unwrap()
}

/// All grants of alice.
async fn grants(test: &TestServer) -> Vec<Grant> {
    let alice = Subject::from(PersonId::parse("alice").unwrap());
    test.server.stores.grants().list_of(&alice, None).await.unwrap()
}

async fn open_grants(test: &TestServer) -> usize {
    grants(test).await.iter().filter(|grant| matches!(grant.state, State::Open(_))).count()
}

fn is_refused(answer: &Response) -> bool {
    answer.status() == 400 && json(answer)["error"] == "invalid_grant"
}

/// Ends the sign-ins of alice.
async fn end(test: &TestServer, how: &str) {
    if how == "account page" {
        let mut elsewhere = Person::alice();
        visit(test, &mut elsewhere).await;
        let out = press(test, &mut elsewhere, "sign-out-everywhere").await;
        assert_eq!(events(&out), [EventKind::SignedOut]);
    } else {
        order(test, json!({ "command": how, "name": "alice" })).await.unwrap();
    }
}

#[tokio::test]
async fn a_stockpiled_code_opens_nothing_after_the_sign_in_ended() {
    for (how, kept) in [("account page", 0), ("sign-out", 0), ("disable-person", 0), ("set-password", 1)] {
        let test = TestServer::new().await;
        let (client, mut alice) = (Client::register(&test).await, Person::alice());
        let tokens = client.obtain_tokens(&test, &mut alice).await;
        let mut codes = Vec::new();
        for _ in 0..3 {
            test.clock.pass(FOUR_MINUTES);
            codes.push(shown_code(&test, &mut alice, &client.url()).await);
        }
        end(&test, how).await;
        assert_eq!(open_grants(&test).await, kept, "{how}");
        test.store.take();
        let refused = test.send(client.redeems(&codes[2])).await;
        assert!(is_refused(&refused), "{how}: {refused:?}");
        assert_eq!(events(&refused), [EventKind::Refused], "{how}");
        assert_eq!(test.store.take(), Count { reads: 1, writes: 2 }, "{how}: opened, read, closed");
        assert!(is_refused(&test.send(client.redeems(&codes[1])).await), "{how}");
        assert!(is_refused(&test.send(client.redeems(&codes[2])).await), "{how}: a second time");
        assert_eq!(open_grants(&test).await, kept, "{how}");
        let refreshed = test.send(client.refreshes(&tokens.refresh)).await;
        assert_eq!(refreshed.status() == 200, kept == 1, "{how}");
    }
}

#[tokio::test]
async fn a_code_from_before_a_user_was_disabled_stays_refused_when_the_user_is_enabled() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    for command in ["disable-person", "enable-person"] {
        order(&test, json!({ "command": command, "name": "alice" })).await.unwrap();
    }
    assert!(is_refused(&test.send(client.redeems(&code)).await));
    client.obtain_tokens(&test, &mut Person::alice()).await;
}

/// Within the first minute, a session is not looked up again. It still gets a code, which is worth nothing.
#[tokio::test]
async fn a_session_that_was_stolen_within_its_first_minute_gets_no_tokens() {
    let test = TestServer::new().await;
    let (client, mut stolen) = (Client::register(&test).await, Person::alice());
    stolen.reach_consent(&test, &client.url()).await;
    end(&test, "account page").await;
    test.store.take();
    let code = client.obtain_code(&test, &mut stolen).await;
    assert_eq!(test.store.take(), Count { reads: 0, writes: 0 }, "the session is not looked up");
    assert!(is_refused(&test.send(client.redeems(&code)).await));
    assert_eq!(open_grants(&test).await, 0);
    test.clock.pass(Duration::from_secs(60));
    let page = stolen.open(&test, &client.url()).await;
    let decided = stolen.submit(&test, &page, "allow").await;
    assert!(!header(&decided, "location").contains("code="), "the session is looked up");
}

/// Step-up is a new authorization request, and its code opens a grant of its own.
#[tokio::test]
async fn a_code_for_more_scopes_of_a_connected_client_opens_nothing_either() {
    let test = TestServer::new().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    client.obtain_tokens(&test, &mut alice).await;
    let code = shown_code(&test, &mut alice, &client.url_with(&[("scope", "user files")])).await;
    end(&test, "sign-out").await;
    assert!(is_refused(&test.send(client.redeems(&code)).await));
    assert_eq!(open_grants(&test).await, 0);
}

/// Disconnecting everything keeps the user signed in, and so the codes that this session allowed.
#[tokio::test]
async fn disconnecting_everything_keeps_the_codes_of_the_session() {
    let test = TestServer::new().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    visit(&test, &mut alice).await;
    let code = shown_code(&test, &mut alice, &client.url()).await;
    press(&test, &mut alice, "revoke-all").await;
    Tokens::of(&test.send(client.redeems(&code)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_redemption_that_races_a_sign_out_everywhere_leaves_an_open_grant() {
    let test = TestServer::new().await;
    let (client, mut alice) = (Client::register(&test).await, Person::alice());
    let mut codes = Vec::new();
    for _ in 0..20 {
        codes.push(client.obtain_code(&test, &mut alice).await);
    }
    let mut racers = JoinSet::new();
    for (place, code) in codes.into_iter().enumerate() {
        if place == 10 {
            let test = test.clone();
            racers.spawn(async move {
                order(&test, json!({ "command": "sign-out", "name": "alice" })).await.unwrap();
                None
            });
        }
        let (test, redeems) = (test.clone(), client.redeems(&code));
        racers.spawn(async move { Some(test.send(redeems).await) });
    }
    let answers = racers.join_all().await;
    assert_eq!(open_grants(&test).await, 0, "{:?}", grants(&test).await);
    for answer in answers.iter().flatten() {
        assert!(answer.status() == 200 || is_refused(answer), "{answer:?}");
        if answer.status() == 200 {
            assert!(is_refused(&test.send(client.refreshes(&Tokens::of(answer).refresh)).await));
        }
    }
}
