//! Connections to the file. Each setting is read back: a store without `synchronous=FULL` would lose acknowledged writes
//! when the power fails.

use crate::unusable::Unusable;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a connection waits for a lock that another program holds, such as the shell `sqlite3`.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// Statements that a connection keeps prepared: more than there are.
const STATEMENTS: usize = 64;

/// The settings of every connection, and their values when they are read back.
const SETTINGS: [(&str, i64); 5] = [
    // FULL: the log is synced before a commit returns.
    ("synchronous", 2),
    // Pages. A checkpoint each 1000 pages, the default, makes the slowest writes five times slower.
    ("wal_autocheckpoint", 4000),
    ("journal_size_limit", 16 * 1024 * 1024),
    ("trusted_schema", 0),
    ("cell_size_check", 1),
];

/// KiB of pages, as a negative number.
const WRITER_CACHE: i64 = -8192;
const READER_CACHE: i64 = -2048;

/// The one connection that writes.
pub(crate) fn for_writing(file: &Path) -> Result<Connection, Unusable> {
    open(file, WRITER_CACHE, false).map_err(|error| unusable(file, &error))
}

/// A connection that can only read.
pub(crate) fn for_reading(file: &Path) -> Result<Connection, Unusable> {
    to_read(file).map_err(|error| unusable(file, &error))
}

/// The same, with the error of SQLite.
pub(crate) fn to_read(file: &Path) -> rusqlite::Result<Connection> {
    open(file, READER_CACHE, true)
}

/// What SQLite reported, with a cure for the usual causes.
pub(crate) fn unusable(file: &Path, error: &rusqlite::Error) -> Unusable {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DiskFull, NotADatabase, ReadOnly};
    use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    // SQLite makes the file `-shm` as long as it needs at once, so that a full disk cannot fail it later.
    let no_room = error.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_IOERR_SHMSIZE);
    let cure = match error.sqlite_error_code() {
        _ if no_room => "make room on this disk",
        Some(DatabaseBusy) => "end the other program that uses the file, such as `sqlite3`, and start again",
        Some(DatabaseCorrupt | NotADatabase) => "run `doorward restore FILE` with a backup",
        Some(DiskFull) => "make room on this disk",
        Some(ReadOnly) => "mount its file system writable, and give the file to the user of this process",
        _ => "check the disk and the permissions of the file and its folder",
    };
    Unusable::new(file, error, cure)
}

fn open(file: &Path, cache: i64, query_only: bool) -> rusqlite::Result<Connection> {
    // Without CREATE: the file is there, with its mode. Without URI: the path is not parsed.
    // NOFOLLOW: see `place::private`.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(PATIENCE)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(refused("journal_mode", &mode));
    }
    let each = [("cache_size", cache), ("query_only", i64::from(query_only))];
    for (name, value) in SETTINGS.into_iter().chain(each) {
        set(&connection, name, value)?;
    }
    Ok(connection)
}

fn set(connection: &Connection, name: &str, value: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, name, value)?;
    match connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0))? {
        known if known == value => Ok(()),
        known => Err(refused(name, &known.to_string())),
    }
}

fn refused(name: &str, value: &str) -> rusqlite::Error {
    let text = format!("SQLite keeps the setting {name} at {value}");
    rusqlite::Error::ToSqlConversionFailure(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;

    #[test]
    fn a_setting_that_sqlite_does_not_take_is_an_error() {
        let place = Place::temporary().unwrap();
        let connection = for_writing(place.database()).unwrap();
        let error = set(&connection, "wal_autocheckpoint", i64::from(i32::MAX) + 1).unwrap_err();
        assert!(error.to_string().contains("wal_autocheckpoint"), "{error}");
    }

    #[test]
    fn a_connection_for_reading_cannot_write() {
        let place = Place::temporary().unwrap();
        let connection = for_reading(place.database()).unwrap();
        let error = connection.execute_batch("CREATE TABLE some (a INTEGER)").unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ReadOnly), "{error}");
    }

    #[test]
    fn a_file_that_is_no_database_is_refused() {
        let place = Place::temporary().unwrap();
        std::fs::write(
            place.database(),
            "not a database, but long enough to have a header of one".repeat(20),
        )
        .unwrap();
        let error = for_writing(place.database()).unwrap_err().to_string();
        assert!(
            error.contains("doorward.db") && error.ends_with("run `doorward restore FILE` with a backup"),
            "{error}"
        );
    }
}
