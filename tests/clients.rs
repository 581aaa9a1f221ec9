//! Clients that nobody here wrote, each in its own language and library, against the local server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_local::settings::{AUTH_PORT, MCP_PORT, Settings, USER};
use std::path::Path;
use tokio::process::Command;

/// Runs a script of `tests/clients` in one of the environments that `tests/clients/install` makes.
async fn connect(environment: &str, script: &str) {
    let settings = Settings::of([(&AUTH_PORT, "0"), (&MCP_PORT, "0"), (&USER, "alice:open sesame")]);
    let listening = Listening::start(&settings, Log::to(std::io::sink())).await.unwrap();
    let url = listening.resource().to_string();
    tokio::spawn(listening.run());
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = here.join("../target/clients").join(environment).join("bin/python");
    let mut command = Command::new(&python);
    command.arg(here.join("clients").join(script)).args([&url, "alice", "open sesame"]);
    let output = command.output().await.unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    let told = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{complained}");
    assert!(told.lines().last().is_some_and(|line| line.starts_with("ok: ")), "{told}\n{complained}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and what tests/clients/install brings"]
async fn the_python_sdk_of_mcp_2025_11_25() {
    connect("mcp-1.30", "mcp_sdk.py").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and what tests/clients/install brings"]
async fn the_python_sdk_of_mcp_2026_07_28() {
    connect("mcp-2.3", "mcp_sdk.py").await;
}
