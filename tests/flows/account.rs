//! The account page: its list of connections, revocation, and sign-out.

use crate::events;
use doorward::config::Lifetimes;
use doorward::protocol::paths::{self, ACCOUNT};
use doorward::wire::{Actor, EventKind, Events, Response};
use harness::client::Tokens;
use harness::counting::Count;
use harness::test_server::{header, json, post, read_out, secret_of, text};
use harness::{Client, Person, TestServer};
use std::time::Duration;

/// Signs in on the account page, and returns the page.
pub(crate) async fn visit(test: &TestServer, person: &mut Person) -> Response {
    let page = person.open(test, ACCOUNT).await;
    let signed_in = person.submit_at(test, ACCOUNT, &page, "").await;
    assert_eq!((signed_in.status().as_u16(), header(&signed_in, "location")), (303, ACCOUNT));
    assert_eq!(events(&signed_in), [EventKind::SignedIn]);
    person.open(test, ACCOUNT).await
}

/// Opens the account page and submits its form with this button.
pub(crate) async fn press(test: &TestServer, person: &mut Person, button: &str) -> Response {
    let page = person.open(test, ACCOUNT).await;
    person.submit_at(test, ACCOUNT, &page, button).await
}

/// The ids of the connections that a page shows, read from its revoke buttons.
fn connections(page: &Response) -> Vec<String> {
    text(page)
        .split("value=\"revoke:")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

async fn is_active(test: &TestServer, token: &str) -> bool {
    let mcp = "https://mcp.example/mcp";
    let asks = [("token", token), ("client_id", mcp), ("client_secret", &secret_of(mcp))];
    json(&test.send(post(paths::INTROSPECT, &asks)).await)["active"] == true
}

#[tokio::test]
async fn the_account_page_lists_only_the_users_own_connections() {
    let test = TestServer::new().await;
    test.introduce("bob", "bob's").await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    client.obtain_tokens(&test, &mut Person::new("bob", "bob's")).await;
    test.clock.pass(Duration::from_secs(3 * 3600));
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    test.clock.pass(Duration::from_secs(7200));
    test.store.take();
    let page = alice.open(&test, ACCOUNT).await;
    let cost = test.store.take();
    assert!(cost.writes == 0 && cost.reads <= 3, "{cost:?}");
    let shown = read_out(&page);
    for part in [
        "You are signed in as alice.",
        "Test &#60;b&#62;client&#60;/b&#62;",
        "It registered itself.",
        "5 hours ago, from Firefox on Linux",
        "\n2 hours ago\n",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let scope = shown.contains("use user") || shown.contains("see who you are");
    assert!(scope && !shown.contains("files") && !shown.contains("a second time"), "{shown}");
    assert_eq!(connections(&page).len(), 1, "bob's connection is not listed");
    assert!(header(&page, "content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(header(&page, "cache-control"), "no-store");
}

#[tokio::test]
async fn revoking_one_connection_leaves_the_others_active() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let [one, other] =
        [client.obtain_tokens(&test, &mut alice).await, client.obtain_tokens(&test, &mut alice).await];
    let page = alice.open(&test, ACCOUNT).await;
    let listed = connections(&page);
    assert_eq!(listed.len(), 2);
    let ended = alice.submit_at(&test, ACCOUNT, &page, &format!("revoke:{}", listed[0])).await;
    assert_eq!((header(&ended, "location"), events(&ended)), (ACCOUNT, vec![EventKind::Revoked]));
    let again = alice.submit_at(&test, ACCOUNT, &page, &format!("revoke:{}", listed[0])).await;
    assert_eq!(
        (header(&again, "location"), events(&again)),
        (ACCOUNT, vec![]),
        "a second click has no effect"
    );
    let mut active = 0;
    for tokens in [&one, &other] {
        let is_active = is_active(&test, &tokens.access).await;
        let refreshed = test.send(client.refreshes(&tokens.refresh)).await.status() == 200;
        assert_eq!(is_active, refreshed);
        active += u32::from(is_active);
    }
    assert_eq!(active, 1);
    assert_eq!(connections(&alice.open(&test, ACCOUNT).await), listed[1..]);
}

#[tokio::test]
async fn revoking_all_connections_keeps_the_user_signed_in() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    client.obtain_tokens(&test, &mut alice).await;
    let ended = press(&test, &mut alice, "revoke-all").await;
    assert_eq!(events(&ended), [EventKind::Revoked]);
    assert!(!is_active(&test, &tokens.access).await);
    let page = alice.open(&test, ACCOUNT).await;
    assert!(text(&page).contains("Nothing is connected") && connections(&page).is_empty());
    client.obtain_tokens(&test, &mut alice).await;
    assert_eq!(connections(&alice.open(&test, ACCOUNT).await).len(), 1, "the client can connect again");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_and_every_connection() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let (mut here, mut there) = (Person::alice(), Person::alice());
    let tokens = client.obtain_tokens(&test, &mut there).await;
    visit(&test, &mut here).await;
    let out = press(&test, &mut here, "sign-out-everywhere").await;
    assert_eq!((out.status().as_u16(), events(&out)), (200, vec![EventKind::SignedOut]));
    assert!(text(&out).contains("signed out everywhere") && text(&out).contains("type=\"password\""));
    assert!(!is_active(&test, &tokens.access).await);
    for browser in [&mut here, &mut there] {
        assert!(text(&browser.open(&test, ACCOUNT).await).contains("type=\"password\""));
    }
    client.obtain_tokens(&test, &mut here).await;
}

#[tokio::test]
async fn signing_out_here_keeps_other_sessions_and_connections() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let (mut here, mut there) = (Person::alice(), Person::alice());
    let tokens = client.obtain_tokens(&test, &mut there).await;
    visit(&test, &mut here).await;
    let out = press(&test, &mut here, "sign-out").await;
    assert_eq!(events(&out), [EventKind::SessionEnded]);
    assert!(text(&here.open(&test, ACCOUNT).await).contains("type=\"password\""));
    assert_eq!(connections(&there.open(&test, ACCOUNT).await).len(), 1);
    assert!(is_active(&test, &tokens.access).await);
}

#[tokio::test]
async fn a_user_cannot_revoke_another_users_connection() {
    let test = TestServer::new().await;
    test.introduce("bob", "bob's").await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    let hers = connections(&alice.open(&test, ACCOUNT).await).remove(0);
    let mut bob = Person::new("bob", "bob's");
    let page = visit(&test, &mut bob).await;
    let fields = harness::person::fields(&page, "revoke-all");
    let form = fields.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let action = format!("revoke:{hers}");
    let asked = bob.send(&test, post(ACCOUNT, &[("form", &form), ("wish", &action)])).await;
    assert_eq!((header(&asked, "location"), events(&asked)), (ACCOUNT, vec![]));
    let asked = alice.send(&test, post(ACCOUNT, &[("form", &form), ("wish", &action)])).await;
    assert_eq!(
        (asked.status().as_u16(), events(&asked)),
        (403, vec![EventKind::Refused]),
        "the CSRF token is bob's"
    );
    assert!(is_active(&test, &tokens.access).await);
}

#[tokio::test]
async fn a_form_is_refused_after_another_user_signs_in() {
    let test = TestServer::new().await;
    test.introduce("bob", "bob's").await;
    let client = Client::register(&test).await;
    let mut browser = Person::alice();
    client.obtain_tokens(&test, &mut browser).await;
    let hers = browser.open(&test, ACCOUNT).await;
    press(&test, &mut browser, "sign-out").await;
    (browser.name, browser.password) = ("bob".to_owned(), "bob's".to_owned());
    let tokens = client.obtain_tokens(&test, &mut browser).await;
    let asked = browser.submit_at(&test, ACCOUNT, &hers, "revoke-all").await;
    assert_eq!((asked.status().as_u16(), events(&asked)), (403, vec![EventKind::Refused]));
    assert!(is_active(&test, &tokens.access).await, "bob's connection is still active");
}

#[tokio::test]
async fn a_form_that_is_expired_or_has_no_valid_action_changes_nothing() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    let page = alice.open(&test, ACCOUNT).await;
    for nonsense in ["", "revoke:short", "delete"] {
        let fields = harness::person::fields(&page, "nothing");
        let form = &fields.iter().find(|(name, _)| name == "form").unwrap().1;
        let asked = alice.send(&test, post(ACCOUNT, &[("form", form), ("wish", nonsense)])).await;
        assert_eq!((asked.status().as_u16(), connections(&asked).len()), (403, 1), "{nonsense}");
    }
    let consent = alice.open(&test, &client.url()).await;
    let crossed = alice.submit_at(&test, ACCOUNT, &consent, "revoke-all").await;
    assert_eq!(crossed.status(), 403, "the CSRF token of the consent page");
    let mut fresh = Person::alice();
    let sign_in = fresh.open(&test, &client.url()).await;
    let crossed = fresh.submit_at(&test, ACCOUNT, &sign_in, "").await;
    assert_eq!(
        (crossed.status().as_u16(), events(&crossed)),
        (403, vec![EventKind::Refused]),
        "the CSRF token of a client's sign-in page"
    );
    test.clock.pass(Lifetimes::default().form);
    assert_eq!(
        alice.submit_at(&test, ACCOUNT, &page, "revoke-all").await.status(),
        403,
        "the form has expired"
    );
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
}

#[tokio::test]
async fn a_disabled_user_sees_no_connections() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    client.obtain_tokens(&test, &mut alice).await;
    let page = alice.open(&test, ACCOUNT).await;
    crate::operator::order(&test, serde_json::json!({ "command": "disable-person", "name": "alice" }))
        .await
        .unwrap();
    assert!(connections(&alice.open(&test, ACCOUNT).await).is_empty());
    assert_eq!(alice.submit_at(&test, ACCOUNT, &page, "sign-out-everywhere").await.status(), 403);
    let sign_in = alice.open(&test, ACCOUNT).await;
    let refused = alice.submit_at(&test, ACCOUNT, &sign_in, "").await;
    assert_eq!((refused.status().as_u16(), events(&refused)), (403, vec![EventKind::SignInFailed]));
}

#[tokio::test]
async fn a_connection_in_doubt_is_marked_on_the_page() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let mut head = client.obtain_tokens(&test, &mut alice).await;
    let first = head.clone();
    for _ in 0..2 {
        test.clock.pass(Duration::from_secs(3600));
        head = Tokens::of(&test.send(client.refreshes(&head.refresh)).await);
    }
    test.send(client.refreshes(&first.refresh)).await;
    assert!(text(&alice.open(&test, ACCOUNT).await).contains("was used a second time"));
}

#[tokio::test]
async fn an_expired_connection_is_not_listed_but_an_idle_one_is() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    client.obtain_tokens(&test, &mut alice).await;
    test.clock.pass(Lifetimes::default().idle);
    assert_eq!(connections(&visit(&test, &mut alice).await).len(), 1);
    test.clock.pass(Lifetimes::default().grant);
    assert!(connections(&visit(&test, &mut alice).await).is_empty());
}

#[tokio::test]
async fn a_page_lists_at_most_a_hundred_connections_and_links_to_the_next() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    for _ in 0..103 {
        client.obtain_tokens(&test, &mut alice).await;
    }
    let first = alice.open(&test, ACCOUNT).await;
    assert_eq!(connections(&first).len(), 100);
    let shown = text(&first);
    let more = shown.split("href=\"?after=").nth(1).unwrap().split('"').next().unwrap();
    let second = alice.open(&test, &format!("{ACCOUNT}?after={more}")).await;
    assert_eq!(connections(&second).len(), 3);
    let last = connections(&second).pop().unwrap();
    let end = text(&alice.open(&test, &format!("{ACCOUNT}?after={last}")).await);
    assert!(end.contains("Nothing on this page") && end.contains("revoke-all"), "{end}");
    let all = press(&test, &mut alice, "revoke-all").await;
    let event = all.extensions().get::<Events>().unwrap().0[0].clone();
    assert_eq!(event.by, Some(Actor::Person), "{event}");
    assert!(event.reason.unwrap().contains("103 grants"));
    assert!(connections(&alice.open(&test, ACCOUNT).await).is_empty());
}

#[tokio::test]
async fn the_account_page_without_a_session_costs_no_store_access() {
    let test = TestServer::new().await;
    let page = Person::alice().open(&test, ACCOUNT).await;
    assert!(text(&page).contains("Sign in to see what you have connected"));
    assert_eq!(test.store.take(), Count { reads: 0, writes: 0 });
}
