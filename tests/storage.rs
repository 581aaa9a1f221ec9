//! Store contract tests of the in-memory store.

use doorward::store::MemoryStore;

harness::keeps_the_contract!(MemoryStore::default());
