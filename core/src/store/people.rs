//! A person who can sign in here.

use crate::ports::{PasswordHash, Timestamp};
use crate::protocol::PersonId;
use crate::sealed::Session;
use crate::store::attempts::AttemptKey;
use crate::store::error::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What is known of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who it is.
    pub id: PersonId,
    /// What the person's password is compared with; none where somebody else says who it is.
    pub password: Option<PasswordHash>,
    /// What the identity provider called them when they first came, for operators to know them by.
    pub called: Option<String>,
    /// Sessions of an earlier epoch have ended.
    pub epoch: u64,
    /// May not sign in.
    pub disabled: bool,
}

impl Person {
    /// The session of this person, who signs in now.
    pub(crate) fn sign_in(&self, now: Timestamp) -> Session {
        Session { person: self.id.clone(), called: self.called.clone(), epoch: self.epoch, signed_in_at: now }
    }
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

/// A change of a person's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another password.
    Password(PasswordHash),
    /// May not sign in any more.
    Disable,
    /// May sign in again.
    Enable,
    /// Nothing but the new epoch: has to sign in again.
    SignOut,
}

/// What came of [`People::change`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The record as it is now.
    Now(Box<Person>),
    /// There is nobody of this name.
    Unknown,
}

/// What there is to know of somebody who wants to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRecord {
    /// The person, if there is one.
    pub person: Option<Person>,
    /// How many wrong passwords there were of each kind that was asked for.
    pub attempts: [u32; 2],
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

    /// Finds a person, and what was guessed: both as they are now, and with one question.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn for_sign_in(
        &self,
        id: &PersonId,
        attempt_key: [AttemptKey; 2],
    ) -> Result<SignInRecord, StoreError>;

    /// Changes a person, and begins a new epoch: every session of theirs has ended.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn change(&self, id: &PersonId, change: Change) -> Result<Changed, StoreError>;

    /// Lists people behind `after` by their names; an empty answer is the end. Changes of the last seconds may be
    /// missing.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn people(&self, after: Option<&PersonId>) -> Result<Vec<Person>, StoreError>;
}
