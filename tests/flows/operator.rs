//! Operator commands on users and their grants.

use crate::attempts::{LIMIT, guess, press_sign_out};
use crate::checks::events;
use crate::userinfo::{asks, redeem};
use doorward::operator::{Command, CommandError, Operator};
use doorward::ports::Deadline;
use doorward::protocol::{GrantId, PersonId, paths};
use doorward::store::{Added, Login};
use doorward::wire::{Event, EventKind};
use harness::client::Tokens;
use harness::fakes::TestKeys;
use harness::person::sent_on;
use harness::test_server::{PASSWORD, json as json_of, post, secret_of};
use harness::{Client, Person, TestServer};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) async fn order(
    test: &TestServer,
    command: Value,
) -> Result<(Value, Option<EventKind>), CommandError> {
    let (answer, event) = order_until(test, command, &Deadline::default()).await?;
    Ok((answer, event.map(|event| event.kind)))
}

/// Executes a command with a deadline.
pub(crate) async fn order_until(
    test: &TestServer,
    command: Value,
    deadline: &Deadline,
) -> Result<(Value, Option<Event>), CommandError> {
    let command: Command = serde_json::from_value(command).unwrap();
    let parts = &test.server;
    let (stores, passwords) = (parts.stores.clone(), parts.passwords.clone());
    let (clock, entropy) = (test.clock.clone(), parts.entropy.clone());
    let operator = Operator { stores, passwords, clock, entropy, keys: Arc::new(TestKeys) };
    let done = operator.execute(command, deadline).await?;
    if let Some(event) = &done.event {
        assert!(!event.to_string().contains("wonderland"), "{event}");
    }
    Ok((done.answer, done.event))
}

async fn is_active(test: &TestServer, token: &str) -> bool {
    let mcp = "https://mcp.example/mcp";
    let asks = [("token", token), ("client_id", mcp), ("client_secret", &secret_of(mcp))];
    json_of(&test.send(post(paths::INTROSPECT, &asks)).await)["active"] == true
}

#[tokio::test]
async fn an_added_user_signs_in_with_the_given_or_generated_password() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let given = json!({ "command": "add-person", "name": "bob", "password": "wonderland" });
    let (answer, event) = order(&test, given).await.unwrap();
    assert_eq!((answer, event), (json!({ "name": "bob" }), Some(EventKind::PersonAdded)));
    client.obtain_tokens(&test, &mut Person::new("bob", "wonderland")).await;
    let (answer, _) = order(&test, json!({ "command": "add-person", "name": "carol" })).await.unwrap();
    let drawn = answer["password"].as_str().unwrap();
    assert!(
        drawn.len() == 24 && drawn.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()),
        "{drawn}"
    );
    client.obtain_tokens(&test, &mut Person::new("carol", drawn)).await;
    let (answer, event) = order(&test, json!({ "command": "list-people" })).await.unwrap();
    let names: Vec<_> =
        answer["people"].as_array().unwrap().iter().map(|person| person["name"].as_str().unwrap()).collect();
    assert_eq!((names, event), (vec!["alice", "bob", "carol"], None));
    assert!(!answer.to_string().contains("$argon2") && !answer.to_string().contains("hash"), "{answer}");
}

#[tokio::test]
async fn a_new_password_ends_sessions_and_keeps_grants() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    let command = json!({ "command": "set-password", "name": "alice", "password": "wonderland" });
    let (_, event) = order(&test, command).await.unwrap();
    assert_eq!(event, Some(EventKind::PasswordSet));
    test.clock.pass(std::time::Duration::from_secs(60));
    let page = alice.open(&test, &client.url()).await;
    let decided = alice.submit(&test, &page, "allow").await;
    assert!(!sent_on(&decided).contains("code="), "the session has ended");
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    client.obtain_tokens(&test, &mut Person::new("alice", "wonderland")).await;
}

/// A grant keeps the address that the user allowed.
#[tokio::test]
async fn a_new_address_ends_sessions_and_counts_at_the_next_consent() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let set = async |email: Option<&str>| {
        let command = json!({ "command": "set-email", "name": "alice", "email": email });
        let (answer, event) = order(&test, command).await.unwrap();
        assert_eq!((&answer["email"], event), (&json!(email), Some(EventKind::EmailSet)));
    };
    let read = async |tokens: &Tokens| json_of(&test.send(asks(&tokens.access)).await)["email"].clone();
    let connect = async |alice: &mut Person| {
        Tokens::of(&redeem(&test, &client, alice, &[("scope", "openid email")]).await)
    };
    set(Some("alice@acme.example")).await;
    let mut alice = Person::alice();
    let first = connect(&mut alice).await;
    assert_eq!(read(&first).await, "alice@acme.example");
    set(Some("new@acme.example")).await;
    test.clock.pass(std::time::Duration::from_secs(60));
    let page = alice.open(&test, &client.url()).await;
    let decided = alice.submit(&test, &page, "allow").await;
    assert!(!sent_on(&decided).contains("code="), "the session has ended");
    assert_eq!(read(&first).await, "alice@acme.example", "as the user allowed it");
    assert_eq!(read(&connect(&mut Person::alice()).await).await, "new@acme.example");
    let (listed, _) = order(&test, json!({ "command": "list-people" })).await.unwrap();
    assert_eq!(listed["people"][0]["email"], "new@acme.example");
    set(None).await;
    assert_eq!(read(&connect(&mut Person::alice()).await).await, Value::Null);
}

#[tokio::test]
async fn the_address_of_a_user_of_a_provider_is_the_providers() {
    let test = TestServer::new().await;
    let id = PersonId::at_provider("https://idp.example", "7").unwrap();
    let ada = doorward::store::Person::new(id.clone(), Login::Provider { name: "Ada".to_owned() });
    assert_eq!(test.server.stores.people().add(ada).await.unwrap(), Added::New);
    let command = json!({ "command": "set-email", "name": id, "email": "a@acme.example" });
    assert!(order(&test, command).await.unwrap_err().to_string().contains("signs in at a provider"));
}

#[tokio::test]
async fn disabling_or_signing_out_a_user_closes_only_that_users_grants() {
    for (command, disabled) in [("disable-person", true), ("sign-out", false)] {
        let test = TestServer::new().await;
        test.introduce("bob", "bob's").await;
        let client = Client::register(&test).await;
        let mut alice = Person::alice();
        let hers =
            [client.obtain_tokens(&test, &mut alice).await, client.obtain_tokens(&test, &mut alice).await];
        let his = client.obtain_tokens(&test, &mut Person::new("bob", "bob's")).await;
        let (answer, _) = order(&test, json!({ "command": command, "name": "alice" })).await.unwrap();
        assert_eq!(answer["grants_closed"], 2, "{answer}");
        for tokens in &hers {
            assert!(!is_active(&test, &tokens.access).await);
            let refused = test.send(client.refreshes(&tokens.refresh)).await;
            assert_eq!(json_of(&refused)["error"], "invalid_grant");
        }
        assert!(is_active(&test, &his.access).await);
        let (again, _) = order(&test, json!({ "command": command, "name": "alice" })).await.unwrap();
        assert_eq!(again["grants_closed"], 0, "the command can be repeated");
        let mut fresh = Person::alice();
        let page = fresh.open(&test, &client.url()).await;
        let answer = fresh.submit(&test, &page, "").await;
        let expected = if disabled { EventKind::SignInFailed } else { EventKind::SignedIn };
        assert!(events(&answer).contains(&expected), "{:?}", events(&answer));
    }
    let test = TestServer::new().await;
    order(&test, json!({ "command": "disable-person", "name": "alice" })).await.unwrap();
    order(&test, json!({ "command": "enable-person", "name": "alice" })).await.unwrap();
    Client::register(&test).await.obtain_tokens(&test, &mut Person::alice()).await;
}

/// An attacker has used up the limit of wrong passwords for a name, in all kinds of browsers.
#[tokio::test]
async fn an_operator_unlocks_a_user_before_the_hour_ends() {
    let test = TestServer::new().await;
    let mut home = Person::alice();
    guess(&test, &mut home, "alice", PASSWORD).await;
    press_sign_out(&test, &mut home).await;
    for _ in 0..LIMIT {
        guess(&test, &mut Person::alice(), "alice", "wrong").await;
        guess(&test, &mut home, "alice", "wrong").await;
    }
    for browser in [&mut home, &mut Person::alice()] {
        assert_eq!(guess(&test, browser, "alice", PASSWORD).await.status(), 429);
    }
    let (answer, event) = order(&test, json!({ "command": "unlock-person", "name": "alice" })).await.unwrap();
    let counted = json!({ "name": "alice", "in_unknown_browsers": LIMIT, "in_known_browsers": LIMIT });
    assert_eq!((answer, event), (counted, Some(EventKind::PersonUnlocked)));
    for browser in [&mut home, &mut Person::alice()] {
        assert_eq!(guess(&test, browser, "alice", PASSWORD).await.status(), 303);
    }
}

#[tokio::test]
async fn a_single_grant_is_listed_and_revoked() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let [kept, revoked] =
        [client.obtain_tokens(&test, &mut alice).await, client.obtain_tokens(&test, &mut alice).await];
    let list = json!({ "command": "list-grants", "person": "alice" });
    let listed = order(&test, list.clone()).await.unwrap().0;
    let grants = listed["grants"].as_array().unwrap();
    assert!(
        grants.len() == 2 && grants.iter().all(|grant| grant["client"] == client.id.as_str()),
        "{listed}"
    );
    let claims = revoked.access.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let revoke = json!({ "command": "revoke-grant", "grant": claims["gid"] });
    let (answer, event) = order(&test, revoke.clone()).await.unwrap();
    assert_eq!((&answer["was_open"], event), (&json!(true), Some(EventKind::Revoked)));
    assert_eq!(order(&test, revoke).await.unwrap().0["was_open"], false);
    assert!(is_active(&test, &kept.access).await && !is_active(&test, &revoked.access).await);
    let listed = order(&test, list).await.unwrap().0;
    let closed = listed["grants"].as_array().unwrap().iter().filter(|grant| !grant["closed"].is_null());
    assert_eq!(closed.count(), 1, "{listed}");
}

#[tokio::test]
async fn revoking_all_grants_of_a_user_keeps_sessions() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let list = json!({ "command": "list-grants", "person": "alice" });
    assert_eq!(
        order(&test, list.clone()).await.unwrap().0["grants"],
        json!([]),
        "a user without grants is no error"
    );
    let tokens = client.obtain_tokens(&test, &mut alice).await;
    let never = order(&test, list.clone()).await.unwrap().0["grants"][0].clone();
    assert_eq!(never["last_used_at"], json!(null), "it was opened, and not refreshed");
    test.clock.pass(std::time::Duration::from_secs(3600));
    Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    let listed = order(&test, list.clone()).await.unwrap().0["grants"][0].clone();
    let used = listed["last_used_at"].as_u64().unwrap() - listed["opened_at"].as_u64().unwrap();
    assert_eq!((used, &listed["client_name"]), (3600, &json!("Test <b>client</b>")));
    assert_eq!((&listed["installation"], &listed["doubted_at"]), (&json!("Firefox on Linux"), &json!(null)));
    let revoke = json!({ "command": "revoke-grants", "person": "alice" });
    let (answer, event) = order(&test, revoke.clone()).await.unwrap();
    assert_eq!((&answer["grants_closed"], event), (&json!(1), Some(EventKind::Revoked)));
    assert_eq!(order(&test, revoke).await.unwrap().0["grants_closed"], 0);
    let page = alice.open(&test, &client.url()).await;
    let back = alice.submit(&test, &page, "allow").await;
    assert!(sent_on(&back).contains("code="), "the session is still valid");
}

#[tokio::test]
async fn an_invalid_command_is_refused_with_a_reason_and_changes_nothing() {
    let test = TestServer::new().await;
    let unknown = GrantId([9; 16]).to_string();
    for (command, why) in [
        (json!({ "command": "add-person", "name": "alice" }), "taken"),
        (json!({ "command": "add-person", "name": "bob", "password": "" }), "empty"),
        (json!({ "command": "add-person", "name": "a:b" }), "has no colon"),
        (json!({ "command": "set-password", "name": "bob" }), "no user \"bob\""),
        (json!({ "command": "set-email", "name": "bob", "email": "b@a.example" }), "no user \"bob\""),
        (json!({ "command": "disable-person", "name": "bob" }), "no user \"bob\""),
        (json!({ "command": "enable-person", "name": "bob" }), "no user \"bob\""),
        (json!({ "command": "sign-out", "name": "bob" }), "no user \"bob\""),
        (json!({ "command": "unlock-person", "name": "bob" }), "no user \"bob\""),
        (json!({ "command": "revoke-grant", "grant": unknown }), unknown.as_str()),
        (json!({ "command": "list-grants", "person": "carol" }), "no user \"carol\"; see list-people"),
        (json!({ "command": "revoke-grants", "person": "carol" }), "no user \"carol\"; see list-people"),
        (json!({ "command": "list-grants", "person": "client:robot" }), "no client robot"),
        (json!({ "command": "revoke-grants", "person": "client:robot" }), "no client robot"),
    ] {
        let refused = order(&test, command.clone()).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{command}: {refused}");
    }
    for nonsense in [
        json!({}),
        json!({ "command": "delete-everything" }),
        json!({ "command": "add-person" }),
        json!({ "command": "add-person", "name": " bob" }),
        json!({ "command": "add-person", "name": "bob", "pasword": "x" }),
        json!({ "command": "revoke-grant", "grant": "short" }),
        json!({ "command": "add-person", "name": "bob", "email": "bob" }),
        json!({ "command": "set-email", "name": "alice", "email": "a@b.example\n" }),
    ] {
        assert!(serde_json::from_value::<Command>(nonsense.clone()).is_err(), "{nonsense}");
    }
    test.store.set_broken(true);
    let broken = order(&test, json!({ "command": "list-people" })).await.unwrap_err().to_string();
    assert!(broken.contains("did not answer"), "{broken}");
    test.store.set_broken(false);
    let people = order(&test, json!({ "command": "list-people" })).await.unwrap().0;
    assert_eq!(people["people"].as_array().unwrap().len(), 1);
}
