//! The list of blocked clients: one item with a string set.

use crate::DynamoStore;
use crate::conditional::{Written, update_once};
use crate::item::{text, texts};
use crate::table::{BLOCKED_CLIENTS, KEY};
use async_trait::async_trait;
use doorward::client::{Block, BlockList};
use doorward::store::{Blocks, StoreError};

/// The attribute with the printed blocks. DynamoDB has no empty set, so the attribute of an empty list is missing.
const LIST: &str = "list";

#[async_trait]
impl Blocks for DynamoStore {
    async fn read(&self) -> Result<BlockList, StoreError> {
        let item = self.find(text(BLOCKED_CLIENTS)).await?.filter(|item| item.has(LIST));
        item.map_or_else(|| Ok(BlockList::default()), |item| item.all_parsed(LIST, Block::parse))
    }

    async fn set(&self, block: &Block, blocked: bool) -> Result<(), StoreError> {
        let change = if blocked { "ADD" } else { "DELETE" };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, text(BLOCKED_CLIENTS))
            .update_expression(format!("{change} #list :block"))
            .expression_attribute_names("#list", LIST)
            .expression_attribute_values(":block", texts(std::iter::once(block.to_string())));
        match update_once(update).await? {
            Written::Done(_) | Written::Refused(_) => Ok(()),
        }
    }
}
