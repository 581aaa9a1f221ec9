//! The store on DynamoDB. What every item holds is in this folder's README.

mod assertions;
mod attempts;
mod clients;
mod conditional;
mod grants;
mod item;
mod people;
pub mod table;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, IdentityCache, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_runtime_api::client::http::http_client_fn;
use doorward::ports::Entropy;
use doorward::store::StoreError;
use doorward_aws::{Account, Connector};
use item::Item;
use std::{error::Error, fmt, sync::Arc, time::Duration};
use table::{INDEX, KEY, LIST};

/// How often a question is asked before it counts as unanswered.
const ATTEMPTS: u32 = 3;
/// The first pause between two attempts; the next is twice as long. Both are drawn at random up to that.
const PAUSE: Duration = Duration::from_millis(50);
/// All attempts together. A client that hears nothing for longer gives up, and hears nothing of a 503 either.
const PATIENCE: Duration = Duration::from_secs(5);

/// Grants, people and clients in one table.
pub struct DynamoStore {
    client: Client,
    table: String,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for DynamoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DynamoStore({})", self.table)
    }
}

impl DynamoStore {
    /// Opens a connection and takes `table` for the store's.
    pub async fn connect(
        account: Account,
        connector: Connector,
        table: String,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        doorward_aws::open(&connector, &account.url("dynamodb")).await;
        Self { client: client(&account, connector), table, entropy }
    }
}

impl DynamoStore {
    /// The item of this key, as it is now.
    async fn find(&self, key: AttributeValue) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).key(KEY, key).consistent_read(true);
        Ok(get.send().await.map_err(unanswered)?.item.map(Item))
    }

    /// The items of these keys that are there, as they are now; a hundred keys at most, in no order.
    async fn find_all(&self, keys: Vec<AttributeValue>) -> Result<Vec<Item>, StoreError> {
        let key = |key| [(KEY.to_owned(), key)].into();
        let (mut keys, mut found): (Vec<_>, Vec<_>) = (keys.into_iter().map(key).collect(), Vec::new());
        for _ in 0..ATTEMPTS {
            if keys.is_empty() {
                return Ok(found);
            }
            let of = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let of = of.map_err(StoreError::new)?;
            let answer = self.client.batch_get_item().request_items(&self.table, of).send().await;
            let answer = answer.map_err(unanswered)?;
            found.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items).map(Item));
            let left = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
            keys = left.map(|left| left.keys).unwrap_or_default();
        }
        if keys.is_empty() { Ok(found) } else { Err(StoreError::new("some items were left out every time")) }
    }

    /// One page of a list behind a key.
    async fn list(
        &self,
        list: String,
        after: AttributeValue,
        at_most: Option<usize>,
    ) -> Result<Vec<Item>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression(format!("{LIST} = :list AND {KEY} > :after"))
            .expression_attribute_values(":list", AttributeValue::S(list))
            .expression_attribute_values(":after", after)
            .set_limit(at_most.and_then(|items| items.try_into().ok()));
        let items = query.send().await.map_err(unanswered)?.items.unwrap_or_default();
        Ok(items.into_iter().map(Item).collect())
    }
}

/// The SDK's client for this account, and with nothing that it would have to find out.
pub fn client(account: &Account, connector: Connector) -> Client {
    let Account { access_key_id, secret_access_key, session_token, .. } = account.clone();
    let credentials = Credentials::new(access_key_id, secret_access_key, session_token, None, "environment");
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(account.region.clone()))
        .credentials_provider(credentials)
        .identity_cache(IdentityCache::no_cache())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(PAUSE))
        .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(account.endpoint.clone());
    Client::from_conf(config.build())
}

/// The store did not answer, whatever the reason: the SDK has tried again where that could help.
fn unanswered<E, R>(error: SdkError<E, R>) -> StoreError
where
    E: Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    StoreError::new(DisplayErrorContext(error).to_string())
}
