//! Programs that others wrote, on standard input and output: a client sees the same through the gateway as when it starts
//! the program itself.

use crate::programs::{node, python};
use crate::servers::{EVERYTHING, everything_calls};
use crate::{Gateway, USER, clients, shows_what_the_server_does, transcript};
use serde_json::{Value, json};
use std::ffi::OsStr;
use tokio::process::Command;

/// A command as a user writes it.
fn line(command: &Command) -> String {
    let command = command.as_std();
    let words: Vec<_> =
        [command.get_program()].into_iter().chain(command.get_args()).map(OsStr::to_str).collect();
    words.into_iter().map(Option::unwrap).collect::<Vec<_>>().join(" ")
}

/// Requests, and the announcement on the stream of the session, are of HTTP alone.
fn without_http(seen: &Value) -> Value {
    let mut seen = seen.clone();
    seen.as_object_mut().unwrap().remove("requests");
    seen["results"].as_object_mut().unwrap().remove("announced");
    seen
}

/// Each client has a gateway of its own: clients of 2026-07-28 leave their program running, and a user has two at most.
async fn is_the_same_as_a_child_of_the_client(name: &str, program: &Command, calls: &Value) {
    let command = line(program);
    for ((client, direct), (_, through)) in clients().into_iter().zip(clients()) {
        let direct = transcript(direct, ["stdio", &command], calls, &[]).await;
        let flags = ["--auth-port", "0", "--mcp-port", "0", "--upstream-command", &command];
        let gateway = Gateway::start(name, &flags).await;
        let through = transcript(through, ["http", &gateway.url], calls, &USER).await;
        let differing = crate::differences(&without_http(&direct.seen), &without_http(&through.seen));
        assert!(differing.is_empty(), "{client}:\n{differing}");
        shows_what_the_server_does(client, &through.seen);
    }
}

async fn python_program(environment: &str) {
    let mut program = python(environment, "upstreams/python_server.py");
    program.arg("stdio");
    let calls = json!([["count", { "to": 3 }], ["long", { "characters": 200_000 }]]);
    is_the_same_as_a_child_of_the_client(environment, &program, &calls).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn a_program_of_the_python_sdk_of_mcp_2025_11_25() {
    python_program("mcp-1.30").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn a_program_of_the_python_sdk_of_mcp_2026_07_28() {
    python_program("mcp-2.3").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_everything_server_as_a_program() {
    let mut program = node(EVERYTHING);
    program.arg("stdio");
    is_the_same_as_a_child_of_the_client("everything", &program, &everything_calls()).await;
}
