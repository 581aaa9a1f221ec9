//! The emulated clients, run against the functions of AWS. The tests cannot publish client documents to real binaries.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]
#![expect(dead_code, reason = "the page and the mutations are tested in tests/emulators only")]

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

/// Whether the tests can publish client documents to this server.
const DOCUMENTS: bool = !cfg!(feature = "binaries");
