//! `doorward admin` as a process: with a server that runs, with one that is stopped, and what is refused.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod attempts;
mod host;
mod keys;

use host::{Host, text, uid};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

/// Executes each command, and returns the answers and whether the commands succeeded. Random values are replaced.
fn answers(host: &Host) -> Vec<(Value, bool)> {
    let app = "https://app.example/cb";
    let method = "--token-endpoint-auth-method";
    let (added, _) = host.json(&["add-client", "--redirect-uri", app, method, "client_secret_basic"]);
    let id = added["client_id"].as_str().unwrap().to_owned();
    assert!(added["client_secret"].as_str().unwrap().starts_with("dw_secret_"), "{added}");
    let commands: &[&[&str]] = &[
        &["add-person", "alice"],
        &["add-person", "alice"],
        &["set-password", "alice"],
        &["set-email", "alice", "--email", "alice@acme.example"],
        &["set-email", "alice", "--email", "alice"],
        &["disable-person", "alice"],
        &["list-people"],
        &["set-email", "alice"],
        &["add-person", "bob", "--email", "bob@acme.example"],
        &["enable-person", "alice"],
        &["unlock-person", "alice"],
        &["unlock-person", "carol"],
        &["sign-out", "alice"],
        &["list-grants", "alice"],
        &["revoke-grant", "AAAAAAAAAAAAAAAAAAAAAA"],
        &["revoke-grant", "short"],
        &["revoke-grants", "alice"],
        &["list-clients"],
        &["block-client", &id],
        &["list-blocks"],
        &["unblock-client", &id],
        &["block-client", "--redirect-host", "evil.example"],
        &["unblock-client", "--redirect-host", "evil.example"],
        &["block-client", "--document-host", "not a host"],
        &["remove-client", &id],
        &["list-blocks"],
        &["add-client"],
        &["list-keys"],
        &["forget-key", "unknown"],
        &["new-secret"],
        &["rotate-keys"],
    ];
    let answers = commands.iter().map(|command| {
        let (mut answer, succeeded) = host.json(command);
        for key in ["password", "repeat_after", "restart_from"] {
            if answer[key].is_string() || answer[key].is_number() {
                answer[key] = "…".into();
            }
        }
        for key in answer.get_mut("keys").and_then(Value::as_array_mut).into_iter().flatten() {
            key["key"] = "…".into();
            if key["from"].is_number() {
                key["from"] = "…".into();
            }
        }
        let text = answer.to_string().replace(&id, "ID").replace(&added["added_at"].to_string(), "0");
        (serde_json::from_str(&text).unwrap(), succeeded)
    });
    answers.collect()
}

#[test]
fn a_server_that_runs_and_one_that_is_stopped_give_the_same_answers() {
    let (running, stopped) = (Host::new(), Host::with_store());
    let server = running.serve(&[]);
    let (of_running, of_stopped) = (answers(&running), answers(&stopped));
    assert_eq!(of_running, of_stopped);
    assert_eq!(of_running[0], (json!({ "name": "alice", "password": "…" }), true));
    let taken = json!({ "errorType": "CommandRefused", "errorMessage": "this name is taken" });
    assert_eq!(of_running[1], (taken, false));
    let log = server.end();
    assert_eq!(log.matches(&format!(" by=operator uid={} correlation=", uid())).count(), 17, "{log}");
    assert!(log.contains(" info person_added person=alice by=operator uid="), "{log}");
    assert!(!log.contains("dw_secret_"), "{log}");
}

#[test]
fn a_password_comes_from_standard_input_and_is_in_no_log_and_no_answer() {
    let host = Host::new();
    let server = host.serve(&[]);
    for (command, told) in
        [("add-person", "alice is added.\n"), ("set-password", "alice has another password")]
    {
        let output = host.admin(&[command, "alice", "--password-stdin"], "open sesame\n");
        let shown = text(&output.stdout);
        assert!(output.status.success() && shown.starts_with(told), "{output:?}");
        assert!(!shown.contains("sesame") && output.stderr.is_empty(), "{output:?}");
    }
    let log = server.end();
    assert!(log.contains("password_set person=alice") && !log.contains("sesame"), "{log}");
    let output = host.admin(&["set-password", "alice", "--password-stdin"], "");
    assert_eq!(text(&output.stderr), "doorward: standard input has no password; write one line\n");
}

#[test]
fn the_log_line_of_a_stopped_server_goes_to_standard_error() {
    let host = Host::with_store();
    let output = host.admin(&["add-person", "alice"], "");
    let line = text(&output.stderr);
    assert!(line.contains(&format!(" info person_added person=alice by=operator uid={} ", uid())), "{line}");
    fs::write(host.home().join("doorward.toml"), "log-format = \"json\"\n").unwrap();
    let line: Value = serde_json::from_slice(&host.admin(&["add-person", "bob"], "").stderr).unwrap();
    assert_eq!((&line["event"], &line["person"]), (&json!("person_added"), &json!("bob")), "{line}");
    assert!(text(&host.admin(&["list-people"], "").stderr).is_empty());
}

#[test]
fn json_commands_are_executed_one_a_line() {
    let host = Host::new();
    let _server = host.serve(&[]);
    let input = "{\"command\":\"add-person\",\"name\":\"alice\",\"password\":\"wonderland\"}\n\nnonsense\n[]\n\
                 {\"command\":\"list-people\"}\n{\"command\":\"add-person\",\"name\":\"bob\",\"pasword\":\"x\"}\n";
    let output = host.admin(&["-"], input);
    let answers: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((output.status.success(), answers.len()), (false, 5));
    assert_eq!(answers[0], json!({ "name": "alice" }));
    for (answer, why) in [(&answers[1], "no JSON"), (&answers[2], "a JSON object"), (&answers[4], "pasword")]
    {
        assert!(answer["errorType"] == "NoCommand" && answer["errorMessage"].as_str().unwrap().contains(why));
    }
    assert_eq!(answers[3]["people"][0]["name"], "alice");
    assert!(host.admin(&["-"], "{\"command\":\"list-people\"}").status.success());
}

#[test]
fn a_list_has_the_entries_of_all_pages() {
    let host = Host::with_store();
    let add =
        |number| format!("{{\"command\":\"block-client\",\"client_id\":\"https://a{number}.example/c\"}}\n");
    let input: String = (0..3).map(add).collect();
    assert!(host.admin(&["-"], &input).status.success());
    assert_eq!(host.json(&["list-blocks"]).0["blocks"].as_array().unwrap().len(), 3);
    // A page has a hundred entries.
    let add = |number| {
        format!("{{\"command\":\"add-client\",\"redirect_uris\":[\"https://a.example/{number}\"]}}\n")
    };
    let input: String = (0..201).map(add).collect();
    assert!(host.admin(&["-"], &input).status.success());
    let (listed, _) = host.json(&["list-clients"]);
    assert_eq!((listed["clients"].as_array().unwrap().len(), &listed["after"]), (201, &Value::Null));
    let last = listed["clients"][199]["client_id"].as_str().unwrap();
    assert_eq!(host.json(&["list-clients", "--after", last]).0["clients"].as_array().unwrap().len(), 1);
}

#[test]
fn commands_at_the_same_time_are_all_executed() {
    let host = Host::with_store();
    let names = ["alice", "bob", "carol", "dave", "erin", "frank"];
    for prefix in ["stopped", "running"] {
        let server = (prefix == "running").then(|| host.serve(&[]));
        let started = names.map(|name| host.start(&["add-person", &format!("{prefix}-{name}")], ""));
        for child in started {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        drop(server);
    }
    assert_eq!(host.json(&["list-people"]).0["people"].as_array().unwrap().len(), 12);
}

#[test]
fn the_socket_of_a_killed_server_is_replaced() {
    let host = Host::new();
    host.serve(&[]).kill();
    let socket = host.folder().join("admin.sock");
    assert!(socket.exists() && UnixStream::connect(&socket).is_err());
    host.done(&["add-person", "alice"]);
    let server = host.serve(&[]);
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(UnixStream::connect(&socket).is_ok());
    assert!(host.refused(&["add-person", "alice"]).contains("this name is taken"));
    server.end();
    assert!(!socket.exists());
}

#[test]
fn no_command_makes_a_store() {
    let host = Host::new();
    let shown = host.folder().display().to_string();
    assert!(host.refused(&["list-people"]).contains(&shown));
    let elsewhere = host.home().join("elsewhere").display().to_string();
    let refused = host.refused(&["list-people", "--data-dir", &elsewhere]);
    assert!(refused.contains(&elsewhere) && !refused.contains(&shown), "{refused}");
    let server = host.serve(&["--in-memory"]);
    assert!(host.refused(&["list-people"]).contains("unless it runs with --in-memory"));
    assert!(host.refused(&["list-people", "--in-memory"]).contains("takes no operators' commands"));
    assert_eq!(fs::read_dir(host.home()).unwrap().count(), 0);
    drop(server);
}

/// Root has several default folders.
#[test]
fn an_answer_names_the_folder_if_the_operator_did_not() {
    let host = Host::with_store();
    let folder = host.folder().display().to_string();
    let told = host.done(&["add-person", "alice"]);
    assert!(told.ends_with(&format!("\nThe folder is {folder}.\n")), "{told}");
    let told = host.done(&["sign-out", "alice", "--data-dir", &folder]);
    assert_eq!(told, "alice is signed out everywhere. 0 grants were closed.\n");
}

#[test]
fn a_sentence_names_what_was_sent_and_the_flags() {
    let host = Host::with_store();
    for (command, sentence) in [
        (
            &["add-client"][..],
            "the client needs --redirect-uri, --own-scope, or credentials to bring assertions with; set one of them",
        ),
        (
            &["add-client", "--own-scope", "read"],
            "a client with --own-scope must authenticate; set --token-endpoint-auth-method",
        ),
        (&["list-grants", "carol"], "there is no user \"carol\"; see list-people"),
        (&["revoke-grants", "carol"], "there is no user \"carol\"; see list-people"),
        (&["sign-out", "carol"], "there is no user \"carol\"; see list-people"),
        (&["unblock-client", "nothing"], "nothing is not blocked; see list-blocks"),
    ] {
        assert_eq!(host.refused(command), format!("doorward: {sentence}\n"));
    }
    let refused = host.refused(&["block-client", "Bob Client"]);
    assert!(
        refused.ends_with("For a client of the server's settings give its id as --configured-client\n"),
        "{refused}"
    );
    assert!(
        host.done(&["block-client", "--configured-client", "robot"])
            .starts_with("robot is blocked now. This")
    );
}

#[test]
fn a_folder_without_a_socket_is_told() {
    let host = Host::new();
    let folder = host.home().join("x".repeat(100)).display().to_string();
    let server = host.serve(&["--data-dir", &folder]);
    let refused = host.refused(&["list-people", "--data-dir", &folder]);
    assert!(
        refused.contains("in use by process") && refused.contains("that of a socket has at most 107"),
        "{refused}"
    );
    let log = server.end();
    assert!(log.contains("doorward: warning: ") && log.contains("only while the server is stopped"), "{log}");
    host.done(&["list-people", "--data-dir", &folder]);
}
