//! Which users may use which resource: rules about the claims of an OpenID provider. They are judged at the sign-in, and the
//! session carries the verdicts.

use crate::provider::{ada, browser, go, link};
use crate::provider_claims::{reason, userinfo};
use crate::{NOTHING, events};
use doorward::ports::Clock;
use doorward::protocol::paths::ACCOUNT;
use doorward::protocol::{PersonId, Profile};
use doorward::sealed::Session;
use doorward::wire::{EventKind, Response};
use harness::client::{Tokens, tool_call};
use harness::person::sent_on;
use harness::provider::{Faults, Provider};
use harness::test_server::{header, parameter, text, used_by};
use harness::{Client, Person, TestServer};
use serde_json::{Value, json};

async fn test(provider: &Provider, rules: [&str; 2]) -> TestServer {
    TestServer::of(used_by(rules).provider(provider.settings("anyone"))).await
}

fn eve() -> Value {
    json!({ "sub": "8", "email": "eve@evil.example", "email_verified": true, "groups": ["others"] })
}

/// The authorization request for the other resource.
fn other(client: &Client) -> String {
    client.url_with(&[("resource", "https://other.example"), ("scope", "other")])
}

fn is_denied(page: &Response) -> bool {
    text(page).contains("You may not use this server") && page.status() == 403
}

fn asks_for_consent(page: &Response) -> bool {
    text(page).contains("value=\"allow\"")
}

/// Whether the page sends the user to the provider.
fn asks_for_sign_in(page: &Response, provider: &Provider) -> bool {
    page.status() == 200 && text(page).contains(&format!("href=\"{}", provider.issuer()))
}

/// Signs in at the provider and opens the page that comes next.
async fn arrive(
    test: &TestServer,
    provider: &Provider,
    person: &mut Person,
    url: &str,
    claims: &Value,
) -> Response {
    let came = go(test, provider, person, url, claims).await;
    assert_eq!(came.status(), 303, "{}", text(&came));
    person.open(test, header(&came, "location")).await
}

#[tokio::test]
async fn claims_decide_at_the_sign_in() {
    let provider = Provider::start().await;
    let seven = format!("user:{}#7", provider.issuer());
    for (rules, claims, allowed) in [
        ("group:staff", ada(), true),
        ("group:staff", eve(), false),
        ("domain:staff.example", ada(), true),
        ("domain:staff.example", eve(), false),
        ("domain:other.example,group:others", eve(), true),
        (&seven, ada(), true),
        (&seven, eve(), false),
        ("user:7,user:ada@staff.example", ada(), false),
        (&format!("{seven},group:friends"), ada(), true),
        ("anyone", eve(), true),
    ] {
        let test = test(&provider, [rules, "anyone"]).await;
        let client = Client::register(&test).await;
        let mut person = browser();
        let page = arrive(&test, &provider, &mut person, &client.url(), &claims).await;
        assert_eq!((asks_for_consent(&page), is_denied(&page)), (allowed, !allowed), "{rules} {claims}");
        let elsewhere = person.open(&test, &other(&client)).await;
        assert!(asks_for_consent(&elsewhere), "the user is signed in for other resources: {rules} {claims}");
    }
}

#[tokio::test]
async fn the_log_has_the_claims_and_the_page_a_way_out() {
    let provider = Provider::start().await;
    let test = test(&provider, ["group:staff", "anyone"]).await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let came = go(&test, &provider, &mut person, &client.url(), &eve()).await;
    assert_eq!(events(&came), [EventKind::SignedIn]);
    let told = "no rule of resource-people for https://mcp.example/mcp matches: the groups in the claim groups are \
                \"others\"; no rule names one of them";
    assert_eq!(reason(&came), told);
    test.store.take();
    let page = person.open(&test, header(&came, "location")).await;
    assert_eq!((events(&page), test.store.take()), (vec![EventKind::Refused], NOTHING));
    assert!(reason(&page).ends_with("matched at the user's sign-in"), "{}", reason(&page));
    assert!(text(&page).contains("sign in once more") && text(&page).contains("eve@evil.example"));
    let told = person.submit(&test, &page, "deny").await;
    assert_eq!(parameter(sent_on(&told), "error").as_deref(), Some("access_denied"));
    let switched = person.submit(&test, &page, "switch").await;
    let again = person.open(&test, header(&switched, "location")).await;
    assert_eq!(parameter(&link(&again, provider.issuer()), "prompt").as_deref(), Some("select_account"));
    let mut promoted = eve();
    promoted["groups"] = json!(["staff"]);
    let url = header(&switched, "location").to_owned();
    let page = arrive(&test, &provider, &mut person, &url, &promoted).await;
    assert!(asks_for_consent(&page), "a new sign-in is judged anew: {}", text(&page));
    let shown = arrive(&test, &provider, &mut browser(), &other(&client), &eve()).await;
    assert!(asks_for_consent(&shown));
}

#[tokio::test]
async fn one_sign_in_serves_every_resource_and_a_sign_in_for_the_account_page_too() {
    let provider = Provider::start().await;
    let test = test(&provider, ["group:staff", "domain:other.example"]).await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let page = arrive(&test, &provider, &mut person, ACCOUNT, &ada()).await;
    assert_eq!(page.status(), 200, "{}", text(&page));
    provider.take();
    assert!(asks_for_consent(&person.open(&test, &client.url()).await));
    assert!(is_denied(&person.open(&test, &other(&client)).await));
    assert_eq!(provider.take(), Vec::<String>::new(), "the session has both verdicts");
}

/// The session has no verdict: it began before the rules, or at an earlier version. It lets no user in, and keeps none out.
#[tokio::test]
async fn a_session_without_verdicts_leads_to_the_provider_again() {
    let provider = Provider::start().await;
    let test = test(&provider, ["group:staff", "anyone"]).await;
    let client = Client::register(&test).await;
    for (claims, allowed) in [(ada(), true), (eve(), false)] {
        let mut person = browser();
        arrive(&test, &provider, &mut person, ACCOUNT, &claims).await;
        let name = person.cookies.keys().find(|name| name.contains("session")).unwrap().clone();
        let session = test.server.keys.sessions.open(&person.cookies[&name]).unwrap();
        assert_eq!(session.verdicts.len(), 1);
        let page = person.open(&test, &client.url()).await;
        let old = Session { verdicts: Vec::new(), ..session };
        let old = test.server.keys.sessions.seal(&old, &*test.server.entropy);
        person.cookies.insert(name, old);
        let asked = person.open(&test, &client.url()).await;
        assert!(asks_for_sign_in(&asked, &provider) && !asks_for_consent(&asked), "{}", text(&asked));
        assert!(asks_for_consent(&person.open(&test, &other(&client)).await), "no claims are needed there");
        let answered = person.submit(&test, &page, if allowed { "allow" } else { "deny" }).await;
        assert_eq!(parameter(sent_on(&answered), "code"), None, "{}", text(&answered));
        let page = arrive(&test, &provider, &mut person, &client.url(), &claims).await;
        assert_eq!((asks_for_consent(&page), is_denied(&page)), (allowed, !allowed), "{claims}");
    }
}

#[tokio::test]
async fn changed_rules_ask_the_provider_again_and_leave_open_grants() {
    let provider = Provider::start().await;
    let test = test(&provider, ["group:staff", "anyone"]).await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let page = arrive(&test, &provider, &mut person, &client.url(), &ada()).await;
    let decided = person.submit(&test, &page, "allow").await;
    let code = parameter(sent_on(&decided), "code").unwrap();
    let tokens = Tokens::of(&test.send(client.redeems(&code)).await);
    let page = person.open(&test, &client.url()).await;
    let narrowed = used_by(["group:board", "anyone"]).provider(provider.settings("anyone"));
    let test = test.with_config(narrowed).await;
    let answered = person.submit(&test, &page, "allow").await;
    assert!(asks_for_sign_in(&answered, &provider) && sent_on(&answered).is_empty(), "{}", text(&answered));
    let page = arrive(&test, &provider, &mut person, &client.url(), &ada()).await;
    assert!(is_denied(&page), "{}", text(&page));
    let tokens = Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    let call = test.call(tool_call(Some(&tokens.access), "current")).await;
    assert_eq!(call.status(), 200, "a grant that consent opened goes on");
}

/// The groups are in `UserInfo` only.
#[tokio::test]
async fn userinfo_is_read_for_the_rules_of_resources() {
    let provider = Provider::start().await;
    let test = test(&provider, ["group:staff", "anyone"]).await;
    let client = Client::register(&test).await;
    let token = json!({ "sub": "7", "email": "ada@staff.example" });
    provider.set_faults(userinfo(&json!({ "sub": "7", "groups": ["staff"] })));
    let page = arrive(&test, &provider, &mut browser(), &client.url(), &token).await;
    assert!(asks_for_consent(&page), "{}", text(&page));
    for (status, refused) in [(503, 503), (401, 502)] {
        provider.set_faults(Faults { userinfo_status: Some(status), ..Faults::default() });
        let mut person = browser();
        let came = go(&test, &provider, &mut person, &client.url(), &token).await;
        assert_eq!(came.status(), refused, "the resource that was asked for needs it: {}", text(&came));
        let page = arrive(&test, &provider, &mut person, &other(&client), &token).await;
        assert!(asks_for_consent(&page), "another resource does not: {}", text(&page));
        let page = person.open(&test, &client.url()).await;
        assert!(asks_for_sign_in(&page, &provider), "the fault is no verdict: {}", text(&page));
        provider.set_faults(userinfo(&json!({ "sub": "7", "groups": ["staff"] })));
        let page = arrive(&test, &provider, &mut person, &client.url(), &token).await;
        assert!(asks_for_consent(&page), "{}", text(&page));
    }
}

/// A user of this server, whose session began before the provider was configured.
#[tokio::test]
async fn a_user_with_a_password_has_no_claims() {
    let provider = Provider::start().await;
    let test = test(&provider, ["group:staff,user:alice", "group:staff"]).await;
    let client = Client::register(&test).await;
    let session = Session {
        person: PersonId::parse("alice").unwrap(),
        called: None,
        epoch: 0,
        signed_in_at: test.clock.now(),
        verdicts: Vec::new(),
        profile: Profile::default(),
    };
    let mut alice = browser();
    let sealed = test.server.keys.sessions.seal(&session, &*test.server.entropy);
    alice.cookies.insert("__Host-doorward-session".into(), sealed);
    assert!(asks_for_consent(&alice.open(&test, &client.url()).await), "a rule names alice");
    assert!(asks_for_sign_in(&alice.open(&test, &other(&client)).await, &provider));
}
