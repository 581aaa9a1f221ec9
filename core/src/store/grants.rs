//! A grant: a person let a client in. Every token comes from one, and ends with it.

use crate::ports::Timestamp;
use crate::protocol::{ClientId, ClientName, GrantId, Installation, PersonId, Resource, Scope};
use crate::store::error::StoreError;
use crate::store::lifecycle::{Chain, CloseReason, Excuse, State};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a person agreed to, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Drawn when the person agreed, and carried in the code.
    pub id: GrantId,
    /// The client that was let in.
    pub client: ClientId,
    /// What it called itself then.
    pub client_name: Option<ClientName>,
    /// Where that was.
    pub installation: Option<Installation>,
    /// Who let it in.
    pub person: PersonId,
    /// For what.
    pub scope: Scope,
    /// Where.
    pub resource: Resource,
    /// When the person had signed in.
    pub signed_in_at: Timestamp,
    /// When its code was spent.
    pub opened_at: Timestamp,
    /// From then on nothing comes of it.
    pub expires_at: Timestamp,
    /// The record stays until then at least: it has to outlive its code, or the code could be spent again.
    pub kept_until: Timestamp,
    /// What became of it.
    pub state: State,
}

impl Grant {
    /// From when on nothing comes of it, unless it is used before: after so much idleness, or at its end.
    pub fn ends_at(&self, idle: Duration) -> Timestamp {
        match &self.state {
            State::Open(chain) => self.expires_at.min(chain.last_used().after(idle)),
            State::Closed { at, .. } => self.expires_at.min(*at),
        }
    }
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

/// What came of [`Grants::rotate`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The generation was the head, and has been used now.
    Next {
        /// The record as it is now.
        grant: Box<Grant>,
        /// Its chain.
        chain: Chain,
    },
    /// The generation had been used before; the record stays as it was.
    Behind {
        /// The record.
        grant: Box<Grant>,
        /// Its chain.
        chain: Chain,
    },
    /// The generation is beyond the head: it was never given out, or the store has been set back since.
    Ahead,
    /// The grant is closed.
    Closed,
    /// There is no such grant, or none any more.
    Unknown,
}

/// What came of [`Grants::excuse`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excused {
    /// Whoever came late may have the head, and so may others who are late for it.
    Yes,
    /// The head is another by now, somebody was excused not long before, or the grant is closed or unknown.
    No,
}

/// What came of [`Grants::close`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The grant was open until now.
    Now,
    /// The grant had been closed, and stays closed as it was.
    Already,
    /// There is no such grant, or none any more.
    Unknown,
}

/// A list comes in pieces of this length.
pub const PAGE_SIZE: usize = 100;

/// Remembers grants.
#[async_trait]
pub trait Grants: Send + Sync {
    /// Opens a grant, **once**: of any number of callers with the same id, at any time and anywhere, exactly one
    /// is told [`Opened::New`], and its record is the one that stays.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn open(&self, grant: Grant) -> Result<Opened, StoreError>;

    /// Uses a generation, **once**: of any number of callers with the same generation exactly one is told
    /// [`Rotated::Next`], and the head is one further, since `at`.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn rotate(&self, id: GrantId, generation: u32, at: Timestamp) -> Result<Rotated, StoreError>;

    /// Excuses whoever comes late for a head, **if nobody was excused for another after `since`**, and the grant is not in
    /// doubt; of any number who come late for the same head, all are excused.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn excuse(&self, id: GrantId, excuse: Excuse, since: Timestamp) -> Result<Excused, StoreError>;

    /// Doubts a grant while it is open. The first time is the one that stays.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn doubt(&self, id: GrantId, at: Timestamp) -> Result<(), StoreError>;

    /// Closes a grant for ever.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn close(&self, id: GrantId, at: Timestamp, why: CloseReason) -> Result<Closed, StoreError>;

    /// Finds a grant, as it is now: an answer never misses a change that was acknowledged before the question.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError>;

    /// Lists [`PAGE_SIZE`] of a person's grants behind `after`, in an order of the store's own; an empty answer is the end. Grants of the
    /// last seconds may be missing; those that are there are as they are now.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn grants_of(&self, person: &PersonId, after: Option<GrantId>) -> Result<Vec<Grant>, StoreError>;
}
