//! Clients as they are: what each registers, sends, expects and tolerates, in one table, against every deployment; and
//! the page about them, which is made of the same table.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod client;
mod clients;
mod connect;
mod libraries;
mod mutations;
mod page;
mod stories;

/// Whether this server is handed what clients publish.
const DOCUMENTS: bool = true;
