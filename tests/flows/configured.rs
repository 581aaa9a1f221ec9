//! Clients of the configuration: what `--client` and `--client-secret` say.

use doorward::config::{Config, ConfiguredClients, Lifetimes, client};
use doorward::protocol::digest::Digest;
use doorward::protocol::issuer::Issuer;
use harness::client::{Client, Tokens};
use harness::counting::Count;
use harness::house::{config, json, text};
use harness::{House, Person};

const REDIRECT_URI: &str = "https://app.example/callback";

/// A house that knows a public client and a confidential one.
async fn house() -> House {
    let app = client("my app=https://app.example/callback http://localhost/callback").unwrap();
    let mut robot = client("robot=https://app.example/callback").unwrap();
    robot.secret = Some(Digest::of("open sesame"));
    let clients = ConfiguredClients::new(vec![app, robot]).unwrap();
    let issuer = Issuer::parse("https://auth.example").unwrap();
    let config = config(issuer, "https://mcp.example/mcp", Lifetimes::default());
    House::of(Config { clients, ..config }).await
}

fn named(id: &str) -> Client {
    Client { id: id.to_owned(), redirect_uri: REDIRECT_URI.to_owned() }
}

#[tokio::test]
async fn they_sign_in_under_their_own_names_and_the_store_is_not_asked_who_they_are() {
    let house = house().await;
    let app = named("my app");
    let page = Person::alice().reach_consent(&house, &app.url()).await;
    assert!(text(&page).contains("my app") && text(&page).contains("Whoever runs this server knows it"));
    let code = app.obtain_code(&house, &mut Person::alice()).await;
    house.store.take();
    let tokens = Tokens::of(&house.send(app.redeems(&code)).await);
    assert_eq!(house.store.take(), Count { reads: 0, writes: 1 });
    Tokens::of(&house.send(app.refreshes(&tokens.refresh)).await);
    let loopback = Client { redirect_uri: "http://localhost:4711/callback".to_owned(), ..app };
    loopback.obtain_tokens(&house, &mut Person::alice()).await;
}

#[tokio::test]
async fn a_secret_is_asked_of_the_one_that_has_one_and_of_no_other() {
    let house = house().await;
    let (app, robot) = (named("my app"), named("robot"));
    let code = robot.obtain_code(&house, &mut Person::alice()).await;
    for wrong in [vec![], vec![("client_secret", "open")]] {
        let refused = house.send(robot.redeems_with(&code, &wrong)).await;
        assert_eq!((refused.status().as_u16(), &json(&refused)["error"]), (401, &"invalid_client".into()));
    }
    Tokens::of(&house.send(robot.redeems_with(&code, &[("client_secret", "open sesame")])).await);
    let code = app.obtain_code(&house, &mut Person::alice()).await;
    let refused = house.send(app.redeems_with(&code, &[("client_secret", "open sesame")])).await;
    assert_eq!(json(&refused)["error"], "invalid_client", "it was told of none");
}
