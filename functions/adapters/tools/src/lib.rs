//! The protected MCP server: rmcp behind the guard, stateless, for both generations of the protocol.

mod account;
mod guarded;

pub use account::Account;
pub use guarded::{Answer, Guarded};

use doorward::guard::Guard;

/// Our own tools and resources, behind the guard.
pub type McpServer = Guarded<Account>;

impl McpServer {
    /// Puts them behind `guard`.
    pub fn new(guard: Guard) -> Self {
        Self::with(guard, Account::new())
    }
}
