//! Emulated clients: one table of what each client registers, sends, expects and tolerates. The tests run it against
//! every deployment, and compare `docs/clients.md` with it.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod client;
mod clients;
mod connect;
mod libraries;
mod mutations;
mod page;
mod stories;

/// Whether the tests can publish client documents to this server.
const DOCUMENTS: bool = true;
