//! Stub of the dependencies that a function does not need: store, signer, password hash and outbound requests. Every
//! call fails.

use async_trait::async_trait;
use doorward::client::{AssertionId, Block, BlockList, Fetch, FetchError};
use doorward::ports::{Password, PasswordHash, Passwords, Timestamp};
use doorward::protocol::{ClientId, DocumentUrl, GrantId, PersonId, Subject};
use doorward::store::{
    Accepted, Added, Assertions, AttemptKey, Attempts, Blocked, Blocks, Change, Changed, Clients,
    CloseReason, Closed, DocumentCopies, DocumentCopy, Excuse, Excused, Grant, Grants, Opened, People,
    Person, PreRegisteredClient, Replaced, Reserved, Rotated, SignInRecord, SignIns, StoreError,
};
use doorward::wire::{HttpClient, Request, Response, Unreachable};
use std::time::Duration;

/// Stub: every call returns an error, and no password matches.
#[derive(Clone, Copy, Debug)]
pub struct Unavailable;

fn nothing<T>() -> Result<T, StoreError> {
    Err(StoreError::new("this function has no store"))
}

#[async_trait]
impl Grants for Unavailable {
    async fn open(&self, _: Grant) -> Result<Opened, StoreError> {
        nothing()
    }

    async fn rotate(&self, _: GrantId, _: u32, _: Timestamp) -> Result<Rotated, StoreError> {
        nothing()
    }

    async fn excuse(&self, _: GrantId, _: Excuse, _: Timestamp) -> Result<Excused, StoreError> {
        nothing()
    }

    async fn doubt(&self, _: GrantId, _: Timestamp) -> Result<(), StoreError> {
        nothing()
    }

    async fn close(&self, _: GrantId, _: Timestamp, _: CloseReason) -> Result<Closed, StoreError> {
        nothing()
    }

    async fn find(&self, _: GrantId) -> Result<Option<Grant>, StoreError> {
        nothing()
    }

    async fn list_of(&self, _: &Subject, _: Option<GrantId>) -> Result<Vec<Grant>, StoreError> {
        nothing()
    }
}

#[async_trait]
impl SignIns for Unavailable {
    async fn find(&self, _: &PersonId, _: [AttemptKey; 2]) -> Result<SignInRecord, StoreError> {
        nothing()
    }
}

#[async_trait]
impl People for Unavailable {
    async fn add(&self, _: Person) -> Result<Added, StoreError> {
        nothing()
    }

    async fn find(&self, _: &PersonId) -> Result<Option<Person>, StoreError> {
        nothing()
    }

    async fn change(&self, _: &PersonId, _: Change) -> Result<Changed, StoreError> {
        nothing()
    }

    async fn replace_password(&self, _: &PersonId, _: u64, _: PasswordHash) -> Result<Replaced, StoreError> {
        nothing()
    }

    async fn list(&self, _: Option<&PersonId>) -> Result<Vec<Person>, StoreError> {
        nothing()
    }
}

#[async_trait]
impl Clients for Unavailable {
    async fn add(&self, _: PreRegisteredClient) -> Result<Added, StoreError> {
        nothing()
    }

    async fn find(&self, _: &ClientId) -> Result<Option<PreRegisteredClient>, StoreError> {
        nothing()
    }

    async fn block(&self, _: &ClientId, _: bool) -> Result<Blocked, StoreError> {
        nothing()
    }

    async fn remove(&self, _: &ClientId) -> Result<(), StoreError> {
        nothing()
    }

    async fn list(&self, _: Option<&ClientId>) -> Result<Vec<PreRegisteredClient>, StoreError> {
        nothing()
    }
}

#[async_trait]
impl Blocks for Unavailable {
    async fn read(&self) -> Result<BlockList, StoreError> {
        nothing()
    }

    async fn set(&self, _: &Block, _: bool) -> Result<(), StoreError> {
        nothing()
    }
}

#[async_trait]
impl DocumentCopies for Unavailable {
    async fn keep(&self, _: &DocumentUrl, _: DocumentCopy) -> Result<(), StoreError> {
        nothing()
    }

    async fn find(&self, _: &DocumentUrl) -> Result<Option<DocumentCopy>, StoreError> {
        nothing()
    }
}

#[async_trait]
impl Attempts for Unavailable {
    async fn reserve(&self, _: AttemptKey, _: u32) -> Result<Reserved, StoreError> {
        nothing()
    }

    async fn give_back(&self, _: AttemptKey) -> Result<(), StoreError> {
        nothing()
    }

    async fn reset(&self, _: AttemptKey) -> Result<(), StoreError> {
        nothing()
    }

    async fn read(&self, _: AttemptKey) -> Result<u32, StoreError> {
        nothing()
    }
}

#[async_trait]
impl Assertions for Unavailable {
    async fn accept(&self, _: AssertionId) -> Result<Accepted, StoreError> {
        nothing()
    }
}

#[async_trait]
impl Fetch for Unavailable {
    async fn fetch(&self, _: &DocumentUrl, _: Duration) -> Result<Response, FetchError> {
        Err(FetchError::Unavailable("this function sends no outbound requests".to_owned()))
    }
}

#[async_trait]
impl HttpClient for Unavailable {
    async fn send(&self, _: Request, _: Duration) -> Result<Response, Unreachable> {
        Err(Unreachable("this function has no identity provider".to_owned()))
    }
}

#[async_trait]
impl Passwords for Unavailable {
    /// A hash that no password matches.
    async fn hash(&self, _: &Password) -> PasswordHash {
        PasswordHash::new("")
    }

    async fn verify(&self, _: &Password, _: Option<&PasswordHash>) -> bool {
        false
    }
}
