//! MCP servers on standard input and output behind a gateway, as processes.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod bridge;
mod ends;
mod limits;
mod processes;
mod programs;
mod served;

mod sessions;
mod stateless;
mod streams;
