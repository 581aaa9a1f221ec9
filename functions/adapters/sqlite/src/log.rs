//! The log when a process starts: what is in it must be on the disk before the first request.
//!
//! A process may have ended because a sync failed. Then the kernel may have pages of the log that it counts as written, and that
//! are not on the disk. New records behind them would be lost in a power failure, because recovery stops at the first hole.

use crate::connection::{PATIENCE, unusable};
use crate::place::inaccessible;
use crate::unusable::Unusable;
use rusqlite::Connection;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

/// Writes the whole log into the file, and syncs it. While another process reads, such as Litestream, SQLite cannot do this.
/// Then the log itself is written again and synced.
pub(crate) fn settle(connection: &Connection, file: &Path) -> Result<(), Unusable> {
    let lost = |error| unusable(file, &error);
    if checkpoint(connection).map_err(lost)? {
        return Ok(());
    }
    // No other connection writes meanwhile.
    connection.execute_batch("BEGIN IMMEDIATE").map_err(lost)?;
    let log = file.with_extension("db-wal");
    let written = write_again(&log).map_err(|error| inaccessible(&log, &error));
    connection.execute_batch("ROLLBACK").map_err(lost)?;
    written
}

/// Returns whether the whole log was written. Does not wait for other processes.
fn checkpoint(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(Duration::ZERO)?;
    let is_busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(PATIENCE)?;
    is_busy.map(|is_busy| !is_busy)
}

/// Writes each byte of a file where it is, so that the kernel writes it to the disk again, and syncs the file.
fn write_again(path: &Path) -> io::Result<()> {
    let mut file: File = fs::OpenOptions::new().read(true).write(true).open(path)?;
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut bytes)?;
        if read == 0 {
            return file.sync_all();
        }
        file.seek(SeekFrom::Current(-(read as i64)))?;
        file.write_all(&bytes[..read])?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, head, open, open_grant, refresh};
    use std::time::SystemTime;

    #[tokio::test]
    async fn the_log_is_written_again_while_another_process_reads() {
        let sample = Sample::new();
        let store = sample.open();
        open_grant(&store, 1).await;
        let reader = Connection::open(sample.data.join("doorward.db")).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM grants").unwrap();
        for generation in 0..50 {
            refresh(&store, 1, generation, 10).await;
        }
        drop(store);
        let log = sample.data.join("doorward.db-wal");
        let before = fs::read(&log).unwrap();
        assert!(before.len() > 64 * 1024, "more than one part: {}", before.len());
        File::options().write(true).open(&log).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let store = open(&sample.data);
        assert_eq!(fs::read(&log).unwrap(), before);
        assert_ne!(fs::metadata(&log).unwrap().modified().unwrap(), SystemTime::UNIX_EPOCH, "it was written");
        assert_eq!(head(&store, 1).await, Some(50));
        refresh(&store, 1, 50, 20).await;
        reader.execute_batch("COMMIT").unwrap();
    }

    #[tokio::test]
    async fn the_log_is_empty_after_a_start_without_another_process() {
        let sample = Sample::new();
        let store = sample.open();
        open_grant(&store, 1).await;
        let killed = sample.killed();
        let log = killed.join("doorward.db-wal");
        assert!(fs::metadata(&log).unwrap().len() > 0);
        let _store = open(&killed);
        assert_eq!(fs::metadata(&log).unwrap().len(), 0);
    }
}
