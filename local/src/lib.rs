//! Doorward on one machine: a server command (authorization server and MCP server in one process, nothing to
//! install), a client that shows every step of the flow, and a tutorial that runs both.

pub mod admin;
pub mod backup;
pub mod client;
pub mod doctor;
pub mod health;
pub mod log;
pub mod metrics;
pub mod serve;
pub mod settings;
pub mod state;
pub mod tutorial;

use std::fmt;
use thiserror::Error;

/// The reason why a command failed, as a sentence for the user.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Failure(pub String);

impl Failure {
    /// Combines the action that failed and the reason.
    pub fn new(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}
