//! Pre-registered clients that an operator adds, blocks and removes.

use crate::checks::events;
use crate::operator::order;
use doorward::protocol::paths;
use doorward::wire::{EventKind, Response};
use harness::client::{Client, Tokens, look};
use harness::counting::Count;
use harness::person::sent_on;
use harness::test_server::{header, json, text};
use harness::{Person, TestServer};
use serde_json::{Value, json};

const REDIRECT_URI: &str = "https://app.example/callback";

/// Adds a pre-registered client with this authentication method, and returns it with its secret, if it has one.
pub(crate) async fn known(test: &TestServer, auth_method: &str) -> (Client, Option<String>) {
    let command = json!({
        "command": "add-client", "client_name": "The app",
        "redirect_uris": [REDIRECT_URI, "http://localhost/callback"],
        "token_endpoint_auth_method": auth_method,
    });
    let (answer, event) = order(test, command).await.unwrap();
    assert_eq!(event, Some(EventKind::ClientAdded));
    let id = answer["client_id"].as_str().unwrap().to_owned();
    let secret = answer["client_secret"].as_str().map(str::to_owned);
    test.store.take();
    (Client { id, redirect_uri: REDIRECT_URI.to_owned() }, secret)
}

async fn to_client(test: &TestServer, command: &str, client: &Client) {
    let command = json!({ "command": command, "client_id": client.id });
    order(test, command).await.unwrap();
    test.store.take();
}

#[tokio::test]
async fn a_preregistered_client_costs_one_store_read_per_request() {
    let test = TestServer::new().await;
    let (client, secret) = known(&test, "none").await;
    assert_eq!(secret, None);
    let mut alice = Person::alice();
    let page = alice.open(&test, &client.url()).await;
    assert!(text(&page).contains("The app"), "{}", text(&page));
    assert_eq!(test.store.take(), Count { reads: 1, writes: 0 });
    let page = alice.reach_consent(&test, &client.url()).await;
    assert!(
        text(&page).contains("The operator of this server knows it")
            && !text(&page).contains("registered itself")
    );
    let code = client.obtain_code(&test, &mut alice).await;
    test.store.take();
    let tokens = Tokens::of(&test.send(client.redeems(&code)).await);
    assert_eq!(test.store.take(), Count { reads: 2, writes: 1 }, "the client and the user");
    let loopback = Client { redirect_uri: "http://localhost:4711/callback".to_owned(), ..client.clone() };
    loopback.obtain_tokens(&test, &mut alice).await;
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
}

#[tokio::test]
async fn a_preregistered_confidential_client_needs_its_secret() {
    for auth_method in ["client_secret_basic", "client_secret_post"] {
        let test = TestServer::new().await;
        let (client, secret) = known(&test, auth_method).await;
        let secret = secret.unwrap();
        let code = client.obtain_code(&test, &mut Person::alice()).await;
        for wrong in ["", "dw_secret_AAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            let refused = test.send(client.redeems_with(&code, &[("client_secret", wrong)])).await;
            assert_eq!(
                (refused.status().as_u16(), &json(&refused)["error"]),
                (401, &"invalid_client".into())
            );
        }
        let tokens = Tokens::of(&test.send(client.redeems_with(&code, &[("client_secret", &secret)])).await);
        let refreshed = client.refreshes_with(&tokens.refresh, &[("client_secret", &secret)]);
        Tokens::of(&test.send(refreshed).await);
        let listed = order(&test, json!({ "command": "list-clients" })).await.unwrap().0;
        assert!(!listed.to_string().contains(&secret), "a list has no secrets");
    }
}

/// The refusals of a client that is blocked or removed: by its record at once, and by the list of blocked clients when the process
/// has read it again. A process that executed the command reads it at once.
const REFUSED: [(u16, &str); 2] = [(401, "invalid_client"), (400, "unauthorized_client")];

fn is_refused(response: &Response) -> bool {
    let error = json(response)["error"].clone();
    REFUSED.iter().any(|(status, code)| response.status() == *status && error == *code)
}

#[tokio::test]
async fn a_blocked_client_is_refused_until_it_is_unblocked() {
    let test = TestServer::new().await;
    let (client, _) = known(&test, "none").await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    let page = alice.reach_consent(&test, &client.url()).await;
    let code = client.obtain_code(&test, &mut alice).await;
    to_client(&test, "block-client", &client).await;
    for request in [client.refreshes(&tokens.refresh), client.redeems(&code), client.revokes(&tokens.refresh)]
    {
        let refused = test.send(request).await;
        assert!(is_refused(&refused), "{}", text(&refused));
    }
    let decided = alice.submit(&test, &page, "allow").await;
    assert_eq!((decided.status().as_u16(), sent_on(&decided)), (400, ""), "from an open page");
    assert_eq!(events(&decided), [EventKind::Refused]);
    to_client(&test, "unblock-client", &client).await;
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    Tokens::of(&test.send(client.redeems(&code)).await);
}

#[tokio::test]
async fn a_removed_client_is_unknown() {
    let test = TestServer::new().await;
    let (client, _) = known(&test, "none").await;
    let tokens = client.obtain_tokens(&test, &mut Person::alice()).await;
    let list = async || order(&test, json!({ "command": "list-clients" })).await.unwrap().0;
    assert_eq!(list().await["clients"][0]["client_id"], client.id.as_str());
    to_client(&test, "remove-client", &client).await;
    assert_eq!(list().await["clients"], json!([]));
    let refused = test.send(client.refreshes(&tokens.refresh)).await;
    assert!(is_refused(&refused), "{}", text(&refused));
    assert_eq!(look(&test, &client.url()).await.status(), 400);
}

#[tokio::test]
async fn a_made_up_client_id_costs_no_store_access() {
    let test = TestServer::new().await;
    let (client, _) = known(&test, "none").await;
    let (start, end) = client.id.split_at(client.id.len() - 4);
    let turned: String = end.chars().map(|c| if c == 'A' { 'B' } else { 'A' }).collect();
    for id in [format!("{start}{turned}"), "dw_known_".to_owned(), "my-app".to_owned()] {
        let forged = Client { id, ..client.clone() };
        assert_eq!(look(&test, &forged.url()).await.status(), 400);
        assert_eq!(test.send(forged.redeems("x")).await.status(), 401);
    }
    assert_eq!(test.store.take(), crate::NOTHING);
}

#[tokio::test]
async fn during_a_store_outage_a_preregistered_client_gets_a_503() {
    let test = TestServer::new().await;
    let (client, _) = known(&test, "none").await;
    let code = client.obtain_code(&test, &mut Person::alice()).await;
    test.store.set_broken(true);
    let answer = test.send(client.redeems(&code)).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "retry-after")), (503, "2"));
    assert_eq!(look(&test, &client.url()).await.status(), 503);
    test.store.set_broken(false);
    Tokens::of(&test.send(client.redeems(&code)).await);
}

#[tokio::test]
async fn an_invalid_client_command_is_refused() {
    let test = TestServer::new().await;
    let add = |redirect_uris: Value| json!({ "command": "add-client", "redirect_uris": redirect_uris });
    let known = |command: &str| json!({ "command": command, "client_id": "dw_known_nobody" });
    for (command, why) in [
        (add(json!([])), "redirect_uris"),
        (add(json!(["http://app.example/"])), "http://app.example/ uses http on"),
        (add(json!([REDIRECT_URI, "javascript:x"])), "javascript:x uses a scheme"),
        (known("block-client"), "not whole, or its key was forgotten"),
        (known("unblock-client"), "no client dw_known_nobody; see list-clients"),
        (known("remove-client"), "no client dw_known_nobody; see list-clients"),
    ] {
        let refused = order(&test, command.clone()).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{command}: {refused}");
    }
    assert_eq!(order(&test, json!({ "command": "list-clients" })).await.unwrap().0["clients"], json!([]));
    assert_eq!(look(&test, paths::AUTHORIZE).await.status(), 400);
}
