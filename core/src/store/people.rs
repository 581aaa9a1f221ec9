//! Users who can sign in here.

use crate::ports::{PasswordHash, Timestamp};
use crate::protocol::{DisplayName, EmailAddress, PersonId, Profile};
use crate::sealed::Session;
use crate::store::error::StoreError;
use crate::store::outcome::Added;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// The record of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user's id.
    pub id: PersonId,
    /// How the user signs in.
    pub login: Login,
    /// Sessions of an earlier epoch have ended.
    pub epoch: u64,
    /// Whether the user is disabled, and may not sign in.
    pub disabled: bool,
    /// The email address of a user with a password. The operator vouches for it.
    #[serde(default)]
    pub email: Option<EmailAddress>,
}

/// How a user signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Login {
    /// With a password at this server.
    Password(PasswordHash),
    /// At the identity provider.
    Provider {
        /// The name that the provider gave at the first sign-in, so that operators recognize the user.
        name: String,
    },
}

impl Person {
    /// A user who is enabled and has no sessions yet.
    pub fn new(id: PersonId, login: Login) -> Self {
        Self { id, login, epoch: 0, disabled: false, email: None }
    }

    /// The hash of the user's password, if they have one.
    pub fn password(&self) -> Option<&PasswordHash> {
        match &self.login {
            Login::Password(hash) => Some(hash),
            Login::Provider { .. } => None,
        }
    }

    /// What this server knows about a user with a password. The name of such a user is the one to sign in with.
    fn profile(&self) -> Profile {
        match &self.login {
            Login::Password(_) => {
                Profile { email: self.email.clone(), name: DisplayName::parse(self.id.as_str()) }
            }
            Login::Provider { .. } => Profile::default(),
        }
    }

    /// The session of this user, who signs in now.
    pub(crate) fn sign_in(&self, now: Timestamp) -> Session {
        let called = match &self.login {
            Login::Password(_) => None,
            Login::Provider { name } => Some(name.clone()),
        };
        let profile = self.profile();
        let (person, verdicts) = (self.id.clone(), Vec::new());
        Session { person, called, epoch: self.epoch, signed_in_at: now, verdicts, profile }
    }
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
    /// Sets another email address, or removes it. Sessions have the address, so they end.
    Email(Option<EmailAddress>),
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

/// The result of [`People::replace_password`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The user has the new password, and the next epoch began with it.
    Now,
    /// The epoch is another one: the record was changed meanwhile. Or there is no such user. Nothing was changed.
    TooLate,
}

/// Stores users.
#[async_trait]
pub trait People: Send + Sync {
    /// Adds a user, **once**: this never replaces an existing user.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn add(&self, person: Person) -> Result<Added, StoreError>;

    /// Reads a user with strong consistency: the answer includes every change that was acknowledged before the
    /// call.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn find(&self, id: &PersonId) -> Result<Option<Person>, StoreError>;

    /// Changes a user and raises the epoch, which ends every session of that user.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn change(&self, id: &PersonId, change: Change) -> Result<Changed, StoreError>;

    /// Sets another password and raises the epoch, if the epoch is still `epoch`, in **one step**. Of any number of
    /// concurrent changes of a user at one epoch, one succeeds. A retry of the caller's own write is no other change.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer. The password may be set.
    async fn replace_password(
        &self,
        id: &PersonId,
        epoch: u64,
        password: PasswordHash,
    ) -> Result<Replaced, StoreError>;

    /// Lists users after `after`, in the order of their ids. An empty list is the end. Changes of the last seconds
    /// may be missing.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn list(&self, after: Option<&PersonId>) -> Result<Vec<Person>, StoreError>;
}
