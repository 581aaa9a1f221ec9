//! Token endpoint function.

use doorward::ports::Clock;
use doorward::provider::Provider;
use doorward::store::Stores;
use doorward_dynamodb::DynamoStore;
use doorward_outbound::OutboundClient;
use doorward_runtime::{Bootstrap, Dependencies, Error, role};
use doorward_signing::{SystemClock, SystemEntropy};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let cold = Bootstrap::start()?;
    let (account, connector) = (&cold.environment.account, cold.environment.connector.clone());
    let store = DynamoStore::new(account, connector, cold.environment.table()?, Arc::new(SystemEntropy));
    let stores = Stores::of(Arc::new(store));
    let documents = doorward_outbound::documents(cold.environment.config()?.issuer());
    let provider = Arc::new(Provider::new(Arc::new(OutboundClient::default())));
    let dependencies = async {
        // This opens the connection to the table too.
        stores.read_blocked_clients(SystemClock.now()).await;
        Dependencies { stores, documents, provider, ..Dependencies::empty() }
    };
    cold.serve(&role::TOKEN, dependencies).await
}
