//! Revocation.

use doorward_dynamodb::DynamoStore;
use doorward_runtime::{Cold, Error, Hands, role};
use doorward_signing::SystemEntropy;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let cold = Cold::start()?;
    let (account, connector) = (cold.environment.account.clone(), cold.environment.connector.clone());
    let store = DynamoStore::connect(account, connector, cold.environment.table()?, Arc::new(SystemEntropy));
    let documents = doorward_outbound::documents(&cold.environment.config()?.issuer);
    let hands = async { Hands { store: Arc::new(store.await), documents, ..Hands::empty() } };
    cold.serve(&role::REVOKE, hands).await
}
