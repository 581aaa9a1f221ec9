//! Connections that read, one for each core. A read takes microseconds, so it runs on the thread of its caller.

use crate::connection;
use crate::health::Health;
use crate::unusable::Unusable;
use doorward::store::StoreError;
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::available_parallelism;

pub(crate) struct Readers {
    connections: Vec<Mutex<Connection>>,
    next: AtomicUsize,
    health: Arc<Health>,
}

impl Readers {
    pub(crate) fn open(file: &Path, health: Arc<Health>) -> Result<Self, Unusable> {
        let cores = available_parallelism().map_or(1, usize::from);
        let connections = (0..cores).map(|_| connection::for_reading(file).map(Mutex::new));
        Ok(Self { connections: connections.collect::<Result<_, _>>()?, next: AtomicUsize::new(0), health })
    }

    /// Reads what was committed before this call.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.health.check().map_err(StoreError::new)?;
        read(&self.free()).map_err(StoreError::new)
    }

    /// A connection that is free, or the first that becomes free.
    fn free(&self) -> MutexGuard<'_, Connection> {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len();
        let (before, after) = self.connections.split_at(next);
        let free = after.iter().chain(before).find_map(|connection| match connection.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        // A panic in a read leaves the connection as it was: the statement is reset when it is dropped.
        free.unwrap_or_else(|| self.connections[next].lock().unwrap_or_else(PoisonError::into_inner))
    }
}
