//! The store's read for a sign-in with a password: the user, and the rate limit counters of wrong passwords.

use crate::protocol::PersonId;
use crate::store::attempts::{AttemptKey, Attempts};
use crate::store::error::StoreError;
use crate::store::people::{People, Person};
use async_trait::async_trait;
use std::sync::Arc;

/// The data that a sign-in is checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRecord {
    /// The user, if there is one with this name.
    pub person: Option<Person>,
    /// The number of wrong passwords under each of the two keys.
    pub attempts: [u32; 2],
}

/// Reads users together with their counters.
#[async_trait]
pub trait SignIns: Send + Sync {
    /// Reads a user and the counts of wrong passwords, both with strong consistency. A store that has both needs one
    /// request.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn find(&self, id: &PersonId, attempts: [AttemptKey; 2]) -> Result<SignInRecord, StoreError>;
}

/// Users of one store, and counters of another: two requests.
pub(super) struct Separate {
    pub(super) people: Arc<dyn People>,
    pub(super) attempts: Arc<dyn Attempts>,
}

#[async_trait]
impl SignIns for Separate {
    async fn find(&self, id: &PersonId, [one, other]: [AttemptKey; 2]) -> Result<SignInRecord, StoreError> {
        let person = self.people.find(id).await?;
        Ok(SignInRecord {
            person,
            attempts: [self.attempts.read(one).await?, self.attempts.read(other).await?],
        })
    }
}
