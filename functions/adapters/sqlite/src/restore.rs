//! Restore: a backup takes the place of the store's file. The older file is kept beside it.

mod aside;

use crate::contents::{Contents, refuse_unsound};
use crate::place::{self, Place, RESTORING};
use crate::row::seconds;
use crate::unusable::Unusable;
use crate::{connection, owner, pair};
use doorward::ports::Timestamp;
use rusqlite::{Connection, OpenFlags};
use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The copy of the backup, until it is checked.
const PART: &str = "doorward.db.part";
/// The files that belong to a file of SQLite, and itself, by the ends of their names.
const TOGETHER: [&str; 4] = ["", "-wal", "-shm", "-journal"];
const CURE: &str = "restore another backup";

/// A restore to make.
#[derive(Clone, Copy, Debug)]
pub struct Restore<'a> {
    /// The folder of the store. It is made if it is missing.
    pub folder: &'a Path,
    /// The backup. It stays as it is.
    pub from: &'a Path,
    /// The file of the root secrets, as errors name it.
    pub secret: &'a Path,
    /// The fingerprints of the root secrets in it.
    pub fingerprints: &'a [String],
    /// Whether to close every grant, so that every client must sign in again.
    pub close_grants: bool,
    /// Whether the backup may belong to another root secret. Then every grant is closed.
    pub other_secret: bool,
}

/// A restore that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the store holds now.
    pub contents: Contents,
    /// The grants that were closed.
    pub closed: usize,
    /// The older files, under their new names.
    pub aside: Vec<PathBuf>,
}

impl Restore<'_> {
    /// Makes the restore. No process may use the store.
    ///
    /// # Errors
    /// [`Unusable`], with the file and what to do. If the store was changed before the error, it is not opened until a restore
    /// succeeds.
    pub fn make(&self, now: Timestamp) -> Result<Restored, Unusable> {
        self.refuse_no_file()?;
        let mut place = Place::enter(self.folder, now).map_err(in_use)?;
        let file = &place.database().to_owned();
        if fs::canonicalize(self.from).is_ok_and(|from| from == *file) {
            return Err(Unusable::new(self.from, "is the file of the store itself", "name a backup"));
        }
        let part = file.with_file_name(PART);
        let prepared = self.prepare(&part, now);
        if prepared.is_err() {
            // The next restore removes what cannot be removed now.
            let _ = remove(&part);
        }
        let (contents, closed) = prepared?;
        let lost = |error: io::Error| place::inaccessible(file, &error);
        let restoring = file.with_file_name(RESTORING);
        place::put_in_place(&part, &restoring).map_err(lost)?;
        place.keep();
        // From here until the end, no server opens the store.
        let aside = aside::put(file, now).map_err(lost)?;
        place::put_in_place(&restoring, file).map_err(lost)?;
        Ok(Restored { contents, closed, aside })
    }

    fn refuse_no_file(&self) -> Result<(), Unusable> {
        match fs::metadata(self.from) {
            Ok(metadata) if metadata.is_file() => Ok(()),
            Ok(_) => Err(Unusable::new(self.from, "is no file", "name the file of a backup")),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(Unusable::new(self.from, "there is no such file", "name the file of a backup"))
            }
            Err(error) => Err(place::inaccessible(self.from, &error)),
        }
    }

    /// Copies the backup, and makes the copy what the store will be. What is checked is what is used.
    fn prepare(&self, part: &Path, now: Timestamp) -> Result<(Contents, usize), Unusable> {
        let lost = |error| place::inaccessible(part, &error);
        remove(part).map_err(lost)?;
        let missing = || place::inaccessible(self.from, &ErrorKind::NotFound.into());
        let copied = copy(self.from, part)?.ok_or_else(missing)?;
        for end in ["-wal", "-journal"] {
            copy(&with_end(self.from, end), &with_end(part, end))?;
        }
        let damaged = |error: rusqlite::Error| self.damaged(&error);
        let mut connection = open(part).map_err(damaged)?;
        refuse_unsound(&connection, self.from, CURE)?;
        if !self.other_secret {
            self.refuse_other_secret(&connection)?;
        }
        let closed = self.change(&mut connection, now).map_err(damaged)?;
        let contents = Contents::read(&connection, now).map_err(damaged)?;
        connection.close().map_err(|(_, error)| damaged(error))?;
        // Not before: the file could be one that only root may read.
        owner::give(&copied, self.folder);
        Ok((contents, closed))
    }

    fn refuse_other_secret(&self, connection: &Connection) -> Result<(), Unusable> {
        let pair = pair::find(connection).map_err(|error| self.damaged(&error))?;
        if pair.is_none_or(|pair| self.fingerprints.contains(&pair)) {
            return Ok(());
        }
        let problem = format_args!("belongs to a root secret that is not in {}", self.secret.display());
        let cure = "put the secret file of that store there, and restore again; if it is lost, give --other-secret: users keep \
                    their passwords, and every client registers and signs in again";
        Err(Unusable::new(self.from, problem, cure))
    }

    /// Ends what the backup cannot know of. An epoch becomes higher than any that a user can have had since the backup, so
    /// sessions and codes since then end too: one more than in the backup could be the epoch of such a session.
    fn change(&self, connection: &mut Connection, now: Timestamp) -> rusqlite::Result<usize> {
        let change = connection.transaction()?;
        change.execute("UPDATE people SET epoch = max(epoch + 1, ?1)", [seconds(now)])?;
        let close = "UPDATE grants SET closed_at = ?1, why = 'operator' WHERE closed_at IS NULL";
        if self.other_secret {
            pair::forget(&change)?;
        }
        let closed =
            if self.close_grants || self.other_secret { change.execute(close, [seconds(now)])? } else { 0 };
        change.commit()?;
        Ok(closed)
    }

    fn damaged(&self, error: &dyn Display) -> Unusable {
        Unusable::new(self.from, format_args!("cannot be read: {error}"), CURE)
    }
}

/// The server is what uses the store, usually.
fn in_use(unusable: Unusable) -> Unusable {
    if unusable.is_in_use() { unusable.with_cure("stop the server first") } else { unusable }
}

/// Opens the copy, and writes its log into it.
fn open(part: &Path) -> rusqlite::Result<Connection> {
    // NOFOLLOW: see `place::private`.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(part, flags)?;
    connection.busy_timeout(connection::PATIENCE)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    Ok(connection)
}

/// Copies a file, if it is there. The copy is for the user of this process only.
fn copy(from: &Path, to: &Path) -> Result<Option<File>, Unusable> {
    let mut source = match place::open_to_copy(from) {
        Ok(source) => source,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(place::inaccessible(from, &error)),
    };
    let mut target = place::create_new(to).map_err(|error| place::inaccessible(to, &error))?;
    io::copy(&mut source, &mut target).map_err(|error| place::inaccessible(to, &error))?;
    Ok(Some(target))
}

fn remove(part: &Path) -> io::Result<()> {
    for end in TOGETHER {
        match fs::remove_file(with_end(part, end)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(end);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests;
