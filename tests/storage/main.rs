//! Store contract tests of the store in memory, and of the store in a SQLite file.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod random;

mod memory {
    use doorward::store::MemoryStore;

    harness::keeps_the_contract!(MemoryStore::default());
}

mod sqlite {
    use doorward_sqlite::SqliteStore;

    harness::keeps_the_contract!(SqliteStore::temporary().expect("a store"));
}
