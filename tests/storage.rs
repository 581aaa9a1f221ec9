//! The store in memory keeps the contract that every store keeps.

use doorward::store::MemoryStore;

harness::keeps_the_contract!(MemoryStore::default());
