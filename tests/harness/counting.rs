//! Counting store: counts reads and writes, so that tests can check the cost of an operation.

use async_trait::async_trait;
use doorward::client::{AssertionId, Block, BlockList};
use doorward::ports::{PasswordHash, Timestamp};
use doorward::protocol::{ClientId, DocumentUrl, GrantId, PersonId, Subject};
use doorward::store::{
    Accepted, Added, Assertions, AttemptKey, Attempts, Blocked, Blocks, Change, Changed, Clients,
    CloseReason, Closed, DocumentCopies, DocumentCopy, Excuse, Excused, Grant, Grants, Opened, People,
    Person, PreRegisteredClient, Replaced, Reserved, Rotated, SignInRecord, SignIns, StoreError,
};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Counts each operation and forwards it to `inner`.
#[derive(Debug)]
pub struct Counting<S> {
    inner: S,
    reads: AtomicU32,
    writes: AtomicU32,
    block_lists: AtomicU32,
    broken: AtomicBool,
}

/// The number of store operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Reads.
    pub reads: u32,
    /// Writes, including writes that changed nothing or failed.
    pub writes: u32,
}

/// A store whose operations are counted, and which can be made to fail.
pub trait Watched: Send + Sync {
    /// The counts since the last call of this function.
    fn take(&self) -> Count;

    /// The number of reads of the list of blocked clients since the last call of this function. A process reads it once a
    /// minute, so it is not part of the cost of a request.
    fn take_block_lists(&self) -> u32;

    /// With `true`, every operation fails from now on. With `false`, operations succeed again.
    fn set_broken(&self, broken: bool);
}

impl<S: Send + Sync> Watched for Counting<S> {
    fn take(&self) -> Count {
        Count { reads: self.reads.swap(0, Ordering::SeqCst), writes: self.writes.swap(0, Ordering::SeqCst) }
    }

    fn take_block_lists(&self) -> u32 {
        self.block_lists.swap(0, Ordering::SeqCst)
    }

    fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }
}

impl<S> Counting<S> {
    /// Counts the operations of this store.
    pub fn of(inner: S) -> Self {
        Self {
            inner,
            reads: AtomicU32::new(0),
            writes: AtomicU32::new(0),
            block_lists: AtomicU32::new(0),
            broken: AtomicBool::new(false),
        }
    }

    fn note(&self, counter: &AtomicU32) -> Result<(), StoreError> {
        counter.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) { Err(StoreError::new("broken by the test")) } else { Ok(()) }
    }
}

#[async_trait]
impl<S: Grants> Grants for Counting<S> {
    async fn open(&self, grant: Grant) -> Result<Opened, StoreError> {
        self.note(&self.writes)?;
        self.inner.open(grant).await
    }

    async fn rotate(&self, id: GrantId, generation: u32, at: Timestamp) -> Result<Rotated, StoreError> {
        self.note(&self.writes)?;
        self.inner.rotate(id, generation, at).await
    }

    async fn excuse(&self, id: GrantId, excuse: Excuse, since: Timestamp) -> Result<Excused, StoreError> {
        self.note(&self.writes)?;
        self.inner.excuse(id, excuse, since).await
    }

    async fn doubt(&self, id: GrantId, at: Timestamp) -> Result<(), StoreError> {
        self.note(&self.writes)?;
        self.inner.doubt(id, at).await
    }

    async fn close(&self, id: GrantId, at: Timestamp, why: CloseReason) -> Result<Closed, StoreError> {
        self.note(&self.writes)?;
        self.inner.close(id, at, why).await
    }

    async fn find(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.note(&self.reads)?;
        self.inner.find(id).await
    }

    async fn catch_up(&self) -> bool {
        self.inner.catch_up().await
    }

    async fn list_of(&self, subject: &Subject, after: Option<GrantId>) -> Result<Vec<Grant>, StoreError> {
        self.note(&self.reads)?;
        self.inner.list_of(subject, after).await
    }
}

#[async_trait]
impl<S: Blocks> Blocks for Counting<S> {
    async fn read(&self) -> Result<BlockList, StoreError> {
        self.note(&self.block_lists)?;
        self.inner.read().await
    }

    async fn set(&self, block: &Block, blocked: bool) -> Result<(), StoreError> {
        self.note(&self.writes)?;
        self.inner.set(block, blocked).await
    }
}

#[async_trait]
impl<S: DocumentCopies> DocumentCopies for Counting<S> {
    async fn keep(&self, url: &DocumentUrl, copy: DocumentCopy) -> Result<(), StoreError> {
        self.note(&self.writes)?;
        self.inner.keep(url, copy).await
    }

    async fn find(&self, url: &DocumentUrl) -> Result<Option<DocumentCopy>, StoreError> {
        self.note(&self.reads)?;
        self.inner.find(url).await
    }
}

#[async_trait]
impl<S: SignIns> SignIns for Counting<S> {
    async fn find(&self, id: &PersonId, attempts: [AttemptKey; 2]) -> Result<SignInRecord, StoreError> {
        self.note(&self.reads)?;
        self.inner.find(id, attempts).await
    }
}

#[async_trait]
impl<S: People> People for Counting<S> {
    async fn add(&self, person: Person) -> Result<Added, StoreError> {
        self.note(&self.writes)?;
        self.inner.add(person).await
    }

    async fn find(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        self.note(&self.reads)?;
        self.inner.find(id).await
    }

    async fn change(&self, id: &PersonId, change: Change) -> Result<Changed, StoreError> {
        self.note(&self.writes)?;
        self.inner.change(id, change).await
    }

    async fn replace_password(
        &self,
        id: &PersonId,
        epoch: u64,
        password: PasswordHash,
    ) -> Result<Replaced, StoreError> {
        self.note(&self.writes)?;
        self.inner.replace_password(id, epoch, password).await
    }

    async fn list(&self, after: Option<&PersonId>) -> Result<Vec<Person>, StoreError> {
        self.note(&self.reads)?;
        self.inner.list(after).await
    }
}

#[async_trait]
impl<S: Clients> Clients for Counting<S> {
    async fn add(&self, client: PreRegisteredClient) -> Result<Added, StoreError> {
        self.note(&self.writes)?;
        self.inner.add(client).await
    }

    async fn find(&self, id: &ClientId) -> Result<Option<PreRegisteredClient>, StoreError> {
        self.note(&self.reads)?;
        self.inner.find(id).await
    }

    async fn block(&self, id: &ClientId, blocked: bool) -> Result<Blocked, StoreError> {
        self.note(&self.writes)?;
        self.inner.block(id, blocked).await
    }

    async fn remove(&self, id: &ClientId) -> Result<(), StoreError> {
        self.note(&self.writes)?;
        self.inner.remove(id).await
    }

    async fn list(&self, after: Option<&ClientId>) -> Result<Vec<PreRegisteredClient>, StoreError> {
        self.note(&self.reads)?;
        self.inner.list(after).await
    }
}

#[async_trait]
impl<S: Assertions> Assertions for Counting<S> {
    async fn accept(&self, assertion: AssertionId) -> Result<Accepted, StoreError> {
        self.note(&self.writes)?;
        self.inner.accept(assertion).await
    }
}

#[async_trait]
impl<S: Attempts> Attempts for Counting<S> {
    async fn reserve(&self, key: AttemptKey, limit: u32) -> Result<Reserved, StoreError> {
        self.note(&self.writes)?;
        self.inner.reserve(key, limit).await
    }

    async fn give_back(&self, key: AttemptKey) -> Result<(), StoreError> {
        self.note(&self.writes)?;
        self.inner.give_back(key).await
    }

    async fn reset(&self, key: AttemptKey) -> Result<(), StoreError> {
        self.note(&self.writes)?;
        self.inner.reset(key).await
    }

    async fn read(&self, key: AttemptKey) -> Result<u32, StoreError> {
        self.note(&self.reads)?;
        self.inner.read(key).await
    }
}
