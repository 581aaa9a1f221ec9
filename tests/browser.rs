//! Browser tests against the local server and its client: Chromium, controlled by WebDriver.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/connecting.rs"]
mod connecting;
#[path = "browser/stories.rs"]
mod stories;

use connecting::Connecting;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{AUTH_PORT, MCP_PORT, USER, Values};

/// The password of alice and of bob.
const PASSWORD: &str = "open sesame";

/// Starts a server that knows alice and bob, and a client that connects to it.
async fn connect() -> Connecting {
    let people = ["alice", "bob"].map(|name| format!("{name}:{PASSWORD}"));
    let settings =
        Values::of([(&AUTH_PORT, "0"), (&MCP_PORT, "0"), (&USER, &people[0]), (&USER, &people[1])]);
    let listening = Listening::start(&settings, Log::to(std::io::sink())).await.unwrap();
    let resource = listening.resource().to_string();
    tokio::spawn(listening.run());
    Connecting::to(resource).await
}
