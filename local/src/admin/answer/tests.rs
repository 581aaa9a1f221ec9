//! What an operator reads.

use super::*;
use serde_json::json;

#[test]
fn a_list_is_a_table_without_control_characters() {
    let answer = json!({ "people": [
        { "name": "alice", "disabled": false, "email": "alice@acme.example" },
        { "name": "\u{1b}[31mbob", "disabled": true, "called": "Bob" },
        { "name": "é\u{202e}字", "disabled": false },
    ]});
    let expected = "\
NAME           SIGN-IN   AT THE PROVIDER  EMAIL
alice          enabled                    alice@acme.example
\\u{1b}[31mbob  disabled  Bob
é\\u{202e}字     enabled
";
    assert_eq!(text("list-people", &answer), expected);
    assert_eq!(text("list-people", &json!({ "people": [] })), "There are none.\n");
}

#[test]
fn a_grant_is_open_in_doubt_or_closed() {
    let grant = |refreshed: Value, doubted: Value, closed: Value| {
        json!({ "grants": [{
            "grant": "AAAA", "client": "x".repeat(60), "client_name": null, "scope": "user", "resource": "https://mcp.example/mcp",
            "opened_at": 1_735_689_599, "last_used_at": refreshed, "doubted_at": doubted, "closed": closed,
        }]})
    };
    for (refreshed, doubted, closed, state) in [
        (Value::Null, Value::Null, Value::Null, "never         open "),
        (json!(17), json!(17), Value::Null, "1970-01-01T00:00:17Z  in doubt"),
        (Value::Null, Value::Null, json!([17, "SignedOut"]), "not kept      closed: signed out"),
    ] {
        let told = text("list-grants", &grant(refreshed, doubted, closed));
        // The id is whole, at the end of the line.
        assert!(told.ends_with(&format!("  {state}  {}\n", "x".repeat(60))), "{told}");
        assert!(
            told.contains("2024-12-31T23:59:59Z") && told.contains(&format!("{}…", "x".repeat(48))),
            "{told}"
        );
    }
}

#[test]
fn an_answer_says_what_is_left_to_do() {
    for (command, answer, part) in [
        ("add-person", json!({ "name": "alice", "password": "drawn" }), "shown only now: drawn\n"),
        ("set-password", json!({ "name": "alice" }), "sessions of before have ended.\n"),
        (
            "set-email",
            json!({ "name": "alice", "email": "a@b.example" }),
            "has the email address a@b.example, and",
        ),
        ("set-email", json!({ "name": "alice", "email": null }), "no email address now, and the sessions"),
        (
            "sign-out",
            json!({ "name": "alice", "grants_closed": 1, "repeat_after": 17 }),
            "1 grant was closed. Access tokens that were issued are accepted until they expire, except",
        ),
        (
            "sign-out",
            json!({ "name": "alice", "grants_closed": 2, "repeat_now": "no time" }),
            "(no time): run the command again",
        ),
        (
            "revoke-grant",
            json!({ "grant": "AAAA", "was_open": true }),
            "AAAA is closed. Access tokens that were issued",
        ),
        ("revoke-grant", json!({ "grant": "AAAA", "was_open": false }), "closed already"),
        (
            "add-client",
            json!({ "client_id": "id", "client_secret": "s" }),
            "client_secret  s\nThe secret is shown only now",
        ),
        (
            "block-client",
            json!({ "block": "redirect-host:a.example", "blocked": true }),
            "redirect-host:a.example is blocked now",
        ),
        (
            "block-client",
            json!({ "block": "robot", "blocked": true, "known": null }),
            "robot is blocked now. This command does not see whether",
        ),
        (
            "rotate-keys",
            json!({ "keys": [{ "key": "k", "state": "waits", "from": 0 }], "restart_from": 0 }),
            "after 1970-01-01T00:00:00Z",
        ),
        ("new-secret", json!({ "keys": [], "restart_from": 0 }), "Restart the server now"),
        (
            "forget-key",
            json!({ "keys": [{ "key": "k", "state": "in-use", "from": null }] }),
            "what it made is refused.\nKEY  USE\nk    is in use\n",
        ),
    ] {
        let told = text(command, &answer);
        assert!(told.contains(part), "{told}");
    }
}
