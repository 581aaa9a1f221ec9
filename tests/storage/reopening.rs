//! A store in a file that is closed and opened again after each operation, or after several that run at the same time. So
//! each promise of the contract holds across a restart.

use async_trait::async_trait;
use doorward::client::{AssertionId, Block, BlockList};
use doorward::ports::{PasswordHash, Timestamp};
use doorward::protocol::{ClientId, DocumentUrl, GrantId, PersonId, Subject};
use doorward::store::{
    Accepted, Added, Assertions, AttemptKey, Attempts, Blocked, Blocks, Change, Changed, Clients,
    CloseReason, Closed, DocumentCopies, DocumentCopy, Excuse, Excused, Grant, Grants, Opened, People,
    Person, PreRegisteredClient, Replaced, Reserved, Rotated, SignInRecord, SignIns, StoreError,
};
use doorward_sqlite::SqliteStore;
use harness::fakes::TestClock;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{RwLock, RwLockReadGuard};

pub(crate) struct Reopening {
    folder: PathBuf,
    /// `None` while it is closed.
    store: RwLock<Option<SqliteStore>>,
}

impl Reopening {
    pub(crate) fn empty() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("reopening-{number}"));
        let _ = fs::remove_dir_all(&folder);
        Self { store: RwLock::new(Some(open(&folder))), folder }
    }

    async fn operation(&self) -> Operation<'_> {
        Operation { store: Some(self.store.read().await), of: self }
    }
}

impl Drop for Reopening {
    fn drop(&mut self) {
        *self.store.get_mut() = None;
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder, Arc::new(TestClock::new())).unwrap()
}

/// The open store, for one operation.
struct Operation<'a> {
    store: Option<RwLockReadGuard<'a, Option<SqliteStore>>>,
    of: &'a Reopening,
}

impl Deref for Operation<'_> {
    type Target = SqliteStore;

    fn deref(&self) -> &SqliteStore {
        self.store.as_ref().and_then(|store| store.as_ref()).expect("it is open")
    }
}

impl Drop for Operation<'_> {
    fn drop(&mut self) {
        self.store = None;
        // Another operation runs otherwise, and the last one opens the store again.
        if let Ok(mut store) = self.of.store.try_write() {
            *store = None;
            *store = Some(open(&self.of.folder));
        }
    }
}

macro_rules! forwarded {
    ($($kind:ident { $($method:ident($($name:ident: $type:ty),*) -> $outcome:ty;)* })*) => {
        $(#[async_trait]
        impl $kind for Reopening {
            $(async fn $method(&self, $($name: $type),*) -> Result<$outcome, StoreError> {
                $kind::$method(&*self.operation().await, $($name),*).await
            })*
        })*
    };
}

forwarded! {
    Grants {
        open(grant: Grant) -> Opened;
        rotate(id: GrantId, generation: u32, at: Timestamp) -> Rotated;
        excuse(id: GrantId, excuse: Excuse, since: Timestamp) -> Excused;
        doubt(id: GrantId, at: Timestamp) -> ();
        close(id: GrantId, at: Timestamp, why: CloseReason) -> Closed;
        find(id: GrantId) -> Option<Grant>;
        list_of(subject: &Subject, after: Option<GrantId>) -> Vec<Grant>;
    }
    Blocks {
        read() -> BlockList;
        set(block: &Block, blocked: bool) -> ();
    }
    DocumentCopies {
        keep(url: &DocumentUrl, copy: DocumentCopy) -> ();
        find(url: &DocumentUrl) -> Option<DocumentCopy>;
    }
    SignIns {
        find(id: &PersonId, keys: [AttemptKey; 2]) -> SignInRecord;
    }
    People {
        add(person: Person) -> Added;
        find(id: &PersonId) -> Option<Person>;
        change(id: &PersonId, change: Change) -> Changed;
        replace_password(id: &PersonId, epoch: u64, password: PasswordHash) -> Replaced;
        list(after: Option<&PersonId>) -> Vec<Person>;
    }
    Clients {
        add(client: PreRegisteredClient) -> Added;
        find(id: &ClientId) -> Option<PreRegisteredClient>;
        block(id: &ClientId, blocked: bool) -> Blocked;
        remove(id: &ClientId) -> ();
        list(after: Option<&ClientId>) -> Vec<PreRegisteredClient>;
    }
    Assertions {
        accept(assertion: AssertionId) -> Accepted;
    }
    Attempts {
        reserve(key: AttemptKey, limit: u32) -> Reserved;
        give_back(key: AttemptKey) -> ();
        reset(key: AttemptKey) -> ();
        read(key: AttemptKey) -> u32;
    }
}
