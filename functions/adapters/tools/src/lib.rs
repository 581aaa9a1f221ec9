//! Protected MCP server: rmcp behind the guard, stateless, for both generations of the protocol.

mod account;
mod guarded;

pub use account::Account;
pub use guarded::{Answer, Guarded};

use doorward::guard::Guard;

/// The MCP server: this crate's tools and resources, behind the guard.
pub type McpServer = Guarded<Account>;

impl McpServer {
    /// Puts the tools and resources behind `guard`.
    pub fn new(guard: Guard) -> Self {
        Self::with(guard, Account::default())
    }
}
