//! A store whose operations are counted.

use super::store::{Operation, StoreCounts};
use async_trait::async_trait;
use doorward::client::{AssertionId, Block, BlockList};
use doorward::ports::{PasswordHash, Timestamp};
use doorward::protocol::{ClientId, DocumentUrl, GrantId, PersonId, Subject};
use doorward::store::{
    Accepted, Added, Assertions, AttemptKey, Attempts, Blocked, Blocks, Change, Changed, Clients,
    CloseReason, Closed, DocumentCopies, DocumentCopy, Excuse, Excused, Grant, Grants, Opened, People,
    Person, PreRegisteredClient, Replaced, Reserved, Rotated, SignInRecord, SignIns, Store, StoreError,
};
use std::sync::Arc;

/// A store whose operations are counted.
pub struct Watched {
    pub(super) inner: Arc<dyn Store>,
    pub(super) counts: StoreCounts,
}

#[async_trait]
impl Grants for Watched {
    async fn open(&self, grant: Grant) -> Result<Opened, StoreError> {
        self.counts.timed(Operation::GrantsOpen, self.inner.open(grant)).await
    }

    async fn rotate(&self, id: GrantId, generation: u32, at: Timestamp) -> Result<Rotated, StoreError> {
        let rotating = self.inner.rotate(id, generation, at);
        let rotated = self.counts.timed(Operation::GrantsRotate, rotating).await;
        rotated.inspect(|outcome| self.counts.rotated(outcome))
    }

    async fn excuse(&self, id: GrantId, excuse: Excuse, since: Timestamp) -> Result<Excused, StoreError> {
        let excusing = self.inner.excuse(id, excuse, since);
        let excused = self.counts.timed(Operation::GrantsExcuse, excusing).await;
        excused.inspect(|outcome| self.counts.excused(*outcome))
    }

    async fn doubt(&self, id: GrantId, at: Timestamp) -> Result<(), StoreError> {
        self.counts.timed(Operation::GrantsDoubt, self.inner.doubt(id, at)).await
    }

    async fn close(&self, id: GrantId, at: Timestamp, why: CloseReason) -> Result<Closed, StoreError> {
        self.counts.timed(Operation::GrantsClose, self.inner.close(id, at, why)).await
    }

    async fn find(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.counts.timed(Operation::GrantsFind, Grants::find(&*self.inner, id)).await
    }

    async fn catch_up(&self) -> bool {
        self.inner.catch_up().await
    }

    async fn list_of(&self, subject: &Subject, after: Option<GrantId>) -> Result<Vec<Grant>, StoreError> {
        self.counts.timed(Operation::GrantsListOf, self.inner.list_of(subject, after)).await
    }
}

#[async_trait]
impl People for Watched {
    async fn add(&self, person: Person) -> Result<Added, StoreError> {
        self.counts.timed(Operation::PeopleAdd, People::add(&*self.inner, person)).await
    }

    async fn find(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        self.counts.timed(Operation::PeopleFind, People::find(&*self.inner, id)).await
    }

    async fn change(&self, id: &PersonId, change: Change) -> Result<Changed, StoreError> {
        self.counts.timed(Operation::PeopleChange, self.inner.change(id, change)).await
    }

    async fn replace_password(
        &self,
        id: &PersonId,
        epoch: u64,
        password: PasswordHash,
    ) -> Result<Replaced, StoreError> {
        let replacing = self.inner.replace_password(id, epoch, password);
        self.counts.timed(Operation::PeopleReplacePassword, replacing).await
    }

    async fn list(&self, after: Option<&PersonId>) -> Result<Vec<Person>, StoreError> {
        self.counts.timed(Operation::PeopleList, People::list(&*self.inner, after)).await
    }
}

#[async_trait]
impl Clients for Watched {
    async fn add(&self, client: PreRegisteredClient) -> Result<Added, StoreError> {
        self.counts.timed(Operation::ClientsAdd, Clients::add(&*self.inner, client)).await
    }

    async fn find(&self, id: &ClientId) -> Result<Option<PreRegisteredClient>, StoreError> {
        self.counts.timed(Operation::ClientsFind, Clients::find(&*self.inner, id)).await
    }

    async fn block(&self, id: &ClientId, blocked: bool) -> Result<Blocked, StoreError> {
        self.counts.timed(Operation::ClientsBlock, self.inner.block(id, blocked)).await
    }

    async fn remove(&self, id: &ClientId) -> Result<(), StoreError> {
        self.counts.timed(Operation::ClientsRemove, self.inner.remove(id)).await
    }

    async fn list(&self, after: Option<&ClientId>) -> Result<Vec<PreRegisteredClient>, StoreError> {
        self.counts.timed(Operation::ClientsList, Clients::list(&*self.inner, after)).await
    }
}

#[async_trait]
impl Blocks for Watched {
    async fn read(&self) -> Result<BlockList, StoreError> {
        self.counts.timed(Operation::BlocksRead, Blocks::read(&*self.inner)).await
    }

    async fn set(&self, block: &Block, blocked: bool) -> Result<(), StoreError> {
        self.counts.timed(Operation::BlocksSet, self.inner.set(block, blocked)).await
    }
}

#[async_trait]
impl DocumentCopies for Watched {
    async fn keep(&self, url: &DocumentUrl, copy: DocumentCopy) -> Result<(), StoreError> {
        self.counts.timed(Operation::DocumentCopiesKeep, self.inner.keep(url, copy)).await
    }

    async fn find(&self, url: &DocumentUrl) -> Result<Option<DocumentCopy>, StoreError> {
        self.counts.timed(Operation::DocumentCopiesFind, DocumentCopies::find(&*self.inner, url)).await
    }
}

#[async_trait]
impl Assertions for Watched {
    async fn accept(&self, assertion: AssertionId) -> Result<Accepted, StoreError> {
        self.counts.timed(Operation::AssertionsAccept, self.inner.accept(assertion)).await
    }
}

#[async_trait]
impl Attempts for Watched {
    async fn reserve(&self, key: AttemptKey, limit: u32) -> Result<Reserved, StoreError> {
        let reserved = self.counts.timed(Operation::AttemptsReserve, self.inner.reserve(key, limit)).await;
        reserved.inspect(|outcome| self.counts.reserved(key.from, *outcome))
    }

    async fn give_back(&self, key: AttemptKey) -> Result<(), StoreError> {
        let given_back = self.counts.timed(Operation::AttemptsGiveBack, self.inner.give_back(key)).await;
        given_back.inspect(|()| self.counts.given_back(key.from))
    }

    async fn reset(&self, key: AttemptKey) -> Result<(), StoreError> {
        self.counts.timed(Operation::AttemptsReset, self.inner.reset(key)).await
    }

    async fn read(&self, key: AttemptKey) -> Result<u32, StoreError> {
        self.counts.timed(Operation::AttemptsRead, Attempts::read(&*self.inner, key)).await
    }
}

#[async_trait]
impl SignIns for Watched {
    async fn find(&self, id: &PersonId, attempts: [AttemptKey; 2]) -> Result<SignInRecord, StoreError> {
        self.counts.timed(Operation::SignInsFind, SignIns::find(&*self.inner, id, attempts)).await
    }
}
