//! The cookie that binds pages to a browser: two tabs at once, a browser that keeps no cookies, and planted cookies.

use crate::provider::{ada, link, test};
use crate::{NOTHING, events};
use doorward::protocol::paths::{ACCOUNT, AUTHORIZE};
use doorward::wire::{EventKind, Response};
use harness::person::sent_on;
use harness::provider::Provider;
use harness::test_server::{get, header, parameter, post, text};
use harness::{Client, Person, TestServer};

/// The prefix of the names of browser cookies.
const BROWSER: &str = "__Host-doorward-browser-";

/// Opens pages at the same time in one browser: it sends every request before the first response arrives.
async fn open_at_once<const N: usize>(
    test: &TestServer,
    browser: &mut Person,
    urls: [&str; N],
) -> [Response; N] {
    let mut pages = Vec::new();
    let before = browser.clone();
    for url in urls {
        let mut tab = before.clone();
        pages.push(tab.open(test, url).await);
        browser.cookies.extend(tab.cookies);
    }
    pages.try_into().expect("as many pages as URLs")
}

#[tokio::test]
async fn two_first_visits_at_once_both_lead_to_a_code() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let (one, other) = (client.url(), client.url_with(&[("scope", "files")]));
    let mut alice = Person::alice();
    for page in open_at_once(&test, &mut alice, [&one, &other]).await {
        let signed_in = alice.submit(&test, &page, "").await;
        assert_eq!(events(&signed_in), [EventKind::SignedIn], "{}", text(&signed_in));
        let consent = alice.open(&test, header(&signed_in, "location")).await;
        let decided = alice.submit(&test, &consent, "allow").await;
        assert!(parameter(sent_on(&decided), "code").is_some(), "{}", text(&decided));
    }
    let cookies = alice.cookies.keys().filter(|name| name.starts_with(BROWSER)).count();
    assert_eq!(cookies, 2, "later pages set none");
}

#[tokio::test]
async fn two_first_visits_at_once_both_come_back_from_the_provider() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let url = Client::register(&test).await.url();
    let mut person = Person::new("", "");
    for page in open_at_once(&test, &mut person, [&url, ACCOUNT]).await {
        let back = provider.sign_in(&link(&page, provider.issuer()), &ada());
        let came = person.open(&test, back.strip_prefix("https://auth.example").unwrap()).await;
        assert_eq!((came.status().as_u16(), events(&came)), (303, vec![EventKind::SignedIn]));
    }
}

#[tokio::test]
async fn browser_cookies_that_are_too_many_are_deleted() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    let mut alice = Person::alice();
    open_at_once(&test, &mut alice, [url.as_str(); 40]).await;
    assert_eq!(alice.cookies.len(), 40);
    let page = alice.open(&test, &url).await;
    assert_eq!(alice.cookies.len(), 32);
    assert_eq!(events(&alice.submit(&test, &page, "").await), [EventKind::SignedIn]);
}

fn asks_for_cookies(page: &Response) -> bool {
    let says = text(page);
    assert!(!says.contains("<form") && header(page, "set-cookie").is_empty(), "{says}");
    page.status() == 403 && says.contains("This server needs cookies")
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_is_told_so() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    for (place, path) in [(url.as_str(), AUTHORIZE), (ACCOUNT, ACCOUNT)] {
        let mut alice = Person::alice();
        let page = alice.open(&test, place).await;
        alice.cookies.clear();
        let told = alice.clone().submit_at(&test, path, &page, "").await;
        assert!(asks_for_cookies(&told), "{}", text(&told));
        assert_eq!(events(&told), [EventKind::Refused]);
        assert_eq!(test.store.take(), NOTHING);
        let again = alice.open(&test, &link(&told, path)).await;
        assert_eq!(events(&alice.submit_at(&test, path, &again, "").await), [EventKind::SignedIn]);
        test.store.take();
        let mut chinese = Person { languages: "zh", cookies: Default::default(), ..alice };
        let told = chinese.submit_at(&test, path, &page, "").await;
        assert!(text(&told).contains("此服务器需要 Cookie"), "{}", text(&told));
    }
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_is_told_so_when_it_comes_back_from_the_provider() {
    let provider = Provider::start().await;
    let test = test(&provider, "anyone").await;
    let url = Client::register(&test).await.url();
    for (place, path) in [(url.as_str(), AUTHORIZE), (ACCOUNT, ACCOUNT)] {
        let page = test.send(get(place)).await;
        let back = provider.sign_in(&link(&page, provider.issuer()), &ada());
        let told = test.send(get(back.strip_prefix("https://auth.example").unwrap())).await;
        assert_eq!((told.status().as_u16(), header(&told, "set-cookie")), (403, ""));
        assert!(text(&told).contains("Your browser sent no cookie of this server"), "{}", text(&told));
        assert_eq!(events(&told), [EventKind::SignInFailed]);
        assert_eq!(test.send(get(&link(&told, path))).await.status(), 200);
    }
    assert_eq!(test.store.take(), NOTHING);
}

/// CSRF: another site's forms come without cookies (`SameSite`). They must not set any, or they would fill the browser
/// until it forgets the user's.
#[tokio::test]
async fn a_form_without_cookies_sets_none() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    for place in [url.as_str(), ACCOUNT] {
        for form in ["", "dw_form_AAAA"] {
            let answer = test.send(post(place, &[("form", form), ("decision", "allow")])).await;
            assert!(asks_for_cookies(&answer), "{}", text(&answer));
        }
    }
}

/// Login CSRF: on https a sibling host can only plant cookies without the prefix `__Host-`.
#[tokio::test]
async fn a_cookie_that_a_sibling_host_planted_does_not_bind_a_page() {
    let test = TestServer::new().await;
    let url = Client::register(&test).await.url();
    let (mut mallory, mut alice) = (Person::alice(), Person::alice());
    let page = mallory.open(&test, &url).await;
    alice.open(&test, &url).await;
    let before = alice.cookies.clone();
    for (name, id) in mallory.cookies {
        let plain = name.strip_prefix("__Host-").expect("the prefix").to_owned();
        alice.cookies.insert(plain, id);
    }
    assert_eq!(alice.cookies.len(), before.len() + 1);
    let refused = alice.submit(&test, &page, "").await;
    assert_eq!((refused.status().as_u16(), events(&refused)), (403, vec![EventKind::Refused]));
}
