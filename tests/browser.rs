//! Browser tests against the local server and its client: Chromium, controlled by WebDriver.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/connecting.rs"]
mod connecting;
#[path = "browser/doctor.rs"]
mod doctor;
#[path = "browser/errors.rs"]
mod errors;
#[path = "browser/onward.rs"]
mod onward;
#[path = "browser/password.rs"]
mod password;
#[path = "browser/search.rs"]
mod search;
#[path = "browser/servers.rs"]
mod servers;
#[path = "browser/stories.rs"]
mod stories;
#[path = "browser/tabs.rs"]
mod tabs;

use connecting::Connecting;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{AUTH_PORT, MCP_PORT, USER, Values};

/// The password of alice and of bob.
const PASSWORD: &str = "open sesame";

/// Starts a server that knows alice and bob, and a client that connects to it.
async fn connect() -> Connecting {
    Connecting::to(serve().await.1).await
}

/// Starts a server that knows alice and bob. Returns its issuer and its MCP server's URL.
async fn serve() -> (String, String) {
    let people = ["alice", "bob"].map(|name| format!("{name}:{PASSWORD}"));
    let settings =
        Values::of([(&AUTH_PORT, "0"), (&MCP_PORT, "0"), (&USER, &people[0]), (&USER, &people[1])]);
    let listening = Listening::start(&settings, Log::to(std::io::sink())).await.unwrap();
    let urls = (listening.issuer().to_string(), listening.resource().to_string());
    tokio::spawn(listening.run());
    urls
}
