//! A person who can sign in here.

use crate::passwords::PasswordHash;
use crate::protocol::person_id::PersonId;
use crate::store::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What is known of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who it is.
    pub id: PersonId,
    /// What the person's password is compared with.
    pub password: PasswordHash,
    /// Sessions of an earlier epoch have ended.
    pub epoch: u64,
    /// May not sign in.
    pub disabled: bool,
}

/// What came of [`People::introduce`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Introduced {
    /// The person is known now.
    New,
    /// There was somebody of this name already, who stays as they were.
    Already,
}

/// Remembers people.
#[async_trait]
pub trait People: Send + Sync {
    /// Makes a person known, **once**: nobody who is known is ever replaced by this.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn introduce(&self, person: Person) -> Result<Introduced, StoreError>;

    /// Finds a person, as they are now: an answer never misses a change that was acknowledged before the question.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn person(&self, id: &PersonId) -> Result<Option<Person>, StoreError>;
}
