//! MCP function: the protected MCP server.

use doorward::guard::{Guard, Verify};
use doorward::store::Grants;
use doorward_dynamodb::DynamoStore;
use doorward_runtime::{Bootstrap, Environment, Error, Invalid, Unavailable};
use doorward_settings::AUDIT_CALLS;
use doorward_signing::{SystemClock, SystemEntropy};
use doorward_tools::McpServer;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let cold = Bootstrap::start()?;
    let config = cold.environment.config()?;
    let store: Arc<dyn Grants> =
        if config.immediate_revocation() { grants(&cold.environment).await? } else { Arc::new(Unavailable) };
    let is_audited = cold.environment.values().is_on(&AUDIT_CALLS).map_err(|error| Invalid::of(&error))?;
    let make = move |public_keys| {
        let (issuer, resource) = (config.issuer().clone(), config.resources().default().clone());
        let verify = Verify::of(&config, public_keys, store.clone());
        let mcp = McpServer::new(Guard::new(resource, issuer, verify, Arc::new(SystemClock)));
        let mcp = mcp.audit_calls(is_audited);
        doorward_runtime::handler(move |request| {
            let mcp = mcp.clone();
            async move { mcp.answer_whole(request).await }
        })
    };
    cold.guard(make).await
}

async fn grants(environment: &Environment) -> Result<Arc<DynamoStore>, Error> {
    let (account, connector) = (environment.account.clone(), environment.connector.clone());
    let store = DynamoStore::connect(account, connector, environment.table()?, Arc::new(SystemEntropy));
    Ok(Arc::new(store.await))
}
