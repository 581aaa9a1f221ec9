//! The clients of the local house, at AWS' functions. Real ones cannot be handed what clients publish.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(dead_code, reason = "the page and the changed answers are made elsewhere")]

#[path = "../emulators/client.rs"]
mod client;
#[path = "../emulators/clients.rs"]
mod clients;
#[path = "../emulators/connect.rs"]
mod connect;
#[path = "../emulators/libraries.rs"]
mod libraries;
#[path = "../emulators/stories.rs"]
mod stories;

/// Whether this server is handed what clients publish.
const DOCUMENTS: bool = !cfg!(feature = "binaries");
