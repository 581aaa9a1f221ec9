//! Grants: a user allowed a client. Every token belongs to a grant, and ends with it.

use crate::ports::Timestamp;
use crate::protocol::{ClientId, ClientName, GrantId, Installation, Profile, Resource, Scope, Subject};
use crate::store::error::StoreError;
use crate::store::lifecycle::{Chain, CloseReason, Excuse, State};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A grant: what a user allowed, and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The id of the grant. It was drawn at random when the user allowed the client. The code contains it.
    pub id: GrantId,
    /// The client that was allowed.
    pub client: ClientId,
    /// The client's name at that time, as the client stated it.
    pub client_name: Option<ClientName>,
    /// The browser and system in which the user allowed it.
    pub installation: Option<Installation>,
    /// The user who allowed it.
    pub subject: Subject,
    /// The scope that was allowed.
    pub scope: Scope,
    /// The resource that it was allowed for.
    pub resource: Resource,
    /// When the user had signed in.
    pub signed_in_at: Timestamp,
    /// When its code was spent.
    pub opened_at: Timestamp,
    /// When the grant expires. From then on its tokens are refused.
    pub expires_at: Timestamp,
    /// The record must be kept until then at least. It must outlive its code, or the code could be spent again
    /// (replay).
    pub kept_until: Timestamp,
    /// The state of the grant.
    pub state: State,
    /// What the client may read about the user: only what the scope names, and what was known at the consent. Empty in a
    /// record of an earlier version.
    #[serde(default)]
    pub profile: Profile,
    /// The issuer whose assertion opened the grant. `None` if the user allowed the client here.
    #[serde(default)]
    pub issuer: Option<String>,
}

impl Grant {
    /// Whether the grant has one access token and no refresh token: a client acts for itself, or an issuer's assertion opened
    /// it. A client gets many of these a day.
    pub fn has_one_token(&self) -> bool {
        self.issuer.is_some() || self.subject.person().is_none()
    }

    /// When the grant ends if it is not used before: after `idle` without use, or at its expiry. A closed grant
    /// ended when it was closed.
    pub fn ends_at(&self, idle: Duration) -> Timestamp {
        match &self.state {
            State::Open(chain) => self.expires_at.min(chain.last_used().after(idle)),
            State::Closed { at, .. } => self.expires_at.min(*at),
        }
    }
}

/// The result of [`Grants::open`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The grant is new: this call spent the code.
    New,
    /// There was a grant with this id already: the code was spent before. The record did not change.
    Already(Box<Grant>),
}

/// The result of [`Grants::rotate`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The generation was the head. It is used now, and the next generation is the head.
    Next {
        /// The record after the change.
        grant: Box<Grant>,
        /// Its chain.
        chain: Chain,
    },
    /// The generation is behind the head: it was used before. The record did not change.
    Behind {
        /// The record.
        grant: Box<Grant>,
        /// Its chain.
        chain: Chain,
    },
    /// The generation is beyond the head: it was never given out, or the store was restored from a backup.
    Ahead,
    /// The grant is closed.
    Closed,
    /// There is no such grant, or its record was deleted.
    Unknown,
}

/// The result of [`Grants::excuse`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excused {
    /// The late token gets the head. So do other late tokens for the same head.
    Yes,
    /// The head has changed, a late token was excused for another head too recently, or the grant is in doubt,
    /// closed or unknown.
    No,
}

/// The result of [`Grants::close`].
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The grant was open, and is closed now.
    Now,
    /// The grant was closed before. The record did not change.
    Already,
    /// There is no such grant, or its record was deleted.
    Unknown,
}

/// The most grants in one page of a list.
pub const PAGE_SIZE: usize = 100;

/// Stores grants.
#[async_trait]
pub trait Grants: Send + Sync {
    /// Opens a grant, **once**: of any number of callers with the same id, at any time and in any process, exactly
    /// one gets [`Opened::New`], and its record is stored.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn open(&self, grant: Grant) -> Result<Opened, StoreError>;

    /// Uses a generation, **once**: of any number of callers with the same generation, exactly one gets
    /// [`Rotated::Next`]. Then the next generation is the head, since `at`.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn rotate(&self, id: GrantId, generation: u32, at: Timestamp) -> Result<Rotated, StoreError>;

    /// Excuses a late token for a head, **if no late token was excused for another head after `since`** and the
    /// grant is not in doubt. All late tokens for the same head are excused.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn excuse(&self, id: GrantId, excuse: Excuse, since: Timestamp) -> Result<Excused, StoreError>;

    /// Puts an open grant in doubt. Only the first time is stored.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn doubt(&self, id: GrantId, at: Timestamp) -> Result<(), StoreError>;

    /// Closes a grant. A closed grant is never opened again.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn close(&self, id: GrantId, at: Timestamp, why: CloseReason) -> Result<Closed, StoreError>;

    /// Reads a grant with strong consistency: the answer includes every change that was acknowledged before the
    /// call.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn find(&self, id: GrantId) -> Result<Option<Grant>, StoreError>;

    /// Waits until [`list_of`](Self::list_of) has the grants that were opened before this call, as a rule. Returns
    /// whether it waited: then a list that was read before may lack some. A store whose lists are never behind returns
    /// `false` at once, which is the default.
    async fn catch_up(&self) -> bool {
        false
    }

    /// Lists up to [`PAGE_SIZE`] of a user's grants after `after`. The store chooses the order. An empty list is
    /// the end. Grants of the last seconds may be missing. The records in the list are current.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn list_of(&self, subject: &Subject, after: Option<GrantId>) -> Result<Vec<Grant>, StoreError>;
}
