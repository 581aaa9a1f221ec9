//! Pre-registered clients from the configuration (`--client` and `--client-secret`).

use crate::checks::ignored;
use doorward::client::Authentication;
use doorward::config::{ConfigError, ConfiguredClient, InvalidClient};
use doorward::protocol::{ClientId, Digest, RegisteredRedirectUri, Scope, paths};
use harness::client::{Client, Tokens};
use harness::counting::Count;
use harness::test_server::{json, post, sound, text};
use harness::{Person, TestServer};

const REDIRECT_URI: &str = "https://app.example/callback";

/// A test server with a public and a confidential pre-registered client.
async fn test() -> TestServer {
    let app = client("my app", &["https://app.example/callback", "http://localhost/callback"]);
    let robot = ConfiguredClient {
        authentication: Authentication::Secret(Digest::of("open sesame")),
        own_scope: Scope::parse("files").unwrap(),
        ..client("robot", &["https://app.example/callback"])
    };
    TestServer::of(sound().client(app).client(robot)).await
}

fn client(id: &str, redirect_uris: &[&str]) -> ConfiguredClient {
    ConfiguredClient {
        id: ClientId(id.to_owned()),
        redirect_uris: RegisteredRedirectUri::parse_all(redirect_uris.iter().copied()).unwrap(),
        authentication: Authentication::None,
        own_scope: Scope::default(),
    }
}

fn named(id: &str) -> Client {
    Client { id: id.to_owned(), redirect_uri: REDIRECT_URI.to_owned() }
}

#[tokio::test]
async fn configured_clients_are_found_by_name_without_a_store_read() {
    let test = test().await;
    let app = named("my app");
    let page = Person::alice().reach_consent(&test, &app.url()).await;
    assert!(text(&page).contains("my app") && text(&page).contains("The operator of this server knows it"));
    let code = app.obtain_code(&test, &mut Person::alice()).await;
    test.store.take();
    let tokens = Tokens::of(&test.send(app.redeems(&code)).await);
    assert_eq!(test.store.take(), Count { reads: 1, writes: 1 });
    Tokens::of(&test.send(app.refreshes(&tokens.refresh)).await);
    let loopback = Client { redirect_uri: "http://localhost:4711/callback".to_owned(), ..app };
    loopback.obtain_tokens(&test, &mut Person::alice()).await;
}

#[tokio::test]
async fn a_secret_is_required_from_the_confidential_client_and_ignored_from_the_public_one() {
    let test = test().await;
    let (app, robot) = (named("my app"), named("robot"));
    let code = robot.obtain_code(&test, &mut Person::alice()).await;
    for wrong in [vec![], vec![("client_secret", "open")]] {
        let refused = test.send(robot.redeems_with(&code, &wrong)).await;
        assert_eq!((refused.status().as_u16(), &json(&refused)["error"]), (401, &"invalid_client".into()));
    }
    Tokens::of(&test.send(robot.redeems_with(&code, &[("client_secret", "open sesame")])).await);
    let code = app.obtain_code(&test, &mut Person::alice()).await;
    let answer = test.send(app.redeems_with(&code, &[("client_secret", "open sesame")])).await;
    Tokens::of(&answer);
    assert_eq!(ignored(&answer), Some("client_secret"), "it has no secret");
}

#[tokio::test]
async fn a_client_with_its_own_scope_may_use_client_credentials() {
    let test = test().await;
    let ask = |id: &str, secret: &str| {
        let fields = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        post(paths::TOKEN, &fields)
    };
    assert_eq!(json(&test.send(ask("robot", "open sesame")).await)["scope"], "files");
    assert_eq!(json(&test.send(ask("robot", "")).await)["error"], "invalid_client");
    assert_eq!(json(&test.send(ask("my app", "")).await)["error"], "unauthorized_client");
}

#[test]
fn a_client_without_redirect_uri_or_authenticated_own_scope_is_refused() {
    let (robot, id) = (client("robot", &[]), ClientId("robot".to_owned()));
    let own_scope = Scope::parse("user").unwrap();
    for (useless, refused) in [
        (robot.clone(), InvalidClient::Useless(id.clone())),
        (ConfiguredClient { own_scope, ..robot }, InvalidClient::Unauthenticated(id)),
    ] {
        assert_eq!(sound().client(useless).build().unwrap_err(), ConfigError::Client(refused));
    }
}
