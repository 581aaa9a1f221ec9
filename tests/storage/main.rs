//! Store contract tests of the store in memory, and of the store in a SQLite file: as it is, and opened again between operations.
//! Backups, restores and older versions of the file.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod backups;
mod drill;
mod folder;
mod random;
mod reopening;
mod versions;

mod memory {
    use doorward::store::MemoryStore;

    harness::keeps_the_contract!(MemoryStore::default());
}

mod sqlite {
    use doorward_sqlite::SqliteStore;

    harness::keeps_the_contract!(SqliteStore::temporary().expect("a store"));
}

mod reopened {
    use super::reopening::Reopening;

    harness::keeps_the_contract!(Reopening::empty());
}

/// The decorator that counts operations for the metrics passes each of them on.
mod watched {
    use doorward::store::MemoryStore;
    use doorward_local::metrics::Metrics;
    use std::sync::Arc;

    harness::keeps_the_contract!(Metrics::new(&[]).watch(Arc::new(MemoryStore::default())));
}
