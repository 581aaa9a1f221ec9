//! Sign-in and consent pages: the flow, and protection against CSRF, clickjacking, open redirect and user enumeration.

use crate::{NOTHING, events};
use doorward::ports::Clock;
use doorward::protocol::{PersonId, Profile, paths};
use doorward::sealed::Session;
use doorward::wire::EventKind;
use harness::Client;
use harness::Person;
use harness::TestServer;
use harness::client::STATE;
use harness::client::look;
use harness::counting::Count;
use harness::person::sent_on;
use harness::test_server::header;
use harness::test_server::parameter;
use harness::test_server::post;
use harness::test_server::text;
use std::time::Duration;

#[tokio::test]
async fn showing_a_page_repeatedly_changes_nothing() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    for _ in 0..3 {
        let page = look(&test, &url).await;
        assert_eq!((page.status().as_u16(), events(&page)), (200, vec![]));
    }
    assert_eq!(test.store.take(), NOTHING);
}

/// Clickjacking, script injection, caching and referrer leaks.
#[tokio::test]
async fn pages_have_security_headers_and_escape_client_names() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    let mut alice = Person::alice();
    let sign_in = alice.open(&test, &url).await;
    let consent = alice.reach_consent(&test, &url).await;
    let error = look(&test, paths::AUTHORIZE).await;
    for page in [&sign_in, &consent, &error] {
        let policy = header(page, "content-security-policy");
        for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'sha256-"]
        {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header(page, "x-frame-options"), "DENY");
        assert_eq!(header(page, "cache-control"), "no-store");
        assert_eq!(header(page, "referrer-policy"), "no-referrer");
        assert_eq!(header(page, "x-content-type-options"), "nosniff");
        assert!(!text(page).contains("<b>client</b>") && !text(page).contains("<script"), "{}", text(page));
        assert!(page.body().len() < 30 * 1024);
    }
    assert!(text(&consent).contains("Test &#60;b&#62;client"), "{}", text(&consent));
    assert!(header(&consent, "content-security-policy").contains("form-action 'self';"));
}

#[tokio::test]
async fn cookies_have_the_host_prefix_on_https_and_none_on_loopback() {
    let loopback = TestServer::at("http://127.0.0.1:9000", "http://127.0.0.1:8000/mcp").await;
    for (test, prefix, secure) in
        [(TestServer::new().await, "__Host-doorward-", true), (loopback, "doorward-", false)]
    {
        let url = Client::register(&test).await.url();
        let mut alice = Person::alice();
        let page = alice.open(&test, &url).await;
        let signed_in = alice.submit(&test, &page, "").await;
        for cookie in [header(&page, "set-cookie"), header(&signed_in, "set-cookie")] {
            assert!(cookie.starts_with(prefix), "{cookie}");
            assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
            assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
        }
    }
}

/// CSRF: the token of a form is bound to browser and request.
#[tokio::test]
async fn a_form_is_accepted_only_from_its_browser_for_its_request_and_for_ten_minutes() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url()).await;

    let mut elsewhere = Person::alice();
    elsewhere.reach_consent(&test, &client.url()).await;
    assert_eq!(elsewhere.submit(&test, &page, "allow").await.status(), 403, "another browser");

    let form = doorward_local::client::page::Form::first(&text(&page)).unwrap();
    let token = form.fields.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let other = client.url_with(&[("scope", "files")]);
    let answer = alice.send(&test, post(&other, &[("form", &token), ("decision", "allow")])).await;
    assert_eq!(answer.status(), 403, "another request");

    test.clock.pass(Duration::from_secs(600));
    let expired = alice.submit(&test, &page, "allow").await;
    assert_eq!(expired.status(), 403, "expired");
    let again = alice.submit(&test, &expired, "allow").await;
    assert!(sent_on(&again).contains("code="), "the form of the error page is valid");
}

#[tokio::test]
async fn the_csrf_token_of_the_sign_in_page_is_refused_for_consent() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let sign_in = alice.open(&test, &client.url()).await;
    alice.reach_consent(&test, &client.url()).await;
    let form = doorward_local::client::page::Form::first(&text(&sign_in)).unwrap();
    let token = form.fields.iter().find(|(name, _)| name == "form").unwrap().1.clone();
    let answer = alice.send(&test, post(&client.url(), &[("form", &token), ("decision", "allow")])).await;
    assert_eq!(answer.status(), 403, "a sign-in form is not consent");
}

/// User enumeration: the answer does not show whether the name exists.
#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_page() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    let mut pages = Vec::new();
    for mut person in [Person::new("alice", "wrong"), Person::new("nobody", "wrong"), Person::new("", "")] {
        let page = person.open(&test, &url).await;
        let refused = person.submit(&test, &page, "").await;
        assert_eq!((refused.status().as_u16(), events(&refused)), (403, vec![EventKind::SignInFailed]));
        assert!(!person.cookies.contains_key("__Host-doorward-session"));
        let form = doorward_local::client::page::Form::first(&text(&refused)).unwrap();
        let token = form.fields.iter().find(|(name, _)| name == "form").unwrap().1.clone();
        pages.push(text(&refused).replace(&token, ""));
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn denying_leads_to_the_client_with_access_denied() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url()).await;
    let denied = alice.submit(&test, &page, "deny").await;
    let back = sent_on(&denied);
    assert_eq!((denied.status().as_u16(), events(&denied)), (200, vec![EventKind::Denied]));
    assert_eq!(parameter(back, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(back, "iss").as_deref(), Some("https://auth.example"));
    assert_eq!(parameter(back, "state").as_deref(), Some(STATE));
}

#[tokio::test]
async fn a_session_needs_no_password_and_the_user_can_switch_accounts() {
    let test = TestServer::new().await;
    test.introduce("bob", "builder").await;
    let client = Client::register(&test).await;
    let mut person = Person::alice();
    client.obtain_code(&test, &mut person).await;
    let page = person.open(&test, &client.url()).await;
    assert!(text(&page).contains("<bdi>alice</bdi>"));
    let switched = person.submit(&test, &page, "switch").await;
    assert_eq!(switched.status(), 303);
    (person.name, person.password) = ("bob".into(), "builder".into());
    let page = person.reach_consent(&test, &client.url()).await;
    assert!(text(&page).contains("<bdi>bob</bdi>"));
    let mut forged = person.clone();
    forged.cookies.insert("__Host-doorward-session".into(), "dw_session_AAAA".into());
    assert!(text(&forged.open(&test, &client.url()).await).contains("type=\"password\""));
}

#[tokio::test]
async fn a_consent_form_is_refused_after_another_user_signs_in() {
    let test = TestServer::new().await;
    test.introduce("bob", "builder").await;
    let client = Client::register(&test).await;
    let mut person = Person::alice();
    let page_of_alice = person.reach_consent(&test, &client.url()).await;
    person.submit(&test, &page_of_alice, "switch").await;
    (person.name, person.password) = ("bob".into(), "builder".into());
    person.reach_consent(&test, &client.url()).await;
    assert_eq!(person.submit(&test, &page_of_alice, "allow").await.status(), 403);
}

#[tokio::test]
async fn one_minute_after_sign_in_the_user_is_read_from_the_store_again() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    client.obtain_code(&test, &mut alice).await;
    test.store.take();
    test.clock.pass(Duration::from_secs(59));
    client.obtain_code(&test, &mut alice).await;
    assert_eq!(test.store.take(), NOTHING);
    test.clock.pass(Duration::from_secs(1));
    client.obtain_code(&test, &mut alice).await;
    assert_eq!(test.store.take(), Count { reads: 1, writes: 0 });
    test.clock.pass(Duration::from_secs(12 * 3600));
    assert!(
        text(&alice.open(&test, &client.url()).await).contains("type=\"password\""),
        "the session has expired"
    );
}

#[tokio::test]
async fn a_disabled_user_cannot_sign_in() {
    let test = TestServer::new().await;
    test.introduce_as("mallory", "secret", true).await;
    let mut mallory = Person::new("mallory", "secret");
    let page = mallory.open(&test, &Client::register(&test).await.url()).await;
    assert_eq!(events(&mallory.submit(&test, &page, "").await), [EventKind::SignInFailed]);
}

#[tokio::test]
async fn a_session_of_another_epoch_or_of_a_disabled_or_unknown_user_is_invalid() {
    let test = TestServer::new().await;
    test.introduce_as("mallory", "secret", true).await;
    let client = Client::register(&test).await;
    for (name, epoch) in [("alice", 1), ("mallory", 0), ("nobody", 0)] {
        let person = PersonId::parse(name).unwrap();
        let (signed_in_at, verdicts, profile) = (test.clock.now(), Vec::new(), Profile::default());
        let session = Session { person, called: None, epoch, signed_in_at, verdicts, profile };
        let sealed = test.server.keys.sessions.seal(&session, &*test.server.entropy);
        let mut person = Person::new(name, "");
        person.cookies.insert("__Host-doorward-session".into(), sealed);
        test.clock.pass(Duration::from_secs(60));
        let page = person.open(&test, &client.url()).await;
        let answer = person.submit(&test, &page, "allow").await;
        assert_eq!(parameter(sent_on(&answer), "code"), None, "{name}");
        assert!(person.cookies.keys().all(|name| !name.contains("session")), "{name} is signed out");
    }
}

/// Open redirect: beyond loopback, an error is a page with a link, not a redirect.
#[tokio::test]
async fn an_error_is_redirected_automatically_only_to_loopback() {
    let test = TestServer::new().await;
    for uri in ["https://evil.example/phish", "cursor://anysphere.cursor-mcp/callback"] {
        let client = Client::register_at(&test, uri).await;
        let page = look(&test, &client.url_with(&[("response_type", "token")])).await;
        assert_eq!((page.status().as_u16(), header(&page, "location")), (400, ""), "{uri}");
        assert!(
            text(&page).contains(&format!("<a href=\"{uri}?error=unsupported_response_type")),
            "{}",
            text(&page)
        );
    }
}

#[tokio::test]
async fn a_cookie_that_is_not_utf8_does_not_hide_the_servers_cookies() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url()).await;
    let form = harness::person::fields(&page, "allow");
    let mut request =
        post(&client.url(), &form.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>());
    let ours: Vec<_> = alice.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cookies = [b"other=\xe9; ", ours.join("; ").as_bytes()].concat();
    request.headers_mut().insert("cookie", http::HeaderValue::from_bytes(&cookies).unwrap());
    assert!(sent_on(&test.send(request).await).contains("code="));
}

#[tokio::test]
async fn an_unknown_name_is_not_logged() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    for (name, written) in [("alice", Some("alice")), ("my-real-password", None)] {
        let mut person = Person::new(name, "wrong");
        let page = person.open(&test, &url).await;
        let refused = person.submit(&test, &page, "").await;
        let events = refused.extensions().get::<doorward::wire::Events>().unwrap();
        assert_eq!(events.0[0].person.as_ref().map(PersonId::as_str), written);
    }
}

#[tokio::test]
async fn an_error_page_shows_the_correlation_id_of_the_log() {
    let test = TestServer::new().await;
    let page = look(&test, paths::AUTHORIZE).await;
    let incident =
        page.extensions().get::<doorward::wire::Events>().unwrap().0[0].correlation.clone().unwrap();
    assert!(text(&page).contains(&incident));
    assert_eq!(header(&page, "doorward-correlation"), incident);
}

#[tokio::test]
async fn redirect_uri_may_be_omitted_when_only_one_is_registered() {
    let test = TestServer::new().await;
    let client = Client::register_at(&test, "https://c.example/callback").await;
    let back = Person::alice().let_in(&test, &client.url_with(&[("redirect_uri", "")])).await;
    assert!(back.starts_with("https://c.example/callback?code="), "{back}");
}
