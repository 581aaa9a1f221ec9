//! Backup: a whole copy of the file, made while the server uses it. Nothing is made in the store's folder.

use crate::contents::{Contents, refuse_unsound};
use crate::unusable::Unusable;
use crate::{connection, owner, place};
use doorward::ports::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use std::fmt::Display;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// NOFOLLOW: see `place::private`. It holds for the file that `VACUUM INTO` writes, too.
const TO_READ: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX)
    .union(OpenFlags::SQLITE_OPEN_NOFOLLOW);

/// A backup to make.
#[derive(Clone, Copy, Debug)]
pub struct Backup<'a> {
    /// The folder of the store.
    pub folder: &'a Path,
    /// The file to make, outside of the folder.
    pub to: &'a Path,
    /// Whether to replace a file that is there already.
    pub replace: bool,
}

/// A backup that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// What it holds.
    pub contents: Contents,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Backup<'_> {
    /// Makes the backup. The file has its name only when it is whole, checked and synced.
    ///
    /// # Errors
    /// [`Unusable`], with the file and what to do.
    pub fn make(&self, now: Timestamp) -> Result<BackedUp, Unusable> {
        let store = self.store()?;
        let to = self.destination()?;
        let part = Part::create(&to)?;
        copy(&store, &part, copy_by).map_err(|error| failed(&store, &to, &error))?;
        let contents = check(&part.path, &store, now)?;
        to.parent().into_iter().for_each(|beside| owner::give_beside(&part.file, self.folder, beside));
        let lost = |error| place::inaccessible(&to, &error);
        let bytes = part.file.metadata().map_err(lost)?.len();
        self.refuse_existing(&to)?;
        place::put_in_place(&part.path, &to).map_err(lost)?;
        Ok(BackedUp { contents, bytes })
    }

    fn store(&self) -> Result<PathBuf, Unusable> {
        let store = self.folder.join(place::DATABASE);
        match fs::symlink_metadata(&store) {
            Ok(file) if file.is_file() => {
                let folder =
                    fs::canonicalize(self.folder).map_err(|error| place::inaccessible(&store, &error))?;
                Ok(folder.join(place::DATABASE))
            }
            Ok(_) => Err(Unusable::new(&store, "is no file", "name the folder of the file with --data-dir")),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(Unusable::new(
                    self.folder,
                    "there is no store",
                    "give the folder of the server with --data-dir",
                ))
            }
            Err(error) => Err(place::inaccessible(&store, &error)),
        }
    }

    /// The whole path of the file to make.
    fn destination(&self) -> Result<PathBuf, Unusable> {
        let Some(name) = self.to.file_name().filter(|_| !self.to.is_dir()) else {
            let file = self.to.join("doorward.backup");
            return Err(Unusable::new(
                self.to,
                "is a folder",
                format_args!("name a file in it, such as {}", file.display()),
            ));
        };
        let folder = self.to.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let whole = fs::canonicalize(folder).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Unusable::new(folder, "there is no such folder", "make it first"),
            _ => place::inaccessible(folder, &error),
        })?;
        if fs::canonicalize(self.folder).is_ok_and(|store| whole.starts_with(store)) {
            let problem = "is in the folder of the store, and would be lost with it";
            return Err(Unusable::new(self.to, problem, "name a file elsewhere, best on another disk"));
        }
        let to = whole.join(name);
        self.refuse_existing(&to)?;
        Ok(to)
    }

    fn refuse_existing(&self, to: &Path) -> Result<(), Unusable> {
        if self.replace || fs::symlink_metadata(to).is_err() {
            return Ok(());
        }
        Err(Unusable::new(to, "exists already", "name another file, or give --replace"))
    }
}

/// The file while it is not whole. It is removed when this value is dropped. The process id is in its name, so that backups
/// at the same time do not meet.
struct Part {
    path: PathBuf,
    file: File,
}

impl Part {
    fn create(to: &Path) -> Result<Self, Unusable> {
        let mut name = to.as_os_str().to_owned();
        name.push(format!(".part-{}", std::process::id()));
        let path = PathBuf::from(name);
        let file = place::create_new(&path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                Unusable::new(&path, "is left from a backup that did not finish", "delete it")
            }
            _ => place::inaccessible(&path, &error),
        })?;
        Ok(Self { path, file })
    }
}

impl Drop for Part {
    // After a backup was made, the file has another name, and there is nothing to remove.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Copies the store into the empty file.
///
/// SQLite makes `-wal` and `-shm` beside a file even to read it. A running server has them. Without a server, the file is read
/// as one that does not change; if a server started meanwhile, the copy is made again.
fn copy(
    store: &Path,
    part: &Part,
    mut by: impl FnMut(&str, &Path) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    if !is_in_use(store) {
        let before = stamp(store);
        let copied = by(&uri(store, "?mode=ro&immutable=1"), &part.path);
        if !is_in_use(store) && stamp(store) == before {
            return copied;
        }
        part.file.set_len(0).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    }
    by(&uri(store, "?mode=ro"), &part.path)
}

/// Whether there is a log. A server removes it when it ends, not when it is killed.
fn is_in_use(store: &Path) -> bool {
    store.with_extension("db-wal").exists()
}

fn stamp(store: &Path) -> Option<(u64, SystemTime)> {
    let metadata = fs::metadata(store).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

fn copy_by(store: &str, part: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(store, TO_READ | OpenFlags::SQLITE_OPEN_URI)?;
    connection.busy_timeout(connection::PATIENCE)?;
    let path = ToSqlOutput::Borrowed(ValueRef::Text(part.as_os_str().as_encoded_bytes()));
    connection.execute("VACUUM INTO ?1", [path]).map(drop)
}

/// A path as SQLite reads it in a URI: every byte that could end it is percent-encoded.
fn uri(path: &Path, query: &str) -> String {
    let mut uri = "file:".to_owned();
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + query
}

fn failed(store: &Path, to: &Path, error: &rusqlite::Error) -> Unusable {
    use rusqlite::ErrorCode::{DiskFull, SystemIoFailure};
    match error.sqlite_error_code() {
        Some(DiskFull) => Unusable::new(to, error, "make room on this disk"),
        Some(SystemIoFailure) => {
            Unusable::new(to, error, format_args!("check this disk and that of {}", store.display()))
        }
        _ => connection::unusable(store, error),
    }
}

/// Checks the copy, and reads what it holds. The copy is made of the store, so damage is that of the store.
fn check(part: &Path, store: &Path, now: Timestamp) -> Result<Contents, Unusable> {
    let cure = "run `doorward restore FILE` with an older backup";
    let damaged = |error: &dyn Display| Unusable::new(store, format_args!("is damaged: {error}"), cure);
    let connection = Connection::open_with_flags(part, TO_READ).map_err(|error| damaged(&error))?;
    refuse_unsound(&connection, store, cure)?;
    Contents::read(&connection, now).map_err(|error| damaged(&error))
}

#[cfg(test)]
pub(crate) mod tests;
