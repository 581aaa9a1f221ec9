//! The list of blocked clients. It has one record, so that a process reads it with one operation.

use crate::client::{Block, BlockList};
use crate::store::error::StoreError;
use async_trait::async_trait;

/// Stores the list of blocked clients.
#[async_trait]
pub trait Blocks: Send + Sync {
    /// Reads the list with strong consistency: it includes every change that was acknowledged before the call.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn read(&self) -> Result<BlockList, StoreError>;

    /// Adds a block to the list, or removes it. Concurrent changes of different blocks all count. A change that is already
    /// made changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn set(&self, block: &Block, blocked: bool) -> Result<(), StoreError>;
}
