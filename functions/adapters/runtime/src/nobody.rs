//! Nobody: stands where a function has no store, signer or password hash, since it needs none. Asked all the same, it
//! does not answer.

use async_trait::async_trait;
use doorward::client::{AssertionId, Fetch, Unfetched};
use doorward::jose::{Signer, SigningFailed};
use doorward::ports::{Password, PasswordHash, Passwords, Timestamp};
use doorward::protocol::{ClientId, DocumentUrl, GrantId, PersonId};
use doorward::provider::{Ask, Unreached};
use doorward::store::{
    Accepted, Assertions, Blocked, Change, Changed, Clients, Closed, Enrolled, Excuse, Excused, Grant,
    Grants, Guessed, Guesses, Introduced, KnownClient, Met, Opened, People, Person, Rotated, StoreError, Why,
};
use doorward::wire::{Request, Response};

/// Answers nothing.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

fn nothing<T>() -> Result<T, StoreError> {
    Err(StoreError::new("this function has no store"))
}

#[async_trait]
impl Grants for Nobody {
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

    async fn close(&self, _: GrantId, _: Timestamp, _: Why) -> Result<Closed, StoreError> {
        nothing()
    }

    async fn grant(&self, _: GrantId) -> Result<Option<Grant>, StoreError> {
        nothing()
    }

    async fn grants_of(&self, _: &PersonId, _: Option<GrantId>) -> Result<Vec<Grant>, StoreError> {
        nothing()
    }
}

#[async_trait]
impl People for Nobody {
    async fn introduce(&self, _: Person) -> Result<Introduced, StoreError> {
        nothing()
    }

    async fn person(&self, _: &PersonId) -> Result<Option<Person>, StoreError> {
        nothing()
    }

    async fn meet(&self, _: &PersonId, _: [Guessed; 2]) -> Result<Met, StoreError> {
        nothing()
    }

    async fn change(&self, _: &PersonId, _: Change) -> Result<Changed, StoreError> {
        nothing()
    }

    async fn people(&self, _: Option<&PersonId>) -> Result<Vec<Person>, StoreError> {
        nothing()
    }
}

#[async_trait]
impl Clients for Nobody {
    async fn enroll(&self, _: KnownClient) -> Result<Enrolled, StoreError> {
        nothing()
    }

    async fn client(&self, _: &ClientId) -> Result<Option<KnownClient>, StoreError> {
        nothing()
    }

    async fn block(&self, _: &ClientId, _: bool) -> Result<Blocked, StoreError> {
        nothing()
    }

    async fn remove(&self, _: &ClientId) -> Result<(), StoreError> {
        nothing()
    }

    async fn clients(&self, _: Option<&ClientId>) -> Result<Vec<KnownClient>, StoreError> {
        nothing()
    }
}

#[async_trait]
impl Guesses for Nobody {
    async fn count(&self, _: Guessed) -> Result<u32, StoreError> {
        nothing()
    }
}

#[async_trait]
impl Assertions for Nobody {
    async fn accept(&self, _: AssertionId) -> Result<Accepted, StoreError> {
        nothing()
    }
}

#[async_trait]
impl Fetch for Nobody {
    async fn fetch(&self, _: &DocumentUrl) -> Result<Response, Unfetched> {
        Err(Unfetched::Unanswered("this function fetches nothing".to_owned()))
    }
}

#[async_trait]
impl Ask for Nobody {
    async fn ask(&self, _: Request) -> Result<Response, Unreached> {
        Err(Unreached("this function asks nobody".to_owned()))
    }
}

#[async_trait]
impl Passwords for Nobody {
    /// A hash that no password has.
    async fn hash(&self, _: &Password) -> PasswordHash {
        PasswordHash::new("")
    }

    async fn verify(&self, _: &Password, _: Option<&PasswordHash>) -> bool {
        false
    }
}

impl Signer for Nobody {
    fn key_id(&self) -> &str {
        ""
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; 64], SigningFailed> {
        Err(SigningFailed)
    }
}
