//! Introspection endpoint function.

use doorward::store::Stores;
use doorward_dynamodb::DynamoStore;
use doorward_runtime::{Bootstrap, Dependencies, Error, role};
use doorward_signing::SystemEntropy;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let cold = Bootstrap::start()?;
    let (account, connector) = (cold.environment.account.clone(), cold.environment.connector.clone());
    let store = DynamoStore::connect(account, connector, cold.environment.table()?, Arc::new(SystemEntropy));
    let dependencies =
        async { Dependencies { stores: Stores::of(Arc::new(store.await)), ..Dependencies::empty() } };
    cold.serve(&role::INTROSPECT, dependencies).await
}
