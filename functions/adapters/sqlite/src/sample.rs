//! A small store for the tests of backup and restore.

use crate::place::Place;
use crate::{BackedUp, Backup, SqliteStore};
use doorward::ports::{Clock, PasswordHash, Timestamp};
use doorward::protocol::{ClientId, GrantId, PersonId, Profile, Resource, Scope, Subject};
use doorward::store::{Added, Grant, Grants, Login, Opened, People, Person, Rotated, State};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000);

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// Two folders in a temporary one: `data` for a store, and `other`.
pub(crate) struct Sample {
    pub(crate) data: PathBuf,
    pub(crate) other: PathBuf,
    _all: Place,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let all = Place::temporary().unwrap();
        let [data, other] = ["data", "other"].map(|name| all.database().with_file_name(name));
        fs::create_dir(&other).unwrap();
        Self { data, other, _all: all }
    }

    /// The store in `data`.
    pub(crate) fn open(&self) -> SqliteStore {
        open(&self.data)
    }

    pub(crate) fn backup(&self) -> PathBuf {
        self.other.join("backup")
    }

    /// Makes the first backup of the store.
    pub(crate) fn back_up(&self) -> BackedUp {
        Backup { folder: &self.data, to: &self.backup(), replace: false }.make(NOW).unwrap()
    }

    /// The names in `data`, except for the lock.
    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.data).into_iter().filter(|name| name != "lock").collect()
    }

    /// What a process leaves that is killed: the files as they are while the store is open, in a folder of their own.
    pub(crate) fn killed(&self) -> PathBuf {
        let killed = self.other.join("killed");
        fs::create_dir(&killed).unwrap();
        for name in self.names() {
            fs::copy(self.data.join(&name), killed.join(&name)).unwrap();
        }
        #[cfg(unix)]
        fs::set_permissions(&killed, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        killed
    }
}

pub(crate) fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder, Arc::new(Now)).unwrap()
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) fn id(name: &str) -> PersonId {
    PersonId::parse(name).unwrap()
}

pub(crate) async fn add_user(store: &SqliteStore, name: &str) {
    let user = Person::new(id(name), Login::Password(PasswordHash::new("hash")));
    assert_eq!(People::add(store, user).await.unwrap(), Added::New);
}

pub(crate) async fn epoch(store: &SqliteStore, name: &str) -> u64 {
    People::find(store, &id(name)).await.unwrap().unwrap().epoch
}

fn grant(number: u8) -> Grant {
    Grant {
        id: GrantId([number; 16]),
        client: ClientId("client".into()),
        client_name: None,
        installation: None,
        subject: Subject::parse("alice").unwrap(),
        scope: Scope::parse("files").unwrap(),
        resource: Resource::parse("https://mcp.example/mcp").unwrap(),
        signed_in_at: NOW,
        opened_at: NOW,
        expires_at: NOW.after(Duration::from_secs(3600)),
        kept_until: NOW.after(Duration::from_secs(60)),
        state: State::opened(NOW),
        profile: Profile::default(),
        issuer: None,
    }
}

pub(crate) async fn open_grant(store: &SqliteStore, number: u8) {
    assert_eq!(store.open(grant(number)).await.unwrap(), Opened::New);
}

/// Refreshes a grant whose generation this is.
pub(crate) async fn refresh(store: &SqliteStore, number: u8, generation: u32, after: u64) {
    let at = NOW.after(Duration::from_secs(after));
    let rotated = store.rotate(grant(number).id, generation, at).await.unwrap();
    assert!(matches!(rotated, Rotated::Next { .. }), "{rotated:?}");
}

/// The generation of a grant, or `None` if it is closed or unknown.
pub(crate) async fn head(store: &SqliteStore, number: u8) -> Option<u32> {
    match Grants::find(store, grant(number).id).await.unwrap()?.state {
        State::Open(chain) => Some(chain.head),
        State::Closed { .. } => None,
    }
}
