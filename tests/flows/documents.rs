//! Clients that are called by a URL, and say there what they are.

use crate::NOTHING;
use doorward::client::FetchError;
use doorward::wire::EventKind;
use harness::client::{Client, Tokens, look};
use harness::counting::Count;
use harness::keyed::{CALLBACK, DOCUMENT, client, document};
use harness::test_server::{header, json, read_out, text};
use harness::{Person, TestServer};
use serde_json::{Value, json as object};
use std::time::Duration;

/// A house, and a client whose document has these members.
async fn published(members: &Value) -> (TestServer, Client) {
    let test = TestServer::new().await;
    test.web.publish(DOCUMENT, &document(members));
    (test, client())
}

#[tokio::test]
async fn a_client_signs_in_by_its_document_and_costs_the_store_no_more_than_any() {
    let (test, client) = published(&object!({})).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url()).await;
    assert!(
        read_out(&page).contains("It is the program described at app.example (")
            && text(&page).contains("The app")
    );
    test.store.take();
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let tokens = Tokens::of(&test.send(client.redeems(&code)).await);
    assert_eq!(test.store.take(), Count { reads: 1, writes: 1 });
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    assert_eq!(test.store.take(), Count { reads: 0, writes: 1 });
    assert_eq!(test.web.take(), 1, "its server was asked once");
}

#[tokio::test]
async fn a_loopback_port_that_the_document_names_does_not_count() {
    let (test, client) = published(&object!({})).await;
    let client = Client { redirect_uri: "http://localhost:51234/callback".to_owned(), ..client };
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    test.send(client.revokes(&tokens.access)).await;
    let refused = test.send(client.refreshes(&tokens.refresh)).await;
    assert_eq!(json(&refused)["error"], "invalid_grant");
}

#[tokio::test]
async fn nothing_is_fetched_for_what_comes_to_the_token_endpoint() {
    let (test, client) = published(&object!({})).await;
    for request in [client.redeems("x"), client.refreshes("x"), client.revokes("x")] {
        test.send(request).await;
    }
    assert_eq!((test.web.take(), test.store.take()), (0, NOTHING));
}

#[tokio::test]
async fn a_document_is_kept_as_long_as_it_says_and_no_longer_than_an_hour() {
    for (cache_control, kept) in [
        ("max-age=600", 600),
        ("public, s-maxage=900, max-age=60", 900),
        ("max-age=0", 60),
        ("no-store", 60),
        ("max-age=99999999", 3600),
        ("", 300),
    ] {
        let (test, client) = published(&object!({})).await;
        let headers = [("content-type", "application/json; charset=utf-8"), ("cache-control", cache_control)];
        test.web.answer(DOCUMENT, 200, &headers, &document(&object!({})).to_string());
        for (wait, asked) in [(0, 1), (kept - 1, 0), (1, 1)] {
            test.clock.pass(Duration::from_secs(wait));
            assert_eq!(look(&test, &client.url()).await.status(), 200);
            assert_eq!(test.web.take(), asked, "{cache_control}: {wait}");
        }
    }
}

#[tokio::test]
async fn while_its_server_is_away_an_old_document_stands_in_and_a_changed_one_counts() {
    let (test, client) = published(&object!({})).await;
    assert_eq!(look(&test, &client.url()).await.status(), 200);
    test.web.take();
    for away in [
        |test: &TestServer| test.web.fail(DOCUMENT, FetchError::Unavailable("away".into())),
        |test: &TestServer| test.web.answer(DOCUMENT, 503, &[], ""),
        |test: &TestServer| test.web.answer(DOCUMENT, 403, &[("content-type", "text/html")], "a robot?"),
    ] {
        away(&test);
        test.clock.pass(Duration::from_secs(3600));
        assert_eq!(look(&test, &client.url()).await.status(), 200);
        assert_eq!(look(&test, &client.url()).await.status(), 200);
        assert_eq!(test.web.take(), 1, "it is not asked again at once");
    }
    test.web.publish(DOCUMENT, &document(&object!({ "redirect_uris": ["https://app.example/elsewhere"] })));
    test.clock.pass(Duration::from_secs(10));
    assert_eq!(look(&test, &client.url()).await.status(), 400, "the callback is no longer there");
    test.web.answer(DOCUMENT, 404, &[], "");
    test.clock.pass(Duration::from_secs(3600));
    let elsewhere = Client { redirect_uri: "https://app.example/elsewhere".to_owned(), ..client };
    assert_eq!(look(&test, &elsewhere.url()).await.status(), 400, "the client is no more");
}

#[tokio::test]
async fn a_passing_failure_is_told_apart_from_a_bad_client() {
    let (test, client) = published(&object!({})).await;
    test.web.fail(DOCUMENT, FetchError::Unavailable("away".into()));
    let page = look(&test, &client.url()).await;
    assert_eq!((page.status().as_u16(), header(&page, "retry-after")), (503, "2"));
    assert_eq!(crate::events(&page), [EventKind::Refused]);
    assert_eq!(look(&test, &client.url()).await.status(), 503);
    assert_eq!(test.web.take(), 1, "a failure is remembered for ten seconds");
    test.web.publish(DOCUMENT, &document(&object!({})));
    test.clock.pass(Duration::from_secs(10));
    assert_eq!(look(&test, &client.url()).await.status(), 200);
}

#[tokio::test]
async fn what_is_no_clients_document_is_refused_with_a_reason_that_nobody_else_wrote() {
    let sound = document(&object!({})).to_string();
    let message = "Call 555-0100";
    for (status, media_type, body, why) in [
        (301, "application/json", sound.clone(), "answered 301"),
        (404, "application/json", sound.clone(), "answered 404"),
        (200, "text/html", sound.clone(), "not plain JSON"),
        (200, "application/json", "{".to_owned(), "JSON"),
        (200, "application/json", document(&object!({ "client_id": message })).to_string(), "client_id"),
        (
            200,
            "application/json",
            document(&object!({ "redirect_uris": message })).to_string(),
            "invalid type",
        ),
        (
            200,
            "application/json",
            document(&object!({ "redirect_uris": [message] })).to_string(),
            "redirect_uris",
        ),
        (
            200,
            "application/json",
            document(&object!({ "client_secret": message })).to_string(),
            "client_secret",
        ),
    ] {
        let test = TestServer::new().await;
        test.web.answer(DOCUMENT, status, &[("content-type", media_type)], &body);
        let page = look(&test, &client().url()).await;
        assert_eq!((page.status().as_u16(), header(&page, "location")), (400, ""), "{body}");
        assert!(text(&page).contains(why) && !text(&page).contains("555"), "{}", text(&page));
        assert_eq!(test.store.take(), NOTHING);
    }
}

#[tokio::test]
async fn a_url_that_is_no_clients_is_not_asked() {
    let test = TestServer::new().await;
    for id in [
        "http://app.example/client.json",
        "https://app.example",
        "https://app.example/../x",
        "https://user@app.example/x",
        "http://localhost/client.json",
        "https://localhost/client.json",
        "https://127.0.0.1/client.json",
        "https://[::1]/client.json",
    ] {
        let client = Client { id: id.to_owned(), redirect_uri: CALLBACK.to_owned() };
        assert_eq!(look(&test, &client.url()).await.status(), 400, "{id}");
    }
    assert_eq!(test.web.take(), 0);
}

#[tokio::test]
async fn on_ones_own_machine_any_program_could_say_that_it_is_the_one() {
    let (test, client) = published(&object!({})).await;
    let client = Client { redirect_uri: "http://localhost:51234/callback".to_owned(), ..client };
    let page = read_out(&Person::alice().reach_consent(&test, &client.url()).await);
    assert!(page.contains("It says that it is the program described at app.example ("), "{page}");
    assert!(page.contains(DOCUMENT) && page.contains("Any program on your machine could say so"), "{page}");
}

#[tokio::test]
async fn what_must_not_be_kept_does_not_stand_in() {
    for cache_control in ["no-store", "max-age=60, must-revalidate"] {
        let (test, client) = published(&object!({})).await;
        let headers = [("content-type", "application/json"), ("cache-control", cache_control)];
        test.web.answer(DOCUMENT, 200, &headers, &document(&object!({})).to_string());
        assert_eq!(look(&test, &client.url()).await.status(), 200);
        test.web.fail(DOCUMENT, FetchError::Unavailable("away".into()));
        test.clock.pass(Duration::from_secs(60));
        assert_eq!(look(&test, &client.url()).await.status(), 503, "{cache_control}");
    }
}

/// Each request would become another, as often as its URL has room for.
#[tokio::test]
async fn this_server_is_not_made_to_ask_itself() {
    let test = TestServer::new().await;
    for id in [
        "https://auth.example/oauth/authorize?client_id=https://auth.example/client.json",
        "https://auth.example:8443/client.json",
        "https://mcp.example/client.json",
    ] {
        let client = Client { id: id.to_owned(), redirect_uri: CALLBACK.to_owned() };
        assert_eq!(look(&test, &client.url()).await.status(), 400, "{id}");
    }
    assert_eq!(test.web.take(), 0);
}

#[tokio::test]
async fn a_document_that_takes_a_vendors_name_elsewhere_is_called_out() {
    let (test, client) = published(&object!({ "client_name": "Claude Code" })).await;
    let page = read_out(&Person::alice().reach_consent(&test, &client.url()).await);
    let said = "This is not Claude, though its name suggests it: it is described at app.example.";
    assert!(page.contains(said), "{page}");
}

#[tokio::test]
async fn the_accounts_page_says_who_vouches_for_a_client() {
    let (test, published) = published(&object!({})).await;
    let command = object!({ "command": "add-client", "redirect_uris": ["https://known.example/callback"] });
    let added = crate::operator::order(&test, command).await.unwrap().0;
    let id = added["client_id"].as_str().unwrap().to_owned();
    let known = Client { id, redirect_uri: "https://known.example/callback".to_owned() };
    let mut alice = Person::alice();
    for client in [published, known] {
        client.obtain_tokens(&test, &mut alice).await;
    }
    let page = read_out(&alice.open(&test, doorward::protocol::paths::ACCOUNT).await);
    assert!(page.contains("The program described at app.example."), "{page}");
    assert!(page.contains("Whoever runs this server knows it."), "{page}");
}
