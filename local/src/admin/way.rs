//! The way of a command: to the server that runs, through its socket, or to the store of a server that is stopped.

use super::executor::Executor;
use super::keys::RootKeys;
use super::place::{Place, denied};
use crate::Failure;
use crate::log::Log;
use doorward::operator::Operator;
use doorward::store::Stores;
use doorward_passwords::Argon2id;
use doorward_signing::{SystemClock, SystemEntropy};
use doorward_sqlite::{SqliteStore, Unusable};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a command waits for a folder that another process has locked: a server that starts or ends, or another command.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// The way of commands to a place.
pub(super) struct Way {
    place: Place,
    uid: Option<u32>,
    log: Log,
    /// The store, if no server runs. This process then has the lock of the folder.
    opened: Option<Executor>,
}

impl Way {
    /// The way to this place, for the user with this id. Events of a store without a server go to `log`.
    pub(super) fn new(place: Place, uid: Option<u32>, log: Log) -> Self {
        Self { place, uid, log, opened: None }
    }

    /// The place to which commands go.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Executes a command. A refusal has `errorType`.
    pub(super) async fn ask(&mut self, command: Value) -> Result<Value, Failure> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(executor) = &self.opened {
                return Ok(execute(executor, command, self.uid, &self.log).await);
            }
            let no_socket = match running::connect(&self.place.folder).await {
                Ok(stream) => return running::ask(&self.place.folder, stream, &command).await,
                Err(no_socket) if no_socket.is_denied => return Err(denied(&self.place.folder, self.uid)),
                Err(no_socket) => no_socket,
            };
            match open(&self.place) {
                Ok(executor) => self.opened = Some(executor),
                Err(unusable) if unusable.is_in_use() && Instant::now() < until => sleep(PAUSE).await,
                Err(unusable) if unusable.is_in_use() => {
                    return Err(Failure(format!("{unusable}; it takes no commands: {}", no_socket.why)));
                }
                Err(unusable) => return Err(Failure(unusable.to_string())),
            }
        }
    }

    /// Ends the way. Files that root has made in the folder are given to its owner.
    pub(super) fn close(self) -> Result<(), Failure> {
        if self.opened.is_none() {
            return Ok(());
        }
        // SQLite removes its log when the store is closed.
        drop(self.opened);
        owner::give_back(&self.place.folder)
    }
}

async fn execute(executor: &Executor, command: Value, uid: Option<u32>, log: &Log) -> Value {
    let executed = executor.execute(command, uid).await;
    if let Some(event) = &executed.event {
        log.write(event);
    }
    executed.answer
}

/// Opens the store of a server that is stopped.
fn open(place: &Place) -> Result<Executor, Unusable> {
    let store = Arc::new(SqliteStore::open(&place.folder, Arc::new(SystemClock))?);
    let entropy = Arc::new(SystemEntropy);
    let keys = RootKeys::new(place.folder.clone(), place.secret.clone(), store.clone(), None);
    Ok(Executor::new(keys, |keys| Operator {
        stores: Stores::of(store),
        passwords: Arc::new(Argon2id::new(1, entropy.clone())),
        clock: Arc::new(SystemClock),
        entropy,
        keys,
    }))
}

/// Why there is no server at the socket.
struct NoSocket {
    is_denied: bool,
    why: String,
}

#[cfg(unix)]
mod running {
    //! The socket of a server that runs.

    use super::NoSocket;
    use crate::Failure;
    use crate::admin::socket::{LONGEST, path, too_long};
    use serde_json::Value;
    use std::io::ErrorKind;
    use std::path::Path;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;
    use tokio::time::timeout;

    /// How long an answer may take: the server executes four commands at once.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// The longest answer that is read, in bytes.
    const LONGEST_ANSWER: u64 = 16 * 1024 * 1024;

    pub(super) async fn connect(folder: &Path) -> Result<UnixStream, NoSocket> {
        let path = path(folder);
        if let Some(why) = too_long(&path) {
            return Err(NoSocket { is_denied: false, why });
        }
        UnixStream::connect(&path).await.map_err(|error| NoSocket {
            is_denied: error.kind() == ErrorKind::PermissionDenied,
            why: format!("{}: {error}", path.display()),
        })
    }

    pub(super) async fn ask(
        folder: &Path,
        mut stream: UnixStream,
        command: &Value,
    ) -> Result<Value, Failure> {
        let line = format!("{command}\n");
        if line.len() > LONGEST {
            return Err(Failure("the command is longer than 64 KiB".to_owned()));
        }
        let failure = |why: &dyn std::fmt::Display| {
            Failure(format!(
                "{}: {why} See whether the change was made before you repeat it",
                path(folder).display()
            ))
        };
        let mut answer = Vec::new();
        let exchange = async {
            // A server that refuses the caller answers without reading.
            let _ = stream.write_all(line.as_bytes()).await;
            stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await
        };
        match timeout(PATIENCE, exchange).await {
            Ok(read) => serde_json::from_slice(&answer).map_err(|_| match read {
                Ok(_) => failure(&"the server gave no answer."),
                Err(error) => failure(&format_args!("{error}.")),
            }),
            Err(_) => {
                Err(failure(&"the server does not answer within 60 s; is it stopped (SIGSTOP) or busy?"))
            }
        }
    }
}

#[cfg(not(unix))]
mod running {
    //! There is no socket on this system.

    use super::NoSocket;
    use crate::Failure;
    use serde_json::Value;
    use std::convert::Infallible;
    use std::path::Path;

    pub(super) async fn connect(_: &Path) -> Result<Infallible, NoSocket> {
        let why = "on this system, commands work only while the server is stopped".to_owned();
        Err(NoSocket { is_denied: false, why })
    }

    pub(super) async fn ask(_: &Path, stream: Infallible, _: &Value) -> Result<Value, Failure> {
        match stream {}
    }
}

#[cfg(unix)]
mod owner {
    //! The owner of the files in a folder.

    use crate::Failure;
    use rustix::fs::OFlags;
    use std::fs::{self, File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
    use std::path::Path;

    /// Gives the files that root has made to the owner of the folder. Otherwise the server could not open them.
    pub(super) fn give_back(folder: &Path) -> Result<(), Failure> {
        let give = || -> io::Result<()> {
            let owner = fs::metadata(folder)?;
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if owner.uid() != 0 && is_made(&entry.metadata()?) {
                    give_one(&open(&entry.path())?, &owner)?;
                }
            }
            Ok(())
        };
        give().map_err(|error| Failure::new(folder.display(), error))
    }

    /// The owner of the folder may have put another file there meanwhile, so the open file is what is looked at and given.
    fn give_one(file: &File, owner: &Metadata) -> io::Result<()> {
        if is_made(&file.metadata()?) { fchown(file, Some(owner.uid()), Some(owner.gid())) } else { Ok(()) }
    }

    /// Whether this command can have made the file. A second name may be in a folder of root: where the kernel allows it, any
    /// user can make a link to any file.
    fn is_made(file: &Metadata) -> bool {
        file.is_file() && file.uid() == 0 && file.nlink() == 1
    }

    /// Opens a file that is no symbolic link, and does not wait for the other end of a pipe.
    fn open(path: &Path) -> io::Result<File> {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        OpenOptions::new().read(true).custom_flags(flags).open(path)
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::os::unix::fs::{chown, symlink};

        #[test]
        #[ignore = "needs root"]
        fn what_root_made_in_the_folder_is_given_and_nothing_else() {
            let all = std::env::temp_dir().join(format!("doorward-give-{}", std::process::id()));
            let folder = all.join("data");
            fs::create_dir_all(&folder).unwrap();
            chown(&folder, Some(4711), Some(4712)).unwrap();
            let files = [all.join("linked"), all.join("hard"), folder.join("made"), folder.join("theirs")];
            files.iter().for_each(|file| fs::write(file, "").unwrap());
            chown(&files[3], Some(4713), Some(4713)).unwrap();
            symlink(&files[0], folder.join("link")).unwrap();
            fs::hard_link(&files[1], folder.join("hard")).unwrap();
            give_back(&folder).unwrap();
            let owners = files.map(|file| fs::metadata(file).unwrap().uid());
            assert_eq!(owners, [0, 0, 4711, 4713]);
            fs::remove_dir_all(all).unwrap();
        }
    }
}

#[cfg(not(unix))]
mod owner {
    //! Files belong to who made them.

    use crate::Failure;
    use std::path::Path;

    pub(super) fn give_back(_: &Path) -> Result<(), Failure> {
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests;
