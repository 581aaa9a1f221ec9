//! The Unix socket at which a server that runs takes operators' commands: one line of JSON each way.
//!
//! Who may connect: the owner of the folder, and root. The modes of socket and folder say it, and so do the credentials of
//! the peer (unix(7), `SO_PEERCRED`), which the kernel vouches for.

mod owner;

use super::executor::{Executed, Executor};
use crate::Failure;
use crate::log::Log;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// The longest command, in bytes, with the end of its line.
pub(super) const LONGEST: usize = 64 * 1024;
/// The longest path of a socket, in bytes (unix(7)).
const LONGEST_PATH: usize = 107;
/// How long a command may take to arrive, and its answer to be read.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most commands at once. Further callers wait.
const AT_ONCE: usize = 4;
/// The pause after a failed accept.
const PAUSE: Duration = Duration::from_millis(50);

/// The path of the socket of a folder.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("admin.sock")
}

/// Why a folder can have no socket, if its path is too long.
pub(super) fn too_long(path: &Path) -> Option<String> {
    let length = path.as_os_str().as_bytes().len();
    (length > LONGEST_PATH).then(|| {
        format!(
            "{}: this path has {length} bytes, and that of a socket has at most {LONGEST_PATH}, so operators' commands work only \
             while the server is stopped; use a folder with a shorter path",
            path.display()
        )
    })
}

/// A listener at the socket. Its file is removed when this value is dropped.
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    owner: u32,
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Socket {
    /// Listens. The caller has the lock of the folder, so a socket that is there is of a process that has ended.
    ///
    /// # Errors
    /// [`Failure`], with a sentence for the operator.
    pub(crate) fn bind(folder: &Path) -> Result<Self, Failure> {
        let path = path(folder);
        if let Some(sentence) = too_long(&path) {
            return Err(Failure(sentence));
        }
        let bind = || {
            let owner = fs::metadata(folder)?.uid();
            // The name is changed when the mode is right. This replaces the socket of a process that has ended.
            let part = folder.join("admin.new");
            match fs::remove_file(&part) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let listener = UnixListener::bind(&part)?;
            fs::set_permissions(&part, fs::Permissions::from_mode(0o600))?;
            owner::give(&part, folder)?;
            fs::rename(&part, &path)?;
            Ok((listener, owner))
        };
        let failure = |error| {
            Failure(format!(
                "{}: {error}; so operators' commands work only while the server is stopped",
                path.display()
            ))
        };
        let (listener, owner) = bind().map_err(failure)?;
        Ok(Self { listener, path, owner })
    }

    /// Takes commands until the future is dropped. A command that has arrived is completed all the same.
    pub(crate) async fn serve(self, executor: Arc<Executor>, log: Log) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
            let Ok((stream, uid)) = self.accept().await else {
                sleep(PAUSE).await;
                continue;
            };
            let (executor, log, owner) = (executor.clone(), log.clone(), self.owner);
            tokio::spawn(async move {
                let refused = refusal(uid, owner);
                if let Some(sentence) = &refused {
                    log.trouble(sentence);
                }
                let caller = Caller { executor: &executor, log: &log, uid };
                caller.serve(stream, refused).await;
                drop(place);
            });
        }
    }

    async fn accept(&self) -> io::Result<(UnixStream, u32)> {
        let (stream, _) = self.listener.accept().await?;
        let uid = stream.peer_cred()?.uid();
        Ok((stream, uid))
    }
}

/// Why this user may not use the socket.
fn refusal(uid: u32, owner: u32) -> Option<String> {
    (uid != owner && uid != 0).then(|| {
        format!("the user {uid} may not use operators' commands: only the user {owner}, who owns the folder, and root may")
    })
}

/// A caller of the socket.
struct Caller<'a> {
    executor: &'a Executor,
    log: &'a Log,
    uid: u32,
}

impl Caller<'_> {
    /// Reads a command, executes it, and writes the answer. A caller that sends or reads too slowly gets no answer.
    async fn serve<Io: AsyncRead + AsyncWrite + Unpin>(&self, mut io: Io, refused: Option<String>) {
        let executed = match refused {
            Some(sentence) => Executed::refused("NotAllowed", &sentence),
            None => match timeout(PATIENCE, line(&mut io)).await {
                Ok(Ok(line)) => self.execute(&line).await,
                Ok(Err(refused)) => refused,
                Err(_) => Executed::refused("NoCommand", &"the command did not arrive within 10 s"),
            },
        };
        let text = format!("{}\n", executed.answer);
        let write = async {
            io.write_all(text.as_bytes()).await?;
            io.shutdown().await
        };
        // The caller may be gone.
        let _ = timeout(PATIENCE, write).await;
    }

    async fn execute(&self, line: &[u8]) -> Executed {
        let executed = match serde_json::from_slice(line) {
            Ok(asked) => self.executor.execute(asked, Some(self.uid)).await,
            Err(error) => Executed::refused("NoCommand", &format_args!("the command is no JSON: {error}")),
        };
        if let Some(event) = &executed.event {
            self.log.write(event);
        }
        executed
    }
}

/// Reads a line of at most [`LONGEST`] bytes.
async fn line(io: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Executed> {
    let refused = |why: &str| Err(Executed::refused("NoCommand", &why));
    let mut line = Vec::new();
    let mut part = io.take(LONGEST as u64);
    loop {
        match part.read_buf(&mut line).await {
            Ok(0) if line.len() == LONGEST => return refused("the command is longer than 64 KiB"),
            Ok(0) | Err(_) => return refused("the command has no end of line"),
            Ok(_) => {}
        }
        if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            line.truncate(end);
            return Ok(line);
        }
    }
}

#[cfg(test)]
mod tests;
