//! What a copy of the file holds, and whether it is whole.

use crate::row::seconds;
use crate::schema::{self, Kind};
use crate::unusable::Unusable;
use doorward::ports::Timestamp;
use rusqlite::Connection;
use std::path::Path;

/// What a backup holds, for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Users, with those that are disabled.
    pub users: u32,
    /// Grants that are neither closed nor expired.
    pub open_grants: u32,
    /// When a user last allowed a client, or a client last refreshed its token.
    pub newest: Option<Timestamp>,
}

const USERS: &str = "SELECT count(*) FROM people";
const OPEN: &str = "SELECT count(*) FROM grants WHERE closed_at IS NULL AND expires_at > ?1";
const NEWEST: &str = "
    SELECT max(max(opened_at, ifnull(step_0, 0), ifnull(step_1, 0), ifnull(step_2, 0), ifnull(step_3, 0),
                   ifnull(step_4, 0), ifnull(step_5, 0), ifnull(step_6, 0), ifnull(step_7, 0)))
    FROM grants";

impl Contents {
    pub(crate) fn read(connection: &Connection, now: Timestamp) -> rusqlite::Result<Self> {
        let newest: Option<i64> = connection.query_row(NEWEST, [], |row| row.get(0))?;
        Ok(Self {
            users: connection.query_row(USERS, [], |row| row.get(0))?,
            open_grants: connection.query_row(OPEN, [seconds(now)], |row| row.get(0))?,
            newest: newest.and_then(|newest| newest.try_into().ok()).map(Timestamp),
        })
    }
}

/// Refuses a file that is no store of a version that this program knows, or that is damaged. `file` is its name in errors, and
/// `cure` what to do.
pub(crate) fn refuse_unsound(connection: &Connection, file: &Path, cure: &str) -> Result<(), Unusable> {
    let damaged =
        |what: &dyn std::fmt::Display| Unusable::new(file, format_args!("is damaged: {what}"), cure);
    match schema::kind(connection).map_err(|error| damaged(&error))? {
        Kind::Store(version) => {
            schema::refuse_newer(
                connection,
                file,
                version,
                &format_args!("use the newer program, or {cure}"),
            )?;
            if !schema::is_as_made(connection, version).map_err(|error| damaged(&error))? {
                let problem = "has other tables, indexes, triggers or views than a store";
                return Err(Unusable::new(file, problem, cure));
            }
        }
        Kind::Empty => return Err(Unusable::new(file, "has no records: it is an empty database", cure)),
        Kind::Foreign => return Err(Unusable::new(file, "is a database of another program", cure)),
    }
    let found = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0));
    match found.map_err(|error| damaged(&error))? {
        sound if sound == "ok" => Ok(()),
        damage => Err(damaged(&damage)),
    }
}
