//! The store on DynamoDB. The README of this folder describes every item.

mod assertions;
mod attempts;
mod blocks;
mod clients;
mod conditional;
mod document_copies;
mod grants;
mod item;
mod operation;
mod people;
pub mod table;

use bytes::Bytes;
use doorward::ports::Entropy;
use doorward::store::StoreError;
use doorward_aws::{Account, Connector, Failure, Protocol, Service};
use item::{AttributeValue, Item, item, items, text};
use operation::Operation;
use serde_json::{Value, json};
use std::{fmt, sync::Arc, time::Duration};
use table::{INDEX, KEY, LIST};

/// The protocol of DynamoDB.
pub const DYNAMODB: Protocol = Protocol {
    name: "dynamodb",
    target: "DynamoDB_20120810",
    media_type: "application/x-amz-json-1.0",
    attempts: ATTEMPTS,
    pause: PAUSE,
};

/// How many times a request is sent before it counts as failed.
const ATTEMPTS: u32 = 3;
/// Upper bound of the first pause between two attempts.
const PAUSE: Duration = Duration::from_millis(50);
/// Timeout of all attempts together. A client that waits longer gives up, and does not see the 503.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the index is given to show the latest grants. It is behind by a fraction of a second as a rule.
const INDEX_DELAY: Duration = Duration::from_secs(2);

/// The store: grants, users, clients, accepted assertions and wrong passwords in one table.
pub struct DynamoStore {
    service: Service,
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
    /// Opens a connection to DynamoDB. The store uses the table named `table`.
    pub async fn connect(
        account: Account,
        connector: Connector,
        table: String,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let service = Service::new(DYNAMODB, account, connector);
        service.open().await;
        Self { service, table, entropy, index_delay: INDEX_DELAY }
    }

    /// Gives the index another time than 2 seconds to show the latest grants, such as none in tests.
    #[must_use]
    pub fn with_index_delay(self, index_delay: Duration) -> Self {
        Self { index_delay, ..self }
    }
}

impl DynamoStore {
    /// The response to an operation, or why there is none.
    async fn send(&self, operation: &Operation) -> Result<Result<Value, Failure>, StoreError> {
        let asked = self.service.ask(operation.name, &operation.request);
        let answered = tokio::time::timeout(PATIENCE, asked).await;
        let answered = answered.map_err(|_| StoreError::new(format!("{}: no response", operation.name)))?;
        match answered {
            Ok(body) => read(operation.name, &body).map(Ok),
            Err(failure) => Ok(Err(failure)),
        }
    }

    /// The response to an operation. Without it, the operation failed, whatever the reason.
    async fn answer(&self, operation: &Operation) -> Result<Value, StoreError> {
        self.send(operation).await?.map_err(|failure| unanswered(operation.name, &failure))
    }

    /// An update of the item with this key.
    fn update_item(&self, key: AttributeValue) -> Operation {
        Operation::of_key("UpdateItem", &self.table, key)
    }

    /// Deletes the item with this key, if there is one.
    async fn delete(&self, key: AttributeValue) -> Result<(), StoreError> {
        self.answer(&Operation::of_key("DeleteItem", &self.table, key)).await.map(drop)
    }

    /// The item with this key, by a consistent read.
    async fn find(&self, key: AttributeValue) -> Result<Option<Item>, StoreError> {
        let get = Operation::of_key("GetItem", &self.table, key).with("ConsistentRead", true);
        Ok(item(&mut self.answer(&get).await?, "Item"))
    }

    /// The existing items with these keys, in no order, by a consistent read. At most 100 keys.
    async fn find_all(&self, keys: Vec<AttributeValue>) -> Result<Vec<Item>, StoreError> {
        let keys: Vec<_> = keys.into_iter().map(|key| json!({ KEY: key })).collect();
        let (mut keys, mut found) = (Value::from(keys), Vec::new());
        for attempt in 0..ATTEMPTS {
            if keys.as_array().is_none_or(Vec::is_empty) {
                return Ok(found);
            }
            if attempt > 0 {
                // DynamoDB returns a part when it throttles ("BatchGetItem"). At once it would throttle again.
                tokio::time::sleep(self.pause(attempt)).await;
            }
            let of = json!({ &self.table: { "Keys": keys, "ConsistentRead": true } });
            let get = Operation { name: "BatchGetItem", request: json!({ "RequestItems": of }) };
            let mut answer = self.answer(&get).await?;
            found.extend(answer.get_mut("Responses").into_iter().flat_map(|all| items(all, &self.table)));
            let left = answer.get_mut("UnprocessedKeys").and_then(|all| all.get_mut(&self.table));
            keys = left.and_then(|left| left.get_mut("Keys")).map(Value::take).unwrap_or_default();
        }
        if keys.as_array().is_none_or(Vec::is_empty) {
            Ok(found)
        } else {
            Err(StoreError::new("DynamoDB did not return every item"))
        }
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
        let mut query = Operation::new("Query", &self.table)
            .with("IndexName", INDEX)
            .with("KeyConditionExpression", format!("{LIST} = :list AND {KEY} > :after"))
            .value(":list", text(list))
            .value(":after", after);
        if let Some(items) = at_most {
            query = query.with("Limit", items);
        }
        Ok(items(&mut self.answer(&query).await?, "Items").collect())
    }
}

fn read(operation: &str, body: &Bytes) -> Result<Value, StoreError> {
    let read = serde_json::from_slice(body);
    read.map_err(|error| StoreError::new(format!("{operation}: the response is not valid: {error}")))
}

/// The store error for a failed operation, whatever the reason. It was retried already where that could help.
fn unanswered(operation: &str, failure: &Failure) -> StoreError {
    let message = match failure {
        Failure::Refused { body, .. } => body["message"].as_str().or(body["Message"].as_str()),
        Failure::NoResponse(_) => None,
    };
    let message = message.map(|message| format!(": {message}")).unwrap_or_default();
    StoreError::new(format!("{operation}: {failure}{message}"))
}
