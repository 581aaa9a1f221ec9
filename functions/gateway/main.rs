//! Gateway function: OAuth in front of MCP servers that know nothing of it.

mod deployment;

use deployment::{Deployment, WHOLE};
use doorward::store::Grants;
use doorward_dynamodb::DynamoStore;
use doorward_runtime::role::GATEWAY;
use doorward_runtime::{Bootstrap, Environment, Error, Unavailable};
use doorward_signing::SystemEntropy;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let cold = Bootstrap::start()?;
    let config = cold.environment.config()?;
    let store: Arc<dyn Grants> =
        if config.immediate_revocation() { grants(&cold.environment).await? } else { Arc::new(Unavailable) };
    let is_streaming = cold.environment.is_streaming()?;
    let deployment = Deployment::new(&cold.environment, config, store, is_streaming)?;
    match is_streaming {
        true => cold.stream(GATEWAY.needs, move |function_keys| deployment.streaming(&function_keys)).await,
        false => {
            cold.answer(GATEWAY.needs, WHOLE, move |function_keys| deployment.whole(&function_keys)).await
        }
    }
}

async fn grants(environment: &Environment) -> Result<Arc<DynamoStore>, Error> {
    let (account, connector) = (environment.account.clone(), environment.connector.clone());
    let store = DynamoStore::connect(account, connector, environment.table()?, Arc::new(SystemEntropy));
    Ok(Arc::new(store.await))
}
