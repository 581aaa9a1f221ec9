//! The folder of a store: its mode, the file in it, and the lock that keeps a second process out.

mod traces;

use crate::file_system::{self, Suitability};
use crate::owner;
use crate::unusable::Unusable;
use doorward::ports::Timestamp;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The name of the store's file.
pub(crate) const DATABASE: &str = "doorward.db";
/// A whole file that a restore puts in the place of the store's. It has this name only while the older one is moved.
pub(crate) const RESTORING: &str = "doorward.db.restoring";
const LOCK: &str = "lock";

/// A folder that this process has claimed. The kernel frees the lock when the process ends, however it ends.
pub(crate) struct Place {
    database: PathBuf,
    warning: Option<String>,
    lock: File,
    /// Whether a store was here before this process, or is here since.
    has_store: bool,
    temporary: Option<PathBuf>,
}

impl Place {
    /// Claims a folder, and makes the store's file. Makes both if they are missing.
    pub(crate) fn claim(folder: &Path, now: Timestamp) -> Result<Self, Unusable> {
        let place = Self::enter(folder, now)?;
        let unfinished = place.database.with_file_name(RESTORING);
        if unfinished.exists() {
            return Err(Unusable::new(
                &unfinished,
                "a restore did not finish",
                "run `doorward restore` again",
            ));
        }
        traces::refuse_lost(&place.database, place.has_store)?;
        create(&place.database)?;
        Ok(place)
    }

    /// Claims a folder, whether the store's file is there or not. Makes the folder if it is missing.
    pub(crate) fn enter(folder: &Path, now: Timestamp) -> Result<Self, Unusable> {
        make(folder).map_err(|error| inaccessible(folder, &error))?;
        let folder = fs::canonicalize(folder).map_err(|error| inaccessible(folder, &error))?;
        refuse_writers(&folder)?;
        let warning = match file_system::of(&folder) {
            Suitability::Good => None,
            Suitability::Doubtful(kind) => Some(format!(
                "{}: on the file system {kind}, other hosts may not see the lock, and a sync may not reach the disk",
                folder.display()
            )),
            Suitability::None(kind) => {
                let problem = format_args!(
                    "is on the network file system {kind}, where locks and syncs cannot be relied on"
                );
                return Err(Unusable::new(&folder, problem, "use a folder on a disk of this host"));
            }
        };
        let (lock, was_used) = lock(&folder, now)?;
        let database = folder.join(DATABASE);
        let has_store = was_used || database.exists();
        Ok(Self { database, warning, lock, has_store, temporary: None })
    }

    /// Notes that the store is whole. Until then, the folder says afterwards that no store was here.
    pub(crate) fn keep(&mut self) {
        self.has_store = true;
    }

    /// Makes and claims an empty folder, which is deleted when this value is dropped.
    pub(crate) fn temporary() -> Result<Self, Unusable> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let all = std::env::temp_dir();
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let folder = all.join(format!("doorward-{}-{number}", std::process::id()));
            match builder().create(&folder) {
                Ok(()) => {
                    let mut place = Self::claim(&folder, Timestamp(0))?;
                    place.temporary = Some(folder);
                    return Ok(place);
                }
                // Another program made it, such as an earlier process with the same number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(inaccessible(&folder, &error)),
            }
        }
    }

    pub(crate) fn database(&self) -> &Path {
        &self.database
    }

    pub(crate) fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.has_store {
            if fs::metadata(&self.database).is_ok_and(|file| file.len() == 0) {
                let _ = fs::remove_file(&self.database);
            }
            let _ = self.lock.set_len(0);
        }
        let _ = self.lock.unlock();
        if let Some(folder) = &self.temporary {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// An empty file that only its owner can read. One that is there already is removed.
pub(crate) fn create_empty(path: &Path) -> Result<(), Unusable> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(inaccessible(path, &error)),
        _ => create(path),
    }
}

/// Gives a complete file its name, in the place of an older one.
pub(crate) fn put_in_place(part: &Path, path: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    fs::rename(part, path)?;
    // Without this, a power failure could undo the rename.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// A file that only its owner can read. SQLite gives its log the same mode. One that is there keeps its content.
fn create(path: &Path) -> Result<(), Unusable> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    private(&mut options);
    let file = options.open(path).map_err(|error| inaccessible(path, &error))?;
    path.parent().into_iter().for_each(|folder| owner::give(&file, folder));
    restrict(&file).map_err(|error| inaccessible(path, &error))
}

/// A new file that only its owner can read. One that is there already is an error.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    options.open(path)
}

/// Opens a file to copy it. One that is no file, such as a pipe, is an error: reading it could wait for ever.
pub(crate) fn open_to_copy(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    without_waiting(&mut options);
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "is no file"))
}

/// Locks the folder. Returns whether the lock was used before.
fn lock(folder: &Path, now: Timestamp) -> Result<(File, bool), Unusable> {
    let path = folder.join(LOCK);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    private(&mut options);
    let mut file = options.open(&path).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied if fs::symlink_metadata(&path).is_err() => {
            let problem = "the user of this process may not write to this folder";
            Unusable::new(folder, problem, format_args!("run chown USER {}", folder.display()))
        }
        _ => inaccessible(&path, &error),
    })?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let holder = holder.split_whitespace().next().unwrap_or("of another user");
            let problem = format_args!("is in use by process {holder}");
            return Err(Unusable::in_use(folder, problem, "end that process, or use another folder"));
        }
        Err(TryLockError::Error(error)) => return Err(inaccessible(&path, &error)),
    }
    let was_used = file.metadata().map_err(|error| inaccessible(&path, &error))?.len() > 0;
    let content = format!("{} since {}\n", std::process::id(), now.0);
    let written = file.set_len(0).and_then(|()| file.write_all(content.as_bytes()));
    owner::give(&file, folder);
    written.map_err(|error| inaccessible(&path, &error))?;
    Ok((file, was_used))
}

pub(crate) fn inaccessible(path: &Path, error: &io::Error) -> Unusable {
    let cure = match error.kind() {
        ErrorKind::PermissionDenied => "give it to the user of this process",
        ErrorKind::ReadOnlyFilesystem => "mount its file system writable",
        ErrorKind::StorageFull => "make room on this disk",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "move that file away, or use another folder",
        _ => "check the disk and the path",
    };
    Unusable::new(path, error, cure)
}

fn make(folder: &Path) -> io::Result<()> {
    builder().recursive(true).create(folder)
}

#[cfg(unix)]
mod modes {
    //! Who else can use the folder and its files: on Unix, their modes say it.

    use super::{DirBuilder, File, OpenOptions, Path, Unusable, fs, inaccessible, io};
    use rustix::fs::OFlags;
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};

    pub(super) fn builder() -> DirBuilder {
        let mut builder = DirBuilder::new();
        builder.mode(0o700);
        builder
    }

    /// For its owner only, and no symbolic link. An operator's command may run as root in a folder of another user, who must not
    /// send it to a file elsewhere.
    pub(super) fn private(options: &mut OpenOptions) {
        options.mode(0o600).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    }

    /// A pipe is opened at once, also if no process writes to it.
    pub(super) fn without_waiting(options: &mut OpenOptions) {
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    }

    pub(super) fn restrict(file: &File) -> io::Result<()> {
        file.set_permissions(fs::Permissions::from_mode(0o600))
    }

    /// Who can write to the folder can put another file in the place of the store.
    pub(super) fn refuse_writers(folder: &Path) -> Result<(), Unusable> {
        let mode = fs::metadata(folder).map_err(|error| inaccessible(folder, &error))?.permissions().mode();
        if mode & 0o022 == 0 {
            return Ok(());
        }
        let cure = format_args!("run chmod 700 {}", folder.display());
        Err(Unusable::new(folder, "other users can write to it", cure))
    }
}

#[cfg(not(unix))]
mod modes {
    //! Who else can use the folder and its files: elsewhere, the folder's own access rules say it.

    use super::{DirBuilder, File, OpenOptions, Path, Unusable, io};

    pub(super) fn builder() -> DirBuilder {
        DirBuilder::new()
    }

    pub(super) fn private(_: &mut OpenOptions) {}

    pub(super) fn without_waiting(_: &mut OpenOptions) {}

    pub(super) fn restrict(_: &File) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn refuse_writers(_: &Path) -> Result<(), Unusable> {
        Ok(())
    }
}

use modes::{builder, private, refuse_writers, restrict, without_waiting};

#[cfg(test)]
mod tests;
