//! Rate limit on wrong passwords: one item for each bucket of names, kind of browser, and hour.

use crate::conditional::{Attempt, Written, update_once};
use crate::item::{guesses_key, number, time};
use crate::table::{EXPIRY, KEY};
use crate::{DynamoStore, unanswered};
use async_trait::async_trait;
use doorward::ports::CLOCK_SKEW;
use doorward::store::{AttemptKey, Attempts, Reserved, StoreError};

#[async_trait]
impl Attempts for DynamoStore {
    /// The limit is the condition. So the count stays within the limit, and one that is given back is free again.
    async fn reserve(&self, key: AttemptKey, limit: u32) -> Result<Reserved, StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, guesses_key(&key))
            .condition_expression("attribute_not_exists(guesses) OR guesses < :limit")
            .update_expression(format!("ADD guesses :one SET {EXPIRY} = :over"))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":limit", number(limit))
            .expression_attribute_values(":over", time(key.over_at().after(CLOCK_SKEW)));
        Ok(match update_once(update).await? {
            Written::Done(_) => Reserved::Yes,
            Written::Refused(_) => Reserved::Full,
        })
    }

    /// A retry after a lost response finds its own id in the item, and takes back nothing. If another sign-in with the right
    /// password came between, it takes back one guess too many.
    async fn give_back(&self, key: AttemptKey) -> Result<(), StoreError> {
        let mark = Attempt::MARK;
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, guesses_key(&key))
            .condition_expression(format!(
                "guesses > :none AND (attribute_not_exists({mark}) OR {mark} <> :attempt)"
            ))
            .update_expression(format!("ADD guesses :less SET {mark} = :attempt"))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":less", number(-1))
            .expression_attribute_values(":attempt", self.attempt().value());
        match update_once(update).await? {
            Written::Done(_) | Written::Refused(_) => Ok(()),
        }
    }

    async fn reset(&self, key: AttemptKey) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.table).key(KEY, guesses_key(&key));
        delete.send().await.map(drop).map_err(unanswered)
    }

    async fn read(&self, key: AttemptKey) -> Result<u32, StoreError> {
        self.find(guesses_key(&key)).await?.map_or(Ok(0), |item| item.number("guesses"))
    }
}
