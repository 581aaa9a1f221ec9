//! Tests that run every emulated client against a test server.

use crate::client::{Client, Shows, Way};
use crate::clients::ALL;
use crate::connect::{Connection, connect};
use harness::keyed::KeyPair;
use harness::test_server::json;
use harness::{Person, TestServer};
use std::time::Duration;

/// The clients that these tests can run. A client with a document needs a server to which the tests can publish it.
fn those(is_one: impl Fn(&Client) -> bool) -> impl Iterator<Item = &'static Client> {
    let here = |client: &&Client| crate::DOCUMENTS || matches!(client.way, Way::Registration);
    ALL.iter().filter(here).filter(move |client| is_one(client))
}

async fn test(client: &Client) -> TestServer {
    match client.origin {
        None => TestServer::new().await,
        // A web page may call an MCP server only on its own machine.
        Some(_) => TestServer::at("http://127.0.0.1:9000", "http://127.0.0.1:8000/mcp").await,
    }
}

#[tokio::test]
async fn every_client_connects_and_refreshes() {
    for client in those(|_| true) {
        let tokens = connect(&test(client).await, client).await;
        let tokens = tokens.unwrap_or_else(|stopped| panic!("{}: {stopped}", client.name));
        assert!(tokens.scope.split(' ').any(|scope| scope == "user"), "{}: {}", client.name, tokens.scope);
    }
}

#[tokio::test]
async fn processes_that_race_one_refresh_token_all_get_the_head() {
    for client in those(|client| client.note.contains("processes")) {
        let (test, key) = (TestServer::new().await, KeyPair::new(11));
        let (connection, challenge) = Connection::open(&test, client, &key).await.unwrap();
        let code = connection.authorize(&mut Person::alice(), &connection.scope(&challenge)).await.unwrap();
        let first = connection.redeem(&code).await.unwrap();
        let mut refreshed = Vec::new();
        for _ in 0..4 {
            refreshed.push(connection.refresh(&first.refresh).await.unwrap().refresh);
        }
        assert!(refreshed.windows(2).all(|pair| pair[0] == pair[1]), "{}: all get the head", client.name);
        connection.refresh(&refreshed[0]).await.unwrap();
    }
}

#[tokio::test]
async fn installations_of_one_user_do_not_sign_each_other_out() {
    for client in those(|client| client.redirect_uri.contains("PORT") && client.shows[0] == Shows::Nothing) {
        let (test, key) = (TestServer::new().await, KeyPair::new(11));
        let (one, challenge) = Connection::open(&test, client, &key).await.unwrap();
        let other = Connection {
            port: 60001,
            id: one.id.clone(),
            ..Connection::open(&test, client, &key).await.unwrap().0
        };
        let mut held = Vec::new();
        for installation in [&one, &other] {
            let code = installation.authorize(&mut Person::alice(), &one.scope(&challenge)).await.unwrap();
            held.push(installation.redeem(&code).await.unwrap());
        }
        for (installation, tokens) in [&one, &other].into_iter().zip(held) {
            installation.refresh(&tokens.refresh).await.unwrap();
        }
    }
}

/// Clients recover by these errors: on `invalid_grant` they sign in again, on `invalid_client` they register again.
#[tokio::test]
async fn expired_tokens_and_unknown_clients_get_the_errors_that_clients_recover_from() {
    for client in those(|client| client.shows != [Shows::Signed; 2]) {
        let (test, key) = (test(client).await, KeyPair::new(11));
        let (mut connection, challenge) = Connection::open(&test, client, &key).await.unwrap();
        let code = connection.authorize(&mut Person::alice(), &connection.scope(&challenge)).await.unwrap();
        let tokens = connection.redeem(&code).await.unwrap();
        test.clock.pass(Duration::from_secs(400 * 24 * 60 * 60));
        let asks = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
        let answer = connection.ask(&asks, client.shows[1]).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &json(&answer)["error"]),
            (400, &"invalid_grant".into()),
            "{}",
            client.name
        );
        if let Way::Registration = client.way {
            connection.id = format!("{}x", connection.id);
            let answer = connection.ask(&asks, client.shows[1]).await.unwrap();
            let told = (answer.status().as_u16(), &json(&answer)["error"]);
            assert_eq!(told, (401, &"invalid_client".into()), "{}", client.name);
        }
    }
}

/// n8n registers one redirect URI and sends another, which no server may accept (open redirect). The error page names
/// it; the server does not redirect.
#[tokio::test]
async fn n8n_gets_an_error_page_that_names_its_unregistered_redirect_uri() {
    let test = TestServer::new().await;
    let registered =
        harness::Client::register_at(&test, "https://n8n.example/rest/oauth2-credential/callback").await;
    let comes =
        harness::Client { redirect_uri: "https://oauth.n8n.cloud/oauth2/callback".to_owned(), ..registered };
    let page = harness::client::look(&test, &comes.url()).await;
    assert_eq!(page.status(), 400);
    assert!(
        harness::test_server::text(&page)
            .contains("https://oauth.n8n.cloud/oauth2/callback is not registered for this client")
    );
}
