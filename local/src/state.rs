//! What a process knows of its host: the folder for state, whether there is a terminal, and listeners that a supervisor opened.

use crate::Failure;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Where systemd keeps the state of a service of this name (systemd.exec(5), `StateDirectory`).
const OF_SERVICE: &str = "/var/lib/doorward";

/// What the process knows of the host that it runs on. By default it has no folder for state, and no terminal.
#[derive(Debug, Default)]
pub struct Host {
    /// The folder for state, unless a setting names another.
    pub state: Option<StateFolder>,
    /// Whether a person reads the output as it is written. In a log, a password would stay.
    pub is_terminal: bool,
    /// The listeners that a supervisor has opened (socket activation). A server takes the one with its port.
    pub inherited: Vec<TcpListener>,
}

/// The user of this process. Only Unix has such numbers.
#[cfg(unix)]
pub fn uid() -> Option<u32> {
    Some(rustix::process::getuid().as_raw())
}

/// The user of this process. Only Unix has such numbers.
#[cfg(not(unix))]
pub fn uid() -> Option<u32> {
    None
}

/// The listeners that systemd has opened: `sd_listen_fds`(3).
///
/// # Errors
/// [`Failure`] for a socket that accepts no TCP connections.
pub fn inherited() -> Result<Vec<TcpListener>, Failure> {
    #[cfg(unix)]
    {
        let mut sockets = listenfd::ListenFd::from_env();
        let all = (0..sockets.len()).filter_map(|number| sockets.take_tcp_listener(number).transpose());
        let all = all.map(|socket| socket.and_then(listening));
        all.collect::<Result<_, _>>()
            .map_err(|error| Failure::new("taking over the sockets of systemd", error))
    }
    #[cfg(not(unix))]
    Ok(Vec::new())
}

/// Refuses a socket that is a connection, or that nothing listens at: a server would wait at it for ever.
#[cfg(unix)]
fn listening(socket: TcpListener) -> io::Result<TcpListener> {
    if rustix::net::sockopt::socket_acceptconn(&socket)? {
        return Ok(socket);
    }
    let why = "a TCP socket does not listen; a unit of systemd needs ListenStream= and Accept=no";
    Err(io::Error::new(ErrorKind::InvalidInput, why))
}

/// The folder of the store and of the root secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFolder(PathBuf);

impl StateFolder {
    /// The folder at this path. It need not exist.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder that the environment names: `$STATE_DIRECTORY` of systemd, `doorward` in `$XDG_STATE_HOME` (XDG Base
    /// Directory Specification), or `~/.local/state/doorward`. A relative path does not count.
    pub fn default_in(environment: &BTreeMap<String, String>) -> Option<Self> {
        let absolute = |name: &str| environment.get(name).filter(|path| path.starts_with('/'));
        // systemd.exec(5): several folders have colons between.
        let of_service = absolute("STATE_DIRECTORY").and_then(|folders| folders.split(':').next());
        if let Some(folder) = of_service {
            return Some(Self::at(folder));
        }
        let home = || absolute("HOME").map(|home| Path::new(home).join(".local/state"));
        let all = absolute("XDG_STATE_HOME").map(PathBuf::from).or_else(home)?;
        Some(Self(all.join("doorward")))
    }

    /// The folders that a server on this host may have, for a command that is not told which: the default one, and for root that
    /// of a service.
    pub fn candidates(environment: &BTreeMap<String, String>, uid: Option<u32>) -> Vec<PathBuf> {
        let of_service = (uid == Some(0)).then(|| PathBuf::from(OF_SERVICE));
        Self::default_in(environment).map(|folder| folder.0).into_iter().chain(of_service).collect()
    }

    /// The one of these folders that has a store. Two are refused: the command would be for the wrong one, perhaps.
    pub(crate) fn with_store(folders: &[PathBuf]) -> Result<Option<&Path>, NotOne<'_>> {
        let mut found: Option<&Path> = None;
        for folder in folders {
            let is_known = |known: &Path| fs::canonicalize(known).ok() == fs::canonicalize(folder).ok();
            match (Self::at(folder).has_store(), found) {
                (Ok(true), None) => found = Some(folder),
                (Ok(true), Some(first)) if !is_known(first) => return Err(NotOne::Two(first, folder)),
                (Err(_), None) => return Err(NotOne::Denied(folder)),
                _ => {}
            }
        }
        Ok(found)
    }

    /// Whether a store is in the folder, also one whose restore did not finish. Without a right to look there it is an error.
    pub(crate) fn has_store(&self) -> io::Result<bool> {
        for name in ["doorward.db", "doorward.db.restoring"] {
            match fs::metadata(self.0.join(name)) {
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == ErrorKind::PermissionDenied => return Err(error),
                Err(_) => {}
            }
        }
        Ok(false)
    }

    /// Whether a store was opened in the folder: its lock stays.
    pub(crate) fn was_used(&self) -> bool {
        self.0.join("lock").exists()
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The default path of the root secret.
    pub fn secret(&self) -> PathBuf {
        self.0.join("secret")
    }
}

/// Why no folder was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotOne<'a> {
    /// This user may not look into the folder.
    Denied(&'a Path),
    /// Both folders have a store.
    Two(&'a Path, &'a Path),
}

/// The sentence for two folders with a store.
pub(crate) fn two(first: &Path, second: &Path) -> Failure {
    let [first, second] = [first, second].map(Path::display);
    Failure(format!("{first} and {second} both have a store; give the one that is meant with --data-dir"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_a_socket_that_listens_is_taken_over() {
        use std::os::fd::OwnedFd;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(listening(listener).is_ok());
        let refused = listening(TcpListener::from(OwnedFd::from(connection))).unwrap_err().to_string();
        assert!(refused.contains("does not listen"), "{refused}");
    }

    #[test]
    fn a_store_whose_restore_did_not_finish_is_found() {
        let folder = std::env::temp_dir().join(format!("doorward-state-{}", std::process::id()));
        let has_store = || StateFolder::at(&folder).has_store().unwrap();
        assert!(!has_store(), "no folder");
        fs::create_dir(&folder).unwrap();
        assert!(!has_store());
        for name in ["doorward.db.restoring", "doorward.db"] {
            fs::write(folder.join(name), "").unwrap();
            assert!(has_store(), "{name}");
            fs::remove_file(folder.join(name)).unwrap();
        }
        fs::remove_dir(folder).unwrap();
    }

    #[test]
    fn two_folders_with_a_store_are_refused() {
        let all = std::env::temp_dir().join(format!("doorward-two-{}", std::process::id()));
        let folders = ["a", "b"].map(|name| all.join(name));
        let [a, b] = [0, 1].map(|at| &*folders[at]);
        folders.iter().for_each(|folder| fs::create_dir_all(folder).unwrap());
        assert_eq!(StateFolder::with_store(&folders), Ok(None));
        fs::write(b.join("doorward.db"), "").unwrap();
        assert_eq!(StateFolder::with_store(&folders), Ok(Some(b)));
        let same = [b.to_owned(), all.join("a/../b")];
        assert_eq!(StateFolder::with_store(&same), Ok(Some(b)));
        fs::write(a.join("doorward.db"), "").unwrap();
        assert_eq!(StateFolder::with_store(&folders), Err(NotOne::Two(a, b)));
        let sentence = two(a, b).to_string();
        assert!(sentence.contains("/a and ") && sentence.ends_with("with --data-dir"), "{sentence}");
        fs::remove_dir_all(all).unwrap();
    }

    #[test]
    fn a_command_of_root_looks_for_the_folder_of_a_service_too() {
        let environment = BTreeMap::from([("HOME".to_owned(), "/home/a".to_owned())]);
        let of_user = PathBuf::from("/home/a/.local/state/doorward");
        let of_root = StateFolder::candidates(&environment, Some(0));
        assert_eq!(of_root, [of_user, PathBuf::from("/var/lib/doorward")]);
        assert_eq!(StateFolder::candidates(&environment, Some(1000)), of_root[..1]);
    }

    #[test]
    fn the_folder_is_that_of_the_service_or_of_the_user() {
        for (environment, folder) in [
            (&[("STATE_DIRECTORY", "/var/lib/doorward"), ("HOME", "/root")][..], Some("/var/lib/doorward")),
            (&[("STATE_DIRECTORY", "/var/lib/a:/var/lib/b")], Some("/var/lib/a")),
            (&[("XDG_STATE_HOME", "/state"), ("HOME", "/home/a")], Some("/state/doorward")),
            (&[("XDG_STATE_HOME", "state"), ("HOME", "/home/a")], Some("/home/a/.local/state/doorward")),
            (&[("HOME", "home")], None),
            (&[], None),
        ] {
            let map = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            assert_eq!(
                StateFolder::default_in(&map.collect()),
                folder.map(StateFolder::at),
                "{environment:?}"
            );
        }
    }
}
