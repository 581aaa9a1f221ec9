//! Tests of the admin function as a real process: its answers, its refusals, and its log.

use doorward::ports::Timestamp;
use doorward::protocol::PersonId;
use doorward::store::AttemptKey;
use harness::deployed::environment;
use harness::process::Process;
use harness::{Client, Fault, Person, TestServer};
use serde_json::{Value, json};

/// A redirect URI of the clients in these tests.
const APP: &str = "https://app.example/callback";

/// The admin function, with the store of a test server.
struct Admin(Process);

impl Admin {
    async fn of(test: &TestServer) -> Self {
        let environment = environment(&test.emulator, &test.server.config, "admin");
        Self(Process::start("admin", &environment).await)
    }

    /// Executes a command. Returns the answer and the log lines, which must hold no secret.
    async fn execute(&mut self, command: Value) -> (Result<Value, Value>, Vec<String>) {
        let answer = self.0.invoke(command).await;
        let log = self.0.log();
        for secret in ["wonderland", "$argon2", "dw_secret_"] {
            assert!(!log.contains(secret), "{log}");
        }
        (answer, log.lines().map(str::to_owned).collect())
    }

    async fn done(&mut self, command: Value) -> Value {
        self.execute(command.clone()).await.0.unwrap_or_else(|refused| panic!("{command}: {refused}"))
    }
}

#[tokio::test]
async fn each_change_writes_one_log_line_and_a_list_writes_none() {
    let test = TestServer::new().await;
    let mut admin = Admin::of(&test).await;
    let client = Client::register(&test).await;
    client.obtain_tokens(&test, &mut Person::alice()).await;
    let listed = admin.done(json!({ "command": "list-grants", "person": "alice" })).await;
    let grant = listed["grants"][0]["grant"].as_str().unwrap().to_owned();
    let added = json!({
        "command": "add-client", "redirect_uris": [APP], "token_endpoint_auth_method": "client_secret_post",
    });
    let app = admin.done(added).await["client_id"].clone();
    for (command, line) in [
        (
            json!({ "command": "add-person", "name": "bob", "password": "wonderland" }),
            "person_added person=bob",
        ),
        (
            json!({ "command": "set-password", "name": "bob", "password": "wonderland" }),
            "password_set person=bob",
        ),
        (json!({ "command": "set-email", "name": "bob", "email": "b@acme.example" }), "email_set person=bob"),
        (
            json!({ "command": "disable-person", "name": "bob" }),
            r#"person_disabled reason="0 grants" person=bob"#,
        ),
        (json!({ "command": "enable-person", "name": "bob" }), "person_enabled person=bob"),
        (json!({ "command": "sign-out", "name": "bob" }), r#"signed_out reason="0 grants" person=bob"#),
        (
            json!({ "command": "unlock-person", "name": "bob" }),
            r#"person_unlocked reason="0 wrong passwords" person=bob by=operator"#,
        ),
        (json!({ "command": "revoke-grant", "grant": grant }), "revoked"),
        (json!({ "command": "revoke-grants", "person": "alice" }), "revoked"),
        (json!({ "command": "add-client", "redirect_uris": [APP] }), "client_added client=.."),
        (json!({ "command": "block-client", "client_id": app }), "client_blocked client=.."),
        (json!({ "command": "unblock-client", "client_id": app }), "client_unblocked client=.."),
        (json!({ "command": "remove-client", "client_id": app }), "client_removed client=.."),
        (json!({ "command": "rotate-keys" }), "keys_changed"),
    ] {
        let (answer, log) = admin.execute(command.clone()).await;
        assert!(answer.is_ok(), "{command}: {answer:?}");
        assert!(log.len() == 1 && log[0].starts_with(line), "{command}: {log:?}");
        assert!(log[0].contains(" correlation="), "{log:?}");
    }
    for list in [
        json!({ "command": "list-people" }),
        json!({ "command": "list-grants", "person": "alice" }),
        json!({ "command": "list-clients" }),
        json!({ "command": "list-keys" }),
        json!({ "command": "ensure-keys" }),
    ] {
        let (answer, log) = admin.execute(list.clone()).await;
        assert!(answer.is_ok() && log.is_empty(), "{list}: {answer:?} {log:?}");
    }
}

#[tokio::test]
async fn the_functions_see_the_changes_of_the_admin_function() {
    let test = TestServer::new().await;
    let mut admin = Admin::of(&test).await;
    let client = Client::register(&test).await;
    let generated = admin.done(json!({ "command": "add-person", "name": "carol" })).await;
    let password = generated["password"].as_str().unwrap();
    let mut carol = Person::new("carol", password);
    let tokens = client.obtain_tokens(&test, &mut carol).await;
    let signed_out = admin.done(json!({ "command": "sign-out", "name": "carol" })).await;
    assert_eq!(signed_out["grants_closed"], 1, "{signed_out}");
    let refused = test.send(client.refreshes(&tokens.refresh)).await;
    assert_eq!(harness::test_server::json(&refused)["error"], "invalid_grant");
    let mut carol = Person::new("carol", password);
    client.obtain_tokens(&test, &mut carol).await;
    let app = admin.done(json!({ "command": "add-client", "redirect_uris": [APP] })).await;
    let id = app["client_id"].as_str().unwrap().to_owned();
    Client { id, redirect_uri: APP.to_owned() }.obtain_tokens(&test, &mut carol).await;
}

/// The process has the time of this machine, and the functions that of the test. So their counters are of other hours.
#[tokio::test]
async fn the_admin_function_resets_the_counters_that_the_functions_use() {
    let test = TestServer::new().await;
    let mut admin = Admin::of(&test).await;
    admin.done(json!({ "command": "unlock-person", "name": "alice" })).await;
    let reset = test.emulator.every_call().into_iter().filter(|call| call.action == "dynamodb:DeleteItem");
    let reset: Vec<_> = reset.map(|call| call.body["Key"]["pk"]["S"].as_str().unwrap().to_owned()).collect();
    let alice = PersonId::parse("alice").unwrap();
    let [AttemptKey { name, .. }, _] = AttemptKey::both(&test.server.keys, &alice, Timestamp(0));
    for (reset, kind) in reset.iter().zip(["strangers", "known"]) {
        assert!(reset.starts_with(&format!("guesses#{name:04x}-{kind}-")), "{reset}");
    }
    assert_eq!(reset.len(), 2);
}

#[tokio::test]
async fn a_refused_command_returns_an_error_and_the_next_command_works() {
    let test = TestServer::new().await;
    let mut admin = Admin::of(&test).await;
    let first = admin.done(json!({ "command": "list-keys" })).await["keys"][0]["from"].clone();
    for (command, kind, why) in [
        (json!(null), "NoCommand", "a JSON object"),
        (json!([]), "NoCommand", "a JSON object"),
        (json!(["list-people", null]), "NoCommand", "a JSON object"),
        (json!(["list-keys"]), "NoCommand", "a JSON object"),
        (json!({ "command": "delete-everything" }), "NoCommand", "add-person"),
        (json!({ "command": "add-person" }), "NoCommand", "name"),
        (json!({ "command": "add-person", "name": "bob", "pasword": "wonderland" }), "NoCommand", "pasword"),
        (json!({ "command": "add-person", "name": "alice" }), "CommandRefused", "taken"),
        (json!({ "command": "sign-out", "name": "bob" }), "CommandRefused", "no user \"bob\""),
        (json!({ "command": "unlock-person", "name": "bob" }), "CommandRefused", "no user \"bob\""),
        (json!({ "command": "revoke-grant", "grant": "short" }), "NoCommand", "not a grant id"),
        (json!({ "command": "add-client", "redirect_uris": [] }), "CommandRefused", "redirect_uris"),
        (json!({ "command": "block-client", "client_id": "dw_known_x" }), "CommandRefused", "not whole"),
        (json!({ "command": "block-client", "client_id": "Bob Client" }), "CommandRefused", "no client id"),
        (
            json!({ "command": "remove-client", "client_id": "dw_known_x" }),
            "CommandRefused",
            "no client dw_known_x",
        ),
        (json!({ "command": "list-grants", "person": "bob" }), "CommandRefused", "no user \"bob\""),
        (json!({ "command": "forget-key", "from": first }), "KeysRefused", "in use"),
        (json!({ "command": "forget-key", "from": 1 }), "KeysRefused", "no key"),
    ] {
        let (answer, log) = admin.execute(command.clone()).await;
        let refused = answer.unwrap_err();
        let said = refused["errorMessage"].as_str().unwrap();
        assert!(refused["errorType"] == kind && said.contains(why), "{command}: {refused}");
        assert!(log.is_empty(), "{command}: {log:?}");
    }
    test.emulator.set_fault_for_all(Some(Fault::Throttled));
    let (answer, log) = admin.execute(json!({ "command": "list-people" })).await;
    let unanswered = answer.unwrap_err();
    assert!(unanswered["errorMessage"].as_str().unwrap().contains("did not answer"), "{unanswered}");
    assert!(log.is_empty(), "{log:?}");
    test.emulator.set_fault_for_all(None);
    admin.done(json!({ "command": "list-people" })).await;
}

/// Such a change may be published in part, so the alarm for operators has to see it.
#[tokio::test]
async fn a_change_of_keys_that_fails_halfway_leaves_a_line_and_a_failed_list_leaves_none() {
    let test = TestServer::new().await;
    let mut admin = Admin::of(&test).await;
    for (command, answered, lines) in [("rotate-keys", 2, 1), ("list-keys", 0, 0)] {
        test.emulator.set_faults([Fault::None].repeat(answered));
        test.emulator.set_faults([Fault::Down].repeat(4));
        let (answer, log) = admin.execute(json!({ "command": command })).await;
        assert!(answer.is_err(), "{command}: {answer:?}");
        let changes: Vec<_> = log.iter().filter(|line| line.starts_with("keys_changed")).collect();
        assert_eq!(changes.len(), lines, "{command}: {log:?}");
        assert!(changes.iter().all(|line| line.contains("not completed: ")), "{log:?}");
    }
}
