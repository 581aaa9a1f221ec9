//! Account page function: a user sees the connected clients, and revokes them.

use doorward::provider::Provider;
use doorward::store::Stores;
use doorward_dynamodb::DynamoStore;
use doorward_outbound::OutboundClient;
use doorward_passwords::Argon2id;
use doorward_runtime::{Bootstrap, Dependencies, Error, role};
use doorward_signing::SystemEntropy;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let cold = Bootstrap::start()?;
    let entropy = Arc::new(SystemEntropy);
    let (account, connector) = (cold.environment.account.clone(), cold.environment.connector.clone());
    let store = DynamoStore::connect(account, connector, cold.environment.table()?, entropy.clone());
    let passwords = Arc::new(Argon2id::new(1, entropy));
    let provider = Arc::new(Provider::new(Arc::new(OutboundClient::default())));
    let dependencies = async {
        Dependencies {
            stores: Stores::of(Arc::new(store.await)),
            passwords,
            provider,
            ..Dependencies::empty()
        }
    };
    cold.serve(&role::ACCOUNT, dependencies).await
}
