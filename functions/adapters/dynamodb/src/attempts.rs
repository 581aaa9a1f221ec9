//! Rate limit on wrong passwords: one item for each bucket of names, kind of browser, and hour.

use crate::DynamoStore;
use crate::conditional::{Written, update_once};
use crate::item::{guesses_key, number, time};
use crate::table::{EXPIRY, KEY};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;
use doorward::ports::CLOCK_SKEW;
use doorward::store::{AttemptKey, Attempts, StoreError};

#[async_trait]
impl Attempts for DynamoStore {
    /// A retry after a lost response counts the attempt twice, which only makes the rate limit stricter.
    async fn count(&self, attempt_key: AttemptKey) -> Result<u32, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, guesses_key(&attempt_key))
            .update_expression(format!("ADD guesses :one SET {EXPIRY} = :over"))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":over", time(attempt_key.over_at().after(CLOCK_SKEW)))
            .return_values(ReturnValue::AllNew);
        match update_once(update).await? {
            Written::Done(now) => now.number("guesses"),
            Written::Refused(_) => {
                Err(StoreError::new("DynamoDB reported a failed condition for an update without a condition"))
            }
        }
    }

    async fn read(&self, key: AttemptKey) -> Result<u32, StoreError> {
        self.find(guesses_key(&key)).await?.map_or(Ok(0), |item| item.number("guesses"))
    }
}
