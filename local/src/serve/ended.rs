//! Why a server ended.

use doorward_sqlite::SqliteStore;
use std::sync::Arc;

/// Why a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Ended {
    /// It was told to.
    Stopped,
    /// The store is broken. Only a new process can tell what reached the disk.
    Broken,
}

/// Waits until the store shows damage. A store in memory never does.
pub(super) async fn broken(store: Option<Arc<SqliteStore>>) -> String {
    match store {
        Some(store) => store.broken().await,
        None => std::future::pending().await,
    }
}
