//! Clients that an operator has blocked: by id, by the host of a redirect URI, by the host of the metadata document.

use crate::operator::order;
use crate::preregistered::known;
use doorward::client::{Authentication, Block};
use doorward::config::ConfiguredClient;
use doorward::ports::Clock;
use doorward::protocol::{ClientId, RedirectUri, Scope, paths};
use harness::client::{Client, Tokens};
use harness::counting::Count;
use harness::keyed::{self, DOCUMENT, document};
use harness::test_server::{get, json, post, secret_of, sound, text};
use harness::{Person, TestServer};
use serde_json::json as object;
use std::time::Duration;

/// The time after which a change counts in every process. A code is still good then.
const SOON: Duration = Duration::from_secs(46);

async fn set(test: &TestServer, block: &str, blocked: bool) {
    let block = Block::parse(block).unwrap();
    test.server.stores.blocks().set(&block, blocked).await.unwrap();
    test.clock.pass(SOON);
}

async fn is_active(test: &TestServer, token: &str) -> bool {
    let mcp = test.server.config.resources().default().resource.as_str();
    let asks = [("token", token), ("client_id", mcp), ("client_secret", &secret_of(mcp))];
    json(&test.send(post(paths::INTROSPECT, &asks)).await)["active"] == true
}

/// Blocks the client at every endpoint, and unblocks it again: its grant is as before.
async fn is_refused_until_unblocked(test: &TestServer, client: &Client, block: &str) {
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(test, &mut alice).await;
    let code = client.obtain_code(test, &mut alice).await;
    assert!(is_active(test, &tokens.access).await);
    set(test, block, true).await;
    let page = test.send(get(&client.url())).await;
    assert_eq!(page.status(), 400, "{block}: {}", text(&page));
    assert!(text(&page).contains("has blocked the client"), "{block}: {}", text(&page));
    for request in [client.refreshes(&tokens.refresh), client.redeems(&code)] {
        assert_eq!(json(&test.send(request).await)["error"], "unauthorized_client", "{block}");
    }
    assert!(!is_active(test, &tokens.access).await, "{block}");
    set(test, block, false).await;
    assert!(is_active(test, &tokens.access).await, "{block}");
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
}

#[tokio::test]
async fn a_registered_client_is_blocked_by_id_and_by_the_host_of_its_redirect_uri() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let host = client.redirect_uri.split(['/', ':']).nth(3).unwrap();
    for block in [client.id.clone(), format!("redirect-host:{host}")] {
        is_refused_until_unblocked(&test, &client, &block).await;
    }
}

/// Also when the server has read the list just before.
#[tokio::test]
async fn a_command_of_the_same_process_counts_at_once() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    assert_eq!(test.send(get(&client.url())).await.status(), 200);
    for (command, status) in [("block-client", 400), ("unblock-client", 200)] {
        order(&test, object!({ "command": command, "client_id": client.id })).await.unwrap();
        assert_eq!(test.send(get(&client.url())).await.status(), status, "{command}");
    }
}

#[tokio::test]
async fn a_client_with_a_document_is_blocked_by_url_and_by_the_host_of_its_document() {
    let test = TestServer::new().await;
    test.web.publish(DOCUMENT, &document(&object!({})));
    for block in [DOCUMENT, "document-host:app.example", "document-host:example"] {
        is_refused_until_unblocked(&test, &keyed::client(), block).await;
    }
}

#[tokio::test]
async fn a_client_with_a_document_gets_no_sign_in_with_a_redirect_uri_on_a_blocked_host() {
    let test = TestServer::new().await;
    test.web.publish(DOCUMENT, &document(&object!({ "redirect_uris": ["https://evil.example/cb"] })));
    let client = Client { redirect_uri: "https://evil.example/cb".to_owned(), ..keyed::client() };
    assert_eq!(test.send(get(&client.url())).await.status(), 200);
    set(&test, "redirect-host:evil.example", true).await;
    assert_eq!(test.send(get(&client.url())).await.status(), 400);
}

#[tokio::test]
async fn a_blocked_host_is_not_asked_for_documents() {
    let test = TestServer::new().await;
    test.web.publish(DOCUMENT, &document(&object!({})));
    set(&test, "document-host:app.example", true).await;
    assert_eq!(test.send(get(&keyed::client().url())).await.status(), 400);
    assert_eq!(test.web.take(), 0);
}

#[tokio::test]
async fn the_configuration_blocks_too() {
    let test = TestServer::of(sound().block(Block::parse("redirect-host:app.example").unwrap())).await;
    test.web.publish(DOCUMENT, &document(&object!({})));
    assert_eq!(test.send(get(&keyed::client().url())).await.status(), 400);
}

#[tokio::test]
async fn introspection_calls_the_tokens_of_a_blocked_or_removed_preregistered_client_inactive() {
    for command in ["block-client", "remove-client"] {
        let test = TestServer::new().await;
        let (client, _) = known(&test, "none").await;
        let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
        assert!(is_active(&test, &tokens.access).await);
        order(&test, object!({ "command": command, "client_id": client.id })).await.unwrap();
        test.clock.pass(SOON);
        assert!(!is_active(&test, &tokens.access).await, "{command}");
    }
}

#[tokio::test]
async fn a_configured_client_is_blocked_by_the_host_of_its_redirect_uri() {
    let uri = "https://app.example/cb";
    let configured = ConfiguredClient {
        id: ClientId("app".to_owned()),
        redirect_uris: [RedirectUri::parse(uri).unwrap().registered().clone()].into(),
        authentication: Authentication::None,
        own_scope: Scope::default(),
    };
    let test = TestServer::of(sound().client(configured)).await;
    let client = Client { id: "app".to_owned(), redirect_uri: uri.to_owned() };
    is_refused_until_unblocked(&test, &client, "redirect-host:app.example").await;
}

/// An operator who is told that a client is blocked believes that an attacker is out.
#[tokio::test]
async fn a_command_that_would_block_no_client_is_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let (removed, _) = known(&test, "none").await;
    order(&test, object!({ "command": "remove-client", "client_id": removed.id })).await.unwrap();
    let end = &client.id[client.id.len() - 12..];
    for (command, member, sent, why) in [
        ("block-client", "client_id", "Bob Client", "this is no client id"),
        ("block-client", "client_id", &format!("..{end}"), "this is no client id"),
        ("block-client", "client_id", "AAAAAAAAAAAAAAAAAAAAAA", "this is no client id"),
        ("block-client", "client_id", "", "this is no client id"),
        ("block-client", "client_id", "http://app.example/client.json", "this is no client id"),
        ("block-client", "client_id", &client.id[..client.id.len() - 1], "this client id is not whole"),
        ("block-client", "client_id", &removed.id, "there is no client dw_known_"),
        ("block-client", "configured_client", &client.id, "can be no client id of the server's settings"),
        ("unblock-client", "client_id", &client.id, "is not blocked; see list-blocks"),
        ("unblock-client", "client_id", "nothing", "nothing is not blocked; see list-blocks"),
        ("unblock-client", "redirect_host", "app.example", "redirect-host:app.example is not blocked"),
        ("remove-client", "client_id", &client.id, "there is no client dw_client_"),
        ("remove-client", "client_id", &removed.id, "there is no client dw_known_"),
    ] {
        let command = object!({ "command": command, member: sent });
        let refused = order(&test, command.clone()).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{command}: {refused}");
    }
    let listed = order(&test, object!({ "command": "list-blocks" })).await.unwrap().0;
    assert_eq!(listed["blocks"], object!([removed.id]), "the refused commands changed nothing");
}

#[tokio::test]
async fn a_client_of_the_settings_and_one_with_a_document_are_blocked_by_command() {
    let test = TestServer::new().await;
    for (member, id) in [("configured_client", "my app"), ("client_id", DOCUMENT)] {
        let block = object!({ "command": "block-client", member: id });
        assert_eq!(order(&test, block).await.unwrap().0["block"], id);
        let list =
            async || order(&test, object!({ "command": "list-blocks" })).await.unwrap().0["blocks"].clone();
        assert_eq!(list().await, object!([id]));
        // The id as list-blocks shows it.
        order(&test, object!({ "command": "unblock-client", "client_id": id })).await.unwrap();
        assert_eq!(list().await, object!([]));
    }
}

/// The block has two writes, and the second did not happen.
#[tokio::test]
async fn a_client_that_only_its_record_blocks_can_be_unblocked() {
    let test = TestServer::new().await;
    let (client, _) = known(&test, "none").await;
    test.server.stores.clients().block(&ClientId(client.id.clone()), true).await.map(|_| ()).unwrap();
    order(&test, object!({ "command": "unblock-client", "client_id": client.id })).await.unwrap();
    assert_eq!(test.send(get(&client.url())).await.status(), 200);
}

#[tokio::test]
async fn the_list_is_read_about_once_a_minute_and_outlives_a_fault_of_the_store() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    test.store.take_block_lists();
    for _ in 0..3 {
        assert_eq!(test.send(get(&client.url())).await.status(), 200);
    }
    assert_eq!((test.store.take_block_lists(), test.store.take()), (1, Count { reads: 0, writes: 0 }));
    set(&test, &client.id, true).await;
    assert_eq!(test.send(get(&client.url())).await.status(), 400);
    test.store.set_broken(true);
    test.clock.pass(SOON);
    assert_eq!(test.send(get(&client.url())).await.status(), 400, "the list of before");
    test.clock.pass(SOON * 15);
    assert_eq!(test.send(get(&client.url())).await.status(), 503);
}

#[tokio::test]
async fn a_process_reads_the_list_before_its_first_request() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let read_ahead = async || test.server.stores.read_blocked_clients(test.clock.now()).await;
    test.store.take_block_lists();
    test.store.set_broken(true);
    read_ahead().await;
    test.store.set_broken(false);
    read_ahead().await;
    assert_eq!(test.store.take_block_lists(), 2, "a fault is not kept");
    assert_eq!(test.send(get(&client.url())).await.status(), 200);
    assert_eq!(test.store.take_block_lists(), 0);
    test.clock.pass(SOON);
    assert_eq!(test.send(get(&client.url())).await.status(), 200);
    assert_eq!(test.store.take_block_lists(), 1, "a process that waited for its first request reads again");
}
