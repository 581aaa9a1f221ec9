//! Clients with a Client ID Metadata Document (CIMD): the `client_id` is the URL of the client's metadata.

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

/// A test server, and a client whose metadata document has these members.
async fn published(members: &Value) -> (TestServer, Client) {
    let test = TestServer::new().await;
    test.web.publish(DOCUMENT, &document(members));
    (test, client())
}

#[tokio::test]
async fn a_client_with_a_document_costs_one_write_more_at_its_first_consent() {
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
    assert_eq!(
        test.store.take(),
        Count { reads: 2, writes: 4 },
        "two for a sign-in in a new browser, one for the copy"
    );
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    assert_eq!(test.store.take(), Count { reads: 0, writes: 1 });
    assert_eq!(test.web.take(), 1, "the document was fetched once");
}

#[tokio::test]
async fn a_filled_in_secret_of_a_client_with_a_document_is_ignored() {
    let (test, client) = published(&object!({})).await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    let answer = test.send(client.redeems_with(&code, &[("client_secret", "x")])).await;
    assert_eq!(crate::checks::ignored(&answer), Some("client_secret"));
    Tokens::of(
        &test.send(client.refreshes_with(&Tokens::of(&answer).refresh, &[("client_secret", "x")])).await,
    );
}

#[tokio::test]
async fn the_port_of_a_loopback_redirect_uri_in_a_document_is_ignored() {
    let (test, client) = published(&object!({})).await;
    let client = Client { redirect_uri: "http://localhost:51234/callback".to_owned(), ..client };
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    test.send(client.revokes(&tokens.access)).await;
    let refused = test.send(client.refreshes(&tokens.refresh)).await;
    assert_eq!(json(&refused)["error"], "invalid_grant");
}

#[tokio::test]
async fn token_and_revocation_requests_fetch_no_document() {
    let (test, client) = published(&object!({})).await;
    for request in [client.redeems("x"), client.refreshes("x"), client.revokes("x")] {
        test.send(request).await;
    }
    assert_eq!((test.web.take(), test.store.take()), (0, NOTHING));
}

#[tokio::test]
async fn a_document_is_cached_for_its_ttl_and_at_most_an_hour() {
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
async fn an_old_document_is_used_while_its_server_is_down_until_a_changed_one_is_fetched() {
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
        assert_eq!(test.web.take(), 1, "a failed fetch is not repeated at once");
    }
    test.web.publish(DOCUMENT, &document(&object!({ "redirect_uris": ["https://app.example/elsewhere"] })));
    test.clock.pass(Duration::from_secs(10));
    assert_eq!(look(&test, &client.url()).await.status(), 400, "the redirect URI was removed");
    test.web.answer(DOCUMENT, 404, &[], "");
    test.clock.pass(Duration::from_secs(3600));
    let elsewhere = Client { redirect_uri: "https://app.example/elsewhere".to_owned(), ..client };
    assert_eq!(look(&test, &elsewhere.url()).await.status(), 400, "a 404 removes the client");
}

#[tokio::test]
async fn a_temporary_fetch_failure_is_a_503_and_an_invalid_client_a_400() {
    let (test, client) = published(&object!({})).await;
    test.web.fail(DOCUMENT, FetchError::Unavailable("away".into()));
    let page = look(&test, &client.url()).await;
    assert_eq!((page.status().as_u16(), header(&page, "retry-after")), (503, "2"));
    assert_eq!(crate::events(&page), [EventKind::Refused]);
    assert_eq!(look(&test, &client.url()).await.status(), 503);
    assert_eq!(test.web.take(), 1, "a failure is cached for ten seconds");
    test.web.publish(DOCUMENT, &document(&object!({})));
    test.clock.pass(Duration::from_secs(10));
    assert_eq!(look(&test, &client.url()).await.status(), 200);
}

#[tokio::test]
async fn an_invalid_document_is_refused_with_a_reason_that_repeats_none_of_its_text() {
    let sound = document(&object!({})).to_string();
    let message = "Call 555-0100";
    for (status, media_type, body, why) in [
        (404, "application/json", sound.clone(), "answered 404"),
        (200, "text/html", sound.clone(), "must be JSON"),
        (200, "application/json", sound.replace(r#""client_name":"The app","#, ""), "client_name"),
        (
            200,
            "application/json",
            document(&object!({ "client_name": "\u{200B}" })).to_string(),
            "client_name",
        ),
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

/// We ask for `identity`. A server or its cache may send something else all the same, for a time.
#[tokio::test]
async fn an_encoding_and_a_byte_order_mark_keep_no_user_out() {
    let json = ("content-type", "application/json");
    let sound = document(&object!({})).to_string();
    for (headers, body) in [
        (vec![json, ("content-encoding", "identity")], sound.clone()),
        (vec![json, ("content-encoding", "Identity, identity")], sound.clone()),
        (vec![json, ("content-encoding", "")], sound.clone()),
        (vec![json], format!("\u{FEFF}{sound}")),
    ] {
        let test = TestServer::new().await;
        test.web.answer(DOCUMENT, 200, &headers, &body);
        assert_eq!(look(&test, &client().url()).await.status(), 200, "{headers:?}");
    }
    for encoding in ["gzip", "br", "identity, gzip"] {
        let (test, client) = published(&object!({})).await;
        let encoded = [json, ("content-encoding", encoding)];
        assert_eq!(look(&test, &client.url()).await.status(), 200);
        test.web.answer(DOCUMENT, 200, &encoded, &sound);
        test.clock.pass(Duration::from_secs(3600));
        assert_eq!(look(&test, &client.url()).await.status(), 200, "a kept copy stays in use: {encoding}");
        let cold = TestServer::new().await;
        cold.web.answer(DOCUMENT, 200, &encoded, &sound);
        assert_eq!(look(&cold, &client.url()).await.status(), 503, "{encoding}");
    }
}

/// SSRF: these URLs are refused before any request is sent.
#[tokio::test]
async fn a_url_that_cannot_be_a_client_id_is_not_fetched() {
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
async fn the_consent_page_warns_that_any_local_program_could_claim_a_document() {
    let (test, client) = published(&object!({})).await;
    let client = Client { redirect_uri: "http://localhost:51234/callback".to_owned(), ..client };
    let page = read_out(&Person::alice().reach_consent(&test, &client.url()).await);
    assert!(page.contains("It says that it is the program described at app.example ("), "{page}");
    assert!(page.contains(DOCUMENT) && page.contains("Any program on your machine could say so"), "{page}");
}

#[tokio::test]
async fn an_uncacheable_document_is_not_used_while_its_server_is_down() {
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

/// SSRF: a URL on this server would make each request start another, as often as nested URLs fit into it.
#[tokio::test]
async fn a_document_on_this_server_is_not_fetched() {
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
async fn a_document_with_a_vendor_name_on_another_host_gets_a_warning() {
    let (test, client) = published(&object!({ "client_name": "Claude Code" })).await;
    let page = read_out(&Person::alice().reach_consent(&test, &client.url()).await);
    let said = "This is not Claude, though its name suggests it: it is described at app.example.";
    assert!(page.contains(said), "{page}");
}

#[tokio::test]
async fn the_account_page_says_where_each_client_comes_from() {
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
    assert!(page.contains("The operator of this server knows it."), "{page}");
}
