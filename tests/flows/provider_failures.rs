//! Sign-in at an OpenID provider: refusals, outages, and key rotation.

use crate::provider::{ada, browser, go, link, sign_in_at_provider, test};
use crate::provider_claims::reason;
use crate::{NOTHING, events};
use doorward::protocol::paths::{ACCOUNT, AUTHORIZE};
use doorward::store::{Change, Changed, Login};
use doorward::wire::EventKind;
use harness::provider::{Faults, Provider};
use harness::test_server::{header, parameter, text};
use harness::{Client, Person, TestServer};
use std::time::Duration;

#[tokio::test]
async fn a_disabled_user_is_refused() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    go(&test, &provider, &mut browser(), &client.url(), &ada()).await;
    let people = test.server.stores.people().list(None).await.unwrap();
    let name = Login::Provider { name: "ada@staff.example".to_owned() };
    let theirs = people.iter().find(|known| known.login == name).unwrap();
    let disabled = test.server.stores.people().change(&theirs.id, Change::Disable).await.unwrap();
    assert!(matches!(disabled, Changed::Now(_)));
    let came = go(&test, &provider, &mut browser(), &client.url(), &ada()).await;
    assert_eq!((came.status().as_u16(), events(&came)), (403, vec![EventKind::SignInFailed]));
}

#[tokio::test]
async fn a_provider_outage_is_a_503_until_the_provider_answers() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let down = Faults { status: Some(500), ..Faults::default() };
    provider.set_faults(down.clone());
    let mut person = browser();
    let away = person.open(&test, &client.url()).await;
    assert_eq!((away.status().as_u16(), header(&away, "retry-after")), (503, "2"));
    provider.take();
    for _ in 0..5 {
        assert_eq!(browser().open(&test, &client.url()).await.status(), 503);
    }
    assert_eq!(provider.take(), Vec::<String>::new(), "the failure is cached");
    provider.set_faults(Faults::default());
    test.clock.pass(Duration::from_secs(2));
    let back = sign_in_at_provider(&test, &provider, &mut person, &client.url(), &ada()).await;
    provider.set_faults(down);
    assert_eq!(person.open(&test, &back).await.status(), 503);
    provider.set_faults(Faults::default());
    test.clock.pass(Duration::from_secs(2));
    assert_eq!(person.open(&test, &back).await.status(), 303, "the code was not spent");
}

#[tokio::test]
async fn key_rotation_at_the_provider_fetches_the_keys_again_but_not_each_time() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let sign_in = async || go(&test, &provider, &mut browser(), &client.url(), &ada()).await.status();
    let fetched = || provider.take().iter().filter(|path| *path == "/jwks").count();
    assert_eq!((sign_in().await.as_u16(), fetched()), (303, 1));
    provider.set_faults(Faults { rotated: true, ..Faults::default() });
    test.clock.pass(Duration::from_secs(1));
    assert_eq!((sign_in().await.as_u16(), fetched()), (503, 0), "the keys were fetched a moment ago");
    test.clock.pass(Duration::from_secs(61));
    assert_eq!((sign_in().await.as_u16(), fetched()), (303, 1));
    test.clock.pass(Duration::from_secs(1800));
    assert_eq!((sign_in().await.as_u16(), fetched()), (303, 0));
}

#[tokio::test]
async fn cached_provider_metadata_is_used_while_the_provider_is_down() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let url = Client::register(&test).await.url();
    assert_eq!(browser().open(&test, &url).await.status(), 200);
    provider.set_faults(Faults { status: Some(503), ..Faults::default() });
    test.clock.pass(Duration::from_secs(2 * 3600));
    assert_eq!(browser().open(&test, &url).await.status(), 200);
}

#[tokio::test]
async fn the_account_page_signs_in_at_the_provider_too() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let mut person = browser();
    let came = go(&test, &provider, &mut person, ACCOUNT, &ada()).await;
    assert_eq!(header(&came, "location"), ACCOUNT);
    let page = person.open(&test, ACCOUNT).await;
    assert!(text(&page).contains("ada@staff.example"), "{}", text(&page));
    let out = person.submit_at(&test, ACCOUNT, &page, "sign-out-everywhere").await;
    assert_eq!(out.status(), 200, "{}", text(&out));
    link(&out, provider.issuer());
}

#[tokio::test]
async fn a_password_is_refused_when_users_sign_in_at_a_provider() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let page = alice.open(&test, &client.url()).await;
    let fields: Vec<_> = harness::person::fields(&page, "");
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend([("username", alice.name.as_str()), ("password", alice.password.as_str())]);
    let request = harness::test_server::post(&client.url(), &fields);
    test.store.take();
    let refused = alice.clone().send(&test, request).await;
    assert_eq!(refused.status(), 403, "{}", text(&refused));
    assert_eq!(test.store.take(), NOTHING);
    // A form of a server without a provider.
    let before = TestServer::new().await;
    let page = alice.open(&before, ACCOUNT).await;
    let refused = alice.submit_at(&test, ACCOUNT, &page, "").await;
    assert_eq!((refused.status().as_u16(), events(&refused)), (403, vec![EventKind::Refused]));
    assert_eq!(test.store.take(), NOTHING);
}

#[tokio::test]
async fn a_request_too_long_for_the_provider_state_is_refused_before_leaving() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let of = |length: usize| client.url_with(&[("state", &"x".repeat(length))]);
    let room = 5_000 - (of(1).len() - AUTHORIZE.len() - 2);
    let mut person = browser();
    let came = go(&test, &provider, &mut person, &of(room), &ada()).await;
    assert_eq!(came.status(), 303, "the provider state brings it back: {}", text(&came));
    assert_eq!(person.open(&test, header(&came, "location")).await.status(), 200);
    let refused = browser().open(&test, &of(room + 1)).await;
    assert_eq!(parameter(header(&refused, "location"), "error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn a_provider_that_refuses_select_account_gets_prompt_login() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    for place in
        [client.url_with(&[("prompt", "select_account")]), format!("{ACCOUNT}?prompt=select_account")]
    {
        for (error, again) in [("invalid_request", true), ("access_denied", false)] {
            let mut person = browser();
            let back = sign_in_at_provider(&test, &provider, &mut person, &place, &ada()).await;
            let came = person.open(&test, &back.replace("code=", &format!("error={error}&was="))).await;
            assert_eq!(came.status().as_u16(), if again { 303 } else { 403 }, "{place} {error}");
            if again {
                let page = person.open(&test, header(&came, "location")).await;
                let away = link(&page, provider.issuer());
                assert_eq!(parameter(&away, "prompt").as_deref(), Some("login"), "{place}");
            }
        }
    }
}

#[tokio::test]
async fn the_words_of_the_provider_are_quoted_in_the_log_and_not_on_the_page() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    let long = "y".repeat(2000);
    for (error, description, says, quoted) in [
        ("access_denied", "Not\nassigned", "did not say who you are", r#""access_denied" "Not\nassigned""#),
        ("server_error", "down", "a problem of its own", r#""server_error" "down""#),
        ("temporarily_unavailable", "", "a problem of its own", r#""temporarily_unavailable""#),
        (
            "unauthorized_client",
            "flow off",
            "does not accept the request",
            r#""unauthorized_client" "flow off""#,
        ),
        ("invalid_scope", &long, "does not accept the request", "yyy\""),
    ] {
        let mut person = browser();
        let back = sign_in_at_provider(&test, &provider, &mut person, &client.url(), &ada()).await;
        let encoded: String = form_urlencoded::byte_serialize(description.as_bytes()).collect();
        let error_response = format!("error={error}&error_description={encoded}&was=");
        let came = person.open(&test, &back.replace("code=", &error_response)).await;
        assert_eq!((came.status().as_u16(), events(&came)), (403, vec![EventKind::SignInFailed]), "{error}");
        let why = reason(&came);
        assert!(why.contains(quoted) && why.len() < 300, "{why}");
        assert!(text(&came).contains(says), "{error}: {}", text(&came));
        for theirs in [error, description].into_iter().filter(|words| !words.is_empty()) {
            assert!(!text(&came).contains(theirs), "{error}: {}", text(&came));
        }
        link(&came, AUTHORIZE);
    }
    for (error, status, kind) in [
        ("invalid_client", 502, EventKind::Refused),
        ("temporarily_unavailable", 503, EventKind::Refused),
        ("invalid_grant", 403, EventKind::SignInFailed),
    ] {
        let told = serde_json::json!({ "error": error, "error_description": "their words" });
        provider.set_faults(Faults { token: Some(told), ..Faults::default() });
        let came = go(&test, &provider, &mut browser(), &client.url(), &ada()).await;
        assert_eq!((came.status().as_u16(), events(&came)), (status, vec![kind]), "{error}");
        assert!(reason(&came).contains(&format!(r#""{error}" "their words""#)), "{}", reason(&came));
        assert!(!text(&came).contains("their words"), "{error}");
    }
}

/// Neither the client nor the user is blamed for a response of another provider.
#[tokio::test]
async fn a_response_of_another_issuer_is_told_as_a_mix_up() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let client = Client::register(&test).await;
    for (languages, says) in [("en", "does not come from"), ("zh", "此答复不是来自")] {
        for (iss, why) in [("https://evil.example", "the iss \"https://evil.example\""), ("", "has no iss")] {
            let mut person = Person { languages, ..browser() };
            let back = sign_in_at_provider(&test, &provider, &mut person, &client.url(), &ada()).await;
            let at = back.find("&iss=").unwrap();
            let came = person.open(&test, &format!("{}&iss={iss}", &back[..at])).await;
            assert_eq!((came.status().as_u16(), events(&came)), (400, vec![EventKind::Refused]));
            assert!(reason(&came).contains(why) && reason(&came).contains("mix-up"), "{}", reason(&came));
            assert!(text(&came).contains(says), "{}", text(&came));
            assert!(!text(&came).contains("The program that sent you here"), "{}", text(&came));
            assert!(!text(&came).contains("evil.example"), "{}", text(&came));
            let came = go(&test, &provider, &mut person, &link(&came, AUTHORIZE), &ada()).await;
            assert_eq!(events(&came), [EventKind::SignedIn]);
        }
    }
}
