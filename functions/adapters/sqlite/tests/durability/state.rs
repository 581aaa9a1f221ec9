//! The grants of the tests, and what a file has of them.

use doorward::ports::{Clock, Timestamp};
use doorward::protocol::{ClientId, GrantId, Profile, Resource, Scope, Subject};
use doorward::store::{Grant, Grants, Opened, State};
use doorward_sqlite::SqliteStore;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000);

struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        NOW
    }
}

pub(crate) fn id(number: usize) -> GrantId {
    let mut id = [7; 16];
    id[8..].copy_from_slice(&(number as u64).to_be_bytes());
    GrantId(id)
}

/// A grant whose row is as long as that of a client with a long id.
fn grant(number: usize) -> Grant {
    Grant {
        id: id(number),
        client: ClientId("dw_client_".to_owned() + &"x".repeat(190)),
        client_name: None,
        installation: None,
        subject: Subject::parse("alice").unwrap(),
        scope: Scope::parse("user files").unwrap(),
        resource: Resource::parse("https://mcp.example/mcp").unwrap(),
        signed_in_at: NOW,
        opened_at: NOW,
        expires_at: NOW.after(Duration::from_secs(7_776_000)),
        kept_until: NOW.after(Duration::from_secs(60)),
        state: State::opened(NOW),
        profile: Profile::default(),
        issuer: None,
    }
}

pub(crate) fn open(folder: &Path) -> Result<SqliteStore, doorward_sqlite::Unusable> {
    SqliteStore::open(folder, Arc::new(Standing))
}

/// An empty folder for a test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("durability-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::canonicalize(folder).unwrap()
}

/// A store with open grants, which was closed.
pub(crate) fn prepare(folder: &Path, grants: usize) {
    let store = open(folder).unwrap();
    finish(async {
        for number in 0..grants {
            assert_eq!(store.open(grant(number)).await.unwrap(), Opened::New);
        }
    });
}

/// Waits for the outcome.
pub(crate) fn finish<T>(outcome: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(outcome)
}

/// The generation of each grant, and that the file has no damage.
pub(crate) fn heads(folder: &Path, grants: usize) -> Vec<u32> {
    let file = folder.join("doorward.db");
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok");
    let mut statement = connection.prepare("SELECT generation FROM grants WHERE id = ?1").unwrap();
    let head = |number| statement.query_row([id(number).to_string()], |row| row.get(0)).unwrap();
    (0..grants).map(head).collect()
}
