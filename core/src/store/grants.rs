//! A grant: a person let a client in. Every token comes from one, and ends with it.

use crate::clock::Timestamp;
use crate::protocol::{
    client::ClientId, grant_id::GrantId, person_id::PersonId, resource::Resource, scope::Scope,
};
use crate::store::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What a person agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Drawn when the person agreed, and carried in the code.
    pub id: GrantId,
    /// The client that was let in.
    pub client: ClientId,
    /// Who let it in.
    pub person: PersonId,
    /// For what.
    pub scope: Scope,
    /// Where.
    pub resource: Resource,
    /// When its code was spent.
    pub opened_at: Timestamp,
    /// From then on nothing comes of it.
    pub expires_at: Timestamp,
    /// The record stays until then at least: it has to outlive its code, or the code could be spent again.
    pub kept_until: Timestamp,
}

/// What came of [`Grants::open`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The grant is new: the code was spent just now, and by this caller.
    New,
    /// There was one of this id already, which stays as it was: the code had been spent.
    Already(Box<Grant>),
}

/// Remembers grants.
#[async_trait]
pub trait Grants: Send + Sync {
    /// Opens a grant, **once**: of any number of callers with the same id, at any time and anywhere, exactly one
    /// is told [`Opened::New`], and its record is the one that stays.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn open(&self, grant: Grant) -> Result<Opened, StoreError>;
}
