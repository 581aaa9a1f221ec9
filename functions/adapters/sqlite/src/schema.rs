//! The tables, and the steps from each version of the file to the next. Steps only add, so a restored copy of the file from
//! before a step is enough to go back one version of the program.

use crate::connection::unusable;
use crate::place;
use crate::row::seconds;
use crate::unusable::Unusable;
use doorward::ports::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// "DOOR": marks the file as one of this program.
const APPLICATION: i32 = 0x444F_4F52;

/// One step for each version of the file. The first makes the tables. After a release no step changes, not in a space either: see
/// [`is_as_made`].
const STEPS: [&str; 2] = [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// Brings the file to the newest version.
pub(crate) fn migrate(connection: &mut Connection, file: &Path, now: Timestamp) -> Result<(), Unusable> {
    migrate_by(&STEPS, connection, file, now)
}

fn migrate_by(
    steps: &[&str],
    connection: &mut Connection,
    file: &Path,
    now: Timestamp,
) -> Result<(), Unusable> {
    let found = version(connection, file)?;
    if found > steps.len() {
        let copy = copy(file, steps.len());
        let cure = format_args!("use the newer program, or restore the copy {}", copy.display());
        return Err(newer(connection, file, (found, steps.len()), &cure));
    }
    if found > 0 && found < steps.len() {
        keep_copy(connection, file, found)?;
    }
    for (step, version) in steps.iter().zip(1..).skip(found) {
        take(step, version, connection, now).map_err(|error| unusable(file, &error))?;
    }
    Ok(())
}

/// What a file is.
pub(crate) enum Kind {
    Empty,
    /// The store's file, of this version.
    Store(usize),
    /// A database of another program.
    Foreign,
}

pub(crate) fn kind(connection: &Connection) -> rusqlite::Result<Kind> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    Ok(match (pragma("application_id")?, pragma("user_version")?, is_empty(connection)?) {
        (APPLICATION, version @ 1.., false) => Kind::Store(version as usize),
        (0, 0, true) => Kind::Empty,
        _ => Kind::Foreign,
    })
}

/// The version of the file: 0 if it is empty.
fn version(connection: &Connection, file: &Path) -> Result<usize, Unusable> {
    match kind(connection).map_err(|error| unusable(file, &error))? {
        Kind::Store(version) => Ok(version),
        Kind::Empty => Ok(0),
        Kind::Foreign => Err(Unusable::new(
            file,
            "is a database of another program",
            "move it away, or use another folder",
        )),
    }
}

/// Refuses a file of a version that this program does not know.
pub(crate) fn refuse_newer(
    connection: &Connection,
    file: &Path,
    found: usize,
    cure: &dyn Display,
) -> Result<(), Unusable> {
    if found > STEPS.len() { Err(newer(connection, file, (found, STEPS.len()), cure)) } else { Ok(()) }
}

/// The statements that made what is in a file, except for the tables of `ANALYZE` and of Litestream.
const OBJECTS: &str = "
    SELECT ifnull(group_concat(type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, ''), ';' ORDER BY type, name), '')
    FROM sqlite_schema WHERE NOT (type = 'table' AND name IN
        ('sqlite_stat1', 'sqlite_stat4', '_litestream_seq', '_litestream_lock'))";

/// Whether the file has the tables and indexes of its version, and nothing else. A trigger or a view would be run or read by the
/// statements of this program.
pub(crate) fn is_as_made(connection: &Connection, version: usize) -> rusqlite::Result<bool> {
    let made = Connection::open_in_memory()?;
    STEPS.iter().take(version).try_for_each(|step| made.execute_batch(step))?;
    let objects = |of: &Connection| of.query_row(OBJECTS, [], |row| row.get::<_, String>(0));
    Ok(objects(connection)? == objects(&made)?)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
}

fn newer(
    connection: &Connection,
    file: &Path,
    (found, known): (usize, usize),
    cure: &dyn Display,
) -> Unusable {
    let by = connection.query_row("SELECT value FROM meta WHERE key = 'written_by'", [], |row| row.get(0));
    let by = by.unwrap_or_else(|_| "of a newer version".to_owned());
    let this = env!("CARGO_PKG_VERSION");
    Unusable::new(
        file,
        format_args!(
            "was written by doorward {by} (version {found} of the file); this is doorward {this} (version {known})"
        ),
        cure,
    )
}

/// One step, in one transaction with its number.
fn take(step: &str, version: i32, connection: &mut Connection, now: Timestamp) -> rusqlite::Result<()> {
    let step_of = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    step_of.execute_batch(step)?;
    step_of.pragma_update(None, "application_id", APPLICATION)?;
    step_of.pragma_update(None, "user_version", version)?;
    let keep =
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
    step_of.execute(keep, params!["written_by", env!("CARGO_PKG_VERSION")])?;
    if version == 1 {
        step_of.execute(keep, params!["swept_to", seconds(now).to_string()])?;
    }
    step_of.commit()
}

/// A copy of the file before its first step, beside it. It has its name only when it is complete and synced.
fn keep_copy(connection: &Connection, file: &Path, version: usize) -> Result<(), Unusable> {
    let (copy, part) = (copy(file, version), file.with_extension("db.part"));
    let full = |error: &dyn Display| {
        Unusable::new(
            &copy,
            format_args!("the copy before an upgrade failed: {error}"),
            "make room on this disk",
        )
    };
    place::create_empty(&part)?;
    let text = part.to_string_lossy();
    connection.execute("VACUUM INTO ?1", [&text]).map_err(|error| full(&error))?;
    place::put_in_place(&part, &copy).map_err(|error| full(&error))
}

/// The name of the copy: `doorward.db.v1`.
fn copy(file: &Path, version: usize) -> PathBuf {
    file.with_extension(format!("db.v{version}"))
}

#[cfg(test)]
mod tests;
