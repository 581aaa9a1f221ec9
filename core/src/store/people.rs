//! Users who can sign in here.

use crate::ports::{PasswordHash, Timestamp};
use crate::protocol::PersonId;
use crate::sealed::Session;
use crate::store::attempts::AttemptKey;
use crate::store::error::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// The record of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user's id.
    pub id: PersonId,
    /// The hash of the user's password. `None` if users sign in at an identity provider.
    pub password: Option<PasswordHash>,
    /// The name that the identity provider gave at the first sign-in, so that operators recognize the user.
    pub called: Option<String>,
    /// Sessions of an earlier epoch have ended.
    pub epoch: u64,
    /// Whether the user is disabled, and may not sign in.
    pub disabled: bool,
}

impl Person {
    /// The session of this user, who signs in now.
    pub(crate) fn sign_in(&self, now: Timestamp) -> Session {
        Session { person: self.id.clone(), called: self.called.clone(), epoch: self.epoch, signed_in_at: now }
    }
}

/// The result of [`People::introduce`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Introduced {
    /// The user was added.
    New,
    /// There was a user with this id already. The record did not change.
    Already,
}

/// A change of a user's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sets another password.
    Password(PasswordHash),
    /// The user may not sign in any more.
    Disable,
    /// The user may sign in again.
    Enable,
    /// Only raises the epoch: the user must sign in again.
    SignOut,
}

/// The result of [`People::change`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The record after the change.
    Now(Box<Person>),
    /// There is no such user.
    Unknown,
}

/// What a sign-in is checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRecord {
    /// The user, if there is one with this name.
    pub person: Option<Person>,
    /// The number of wrong passwords under each of the two keys.
    pub attempts: [u32; 2],
}

/// Stores users.
#[async_trait]
pub trait People: Send + Sync {
    /// Adds a user, **once**: this never replaces an existing user.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn introduce(&self, person: Person) -> Result<Introduced, StoreError>;

    /// Reads a user with strong consistency: the answer includes every change that was acknowledged before the
    /// call.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn person(&self, id: &PersonId) -> Result<Option<Person>, StoreError>;

    /// Reads a user and the counts of wrong passwords, both with strong consistency, in one request.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn for_sign_in(&self, id: &PersonId, attempts: [AttemptKey; 2])
    -> Result<SignInRecord, StoreError>;

    /// Changes a user and raises the epoch, which ends every session of that user.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn change(&self, id: &PersonId, change: Change) -> Result<Changed, StoreError>;

    /// Lists users after `after`, in the order of their ids. An empty list is the end. Changes of the last seconds
    /// may be missing.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn people(&self, after: Option<&PersonId>) -> Result<Vec<Person>, StoreError>;
}
