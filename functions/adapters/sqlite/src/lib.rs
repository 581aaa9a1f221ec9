//! The store in a SQLite file, for one process on one host. The README of this folder describes the tables.

mod assertions;
mod attempts;
mod backup;
mod blocks;
mod checker;
mod clients;
mod connection;
mod contents;
mod document_copies;
mod file_system;
mod grants;
mod health;
mod log;
mod observer;
mod owner;
mod pair;
mod people;
mod place;
mod probe;
mod readers;
mod restore;
mod row;
#[cfg(test)]
mod sample;
mod schema;
mod sweep;
mod unusable;
mod writer;

use checker::Checker;
use doorward::ports::{Clock, Timestamp};
use doorward::store::StoreError;
use health::Health;
use place::Place;
use readers::Readers;
use rusqlite::Connection;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use sweep::Sweeper;
use writer::Writer;

pub use backup::{BackedUp, Backup};
pub use contents::Contents;
pub use observer::{Commit, Load, Observer, WriteFailure};
pub use restore::{Restore, Restored};
pub use sweep::SWEPT;
pub use unusable::Unusable;
pub use writer::Counts;

/// The store: all kinds of records in one file. Only one process can open it.
///
/// When it is dropped, it makes the writes that wait, and frees the folder. This blocks the thread for a moment.
pub struct SqliteStore {
    // They are dropped in this order: all connections are closed before the lock is freed.
    _checker: Checker,
    sweeper: Sweeper,
    readers: Readers,
    writer: Writer,
    place: Place,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteStore({})", self.place.database().display())
    }
}

impl SqliteStore {
    /// Opens the store in a folder, and makes both if they are missing. The clock decides only when old records are deleted.
    ///
    /// # Errors
    /// [`Unusable`], with the file and what to do.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, Unusable> {
        Self::at(Place::claim(folder, clock.now())?, clock)
    }

    /// Opens an empty store in a temporary folder, which is deleted when the store is dropped. It never deletes old records.
    ///
    /// # Errors
    /// [`Unusable`], with the file and what to do.
    pub fn temporary() -> Result<Self, Unusable> {
        Self::at(Place::temporary()?, Arc::new(Standstill))
    }

    fn at(mut place: Place, clock: Arc<dyn Clock>) -> Result<Self, Unusable> {
        let file = place.database();
        let mut connection = connection::for_writing(file)?;
        schema::migrate(&mut connection, file, clock.now())?;
        log::settle(&connection, file)?;
        let health = Arc::new(Health::default());
        let readers = Readers::open(file, health.clone())?;
        let checker = Checker::start(file, health.clone(), checker::times());
        let writer = Writer::start(connection, health);
        let sweeper = Sweeper::start(writer.queue(), clock);
        place.keep();
        Ok(Self { _checker: checker, sweeper, readers, writer, place })
    }

    /// What the operator should know about the folder, although it can be used.
    pub fn warning(&self) -> Option<&str> {
        self.place.warning()
    }

    /// Waits until a write or the daily check shows that the file or the disk is damaged, and says what SQLite reported. From
    /// then on every operation is a [`StoreError`], and the process should end: only a new process can tell what reached the
    /// disk.
    pub async fn broken(&self) -> String {
        self.writer.health().broken().await
    }

    /// Whether a write would reach the disk. It waits for its turn as a write does. Nothing is written, unless the last commit
    /// failed: then it tries a small write, so that the store is healthy again as soon as the disk is.
    ///
    /// # Errors
    /// [`StoreError`] when a write would fail.
    pub async fn probe(&self) -> Result<(), StoreError> {
        if self.writer.health().is_failing() {
            self.write(probe::write).await
        } else {
            self.write(|_| Ok(())).await
        }
    }

    /// How many writes were made, and with how many commits, since the store was opened.
    pub fn counts(&self) -> Counts {
        self.writer.counts()
    }

    /// Has this observer told what the store does from now on. There is one observer: a second one is not told.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.writer.observe(observer);
    }

    /// What waits for the store, and how large its files are, now.
    pub fn load(&self) -> Load {
        let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let database = self.place.database();
        let log = database.with_extension("db-wal");
        Load { waiting: self.writer.waiting(), database: bytes(database), log: bytes(&log) }
    }

    /// Deletes old records now. The store does it every ten minutes by itself.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    pub fn sweep(&self) -> Result<(), StoreError> {
        self.sweeper.sweep_now()
    }

    /// Makes a change, and returns its outcome after it is on the disk.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(change).await
    }

    /// Reads what is on the disk.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.readers.read(read)
    }
}

/// The clock of a temporary store: it stands, so that no record is old.
struct Standstill;

impl Clock for Standstill {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }
}
