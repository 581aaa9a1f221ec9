//! Sign-in at an OpenID provider.

use crate::provider_claims::reason;
use crate::{NOTHING, events};
use doorward::protocol::paths::AUTHORIZE;
use doorward::wire::{EventKind, Response};
use harness::counting::Count;
use harness::person::sent_on;
use harness::provider::{Faults, Provider};
use harness::test_server::{header, json, parameter, sound, text};
use harness::{Client, Person, TestServer};
use serde_json::{Map, Value, json};
use std::time::Duration;

const ONE_READ: Count = Count { reads: 1, writes: 0 };

/// A test server whose users sign in at a provider.
pub(crate) async fn test(provider: &Provider, allow: &str) -> TestServer {
    TestServer::of(sound().provider(provider.settings(allow))).await
}

pub(crate) fn browser() -> Person {
    Person::new("", "")
}

pub(crate) fn ada() -> Value {
    json!({ "sub": "7", "email": "ada@staff.example", "email_verified": true, "groups": ["staff"] })
}

/// The URL of the first link on the page that begins with `begins`.
pub(crate) fn link(page: &Response, begins: &str) -> String {
    let text = text(page);
    let begin = format!("href=\"{begins}");
    let at = text.find(&begin).unwrap_or_else(|| panic!("no link to {begins} on {text}"));
    let url = text[at + 6..].split('"').next().unwrap();
    url.replace("&#38;", "&").replace("&amp;", "&")
}

/// Opens the page, follows its link to the provider, and signs in there as a user with these claims. Returns the path
/// of the callback.
pub(crate) async fn sign_in_at_provider(
    test: &TestServer,
    provider: &Provider,
    person: &mut Person,
    url: &str,
    claims: &Value,
) -> String {
    let page = person.open(test, url).await;
    assert_eq!(page.status(), 200, "{}", text(&page));
    let back = provider.sign_in(&link(&page, provider.issuer()), claims);
    back.strip_prefix("https://auth.example").unwrap().to_owned()
}

/// Like `sign_in_at_provider`, and then opens the callback.
pub(crate) async fn go(
    test: &TestServer,
    provider: &Provider,
    person: &mut Person,
    url: &str,
    claims: &Value,
) -> Response {
    let back = sign_in_at_provider(test, provider, person, url, claims).await;
    person.open(test, &back).await
}

#[tokio::test]
async fn a_user_signs_in_at_the_provider_and_consents_here() {
    let provider = Provider::start().await;
    let test = test(&provider, "domain:staff.example").await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let page = person.open(&test, &client.url()).await;
    for shown in ["Test &#60;b&#62;client", "127.0.0.1:7777", "use user", "Example ID", "value=\"deny\""] {
        assert!(text(&page).contains(shown), "{shown} is on {}", text(&page));
    }
    assert!(!text(&page).contains("password"), "there is no password field");
    assert_eq!(test.store.take(), NOTHING, "the page costs no store access");
    let back = provider.sign_in(&link(&page, provider.issuer()), &ada());
    let came = person.open(&test, back.strip_prefix("https://auth.example").unwrap()).await;
    assert_eq!((came.status().as_u16(), events(&came)), (303, vec![EventKind::SignedIn]));
    assert_eq!(parameter(header(&came, "location"), "code"), None, "no code before consent");
    assert_eq!(test.store.take(), Count { reads: 1, writes: 1 }, "a new user is stored");
    let consent = person.open(&test, header(&came, "location")).await;
    assert!(text(&consent).contains("ada@staff.example"), "{}", text(&consent));
    let decided = person.submit(&test, &consent, "allow").await;
    let code = parameter(sent_on(&decided), "code").unwrap();
    let tokens = json(&test.send(client.redeems(&code)).await);
    let claims = tokens["access_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let claims: Value = serde_json::from_slice(&base64url(&claims)).unwrap();
    assert_eq!(claims["sub"], format!("{}#7", provider.issuer()), "issuer and subject identify the user");
}

fn base64url(text: &str) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

#[tokio::test]
async fn a_returning_user_costs_one_store_read_and_one_token_request() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    go(&test, &provider, &mut browser(), &client.url(), &ada()).await;
    test.store.take();
    provider.take();
    let renamed = json!({ "sub": "7", "email": "countess@staff.example", "email_verified": true });
    let mut person = browser();
    let came = go(&test, &provider, &mut person, &client.url(), &renamed).await;
    assert_eq!(test.store.take(), ONE_READ);
    let asked = provider.take();
    assert!(asked.iter().filter(|path| *path == "/token").count() == 1, "{asked:?}");
    assert!(!asked.iter().any(|path| path == "/userinfo"), "the ID token was enough: {asked:?}");
    let consent = person.open(&test, header(&came, "location")).await;
    assert!(text(&consent).contains("countess@staff.example"), "the current name is shown");
}

#[tokio::test]
async fn a_user_can_deny_before_going_to_the_provider() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let page = person.open(&test, &client.url()).await;
    let denied = person.submit(&test, &page, "deny").await;
    assert_eq!(parameter(sent_on(&denied), "error").as_deref(), Some("access_denied"));
    assert_eq!(events(&denied), [EventKind::Denied]);
    for answer in ["allow", "show", ""] {
        let page = person.open(&test, &client.url()).await;
        let refused = person.submit(&test, &page, answer).await;
        assert_eq!((refused.status().as_u16(), header(&refused, "location")), (403, ""), "{answer}");
    }
}

#[tokio::test]
async fn only_users_that_the_operator_allows_are_signed_in() {
    let provider = Provider::start().await;
    let test = test(&provider, "domain:staff.example, group:friends").await;
    let client = Client::register(&test).await;
    for (claims, admitted) in [
        (ada(), true),
        (json!({ "sub": "8", "email": "eve@evil.example", "email_verified": true, "groups": [] }), false),
        (json!({ "sub": "9", "email": "eve@staff.example", "email_verified": false, "groups": [] }), false),
        (json!({ "sub": "10", "email": "bob@bob.example", "groups": ["friends"] }), true),
    ] {
        let mut person = browser();
        let came = go(&test, &provider, &mut person, &client.url(), &claims).await;
        assert_eq!(came.status().as_u16(), if admitted { 303 } else { 403 }, "{claims}");
        let signed_in = person.cookies.keys().any(|name| name.contains("session"));
        assert_eq!(signed_in, admitted, "{claims}");
        if !admitted {
            assert_eq!(events(&came), [EventKind::SignInFailed]);
            let other = link(&came, AUTHORIZE);
            assert_eq!(parameter(&other, "prompt").as_deref(), Some("select_account"));
            let page = person.open(&test, &other).await;
            let away = link(&page, provider.issuer());
            assert_eq!(parameter(&away, "prompt").as_deref(), Some("select_account"));
        }
    }
}

#[tokio::test]
async fn userinfo_is_requested_when_the_id_token_lacks_claims() {
    let provider = Provider::start().await;
    let test = test(&provider, "group:staff").await;
    let client = Client::register(&test).await;
    let object = |value: Value| value.as_object().unwrap().clone();
    for (told, admitted) in [
        (json!({ "sub": "7", "groups": ["staff"], "name": "Ada" }), 303),
        (json!({ "sub": "7", "groups": ["others"], "name": "Ada" }), 403),
        (json!({ "sub": "8", "groups": ["staff"], "name": "Ada" }), 502),
        (json!({}), 502),
    ] {
        provider.set_faults(Faults { userinfo: object(told.clone()), ..Faults::default() });
        let came = go(&test, &provider, &mut browser(), &client.url(), &json!({ "sub": "7" })).await;
        assert_eq!(came.status().as_u16(), admitted, "{told}");
    }
}

#[tokio::test]
async fn an_invalid_id_token_is_refused() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let with = |claims: Value| Faults { claims: claims.as_object().unwrap().clone(), ..Faults::default() };
    for (wrong, faults) in [
        ("no key that the provider publishes", Faults { key: true, ..Faults::default() }),
        ("its iss is not the provider's", with(json!({ "iss": "https://other.example" }))),
        ("its aud is not this server's", with(json!({ "aud": "another client" }))),
        ("it has expired", with(json!({ "exp": 1_600_000_000 }))),
        ("its nonce differs", with(json!({ "nonce": "another" }))),
        ("its nonce differs", with(json!({ "nonce": null }))),
        ("it has no sub", with(json!({ "sub": null }))),
    ] {
        let mut person = browser();
        let back = sign_in_at_provider(&test, &provider, &mut person, &client.url(), &ada()).await;
        provider.set_faults(faults);
        let came = person.open(&test, &back).await;
        assert_eq!((came.status().as_u16(), events(&came)), (502, vec![EventKind::Refused]), "{wrong}");
        assert!(reason(&came).contains(wrong), "{wrong}: {}", reason(&came));
        assert!(!person.cookies.keys().any(|name| name.contains("session")), "{wrong}");
        provider.set_faults(Faults::default());
    }
}

/// Login CSRF: an attacker cannot have a victim's browser signed in as the attacker.
#[tokio::test]
async fn a_callback_is_refused_in_another_browser() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let (mut mallory, mut victim) = (browser(), browser());
    let back = sign_in_at_provider(&test, &provider, &mut mallory, &client.url(), &ada()).await;
    victim.open(&test, &client.url()).await;
    let came = victim.open(&test, &back).await;
    assert_eq!((came.status().as_u16(), events(&came)), (403, vec![EventKind::SignInFailed]));
    assert!(!victim.cookies.keys().any(|name| name.contains("session")));
    assert_eq!(mallory.open(&test, &back).await.status(), 303, "the refusal did not spend the code");
}

#[tokio::test]
async fn an_expired_provider_state_offers_the_same_request_again() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let back = sign_in_at_provider(&test, &provider, &mut person, &client.url(), &ada()).await;
    test.clock.pass(test.server.config.lifetimes().provider_state + Duration::from_secs(1));
    let late = person.open(&test, &back).await;
    assert_eq!(late.status(), 403);
    let again = link(&late, AUTHORIZE);
    assert_eq!(parameter(&again, "client_id"), Some(client.id.clone()), "the request is kept");
    assert_eq!(go(&test, &provider, &mut person, &again, &ada()).await.status(), 303);
}

#[tokio::test]
async fn a_callback_that_is_loaded_twice_and_a_second_tab_succeed() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let first = sign_in_at_provider(&test, &provider, &mut person, &client.url(), &ada()).await;
    let second = sign_in_at_provider(&test, &provider, &mut person, &client.url(), &ada()).await;
    for back in [&first, &first, &second] {
        let came = person.open(&test, back).await;
        assert_eq!(came.status(), 303, "{}", text(&came));
        assert!(header(&came, "location").starts_with(AUTHORIZE));
    }
    person.cookies.retain(|name, _| !name.contains("session"));
    let stale = person.open(&test, &first).await;
    assert_eq!(stale.status(), 403, "a spent code without a session");
}

#[tokio::test]
async fn prompt_and_login_hint_are_passed_on_to_the_provider() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let known = json!({ "prompt_values_supported": ["none", "login"] });
    for (metadata, sent, prompt) in [
        (json!({}), "login", Some("login")),
        (json!({}), "select_account", Some("select_account")),
        (json!({}), "consent", None),
        (known.clone(), "select_account", Some("login")),
        (known, "login", Some("login")),
    ] {
        let metadata: Map<_, _> = metadata.as_object().unwrap().clone();
        provider.set_faults(Faults { metadata, ..Faults::default() });
        test.clock.pass(Duration::from_secs(3601));
        let url = client.url_with(&[("prompt", sent), ("login_hint", "ada@staff.example")]);
        let away = link(&browser().open(&test, &url).await, provider.issuer());
        assert_eq!(parameter(&away, "prompt").as_deref(), prompt, "{sent}");
        assert_eq!(parameter(&away, "login_hint").as_deref(), Some("ada@staff.example"));
    }
    let mut person = browser();
    let url = client.url_with(&[("prompt", "login")]);
    let came = go(&test, &provider, &mut person, &url, &ada()).await;
    let consent = person.open(&test, header(&came, "location")).await;
    assert!(text(&consent).contains("value=\"allow\""), "the prompt applies once");
    let switched = person.submit(&test, &consent, "switch").await;
    let page = person.open(&test, header(&switched, "location")).await;
    assert!(parameter(&link(&page, provider.issuer()), "prompt").is_some(), "another account can be chosen");
}
