//! Copies of clients' documents: users can connect a client while its web server does not answer, even in a process that
//! has just started.

use doorward::client::FetchError;
use harness::client::{Client, Tokens, look};
use harness::counting::Count;
use harness::keyed::{DOCUMENT, KeyPair, client, document, shown};
use harness::test_server::{json, text};
use harness::{Person, TestServer};
use serde_json::json as object;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A server whose user has allowed the client once.
async fn allowed() -> TestServer {
    let test = TestServer::new().await;
    test.web.publish(DOCUMENT, &document(&object!({})));
    client().obtain_code(&test, &mut Person::alice()).await;
    test
}

/// The server after a restart: nothing is in memory.
async fn restarted(test: TestServer) -> TestServer {
    test.with_empty_memory().await
}

#[tokio::test]
async fn while_the_server_of_a_document_is_away_a_new_process_uses_the_copy() {
    let test = restarted(allowed().await).await;
    for away in [
        |test: &TestServer| test.web.fail(DOCUMENT, FetchError::Unavailable("away".into())),
        |test: &TestServer| test.web.answer(DOCUMENT, 302, &[("location", "/x")], ""),
        |test: &TestServer| test.web.answer(DOCUMENT, 403, &[("content-type", "text/html")], "a robot?"),
        |test: &TestServer| test.web.answer(DOCUMENT, 503, &[], ""),
    ] {
        away(&test);
        test.clock.pass(Duration::from_secs(600));
        let tokens = client().obtain_tokens(&test, &mut Person::alice()).await;
        Tokens::of(&test.send(client().refreshes(&tokens.refresh)).await);
    }
}

#[tokio::test]
async fn a_document_that_is_gone_or_unsound_has_no_copy() {
    let test = restarted(allowed().await).await;
    for status in [404, 410, 400] {
        test.web.answer(DOCUMENT, status, &[], "");
        test.clock.pass(Duration::from_secs(60));
        assert_eq!(look(&test, &client().url()).await.status(), 400, "{status}");
    }
    test.web.publish(DOCUMENT, &object!({ "client_id": "https://other.example/" }));
    test.clock.pass(Duration::from_secs(60));
    assert_eq!(look(&test, &client().url()).await.status(), 400, "unsound");
}

#[tokio::test]
async fn a_copy_is_used_for_thirty_days() {
    let test = restarted(allowed().await).await;
    test.web.fail(DOCUMENT, FetchError::Unavailable("away".into()));
    test.clock.pass(DAY * 30 - Duration::from_secs(1));
    assert_eq!(look(&test, &client().url()).await.status(), 200);
    test.clock.pass(Duration::from_secs(600));
    assert_eq!(look(&test, &client().url()).await.status(), 503);
}

#[tokio::test]
async fn a_copy_is_written_at_allow_once_a_day_and_read_only_when_the_memory_has_none() {
    let test = TestServer::new().await;
    test.web.publish(DOCUMENT, &document(&object!({})));
    let mut alice = Person::alice();
    alice.reach_consent(&test, &client().url()).await;
    let consent = async |alice: &mut Person| {
        test.store.take();
        client().obtain_code(&test, alice).await;
        test.store.take()
    };
    assert_eq!(consent(&mut alice).await, Count { reads: 0, writes: 1 }, "the copy");
    assert_eq!(consent(&mut alice).await, Count { reads: 0, writes: 0 });
    test.web.publish(DOCUMENT, &document(&object!({ "client_name": "Another name" })));
    test.clock.pass(Duration::from_secs(600));
    test.store.take();
    look(&test, &client().url()).await;
    assert_eq!(test.store.take(), Count { reads: 0, writes: 0 }, "a page writes nothing");
    let restarted = restarted(test).await;
    restarted.web.fail(DOCUMENT, FetchError::Unavailable("away".into()));
    restarted.store.take();
    for reads in [1, 0] {
        assert_eq!(look(&restarted, &client().url()).await.status(), 200);
        assert_eq!(restarted.store.take(), Count { reads, writes: 0 });
    }
    for made_up in ["https://a.example/1", "https://a.example/2"] {
        let client = Client { id: made_up.to_owned(), ..client() };
        restarted.web.fail(made_up, FetchError::Unavailable("away".into()));
        assert_eq!(look(&restarted, &client.url()).await.status(), 503);
        assert_eq!(restarted.store.take(), Count { reads: 1, writes: 0 }, "{made_up}");
    }
}

/// Keys may have been withdrawn, so no key comes from a copy.
#[tokio::test]
async fn a_copy_is_no_source_of_keys() {
    let (test, key) = (TestServer::new().await, KeyPair::new(11));
    let signs = object!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key.jwk()] } });
    test.web.publish(DOCUMENT, &document(&signs));
    client().obtain_code(&test, &mut Person::alice()).await;
    let test = restarted(test).await;
    test.web.fail(DOCUMENT, FetchError::Unavailable("away".into()));
    let code = client().obtain_code(&test, &mut Person::alice()).await;
    let assertion = key.signs(&test, DOCUMENT, &object!({}));
    let refused = test.send(client().redeems_with(&code, &shown(&assertion))).await;
    assert_eq!(
        (refused.status().as_u16(), json(&refused)["error"].as_str()),
        (503, Some("temporarily_unavailable"))
    );
    let unsigned = json(&test.send(client().redeems(&code)).await);
    assert_eq!(unsigned["error"], "invalid_client", "the client still must sign");
}

#[tokio::test]
async fn widely_used_clients_have_a_pinned_document() {
    let test = TestServer::new().await;
    let id = "https://claude.ai/oauth/mcp-oauth-client-metadata";
    let client =
        Client { id: id.to_owned(), redirect_uri: "https://claude.ai/api/mcp/auth_callback".to_owned() };
    test.web.fail(id, FetchError::Unavailable("away".into()));
    let page = look(&test, &client.url()).await;
    assert_eq!(page.status(), 200, "{}", text(&page));
    let elsewhere = Client { redirect_uri: "https://evil.example/cb".to_owned(), ..client };
    assert_eq!(look(&test, &elsewhere.url()).await.status(), 400);
}
