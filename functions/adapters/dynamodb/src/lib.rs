//! The store on DynamoDB. The README of this folder describes every item.

mod assertions;
mod attempts;
mod blocks;
mod clients;
mod conditional;
mod document_copies;
mod grants;
mod item;
mod people;
pub mod table;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
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

/// How many times a request is sent before it counts as failed.
const ATTEMPTS: u32 = 3;
/// Upper bound of the first pause between two attempts. The next bound is twice as long. Pauses are random.
const PAUSE: Duration = Duration::from_millis(50);
/// Timeout of all attempts together. A client that waits longer gives up, and does not see the 503.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the index is given to show the latest grants. It is behind by a fraction of a second as a rule.
const INDEX_DELAY: Duration = Duration::from_secs(2);

/// The store: grants, users, clients, accepted assertions and wrong passwords in one table.
pub struct DynamoStore {
    client: Client,
    table: String,
    entropy: Arc<dyn Entropy>,
    index_delay: Duration,
}

impl fmt::Debug for DynamoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DynamoStore({})", self.table)
    }
}

impl DynamoStore {
    /// The store in the table named `table`. Its first request opens a connection.
    pub fn new(account: &Account, connector: Connector, table: String, entropy: Arc<dyn Entropy>) -> Self {
        Self { client: client(account, connector), table, entropy, index_delay: INDEX_DELAY }
    }

    /// The same, with an open connection.
    pub async fn connect(
        account: Account,
        connector: Connector,
        table: String,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        doorward_aws::open(&connector, &account.url("dynamodb")).await;
        Self::new(&account, connector, table, entropy)
    }

    /// Gives the index another time than 2 seconds to show the latest grants, such as none in tests.
    #[must_use]
    pub fn with_index_delay(self, index_delay: Duration) -> Self {
        Self { index_delay, ..self }
    }
}

impl DynamoStore {
    /// The item with this key, by a consistent read.
    async fn find(&self, key: AttributeValue) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).key(KEY, key).consistent_read(true);
        Ok(get.send().await.map_err(unanswered)?.item.map(Item))
    }

    /// The existing items with these keys, in no order, by a consistent read. At most 100 keys.
    async fn find_all(&self, keys: Vec<AttributeValue>) -> Result<Vec<Item>, StoreError> {
        let key = |key| [(KEY.to_owned(), key)].into();
        let (mut keys, mut found): (Vec<_>, Vec<_>) = (keys.into_iter().map(key).collect(), Vec::new());
        for attempt in 0..ATTEMPTS {
            if keys.is_empty() {
                return Ok(found);
            }
            if attempt > 0 {
                // DynamoDB returns a part when it throttles ("BatchGetItem"). At once it would throttle again.
                tokio::time::sleep(self.pause(attempt)).await;
            }
            let of = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let of = of.map_err(StoreError::new)?;
            let answer = self.client.batch_get_item().request_items(&self.table, of).send().await;
            let answer = answer.map_err(unanswered)?;
            found.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items).map(Item));
            let left = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
            keys = left.map(|left| left.keys).unwrap_or_default();
        }
        if keys.is_empty() { Ok(found) } else { Err(StoreError::new("DynamoDB did not return every item")) }
    }

    /// A random pause before another attempt, so that functions that were throttled together do not return together.
    fn pause(&self, attempt: u32) -> Duration {
        let mut random = [0];
        self.entropy.fill(&mut random);
        (PAUSE * attempt).mul_f32(f32::from(random[0]) / 255.0)
    }

    /// One page of a list, starting after a key. The index is eventually consistent.
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

/// The SDK's client for this account. Everything is configured here, so the SDK looks nothing up during a cold start.
pub fn client(account: &Account, connector: Connector) -> Client {
    let Account { access_key_id, secret_access_key, session_token, .. } = account.clone();
    let credentials = Credentials::new(access_key_id, secret_access_key, session_token, None, "environment");
    // All clients of a partition share one retry quota of the SDK. Each endpoint has its own partition, so that
    // errors of one endpoint (an emulator in another test) do not use up the retries of another.
    let partition = account.endpoint.clone().unwrap_or_else(|| account.region.clone());
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(account.region.clone()))
        .credentials_provider(credentials)
        .identity_cache(IdentityCache::no_cache())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(PAUSE))
        .retry_partition(RetryPartition::new(partition))
        .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.set_endpoint_url(account.endpoint.clone());
    Client::from_conf(config.build())
}

/// The store error for a failed request, whatever the reason. The SDK has already retried where that could help.
fn unanswered<E, R>(error: SdkError<E, R>) -> StoreError
where
    E: Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    StoreError::new(DisplayErrorContext(error).to_string())
}
