//! Doorward on one machine: the authorization server and the MCP server in one process with nothing to install, a
//! client that shows every step of the flow, and the tutorial, which is both.

pub mod client;
pub mod log;
pub mod serve;
pub mod settings;
pub mod tutorial;

use std::fmt;

/// Why a command failed, as a sentence for whoever typed it.
#[derive(Debug)]
pub struct Failure(pub String);

impl Failure {
    /// What was being done, and why it did not work.
    pub fn new(what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self(format!("{what}: {why}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
