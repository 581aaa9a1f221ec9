//! The token endpoint.

use doorward::endpoint::TOKEN;
use doorward::keyring::Purpose::{AccessTokens, ClientIds, ClientSecrets, Codes, RefreshTokens};
use doorward_dynamodb::DynamoStore;
use doorward_runtime::{Cold, Error, Hands, Needs};
use doorward_signing::SystemEntropy;
use std::sync::Arc;

const NEEDS: Needs =
    Needs { purposes: &[ClientIds, ClientSecrets, Codes, RefreshTokens, AccessTokens], public_keys: false };

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let cold = Cold::start()?;
    let (account, connector) = (cold.environment.account.clone(), cold.environment.connector.clone());
    let store = DynamoStore::connect(account, connector, cold.environment.table()?, Arc::new(SystemEntropy));
    let hands = async { Hands { store: Arc::new(store.await), ..Hands::empty() } };
    cold.serve(&[&TOKEN], NEEDS, hands).await
}
