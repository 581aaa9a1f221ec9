//! The list of blocked clients: one row for each block.

use crate::SqliteStore;
use crate::row::parsed;
use async_trait::async_trait;
use doorward::client::{Block, BlockList};
use doorward::store::{Blocks, StoreError};

const ADD: &str = "INSERT INTO blocks (block) VALUES (?1) ON CONFLICT DO NOTHING";
const REMOVE: &str = "DELETE FROM blocks WHERE block = ?1";
const READ: &str = "SELECT block FROM blocks";

#[async_trait]
impl Blocks for SqliteStore {
    async fn read(&self) -> Result<BlockList, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(READ)?;
            statement.query_map([], |row| parsed(row, "block", Block::parse))?.collect()
        })
    }

    async fn set(&self, block: &Block, blocked: bool) -> Result<(), StoreError> {
        let (change, block) = (if blocked { ADD } else { REMOVE }, block.to_string());
        self.write(move |connection| connection.prepare_cached(change)?.execute([block]).map(drop)).await
    }
}
