//! The gateway over real sockets, between a raw client and an upstream that the test scripts byte by byte.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod client;
mod running;

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

use harness::upstream;
use upstream::soon;

/// A request of JSON-RPC.
const PING: &[u8] = br#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;
/// Its answer.
const PONG: &[u8] = br#"{"jsonrpc":"2.0","id":7,"result":{}}"#;
