//! Clients that nobody here wrote, each in its own language and library, against the local server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_local::settings::{AUTH_PORT, MCP_PORT, Settings, USER};
use std::path::PathBuf;
use tokio::process::Command;

/// What `tests/clients/install` made.
fn installed(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/clients").join(path)
}

fn python(environment: &str) -> Command {
    let mut command = Command::new(installed(environment).join("bin/python"));
    command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("clients/mcp_sdk.py"));
    command
}

fn node(script: &str) -> Command {
    let mut command = Command::new(installed("node/node_modules/node/bin/node"));
    command.args(["--preserve-symlinks", "--preserve-symlinks-main"]);
    command.arg(installed("node/scripts").join(script));
    command
}

/// Runs a client against a server that knows alice; it says `ok` when everything was as it has to be.
async fn connect(mut client: Command) {
    let settings = Settings::of([(&AUTH_PORT, "0"), (&MCP_PORT, "0"), (&USER, "alice:open sesame")]);
    let listening = Listening::start(&settings, Log::to(std::io::sink())).await.unwrap();
    client.args([listening.resource().as_str(), "alice", "open sesame"]);
    tokio::spawn(listening.run());
    let output = client.output().await.unwrap_or_else(|error| panic!("{client:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{complained}");
    assert!(told.lines().last().is_some_and(|line| line.starts_with("ok: ")), "{told}\n{complained}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and what tests/clients/install brings"]
async fn the_python_sdk_of_mcp_2025_11_25() {
    connect(python("mcp-1.30")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and what tests/clients/install brings"]
async fn the_python_sdk_of_mcp_2026_07_28() {
    connect(python("mcp-2.3")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs what tests/clients/install brings with npm"]
async fn the_typescript_client_with_refresh() {
    connect(node("mcp_client.mjs")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs what tests/clients/install brings with npm"]
async fn openid_client_with_refresh_and_revocation() {
    connect(node("openid_client.mjs")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs what tests/clients/install brings with npm"]
async fn the_official_conformance_suite() {
    connect(node("conformance.mjs")).await;
}
