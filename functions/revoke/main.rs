//! Revocation endpoint function.

use doorward::provider::Provider;
use doorward::store::Stores;
use doorward_dynamodb::DynamoStore;
use doorward_outbound::OutboundClient;
use doorward_runtime::{Bootstrap, Dependencies, Error, role};
use doorward_signing::SystemEntropy;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let cold = Bootstrap::start()?;
    let (account, connector) = (cold.environment.account.clone(), cold.environment.connector.clone());
    let store = DynamoStore::connect(account, connector, cold.environment.table()?, Arc::new(SystemEntropy));
    let documents = doorward_outbound::documents(cold.environment.config()?.issuer());
    let provider = Arc::new(Provider::new(Arc::new(OutboundClient::default())));
    let dependencies = async {
        Dependencies {
            stores: Stores::of(Arc::new(store.await)),
            documents,
            provider,
            ..Dependencies::empty()
        }
    };
    cold.serve(&role::REVOKE, dependencies).await
}
