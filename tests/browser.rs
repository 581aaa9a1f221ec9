//! A person at a real browser: Chromium, driven by WebDriver, between the local server and its client.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/connecting.rs"]
mod connecting;
#[path = "browser/stories.rs"]
mod stories;

use connecting::Connecting;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_local::settings::{AUTH_PORT, MCP_PORT, Settings, USER};

/// Alice's password, and bob's.
const PASSWORD: &str = "open sesame";

/// Starts a server that knows them, and a client that connects to it.
async fn connect() -> Connecting {
    let people = ["alice", "bob"].map(|name| format!("{name}:{PASSWORD}"));
    let settings =
        Settings::of([(&AUTH_PORT, "0"), (&MCP_PORT, "0"), (&USER, &people[0]), (&USER, &people[1])]);
    let listening = Listening::start(&settings, Log::to(std::io::sink())).await.unwrap();
    let resource = listening.resource().to_string();
    tokio::spawn(listening.run());
    Connecting::to(resource).await
}
