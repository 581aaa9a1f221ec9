//! The parameters `prompt` and `login_hint` (OpenID Connect Core 1.0 §3.1.2.1).

use crate::{NOTHING, events};
use doorward::wire::EventKind;
use harness::person::sent_on;
use harness::test_server::{header, parameter, text};
use harness::{Client, Person, TestServer};

#[tokio::test]
async fn prompt_login_asks_a_signed_in_user_to_sign_in_once_more() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    client.obtain_code(&test, &mut alice).await;
    let url = client.url_with(&[("prompt", "login consent")]);
    let page = alice.open(&test, &url).await;
    assert!(text(&page).contains("type=\"password\""), "{}", text(&page));
    let signed_in = alice.submit(&test, &page, "").await;
    assert_eq!(events(&signed_in), [EventKind::SignedIn]);
    let consent = alice.open(&test, header(&signed_in, "location")).await;
    let back = alice.submit(&test, &consent, "allow").await;
    assert!(parameter(sent_on(&back), "code").is_some());
}

#[tokio::test]
async fn prompt_none_shows_no_sign_in_or_consent_page() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let url = client.url_with(&[("prompt", "none")]);
    let unavailable = alice.open(&test, &url).await;
    assert_eq!(parameter(header(&unavailable, "location"), "error").as_deref(), Some("login_required"));
    client.obtain_code(&test, &mut alice).await;
    test.store.take();
    let signed_in = alice.open(&test, &url).await;
    assert_eq!(parameter(header(&signed_in, "location"), "error").as_deref(), Some("consent_required"));
    assert_eq!(test.store.take(), NOTHING);
    let elsewhere = Client::register_at(&test, "https://a.example/callback").await;
    let page = alice.open(&test, &elsewhere.url_with(&[("prompt", "none")])).await;
    assert_eq!((page.status().as_u16(), header(&page, "location")), (400, ""), "no redirect beyond loopback");
}

#[tokio::test]
async fn other_and_unknown_prompt_values_change_nothing() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    client.obtain_code(&test, &mut alice).await;
    for prompt in ["consent", "select_account", "consent select_account", "create"] {
        let page = alice.open(&test, &client.url_with(&[("prompt", prompt)])).await;
        assert!(text(&page).contains("Use another account"), "{prompt}");
    }
}

#[tokio::test]
async fn login_hint_fills_in_the_name() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let hinted = Person::alice().open(&test, &client.url_with(&[("login_hint", "al\"ice<b>")])).await;
    assert!(text(&hinted).contains("value=\"al&#34;ice&#60;b&#62;\""), "{}", text(&hinted));
    let long = "x".repeat(300);
    for nonsense in [" alice", "a\u{7}b", &long] {
        let page = Person::alice().open(&test, &client.url_with(&[("login_hint", nonsense)])).await;
        assert!(page.status() == 200 && !text(&page).contains("required value="), "{nonsense}");
    }
}
