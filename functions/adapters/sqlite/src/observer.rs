//! What happens in the store and is in no outcome, for metrics: commits, and the deletion of old records.

use rusqlite::{Error, ErrorCode};
use std::time::Duration;

/// Is told what the store does. It is called on the thread that writes, so it must be quick.
pub trait Observer: Send + Sync {
    /// A commit is on the disk. One that changed nothing is not told: it had nothing to sync.
    fn committed(&self, commit: Commit);

    /// A write failed alone, or a transaction with all its writes.
    fn failed(&self, why: WriteFailure);

    /// Old records of a table were deleted.
    fn swept(&self, table: &'static str, rows: usize);
}

/// A commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// How many writes it has.
    pub writes: usize,
    /// How long it took, from the first statement until the sync of the log had ended.
    pub took: Duration,
}

/// Why a write or a transaction failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteFailure {
    /// Another program holds a lock.
    Busy,
    /// The file is damaged.
    Corrupt,
    /// The disk is full.
    Full,
    /// The disk does not read, write or sync.
    InputOutput,
    /// Anything else.
    Other,
}

impl WriteFailure {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Busy, Self::Corrupt, Self::Full, Self::InputOutput, Self::Other];

    /// A name for metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Corrupt => "corrupt",
            Self::Full => "full",
            Self::InputOutput => "input_output",
            Self::Other => "other",
        }
    }

    pub(crate) fn of(error: &Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::SystemIoFailure) => Self::InputOutput,
            _ => Self::Other,
        }
    }
}

/// What waits for the store, and how large its files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// The writes that wait for the next commit.
    pub waiting: usize,
    /// The bytes of the database.
    pub database: u64,
    /// The bytes of its write-ahead log.
    pub log: u64,
}
