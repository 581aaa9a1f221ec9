//! The protected MCP server.

use doorward::guard::{Guard, Verify};
use doorward_runtime::{Cold, Error};
use doorward_signing::SystemClock;
use doorward_tools::McpServer;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let cold = Cold::start()?;
    let config = cold.environment.config()?;
    let make = move |public_keys| {
        let (issuer, resource) = (config.issuer.clone(), config.resources.default().clone());
        let verify = Verify::signed(issuer.clone(), public_keys);
        let mcp = McpServer::new(Guard::new(resource, issuer, verify, Arc::new(SystemClock)));
        doorward_runtime::answers(move |request| {
            let mcp = mcp.clone();
            async move { mcp.answer_whole(request).await }
        })
    };
    cold.guard(make).await
}
