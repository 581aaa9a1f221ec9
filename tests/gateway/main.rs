//! The gateway over real sockets, between a raw client and an upstream that the test scripts byte by byte.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod client;
mod running;
mod upstream;

mod answers;
mod bytes;
mod failures;
mod headers;
mod hosts;
mod limits;
mod load;
mod one_listener;
mod redirects;
mod refusals;
mod sessions;
mod settings;
mod streams;
mod unread;

use std::future::Future;
use std::time::Duration;

/// The longest wait of a test for what must happen. On a busy machine it may take a while.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must happen.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what}: nothing happened"))
}

/// A request of JSON-RPC.
const PING: &[u8] = br#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;
/// Its answer.
const PONG: &[u8] = br#"{"jsonrpc":"2.0","id":7,"result":{}}"#;
